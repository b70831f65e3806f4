// SPDX-License-Identifier: Apache-2.0
// RTP ports are really bound, counted, given back and taken in turn; and the configuration's
// limits.
#include "providers/sip/net/rtp_port.hpp"

#include <arpa/inet.h>
#include <dirent.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "providers/sip/config.hpp"

namespace switchhook::sip {
namespace {

SystemUdpPorts udp;

int open_descriptors() {
  int count = 0;
  DIR* dir = ::opendir("/proc/self/fd");
  while (::readdir(dir) != nullptr) ++count;
  ::closedir(dir);
  return count;
}

/// Two even ports that are free at the moment.
std::uint16_t free_pair() {
  RtpPorts any(udp, "127.0.0.1", 0, 0);
  for (;;) {
    const Result<RtpPort> port = any.take();
    const auto even = static_cast<std::uint16_t>(port->port() & ~1u);
    RtpPorts probe(udp, "127.0.0.1", even, static_cast<std::uint16_t>(even + 2));
    if (even == port->port()) continue;
    const Result<RtpPort> one = probe.take();
    if (!one) continue;
    if (const Result<RtpPort> two = probe.take()) return even;
  }
}

TEST(RtpPorts, AreReallyBound) {
  RtpPorts ports(udp, "127.0.0.1", 0, 0);
  const Result<RtpPort> port = ports.take();
  ASSERT_TRUE(port);
  const int other = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port->port());
  inet_pton(AF_INET, "127.0.0.1", &where.sin_addr);
  EXPECT_NE(::bind(other, reinterpret_cast<const sockaddr*>(&where), sizeof where), 0);
  ::close(other);
}

TEST(RtpPorts, AreCountedAsTheSystemHasThem) {
  SystemUdpPorts audited;
  RtpPorts ports(audited, "127.0.0.1", 0, 0);
  Result<RtpPort> kept = ports.take();
  Result<RtpPort> lost = ports.take();
  ASSERT_TRUE(kept);
  ASSERT_TRUE(lost);
  EXPECT_EQ(audited.open_count(), 2u);
  {
    const Result<RtpPort> returned = ports.take();
    EXPECT_EQ(audited.open_count(), 3u);
  }
  EXPECT_EQ(audited.open_count(), 2u);
  // Somebody closes what is not theirs: nobody booked it, but it is gone.
  const int own = ::dup(lost->descriptor());
  ::close(lost->descriptor());
  EXPECT_EQ(audited.open_count(), 2u) << "still bound, by another descriptor";
  ::close(own);
  EXPECT_EQ(audited.open_count(), 1u);
  EXPECT_EQ(ports.taken(), 2) << "what the books say";
  ASSERT_EQ(::dup2(kept->descriptor(), lost->descriptor()), lost->descriptor());
  EXPECT_EQ(audited.open_count(), 2u);
}

TEST(RtpPorts, AreCountedAndComeBackWithTheirDescriptors) {
  const std::uint16_t first = free_pair();
  const int before = open_descriptors();
  RtpPorts ports(udp, "127.0.0.1", first, static_cast<std::uint16_t>(first + 3));
  {
    Result<RtpPort> one = ports.take();
    const Result<RtpPort> two = ports.take();
    ASSERT_TRUE(one && two);
    EXPECT_EQ(one->port(), first);
    EXPECT_EQ(two->port(), first + 2);
    EXPECT_EQ(ports.taken(), 2);
    const Result<RtpPort> three = ports.take();
    ASSERT_FALSE(three);
    EXPECT_EQ(three.error().code, Errc::resource_unavailable);
    const RtpPort moved = std::move(*one);
    EXPECT_EQ(moved.port(), first);
    EXPECT_EQ(ports.taken(), 2);
  }
  EXPECT_EQ(ports.taken(), 0);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(RtpPorts, AGivenBackPortRestsWhileOthersAreFree) {
  const std::uint16_t first = free_pair();
  RtpPorts ports(udp, "127.0.0.1", first, static_cast<std::uint16_t>(first + 2));
  const std::uint16_t used = ports.take()->port();
  EXPECT_NE(ports.take()->port(), used);
}

TEST(RtpPorts, ABadAddressIsAnErrorAndLeaksNothing) {
  const int before = open_descriptors();
  RtpPorts ports(udp, "203.0.113.1", 0, 0);
  EXPECT_FALSE(ports.take());
  EXPECT_EQ(ports.taken(), 0);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(SipConfig, TheDefaultIsValid) {
  EXPECT_TRUE(Config{}.validate());
}

TEST(SipConfig, NamesTheLineAndTheSetting) {
  const std::vector<std::pair<std::function<void(Config&)>, std::string>> cases = {
      {[](Config& c) { c.bind_address = "here"; }, "bind_address"},
      {[](Config& c) { c.bind_address = "0.0.0.0"; }, "wildcard"},
      {[](Config& c) { c.udp = c.tcp = false; }, "none of udp, tcp and tls"},
      {[](Config& c) { c.rtp_first = 5000, c.rtp_last = 4000; }, "rtp range"},
      {[](Config& c) { c.lines.clear(); }, "no line"},
      {[](Config& c) { c.lines[1].name = "alice"; }, "line \"alice\": its name is there twice"},
      {[](Config& c) { c.lines[0].name = "a b"; }, "line \"a b\": name"},
      {[](Config& c) { c.lines[0].uri = "bob"; }, "line \"alice\": uri"},
      {[](Config& c) { c.lines[0].peer = "sip:\r\nx"; }, "line \"alice\": peer"},
      {[](Config& c) { c.lines[0].mode = LineMode::account; }, "registrar"},
      {[](Config& c) { c.lines[0].min_se = std::chrono::seconds(89); }, "min_se"},
      {[](Config& c) { c.lines[0].session_expires = std::chrono::seconds(60); }, "session_expires"},
      {[](Config& c) { c.lines[0].accept_from = {"localhost"}; }, "accept_from"},
      {[](Config& c) { c.lines[0].t1 = std::chrono::milliseconds(1); }, "t1"},
      {[](Config& c) { c.lines[0].reject_code = 200; }, "reject_code"},
      {[](Config& c) { c.lines[0].password = "a\nb"; }, "password"},
      {[](Config& c) { c.calls_max = 0; }, "calls_max"},
      {[](Config& c) { c.tcp = false, c.lines[0].transport = Transport::tcp; }, "transport"}};
  for (const auto& [spoil, words] : cases) {
    Config config;
    spoil(config);
    const Result<void> good = config.validate();
    ASSERT_FALSE(good) << words;
    EXPECT_EQ(good.error().code, Errc::invalid_argument);
    EXPECT_NE(good.error().context.find(words), std::string::npos) << good.error().context;
  }
}

TEST(SipConfig, UrisThatCouldBreakAHeaderAreRefused) {
  for (const char* good : {"sip:bob@example.org", "sip:example.org:5070;transport=tcp",
                           "sip:+123@[::1]:5060", "sips:a@b"})
    EXPECT_TRUE(valid_uri(good)) << good;
  for (const char* bad : {"", "bob", "http://x", "sip:", "sip:@x", "sip:a@", "sip:a b@c",
                          "sip:a@b\r\nX:y", "sip:a@b>", "sip:\"a\"@b", "sip:a@b,c", "sip:[::1"})
    EXPECT_FALSE(valid_uri(bad)) << bad;
}

}  // namespace
}  // namespace switchhook::sip
