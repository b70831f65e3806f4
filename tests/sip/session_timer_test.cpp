// SPDX-License-Identifier: Apache-2.0
// Session timers (RFC 4028) on the wire, as far as they do not need their minimum of 90 seconds to
// pass: intervals that are asked for, refused and granted, in both roles. The rest is in virtual
// time: tests/unit/sip/usage_session_test.cpp.
#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"
#include "tests/sip/scripted.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;

Config config_with(int session_expires_s, int min_se_s) {
  Config config = test_config();
  config.lines[kAlice].session_expires = std::chrono::seconds(session_expires_s);
  config.lines[kAlice].min_se = std::chrono::seconds(min_se_s);
  return config;
}

/// The INVITE that follows this one, which is refused.
std::string refused(FarEnd& far, const std::string& invite, const std::string& min_se) {
  far.send(far.response(invite, 422, false, "Min-SE: " + min_se + "\r\n"));
  std::string next = far.receive_request("INVITE");
  while (!next.empty() && cseq_number(next) == cseq_number(invite))
    next = far.receive_request("INVITE");
  return next;
}

TEST(SipSessionTimers, AreAskedForAgainByWhatTheFarEndWantsAtLeast) {
  Bench bench(config_with(300, 100));
  FarEnd far(FarEnd::By::udp);
  const CallRef call = bench.make_call(kAlice, far.uri());
  const std::string first = far.receive_request("INVITE");
  EXPECT_EQ(header(first, "Session-Expires"), "300") << first;
  EXPECT_EQ(header(first, "Min-SE"), "") << "nobody has asked for one";
  const std::string second = refused(far, first, "500");
  EXPECT_EQ(header(second, "Session-Expires"), "500") << second;
  EXPECT_EQ(header(second, "Min-SE"), "500") << second;
  EXPECT_EQ(header(second, "Call-ID"), header(first, "Call-ID"));
  EXPECT_EQ(cseq_number(second), cseq_number(first) + 1);
  far.reply(second, 200, true);
  ASSERT_TRUE(bench.reaches(call, CallState::connected));
  EXPECT_FALSE(bench.drop(call));
  far.reply(far.receive_request("BYE"), 200);
  EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST(SipSessionTimers, ThatAreRefusedForEverEndTheCallOnceAfterAFewTries) {
  Bench bench(config_with(300, 100));
  FarEnd far(FarEnd::By::udp);
  const CallRef call = bench.make_call(kAlice, far.uri());
  std::string invite = far.receive_request("INVITE");
  for (int asked = 400; asked < 700; asked += 100)
    ASSERT_NE(invite = refused(far, invite, std::to_string(asked)), "") << asked;
  far.send(far.response(invite, 422, false, "Min-SE: 700\r\n"));
  const Cause cause = bench.cause(call);
  EXPECT_EQ(cause.sip_status, 422);
  EXPECT_FALSE(bench.drop(call));
  EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  EXPECT_EQ(bench.count_ended(call), 1u);
  bench.expect_empty();
}

/// The far end refreshes: each time by our leave, and no longer than ours.
TEST(SipSessionTimers, ARefreshOfTheFarEndIsGranted) {
  Bench bench(config_with(300, 100));
  FarEnd far(FarEnd::By::udp);
  const CallRef call = bench.make_call(kAlice, far.uri());
  const std::string invite = far.receive_request("INVITE");
  const std::string answer =
      far.response(invite, 200, true, "Require: timer\r\nSession-Expires: 300;refresher=uas\r\n");
  far.send(answer);
  ASSERT_TRUE(bench.reaches(call, CallState::connected));
  ASSERT_NE(far.receive_request("ACK"), "");
  for (int round = 0; round < 3; ++round) {
    std::string refresh = far.request(
        "INVITE", "sip:alice@127.0.0.1:" + std::to_string(bench.port()), header(answer, "To"),
        header(answer, "From"), header(answer, "Call-ID"), 10 + round, true);
    refresh.insert(refresh.find("Max-Forwards"),
                   "Supported: timer\r\nSession-Expires: 900;refresher=uac\r\n");
    far.send(refresh);
    const std::string granted = far.receive_response("INVITE");
    EXPECT_EQ(status_of(granted), 200) << granted;
    EXPECT_EQ(header(granted, "Session-Expires"), "300;refresher=uac") << granted;
    EXPECT_EQ(header(granted, "Require"), "timer") << granted;
    far.send(far.request("ACK", "sip:alice@127.0.0.1", header(answer, "To"), header(answer, "From"),
                         header(answer, "Call-ID"), 10 + round));
  }
  EXPECT_FALSE(bench.drop(call));
  far.reply(far.receive_request("BYE"), 200);
  EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

}  // namespace
}  // namespace switchhook::sip::test
