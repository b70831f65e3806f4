// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/net/blank.hpp"

#include <algorithm>
#include <cctype>

namespace switchhook::sip {
namespace {

constexpr char kBlank = 'x';

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_secret(std::string_view header_line) {
  std::string name = lower(header_line.substr(0, header_line.find(':')));
  name.erase(name.find_last_not_of(" \t") + 1);
  return name == "authorization" || name == "proxy-authorization" || name == "user-to-user";
}

/// A line of the head, whose URIs may carry a password (sip:user:PASSWORD@host), digits to be dialled
/// behind a number (;postd=DIGITS) or a header of their own (?Authorization=VALUE, ?User-to-User=VALUE).
void blank_uris(std::string& text, std::size_t begin, std::size_t end) {
  const std::string line = lower(std::string_view(text).substr(begin, end - begin));
  const auto blank = [&](std::size_t from, std::size_t to) {
    std::fill(text.begin() + static_cast<std::ptrdiff_t>(begin + from),
              text.begin() + static_cast<std::ptrdiff_t>(begin + to), kBlank);
  };
  for (const std::string_view scheme : {"sip:", "sips:"})
    for (std::size_t at = line.find(scheme); at != std::string::npos;
         at = line.find(scheme, at + 1)) {
      const std::size_t user = at + scheme.size();
      const std::size_t stop = line.find_first_of("@<> \t\"", user);
      const std::size_t colon = line.find(':', user);
      if (stop != std::string::npos && line[stop] == '@' && colon < stop) blank(colon + 1, stop);
    }
  for (const std::string_view name : {"postd=", "authorization=", "user-to-user="})
    for (std::size_t at = line.find(name); at != std::string::npos; at = line.find(name, at + 1)) {
      const std::size_t value = at + name.size();
      blank(value, std::min(line.find_first_of(";&?@<> \t\"", value), line.size()));
    }
}

}  // namespace

std::string blanked(std::string_view message) {
  std::string out(message);
  bool begun = false, secret = false;
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t end = std::min(out.find_first_of("\r\n", at), out.size());
    std::size_t next = std::min(end + 1, out.size());
    if (next < out.size() && out[end] == '\r' && out[next] == '\n') ++next;
    const auto fill = [&](std::size_t from, std::size_t to) {
      std::fill(out.begin() + static_cast<std::ptrdiff_t>(from),
                out.begin() + static_cast<std::ptrdiff_t>(to), kBlank);
    };
    if (end == at) {
      if (begun) {  // the line that ends the head
        fill(next, out.size());
        break;
      }
    } else {
      const bool continued = begun && (out[at] == ' ' || out[at] == '\t');
      if (!continued) secret = begun && is_secret(std::string_view(out).substr(at, end - at));
      // What does not begin as a message may be any part of one.
      if (!begun && out.find("SIP/", at) >= end) {
        fill(at, out.size());
        break;
      }
      if (secret) {
        const std::size_t colon = continued ? at : std::min(out.find(':', at), end - 1) + 1;
        fill(std::min(out.find_first_not_of(" \t", colon), end), end);
      } else {
        blank_uris(out, at, end);
      }
      begun = true;
    }
    at = next;
  }
  return out;
}

}  // namespace switchhook::sip
