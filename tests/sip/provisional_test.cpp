// SPDX-License-Identifier: Apache-2.0
// Reliable provisional responses (RFC 3262), which we neither have nor offer: who requires them of
// us is told so, and who sends them all the same rings as any other, and ends in time.
#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"
#include "tests/sip/raw.hpp"
#include "tests/sip/scripted.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;
const std::string kReliable = "Require: 100rel\r\nRSeq: 17\r\n";

std::string with(std::string request, const std::string& lines) {
  const std::string after = "Max-Forwards: 70\r\n";
  return request.insert(request.find(after) + after.size(), lines);
}

/// A call of ours that rings there by a response that wants a PRACK.
struct Ringing {
  explicit Ringing(Bench& bench) : call(bench.make_call(kAlice, far.uri())) {
    invite = far.receive_request("INVITE");
    ring();
    EXPECT_TRUE(bench.reaches(call, CallState::ringback));
  }
  void ring() { far.send(far.response(invite, 180, false, kReliable)); }
  /// What comes next must be this request, with no PRACK before it.
  std::string next(const std::string& method) {
    const std::string request = far.receive();
    EXPECT_EQ(request.substr(0, method.size()), method) << request;
    return request;
  }

  FarEnd far{FarEnd::By::udp};
  CallRef call;
  std::string invite;
};

/// Section 3: "If the UAS does not support 100rel … a 420 (Bad Extension)".
TEST(SipProvisional, AnInviteThatRequiresReliabilityIsRefusedAndOneThatOffersItRings) {
  Bench bench;
  Raw raw(bench.port());
  raw.send(with(raw.request("INVITE", "bob", 1, "", kSdp), "Require: 100rel\r\n"));
  const std::string refusal = raw.message();
  EXPECT_EQ(status_of(refusal), 420) << refusal;
  EXPECT_EQ(header(refusal, "Unsupported"), "100rel") << refusal;
  raw.send(with(raw.request("INVITE", "bob", 2, "", kSdp), "Supported: 100rel, timer\r\n"));
  const std::string ringing = raw.message();
  EXPECT_EQ(status_of(ringing), 180) << ringing;
  EXPECT_EQ(header(ringing, "Require"), "");
  EXPECT_EQ(header(ringing, "RSeq"), "");
  EXPECT_FALSE(bench.drop(bench.incoming(kBob)));
  EXPECT_EQ(raw.status(), 486);
  bench.expect_empty();
}

TEST(SipProvisional, OurInviteOffersNone) {
  Bench bench;
  FarEnd far(FarEnd::By::udp);
  bench.make_call_async(kAlice, far.uri());
  const std::string invite = far.receive_request("INVITE");
  ASSERT_NE(invite, "");
  EXPECT_EQ(invite.find("100rel"), std::string::npos) << invite;
  far.reply(invite, 486);
  bench.expect_empty();
}

TEST(SipProvisional, AReliableResponseThatNobodyAskedForRingsAndIsCancelled) {
  Bench bench;
  Ringing ringing(bench);
  for (int i = 0; i < 3; ++i) ringing.ring();  // for want of a PRACK
  EXPECT_FALSE(bench.drop(ringing.call));
  const std::string cancel = ringing.next("CANCEL");
  ringing.far.reply(cancel, 200);
  ringing.ring();  // crosses it
  ringing.far.send(ringing.far.response(ringing.invite, 487));
  ringing.next("ACK");
  EXPECT_EQ(bench.ended(ringing.call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

/// "If a reliable provisional response is retransmitted for 64*T1 seconds without reception of a
/// corresponding PRACK, the UAS SHOULD reject the original request with a 5xx response."
TEST(SipProvisional, AFarEndThatGivesUpWaitingForAPrackEndsTheCallOnce) {
  Bench bench;
  Ringing ringing(bench);
  ringing.ring();
  ringing.far.send(ringing.far.response(ringing.invite, 504));
  ringing.next("ACK");
  EXPECT_EQ(bench.cause(ringing.call).mode, DisconnectMode::temporary_failure);
  EXPECT_FALSE(bench.drop(ringing.call));
  EXPECT_EQ(bench.ended(ringing.call).confirmation, Confirmation::confirmed);
  EXPECT_EQ(bench.count_ended(ringing.call), 1u);
  bench.expect_empty();
}

TEST(SipProvisional, AFarEndThatAnswersBeforeAnyPrackIsConnectedAndHungUpOn) {
  Bench bench;
  Ringing ringing(bench);
  ringing.far.send(ringing.far.response(ringing.invite, 200, true));
  ringing.next("ACK");
  ASSERT_TRUE(bench.reaches(ringing.call, CallState::connected));
  ringing.ring();  // late
  EXPECT_FALSE(bench.drop(ringing.call));
  ringing.far.reply(ringing.next("BYE"), 200);
  EXPECT_EQ(bench.ended(ringing.call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST(SipProvisional, APrackOfTheirsIsRefusedAndChangesNothing) {
  Bench bench;
  Raw raw(bench.port());
  raw.send(raw.request("INVITE", "bob", 1, "", kSdp));
  const CallRef call = bench.incoming(kBob);
  const std::string ringing = raw.message();
  ASSERT_EQ(status_of(ringing), 180);
  const std::string tag = ";tag=" + tag_of(header(ringing, "To"));
  std::string prack = with(raw.request("PRACK", "bob", 1, tag), "RAck: 17 1 INVITE\r\n");
  prack.replace(prack.find("CSeq: 1"), 7, "CSeq: 2");
  prack.replace(prack.find("z9hG4bK1"), 8, "z9hG4bKprack");
  raw.send(prack);
  EXPECT_EQ(raw.status(), 405);
  EXPECT_EQ(bench.states(call).back(), CallState::offering);
  raw.send(raw.request("CANCEL", "bob", 1));
  EXPECT_EQ(raw.status(), 200);
  EXPECT_EQ(raw.status(), 487);
  EXPECT_EQ(bench.cause(call).mode, DisconnectMode::cancelled);
  bench.expect_empty();
}

/// Within a call, too: a re-INVITE is refused and changes nothing. A BYE is believed.
TEST(SipProvisional, WithinACallAReinviteThatRequiresItIsRefusedAndAByeIsNot) {
  Bench bench;
  FarEnd far(FarEnd::By::udp);
  const CallRef call = bench.make_call(kAlice, far.uri());
  const std::string invite = far.receive_request("INVITE");
  const std::string answer = far.response(invite, 200, true);
  far.send(answer);
  EXPECT_TRUE(bench.reaches(call, CallState::connected));
  const auto request = [&](const char* method, int cseq, bool sdp) {
    return with(far.request(method, "sip:alice@127.0.0.1:" + std::to_string(bench.port()),
                            header(answer, "To"), header(answer, "From"), header(answer, "Call-ID"),
                            cseq, sdp),
                "Require: 100rel\r\n");
  };
  const std::string again = request("INVITE", 5, true);
  far.send(again);
  const std::string refusal = far.receive_response("INVITE");
  EXPECT_EQ(status_of(refusal), 420) << refusal;
  EXPECT_EQ(header(refusal, "Unsupported"), "100rel");
  EXPECT_EQ(bench.states(call).back(), CallState::connected);
  far.send(request("BYE", 6, false));
  EXPECT_EQ(status_of(far.receive_response("BYE")), 200);
  EXPECT_EQ(bench.cause(call).mode, DisconnectMode::normal);
  bench.expect_empty();
}

}  // namespace
}  // namespace switchhook::sip::test
