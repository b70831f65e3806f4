// SPDX-License-Identifier: Apache-2.0
// The virtual transaction layer itself: a race is only as true as the wire it is played on. The
// times are those of RFC 3261 sections 17.1 and 17.2 for T1 = 500 ms.
#include <gtest/gtest.h>

#include "tests/sip_races/support/bench.hpp"

namespace switchhook::sip::races {
namespace {

std::vector<std::int64_t> times(const Bench& bench, int side, Method method,
                                std::uint16_t status = 0) {
  std::vector<std::int64_t> out;
  for (const Transmission& t : bench.wire.log())
    if (t.from == side && t.message.method == method && t.message.status == status)
      out.push_back(t.sent.count());
  return out;
}
using Times = std::vector<std::int64_t>;

TEST(VirtualLayer, RepeatsAnUnansweredInviteByTimerAUntilTimerB) {
  Bench bench({.transport = Transport::udp, .limit = 64});
  Phone& a = bench.phone(0);
  bench.at(0, [&a] { a.call(); });
  bench.play();
  EXPECT_EQ(times(bench, 0, Method::invite), (Times{0, 500, 1500, 3500, 7500, 15500, 31500}));
  EXPECT_EQ(a.ended_by(), usage::Disconnected::By::no_response);
  EXPECT_EQ(a.reports().back().at, milliseconds(32000));
}

TEST(VirtualLayer, SendsAnInviteOnceOverTcp) {
  Bench bench({.transport = Transport::tcp});
  Phone& a = bench.phone(0);
  bench.at(0, [&a] { a.call(); });
  bench.play();
  EXPECT_EQ(times(bench, 0, Method::invite), (Times{0}));
  EXPECT_EQ(a.ended_by(), usage::Disconnected::By::no_response);
}

TEST(VirtualLayer, RepeatsAByeByTimerEUpToT2) {
  Bench bench({.transport = Transport::udp});
  Phone& a = bench.phone(0);
  Phone& b = bench.phone(1);
  rings_and_answers(bench, b, 100);
  bench.wire.filter([](const Transmission& t) { return t.message.method == Method::bye; });
  bench.at(0, [&a] { a.call(); });
  bench.at(1000, [&a] { static_cast<void>(a.drop()); });
  bench.play();
  EXPECT_EQ(times(bench, 0, Method::bye),
            (Times{1000, 1500, 2500, 4500, 8500, 12500, 16500, 20500, 24500, 28500, 32500}));
  EXPECT_EQ(a.confirmation(), Confirmation::unconfirmed);
}

TEST(VirtualLayer, RepeatsAFailureByTimerGUntilTheAck) {
  Bench bench({.transport = Transport::udp});
  Phone& a = bench.phone(0);
  Phone& b = bench.phone(1);
  bench.wire.filter([](const Transmission& t) {
    return t.message.method == Method::ack && t.sent < milliseconds(2000);
  });
  b.on_offered = [&b] { static_cast<void>(b.drop(486)); };
  bench.at(0, [&a] { a.call(); });
  bench.play();
  EXPECT_EQ(times(bench, 1, Method::invite, 486), (Times{20, 520, 1520, 3520}));
  EXPECT_EQ(times(bench, 0, Method::ack), (Times{40, 540, 1540, 3540}));
  EXPECT_EQ(b.confirmation(), Confirmation::confirmed);
}

TEST(VirtualLayer, GivesUpWaitingForTheAckOfAFailureByTimerH) {
  Bench bench({.transport = Transport::udp, .limit = 64});
  Phone& a = bench.phone(0);
  Phone& b = bench.phone(1);
  bench.wire.filter([](const Transmission& t) { return t.message.method == Method::ack; });
  b.on_offered = [&b] { static_cast<void>(b.drop(486)); };
  bench.at(0, [&a] { a.call(); });
  bench.play();
  EXPECT_EQ(b.confirmation(), Confirmation::unconfirmed);
  EXPECT_EQ(b.reports().back().at, milliseconds(32020));
}

TEST(VirtualLayer, AnswersARepeatedInviteWithTheLastProvisional) {
  Bench bench({.transport = Transport::udp});
  Phone& a = bench.phone(0);
  Phone& b = bench.phone(1);
  bench.wire.filter(
      [](const Transmission& t) { return t.message.status == 180 && t.sent < milliseconds(1000); });
  rings_and_answers(bench, b, 5000);
  bench.at(0, [&a] { a.call(); });
  bench.at(9000, [&a] { static_cast<void>(a.drop()); });
  bench.play();
  EXPECT_EQ(times(bench, 0, Method::invite), (Times{0, 500, 1500}));
  EXPECT_EQ(times(bench, 1, Method::invite, 180), (Times{20, 520, 1520}));
}

TEST(VirtualLayer, SaysTryingWhenTheUserTakesItsTime) {
  Bench bench({.transport = Transport::udp});
  Phone& a = bench.phone(0);
  Phone& b = bench.phone(1);
  bench.at(0, [&a] { a.call(); });
  bench.at(400, [&b] { static_cast<void>(b.answer()); });
  bench.at(900, [&a] { static_cast<void>(a.drop()); });
  bench.play();
  EXPECT_EQ(times(bench, 1, Method::invite, 100), (Times{220}));
  EXPECT_EQ(times(bench, 0, Method::invite), (Times{0}));
}

TEST(VirtualLayer, NeverLetsAMessageOvertakeAnotherOverTcp) {
  Bench bench({.transport = Transport::tcp, .faults = {{0, FaultKind::late}}});
  std::vector<std::uint32_t> order;
  bench.wire.attach(1, [&order](const Message& message) { order.push_back(message.cseq); });
  for (std::uint32_t i = 1; i <= 3; ++i) {
    Message message;
    message.cseq = i;
    EXPECT_TRUE(bench.wire.send(0, message));
  }
  bench.play();
  EXPECT_EQ(order, (std::vector<std::uint32_t>{1, 2, 3}));
}

TEST(VirtualLayer, PlaysTheSameRunTwice) {
  const auto ladder = [] {
    Bench bench({.weather = {.lose = 25, .late = 20, .twice = 15, .overtaken = 20, .seed = 7}});
    Phone& a = bench.phone(0);
    Phone& b = bench.phone(1);
    rings_and_answers(bench, b, 300);
    bench.at(0, [&a] { a.call(); });
    bench.at(2000, [&a] { static_cast<void>(a.drop()); });
    bench.play();
    return bench.wire.ladder();
  };
  const std::string first = ladder();
  EXPECT_GT(first.size(), 200u);
  EXPECT_EQ(first, ladder());
}

// The checks must be able to fail: each is shown an ordinary call into which a message was forged
// that our side must never send.

/// What is wrong with a call from 0 to 3000 ms, 500 answered, by A = 0, if `forge` plays along.
std::string verdict(int side, const std::function<void(Bench&, const Phone&)>& forge) {
  Bench bench({});
  Phone& a = bench.phone(0);
  Phone& b = bench.phone(1);
  rings_and_answers(bench, b, 500);
  bench.at(0, [&a] { a.call(); });
  bench.at(3000, [&a] { static_cast<void>(a.drop()); });
  forge(bench, side == 0 ? a : b);
  bench.play();
  std::string out;
  std::vector<std::string> violations;
  check_phone(bench, side == 0 ? a : b, violations);
  for (const std::string& violation : violations) out += violation + "; ";
  return out;
}

Message forged(Method method, std::uint32_t cseq, int side) {
  Message message;
  message.method = method;
  message.call_id = "call-1";
  message.from_tag = side == 0 ? "alice" : "bob";
  message.to_tag = side == 0 ? "bob" : "alice";
  message.branch = "forged";
  message.cseq = cseq;
  return message;
}

TEST(VirtualChecks, FindNothingWrongWithAnOrdinaryCall) {
  const auto nothing = [](Bench&, const Phone&) {};
  EXPECT_EQ(verdict(0, nothing), "");
  EXPECT_EQ(verdict(1, nothing), "");
}

TEST(VirtualChecks, NoticeAPhoneThatNeverEnds) {
  Bench bench({});
  Phone& a = bench.phone(0);
  a.call();  // and nothing is played
  std::vector<std::string> violations;
  check_phone(bench, a, violations);
  EXPECT_FALSE(violations.empty());
}

TEST(VirtualChecks, NoticeAMessageThatMustNotBeSent) {
  const struct {
    int side;
    std::int64_t at;
    Method method;
    std::uint32_t cseq;
    const char* complaint;
  } cases[] = {
      {0, 3500, Method::bye, 3, "a second BYE"},
      {0, 2000, Method::bye, 7, "CSeq 7"},
      {0, 300, Method::bye, 2, "before the INVITE was answered"},
      {0, 10, Method::cancel, 1, "a CANCEL before any provisional"},
      {0, 3100, Method::ack, 2, "an ACK of what was no INVITE"},
      {1, 300, Method::bye, 5000, "the callee sent BYE before it answered"},
      {1, 510, Method::bye, 5000, "did not wait for the ACK"},
  };
  for (const auto& one : cases) {
    const std::string found = verdict(one.side, [&one](Bench& bench, const Phone&) {
      bench.at(one.at, [&bench, &one] {
        static_cast<void>(bench.wire.send(one.side, forged(one.method, one.cseq, one.side)));
      });
    });
    EXPECT_NE(found.find(one.complaint), std::string::npos) << one.complaint << ": " << found;
  }
}

TEST(VirtualChecks, NoticeAMissingAck) {
  const std::string found = verdict(0, [](Bench& bench, const Phone&) {
    bench.at(1500, [&bench] {  // a 2xx of another callee, which nobody ever saw
      Message ok = forged(Method::invite, 1, 0);
      ok.request = false;
      ok.status = 200;
      ok.from_tag = "somebody";
      static_cast<void>(bench.wire.send(1, ok));
    });
  });
  EXPECT_NE(found.find("got no ACK"), std::string::npos) << found;
}

}  // namespace
}  // namespace switchhook::sip::races
