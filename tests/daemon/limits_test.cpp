// SPDX-License-Identifier: Apache-2.0
// The limits of a line's calls, with both ends on real SIP: which rule ended the call stands in its
// record, and the far end is told why.
#include <gtest/gtest.h>

#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook {
namespace {

using test::DaemonProcess;
using test::eventually;
using test::TestClient;

/// alice calls bob; both are ours.
class CallLimits : public testing::Test {
 protected:
  explicit CallLimits(const std::string& limits)
      : daemon_({.config = "[sip]\nport = 0\n[[limits.line]]\n" + limits}),
        app_(daemon_.socket(), "app"),
        alice_(app_.open("alice")),
        bob_(app_.open("bob")),
        made_(app_.call(alice_, "bob")) {
    const auto came = app_.next_event<api::CallAppeared>();
    EXPECT_TRUE(came);
    if (came) offered_ = came->call;
  }
  void answer() {
    EXPECT_TRUE(app_.reaches(offered_, CallState::offering));
    EXPECT_TRUE(app_.port().call(api::AnswerCall{offered_}));
    EXPECT_TRUE(app_.reaches(made_, CallState::connected));
  }
  /// Waits for the end of both, clears and releases them, and sees nothing left.
  void settle() {
    for (const api::CallId call : {made_, offered_}) {
      EXPECT_TRUE(eventually([&] {
        const CallState state = app_.look(call)->record.state;
        return state == CallState::disconnected || state == CallState::idle;
      }));
      static_cast<void>(app_.port().call(api::DropCall{call}));  // it may be idle already
      EXPECT_TRUE(app_.port().call(api::ReleaseCall{call}));
    }
    EXPECT_TRUE(eventually([&] { return app_.audit().all_zero(); }));
    EXPECT_TRUE(app_.audit().clean());
    ASSERT_TRUE(eventually([&] { return app_.records().size() == 2; }));
    for (Record& record : app_.records()) {
      ASSERT_TRUE(record.end);
      (record.direction == Direction::outgoing ? alices_ : bobs_) = *record.end;
    }
  }

  DaemonProcess daemon_;
  TestClient app_;
  api::OpenId alice_, bob_;
  api::CallId made_, offered_;
  End alices_, bobs_;
};

class Ringing : public CallLimits {
 protected:
  Ringing() : CallLimits("name = \"bob\"\nring_s = 1\n") {}
};
TEST_F(Ringing, IsEndedByTheLimitOfWhoIsCalled) {
  settle();
  EXPECT_EQ(bobs_.origin, EndOrigin::policy);
  EXPECT_EQ(bobs_.cause.mode, DisconnectMode::no_answer);
  EXPECT_EQ(bobs_.cause.words, "not answered within the limit");
  EXPECT_EQ(alices_.origin, EndOrigin::remote_party);
  EXPECT_EQ(alices_.cause.mode, DisconnectMode::no_answer);
  EXPECT_EQ(alices_.cause.sip_status, 480);
  EXPECT_EQ(alices_.cause.q850, 19);
}

class Waiting : public CallLimits {
 protected:
  Waiting() : CallLimits("name = \"alice\"\nno_answer_s = 1\n") {}
};
TEST_F(Waiting, IsEndedByTheLimitOfWhoCalls) {
  settle();
  EXPECT_EQ(alices_.origin, EndOrigin::policy);
  EXPECT_EQ(alices_.cause.mode, DisconnectMode::no_answer);
  EXPECT_EQ(alices_.confirmation, Confirmation::confirmed) << "487 to the INVITE";
  EXPECT_EQ(bobs_.origin, EndOrigin::remote_party);
  EXPECT_EQ(bobs_.cause.mode, DisconnectMode::no_answer) << "as the CANCEL's Reason says";
  EXPECT_EQ(bobs_.cause.q850, 19);
}

class Talking : public CallLimits {
 protected:
  Talking() : CallLimits("name = \"alice\"\nlength_s = 1\nno_answer_s = 100\n") {}
};
TEST_F(Talking, IsEndedByTheLimitOfLength) {
  answer();
  settle();
  EXPECT_EQ(alices_.origin, EndOrigin::policy);
  EXPECT_EQ(alices_.cause.words, "the length limit was reached");
  EXPECT_EQ(bobs_.origin, EndOrigin::remote_party);
  EXPECT_EQ(bobs_.cause.q850, 16);
  EXPECT_EQ(bobs_.cause.words, "Length limit reached");
}

}  // namespace
}  // namespace switchhook
