// SPDX-License-Identifier: Apache-2.0
#pragma once

// One call, from its first state to its release, as a ladder of lines. Threads: one per call.

#include <chrono>
#include <optional>
#include <string>

#include "cli/interrupt.hpp"
#include "switchhook/switchhook.hpp"

namespace switchhook::cli {

struct FollowOptions {
  bool json = false;
  std::string prefix;  ///< before each line, where several calls share the terminal
  std::optional<std::chrono::milliseconds> hangup_after;  ///< counted from the answer
};

/// Prints states as they come, hangs up when it is time, clears what the far end has ended, prints
/// the record once the end is confirmed, releases the session and says so.
/// @return what `call` exits with.
int follow(Session session, const FollowOptions& options);

}  // namespace switchhook::cli
