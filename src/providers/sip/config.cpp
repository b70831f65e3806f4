// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/config.hpp"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "base/limits.hpp"

namespace switchhook::sip {
namespace {

bool ip_address(const std::string& text) {
  std::array<unsigned char, 16> out{};
  return inet_pton(AF_INET, text.c_str(), out.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), out.data()) == 1;
}

/// For quoted strings and tokens of ours: no control characters.
bool printable(const std::string& text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Error wrong(const std::string& what) {
  return {Errc::invalid_argument, what};
}

Result<void> validate_line(const LineConfig& line) {
  const std::string who = "line \"" + line.name + "\": ";
  if (!valid_user(line.name))
    return wrong(who + "name must be 1 to 256 letters, digits or -_.!~*'+&=$ characters");
  if (!printable(line.display_name) || line.display_name.size() > limits::kNameBytes)
    return wrong(who + "display_name is too long or has control characters");
  if (!line.uri.empty() && !valid_uri(line.uri)) return wrong(who + "uri is not a SIP URI");
  if (!line.peer.empty() && !valid_uri(line.peer)) return wrong(who + "peer is not a SIP URI");
  if (!line.outbound_proxy.empty() && !valid_uri(line.outbound_proxy))
    return wrong(who + "outbound_proxy is not a SIP URI");
  for (const std::string& address : line.accept_from)
    if (!ip_address(address))
      return wrong(who + "accept_from: \"" + address + "\" is not an IP address");
  if (line.mode == LineMode::account) {
    if (line.registrar.empty()) return wrong(who + "an account needs a registrar");
    if (!valid_uri(line.registrar)) return wrong(who + "registrar is not a SIP URI");
    if (line.expires < std::chrono::seconds(30) || line.expires > std::chrono::hours(24))
      return wrong(who + "expires must be 30 to 86400 seconds");
  }
  for (const std::string* text : {&line.user, &line.password, &line.realm})
    if (!printable(*text) || text->size() > limits::kNameBytes)
      return wrong(who + "user, password or realm is too long or has control characters");
  if (line.t1 < std::chrono::milliseconds(10) || line.t1 > std::chrono::seconds(10))
    return wrong(who + "t1 must be 10 to 10000 milliseconds");
  if (line.min_se < std::chrono::seconds(90))
    return wrong(who + "min_se must be at least 90 seconds (RFC 4028)");
  if (line.session_expires.count() != 0 && line.session_expires < line.min_se)
    return wrong(who + "session_expires must be 0 or at least min_se");
  constexpr std::array<std::uint16_t, 4> kRejects = {480, 486, 600, 603};
  if (std::find(kRejects.begin(), kRejects.end(), line.reject_code) == kRejects.end())
    return wrong(who + "reject_code must be 480, 486, 600 or 603");
  return {};
}

bool has(const Config& config, Transport transport) {
  switch (transport) {
    case Transport::udp:
      return config.udp;
    case Transport::tcp:
      return config.tcp;
    case Transport::tls:
      return config.tls;
  }
  return false;
}

Result<void> validate_tls(const Config& config) {
  if (!config.tls) return {};
  if (config.tls_folder.empty()) return wrong("tls needs tls_folder");
  if (config.tls_port != 0 && config.tls_port == config.port)
    return wrong("tls_port and port must not be the same");
  for (const char* name : {"agent.pem", "cafile.pem"}) {
    const std::string file = config.tls_folder + "/" + name;
    if (::access(file.c_str(), R_OK) != 0) return wrong("tls_folder: cannot read " + file);
  }
  return {};
}

}  // namespace

bool valid_user(const std::string& user) {
  return !user.empty() && user.size() <= limits::kNameBytes &&
         std::all_of(user.begin(), user.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                  std::string_view("-_.!~*'+&=$").find(c) != std::string_view::npos;
         });
}

bool valid_uri(const std::string& uri) {
  std::string_view text = uri;
  if (text.size() > limits::kAddressBytes) return false;
  if (text.substr(0, 4) == "sip:") {
    text.remove_prefix(4);
  } else if (text.substr(0, 5) == "sips:") {
    text.remove_prefix(5);
  } else {
    return false;
  }
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f || c == '<' || c == '>' || c == '"') return false;
  }
  const std::size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    if (at == 0) return false;
    text.remove_prefix(at + 1);
  }
  const std::string_view host = text.substr(0, text.find_first_of(":;?"));
  if (!text.empty() && text.front() == '[') return text.find(']') != std::string_view::npos;
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
  });
}

Result<void> Config::validate() const {
  if (!ip_address(bind_address))
    return wrong("bind_address: \"" + bind_address + "\" is not an IP address");
  if (bind_address == "0.0.0.0" || bind_address == "::")
    return wrong("bind_address must be one address of this machine, not a wildcard");
  if (!udp && !tcp && !tls) return wrong("none of udp, tcp and tls is switched on");
  if (Result<void> good = validate_tls(*this); !good) return good;
  if (keep_alive < std::chrono::seconds(0) || keep_alive > std::chrono::hours(24))
    return wrong("keep_alive must be 0 to 86400 seconds");
  for (const std::chrono::seconds limit : {stream_idle, stream_stalled, stream_first})
    if (limit < std::chrono::seconds(0) || limit > std::chrono::hours(24))
      return wrong("stream_idle, stream_stalled and stream_first must be 0 to 86400 seconds");
  if ((rtp_first == 0) != (rtp_last == 0) || rtp_last < rtp_first ||
      (rtp_first != 0 && rtp_first < 1024))
    return wrong("rtp range must be 0-0, or first to last of 1024 to 65535");
  if (lines.empty()) return wrong("there is no line");
  if (lines.size() > 10000) return wrong("more than 10000 lines");
  if (calls_max == 0 || calls_max > 1000000) return wrong("calls_max must be 1 to 1000000");
  if (calls_unanswered == 0) return wrong("calls_unanswered must not be 0");
  if (calls_of_source == 0) return wrong("calls_of_source must not be 0");
  if (message_bytes < 4096 || message_bytes > limits::kSipMessageBytes)
    return wrong("message_bytes must be 4096 to 16777216");
  if (!printable(user_agent) || user_agent.size() > limits::kNameBytes)
    return wrong("user_agent is too long or has control characters");
  std::set<std::string> names;
  for (const LineConfig& line : lines) {
    if (Result<void> good = validate_line(line); !good) return good;
    if (!has(*this, line.transport))
      return wrong("line \"" + line.name + "\": its transport is switched off");
    if (!names.insert(line.name).second) return wrong("line \"" + line.name + "\" is there twice");
  }
  return {};
}

}  // namespace switchhook::sip
