// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/config.hpp"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <set>
#include <utility>

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

constexpr std::size_t kNumbers = 100;     // patterns of a line
constexpr std::size_t kNumberBytes = 64;  // of one

class Mistakes {
 public:
  /// @param line  the number of the line; none: of the provider
  void add(std::optional<std::size_t> line, const char* setting, std::string what) {
    all_.push_back({line, setting, std::move(what)});
  }
  [[nodiscard]] std::vector<Config::Mistake> take() { return std::move(all_); }

 private:
  std::vector<Config::Mistake> all_;
};

void check_line(const LineConfig& line, std::size_t number, Mistakes& mistakes) {
  const auto wrong = [&](const char* setting, std::string what) {
    mistakes.add(number, setting, std::move(what));
  };
  if (!valid_user(line.name))
    wrong("name", "name must be 1 to 256 letters, digits or -_.!~*'+&=$ characters");
  if (!printable(line.display_name) || line.display_name.size() > limits::kNameBytes)
    wrong("display_name", "display_name is too long or has control characters");
  if (!line.uri.empty() && !valid_uri(line.uri)) wrong("uri", "uri is not a SIP URI");
  if (!line.peer.empty() && !valid_uri(line.peer)) wrong("peer", "peer is not a SIP URI");
  if (!line.outbound_proxy.empty() && !valid_uri(line.outbound_proxy))
    wrong("outbound_proxy", "outbound_proxy is not a SIP URI");
  // What is said by TLS is not said in the clear as well.
  if (line.transport == Transport::tls)
    for (const auto& [setting, uri] : {std::pair{"peer", &line.peer},
                                       {"registrar", &line.registrar},
                                       {"outbound_proxy", &line.outbound_proxy}})
      if (transport_in(*uri).value_or(Transport::tls) != Transport::tls)
        wrong(setting, std::string(setting) + " names another transport than the line's, tls");
  for (const std::string& address : line.accept_from)
    if (!ip_address(address))
      wrong("accept_from", "accept_from: \"" + address + "\" is not an IP address");
  if (line.mode == LineMode::account) {
    if (line.registrar.empty())
      wrong("registrar", "an account needs a registrar");
    else if (!valid_uri(line.registrar))
      wrong("registrar", "registrar is not a SIP URI");
    if (line.expires < std::chrono::seconds(30) || line.expires > std::chrono::hours(24))
      wrong("expires_s", "expires must be 30 to 86400 seconds");
  }
  if (line.numbers.size() > kNumbers) wrong("numbers", "numbers: more than 100 of them");
  for (const std::string& each : line.numbers)
    if (each.empty() || each.size() > kNumberBytes || !printable(each) ||
        each.find('*') < each.size() - 1)
      wrong("numbers", "numbers: \"" + each.substr(0, kNumberBytes) +
                           "\" is empty, too long, or has a * before its end");
  const auto text = [&](const char* setting, const std::string& value) {
    if (!printable(value) || value.size() > limits::kNameBytes)
      wrong(setting, std::string(setting) + " is too long or has control characters");
  };
  text("user", line.user);
  text("password", line.password);
  text("realm", line.realm);
  if (line.t1 < std::chrono::milliseconds(10) || line.t1 > std::chrono::seconds(10))
    wrong("t1_ms", "t1 must be 10 to 10000 milliseconds");
  if (line.min_se < std::chrono::seconds(90))
    wrong("min_se_s", "min_se must be at least 90 seconds (RFC 4028)");
  if (line.session_expires.count() != 0 && line.session_expires < line.min_se)
    wrong("session_expires_s", "session_expires must be 0 or at least min_se");
  constexpr std::array<std::uint16_t, 4> kRejects = {480, 486, 600, 603};
  if (std::find(kRejects.begin(), kRejects.end(), line.reject_code) == kRejects.end())
    wrong("reject_code", "reject_code must be 480, 486, 600 or 603");
}

void check_tls(const Config& config, Mistakes& mistakes) {
  if (!config.tls) return;
  if (config.tls_folder.empty()) return mistakes.add({}, "tls", "tls needs tls_folder");
  if (config.tls_port != 0 && config.tls_port == config.port)
    mistakes.add({}, "tls_port", "tls_port and port must not be the same");
  for (const char* name : {"agent.pem", "cafile.pem"}) {
    const std::string file = config.tls_folder + "/" + name;
    if (::access(file.c_str(), R_OK) != 0)
      mistakes.add({}, "tls_folder", "tls_folder: cannot read " + file);
  }
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

namespace {

/// Where `;transport=` begins, in any case of its letters; npos = it is not there.
std::size_t find_transport(const std::string& uri) {
  std::string lower = uri;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower.find(";transport=");
}

constexpr std::pair<Transport, const char*> kTransports[] = {
    {Transport::udp, "udp"}, {Transport::tcp, "tcp"}, {Transport::tls, "tls"}};

}  // namespace

std::optional<Transport> transport_in(const std::string& uri) {
  if (uri.substr(0, 5) == "sips:") return Transport::tls;
  const std::size_t at = find_transport(uri);
  if (at == std::string::npos) return std::nullopt;
  std::string value = uri.substr(at + std::string_view(";transport=").size());
  value = value.substr(0, value.find_first_of(";?>"));
  for (char& c : value) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const auto& [transport, name] : kTransports)
    if (value == name) return transport;
  return std::nullopt;
}

std::string with_transport(const std::string& uri, Transport transport) {
  if (uri.empty() || transport == Transport::udp || uri.substr(0, 5) == "sips:" ||
      find_transport(uri) != std::string::npos)
    return uri;
  const std::size_t end = std::min(uri.find('?', uri.find('@') + 1), uri.size());
  return uri.substr(0, end) +
         ";transport=" + kTransports[static_cast<std::size_t>(transport)].second + uri.substr(end);
}

std::string over_tls(const std::string& uri) {
  if (transport_in(uri) == Transport::tls) return uri;
  std::string out = uri;
  if (const std::size_t at = find_transport(out); at != std::string::npos)
    out.erase(at, std::min(out.find_first_of(";?", at + 1), out.size()) - at);
  return with_transport(out, Transport::tls);
}

bool Config::has(Transport transport) const {
  switch (transport) {
    case Transport::udp:
      return udp;
    case Transport::tcp:
      return tcp;
    case Transport::tls:
      return tls;
  }
  return false;
}

std::vector<Config::Mistake> Config::mistakes() const {
  Mistakes all;
  const auto wrong = [&](const char* setting, std::string what) {
    all.add({}, setting, std::move(what));
  };
  if (!ip_address(bind_address))
    wrong("bind_address", "bind_address: \"" + bind_address + "\" is not an IP address");
  if (bind_address == "0.0.0.0" || bind_address == "::")
    wrong("bind_address", "bind_address must be one address of this machine, not a wildcard");
  if (!udp && !tcp && !tls) wrong("udp", "none of udp, tcp and tls is switched on");
  check_tls(*this, all);
  if (keep_alive < std::chrono::seconds(0) || keep_alive > std::chrono::hours(24))
    wrong("keep_alive_s", "keep_alive must be 0 to 86400 seconds");
  const auto of_stream = [&](const char* setting, std::chrono::seconds limit) {
    if (limit < std::chrono::seconds(0) || limit > std::chrono::hours(24))
      wrong(setting, "stream_idle, stream_stalled and stream_first must be 0 to 86400 seconds");
  };
  of_stream("stream_idle_s", stream_idle);
  of_stream("stream_stalled_s", stream_stalled);
  of_stream("stream_first_s", stream_first);
  if ((rtp_first == 0) != (rtp_last == 0) || rtp_last < rtp_first ||
      (rtp_first != 0 && rtp_first < 1024))
    wrong("rtp_first", "rtp range must be 0-0, or first to last of 1024 to 65535");
  if (calls_max == 0 || calls_max > 1000000) wrong("calls_max", "calls_max must be 1 to 1000000");
  if (calls_unanswered == 0) wrong("calls_unanswered", "calls_unanswered must not be 0");
  if (calls_of_source == 0) wrong("calls_of_source", "calls_of_source must not be 0");
  if (message_bytes < 4096 || message_bytes > limits::kSipMessageBytes)
    wrong("message_bytes", "message_bytes must be 4096 to 16777216");
  if (!printable(user_agent) || user_agent.size() > limits::kNameBytes)
    wrong("user_agent", "user_agent is too long or has control characters");
  if (lines.empty()) wrong("line", "there is no line");
  if (lines.size() > 10000) wrong("line", "more than 10000 lines");
  std::set<std::string> names;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const LineConfig& line = lines[i];
    if (line.removed) continue;
    check_line(line, i, all);
    if (!has(line.transport)) all.add(i, "transport", "its transport is switched off");
    if (!names.insert(line.name).second) all.add(i, "name", "its name is there twice");
  }
  return all.take();
}

Result<void> Config::validate() const {
  const std::vector<Mistake> all = mistakes();
  if (all.empty()) return {};
  const Mistake& first = all.front();
  return Error{
      Errc::invalid_argument,
      (first.line ? "line \"" + lines[*first.line].name + "\": " : std::string()) + first.what};
}

}  // namespace switchhook::sip
