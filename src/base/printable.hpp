// SPDX-License-Identifier: Apache-2.0
#pragma once

// Text from outside, safe to show. Threads: any.

#include <string>
#include <string_view>

namespace switchhook::base {

/// The text with everything escaped that a terminal, a log or a reader could take for something else:
/// control characters (C0, DEL and C1, with ESC and line ends among them), what turns the direction of
/// writing, invisible marks, line and paragraph separators, and bytes that are no UTF-8. Written as
/// "\n", "\t", "\x1b", "\u{202e}"; what is there already stays as it is.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace switchhook::base
