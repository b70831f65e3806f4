// SPDX-License-Identifier: Apache-2.0
// A far end that rings and is given up, and does not say what it has to say then. The end comes all
// the same, in bounded time, and is told as what it is.
#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"
#include "tests/sip/scripted.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;

/// A call that rings at the far end and was dropped: its CANCEL is the far end's to answer.
class SipCancel : public testing::Test {
 protected:
  SipCancel() {
    call_ = bench_.make_call(kAlice, far_.uri());
    invite_ = far_.receive_request("INVITE");
    far_.reply(invite_, 180);
    EXPECT_TRUE(bench_.reaches(call_, CallState::ringback));
    EXPECT_FALSE(bench_.drop(call_));
    cancel_ = far_.receive_request("CANCEL");
    EXPECT_NE(cancel_, "");
  }
  void expect_end(Confirmation confirmation) {
    const provider::Ended ended = bench_.ended(call_);
    EXPECT_EQ(ended.confirmation, confirmation);
    EXPECT_GE(ended.sent_times, 1);
    EXPECT_EQ(bench_.count_ended(call_), 1u);
    bench_.expect_empty();
  }

  static Config config() {
    Config config = test_config();
    config.lines[kAlice].t1 = std::chrono::milliseconds(20);
    return config;
  }

  Bench bench_{config()};
  FarEnd far_{FarEnd::By::udp};
  CallRef call_;
  std::string invite_, cancel_;
};

TEST_F(SipCancel, IsConfirmedByThe487OfTheInvite) {
  far_.reply(cancel_, 200);
  far_.reply(invite_, 487);
  EXPECT_NE(far_.receive_request("ACK"), "");
  expect_end(Confirmation::confirmed);
}

TEST_F(SipCancel, ThatIsAnsweredWithoutA487EndsUnconfirmed) {
  far_.reply(cancel_, 200);
  expect_end(Confirmation::unconfirmed);
}

TEST_F(SipCancel, ThatIsNotAnsweredAtAllEndsUnconfirmed) {
  expect_end(Confirmation::unconfirmed);
}

TEST_F(SipCancel, ThatIsRefusedEndsUnconfirmed) {
  far_.reply(cancel_, 481);
  expect_end(Confirmation::unconfirmed);
}

/// The 487 that comes when nobody waits for it any more is answered by nothing and harms nothing.
TEST_F(SipCancel, MayGetIts487MuchTooLate) {
  far_.reply(cancel_, 200);
  EXPECT_EQ(bench_.ended(call_).confirmation, Confirmation::unconfirmed);
  far_.reply(invite_, 487);
  const CallRef next = bench_.make_call(kAlice, far_.uri());
  const std::string invite = far_.receive_request("INVITE");
  far_.reply(invite, 486);
  EXPECT_NE(far_.receive_request("ACK"), "");
  EXPECT_EQ(bench_.cause(next).mode, DisconnectMode::busy);
  EXPECT_FALSE(bench_.drop(next));
  bench_.expect_empty();
}

}  // namespace
}  // namespace switchhook::sip::test
