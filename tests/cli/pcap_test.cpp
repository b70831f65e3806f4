// SPDX-License-Identifier: Apache-2.0
// Traced messages as a capture file and as a ladder.
#include "cli/pcap.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "cli/ladder.hpp"
#include "cli/table.hpp"

namespace switchhook::cli {
namespace {

unsigned byte(const std::string& text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}
unsigned word(const std::string& text, std::size_t at) {
  return byte(text, at) << 8 | byte(text, at + 1);
}
std::uint64_t little(const std::string& text, std::size_t at) {
  return byte(text, at) | byte(text, at + 1) << 8 | byte(text, at + 2) << 16 |
         std::uint64_t{byte(text, at + 3)} << 24;
}
/// RFC 1071, section 4.1: over bytes that include their checksum the sum is all ones.
bool sums_up(std::string bytes) {
  if (bytes.size() % 2 != 0) bytes += '\0';
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) sum += word(bytes, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum == 0xffff;
}

TracedMessage message(bool six) {
  TracedMessage out;
  out.at.wall = std::chrono::microseconds(1700000000LL * 1000000 + 123456);
  out.sent = true;
  out.transport = "tls";
  out.local = six ? "[2001:db8::1]:5061" : "192.0.2.1:5061";
  out.remote = six ? "[2001:db8::2]:5070" : "198.51.100.7:5070";
  out.text = "OPTIONS sip:b SIP/2.0\r\n\r\n";
  return out;
}

TEST(Pcap, BeginsAsCaptureFilesDo) {
  const std::string head = pcap_head();
  ASSERT_EQ(head.size(), 24u);
  EXPECT_EQ(little(head, 0), 0xa1b2c3d4u);
  EXPECT_EQ(little(head, 20), 101u) << "LINKTYPE_RAW";
}

TEST(Pcap, AMessageIsAPacketOfUdpOverIpv4WithRightChecksums) {
  for (const char* more : {"", "x"}) {  // of even and of odd length
    TracedMessage its = message(false);
    its.text += more;
    const std::string all = pcap_packet(its);
    EXPECT_EQ(little(all, 0), 1700000000u);
    EXPECT_EQ(little(all, 4), 123456u);
    EXPECT_EQ(little(all, 8), all.size() - 16);
    const std::string packet = all.substr(16);
    EXPECT_EQ(byte(packet, 0), 0x45u);
    EXPECT_EQ(word(packet, 2), packet.size());
    EXPECT_TRUE(sums_up(packet.substr(0, 20)));
    EXPECT_EQ(packet.substr(12, 8), std::string("\xc0\x00\x02\x01\xc6\x33\x64\x07", 8));
    EXPECT_EQ(word(packet, 20), 5061u);
    EXPECT_EQ(word(packet, 22), 5070u);
    EXPECT_EQ(word(packet, 24), packet.size() - 20);
    const std::string pseudo =
        packet.substr(12, 8) + std::string("\0\x11", 2) + packet.substr(24, 2);
    EXPECT_TRUE(sums_up(pseudo + packet.substr(20)));
    EXPECT_EQ(packet.substr(28), its.text);
  }
}

TEST(Pcap, AMessageBetweenIpv6AddressesIsOneOfIpv6) {
  TracedMessage its = message(true);
  its.sent = false;
  const std::string packet = pcap_packet(its).substr(16);
  EXPECT_EQ(byte(packet, 0), 0x60u);
  EXPECT_EQ(word(packet, 4), packet.size() - 40);
  EXPECT_EQ(byte(packet, 6), 17u);
  EXPECT_EQ(byte(packet, 23), 2u) << "it came from the far end";
  EXPECT_EQ(word(packet, 40), 5070u);
  const std::string pseudo = packet.substr(8, 32) + std::string(2, '\0') + packet.substr(44, 2) +
                             std::string("\0\0\0\x11", 4);
  EXPECT_TRUE(sums_up(pseudo + packet.substr(40)));
}

TEST(Pcap, AddressesThatCannotBeReadAreZero) {
  TracedMessage its = message(false);
  its.remote = "";
  EXPECT_EQ(pcap_packet(its).substr(16 + 16, 4), std::string(4, '\0'));
  its.local = "[::1]:5060";
  EXPECT_EQ(byte(pcap_packet(its), 16), 0x45u) << "a packet has addresses of one kind";
}

TEST(Ladder, ShowsWhoSentWhatToWhom) {
  TracedMessage its = message(false);
  its.line = "alice";
  its.number = 7;
  its.text = "INVITE sip:bob@example.org SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n";
  std::string line = ladder_text(its);
  EXPECT_NE(line.find("192.0.2.1:5061"), std::string::npos) << line;
  EXPECT_NE(line.find("- INVITE sip:bob@example.org -"), std::string::npos) << line;
  EXPECT_NE(line.find("->  198.51.100.7:5070 tls"), std::string::npos) << line;
  EXPECT_TRUE(line.ends_with("  alice  7")) << line;
  its.sent = false;
  its.text = "SIP/2.0 180 Ringing\r\ncseq \t: 1 INVITE\r\n\r\n";
  line = ladder_text(its);
  EXPECT_NE(line.find("<--"), std::string::npos) << line;
  EXPECT_NE(line.find(" 180 Ringing (INVITE) -"), std::string::npos) << line;
  EXPECT_EQ(line.find("->"), std::string::npos) << line;
}

TEST(Ladder, IsAlignedAndSafeForATerminalWhateverTheMessageIs) {
  TracedMessage its = message(false);
  const std::size_t width = display_width(ladder_text(its));
  for (const std::string& text :
       {std::string(), std::string("\x1b[2J\x07"), std::string(5000, 'x'), std::string("\r\n\r\n"),
        std::string("INVITE sip:J\xc3\xb6rg-with-a-very-long-name-indeed-") +
            "\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6 SIP/2.0",
        std::string("SIP/2.0"), std::string("\xff\xfe")}) {
    its.text = text;
    const std::string line = ladder_text(its);
    EXPECT_EQ(display_width(line), width) << line;
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
  }
}

TEST(Ladder, SaysWhatIsLeftOut) {
  TracedMessage its = message(false);
  its.cut = 12;
  EXPECT_EQ(message_text(its), "    OPTIONS sip:b SIP/2.0\n    \n    (12 bytes more)\n");
  EXPECT_EQ(missed_text(1), "(1 message is left out: they came too fast)");
  EXPECT_EQ(missed_text(2), "(2 messages are left out: they came too fast)");
}

}  // namespace
}  // namespace switchhook::cli
