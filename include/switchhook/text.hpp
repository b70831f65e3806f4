// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sessions as text for people. The text may change between versions; programs should read the values.
// Threads: plain functions, any thread. Ownership: by value. Errors: none.

#include <string>
#include <string_view>

#include "switchhook/export.hpp"
#include "switchhook/types.hpp"

namespace switchhook {

/// The end in one line: "by the remote party: busy (SIP 486 Busy Here)". "not ended" without one.
/// Threads: any.
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_text(const std::optional<End>& end);

/// Which application ended the session, and the account it ran under: "dialer (user anna)". Empty where
/// the record names none. Printable. Threads: any.
[[nodiscard]] SWITCHHOOK_EXPORT std::string ended_by_text(const Record& record);

/// The text, safe for a terminal or a log: control characters (C0, DEL, C1), what turns the direction of
/// writing or cannot be seen, and bytes that are no UTF-8 are escaped ("\n", "\x1b", "\u{202e}").
/// Threads: any.
[[nodiscard]] SWITCHHOOK_EXPORT std::string printable(std::string_view text);

/// The record in several aligned lines, each ended by a newline. What came from outside is printable().
/// Threads: any.
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_text(const Record& record);

/// Seconds with three decimals: "12.345". Threads: any.
[[nodiscard]] SWITCHHOOK_EXPORT std::string seconds_text(std::chrono::nanoseconds time);

/// A point in time, local, with its offset (RFC 3339): "2026-01-31T12:00:00.123456+01:00". Threads: any.
[[nodiscard]] SWITCHHOOK_EXPORT std::string exact_wall_text(std::chrono::microseconds wall);

}  // namespace switchhook
