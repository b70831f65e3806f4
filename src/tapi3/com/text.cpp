// SPDX-License-Identifier: Apache-2.0
#include "tapi3/com/com.hpp"

namespace switchhook::tapi3 {

namespace {

constexpr char32_t kReplacement = 0xFFFD;

/// The next character of well-formed UTF-8, or the replacement for one ill-formed byte.
char32_t next_of(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xC2 && lead <= 0xDF   ? 1
                   : lead >= 0xE0 && lead <= 0xEF ? 2
                   : lead >= 0xF0 && lead <= 0xF4 ? 3
                                                  : 0;
  if (more == 0 || at + static_cast<std::size_t>(more) > text.size()) return kReplacement;
  char32_t value = static_cast<char32_t>(lead) & (0x3Fu >> more);
  for (int i = 0; i < more; ++i) {
    const auto byte = static_cast<unsigned char>(text[at + static_cast<std::size_t>(i)]);
    if ((byte & 0xC0) != 0x80) return kReplacement;
    value = (value << 6) | (byte & 0x3Fu);
  }
  const bool overlong = (more == 2 && value < 0x800) || (more == 3 && value < 0x10000);
  if (overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return kReplacement;
  at += static_cast<std::size_t>(more);
  return value;
}

void append_utf8(std::string& out, char32_t value) {
  if (value < 0x80) {
    out.push_back(static_cast<char>(value));
  } else if (value < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (value >> 6)));
    out.push_back(static_cast<char>(0x80 | (value & 0x3F)));
  } else if (value < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | (value >> 12)));
    out.push_back(static_cast<char>(0x80 | ((value >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (value & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | (value >> 18)));
    out.push_back(static_cast<char>(0x80 | ((value >> 12) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | ((value >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (value & 0x3F)));
  }
}

}  // namespace

BSTR bstr_of(std::string_view text) {
  std::basic_string<OLECHAR> units;
  units.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char32_t value = next_of(text, at);
    if (value < 0x10000) {
      units.push_back(static_cast<OLECHAR>(value));
    } else {
      units.push_back(static_cast<OLECHAR>(0xD800 + ((value - 0x10000) >> 10)));
      units.push_back(static_cast<OLECHAR>(0xDC00 + ((value - 0x10000) & 0x3FF)));
    }
  }
  return SysAllocStringLen(units.data(), static_cast<UINT>(units.size()));
}

std::string utf8_of(const OLECHAR* text, std::size_t units) {
  std::string out;
  out.reserve(units);
  for (std::size_t i = 0; i < units; ++i) {
    const auto unit = static_cast<char32_t>(text[i]);
    if (unit >= 0xD800 && unit <= 0xDBFF && i + 1 < units && text[i + 1] >= 0xDC00 &&
        text[i + 1] <= 0xDFFF) {
      const auto low = static_cast<char32_t>(text[++i]);
      append_utf8(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
    } else {
      append_utf8(out, unit >= 0xD800 && unit <= 0xDFFF ? kReplacement : unit);
    }
  }
  return out;
}

std::string utf8_of(const OLECHAR* text) {
  return text == nullptr ? std::string() : utf8_of(text, std::char_traits<OLECHAR>::length(text));
}

HRESULT give_text(std::string_view text, BSTR* out) {
  if (out == nullptr) return E_POINTER;
  *out = bstr_of(text);
  return *out == nullptr ? E_OUTOFMEMORY : S_OK;
}

}  // namespace switchhook::tapi3
