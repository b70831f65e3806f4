// SPDX-License-Identifier: Apache-2.0
#pragma once

// A provider in a process of its own, which is started again when it dies (relay.hpp tells what
// becomes of its calls). docs/providers.md. Threads: as provider.hpp says; it has one of its own,
// which also calls what is in Setup. Ownership: the caller owns it, it owns the process.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "provider/provider.hpp"

namespace switchhook::remote {

struct Setup {
  std::string name;                    ///< the provider's
  std::string program;                 ///< a path; what is there calls serve()
  std::vector<std::string> arguments;  ///< the first is what it calls itself
  /// What it is told at its start, anew for each process. @param lines  as the first one announced
  /// them; empty for the first.
  /// @param changes  AddLine and RemoveLine that came since, for what was configured first
  std::function<std::string(const std::vector<LineInfo>& lines,
                            const std::vector<provider::Command>& changes)>
      config;
  std::size_t bytes_per_call = 0;  ///< see Provider::bytes_per_call()
  std::vector<int> shared = {};    ///< descriptors that it holds as long as it lives
  /// It is asked so often whether it is still at work; after four times without an answer it is
  /// ended, and another one started.
  std::chrono::milliseconds beat = std::chrono::seconds(10);
  /// For the log. May be called until the destructor returned.
  std::function<void(const std::string& words)> notice = {};
};

[[nodiscard]] std::unique_ptr<provider::Provider> make_provider(Setup setup);

}  // namespace switchhook::remote
