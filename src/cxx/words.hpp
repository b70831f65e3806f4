// SPDX-License-Identifier: Apache-2.0
#pragma once

// Ends of sessions in words, for errors and for to_text(). Threads: plain functions.

#include <optional>
#include <string>

#include "switchhook/types.hpp"

namespace switchhook::detail {

/// "by the remote party: busy (SIP 486, Busy Here)".
[[nodiscard]] std::string end_words(const std::optional<EndOrigin>& origin, const Cause& cause);

}  // namespace switchhook::detail
