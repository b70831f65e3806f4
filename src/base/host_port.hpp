// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where somebody listens, as people write it. Threads: plain functions.

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace switchhook::base {

struct HostPort {
  std::string host;  ///< a name or an address; an IPv6 address without its brackets
  std::uint16_t port = 0;
  bool brackets = false;  ///< it had them
};

/// Of "192.0.2.1:5060", "name:5060" or "[2001:db8::1]:5060" (RFC 3986 3.2.2); nothing of all else.
[[nodiscard]] inline std::optional<HostPort> host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  HostPort out;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc() || end != port.data() + port.size()) return std::nullopt;
  out.brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (out.brackets) host = host.substr(1, host.size() - 2);
  if (host.empty() || (!out.brackets && host.find_first_of(":[]") != std::string_view::npos))
    return std::nullopt;
  out.host = host;
  return out;
}

}  // namespace switchhook::base
