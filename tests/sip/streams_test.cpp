// SPDX-License-Identifier: Apache-2.0
// Connections that others make to us: how many there may be, and those that never say anything, or
// never come to an end of it. Calls do not notice.
#include <poll.h>

#include <filesystem>

#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"
#include "tests/sip/scripted.hpp"
#include "tests/sip/stream.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;

Config streams_config() {
  Config config = test_config();
  for (LineConfig& line : config.lines) line.transport = Transport::tcp;
  return config;
}

std::size_t open_of(const std::vector<Stream>& streams) {
  std::size_t open = 0;
  for (const Stream& stream : streams)
    if (!stream.closed()) ++open;
  return open;
}

/// Waits until no more than this are left, which will be all that may be.
std::size_t settle(const std::vector<Stream>& streams, std::size_t wanted) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  std::size_t open = 0;
  while ((open = open_of(streams)) > wanted && std::chrono::steady_clock::now() < until)
    ::poll(nullptr, 0, 10);
  return open;
}

struct Talk {
  Talk(Bench& bench, FarEnd& far) : call(bench.make_call(kAlice, far.uri())) {
    const std::string invite = far.receive_request("INVITE");
    far.reply(invite, 200, true);
    EXPECT_TRUE(bench.reaches(call, CallState::connected));
    EXPECT_NE(far.receive_request("ACK"), "");
  }
  /// The call goes on and ends over the connection that it was made by.
  void expect_unharmed(Bench& bench, FarEnd& far) const {
    EXPECT_EQ(bench.states(call).back(), CallState::connected);
    EXPECT_TRUE(far.connected());
    EXPECT_FALSE(bench.drop(call));
    far.reply(far.receive_request("BYE"), 200);
    EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  }
  CallRef call;
};

std::string options(const FarEnd& far, int n) {
  return far.request("OPTIONS", "sip:bob@127.0.0.1", "<sip:far@127.0.0.1>;tag=far",
                     "<sip:bob@127.0.0.1>", "options" + std::to_string(n), n);
}

/// Descriptors of this process, which has the provider in it.
std::size_t descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

TEST(SipStreams, ThoseBeyondTheLimitAreClosedAndNoCallIsHarmed) {
  constexpr std::size_t kLimit = 20, kMany = 300;
  Config config = streams_config();
  config.streams_max = kLimit;
  Bench bench(config);
  FarEnd far(FarEnd::By::tcp);
  const Talk talk(bench, far);
  FarEnd early(FarEnd::By::tcp);  // was there before the crowd, and has said something
  early.connect(bench.port());
  early.send(options(early, 1));
  EXPECT_EQ(status_of(early.receive()), 200);
  std::vector<Stream> crowd;
  const std::size_t before = descriptors();
  for (std::size_t i = 0; i < kMany; ++i) crowd.emplace_back(bench.port());
  EXPECT_LE(settle(crowd, kLimit - 1), kLimit - 1);
  EXPECT_GE(open_of(crowd), kLimit / 2) << "the limit is what it says, not less";
  early.send(options(early, 2));
  EXPECT_EQ(status_of(early.receive()), 200);
  talk.expect_unharmed(bench, far);
  crowd.clear();
  // What they took is given back, on our side as well.
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (descriptors() > before && std::chrono::steady_clock::now() < until) ::poll(nullptr, 0, 10);
  EXPECT_LE(descriptors(), before);
  // And there is room again.
  FarEnd late(FarEnd::By::tcp);
  late.connect(bench.port());
  late.send(options(late, 3));
  EXPECT_EQ(status_of(late.receive()), 200);
  bench.expect_empty();
}

TEST(SipStreams, OneThatSaysNothingIsClosedAndOneThatHasSaidSomethingIsNot) {
  Config config = streams_config();
  config.stream_first = std::chrono::seconds(1);
  Bench bench(config);
  FarEnd ours(FarEnd::By::tcp);
  const Talk talk(bench, ours);  // over a connection of our own, by which nothing more is said
  FarEnd far(FarEnd::By::tcp);
  far.connect(bench.port());
  far.send(options(far, 1));
  EXPECT_EQ(status_of(far.receive()), 200);
  const Stream silent(bench.port()), pinging(bench.port());
  pinging.send("\r\n\r\n");  // keeps alive what is of no use to anybody
  EXPECT_TRUE(silent.closed(10000));
  for (int i = 0; i < 1000 && !pinging.closed(10); ++i) pinging.send("\r\n");
  far.send(options(far, 2));
  EXPECT_EQ(status_of(far.receive()), 200) << "not the one that has said something";
  talk.expect_unharmed(bench, ours);
  bench.expect_empty();
}

/// sofia-sip's own limit begins again with each byte.
TEST(SipStreams, OneWhoseFirstMessageComesByteByByteIsClosed) {
  Config config = streams_config();
  config.stream_first = std::chrono::seconds(1);
  Bench bench(config);
  FarEnd far(FarEnd::By::tcp);
  const std::string message = options(far, 1);
  const Stream slow(bench.port());
  bool closed = false;
  for (std::size_t i = 0; i + 1 < message.size() && !closed; ++i) {
    slow.send(message.substr(i, 1));
    closed = slow.closed(50);
  }
  EXPECT_TRUE(closed);
  bench.expect_empty();
}

TEST(SipStreams, NoLimitIsNoLimit) {
  constexpr std::size_t kMany = 50;
  Config config = streams_config();
  config.streams_max = 0;
  config.stream_first = std::chrono::seconds(0);
  Bench bench(config);
  std::vector<Stream> crowd;
  for (std::size_t i = 0; i < kMany; ++i) crowd.emplace_back(bench.port());
  FarEnd far(FarEnd::By::tcp);
  far.connect(bench.port());
  far.send(options(far, 1));
  EXPECT_EQ(status_of(far.receive()), 200);
  EXPECT_EQ(open_of(crowd), kMany);
  bench.expect_empty();
}

}  // namespace
}  // namespace switchhook::sip::test
