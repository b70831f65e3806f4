// SPDX-License-Identifier: Apache-2.0
#include "client/text.hpp"
#include "tapi3/com/com.hpp"

namespace switchhook::tapi3 {

BSTR bstr_of(std::string_view text) {
  const std::basic_string<OLECHAR> units = client::utf16_of<OLECHAR>(text);
  return SysAllocStringLen(units.data(), static_cast<UINT>(units.size()));
}

std::string utf8_of(const OLECHAR* text, std::size_t units) {
  return client::utf8_of(std::basic_string_view<OLECHAR>(text, units));
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
