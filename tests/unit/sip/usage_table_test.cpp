// SPDX-License-Identifier: Apache-2.0
// Every state of the INVITE usage × every kind of input: the verdict and the state afterwards are
// written down here, so that nothing is ignored without somebody having meant it.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>

#include "providers/sip/dialog/usage.hpp"

namespace switchhook::sip::usage {
namespace {

constexpr TransactionId kServerInvite = 1, kServerOther = 2;
constexpr std::uint32_t kRemoteCseq = 10;

/// A usage brought into a state on the ordinary way, with what the inputs need to refer to it.
class Driven {
 public:
  explicit Driven(State state, Settings settings = {}) : settings_(std::move(settings)) {
    const bool incoming = state == State::offered || state == State::answered ||
                          state == State::answered_dropped || state == State::rejected;
    usage_ = std::make_unique<Usage>(settings_, identity());
    if (state == State::fresh) return;
    if (incoming) {
      feed(request(Method::invite, kServerInvite, kRemoteCseq));
    } else {
      feed(Start{"offer", {}});
    }
    switch (state) {
      case State::fresh:
      case State::calling:
      case State::offered:
        break;
      case State::proceeding:
        feed(response(Method::invite, 180));
        break;
      case State::calling_dropped:
        feed(Drop{});
        break;
      case State::cancelling:
        feed(response(Method::invite, 180));
        feed(Drop{});
        break;
      case State::answered:
        feed(Answer{"answer", {}});
        break;
      case State::answered_dropped:
        feed(Answer{"answer", {}});
        feed(Drop{});
        break;
      case State::rejected:
        feed(Drop{});
        break;
      case State::confirmed:
        feed(response(Method::invite, 200));
        break;
      case State::ending:
        feed(response(Method::invite, 200));
        feed(Drop{});
        break;
      case State::terminated:
        feed(response(Method::invite, 200));
        feed(Drop{});
        feed(response(Method::bye, 200));
        break;
    }
  }

  static Identity identity() {
    Identity out;
    out.call_id = "c";
    out.local_tag = "us";
    out.local = "<sip:a@x>";
    out.remote = "<sip:b@x>";
    out.target = "sip:b@x";
    out.contact = "<sip:a@y>";
    return out;
  }

  static RequestIn request(Method method, TransactionId server, std::uint32_t cseq) {
    return {.server = server,
            .method = method,
            .cseq = cseq,
            .remote_tag = "them",
            .contact = "sip:b@z",
            .body = "sdp"};
  }

  /// A response to the latest request of that method that was sent.
  ResponseIn response(Method method, std::uint16_t status, const std::string& tag = "them") {
    ResponseIn out{
        .method = method, .status = status, .remote_tag = tag, .contact = "sip:b@z", .body = "sdp"};
    const auto found = sent_.find(method);
    out.transaction = found != sent_.end() ? found->second.first : 99;
    out.cseq = found != sent_.end() ? found->second.second : 77;
    return out;
  }
  TransactionId transaction(Method method) {
    const auto found = sent_.find(method);
    return found != sent_.end() ? found->second.first : 99;
  }

  Verdict feed(const Input& input) {
    out_.clear();
    const Verdict verdict = usage_->apply(input, out_);
    for (const Output& output : out_) {
      if (const auto* send = std::get_if<SendRequest>(&output)) {
        sent_[send->request.method] = {send->transaction, send->request.cseq};
        requests_.push_back(send->request);
      }
      if (const auto* cancel = std::get_if<SendCancel>(&output))
        sent_[Method::cancel] = {cancel->transaction, 1};
    }
    return verdict;
  }

  template <typename What>
  [[nodiscard]] const What* find() const {
    for (const Output& output : out_)
      if (const What* what = std::get_if<What>(&output)) return what;
    return nullptr;
  }
  /// The status sent on a server transaction in the last step; 0 = none.
  [[nodiscard]] int answered(TransactionId server) const {
    for (const Output& output : out_)
      if (const auto* sent = std::get_if<SendResponse>(&output); sent && sent->server == server)
        return sent->status;
    return 0;
  }
  [[nodiscard]] Usage& usage() { return *usage_; }
  [[nodiscard]] const Outputs& out() const { return out_; }
  [[nodiscard]] const std::vector<Request>& requests() const { return requests_; }

 private:
  Settings settings_;
  std::unique_ptr<Usage> usage_;
  Outputs out_;
  std::map<Method, std::pair<TransactionId, std::uint32_t>> sent_;
  std::vector<Request> requests_;
};

constexpr std::array kStates = {State::fresh,           State::calling,          State::proceeding,
                                State::calling_dropped, State::cancelling,       State::offered,
                                State::answered,        State::answered_dropped, State::rejected,
                                State::confirmed,       State::ending,           State::terminated};
static_assert(kStates.size() == kStateCount);

struct Kind {
  const char* name;
  std::function<Input(Driven&)> make;
};
const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {"start",
       [](Driven&) {
         return Start{"offer", {}};
       }},
      {"ring", [](Driven&) { return Ring{}; }},
      {"answer",
       [](Driven&) {
         return Answer{"answer", {}};
       }},
      {"drop", [](Driven&) { return Drop{}; }},
      {"reoffer", [](Driven&) { return Reoffer{"hold"}; }},
      {"answer reoffer",
       [](Driven&) {
         return AnswerReoffer{200, "sdp"};
       }},
      {"refer", [](Driven&) { return Refer{"<sip:c@d>"}; }},
      {"answer refer", [](Driven&) { return AnswerRefer{}; }},
      {"refer progress", [](Driven&) { return ReferProgress{}; }},
      {"INVITE", [](Driven&) { return Driven::request(Method::invite, kServerOther, 11); }},
      {"ACK", [](Driven&) { return Driven::request(Method::ack, kServerOther, kRemoteCseq); }},
      {"BYE", [](Driven&) { return Driven::request(Method::bye, kServerOther, 12); }},
      {"CANCEL", [](Driven&) { return Driven::request(Method::cancel, kServerInvite, 10); }},
      {"OPTIONS", [](Driven&) { return Driven::request(Method::options, kServerOther, 12); }},
      {"REFER", [](Driven&) { return Driven::request(Method::refer, kServerOther, 12); }},
      {"NOTIFY", [](Driven&) { return Driven::request(Method::notify, kServerOther, 12); }},
      {"INFO", [](Driven&) { return Driven::request(Method::other, kServerOther, 12); }},
      {"100", [](Driven& d) { return d.response(Method::invite, 100, ""); }},
      {"180", [](Driven& d) { return d.response(Method::invite, 180); }},
      {"200", [](Driven& d) { return d.response(Method::invite, 200); }},
      {"200 fork", [](Driven& d) { return d.response(Method::invite, 200, "other"); }},
      {"302", [](Driven& d) { return d.response(Method::invite, 302); }},
      {"407", [](Driven& d) { return d.response(Method::invite, 407); }},
      {"486", [](Driven& d) { return d.response(Method::invite, 486); }},
      {"487", [](Driven& d) { return d.response(Method::invite, 487); }},
      {"500", [](Driven& d) { return d.response(Method::invite, 500); }},
      {"603", [](Driven& d) { return d.response(Method::invite, 603); }},
      {"200 BYE", [](Driven& d) { return d.response(Method::bye, 200); }},
      {"481 BYE", [](Driven& d) { return d.response(Method::bye, 481); }},
      {"200 CANCEL", [](Driven& d) { return d.response(Method::cancel, 200); }},
      {"200 REFER", [](Driven& d) { return d.response(Method::refer, 202); }},
      {"200 NOTIFY", [](Driven& d) { return d.response(Method::notify, 200); }},
      {"200 OPTIONS", [](Driven& d) { return d.response(Method::options, 200); }},
      {"failure ACKed", [](Driven&) { return FailureAcknowledged{kServerInvite}; }},
      {"failure not ACKed",
       [](Driven&) {
         return TransactionTimeout{kServerInvite, true};
       }},
      {"INVITE times out",
       [](Driven& d) {
         return TransactionTimeout{d.transaction(Method::invite), false};
       }},
      {"BYE times out",
       [](Driven& d) {
         return TransactionTimeout{d.transaction(Method::bye), false};
       }},
      {"INVITE not sent",
       [](Driven& d) {
         return TransportError{d.transaction(Method::invite), "x"};
       }},
      {"BYE not sent",
       [](Driven& d) {
         return TransportError{d.transaction(Method::bye), "x"};
       }},
      {"timer invite", [](Driven&) { return TimerDue{Timer::invite}; }},
      {"timer ok again", [](Driven&) { return TimerDue{Timer::ok_again}; }},
      {"timer ok limit", [](Driven&) { return TimerDue{Timer::ok_limit}; }},
      {"timer bye", [](Driven&) { return TimerDue{Timer::bye}; }},
      {"timer orphans", [](Driven&) { return TimerDue{Timer::orphans}; }},
      {"timer reoffer", [](Driven&) { return TimerDue{Timer::reoffer}; }},
      {"timer ring", [](Driven&) { return TimerDue{Timer::ring_again}; }},
      {"timer expires", [](Driven&) { return TimerDue{Timer::expires}; }},
      {"timer refresh", [](Driven&) { return TimerDue{Timer::refresh}; }},
      {"timer unrefreshed", [](Driven&) { return TimerDue{Timer::unrefreshed}; }},
      {"timer refer", [](Driven&) { return TimerDue{Timer::refer}; }},
      {"timer notify", [](Driven&) { return TimerDue{Timer::notify}; }},
  };
  return all;
}

/// A row for each kind of input, a column for each state in the order of kStates: the verdict
/// (Acted, repeated, stray, x refused) and, where it changes, the number of the state it leads to.
/// 0 fresh, 1 calling, 2 proceeding, 3 calling dropped, 4 cancelling, 5 offered, 6 answered,
/// 7 answered dropped, 8 rejected, 9 confirmed, 10 ending, 11 terminated
const std::map<std::string, std::string> kTable = {
    {"start", "A1 x x x x x x x x x x x"},
    {"ring", "x x x x x A x x x x x x"},
    {"answer", "x x x x x A6 x x x x x x"},
    {"drop", "A11 A3 A4 x x A8 A7 x x A10 x x"},
    {"reoffer", "x x x x x x x x x A x x"},
    {"answer reoffer", "x x x x x x x x x x x x"},
    {"refer", "x x x x x x x x x A x x"},
    {"answer refer", "x x x x x x x x x x x x"},
    {"refer progress", "x x x x x x x x x x x x"},
    {"INVITE", "A5 s s s s s s s s A s s"},
    {"ACK", "s s s s s s A9 A10 s r r r"},
    {"BYE", "s s A4 r r A11 A11 A11 r A11 A11 s"},
    {"CANCEL", "s s s s s A11 r r r r r r"},
    {"OPTIONS", "s s A s s A A A A A s s"},
    {"REFER", "s s A s s A A A A A s s"},
    {"NOTIFY", "s s s s s s s s s s s s"},
    {"INFO", "s s A s s A A A A A s s"},
    {"100", "s A2 A A4 r s s s s r r r"},
    {"180", "s A2 A A4 r s s s s r r r"},
    {"200", "s A9 A9 A10 A10 s s s s r r r"},
    {"200 fork", "s A9 A9 A10 A10 s s s s A A s"},
    {"302", "s A11 A11 A11 A11 s s s s r r r"},
    {"407", "s A11 A11 A11 A11 s s s s r r r"},
    {"486", "s A11 A11 A11 A11 s s s s r r r"},
    {"487", "s A11 A11 A11 A11 s s s s r r r"},
    {"500", "s A11 A11 A11 A11 s s s s r r r"},
    {"603", "s A11 A11 A11 A11 s s s s r r r"},
    {"200 BYE", "s s s s s s s s s s A11 s"},
    {"481 BYE", "s s s s s s s s s s A11 s"},
    {"200 CANCEL", "s s s s r s s s s s s s"},
    {"200 REFER", "s s s s s s s s s s s s"},
    {"200 NOTIFY", "s s s s s s s s s s s s"},
    {"200 OPTIONS", "s s s s s s s s s s s s"},
    {"failure ACKed", "s s s s s s s s A11 s s s"},
    {"failure not ACKed", "s s s s s s s s A11 s s s"},
    {"INVITE times out", "s A11 A11 A11 A11 s s s s s s s"},
    {"BYE times out", "s s s s s s s s s s A11 s"},
    {"INVITE not sent", "s A11 A11 A11 A11 s s s s s s s"},
    {"BYE not sent", "s s s s s s s s s s A11 s"},
    {"timer invite", "s A11 s A11 A11 s s s s s s s"},
    {"timer ok again", "s s s s s s A A s s s s"},
    {"timer ok limit", "s s s s s s A10 A10 A11 s s s"},
    {"timer bye", "s s s s s s s s s s A11 s"},
    {"timer orphans", "s s s s s s s s s s s s"},
    {"timer reoffer", "s s s s s s s s s s s s"},
    {"timer ring", "s s s s s s s s s s s s"},
    {"timer expires", "s s s s s s s s s s s s"},
    {"timer refresh", "s s s s s s s s s s s s"},
    {"timer refer", "s s s s s s s s s s s s"},
    {"timer notify", "s s s s s s s s s s s s"},
    {"timer unrefreshed", "s s s s s s s s s s s s"},
};

TEST(UsageTable, EveryStateTimesEveryInputIsDefined) {
  for (const Kind& kind : kinds()) {
    const auto row = kTable.find(kind.name);
    std::istringstream cells(row != kTable.end() ? row->second : std::string());
    std::string actual;
    for (std::size_t i = 0; i < kStates.size(); ++i) {
      Driven driven(kStates[i]);
      ASSERT_EQ(driven.usage().state(), kStates[i]);
      const Input input = kind.make(driven);
      const Verdict verdict = driven.feed(input);
      std::string got(1, "Arsx"[static_cast<int>(verdict)]);
      const auto after = static_cast<std::size_t>(driven.usage().state());
      if (after != i) got += std::to_string(after);
      std::string wanted;
      cells >> wanted;
      EXPECT_EQ(got, wanted) << kind.name << " in state " << to_string(kStates[i]);
      actual += (actual.empty() ? "" : " ") + got;

      // What holds whatever the cell says.
      if (kStates[i] == State::terminated) {
        EXPECT_EQ(driven.usage().state(), State::terminated);
      }
      if (verdict == Verdict::refused) {
        EXPECT_TRUE(driven.out().empty()) << kind.name;
      }
      if (const auto* in = std::get_if<RequestIn>(&input);
          in != nullptr && in->method != Method::ack && in->method != Method::cancel &&
          !(in->method == Method::invite && driven.find<Reoffered>() != nullptr) &&
          kStates[i] != State::fresh) {
        EXPECT_GE(driven.answered(in->server), 200)
            << kind.name << " has no answer in state " << to_string(kStates[i]);
      }
      const auto finished =
          std::count_if(driven.out().begin(), driven.out().end(),
                        [](const Output& o) { return std::holds_alternative<Finished>(o); });
      EXPECT_EQ(finished, kStates[i] != State::terminated && driven.usage().finished() ? 1 : 0);
      if (finished == 1) {
        EXPECT_TRUE(std::holds_alternative<Finished>(driven.out().back()));
      }
    }
    if (row == kTable.end()) std::cout << "    {\"" << kind.name << "\", \"" << actual << "\"},\n";
  }
  EXPECT_EQ(kTable.size(), kinds().size());
}

int count_sent(const Driven& driven, Method method) {
  return static_cast<int>(std::count_if(driven.requests().begin(), driven.requests().end(),
                                        [&](const Request& r) { return r.method == method; }));
}

Settings with_password() {
  Settings settings;
  settings.credentials = {"alice", "secret", ""};
  return settings;
}

ResponseIn challenged(Driven& driven, Method method, std::uint16_t status, const std::string& nonce,
                      const std::string& more = "") {
  ResponseIn out = driven.response(method, status);
  out.challenges = {
      {status == 407, "Digest realm=\"r\", nonce=\"" + nonce + "\", qop=\"auth\"" + more}};
  return out;
}

TEST(UsageAuth, InviteIsSentAgainWithCredentialsAndTheNextCSeq) {
  Driven driven(State::calling, with_password());
  const std::uint32_t first = driven.requests().back().cseq;
  EXPECT_EQ(driven.feed(challenged(driven, Method::invite, 407, "n1")), Verdict::acted);
  EXPECT_EQ(driven.usage().state(), State::calling);
  const Request& again = driven.requests().back();
  EXPECT_EQ(again.method, Method::invite);
  EXPECT_EQ(again.cseq, first + 1);
  ASSERT_EQ(again.authorization.size(), 1u);
  EXPECT_EQ(again.authorization[0].first, "Proxy-Authorization");
  // The ACK of the 2xx carries the INVITE's credentials (RFC 3261 13.2.2.4).
  driven.feed(driven.response(Method::invite, 200));
  ASSERT_NE(driven.find<SendAck>(), nullptr);
  EXPECT_EQ(driven.find<SendAck>()->request.authorization, again.authorization);
  EXPECT_EQ(driven.find<SendAck>()->request.cseq, again.cseq);
}

TEST(UsageAuth, AWrongPasswordIsNotTriedForEver) {
  Driven driven(State::calling, with_password());
  driven.feed(challenged(driven, Method::invite, 401, "n1"));
  EXPECT_EQ(driven.usage().state(), State::calling);
  driven.feed(challenged(driven, Method::invite, 401, "n2"));  // refused what we answered
  EXPECT_EQ(driven.usage().state(), State::terminated);
  EXPECT_EQ(count_sent(driven, Method::invite), 2);
  ASSERT_NE(driven.find<Disconnected>(), nullptr);
  EXPECT_TRUE(driven.find<Disconnected>()->phrase.starts_with("the password was refused"));
}

TEST(UsageAuth, AServerThatChallengesForEverIsGivenUp) {
  Driven driven(State::calling, with_password());
  int rounds = 0;
  while (driven.usage().state() == State::calling && rounds < 20)
    driven.feed(
        challenged(driven, Method::invite, 401, "n" + std::to_string(rounds++), ", stale=true"));
  EXPECT_EQ(rounds, 4);  // the first and three tries
  EXPECT_EQ(driven.usage().state(), State::terminated);
}

TEST(UsageAuth, WithoutAPasswordARefusalIsTheEnd) {
  Driven driven(State::calling);
  driven.feed(challenged(driven, Method::invite, 401, "n1"));
  ASSERT_NE(driven.find<Disconnected>(), nullptr);
  EXPECT_EQ(driven.find<Disconnected>()->status, 401);
  EXPECT_TRUE(driven.find<Disconnected>()->phrase.starts_with(
      "a password is asked for, and none is configured"));
}

TEST(UsageAuth, AnUnknownDigestIsTheEnd) {
  Driven driven(State::calling, with_password());
  driven.feed(challenged(driven, Method::invite, 401, "n1", ", algorithm=SHA3-256"));
  ASSERT_NE(driven.find<Disconnected>(), nullptr);
  EXPECT_TRUE(driven.find<Disconnected>()->phrase.starts_with("the challenge cannot be answered"));
}

TEST(UsageAuth, TheStrongestThatTheServerPutsOnTopIsAnswered) {
  Driven driven(State::ending, with_password());
  ResponseIn refusal = driven.response(Method::bye, 401);
  for (const char* algorithm : {"SHA-512-256", "SHA-256", "MD5"})
    refusal.challenges.emplace_back(
        false,
        std::string("Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=") + algorithm);
  driven.feed(std::move(refusal));
  const Headers& headers = driven.requests().back().authorization;
  ASSERT_EQ(headers.size(), 1u) << "one answer for each realm (RFC 8760 2.4)";
  EXPECT_NE(headers[0].second.find("algorithm=SHA-512-256"), std::string::npos);
}

// G1: BYE, 401, BYE with credentials, 200.
TEST(UsageAuth, ByeIsSentAgainWithCredentials) {
  Driven driven(State::ending, with_password());
  const std::uint32_t first = driven.requests().back().cseq;
  driven.feed(challenged(driven, Method::bye, 401, "n1"));
  EXPECT_EQ(driven.usage().state(), State::ending);
  EXPECT_EQ(driven.requests().back().method, Method::bye);
  EXPECT_EQ(driven.requests().back().cseq, first + 1);
  EXPECT_EQ(driven.requests().back().authorization.size(), 1u);
  driven.feed(driven.response(Method::bye, 200));
  ASSERT_NE(driven.find<Finished>(), nullptr);
  EXPECT_EQ(driven.find<Finished>()->confirmation, Confirmation::confirmed);
  EXPECT_EQ(driven.find<Finished>()->sent_times, 2);
}

TEST(UsageAuth, AStaleNonceIsAnsweredAgain) {
  Driven driven(State::ending, with_password());
  driven.feed(challenged(driven, Method::bye, 401, "n1"));
  driven.feed(challenged(driven, Method::bye, 401, "n2", ", stale=true"));
  EXPECT_EQ(driven.usage().state(), State::ending);
  EXPECT_EQ(count_sent(driven, Method::bye), 3);
}

TEST(UsageAuth, AByeThatIsChallengedForEverIsUnconfirmed) {
  Driven driven(State::ending, with_password());
  for (int i = 0; i < 4; ++i)
    driven.feed(challenged(driven, Method::bye, 401, "n" + std::to_string(i), ", stale=true"));
  ASSERT_NE(driven.find<Finished>(), nullptr);
  EXPECT_EQ(driven.find<Finished>()->confirmation, Confirmation::unconfirmed);
  EXPECT_EQ(count_sent(driven, Method::bye), 4);
}

TEST(UsageAuth, ReinviteIsSentAgainWithCredentials) {
  Driven driven(State::confirmed, with_password());
  driven.feed(Reoffer{"hold"});
  driven.feed(challenged(driven, Method::invite, 407, "n1"));
  EXPECT_EQ(driven.requests().back().authorization.size(), 1u);
  EXPECT_EQ(driven.requests().back().body, "hold");
  driven.feed(driven.response(Method::invite, 200));
  ASSERT_NE(driven.find<ReofferDone>(), nullptr);
  EXPECT_TRUE(driven.find<ReofferDone>()->accepted);
}

TEST(UsageEnd, HowTheFarEndConfirmedIsTold) {
  const std::vector<std::pair<std::uint16_t, Confirmation>> cases = {
      {200, Confirmation::confirmed},
      {481, Confirmation::already_gone},
      {408, Confirmation::unconfirmed},
      {500, Confirmation::unconfirmed}};
  for (const auto& [status, confirmation] : cases) {
    Driven driven(State::ending);
    driven.feed(driven.response(Method::bye, status));
    ASSERT_NE(driven.find<Finished>(), nullptr) << status;
    EXPECT_EQ(driven.find<Finished>()->confirmation, confirmation) << status;
  }
}

// RFC 3261 13.2.2.4: each 2xx of another callee gets an ACK, and here a BYE at once.
TEST(UsageFork, ASecondAnswerIsAcknowledgedAndEnded) {
  Driven driven(State::confirmed);
  driven.feed(driven.response(Method::invite, 200, "other"));
  ASSERT_NE(driven.find<SendAck>(), nullptr);
  EXPECT_EQ(driven.find<SendAck>()->request.to, "<sip:b@x>;tag=other");
  ASSERT_NE(driven.find<SendRequest>(), nullptr);
  EXPECT_EQ(driven.find<SendRequest>()->request.method, Method::bye);
  EXPECT_EQ(driven.find<SendRequest>()->request.to, "<sip:b@x>;tag=other");
  const TransactionId orphan = driven.find<SendRequest>()->transaction;
  const ResponseIn again = [&] {
    ResponseIn r = driven.response(Method::invite, 200, "other");
    r.transaction = 0;
    return r;
  }();
  EXPECT_EQ(driven.feed(again), Verdict::repeated);  // ACKed again, no second BYE
  ASSERT_NE(driven.find<SendAck>(), nullptr);
  EXPECT_EQ(count_sent(driven, Method::bye), 1);
  EXPECT_EQ(driven.usage().state(), State::confirmed);

  driven.feed(Drop{});
  driven.feed(driven.response(Method::bye, 200));
  EXPECT_EQ(driven.usage().state(), State::terminated);
  EXPECT_FALSE(driven.usage().finished()) << "the fork's BYE is still on its way";
  driven.feed(ResponseIn{.transaction = orphan, .method = Method::bye, .status = 200});
  EXPECT_TRUE(driven.usage().finished());
}

TEST(UsageFork, AnUnansweredByeOfAForkIsBounded) {
  Driven driven(State::confirmed);
  driven.feed(driven.response(Method::invite, 200, "other"));
  driven.feed(Drop{});
  driven.feed(driven.response(Method::bye, 200));
  driven.feed(TimerDue{Timer::orphans});
  ASSERT_NE(driven.find<Finished>(), nullptr);
  EXPECT_EQ(driven.find<Finished>()->confirmation, Confirmation::confirmed);
}

TEST(UsageFork, TheirNumberIsLimited) {
  Driven driven(State::confirmed);
  for (int i = 0; i < 20; ++i)
    driven.feed(driven.response(Method::invite, 200, "other" + std::to_string(i)));
  EXPECT_EQ(count_sent(driven, Method::bye), 8);
}

TEST(UsageDialog, RouteSetIsReversedForTheCallerAndKeptForTheCallee) {  // RFC 3261 12.1
  Driven caller(State::calling);
  ResponseIn ok = caller.response(Method::invite, 200);
  ok.record_routes = {"<sip:p2;lr>", "<sip:p1;lr>"};
  caller.feed(ok);
  caller.feed(Drop{});
  EXPECT_EQ(caller.requests().back().routes,
            (std::vector<std::string>{"<sip:p1;lr>", "<sip:p2;lr>"}));
  EXPECT_EQ(caller.requests().back().uri, "sip:b@z");

  Driven callee(State::fresh);
  RequestIn invite = Driven::request(Method::invite, kServerInvite, kRemoteCseq);
  invite.record_routes = {"<sip:p2;lr>", "<sip:p1;lr>"};
  callee.feed(invite);
  callee.feed(Answer{"answer", {}});
  callee.feed(Driven::request(Method::ack, kServerOther, kRemoteCseq));
  callee.feed(Drop{});
  EXPECT_EQ(callee.requests().back().routes,
            (std::vector<std::string>{"<sip:p2;lr>", "<sip:p1;lr>"}));
}

TEST(UsageDialog, ReinviteRefreshesTheTarget) {  // 12.2.2
  Driven driven(State::confirmed);
  RequestIn reinvite = Driven::request(Method::invite, 5, 20);
  reinvite.contact = "sip:moved@w";
  driven.feed(reinvite);
  ASSERT_NE(driven.find<Reoffered>(), nullptr);
  driven.feed(AnswerReoffer{200, "sdp"});
  EXPECT_EQ(driven.answered(5), 200);
  driven.feed(Driven::request(Method::ack, 6, 20));
  driven.feed(Drop{});
  EXPECT_EQ(driven.requests().back().uri, "sip:moved@w");
}

TEST(UsageDialog, ReinviteOutOfOrderOrTooEarlyIsRefused) {
  Driven driven(State::confirmed);
  driven.feed(Driven::request(Method::invite, 5, 20));
  driven.feed(Driven::request(Method::invite, 6, 21));
  EXPECT_EQ(driven.answered(6), 500);  // the first has no answer yet
  driven.feed(AnswerReoffer{488, {}});
  EXPECT_EQ(driven.answered(5), 488);
  driven.feed(Driven::request(Method::invite, 7, 20));
  EXPECT_EQ(driven.answered(7), 500);  // 12.2.2: the number was used
  driven.feed(Reoffer{"hold"});
  driven.feed(Driven::request(Method::invite, 8, 22));
  EXPECT_EQ(driven.answered(8), 491);  // 14.2
}

TEST(UsageDialog, ByeAnswersAPendingReinviteWith487) {  // 15.1.2
  Driven driven(State::confirmed);
  driven.feed(Driven::request(Method::invite, 5, 20));
  driven.feed(Driven::request(Method::bye, 6, 21));
  EXPECT_EQ(driven.answered(6), 200);
  EXPECT_EQ(driven.answered(5), 487);
  ASSERT_NE(driven.find<Disconnected>(), nullptr);
  EXPECT_EQ(driven.find<Disconnected>()->by, Disconnected::By::bye);
}

TEST(UsageDialog, DropAnswersAPendingReinviteWith487AndSendsBye) {
  Driven driven(State::confirmed);
  driven.feed(Driven::request(Method::invite, 5, 20));
  driven.feed(Drop{});
  EXPECT_EQ(driven.answered(5), 487);
  EXPECT_EQ(driven.requests().back().method, Method::bye);
}

TEST(UsageDialog, ByeInAnEarlyDialogAnswersTheInviteToo) {  // RFC 5407 3.1.3
  Driven driven(State::offered);
  driven.feed(Driven::request(Method::bye, 5, 11));
  EXPECT_EQ(driven.answered(5), 200);
  EXPECT_EQ(driven.answered(kServerInvite), 487);
}

TEST(UsageDialog, ALostDialogEndsWithExactlyOneBye) {  // 12.2.1.2
  for (std::uint16_t status : {std::uint16_t{481}, std::uint16_t{408}}) {
    Driven driven(State::confirmed);
    driven.feed(Reoffer{"hold"});
    driven.feed(driven.response(Method::invite, status));
    ASSERT_NE(driven.find<Disconnected>(), nullptr);
    EXPECT_EQ(driven.find<Disconnected>()->by, Disconnected::By::dialog_lost);
    EXPECT_EQ(count_sent(driven, Method::bye), 1);
    EXPECT_EQ(driven.usage().state(), State::ending);
  }
}

TEST(UsageDialog, ARefusedHoldLeavesTheCallUp) {
  Driven driven(State::confirmed);
  driven.feed(Reoffer{"hold"});
  EXPECT_EQ(driven.feed(Reoffer{"again"}), Verdict::refused);
  driven.feed(driven.response(Method::invite, 488));
  ASSERT_NE(driven.find<ReofferDone>(), nullptr);
  EXPECT_FALSE(driven.find<ReofferDone>()->accepted);
  EXPECT_EQ(driven.usage().state(), State::confirmed);
}

// C5: a re-INVITE that gets no usable final response must not delay the BYE.
TEST(UsageDialog, DropDoesNotWaitForAPendingReinvite) {
  Driven driven(State::confirmed);
  driven.feed(Reoffer{"hold"});
  const ResponseIn late = driven.response(Method::invite, 200);
  driven.feed(Drop{});
  EXPECT_EQ(driven.requests().back().method, Method::bye);
  driven.feed(late);
  ASSERT_NE(driven.find<SendAck>(), nullptr);
  EXPECT_EQ(driven.find<ReofferDone>(), nullptr);
  driven.feed(driven.response(Method::bye, 200));
  EXPECT_TRUE(driven.usage().finished());
}

TEST(UsageIncoming, RingsAgainWithinAMinuteAndExpires) {  // 13.3.1, 13.3.1.1
  Driven driven(State::fresh);
  RequestIn invite = Driven::request(Method::invite, kServerInvite, kRemoteCseq);
  invite.expires_s = 30;
  driven.feed(invite);
  ASSERT_NE(driven.find<SetTimer>(), nullptr);
  EXPECT_EQ(driven.find<SetTimer>()->after, std::chrono::seconds(30));
  driven.feed(Ring{});
  EXPECT_EQ(driven.answered(kServerInvite), 180);
  EXPECT_EQ(driven.feed(TimerDue{Timer::ring_again}), Verdict::acted);
  EXPECT_EQ(driven.answered(kServerInvite), 180);
  driven.feed(TimerDue{Timer::expires});
  EXPECT_EQ(driven.answered(kServerInvite), 487);
  ASSERT_NE(driven.find<Disconnected>(), nullptr);
  EXPECT_EQ(driven.find<Disconnected>()->by, Disconnected::By::expired);
  EXPECT_TRUE(driven.usage().finished());
}

TEST(UsageIncoming, OurAnswerIsRepeatedWithGrowingPauses) {  // 13.3.1.4
  Driven driven(State::answered);
  std::vector<std::chrono::milliseconds> pauses;
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(driven.feed(TimerDue{Timer::ok_again}), Verdict::acted);
    EXPECT_EQ(driven.answered(kServerInvite), 200);
    pauses.push_back(driven.find<SetTimer>()->after);
  }
  using std::chrono::milliseconds;
  EXPECT_EQ(pauses, (std::vector<milliseconds>{milliseconds(1000), milliseconds(2000),
                                               milliseconds(4000), milliseconds(4000),
                                               milliseconds(4000), milliseconds(4000)}));
}

TEST(UsageSettings, T1IsTheLinesOwn) {
  Settings settings;
  settings.t1 = std::chrono::milliseconds(100);
  Driven driven(State::calling, settings);
  EXPECT_EQ(driven.find<SetTimer>()->after, std::chrono::milliseconds(6400));
}

}  // namespace
}  // namespace switchhook::sip::usage
