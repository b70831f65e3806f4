// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sessions as text for people. The text may change between versions; programs should read the values.
// Threads: plain functions, any thread. Ownership: by value. Errors: none.

#include <string>

#include "switchhook/export.hpp"
#include "switchhook/types.hpp"

namespace switchhook {

/// The end in one line: "by the remote party: busy (SIP 486 Busy Here)". "not ended" without one.
/// Threads: any.
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_text(const std::optional<End>& end);

/// The record in several aligned lines, each ended by a newline. Control characters in what came
/// from outside are shown as '?'. Threads: any.
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_text(const Record& record);

/// Seconds with three decimals: "12.345". Threads: any.
[[nodiscard]] SWITCHHOOK_EXPORT std::string seconds_text(std::chrono::nanoseconds time);

}  // namespace switchhook
