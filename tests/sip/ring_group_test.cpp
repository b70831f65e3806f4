// SPDX-License-Identifier: Apache-2.0
// One call that a proxy forks, or hunts, over several lines of ours (RFC 3261 8.2.2.2, 16.7): the
// same INVITE by several branches, at once, one after the other, and after a CANCEL.
#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"
#include "tests/sip/raw.hpp"
#include "tests/sip/scripted.hpp"

namespace switchhook::sip::test {
namespace {

class SipRingGroup : public testing::Test {
 protected:
  /// The group's call on one branch.
  std::string request(const std::string& method, const std::string& user, const char* branch,
                      const std::string& to_tag = "") const {
    std::string out = raw_.request(method, user, 1, to_tag, method == "INVITE" ? kSdp : "");
    return out.replace(out.find("z9hG4bK1"), 8, std::string("z9hG4bK") + branch);
  }
  /// The next response of this branch to this method that is not provisional unless it rings.
  std::string response(const std::string& method, const char* branch) {
    for (;;) {
      std::string text = raw_.message();
      if (text.empty() || (cseq_method(text) == method && status_of(text) != 100 &&
                           branch_of(text) == std::string("z9hG4bK") + branch))
        return text;
    }
  }
  int invite(const std::string& user, const char* branch) {
    raw_.send(request("INVITE", user, branch));
    return status_of(response("INVITE", branch));
  }
  void acknowledge(const std::string& user, const char* branch, const std::string& refusal) {
    raw_.send(request("ACK", user, branch, ";tag=" + tag_of(header(refusal, "To"))));
  }
  void cancel(const std::string& user, const char* branch) {
    raw_.send(request("CANCEL", user, branch));
    std::string refusal;
    for (bool cancelled = false; refusal.empty() || !cancelled;) {
      const std::string text = raw_.message();
      ASSERT_NE(text, "");
      if (cseq_method(text) == "CANCEL") cancelled = true;
      if (cseq_method(text) == "INVITE" && status_of(text) >= 300) refusal = text;
    }
    EXPECT_EQ(status_of(refusal), 487);
    acknowledge(user, branch, refusal);
  }

  Bench bench_;
  Raw raw_{bench_.port()};
};

TEST_F(SipRingGroup, RingsBothLinesAtOnceAndARefusalSilencesOneOnly) {
  EXPECT_EQ(invite("alice", "a"), 180);
  EXPECT_EQ(invite("bob", "b"), 180);
  EXPECT_FALSE(bench_.drop(bench_.incoming(kBob)));
  const std::string refusal = response("INVITE", "b");
  EXPECT_EQ(status_of(refusal), 486) << "603 would end the other branch";
  acknowledge("bob", "b", refusal);
  EXPECT_FALSE(bench_.answer(bench_.incoming(kAlice)));
  EXPECT_EQ(status_of(response("INVITE", "a")), 200);
}

TEST_F(SipRingGroup, HuntsOneLineAfterTheOtherAndComesBack) {
  EXPECT_EQ(invite("alice", "a"), 180);
  cancel("alice", "a");
  EXPECT_EQ(invite("bob", "b"), 180) << "at once";
  cancel("bob", "b");
  EXPECT_EQ(invite("alice", "c"), 180);
  EXPECT_TRUE(bench_.reaches(bench_.incoming(kAlice, 1), CallState::offering));
  cancel("alice", "c");
  bench_.expect_empty();
}

TEST_F(SipRingGroup, TheSameLineByTwoWaysRingsOnce) {
  EXPECT_EQ(invite("bob", "a"), 180);
  raw_.send(request("INVITE", "bob", "b"));
  EXPECT_EQ(status_of(response("INVITE", "b")), 482);
  cancel("bob", "a");
  bench_.expect_empty();
}

}  // namespace
}  // namespace switchhook::sip::test
