// SPDX-License-Identifier: Apache-2.0
// REFER and the NOTIFYs that follow it, in every order, as the usage sees them (RFC 3515, RFC 6665).
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include "providers/sip/dialog/usage.hpp"

namespace switchhook::sip::usage {
namespace {

using What = Referred::What;

/// A call that is up, and what the usage says of it.
class Transferring {
 public:
  explicit Transferring(Settings settings = {}) : settings_(std::move(settings)) {
    feed(Start{"offer", {}});
    answer(Method::invite, 200);
    EXPECT_EQ(feed(Refer{"<sip:carol@x>"}), Verdict::acted);
  }

  Verdict feed(const Input& input) {
    out_.clear();
    const Verdict verdict = usage_.apply(input, out_);
    for (const Output& output : out_) {
      if (const auto* send = std::get_if<SendRequest>(&output)) sent_.push_back(*send);
      if (const auto* referred = std::get_if<Referred>(&output)) outcomes_.push_back(*referred);
      if (const auto* response = std::get_if<SendResponse>(&output)) answered_ = response->status;
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
  /// Returns how it was answered.
  int notify(std::uint16_t status, bool over = false, const std::string& event = "refer") {
    answered_ = 0;
    feed(RequestIn{.server = ++server_,
                   .method = Method::notify,
                   .cseq = 10 + server_,
                   .remote_tag = "them",
                   .event = event,
                   .notified = status,
                   .subscription_over = over});
    return answered_;
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
  /// The outcome, told once; nothing when none was.
  [[nodiscard]] std::optional<What> outcome() const {
    EXPECT_LE(outcomes_.size(), 1u);
    return outcomes_.empty() ? std::nullopt : std::optional(outcomes_.front().what);
  }
  [[nodiscard]] const Referred& told() const { return outcomes_.at(0); }
  [[nodiscard]] Usage& usage() { return usage_; }
  template <typename T>
  [[nodiscard]] bool said() const {
    return std::any_of(out_.begin(), out_.end(),
                       [](const Output& o) { return std::holds_alternative<T>(o); });
  }

 private:
  Settings settings_;
  Usage usage_{settings_, Identity{.call_id = "c@h",
                                   .local_tag = "us",
                                   .local = "<sip:a@x>",
                                   .remote = "<sip:b@x>",
                                   .target = "sip:b@x",
                                   .contact = "<sip:a@y>"}};
  Outputs out_;
  std::vector<SendRequest> sent_;
  std::vector<Referred> outcomes_;
  TransactionId server_ = 0;
  int answered_ = 0;
};

TEST(UsageTransfer, AsksTheFarEndToCallSomebodyElse) {
  Transferring call;
  const Request& refer = call.last(Method::refer).request;
  EXPECT_EQ(refer.refer_to, "<sip:carol@x>");
  EXPECT_EQ(refer.uri, "sip:b@z");
  EXPECT_EQ(refer.cseq, call.last(Method::invite).request.cseq + 1);
  EXPECT_EQ(refer.contact, "<sip:a@y>");
  EXPECT_EQ(call.feed(Refer{"<sip:dave@x>"}), Verdict::refused) << "one at a time";
}

TEST(UsageTransfer, SucceedsWhenTheFarEndSaysSoAndTheCallGoesOnUntilItIsDropped) {
  Transferring call;
  call.answer(Method::refer, 202);
  EXPECT_EQ(call.outcome(), std::nullopt);
  EXPECT_EQ(call.notify(100), 200);
  EXPECT_EQ(call.notify(180), 200);
  EXPECT_EQ(call.outcome(), std::nullopt);
  EXPECT_EQ(call.notify(200, true), 200);
  EXPECT_EQ(call.outcome(), What::succeeded);
  EXPECT_EQ(call.usage().state(), State::confirmed);
  EXPECT_EQ(call.notify(200, true), 200) << "repeated";
  EXPECT_EQ(call.outcome(), What::succeeded);
  EXPECT_EQ(call.count(Method::bye), 0u);
}

TEST(UsageTransfer, IsToldBeforeTheReferIsAnsweredWhenTheNotifyIsFaster) {
  Transferring call;
  EXPECT_EQ(call.notify(200, true), 200);
  EXPECT_EQ(call.outcome(), What::succeeded);
  call.answer(Method::refer, 202);
  EXPECT_EQ(call.outcome(), What::succeeded);
}

TEST(UsageTransfer, FailsWithWhatTheOtherOneAnswered) {
  Transferring call;
  call.answer(Method::refer, 202);
  call.notify(486, true);
  EXPECT_EQ(call.outcome(), What::failed);
  EXPECT_EQ(call.told().status, 486);
  EXPECT_EQ(call.usage().state(), State::confirmed);
  EXPECT_EQ(call.feed(Refer{"<sip:dave@x>"}), Verdict::acted) << "another try";
}

TEST(UsageTransfer, IsRefusedByAnyFinalResponseAndTheCallGoesOn) {
  for (const int answer : {400, 403, 405, 408, 429, 481, 501, 503, 603}) {
    const auto status = static_cast<std::uint16_t>(answer);
    Transferring call;
    call.answer(Method::refer, status);
    EXPECT_EQ(call.outcome(), What::refused) << status;
    EXPECT_EQ(call.told().status, status);
    EXPECT_EQ(call.usage().state(), State::confirmed) << status;
  }
}

TEST(UsageTransfer, IsUnknownWhenTheSubscriptionEndsWithoutAWord) {
  Transferring call;
  call.answer(Method::refer, 202);
  call.notify(100, true);
  EXPECT_EQ(call.outcome(), What::unknown);
}

TEST(UsageTransfer, IsUnknownWhenNothingIsHeardInTime) {
  Transferring call;
  call.answer(Method::refer, 202);
  EXPECT_EQ(call.feed(TimerDue{Timer::refer}), Verdict::acted);
  EXPECT_EQ(call.outcome(), What::unknown);
  EXPECT_EQ(call.notify(200, true), 200) << "late";
  EXPECT_EQ(call.outcome(), What::unknown);
}

TEST(UsageTransfer, IsRefusedWhenTheReferIsNeverAnswered) {
  Transferring call;
  call.feed(TransactionTimeout{call.last(Method::refer).transaction, false});
  EXPECT_EQ(call.outcome(), What::refused);
  EXPECT_EQ(call.usage().state(), State::confirmed);
}

TEST(UsageTransfer, ReferIsSentAgainWithCredentialsAndNotForEver) {
  for (const int answer : {401, 407}) {
    const auto status = static_cast<std::uint16_t>(answer);
    Settings settings;
    settings.credentials = {"alice", "secret", ""};
    Transferring call(settings);
    const auto challenge = [&](int round) {
      call.answer(Method::refer, status,
                  {{status == 407, "Digest realm=\"r\", nonce=\"n" + std::to_string(round) +
                                       "\", qop=\"auth\", stale=true"}});
    };
    challenge(0);
    EXPECT_EQ(call.count(Method::refer), 2u);
    ASSERT_EQ(call.last(Method::refer).request.authorization.size(), 1u);
    EXPECT_NE(call.last(Method::refer).request.authorization[0].second.find("uri=\"sip:b@z\""),
              std::string::npos);
    for (int round = 1; round < 10 && !call.outcome(); ++round) challenge(round);
    EXPECT_EQ(call.count(Method::refer), 4u);
    EXPECT_EQ(call.outcome(), What::refused);
    EXPECT_TRUE(call.told().phrase.starts_with("the password was refused"));
  }
}

TEST(UsageTransfer, ADropMeanwhileEndsTheCallAndNobodyWaitsForTheOutcome) {
  Transferring call;
  call.answer(Method::refer, 202);
  EXPECT_EQ(call.feed(Drop{}), Verdict::acted);
  EXPECT_EQ(call.notify(200, true), 200) << "crosses the BYE";
  EXPECT_EQ(call.outcome(), std::nullopt);
  call.answer(Method::bye, 200);
  EXPECT_TRUE(call.said<Finished>());
  EXPECT_EQ(call.notify(200, true), 481);
}

TEST(UsageTransfer, ByeAtEveryNotifyLeavesNothing) {
  for (int notifies = 0; notifies <= 4; ++notifies) {
    Transferring call;
    if (notifies > 0) call.answer(Method::refer, 202);
    constexpr std::uint16_t kSaid[] = {100, 180, 183, 200};
    for (int n = 0; n < notifies; ++n) call.notify(kSaid[n], n == 3);
    call.feed(RequestIn{.server = 99, .method = Method::bye, .cseq = 90, .remote_tag = "them"});
    EXPECT_TRUE(call.said<Disconnected>());
    EXPECT_TRUE(call.said<Finished>());
    EXPECT_EQ(call.usage().state(), State::terminated);
    EXPECT_EQ(call.feed(TimerDue{Timer::refer}), Verdict::stray);
  }
}

TEST(UsageTransfer, OtherNotifiesAreRefused) {
  Transferring call;
  EXPECT_EQ(call.notify(200, true, "dialog"), 489);
  EXPECT_EQ(call.outcome(), std::nullopt);
  Settings settings;
  Usage plain(settings, Identity{.call_id = "c", .local_tag = "us"});
  Outputs out;
  static_cast<void>(plain.apply(Start{"offer", {}}, out));
  out.clear();
  EXPECT_EQ(plain.apply(RequestIn{.server = 5, .method = Method::notify, .event = "refer"}, out),
            Verdict::stray);
  ASSERT_FALSE(out.empty());
  EXPECT_EQ(std::get<SendResponse>(out.front()).status, 481);
}

TEST(UsageTransfer, TheAddressThatReplacesNamesTheDialogToItsFarEnd) {
  Transferring call;
  EXPECT_EQ(call.usage().address_to_replace(),
            "<sip:b@z?Replaces=c%40h%3Bto-tag%3Dthem%3Bfrom-tag%3Dus>");
}

}  // namespace
}  // namespace switchhook::sip::usage
