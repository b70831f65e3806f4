// SPDX-License-Identifier: Apache-2.0
#include "tapi2/text.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "client/text.hpp"

namespace switchhook::tapi2 {
std::string from_narrow(std::string_view text) {
  for (std::size_t at = 0; at < text.size();)
    if (!client::next_character(text, at)) {
      std::string out;
      for (const char c : text) client::append_utf8(out, static_cast<unsigned char>(c));
      return out;
    }
  return std::string(text);
}

std::string from_wide(std::basic_string_view<WCHAR> text) {
  return client::utf8_of(text);
}

WideString to_wide(std::string_view utf8) {
  return client::utf16_of<WCHAR>(utf8);
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
