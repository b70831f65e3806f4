// SPDX-License-Identifier: Apache-2.0
#include "cli/pcap.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <cstdint>

namespace switchhook::cli {
namespace {

constexpr std::uint32_t kMagic = 0xa1b2c3d4, kRawIp = 101, kWhole = 65535;
constexpr std::uint8_t kUdp = 17, kHops = 64;
constexpr std::size_t kUdpHead = 8, kIp4Head = 20;

struct Endpoint {
  bool six = false;
  std::string address = std::string(sizeof(in_addr), '\0');  // in network order
  std::uint16_t port = 0;
};

Endpoint endpoint_of(const std::string& text) {
  Endpoint out;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return out;
  std::from_chars(text.data() + colon + 1, text.data() + text.size(), out.port);
  const bool six = text.front() == '[' && colon >= 2;
  const std::string host = six ? text.substr(1, colon - 2) : text.substr(0, colon);
  std::string address(six ? sizeof(in6_addr) : sizeof(in_addr), '\0');
  if (::inet_pton(six ? AF_INET6 : AF_INET, host.c_str(), address.data()) != 1) return out;
  out.six = six;
  out.address = std::move(address);
  return out;
}

/// In network order.
std::string big(std::uint64_t number, std::size_t bytes) {
  std::string out;
  for (std::size_t i = bytes; i-- > 0;) out += static_cast<char>(number >> (8 * i) & 0xff);
  return out;
}
/// As the file's own numbers are.
std::string little(std::uint64_t number, std::size_t bytes) {
  const std::string reversed = big(number, bytes);
  return {reversed.rbegin(), reversed.rend()};
}

/// RFC 1071.
std::uint16_t checksum(const std::string& bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    sum += std::uint32_t{static_cast<std::uint8_t>(bytes[i])} << (i % 2 == 0 ? 8 : 0);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

std::string udp(const Endpoint& from, const Endpoint& to, const std::string& text) {
  const std::size_t size = kUdpHead + text.size();
  const std::string ports = big(from.port, 2) + big(to.port, 2) + big(size, 2);
  const std::string pseudo = from.address + to.address +
                             (from.six ? big(size, 4) + big(kUdp, 4) : big(kUdp, 2) + big(size, 2));
  const std::uint16_t sum = checksum(pseudo + ports + big(0, 2) + text);
  return ports + big(sum == 0 ? 0xffff : sum, 2) + text;  // 0 would say that there is none
}

std::string ip(const Endpoint& from, const Endpoint& to, const std::string& payload) {
  if (from.six)
    return big(0x60000000, 4) + big(payload.size(), 2) + big(kUdp, 1) + big(kHops, 1) +
           from.address + to.address + payload;
  const std::string before = big(0x4500, 2) + big(kIp4Head + payload.size(), 2) + big(0, 2) +
                             big(0x4000, 2) + big(kHops, 1) + big(kUdp, 1);
  const std::string after = from.address + to.address;
  return before + big(checksum(before + big(0, 2) + after), 2) + after + payload;
}

}  // namespace

std::string pcap_head() {
  return little(kMagic, 4) + little(2, 2) + little(4, 2) + little(0, 8) + little(kWhole, 4) +
         little(kRawIp, 4);
}

std::string pcap_packet(const TracedMessage& message) {
  Endpoint from = endpoint_of(message.sent ? message.local : message.remote),
           to = endpoint_of(message.sent ? message.remote : message.local);
  if (from.six != to.six) from = to = Endpoint();
  const std::string packet = ip(from, to, udp(from, to, message.text));
  const auto wall = static_cast<std::uint64_t>(message.at.wall.count());
  return little(wall / 1000000, 4) + little(wall % 1000000, 4) + little(packet.size(), 4) +
         little(packet.size(), 4) + packet;
}

}  // namespace switchhook::cli
