// SPDX-License-Identifier: Apache-2.0
#pragma once

// Text at the edge. Inside all text is UTF-8. The W functions take and give UTF-16, the A functions
// UTF-8; what an A function is given that is not UTF-8 is taken as Latin-1, so that programs of
// before are understood. Lone surrogates become U+FFFD. Threads: plain functions.

#include <string>
#include <string_view>

#include "tapi/wintypes.h"

namespace switchhook::tapi2 {

/// Which of the two kinds of function is at work.
enum class Text : bool { narrow, wide };

using WideString = std::basic_string<WCHAR>;

[[nodiscard]] std::string from_narrow(std::string_view text);
[[nodiscard]] std::string from_wide(std::basic_string_view<WCHAR> text);
[[nodiscard]] WideString to_wide(std::string_view utf8);

/// Zero-terminated arguments; null is empty.
[[nodiscard]] std::string from(LPCSTR text);
[[nodiscard]] std::string from(LPCWSTR text);

/// A text of `size` bytes in a structure; it ends at its zero, if there is one before.
[[nodiscard]] std::string from_bytes(const void* bytes, std::size_t size, Text kind);

}  // namespace switchhook::tapi2
