// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/net/hep.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/host_port.hpp"

namespace switchhook::sip {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t kTcp = 6, kUdp = 17, kSip = 1;
constexpr std::size_t kHeadBytes = 6, kChunkHeadBytes = 6;

enum class Chunk : std::uint16_t {
  family = 1,
  protocol = 2,
  from4 = 3,
  to4 = 4,
  from6 = 5,
  to6 = 6,
  from_port = 7,
  to_port = 8,
  seconds = 9,
  microseconds = 10,
  content = 11,
  capture_id = 12,
  password = 14,
  payload = 15,
  correlation = 17,
};

/// "192.0.2.1:5060", "[2001:db8::1]:5060"
struct Endpoint {
  bool six = false;
  std::uint16_t port = 0;
  Bytes address = Bytes(4);
};

std::optional<Endpoint> endpoint_of(std::string_view text) {
  const std::optional<base::HostPort> read = base::host_port(text);
  if (!read) return std::nullopt;
  Endpoint out{.six = read->brackets, .port = read->port};
  out.address.resize(out.six ? sizeof(in6_addr) : sizeof(in_addr));
  if (::inet_pton(out.six ? AF_INET6 : AF_INET, read->host.c_str(), out.address.data()) != 1)
    return std::nullopt;
  return out;
}

void put(Bytes& to, std::uint64_t number, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0;) to.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
}
/// All chunks are of the vendor 0: the protocol's own.
template <typename Range>
void put_chunk(Bytes& to, Chunk type, const Range& value) {
  put(to, 0, 2);
  put(to, static_cast<std::uint16_t>(type), 2);
  put(to, kChunkHeadBytes + value.size(), 2);
  to.insert(to.end(), value.begin(), value.end());
}
void put_number(Bytes& to, Chunk type, std::uint64_t number, std::size_t bytes) {
  Bytes value;
  put(value, number, bytes);
  put_chunk(to, type, value);
}

}  // namespace

Bytes hep_packet(const TracedMessage& message, const std::string& text, const HepConfig& config) {
  Endpoint local = endpoint_of(message.local).value_or(Endpoint{}),
           remote = endpoint_of(message.remote).value_or(Endpoint{});
  if (local.six != remote.six) local = remote = {};  // one could not be read
  const Endpoint &from = message.sent ? local : remote, &to = message.sent ? remote : local;
  const bool six = from.six;
  Bytes out = {'H', 'E', 'P', '3', 0, 0};
  put_number(out, Chunk::family, six ? AF_INET6 : AF_INET, 1);
  put_number(out, Chunk::protocol, message.transport == "udp" ? kUdp : kTcp, 1);
  put_chunk(out, six ? Chunk::from6 : Chunk::from4, from.address);
  put_chunk(out, six ? Chunk::to6 : Chunk::to4, to.address);
  put_number(out, Chunk::from_port, from.port, 2);
  put_number(out, Chunk::to_port, to.port, 2);
  const auto wall = static_cast<std::uint64_t>(message.at.wall.count());
  put_number(out, Chunk::seconds, wall / 1000000, 4);
  put_number(out, Chunk::microseconds, wall % 1000000, 4);
  put_number(out, Chunk::content, kSip, 1);
  put_number(out, Chunk::capture_id, config.capture_id, 4);
  if (!config.password.empty()) put_chunk(out, Chunk::password, config.password);
  if (!message.call_id.empty()) put_chunk(out, Chunk::correlation, message.call_id);
  put_chunk(out, Chunk::payload, text);
  static_assert(kHeadBytes == 6);
  out[4] = static_cast<std::uint8_t>(out.size() >> 8);
  out[5] = static_cast<std::uint8_t>(out.size());
  return out;
}

HepSender::~HepSender() {
  if (socket_ >= 0) ::close(socket_);
}

Result<void> HepSender::open(const HepConfig& config) {
  const std::optional<Endpoint> to = endpoint_of(config.collector);
  if (!to) return {Errc::invalid_argument, "trace.hep: \"" + config.collector + "\""};
  sockaddr_in6 six{};
  sockaddr_in four{};
  six.sin6_family = AF_INET6;
  four.sin_family = AF_INET;
  six.sin6_port = four.sin_port = htons(to->port);
  std::memcpy(to->six ? static_cast<void*>(&six.sin6_addr) : &four.sin_addr, to->address.data(),
              to->address.size());
  socket_ = ::socket(to->six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto* address =
      to->six ? reinterpret_cast<const sockaddr*>(&six) : reinterpret_cast<const sockaddr*>(&four);
  if (socket_ < 0 || ::connect(socket_, address, to->six ? sizeof six : sizeof four) != 0)
    return {Errc::resource_unavailable,
            "trace.hep: " + config.collector + ": " + std::strerror(errno)};
  config_ = config;
  return {};
}

void HepSender::send(const TracedMessage& message, const std::string& text) {
  const Bytes packet = hep_packet(message, text, config_);
  // A collector that is away answers the one before with an error, which this one reports.
  if (::send(socket_, packet.data(), packet.size(), MSG_NOSIGNAL) < 0 && errno == ECONNREFUSED)
    static_cast<void>(::send(socket_, packet.data(), packet.size(), MSG_NOSIGNAL));
}

}  // namespace switchhook::sip
