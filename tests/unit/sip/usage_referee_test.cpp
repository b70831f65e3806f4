// SPDX-License-Identifier: Apache-2.0
// A REFER of the far end and the NOTIFYs that we owe it, in every order with the ends of the call
// (RFC 3515, RFC 4488, RFC 5057, RFC 5589).
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "providers/sip/dialog/usage.hpp"

namespace switchhook::sip::usage {
namespace {

Settings following() {
  Settings settings;
  settings.follow_refers = true;
  return settings;
}

/// A call that is up, of which the far end may ask what it likes.
class UsageReferee : public testing::Test {
 protected:
  explicit UsageReferee(Settings settings = following()) : settings_(std::move(settings)) {
    feed(Start{"offer", {}, {}, {}});
    answer(Method::invite, 200);
  }

  Verdict feed(const Input& input) {
    out_.clear();
    const Verdict verdict = usage_.apply(input, out_);
    for (const Output& output : out_) {
      if (const auto* send = std::get_if<SendRequest>(&output)) {
        sent_.push_back(*send);
        waiting_.insert(send->transaction);
      }
      if (const auto* forget = std::get_if<Forget>(&output); forget && !forget->server)
        waiting_.erase(forget->transaction);
      if (const auto* set = std::get_if<SetTimer>(&output)) timers_.insert(set->timer);
      if (const auto* clear = std::get_if<ClearTimer>(&output)) timers_.erase(clear->timer);
      if (const auto* response = std::get_if<SendResponse>(&output)) answered_ = *response;
      if (std::holds_alternative<ReferAsked>(output)) ++asked_;
      if (std::holds_alternative<Finished>(output)) ++finished_;
    }
    return verdict;
  }
  Verdict answer(Method method, std::uint16_t status,
                 std::vector<std::pair<bool, std::string>> challenges = {}) {
    return feed(ResponseIn{.transaction = last(method).transaction,
                           .method = method,
                           .cseq = last(method).request.cseq,
                           .status = status,
                           .remote_tag = "them",
                           .contact = "sip:b@z",
                           .challenges = std::move(challenges)});
  }
  /// How the far end's request was answered at once; 0 = not yet.
  int request(Method method, std::uint32_t cseq, Referral referral = {.to = "sip:carol@x"}) {
    answered_ = {};
    feed(RequestIn{.server = ++server_,
                   .method = method,
                   .cseq = cseq,
                   .remote_tag = "them",
                   .referral = std::move(referral)});
    return answered_.status;
  }
  /// A REFER that we accept.
  void refer(std::uint32_t cseq = 20, Referral referral = {.to = "sip:carol@x"}) {
    EXPECT_EQ(request(Method::refer, cseq, std::move(referral)), 0);
    EXPECT_EQ(feed(AnswerRefer{202}), Verdict::acted);
    EXPECT_EQ(answered_.status, 202);
  }
  [[nodiscard]] const SendRequest& last(Method method) const {
    for (auto it = sent_.rbegin(); it != sent_.rend(); ++it)
      if (it->request.method == method) return *it;
    ADD_FAILURE() << "never sent";
    return sent_.front();
  }
  [[nodiscard]] std::size_t count(Method method) const {
    return static_cast<std::size_t>(std::count_if(
        sent_.begin(), sent_.end(), [&](const auto& s) { return s.request.method == method; }));
  }
  [[nodiscard]] std::string said() const { return last(Method::notify).request.body; }
  [[nodiscard]] std::string subscription() const {
    return last(Method::notify).request.subscription;
  }

  Settings settings_;
  Usage usage_{settings_, Identity{.call_id = "c@h",
                                   .local_tag = "us",
                                   .local = "<sip:a@x>",
                                   .remote = "<sip:b@x>",
                                   .target = "sip:b@x",
                                   .contact = "<sip:a@y>"}};
  Outputs out_;
  std::vector<SendRequest> sent_;
  std::set<TransactionId> waiting_;  // requests of ours that the layer below has
  std::set<Timer> timers_;
  SendResponse answered_;
  TransactionId server_ = 0;
  int asked_ = 0, finished_ = 0;
};

struct NotFollowed : UsageReferee {
  NotFollowed() : UsageReferee(Settings{}) {}
};

TEST_F(NotFollowed, ReferIsRefusedUnlessTheLineFollowsThem) {
  EXPECT_EQ(request(Method::refer, 20), 405);
  EXPECT_EQ(asked_, 0);
  EXPECT_EQ(usage_.state(), State::confirmed);
}

TEST_F(UsageReferee, IsAcceptedAndToldOfAtOnceAndOfWhatCameOfIt) {
  refer();
  EXPECT_EQ(answered_.contact, "<sip:a@y>");
  const Request& first = last(Method::notify).request;
  EXPECT_EQ(first.event, "refer");
  EXPECT_EQ(first.subscription, "active;expires=180");
  EXPECT_EQ(first.body, "SIP/2.0 100 \r\n");
  EXPECT_EQ(first.contact, "<sip:a@y>");
  EXPECT_EQ(first.uri, "sip:b@z");
  answer(Method::notify, 200);
  feed(ReferProgress{180, "Ringing"});
  EXPECT_EQ(said(), "SIP/2.0 180 Ringing\r\n");
  answer(Method::notify, 200);
  feed(ReferProgress{200, "OK"});
  EXPECT_EQ(said(), "SIP/2.0 200 OK\r\n");
  EXPECT_EQ(subscription(), "terminated;reason=noresource");
  EXPECT_TRUE(usage_.referee_busy());
  answer(Method::notify, 200);
  EXPECT_FALSE(usage_.referee_busy());
  EXPECT_EQ(usage_.state(), State::confirmed) << "the call is another matter";
  EXPECT_EQ(count(Method::notify), 3u);
  EXPECT_EQ(feed(ReferProgress{200, "OK"}), Verdict::refused);
}

TEST_F(UsageReferee, NotifiesAreSentOneAtATimeAndTheLastWordWins) {
  refer();
  feed(ReferProgress{180, {}});
  feed(ReferProgress{183, {}});
  feed(ReferProgress{486, "Busy Here"});
  EXPECT_EQ(feed(ReferProgress{180, {}}), Verdict::refused) << "nothing comes after a final one";
  EXPECT_EQ(count(Method::notify), 1u);
  answer(Method::notify, 200);
  EXPECT_EQ(count(Method::notify), 2u);
  EXPECT_EQ(said(), "SIP/2.0 486 Busy Here\r\n");
  answer(Method::notify, 200);
  EXPECT_EQ(count(Method::notify), 2u);
  EXPECT_FALSE(usage_.referee_busy());
}

TEST_F(UsageReferee, TheSameReferOnceMoreIsAnsweredAgainAndNotFollowedTwice) {
  refer(20);
  EXPECT_EQ(request(Method::refer, 20), 202);
  EXPECT_EQ(count(Method::notify), 1u);
  feed(ReferProgress{200, {}});
  answer(Method::notify, 200);
  answer(Method::notify, 200);
  EXPECT_EQ(request(Method::refer, 20), 202) << "late";
  EXPECT_EQ(asked_, 1);
  EXPECT_FALSE(usage_.referee_busy());
}

TEST_F(UsageReferee, ASecondOneMeanwhileIsRefusedAndOneAfterwardsIsNumbered) {
  refer(20);
  EXPECT_EQ(request(Method::refer, 21), 491);
  EXPECT_EQ(request(Method::refer, 19), 500) << "out of order";
  answer(Method::notify, 200);
  feed(ReferProgress{603, "Decline"});
  answer(Method::notify, 200);
  refer(22);
  EXPECT_EQ(last(Method::notify).request.event, "refer;id=22");
  EXPECT_EQ(asked_, 2);
}

TEST_F(UsageReferee, WhatCannotBeFollowedIsRefused) {
  for (const int answer : {400, 416}) {
    const auto status = static_cast<std::uint16_t>(answer);
    EXPECT_EQ(request(Method::refer, 20, {.refuse = status}), status);
  }
  EXPECT_EQ(request(Method::refer, 20), 0);
  EXPECT_EQ(request(Method::refer, 21), 491) << "the first waits for its answer";
  EXPECT_EQ(feed(AnswerRefer{503}), Verdict::acted);
  EXPECT_EQ(answered_.status, 503);
  EXPECT_EQ(count(Method::notify), 0u);
  EXPECT_EQ(feed(AnswerRefer{202}), Verdict::refused);
  EXPECT_EQ(feed(ReferProgress{200, {}}), Verdict::refused);
  refer(22);
  EXPECT_EQ(last(Method::notify).request.event, "refer") << "the first one accepted";
}

TEST_F(UsageReferee, WaitsForOurOwnRefer) {
  EXPECT_EQ(feed(Refer{"<sip:dave@x>"}), Verdict::acted);
  EXPECT_EQ(request(Method::refer, 20), 491);
  answer(Method::refer, 603);
  refer(21);
  EXPECT_EQ(feed(Refer{"<sip:dave@x>"}), Verdict::refused);
}

TEST_F(UsageReferee, SaysNothingToWhoeverDoesNotWantToHear) {
  refer(20, {.to = "sip:carol@x", .silent = true});
  EXPECT_TRUE(answered_.no_subscription);
  EXPECT_EQ(feed(ReferProgress{180, {}}), Verdict::acted);
  EXPECT_EQ(feed(ReferProgress{200, {}}), Verdict::acted);
  EXPECT_EQ(count(Method::notify), 0u);
  EXPECT_FALSE(usage_.referee_busy());
  EXPECT_EQ(request(Method::refer, 20), 202);
  EXPECT_TRUE(answered_.no_subscription);
}

TEST_F(UsageReferee, ANotifyThatIsRefusedEndsTheSubscriptionAlone) {
  refer();
  EXPECT_EQ(answer(Method::notify, 481), Verdict::acted);
  EXPECT_FALSE(usage_.referee_busy());
  EXPECT_EQ(usage_.state(), State::confirmed);
  EXPECT_EQ(feed(ReferProgress{200, {}}), Verdict::refused);
  refer(22);
  feed(TimerDue{Timer::notify});
  EXPECT_FALSE(usage_.referee_busy());
  refer(23);
  feed(TransactionTimeout{last(Method::notify).transaction, false});
  EXPECT_FALSE(usage_.referee_busy());
  EXPECT_EQ(usage_.state(), State::confirmed);
  EXPECT_TRUE(waiting_.empty());
}

TEST_F(UsageReferee, AFarEndThatHangsUpInTheMiddleIsToldTheOutcomeAllTheSame) {
  refer();
  answer(Method::notify, 200);
  EXPECT_EQ(request(Method::bye, 21), 200);
  EXPECT_EQ(usage_.state(), State::terminated);
  EXPECT_EQ(finished_, 0);
  EXPECT_EQ(request(Method::bye, 21), 200) << "its answer was lost";
  feed(ReferProgress{200, "OK"});
  EXPECT_EQ(said(), "SIP/2.0 200 OK\r\n");
  EXPECT_EQ(finished_, 0);
  answer(Method::notify, 200);
  EXPECT_EQ(finished_, 1);
}

TEST_F(UsageReferee, AFarEndThatHangsUpAndForgetsIsLeftAlone) {
  refer();
  EXPECT_EQ(request(Method::bye, 21), 200);
  answer(Method::notify, 481);
  EXPECT_EQ(finished_, 1);
  EXPECT_EQ(feed(ReferProgress{200, {}}), Verdict::refused);
}

TEST_F(UsageReferee, OurOwnEndIsTheEndOfItAndIsTold) {
  refer();
  EXPECT_EQ(feed(Drop{}), Verdict::acted);
  EXPECT_EQ(said(), "SIP/2.0 487 Request Terminated\r\n");
  EXPECT_EQ(count(Method::bye), 1u);
  answer(Method::bye, 200);
  EXPECT_EQ(finished_, 0) << "the NOTIFY is still on its way";
  answer(Method::notify, 200);
  EXPECT_EQ(finished_, 1);
}

TEST_F(UsageReferee, AnOutcomeOnItsWayIsNotContradictedByOurEnd) {
  refer();
  answer(Method::notify, 200);
  feed(ReferProgress{200, "OK"});
  feed(Drop{});
  EXPECT_EQ(said(), "SIP/2.0 200 OK\r\n");
  answer(Method::bye, 481);
  answer(Method::notify, 481);
  EXPECT_EQ(finished_, 1);
}

TEST_F(UsageReferee, AnOutcomeThatWaitedIsToldByOurEnd) {
  refer();
  feed(ReferProgress{200, "OK"});  // behind the first NOTIFY
  feed(Drop{});
  EXPECT_EQ(said(), "SIP/2.0 200 OK\r\n");
  answer(Method::bye, 200);
  answer(Method::notify, 200);
  EXPECT_EQ(finished_, 1);
}

struct WithPassword : UsageReferee {
  static Settings settings() {
    Settings out = following();
    out.credentials = {"alice", "secret", ""};
    return out;
  }
  WithPassword() : UsageReferee(settings()) {}
};

TEST_F(WithPassword, NotifyIsSentAgainWithCredentialsAndNotForEver) {
  refer();
  for (int round = 0; round < 10 && usage_.referee_busy(); ++round)
    answer(Method::notify, 401,
           {{false, "Digest realm=\"r\", nonce=\"n" + std::to_string(round) + "\", stale=true"}});
  EXPECT_EQ(count(Method::notify), 4u);
  EXPECT_EQ(last(Method::notify).request.authorization.size(), 1u);
  EXPECT_EQ(usage_.state(), State::confirmed);
}

TEST(UsageReferral, TheInviteThatFollowsOneSaysSoInEachOfItsForms) {
  Settings settings;
  settings.credentials = {"alice", "secret", ""};
  Usage usage(settings, Identity{.call_id = "c", .local_tag = "us", .target = "sip:b@x"});
  Outputs out;
  static_cast<void>(usage.apply(Start{"offer", {}, "1;to-tag=2;from-tag=3", "<sip:b@x>"}, out));
  const SendRequest first = std::get<SendRequest>(out.at(0));
  EXPECT_EQ(first.request.replaces, "1;to-tag=2;from-tag=3");
  EXPECT_EQ(first.request.referred_by, "<sip:b@x>");
  out.clear();
  static_cast<void>(
      usage.apply(ResponseIn{.transaction = first.transaction,
                             .method = Method::invite,
                             .cseq = first.request.cseq,
                             .status = 401,
                             .challenges = {{false, "Digest realm=\"r\", nonce=\"n\""}}},
                  out));
  const auto again = std::find_if(out.begin(), out.end(), [](const Output& o) {
    return std::holds_alternative<SendRequest>(o);
  });
  ASSERT_NE(again, out.end());
  EXPECT_EQ(std::get<SendRequest>(*again).request.replaces, "1;to-tag=2;from-tag=3");
}

/// Whatever happens in whatever order: once the call and the REFER are over, nothing is left.
struct Life : UsageReferee {
  void TestBody() override {}
  void one(unsigned which) {
    if (which == 0) request(Method::refer, ++cseq_);
    if (which == 1) request(Method::refer, cseq_);
    if (which == 2) feed(AnswerRefer{static_cast<std::uint16_t>(cseq_ % 3 == 0 ? 503 : 202)});
    if (which == 3) feed(ReferProgress{180, {}});
    if (which == 4 && cseq_ % 2 == 0) feed(ReferProgress{486, {}});
    if (which == 5 && count(Method::notify) != 0) answer(Method::notify, 200);
    if (which == 6 && count(Method::notify) != 0 && cseq_ % 5 == 0) answer(Method::notify, 481);
    if (which == 7 && cseq_ > 24) request(Method::bye, ++cseq_);
    if (which == 8 && cseq_ > 25) feed(Drop{});
  }
  /// The shell's part: it answers, it tells the outcome, it drops; the layer below gives up.
  void finish() {
    feed(AnswerRefer{202});
    feed(ReferProgress{200, "OK"});
    feed(Drop{});
    for (int round = 0; round < 3; ++round)
      for (const TransactionId id : std::set<TransactionId>(waiting_))
        feed(TransactionTimeout{id, false});
    EXPECT_EQ(finished_, 1);
    EXPECT_TRUE(usage_.finished());
    EXPECT_TRUE(waiting_.empty());
    EXPECT_TRUE(timers_.empty());
  }
  std::uint32_t cseq_ = 20;
};

TEST(UsageReferral, WhateverTheOrderItEndsOnceWithNothingLeft) {
  for (unsigned seed = 1; seed <= 4000; ++seed) {
    std::mt19937 random(seed);
    Life life;
    for (int step = 0; step < 40; ++step) life.one(static_cast<unsigned>(random() % 9));
    life.finish();
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace switchhook::sip::usage
