// SPDX-License-Identifier: Apache-2.0
#pragma once

// Text at the edge. Inside all text is UTF-8; the faces of Windows' APIs take and give UTF-16 units,
// which are char16_t or wchar_t there. What is ill-formed becomes U+FFFD, unit by unit.
// Threads: plain functions.

#include <optional>
#include <string>
#include <string_view>

namespace switchhook::client {

inline constexpr char32_t kReplacement = 0xfffd;

void append_utf8(std::string& out, char32_t character);
/// The character at `at`, which is moved behind it; nothing when these bytes are not UTF-8.
[[nodiscard]] std::optional<char32_t> next_character(std::string_view utf8, std::size_t& at);

template <typename Unit>
[[nodiscard]] std::string utf8_of(std::basic_string_view<Unit> utf16) {
  static_assert(sizeof(Unit) == 2);
  const auto unit = [&](std::size_t i) { return static_cast<char16_t>(utf16[i]); };
  std::string out;
  out.reserve(utf16.size());
  for (std::size_t i = 0; i < utf16.size(); ++i) {
    const char32_t first = unit(i);
    if (first < 0xd800 || first >= 0xe000) {
      append_utf8(out, first);
    } else if (first < 0xdc00 && i + 1 < utf16.size() && (unit(i + 1) & 0xfc00) == 0xdc00) {
      append_utf8(out, 0x10000 + ((first & 0x3ff) << 10 | (unit(++i) & 0x3ffu)));
    } else {
      append_utf8(out, kReplacement);
    }
  }
  return out;
}

template <typename Unit>
[[nodiscard]] std::basic_string<Unit> utf16_of(std::string_view utf8) {
  static_assert(sizeof(Unit) == 2);
  std::basic_string<Unit> out;
  out.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();) {
    const std::size_t before = at;
    const char32_t c = next_character(utf8, at).value_or(kReplacement);
    if (at == before) ++at;
    if (c < 0x10000) {
      out.push_back(static_cast<Unit>(c));
    } else {
      out.push_back(static_cast<Unit>(0xd800 | (c - 0x10000) >> 10));
      out.push_back(static_cast<Unit>(0xdc00 | (c & 0x3ff)));
    }
  }
  return out;
}

}  // namespace switchhook::client
