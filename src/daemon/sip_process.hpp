// SPDX-License-Identifier: Apache-2.0
#pragma once

// The SIP provider in a process of its own: both ends of it. Threads: the caller's.
// Ownership: the caller owns the provider.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "provider/provider.hpp"
#include "providers/sip/config.hpp"

namespace switchhook::daemon {

/// @param program  a program whose main() calls run_as_provider()
/// @param shared   descriptors that the process holds as long as it lives
[[nodiscard]] std::unique_ptr<provider::Provider> make_sip_process(
    sip::Config config, const std::string& program, std::vector<int> shared,
    std::function<void(const std::string&)> notice);

/// The provider itself, of what make_sip_process() tells the process. Errors: malformed.
[[nodiscard]] Result<std::unique_ptr<provider::Provider>> sip_provider_of(
    const std::string& config);

/// What provider::AddLine of the SIP provider carries, and the other way. Errors: malformed.
[[nodiscard]] std::string sip_line_bytes(const sip::LineConfig& line);
[[nodiscard]] Result<sip::LineConfig> read_sip_line(const std::string& bytes);

/// In a process that was started by make_sip_process() this does not return; elsewhere it does
/// nothing. Before all else in main().
void run_as_provider(int argc, const char* const* argv);

}  // namespace switchhook::daemon
