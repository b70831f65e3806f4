// SPDX-License-Identifier: Apache-2.0
// User-user information (RFC 7433) at each kind of end, in both directions: what a drop carries
// reaches the far end in the BYE or the refusal, and what the far end's end carries is told before
// the call is disconnected. A CANCEL has none: section 4 has the header field in INVITE, its
// responses, and BYE.
#include "providers/sip/call/mapping.hpp"
#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;
using provider::DropWhy;
const UserInfo kInfo = {0x04, 'b', 'y', 'e', 0x00, 0xff};

std::string line_of(const UserInfo& info) {
  return "User-to-User: " + mapping::format_user_to_user(info) + "\r\n";
}
UserInfo info_in(const std::string& message) {
  return mapping::parse_user_to_user(header(message, "User-to-User")).value_or(UserInfo{});
}

/// What was told last of a call before it was told to be disconnected.
UserInfo told_before_the_end(Bench& bench, CallRef call) {
  EXPECT_TRUE(bench.reaches(call, CallState::disconnected));
  UserInfo last;
  for (const provider::Event& event : bench.events().events()) {
    if (const auto* info = std::get_if<provider::InfoChanged>(&event);
        info != nullptr && info->call == call && info->user_info)
      last = *info->user_info;
    if (const auto* state = std::get_if<provider::StateChanged>(&event);
        state != nullptr && state->call == call && state->state == CallState::disconnected)
      break;
  }
  return last;
}

TEST(SipUserInfo, OfAByeReachesTheOtherSideWhoeverSendsIt) {
  for (const bool caller_ends : {true, false}) {
    Bench bench;
    const CallRef caller = bench.make_call(kAlice, "bob"), callee = bench.incoming(kBob);
    EXPECT_FALSE(bench.answer(callee));
    ASSERT_TRUE(bench.reaches(caller, CallState::connected));
    EXPECT_FALSE(bench.drop(caller_ends ? caller : callee, DropWhy::normal, kInfo));
    EXPECT_EQ(told_before_the_end(bench, caller_ends ? callee : caller), kInfo) << caller_ends;
    bench.expect_empty();
  }
}

TEST(SipUserInfo, OfARefusalReachesTheCallerWhateverTheReason) {
  for (const DropWhy why :
       {DropWhy::normal, DropWhy::rejected, DropWhy::no_answer, DropWhy::no_owner}) {
    Bench bench;
    const CallRef caller = bench.make_call(kAlice, "bob"), callee = bench.incoming(kBob);
    EXPECT_FALSE(bench.drop(callee, why, kInfo));
    EXPECT_EQ(told_before_the_end(bench, caller), kInfo);
    bench.expect_empty();
  }
}

TEST(SipUserInfo, OfEachFinalFailureIsTold) {
  for (const int status : {302, 404, 480, 486, 503, 603}) {
    Bench bench;
    FarEnd far(FarEnd::By::udp);
    const CallRef call = bench.make_call(kAlice, far.uri());
    far.send(far.response(far.receive_request("INVITE"), status, false, line_of(kInfo)));
    EXPECT_EQ(told_before_the_end(bench, call), kInfo) << status;
    EXPECT_NE(far.receive_request("ACK"), "");
    bench.expect_empty();
  }
}

TEST(SipUserInfo, OfACancelledCallIsInNoCancelButInTheByeWhenTheAnswerCrossesIt) {
  for (const bool crossed : {false, true}) {
    Bench bench;
    FarEnd far(FarEnd::By::udp);
    const CallRef call = bench.make_call(kAlice, far.uri());
    const std::string invite = far.receive_request("INVITE");
    far.reply(invite, 180);
    ASSERT_TRUE(bench.reaches(call, CallState::ringback));
    EXPECT_FALSE(bench.drop(call, DropWhy::normal, kInfo));
    const std::string cancel = far.receive_request("CANCEL");
    EXPECT_EQ(header(cancel, "User-to-User"), "") << cancel;
    far.reply(cancel, 200);
    far.reply(invite, crossed ? 200 : 487, crossed);
    if (crossed) {
      const std::string bye = far.receive_request("BYE");
      EXPECT_EQ(info_in(bye), kInfo) << bye;
      far.reply(bye, 200);
    }
    EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
    bench.expect_empty();
  }
}

TEST(SipUserInfo, OfADropBeforeTheAckIsInTheByeThatWaitsForIt) {
  Bench bench;
  FarEnd far(FarEnd::By::udp);
  far.connect(bench.port());
  const std::string from = "<sip:far@127.0.0.1>;tag=far", uri = "sip:bob@127.0.0.1";
  far.send(far.request("INVITE", uri, from, "<" + uri + ">", "early", 1, true));
  const CallRef call = bench.incoming(kBob);
  EXPECT_FALSE(bench.answer(call));
  const std::string answer = far.receive_response("INVITE");
  EXPECT_FALSE(bench.drop(call, DropWhy::normal, kInfo));
  far.send(far.request("ACK", uri, from, header(answer, "To"), "early", 1));
  const std::string bye = far.receive_request("BYE");
  EXPECT_EQ(info_in(bye), kInfo) << bye;
  far.reply(bye, 200);
  EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST(SipUserInfo, ThatIsTooLongIsAnErrorAndEndsNothing) {
  Bench bench;
  const CallRef caller = bench.make_call(kAlice, "bob"), callee = bench.incoming(kBob);
  EXPECT_FALSE(bench.answer(callee));
  ASSERT_TRUE(bench.reaches(caller, CallState::connected));
  const std::optional<Error> error = bench.drop(caller, DropWhy::normal, UserInfo(5000, 1));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Errc::user_info_too_big);
  EXPECT_EQ(bench.states(caller).back(), CallState::connected);
  bench.expect_empty();
}

}  // namespace
}  // namespace switchhook::sip::test
