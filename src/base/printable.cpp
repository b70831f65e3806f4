// SPDX-License-Identifier: Apache-2.0
#include "base/printable.hpp"

#include <array>
#include <cstddef>
#include <cstdio>

namespace switchhook::base {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t bytes = 0;  ///< 0 = what stands there is no UTF-8
};

Character character_at(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xc2 || first > 0xf4) return {};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (length > text.size()) return {};
  char32_t code = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {};
  return {code, length};
}

bool is_between(char32_t code, char32_t first, char32_t last) {
  return code >= first && code <= last;
}

/// Of those that are not ASCII.
bool misleads(char32_t code) {
  return is_between(code, 0x80, 0x9f) ||      // C1
         code == 0xad || code == 0x61c ||     // soft hyphen, Arabic letter mark
         is_between(code, 0x200b, 0x200f) ||  // zero width, left-to-right and right-to-left marks
         is_between(code, 0x2028, 0x202e) ||  // separators, embeddings and overrides
         is_between(code, 0x2060, 0x206f) ||  // isolates and other invisible ones
         code == 0xfeff || is_between(code, 0xfff9, 0xfffb) || is_between(code, 0xe0000, 0xe007f);
}

std::string escaped(char32_t code) {
  std::array<char, 16> out{};
  std::snprintf(out.data(), out.size(), code < 0x100 ? "\\x%02x" : "\\u{%x}",
                static_cast<unsigned>(code));
  return out.data();
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character next = character_at(text);
    if (next.bytes == 0) {
      out += escaped(static_cast<unsigned char>(text.front()));
      text.remove_prefix(1);
      continue;
    }
    if (next.code == '\n')
      out += "\\n";
    else if (next.code == '\t')
      out += "\\t";
    else if (next.code == '\r')
      out += "\\r";
    else if (next.code < 0x20 || next.code == 0x7f || (next.bytes > 1 && misleads(next.code)))
      out += escaped(next.code);
    else
      out += text.substr(0, next.bytes);
    text.remove_prefix(next.bytes);
  }
  return out;
}

}  // namespace switchhook::base
