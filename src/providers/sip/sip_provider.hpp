// SPDX-License-Identifier: Apache-2.0
#pragma once

// The SIP provider: lines that are accounts or peers of a SIP network. It has a thread of its own;
// commands are queued to it, events leave from it. docs/sip.md tells what it does and its limits.
// Threads: see provider.hpp. Ownership: the caller owns the provider.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "provider/provider.hpp"
#include "providers/sip/config.hpp"

namespace switchhook::sip {

/// Reads provider::AddLine::config, which whoever sends it has written.
using LineReader = std::function<Result<LineConfig>(const std::string& config)>;

/// A provider that is not started. Errors of the configuration come from its start().
/// @param read_line  empty: its lines stay as they are
[[nodiscard]] std::unique_ptr<provider::Provider> make_provider(Config config,
                                                                LineReader read_line = {});

/// What one keeps for a call, roughly: its dialog and the kernel's buffer for its audio. What
/// sofia-sip keeps for a transaction under way is not in it.
[[nodiscard]] std::size_t bytes_per_call();

}  // namespace switchhook::sip
