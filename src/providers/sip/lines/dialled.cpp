// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/lines/dialled.hpp"

#include <strings.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace switchhook::sip {
namespace {

constexpr std::string_view kInBareNames = "-_.!~*'+&=$";
constexpr std::string_view kInUris = "-_.!~*'()+&=$,;?/:";  // a password and parameters, too

bool alphanumeric(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// The byte that %XX stands for; -1 = it is not there.
int escaped(std::string_view text, std::size_t at) {
  unsigned byte = 0;
  if (text[at] != '%' || text.size() - at < 3) return -1;
  const char* digits = text.data() + at + 1;
  const auto [end, error] = std::from_chars(digits, digits + 2, byte, 16);
  return error == std::errc{} && end == digits + 2 ? static_cast<int>(byte) : -1;
}

/// As it may stand in a URI; nothing = it cannot.
std::optional<std::string> escape(std::string_view user, std::string_view allowed) {
  std::string out;
  for (std::size_t i = 0; i < user.size(); ++i) {
    const char c = user[i];
    if (c == '#') {
      out += "%23";
    } else if (c == '%' ? escaped(user, i) >= 0x20
                        : alphanumeric(c) || allowed.find(c) != std::string_view::npos) {
      out += c;
    } else {
      return std::nullopt;
    }
  }
  return out.empty() ? std::nullopt : std::optional(out);
}

/// Takes a scheme off, in any case of its letters.
bool take_scheme(std::string_view& text, std::string_view scheme) {
  if (text.size() < scheme.size() || strncasecmp(text.data(), scheme.data(), scheme.size()) != 0)
    return false;
  text.remove_prefix(scheme.size());
  return true;
}

/// Host, port and parameters: the header part, and a method, are not for the request's URI
/// (RFC 3261 19.1.5).
std::string without_headers(std::string_view host) {
  std::string out(host.substr(0, host.find('?')));
  for (std::size_t at = out.find(';'); at != std::string::npos;) {
    const std::size_t end = std::min(out.find(';', at + 1), out.size());
    if (strncasecmp(out.c_str() + at, ";method=", 8) == 0)
      out.erase(at, end - at);
    else
      at = end;
    if (at >= out.size()) break;
  }
  return out;
}

/// RFC 3966, with what says where a local number is one (RFC 3261 19.1.6).
std::optional<std::string> of_tel(std::string_view tel, const std::string& domain) {
  const std::size_t semicolon = std::min(tel.find(';'), tel.size());
  std::string number = number_in(tel.substr(0, semicolon));
  if (number.empty()) return std::nullopt;
  std::string user = *escape(number, kInBareNames), more;
  for (std::string_view rest = tel.substr(semicolon); !rest.empty();) {
    rest.remove_prefix(1);
    std::string_view parameter = rest.substr(0, rest.find(';'));
    rest.remove_prefix(parameter.size());
    if (!take_scheme(parameter, "phone-context=")) continue;
    const bool name = std::all_of(parameter.begin(), parameter.end(),
                                  [](char c) { return alphanumeric(c) || c == '.' || c == '-'; });
    const std::string context = parameter.substr(0, 1) == "+" ? number_in(parameter)
                                : name                        ? std::string(parameter)
                                                              : std::string();
    if (context.empty()) return std::nullopt;
    user += ";phone-context=" + context;
    more = ";user=phone";
  }
  return "sip:" + user + "@" + domain + more;
}

}  // namespace

std::optional<std::string> dialled_uri(std::string_view dialled, const std::string& domain) {
  std::string_view text = trim(dialled);
  if (const std::size_t open = text.find('<'); open != std::string_view::npos) {
    const std::size_t close = text.find('>', open);
    if (close == std::string_view::npos) return std::nullopt;
    text = text.substr(open + 1, close - open - 1);
  }
  if (take_scheme(text, "tel:")) return of_tel(text, domain);
  const char* scheme = "sip:";
  bool uri = take_scheme(text, "sip:");
  if (!uri && take_scheme(text, "sips:")) scheme = "sips:", uri = true;
  // No user part and no header part has an @ of its own.
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos && uri) return scheme + without_headers(text);
  if (at != std::string_view::npos) {
    const auto user = escape(text.substr(0, at), uri ? kInUris : kInBareNames);
    if (!user) return std::nullopt;
    return scheme + *user + "@" + without_headers(text.substr(at + 1));
  }
  const std::string number = number_in(text);
  const auto user = escape(number.empty() ? text : std::string_view(number), kInBareNames);
  if (!user) return std::nullopt;
  return scheme + *user + "@" + domain;
}

std::string number_in(std::string_view text) {
  std::string out;
  bool digits = false;
  for (const char c : trim(text)) {
    if (c == ' ' || c == '(' || c == ')' || c == '-' || c == '.' || c == '/') continue;
    if (c == '+' ? !out.empty() : c != '*' && c != '#' && (c < '0' || c > '9')) return {};
    digits = digits || (c >= '0' && c <= '9');
    out += c;
  }
  return digits ? out : std::string();
}

std::string user_named(std::string_view user) {
  std::string out;
  for (std::size_t i = 0; i < user.size(); ++i) {
    const int byte = escaped(user, i);
    out += byte >= 0x20 ? static_cast<char>(byte) : user[i];
    if (byte >= 0x20) i += 2;
  }
  std::string number = number_in(out.substr(0, out.find(';')));
  return number.empty() ? out : number;
}

bool fits(std::string_view number, std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '*' && i + 1 == pattern.size()) return true;
    if (i >= number.size() || (pattern[i] != '?' && pattern[i] != number[i])) return false;
  }
  return number.size() == pattern.size();
}

}  // namespace switchhook::sip
