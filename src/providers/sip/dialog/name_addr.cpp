// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/dialog/name_addr.hpp"

namespace switchhook::sip {

std::string name_addr(const std::string& uri, const std::string& display) {
  if (display.empty()) return "<" + uri + ">";
  std::string out = "\"";
  for (char c : display) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) continue;
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\" <" + uri + ">";
}

std::string uri_inside(const std::string& name_address) {
  const std::size_t open = name_address.find('<'), close = name_address.find('>');
  if (open == std::string::npos || close == std::string::npos || close < open) return {};
  return name_address.substr(open + 1, close - open - 1);
}

}  // namespace switchhook::sip
