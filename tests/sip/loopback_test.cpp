// SPDX-License-Identifier: Apache-2.0
// Two lines of one provider call each other over real SIP on loopback.
#include <gtest/gtest.h>

#include "tests/sip/harness.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;
using provider::DropWhy;

using States = std::vector<CallState>;

struct Pair {
  CallRef caller, callee;
};

Pair connect(Bench& bench, const std::string& address = "bob") {
  Pair pair;
  pair.caller = bench.make_call(kAlice, address);
  pair.callee = bench.incoming(kBob);
  EXPECT_TRUE(bench.reaches(pair.caller, CallState::ringback));
  EXPECT_FALSE(bench.answer(pair.callee));
  EXPECT_TRUE(bench.reaches(pair.caller, CallState::connected));
  return pair;
}

TEST(SipLoopback, CallerHangsUp) {
  Bench bench;
  ASSERT_EQ(bench.start_error(), "");
  const Pair pair = connect(bench);
  EXPECT_FALSE(bench.drop(pair.caller));
  EXPECT_EQ(bench.cause(pair.callee).mode, DisconnectMode::normal);
  EXPECT_EQ(bench.cause(pair.callee).q850, 16);
  EXPECT_TRUE(bench.settles(pair.caller, CallState::idle));
  EXPECT_EQ(bench.states(pair.caller), (States{CallState::dialing, CallState::ringback,
                                               CallState::connected, CallState::idle}));
  EXPECT_EQ(bench.states(pair.callee),
            (States{CallState::offering, CallState::connected, CallState::disconnected}));
  const provider::Ended ended = bench.ended(pair.caller);
  EXPECT_EQ(ended.confirmation, Confirmation::confirmed);
  EXPECT_EQ(ended.sent_times, 1);
  EXPECT_GT(ended.confirmed_after.count(), 0);
  const auto gave_back = [&ended](Resource resource) {
    return ended.released[static_cast<std::size_t>(resource)];
  };
  EXPECT_EQ(gave_back(Resource::provider_calls), 1);
  EXPECT_EQ(gave_back(Resource::dialogs), 1);
  EXPECT_EQ(gave_back(Resource::transactions), 2) << "INVITE and BYE";
  EXPECT_EQ(gave_back(Resource::rtp_ports), 1);
  EXPECT_EQ(bench.ended(pair.callee).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST(SipLoopback, CalleeHangsUp) {
  Bench bench;
  const Pair pair = connect(bench, "sip:bob@127.0.0.1:" + std::to_string(bench.port()));
  EXPECT_FALSE(bench.drop(pair.callee));
  EXPECT_EQ(bench.cause(pair.caller).mode, DisconnectMode::normal);
  EXPECT_EQ(bench.ended(pair.callee).confirmation, Confirmation::confirmed);
  EXPECT_FALSE(bench.drop(pair.caller));
  EXPECT_TRUE(bench.settles(pair.caller, CallState::idle));
  bench.expect_empty();
}

TEST(SipLoopback, IdleIsToldBeforeTheFarEndConfirms) {
  Bench bench;
  const Pair pair = connect(bench);
  EXPECT_FALSE(bench.drop(pair.caller));
  bench.ended(pair.caller);
  int idle = -1, ended = -1, i = 0;
  for (const provider::Event& event : bench.events().events()) {
    if (const auto* s = std::get_if<provider::StateChanged>(&event);
        s && s->call == pair.caller && s->state == CallState::idle)
      idle = i;
    if (const auto* e = std::get_if<provider::Ended>(&event); e && e->call == pair.caller)
      ended = i;
    ++i;
  }
  EXPECT_GE(idle, 0);
  EXPECT_LT(idle, ended);
  bench.expect_empty();
}

TEST(SipLoopback, CallerGivesUpWhileItRings) {
  Bench bench;
  const CallRef caller = bench.make_call(kAlice, "bob");
  const CallRef callee = bench.incoming(kBob);
  ASSERT_TRUE(bench.reaches(caller, CallState::ringback));
  EXPECT_FALSE(bench.drop(caller));
  EXPECT_EQ(bench.cause(callee).mode, DisconnectMode::cancelled);
  EXPECT_TRUE(bench.settles(callee, CallState::idle));
  EXPECT_EQ(bench.states(callee),
            (States{CallState::offering, CallState::disconnected, CallState::idle}));
  EXPECT_EQ(bench.ended(caller).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST(SipLoopback, DropRightAfterMakeCallLeavesNothing) {
  Bench bench;
  for (int i = 0; i < 20; ++i) {
    const CallRef caller = bench.make_call(kAlice, "bob");
    EXPECT_FALSE(bench.drop(caller));
  }
  bench.expect_empty();
}

TEST(SipLoopback, AnswerAndHangUpAtOnceGivesOneByeAfterTheAck) {
  Bench bench;
  const CallRef caller = bench.make_call(kAlice, "bob");
  const CallRef callee = bench.incoming(kBob);
  bench.submit(provider::Answer{.call = callee, .request = bench.next_request()});
  EXPECT_FALSE(bench.drop(callee));
  EXPECT_EQ(bench.cause(caller).mode, DisconnectMode::normal);
  EXPECT_EQ(bench.ended(callee).confirmation, Confirmation::confirmed);
  EXPECT_EQ(bench.ended(callee).sent_times, 1);
  bench.expect_empty();
}

struct Refusal {
  DropWhy why;
  std::uint16_t reject_code;
  DisconnectMode mode;
  std::uint16_t status;
};
class SipRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(SipRefusal, IsToldToTheCaller) {
  Config config = test_config();
  config.lines[kBob].reject_code = GetParam().reject_code;
  Bench bench(config);
  const CallRef caller = bench.make_call(kAlice, "bob");
  const CallRef callee = bench.incoming(kBob);
  EXPECT_FALSE(bench.drop(callee, GetParam().why));
  const Cause cause = bench.cause(caller);
  EXPECT_EQ(cause.mode, GetParam().mode);
  EXPECT_EQ(cause.sip_status, GetParam().status);
  EXPECT_EQ(bench.ended(callee).confirmation, Confirmation::confirmed);
  EXPECT_EQ(bench.ended(caller).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}
INSTANTIATE_TEST_SUITE_P(
    All, SipRefusal,
    ::testing::Values(Refusal{DropWhy::rejected, 603, DisconnectMode::reject, 603},
                      Refusal{DropWhy::rejected, 486, DisconnectMode::reject, 486},
                      Refusal{DropWhy::normal, 603, DisconnectMode::reject, 603},
                      Refusal{DropWhy::normal, 486, DisconnectMode::reject, 486},
                      Refusal{DropWhy::no_answer, 603, DisconnectMode::no_answer, 480},
                      Refusal{DropWhy::no_owner, 603, DisconnectMode::unreachable, 480}));

TEST(SipLoopback, NobodyThereIsABadAddress) {
  Bench bench;
  const CallRef caller = bench.make_call(kAlice, "carol");
  const Cause cause = bench.cause(caller);
  EXPECT_EQ(cause.mode, DisconnectMode::bad_address);
  EXPECT_EQ(cause.sip_status, 404);
  bench.expect_empty();
}

TEST(SipLoopback, UserUserInformationGoesBothWays) {
  Bench bench;
  const CallRef caller = bench.make_call(kAlice, "bob", bytes("\x04hello"));
  const CallRef callee = bench.incoming(kBob);
  EXPECT_EQ(bench.new_call(callee).user_info, bytes("\x04hello"));
  EXPECT_FALSE(bench.answer(callee, bytes("\x04hi")));
  ASSERT_TRUE(bench.reaches(caller, CallState::connected));
  EXPECT_EQ(bench.user_info(caller), bytes("\x04hi"));
  EXPECT_FALSE(bench.drop(caller, DropWhy::normal,
                          bytes("\x04"
                                "bye")));
  ASSERT_TRUE(bench.reaches(callee, CallState::disconnected));
  EXPECT_EQ(bench.user_info(callee), bytes("\x04"
                                           "bye"));
  bench.expect_empty();
}

TEST(SipLoopback, HoldAndResume) {
  Bench bench;
  const Pair pair = connect(bench);
  EXPECT_FALSE(bench.hold(pair.caller));
  EXPECT_TRUE(bench.reaches(pair.caller, CallState::on_hold));
  EXPECT_EQ(bench.last_state(pair.callee, CallState::connected).detail,
            static_cast<std::uint8_t>(ConnectedMode::active_held));  // told before the 200 leaves
  const std::optional<Error> again = bench.hold(pair.caller);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->code, Errc::invalid_state);
  EXPECT_FALSE(bench.unhold(pair.caller));
  EXPECT_TRUE(bench.settles(pair.caller, CallState::connected));
  EXPECT_FALSE(bench.drop(pair.callee));
  bench.expect_empty();
}

TEST(SipLoopback, BothHangUpAtOnce) {
  Bench bench;
  const Pair pair = connect(bench);
  bench.submit(provider::Drop{.call = pair.caller, .request = bench.next_request()});
  bench.submit(provider::Drop{.call = pair.callee, .request = bench.next_request()});
  EXPECT_FALSE(bench.completion(bench.last_request() - 1));
  EXPECT_FALSE(bench.completion(bench.last_request()));
  bench.ended(pair.caller);
  bench.ended(pair.callee);
  EXPECT_TRUE(bench.settles(pair.caller, CallState::idle));
  EXPECT_TRUE(bench.settles(pair.callee, CallState::idle));
  bench.expect_empty();
}

TEST(SipLoopback, CloseBeforeTheAnswerCompletesEverythingAndEnds) {
  Bench bench;
  const Pair pair = connect(bench);
  const auto hold = bench.next_request();
  bench.submit(provider::Hold{.call = pair.caller, .request = hold});
  bench.close(pair.caller);
  const std::optional<Error> error = bench.completion(hold);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Errc::failed);
  EXPECT_EQ(bench.ended(pair.caller).confirmation, Confirmation::confirmed);
  EXPECT_TRUE(bench.reaches(pair.callee, CallState::disconnected));
  bench.expect_empty();
}

TEST(SipLoopback, UnknownCallsAndBadAddressesAreErrors) {
  Bench bench;
  const CallRef nobody{4711};
  const std::vector<std::optional<Error>> stale = {bench.accept(nobody), bench.answer(nobody),
                                                   bench.drop(nobody), bench.hold(nobody),
                                                   bench.unhold(nobody)};
  for (const std::optional<Error>& error : stale) {
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, Errc::stale_handle);
  }
  for (const char* bad : {"", "a b", "sip:", "sip:@x", "bob\r\nX: y", "sip:bob@ho st", "<sip:b@c",
                          "sip:bob@", "\"", "sip:bob@host\r\nEvil: 1"}) {
    const CallRef call = bench.make_call_async(kAlice, bad);
    const std::optional<Error> error = bench.completion(bench.last_request());
    ASSERT_TRUE(error) << bad;
    EXPECT_EQ(error->code, Errc::invalid_address) << bad;
    EXPECT_TRUE(bench.states(call).empty());
  }
  EXPECT_EQ(bench.completion((bench.make_call_async(7, "bob"), bench.last_request()))->code,
            Errc::no_such_line);
  bench.expect_empty();
}

TEST(SipLoopback, TcpLineCallsOverTcp) {
  Config config = test_config();
  for (LineConfig& line : config.lines) line.transport = Transport::tcp;
  Bench bench(config);
  ASSERT_EQ(bench.start_error(), "");
  const Pair pair = connect(bench);
  EXPECT_FALSE(bench.hold(pair.callee));
  EXPECT_FALSE(bench.drop(pair.callee));
  EXPECT_EQ(bench.ended(pair.callee).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST(SipLoopback, StopEndsLiveCallsAndThenSaysSo) {
  Bench bench;
  const Pair pair = connect(bench);
  const CallRef second = bench.make_call(kBob, "alice");
  const CallRef ringing = bench.incoming(kAlice);
  EXPECT_TRUE(bench.stop());
  for (CallRef call : {pair.caller, pair.callee, second, ringing}) {
    bench.ended(call);
    EXPECT_EQ(bench.count_ended(call), 1u);
  }
  bench.expect_empty();
}

TEST(SipLoopback, WithoutRingOnOfferAcceptRings) {
  Config config = test_config();
  config.lines[kBob].ring_on_offer = false;
  Bench bench(config);
  const CallRef caller = bench.make_call(kAlice, "bob");
  const CallRef callee = bench.incoming(kBob);
  ASSERT_TRUE(bench.reaches(caller, CallState::proceeding));
  EXPECT_EQ(bench.states(caller), (States{CallState::dialing, CallState::proceeding}));
  EXPECT_FALSE(bench.accept(callee));
  EXPECT_TRUE(bench.reaches(caller, CallState::ringback));
  EXPECT_TRUE(bench.reaches(callee, CallState::accepted));
  EXPECT_FALSE(bench.drop(caller));
  bench.expect_empty();
}

TEST(SipLoopback, LimitsRefuseWithoutKeepingAnything) {
  Config config = test_config();
  config.lines[kBob].calls_max = 1;
  Bench bench(config);
  const Pair pair = connect(bench);
  const CallRef second = bench.make_call(kAlice, "bob");
  EXPECT_EQ(bench.cause(second).mode, DisconnectMode::busy);
  EXPECT_TRUE(bench.reaches(second, CallState::busy));
  EXPECT_FALSE(bench.drop(pair.caller));
  bench.expect_empty();
}

TEST(SipLoopback, ExhaustedRtpPortsAreAnErrorAndComeBack) {
  Config config = test_config();
  config.lines.push_back(LineConfig{.name = "carol", .t1 = std::chrono::milliseconds(50)});
  config.rtp_first = 46000;
  config.rtp_last = 46002;
  Bench bench(config);
  const Pair pair = connect(bench);  // takes both
  bench.make_call_async(kAlice, "bob");
  std::optional<Error> error = bench.completion(bench.last_request());
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Errc::resource_unavailable);
  EXPECT_FALSE(bench.drop(pair.caller));
  bench.ended(pair.caller);
  bench.ended(pair.callee);
  const CallRef again = bench.make_call(kAlice, "bob");
  EXPECT_FALSE(bench.drop(again));
  bench.expect_empty();
}

TEST(SipStart, SaysWhatIsWrong) {
  Config taken = test_config();
  Bench first;
  taken.port = first.port();
  Bench second(taken);
  EXPECT_NE(second.start_error().find("cannot listen on 127.0.0.1:"), std::string::npos)
      << second.start_error();
  Config bad = test_config();
  bad.lines[1].peer = "nonsense";
  Bench third(bad);
  EXPECT_NE(third.start_error().find("line \"bob\": peer"), std::string::npos)
      << third.start_error();
}

TEST(SipLoopback, ManyCallsAtOnceLeaveNothing) {
  Bench bench;
  constexpr std::size_t kCalls = 200;
  std::vector<CallRef> callers;
  for (std::size_t i = 0; i < kCalls; ++i) callers.push_back(bench.make_call_async(kAlice, "bob"));
  for (std::size_t i = 0; i < kCalls; ++i) EXPECT_FALSE(bench.answer(bench.incoming(kBob, i)));
  for (CallRef caller : callers) EXPECT_TRUE(bench.reaches(caller, CallState::connected));
  const provider::LedgerReport live = bench.ledger();
  EXPECT_EQ(live.booked, live.found);
  EXPECT_EQ(live.booked[static_cast<std::size_t>(Resource::rtp_ports)], 2 * kCalls);
  for (std::size_t i = 0; i < kCalls; ++i) {
    bench.submit(provider::Drop{.call = i % 2 == 0 ? callers[i] : bench.incoming(kBob, i),
                                .request = bench.next_request()});
  }
  bench.expect_empty();
}

}  // namespace
}  // namespace switchhook::sip::test
