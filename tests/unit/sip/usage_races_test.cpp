// SPDX-License-Identifier: Apache-2.0
// The INVITE usage against itself in virtual time: each race by name, then thousands of seeds with
// loss, doubling and delay. Sources: RFC 3261 sections 9, 13, 15; RFC 5407.
#include <gtest/gtest.h>

#include "tests/unit/sip/virtual_wire.hpp"

namespace switchhook::sip::usage::test {
namespace {

using namespace std::chrono_literals;

/// What must hold at the end of every life, whatever happened.
void expect_clean(VirtualWire& wire, const std::string& what) {
  for (int end : {kCaller, kCallee}) {
    const Log& log = wire.log(end);
    EXPECT_TRUE(log.wrongs.empty()) << what << ": " << log.wrongs.front() << '\n' << wire.ladder();
    if (wire.usage(end).state() == State::fresh) continue;  // nothing ever reached it
    EXPECT_TRUE(wire.usage(end).finished())
        << what << ": end " << end << " hangs in " << to_string(wire.usage(end).state()) << '\n'
        << wire.ladder();
    EXPECT_EQ(log.finished, 1) << what << '\n' << wire.ladder();
  }
}

struct Drops {
  static Input drop() { return Drop{.status = 603, .phrase = {}, .reason = "Q.850;cause=16"}; }
};

// "drop before any provisional": nothing may be sent until the first response (RFC 3261 9.1).
TEST(UsageRace, DropBeforeAnyProvisionalWaitsForOneAndCancels) {
  VirtualWire wire({});
  wire.at(0ms, kCaller, Start{"offer", {}});
  wire.at(0ms, kCaller, Drops::drop());
  wire.run();
  EXPECT_EQ(wire.log(kCaller).cancels, 1);
  EXPECT_EQ(wire.log(kCaller).byes, 0);
  EXPECT_EQ(wire.log(kCaller).confirmation, Confirmation::confirmed);
  EXPECT_EQ(wire.log(kCallee).disconnected, 1);
  expect_clean(wire, "drop before 1xx");
}

TEST(UsageRace, DropBeforeAnyResponseAndThenAnAnswerGetsAckAndBye) {
  // Every provisional is lost: the first thing that comes back is the 200.
  VirtualWire wire({.swallow = [](const Packet& p) { return p.response && p.status < 200; }});
  wire.answer_after(100ms);
  wire.at(0ms, kCaller, Start{"offer", {}});
  wire.at(0ms, kCaller, Drops::drop());
  wire.run();
  EXPECT_EQ(wire.log(kCaller).cancels, 0);
  EXPECT_EQ(wire.log(kCaller).byes, 1);
  EXPECT_EQ(wire.log(kCaller).confirmation, Confirmation::confirmed);
  EXPECT_EQ(wire.log(kCallee).disconnected, 1);
  expect_clean(wire, "drop before 2xx");
}

TEST(UsageRace, DropWithADeadPeerIsOverAfterTimerB) {
  VirtualWire wire({.swallow = [](const Packet&) { return true; }});
  wire.at(0ms, kCaller, Start{"offer", {}});
  wire.at(0ms, kCaller, Drops::drop());
  EXPECT_TRUE(wire.run());
  EXPECT_EQ(wire.log(kCaller).confirmation, Confirmation::unconfirmed);
  EXPECT_EQ(wire.log(kCaller).cancels, 0);
  EXPECT_EQ(wire.log(kCaller).disconnected, 0);
  expect_clean(wire, "dead peer");
}

// RFC 5407 3.1.2: CANCEL and 200 cross.
TEST(UsageRace, CancelAndAnswerCross) {
  for (int ms = 80; ms <= 140; ++ms) {
    VirtualWire wire({.seed = static_cast<std::uint64_t>(ms)});
    wire.answer_after(100ms);
    wire.at(0ms, kCaller, Start{"offer", {}});
    wire.at(milliseconds(ms), kCaller, Drops::drop());
    wire.run();
    const Log& log = wire.log(kCaller);
    EXPECT_LE(log.byes + (log.byes == 0 ? log.cancels : 0), 1);
    EXPECT_EQ(log.confirmation, Confirmation::confirmed) << wire.ladder();
    EXPECT_EQ(wire.log(kCallee).disconnected, 1) << wire.ladder();
    expect_clean(wire, "CANCEL/200 at " + std::to_string(ms));
  }
}

TEST(UsageRace, CancelThatIsNeverAnsweredIsBounded) {
  VirtualWire wire({.swallow = [](const Packet& p) {
    return p.method == Method::cancel || (p.response && p.status >= 200);
  }});
  wire.at(0ms, kCaller, Start{"offer", {}});
  wire.at(300ms, kCaller, Drops::drop());
  wire.run(60s);
  EXPECT_EQ(wire.log(kCaller).finished, 1) << wire.ladder();
  EXPECT_EQ(wire.log(kCaller).confirmation, Confirmation::unconfirmed);
  EXPECT_EQ(wire.log(kCaller).cancels, 1);
}

TEST(UsageRace, CancelAnsweredButTheInviteNeverIsBounded) {  // 487 never comes
  VirtualWire wire({.swallow = [](const Packet& p) {
    return p.response && p.method == Method::invite && p.status >= 300;
  }});
  wire.at(0ms, kCaller, Start{"offer", {}});
  wire.at(300ms, kCaller, Drops::drop());
  wire.run();
  EXPECT_EQ(wire.log(kCaller).confirmation, Confirmation::unconfirmed);
  expect_clean(wire, "no 487");
}

// RFC 3261 15: the callee's BYE waits for the ACK.
TEST(UsageRace, CalleeDropsRightAfterItsAnswer) {
  VirtualWire wire({});
  wire.at(0ms, kCaller, Start{"offer", {}});
  wire.at(200ms, kCallee, Answer{"answer", {}});
  wire.at(200ms, kCallee, Drops::drop());
  wire.run();
  EXPECT_EQ(wire.log(kCallee).byes, 1);
  EXPECT_TRUE(wire.log(kCallee).ack_seen);
  EXPECT_EQ(wire.log(kCallee).confirmation, Confirmation::confirmed);
  EXPECT_EQ(wire.log(kCaller).disconnected, 1);
  expect_clean(wire, "drop after 200");
}

TEST(UsageRace, CalleeDropsAfterItsAnswerAndTheAckNeverComes) {
  VirtualWire wire({.swallow = [](const Packet& p) { return p.method == Method::ack; }});
  wire.at(0ms, kCaller, Start{"offer", {}});
  wire.at(200ms, kCallee, Answer{"answer", {}});
  wire.at(200ms, kCallee, Drops::drop());
  wire.run();
  EXPECT_FALSE(wire.log(kCallee).ack_seen);
  EXPECT_EQ(wire.log(kCallee).byes, 1);  // after 64*T1, checked by the wire
  EXPECT_EQ(wire.log(kCallee).confirmation, Confirmation::confirmed);
  EXPECT_EQ(wire.log(kCaller).disconnected, 1);
  expect_clean(wire, "ACK lost for ever");
}

TEST(UsageRace, AnAnswerThatIsNeverAcknowledgedEndsTheCall) {  // 13.3.1.4
  VirtualWire wire({.swallow = [](const Packet& p) { return p.method == Method::ack; }});
  wire.answer_after(100ms);
  wire.at(0ms, kCaller, Start{"offer", {}});
  wire.run();
  EXPECT_EQ(wire.log(kCallee).disconnected, 1);
  EXPECT_EQ(wire.log(kCallee).byes, 1);
  EXPECT_EQ(wire.log(kCaller).disconnected, 1);
  expect_clean(wire, "no ACK");
}

TEST(UsageRace, ALostAckIsSentAgainForTheRepeatedAnswer) {  // 13.2.2.4
  int acks = 0;
  VirtualWire wire(
      {.swallow = [&](const Packet& p) { return p.method == Method::ack && ++acks <= 3; }});
  wire.answer_after(100ms);
  wire.at(0ms, kCaller, Start{"offer", {}});
  wire.at(20s, kCaller, Drops::drop());
  wire.run();
  EXPECT_EQ(acks, 4);
  EXPECT_EQ(wire.log(kCallee).disconnected, 1);
  expect_clean(wire, "ACK lost three times");
}

TEST(UsageRace, ByeOvertakesTheAck) {
  VirtualWire wire({.swallow = [](const Packet& p) { return p.method == Method::ack; }});
  wire.answer_after(100ms);
  wire.at(0ms, kCaller, Start{"offer", {}});
  wire.at(150ms, kCaller, Drops::drop());
  wire.run();
  EXPECT_EQ(wire.log(kCallee).byes, 0);
  EXPECT_EQ(wire.log(kCallee).disconnected, 1);
  EXPECT_EQ(wire.log(kCaller).confirmation, Confirmation::confirmed);
  expect_clean(wire, "BYE before ACK");
}

// RFC 5407 3.2.1.
TEST(UsageRace, BothSendBye) {
  VirtualWire wire({});
  wire.answer_after(100ms);
  wire.at(0ms, kCaller, Start{"offer", {}});
  wire.at(1s, kCaller, Drops::drop());
  wire.at(1s, kCallee, Drops::drop());
  wire.run();
  for (int end : {kCaller, kCallee}) {
    EXPECT_EQ(wire.log(end).byes, 1);
    EXPECT_EQ(wire.log(end).disconnected, 0);
    EXPECT_EQ(wire.log(end).confirmation, Confirmation::confirmed);
  }
  expect_clean(wire, "BYE glare");
}

TEST(UsageRace, ByeIntoADeadNetworkIsBoundedAndUnconfirmed) {
  VirtualWire wire({.swallow = [](const Packet& p) { return p.method == Method::bye; }});
  wire.answer_after(100ms);
  wire.at(0ms, kCaller, Start{"offer", {}});
  wire.at(1s, kCaller, Drops::drop());
  wire.at(2s, kCallee, Drops::drop());
  wire.run();
  EXPECT_EQ(wire.log(kCaller).confirmation, Confirmation::unconfirmed);
  EXPECT_EQ(wire.log(kCallee).confirmation, Confirmation::unconfirmed);
  expect_clean(wire, "BYE lost");
}

TEST(UsageRace, ManyDropsAreOneEnd) {
  VirtualWire wire({});
  wire.answer_after(100ms);
  wire.at(0ms, kCaller, Start{"offer", {}});
  for (int i = 0; i < 10; ++i) wire.at(milliseconds(1000 + i), kCaller, Drops::drop());
  wire.run();
  EXPECT_EQ(wire.log(kCaller).byes, 1);
  expect_clean(wire, "ten drops");
}

TEST(UsageRace, BothOfferAtOnceAndOneGetsThroughAfterTheOther) {  // 14.1, 491
  VirtualWire wire({});
  wire.answer_after(100ms);
  wire.at(0ms, kCaller, Start{"offer", {}});
  wire.at(1s, kCaller, Reoffer{"hold"});
  wire.at(1s, kCallee, Reoffer{"hold"});
  wire.at(30s, kCaller, Drops::drop());
  wire.run();
  int accepted = 0;
  for (int end : {kCaller, kCallee})
    for (const Output& report : wire.log(end).reports)
      if (const auto* done = std::get_if<ReofferDone>(&report); done && done->accepted) ++accepted;
  EXPECT_EQ(accepted, 2) << wire.ladder();
  expect_clean(wire, "re-INVITE glare");
}

TEST(UsageRace, ByeWhileTheFarEndsReinviteIsPending) {  // 15.1.2, RFC 5407 3.1.3
  VirtualWire wire({});
  wire.answer_after(100ms);
  wire.at(0ms, kCaller, Start{"offer", {}});
  wire.at(1s, kCallee, Reoffer{"hold"});
  wire.at(1s, kCaller, Drops::drop());
  wire.run();
  EXPECT_EQ(wire.log(kCaller).byes, 1);
  EXPECT_EQ(wire.log(kCallee).disconnected, 1);
  expect_clean(wire, "BYE against re-INVITE");
}

TEST(UsageRace, ARefusalThatIsNeverAcknowledgedIsUnconfirmed) {
  VirtualWire wire({.swallow = [](const Packet& p) { return p.method == Method::ack; }});
  wire.at(0ms, kCaller, Start{"offer", {}});
  wire.at(500ms, kCallee, Drops::drop());
  wire.run();
  EXPECT_EQ(wire.log(kCallee).confirmation, Confirmation::unconfirmed);
  EXPECT_EQ(wire.log(kCaller).disconnected, 1);
  expect_clean(wire, "603 without ACK");
}

/// Lives by chance: everything may be lost, doubled and late, and both ends do what they like.
TEST(UsageRace, TenThousandFaultyLivesEndOnceAndInTime) {
  for (std::uint64_t seed = 1; seed <= 10000; ++seed) {
    std::mt19937_64 random(seed);
    const auto up_to = [&](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
    VirtualWire wire({.seed = seed,
                      .lost_percent = static_cast<int>(up_to(5) == 0 ? 60 : up_to(30)),
                      .doubled_percent = static_cast<int>(up_to(50)),
                      .delay_longest = milliseconds(1 + up_to(3) * up_to(400))});
    if (up_to(4) != 0) wire.answer_after(milliseconds(up_to(3000)));
    wire.at(0ms, kCaller, Start{"offer", {}});
    for (int i = 0; i < 6; ++i) {
      const int end = static_cast<int>(up_to(2));
      const milliseconds when(up_to(4000));
      switch (up_to(5)) {
        case 0:
          wire.at(when, end, Reoffer{"hold"});
          break;
        case 1:
          wire.at(when, kCallee, Answer{"answer", {}});
          break;
        default:
          if (up_to(2) == 0) wire.at(when, end, Drops::drop());
      }
    }
    wire.at(milliseconds(4000 + up_to(70000)), static_cast<int>(up_to(2)), Drops::drop());
    wire.at(milliseconds(80000), kCaller, Drops::drop());
    wire.at(milliseconds(81000), kCallee, Drops::drop());
    // 64*T1 is 32 s: an answer without ACK, then a BYE without answer, are 64 s at the most.
    wire.run(81s + 70s);
    expect_clean(wire, "seed=" + std::to_string(seed));
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace switchhook::sip::usage::test
