// SPDX-License-Identifier: Apache-2.0
#pragma once

// Ends of sessions in words, for errors and for to_text(). Threads: plain functions.

#include <optional>
#include <string>
#include <string_view>

#include "switchhook/types.hpp"

namespace switchhook::detail {

/// "by the remote party: busy (SIP 486, Busy Here)".
[[nodiscard]] std::string end_words(const std::optional<EndOrigin>& origin, const Cause& cause);

/// What came from outside, with control characters as '?', so that it cannot act on a terminal.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace switchhook::detail
