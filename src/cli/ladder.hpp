// SPDX-License-Identifier: Apache-2.0
#pragma once

// Traced messages for people: a line for each, the service on the left, the far end on the right,
// an arrow between them. Threads: plain functions.

#include <string>

#include "switchhook/types.hpp"

namespace switchhook::cli {

[[nodiscard]] std::string ladder_heading();
/// "12:00:01.123456  127.0.0.1:5060  --------- INVITE sip:bob@... -------->  …"
[[nodiscard]] std::string ladder_text(const TracedMessage& message);
/// The message itself, indented, and how much of it is left out.
[[nodiscard]] std::string message_text(const TracedMessage& message);
[[nodiscard]] std::string missed_text(std::uint64_t count);

}  // namespace switchhook::cli
