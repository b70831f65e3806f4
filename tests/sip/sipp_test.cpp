// SPDX-License-Identifier: Apache-2.0
// SIPp as caller, callee and registrar, with scenarios of our own.
#include <gtest/gtest.h>

#include "tests/sip/harness.hpp"
#include "tests/sip/peer.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;
using provider::DropWhy;

std::string at(std::uint16_t port) {
  return "sip:sipp@127.0.0.1:" + std::to_string(port);
}

// ---- SIPp calls us

struct Incoming {
  explicit Incoming(const std::string& scenario, Sipp::Words words = {}, bool tcp = false,
                    Config config = test_config())
      : bench(std::move(config)), sipp(scenario, bench.port(), std::move(words), tcp) {}
  CallRef offered() { return bench.incoming(kBob); }
  CallRef answered(const UserInfo& info = {}) {
    const CallRef call = offered();
    EXPECT_FALSE(bench.answer(call, info));
    return call;
  }
  void finish() {
    sipp.expect_success();
    bench.expect_empty();
  }
  Bench bench;
  Sipp sipp;
};

TEST(SippCaller, HangsUpWithAReason) {
  Incoming test("call_and_hang_up");
  const CallRef call = test.answered();
  const Cause cause = test.bench.cause(call);
  EXPECT_EQ(cause.mode, DisconnectMode::temporary_failure);
  EXPECT_EQ(cause.q850, 102);
  EXPECT_EQ(cause.words, "Timer, expired");
  EXPECT_EQ(test.bench.ended(call).confirmation, Confirmation::confirmed);
  EXPECT_EQ(test.bench.new_call(call).parties.calling.name, "Sipp");
  test.finish();
}

TEST(SippCaller, HangsUpOverTcp) {
  Incoming test("call_and_hang_up", {}, true);
  EXPECT_EQ(test.bench.cause(test.answered()).q850, 102);
  test.finish();
}

TEST(SippCaller, IsHungUpOn) {
  Incoming test("call_and_be_hung_up_on");
  const CallRef call = test.answered();
  EXPECT_FALSE(test.bench.drop(call));
  const provider::Ended ended = test.bench.ended(call);
  EXPECT_EQ(ended.confirmation, Confirmation::confirmed);
  EXPECT_EQ(ended.sent_times, 1);
  test.finish();
}

TEST(SippCaller, GivesUpBecauseSomebodyElseAnswered) {
  Incoming test("call_and_cancel");
  const CallRef call = test.offered();
  EXPECT_EQ(test.bench.cause(call).mode, DisconnectMode::pickup);
  EXPECT_EQ(test.bench.cause(call).words, "Call completed elsewhere");
  EXPECT_TRUE(test.bench.settles(call, CallState::idle));
  test.finish();
}

TEST(SippCaller, IsToldThatNobodyIsThere) {
  Incoming test("call_and_fail", {{"@STATUS@", "404"}, {"@USER@", "carol"}});
  test.finish();
}

TEST(SippCaller, IsRejectedBusyOrNotAnswered) {
  for (const auto& [why, status] : {std::pair{DropWhy::rejected, "486"},
                                    {DropWhy::no_answer, "480"},
                                    {DropWhy::no_owner, "480"}}) {
    Incoming test("call_and_fail", {{"@STATUS@", status}});
    const CallRef call = test.offered();
    EXPECT_FALSE(test.bench.drop(call, why));
    EXPECT_EQ(test.bench.ended(call).confirmation, Confirmation::confirmed);
    test.finish();
  }
}

TEST(SippCaller, IsNotLetInFromAForeignAddress) {
  Config config = test_config();
  config.lines[kBob].accept_from = {"192.0.2.1"};
  Incoming test("call_and_fail", {{"@STATUS@", "403"}}, false, config);
  test.finish();
}

TEST(SippCaller, HoldsAndResumes) {
  Incoming test("call_and_hold");
  const CallRef call = test.answered();
  EXPECT_EQ(test.bench.cause(call).mode, DisconnectMode::normal);
  std::vector<std::uint8_t> details;
  for (const provider::Event& event : test.bench.events().events())
    if (const auto* s = std::get_if<provider::StateChanged>(&event);
        s && s->state == CallState::connected)
      details.push_back(s->detail);
  EXPECT_EQ(details,
            (std::vector<std::uint8_t>{static_cast<std::uint8_t>(ConnectedMode::active),
                                       static_cast<std::uint8_t>(ConnectedMode::active_held),
                                       static_cast<std::uint8_t>(ConnectedMode::active)}));
  test.finish();
}

TEST(SippCaller, ThatNeverAcknowledgesIsEndedByBye) {
  Incoming test("call_and_never_ack");
  const CallRef call = test.answered();
  EXPECT_EQ(test.bench.cause(call).mode, DisconnectMode::unreachable);
  EXPECT_EQ(test.bench.ended(call).confirmation, Confirmation::confirmed);
  test.finish();
}

TEST(SippCaller, GetsTheByeOnlyAfterItsLateAck) {
  Incoming test("call_ack_late");
  const CallRef call = test.answered();
  EXPECT_FALSE(test.bench.drop(call));
  EXPECT_EQ(test.bench.ended(call).confirmation, Confirmation::confirmed);
  test.finish();
}

TEST(SippCaller, ExchangesUserInformation) {
  Incoming test("call_with_user_info");
  const CallRef call = test.answered(bytes("\x04ok"));
  EXPECT_EQ(test.bench.new_call(call).user_info, bytes("\x04hi\n"));
  ASSERT_TRUE(test.bench.reaches(call, CallState::disconnected));
  EXPECT_EQ(test.bench.user_info(call), bytes("\x04"
                                              "bye"));
  test.finish();
}

TEST(SippCaller, MayLeaveTheOfferToUs) {
  Incoming test("call_without_offer");
  EXPECT_EQ(test.bench.cause(test.answered()).mode, DisconnectMode::normal);
  test.finish();
}

TEST(SippCaller, StraysAreRefusedWithoutState) {
  for (const char* scenario : {"bye_to_nobody", "options", "odd_requests"}) {
    Incoming test(scenario);
    test.finish();
  }
}

// ---- we call SIPp

struct Outgoing {
  explicit Outgoing(const std::string& scenario, Sipp::Words words = {},
                    Config config = test_config())
      : sipp(scenario, std::move(words)), bench(std::move(config)) {
    call = bench.make_call(kAlice, at(sipp.port()));
  }
  bool connected() { return bench.reaches(call, CallState::connected); }
  void finish() {
    sipp.expect_success();
    bench.expect_empty();
  }
  Sipp sipp;
  Bench bench;
  CallRef call;
};

TEST(SippCallee, AnswersAndIsHungUpOn) {
  Outgoing test("answer");
  ASSERT_TRUE(test.connected());
  EXPECT_FALSE(test.bench.drop(test.call));
  EXPECT_EQ(test.bench.ended(test.call).confirmation, Confirmation::confirmed);
  EXPECT_EQ(test.bench.states(test.call),
            (std::vector<CallState>{CallState::dialing, CallState::ringback, CallState::connected,
                                    CallState::idle}));
  test.finish();
}

TEST(SippCallee, AnswersAndHangsUpWithAReason) {
  Outgoing test("answer_and_hang_up");
  const Cause cause = test.bench.cause(test.call);
  EXPECT_EQ(cause.mode, DisconnectMode::temporary_failure);
  EXPECT_EQ(cause.q850, 41);
  EXPECT_EQ(cause.words, "Network, trouble");
  test.finish();
}

struct Failure {
  const char* status;
  const char* phrase;
  const char* header;
  DisconnectMode mode;
  std::uint16_t q850 = 0;
};
class SippFailure : public ::testing::TestWithParam<Failure> {};

TEST_P(SippFailure, IsMapped) {
  const Failure& f = GetParam();
  Outgoing test("fail", {{"@STATUS@", f.status}, {"@PHRASE@", f.phrase}, {"@HEADER@", f.header}});
  const Cause cause = test.bench.cause(test.call);
  EXPECT_EQ(cause.mode, f.mode);
  EXPECT_EQ(std::to_string(cause.sip_status), f.status);
  EXPECT_EQ(cause.q850, f.q850);
  EXPECT_EQ(test.bench.ended(test.call).confirmation, Confirmation::confirmed);
  EXPECT_FALSE(test.bench.drop(test.call));
  EXPECT_TRUE(test.bench.settles(test.call, CallState::idle));
  test.finish();
}
INSTANTIATE_TEST_SUITE_P(
    All, SippFailure,
    ::testing::Values(
        Failure{"302", "Moved", "Server: x", DisconnectMode::forwarded},
        Failure{"404", "Not Found", "Server: x", DisconnectMode::bad_address},
        Failure{"480", "Temporarily Unavailable", "Server: x", DisconnectMode::no_answer},
        Failure{"480", "Busy", "Reason: Q.850;cause=17", DisconnectMode::busy, 17},
        Failure{"486", "Busy Here", "Server: x", DisconnectMode::busy},
        Failure{"488", "Not Acceptable Here", "Server: x", DisconnectMode::incompatible},
        Failure{"500", "Server Error", "Server: x", DisconnectMode::temporary_failure},
        Failure{"503", "Service Unavailable", "Server: x", DisconnectMode::congestion},
        Failure{"503", "Service Unavailable", "Retry-After: 5", DisconnectMode::temporary_failure},
        Failure{"603", "Decline", "Server: x", DisconnectMode::reject}));

TEST(SippCallee, BusyIsReportedAsAStateFirst) {
  Outgoing test("fail", {{"@STATUS@", "486"}, {"@PHRASE@", "Busy"}, {"@HEADER@", "Server: x"}});
  ASSERT_TRUE(test.bench.reaches(test.call, CallState::disconnected));
  EXPECT_EQ(test.bench.states(test.call),
            (std::vector<CallState>{CallState::dialing, CallState::ringback, CallState::busy,
                                    CallState::disconnected}));
  test.finish();
}

TEST(SippCallee, RingsAndIsCancelled) {
  Outgoing test("ring_until_cancelled");
  ASSERT_TRUE(test.bench.reaches(test.call, CallState::ringback));
  EXPECT_FALSE(test.bench.drop(test.call, DropWhy::no_answer));
  const provider::Ended ended = test.bench.ended(test.call);
  EXPECT_EQ(ended.confirmation, Confirmation::confirmed);
  EXPECT_EQ(ended.sent_times, 1);
  test.finish();
}

TEST(SippCallee, AnswersInsteadOfObeyingTheCancel) {
  Outgoing test("answer_crosses_cancel");
  ASSERT_TRUE(test.bench.reaches(test.call, CallState::ringback));
  EXPECT_FALSE(test.bench.drop(test.call));
  EXPECT_EQ(test.bench.ended(test.call).confirmation, Confirmation::confirmed);
  test.finish();
}

TEST(SippCallee, SaysNothingUntilItAnswersACallerThatHasGivenUp) {
  Outgoing test("silent_then_answer");
  EXPECT_FALSE(test.bench.drop(test.call));
  EXPECT_EQ(test.bench.ended(test.call).confirmation, Confirmation::confirmed);
  EXPECT_FALSE(test.bench.failed(test.call));
  test.finish();
}

TEST(SippCallee, SaysNothingUntilItRingsForACallerThatHasGivenUp) {
  Outgoing test("silent_then_ring");
  EXPECT_FALSE(test.bench.drop(test.call));
  EXPECT_EQ(test.bench.ended(test.call).confirmation, Confirmation::confirmed);
  test.finish();
}

TEST(SippCallee, NeverHearsTheBye) {
  Outgoing test("deaf_to_bye");
  ASSERT_TRUE(test.connected());
  EXPECT_FALSE(test.bench.drop(test.call));
  EXPECT_EQ(test.bench.ended(test.call).confirmation, Confirmation::unconfirmed);
  test.bench.expect_empty();
}

TEST(SippCallee, ThatIsNotThereIsUnreachable) {
  Bench bench;
  const CallRef call = bench.make_call(kAlice, at(free_port()));
  EXPECT_EQ(bench.cause(call).mode, DisconnectMode::unreachable);
  bench.expect_empty();
}

TEST(SippCallee, IsHeldAndResumed) {
  Outgoing test("hold");
  ASSERT_TRUE(test.connected());
  EXPECT_FALSE(test.bench.hold(test.call));
  EXPECT_TRUE(test.bench.settles(test.call, CallState::on_hold));
  EXPECT_FALSE(test.bench.unhold(test.call));
  EXPECT_TRUE(test.bench.settles(test.call, CallState::connected));
  EXPECT_FALSE(test.bench.drop(test.call));
  test.finish();
}

TEST(SippCallee, RefusesToBeHeldAndStaysConnected) {
  Outgoing test("refuse_hold");
  ASSERT_TRUE(test.connected());
  const std::optional<Error> error = test.bench.hold(test.call);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Errc::failed);
  EXPECT_TRUE(test.bench.settles(test.call, CallState::connected));
  EXPECT_FALSE(test.bench.drop(test.call));
  test.finish();
}

TEST(SippCallee, AnswersWithoutAudioAndGetsOneBye) {
  Outgoing test("answer_without_audio");
  EXPECT_EQ(test.bench.cause(test.call).mode, DisconnectMode::incompatible);
  EXPECT_EQ(test.bench.ended(test.call).confirmation, Confirmation::confirmed);
  test.finish();
}

// ---- authentication and registration

Config with_password(const std::string& password) {
  Config config = test_config();
  config.lines[kAlice].password = password;
  config.lines[kAlice].realm = "test";  // of the scenarios
  return config;
}

TEST(SippAuthentication, OnInviteAndOnBye) {
  Outgoing test("authenticate_invite_and_bye", {{"@ALGORITHM@", "MD5"}}, with_password("secret"));
  ASSERT_TRUE(test.connected());
  EXPECT_FALSE(test.bench.drop(test.call));
  const provider::Ended ended = test.bench.ended(test.call);
  EXPECT_EQ(ended.confirmation, Confirmation::confirmed);
  EXPECT_EQ(ended.sent_times, 2);
  test.finish();
}

TEST(SippAuthentication, WithoutAPasswordTheCallIsBlocked) {
  Outgoing test("fail", {{"@STATUS@", "401"},
                         {"@PHRASE@", "Unauthorized"},
                         {"@HEADER@", "WWW-Authenticate: Digest realm=\"x\", nonce=\"y\""}});
  EXPECT_EQ(test.bench.cause(test.call).mode, DisconnectMode::blocked);
  test.finish();
}

TEST(SippRegistrar, ChallengesRegistersAndIsUnregisteredFromAtStop) {
  Sipp registrar("registrar", {{"@ALGORITHM@", "MD5"}});
  Config config = test_config();
  LineConfig& line = config.lines[kAlice];
  line.mode = LineMode::account;
  line.registrar = "sip:127.0.0.1:" + std::to_string(registrar.port());
  line.password = "secret";
  Bench bench(config);
  EXPECT_TRUE(bench.line_status(kAlice, true));
  EXPECT_TRUE(bench.stop());
  registrar.expect_success();
}

TEST(SippRegistrar, ThatIsNotThereLeavesTheLineOutOfService) {
  Config config = test_config();
  LineConfig& line = config.lines[kAlice];
  line.mode = LineMode::account;
  line.registrar = "sip:127.0.0.1:" + std::to_string(free_port());
  Bench bench(config);
  EXPECT_TRUE(bench.line_status(kAlice, false));
  bench.make_call_async(kAlice, "bob");
  const std::optional<Error> error = bench.completion(bench.last_request());
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Errc::line_unavailable);
  EXPECT_TRUE(bench.stop());
}

}  // namespace
}  // namespace switchhook::sip::test
