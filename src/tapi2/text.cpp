// SPDX-License-Identifier: Apache-2.0
#include "tapi2/text.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

namespace switchhook::tapi2 {
namespace {

constexpr char32_t kReplacement = 0xfffd;

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

/// The character at `at`, which is moved behind it; nothing when these bytes are not UTF-8.
std::optional<char32_t> next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) {
    ++at;
    return first;
  }
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > text.size()) return std::nullopt;
  char32_t c = first & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return std::nullopt;
    c = c << 6 | (byte(at + i) & 0x3fu);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (c < kLeast[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return std::nullopt;
  at += length;
  return c;
}

}  // namespace

std::string from_narrow(std::string_view text) {
  for (std::size_t at = 0; at < text.size();)
    if (!next_character(text, at)) {
      std::string out;
      for (const char c : text) append_utf8(out, static_cast<unsigned char>(c));
      return out;
    }
  return std::string(text);
}

std::string from_wide(std::basic_string_view<WCHAR> text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t unit = static_cast<char16_t>(text[i]);
    if (unit < 0xd800 || unit >= 0xe000) {
      append_utf8(out, unit);
    } else if (unit < 0xdc00 && i + 1 < text.size() && (text[i + 1] & 0xfc00) == 0xdc00) {
      const char32_t low = static_cast<char16_t>(text[++i]);
      append_utf8(out, 0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff)));
    } else {
      append_utf8(out, kReplacement);
    }
  }
  return out;
}

WideString to_wide(std::string_view utf8) {
  WideString out;
  for (std::size_t at = 0; at < utf8.size();) {
    const std::size_t before = at;
    const char32_t c = next_character(utf8, at).value_or(kReplacement);
    if (at == before) ++at;
    if (c < 0x10000) {
      out.push_back(static_cast<WCHAR>(c));
    } else {
      out.push_back(static_cast<WCHAR>(0xd800 | (c - 0x10000) >> 10));
      out.push_back(static_cast<WCHAR>(0xdc00 | (c & 0x3ff)));
    }
  }
  return out;
}

std::string from(LPCSTR text) {
  return text == nullptr ? std::string() : from_narrow(text);
}

std::string from(LPCWSTR text) {
  return text == nullptr ? std::string() : from_wide(text);
}

std::string from_bytes(const void* bytes, std::size_t size, Text kind) {
  if (kind == Text::narrow) {
    const std::string_view text(static_cast<const char*>(bytes), size);
    return from_narrow(text.substr(0, text.find('\0')));
  }
  std::vector<WCHAR> units(size / sizeof(WCHAR));  // the bytes may lie anywhere
  if (!units.empty()) std::memcpy(units.data(), bytes, units.size() * sizeof(WCHAR));
  const auto end = std::find(units.begin(), units.end(), WCHAR{});
  return from_wide({units.data(), static_cast<std::size_t>(end - units.begin())});
}

}  // namespace switchhook::tapi2
