// SPDX-License-Identifier: Apache-2.0
// HEP version 3, byte by byte, as "The Hep/EEP Encapsulation Protocol", revision 10, has it.
#include "providers/sip/net/hep.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <map>

namespace switchhook::sip {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// The chunks of a packet by their type; empty when it is none.
std::map<unsigned, Bytes> chunks_of(const Bytes& packet) {
  std::map<unsigned, Bytes> out;
  const auto number = [&](std::size_t at) { return unsigned{packet[at]} << 8 | packet[at + 1]; };
  if (packet.size() < 6 || std::string(packet.begin(), packet.begin() + 4) != "HEP3" ||
      number(4) != packet.size())
    return out;
  for (std::size_t at = 6; at < packet.size(); at += number(at + 4)) {
    if (packet.size() - at < 6 || number(at) != 0 || number(at + 4) < 6 ||
        number(at + 4) > packet.size() - at)
      return {};
    out[number(at + 2)] = Bytes(packet.begin() + static_cast<std::ptrdiff_t>(at + 6),
                                packet.begin() + static_cast<std::ptrdiff_t>(at + number(at + 4)));
  }
  return out;
}
std::string text(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

TracedMessage message() {
  TracedMessage out;
  out.at.wall = std::chrono::microseconds(0x66000000LL * 1000000 + 0x1234);
  out.transport = "udp";
  out.local = "192.0.2.1:5060";
  out.remote = "198.51.100.7:5070";
  out.call_id = "call";
  return out;
}

TEST(Hep, SaysWhoSentWhatToWhomAndWhen) {
  std::map<unsigned, Bytes> chunks = chunks_of(
      hep_packet(message(), "the message", {.capture_id = 0x01020304, .password = "pass"}));
  EXPECT_EQ(chunks[1], Bytes{2}) << "AF_INET";
  EXPECT_EQ(chunks[2], Bytes{17}) << "UDP";
  EXPECT_EQ(chunks[3], (Bytes{198, 51, 100, 7})) << "it was received";
  EXPECT_EQ(chunks[4], (Bytes{192, 0, 2, 1}));
  EXPECT_EQ(chunks[7], (Bytes{5070 >> 8, 5070 & 0xff}));
  EXPECT_EQ(chunks[8], (Bytes{5060 >> 8, 5060 & 0xff}));
  EXPECT_EQ(chunks[9], (Bytes{0x66, 0, 0, 0}));
  EXPECT_EQ(chunks[10], (Bytes{0, 0, 0x12, 0x34}));
  EXPECT_EQ(chunks[11], Bytes{1}) << "SIP";
  EXPECT_EQ(chunks[12], (Bytes{1, 2, 3, 4}));
  EXPECT_EQ(text(chunks[14]), "pass");
  EXPECT_EQ(text(chunks[15]), "the message");
  EXPECT_EQ(text(chunks[17]), "call");
  EXPECT_EQ(chunks.size(), 13u);
}

TEST(Hep, SaysSentMessagesTheOtherWayRoundAndKnowsIpv6AndTls) {
  TracedMessage sent = message();
  sent.sent = true;
  sent.transport = "tls";
  sent.local = "[2001:db8::1]:5061";
  sent.remote = "[2001:db8::2]:5062";
  std::map<unsigned, Bytes> chunks = chunks_of(hep_packet(sent, "m", {}));
  EXPECT_EQ(chunks[1], Bytes{10}) << "AF_INET6";
  EXPECT_EQ(chunks[2], Bytes{6}) << "what carries TLS";
  EXPECT_EQ(chunks[5], (Bytes{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(chunks[6], (Bytes{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}));
  EXPECT_FALSE(chunks.contains(14)) << "no password";
}

TEST(Hep, AnAddressThatCannotBeReadIsAllZero) {
  TracedMessage odd = message();
  odd.remote = "somewhere";
  EXPECT_EQ(chunks_of(hep_packet(odd, "m", {}))[3], (Bytes{0, 0, 0, 0}));
  odd.local = "[2001:db8::1]:5061";
  EXPECT_EQ(chunks_of(hep_packet(odd, "m", {}))[4], (Bytes{0, 0, 0, 0}))
      << "both are of one family";
}

TEST(HepSender, GoesOnWhileTheCollectorIsAwayAndWhenItIsBack) {
  const auto bound = [](std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    EXPECT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    return std::pair(socket, ntohs(address.sin_port));
  };
  const auto [first, port] = bound(0);
  HepSender sender;
  ASSERT_TRUE(sender.open({.collector = "127.0.0.1:" + std::to_string(port)}));
  ::close(first);
  for (int i = 0; i < 5; ++i) sender.send(message(), "lost");
  const int again = bound(port).first;
  sender.send(message(), "found");
  std::array<std::uint8_t, 2048> buffer{};
  const ssize_t size = ::recv(again, buffer.data(), buffer.size(), MSG_DONTWAIT);
  ::close(again);
  ASSERT_GT(size, 0);
  EXPECT_EQ(text(chunks_of(Bytes(buffer.begin(), buffer.begin() + size))[15]), "found");
}

TEST(HepSender, RefusesWhatIsNoAddress) {
  HepSender sender;
  for (const char* wrong : {"", "127.0.0.1", "name:9060", "127.0.0.1:99999", "[::1:9060", ":9060"})
    EXPECT_FALSE(sender.open({.collector = wrong})) << wrong;
}

}  // namespace
}  // namespace switchhook::sip
