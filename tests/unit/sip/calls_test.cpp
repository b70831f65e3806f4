// SPDX-License-Identifier: Apache-2.0
// Calls, dialogs and orphans in virtual time, without sofia-sip: transfer, a call that takes
// another's place, a REFER that is followed, and calls of an earlier process. The far ends are the
// test's: it reads what the links were given to send, and feeds what would have come.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "provider/command_queue.hpp"
#include "providers/sip/call/calls.hpp"
#include "providers/sip/orphans/orphans.hpp"

namespace switchhook::sip {
namespace {

using provider::CallRef;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string kSdp =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0\r\n";

class Sequence final : public Random {
 public:
  std::uint64_t next() override { return ++last_; }

 private:
  std::uint64_t last_ = 0;
};

class NoPorts final : public UdpPorts {
 public:
  int open(const std::string&, std::uint16_t, std::uint16_t& bound) override {
    bound = static_cast<std::uint16_t>(20000 + 2 * ++last_);
    ++open_;
    return last_;
  }
  void close(int) override { --open_; }
  [[nodiscard]] std::size_t open_count() const override { return open_; }

 private:
  int last_ = 0;
  std::size_t open_ = 0;
};

/// What a link was given to send, in order.
struct Sent {
  DialogId dialog;
  usage::Output what;
};

class TestLink final : public Link {
 public:
  TestLink(std::vector<Sent>& sent, const DialogId& id) : sent_(sent), id_(id) {}
  bool send(const usage::SendRequest& send) override { return keep(send); }
  void send(const usage::SendCancel& send) override { keep(send); }
  void send(const usage::SendAck& send) override { keep(send); }
  void send(const usage::SendResponse& send) override { keep(send); }
  void forget(const usage::Forget&) override {}
  [[nodiscard]] std::size_t transactions() const override { return 0; }

 private:
  template <typename What>
  bool keep(const What& what) {
    sent_.push_back({id_, what});
    return true;
  }
  std::vector<Sent>& sent_;
  const DialogId id_;
};

/// The provider without its network.
class Hall : public testing::Test,
             public Network,
             public Registrar,
             public Addresses,
             public provider::Sink {
 protected:
  static Config config() {
    Config out;
    for (LineConfig& line : out.lines) line.refer = ReferPolicy::follow;
    return out;
  }
  Hall() { lines_.start(); }

  std::unique_ptr<Link> make_link(const DialogId& id, provider::LineNumber) override {
    return std::make_unique<TestLink>(sent_, id);
  }
  void send(provider::LineNumber, const Registration::SendRegister&) override {}
  void forget(provider::LineNumber) override {}
  [[nodiscard]] std::string address(Transport) const override { return "192.0.2.1:5060"; }
  void post(provider::Event event) override { events_.push_back(std::move(event)); }
  [[nodiscard]] bool keeps_recovery() const override { return true; }

  // ---- what came of it
  template <typename What>
  std::vector<const What*> events() const {
    std::vector<const What*> out;
    for (const provider::Event& event : events_)
      if (const auto* what = std::get_if<What>(&event)) out.push_back(what);
    return out;
  }
  std::vector<CallState> states(CallRef call) const {
    std::vector<CallState> out;
    for (const auto* change : events<provider::StateChanged>())
      if (change->call == call) out.push_back(change->state);
    return out;
  }
  /// The last request of this method, and its dialog.
  const usage::SendRequest* request(Method method, DialogId* dialog = nullptr) const {
    for (auto it = sent_.rbegin(); it != sent_.rend(); ++it)
      if (const auto* send = std::get_if<usage::SendRequest>(&it->what);
          send != nullptr && send->request.method == method) {
        if (dialog != nullptr) *dialog = it->dialog;
        return send;
      }
    return nullptr;
  }
  std::size_t count(Method method) const {
    return static_cast<std::size_t>(std::count_if(sent_.begin(), sent_.end(), [&](const Sent& s) {
      const auto* send = std::get_if<usage::SendRequest>(&s.what);
      return send != nullptr && send->request.method == method;
    }));
  }
  const usage::SendResponse* response() const {
    for (auto it = sent_.rbegin(); it != sent_.rend(); ++it)
      if (const auto* send = std::get_if<usage::SendResponse>(&it->what)) return send;
    return nullptr;
  }

  // ---- the far ends
  void respond(Method method, std::uint16_t status, const std::string& tag = "far",
               const std::string& body = "") {
    DialogId dialog;
    const usage::SendRequest* sent = request(method, &dialog);
    ASSERT_NE(sent, nullptr);
    usage::ResponseIn in;
    in.transaction = sent->transaction;
    in.method = method;
    in.cseq = sent->request.cseq;
    in.status = status;
    in.remote_tag = tag;
    in.contact = "sip:far@192.0.2.2";
    in.body = body;
    dialogs_.feed(dialog, in);
  }
  void ask(const DialogId& dialog, usage::RequestIn in, const std::string& tag = "far") {
    in.server = ++last_server_;
    in.cseq = ++last_cseq_;
    in.remote_tag = tag;
    dialogs_.feed(dialog, std::move(in));
  }
  /// Our call, up. Returns its dialog.
  DialogId call(CallRef ref, const std::string& tag = "far") {
    calls_.on(provider::MakeCall{.call = ref, .request = ++last_request_, .address = "far"});
    DialogId dialog;
    request(Method::invite, &dialog);
    respond(Method::invite, 200, tag, kSdp);
    EXPECT_EQ(states(ref).back(), CallState::connected);
    return dialog;
  }
  CallRef offered(Invite invite) {
    invite.request.method = Method::invite;
    invite.request.cseq = ++last_cseq_;
    invite.request.remote_tag = "caller";
    invite.request.contact = "sip:caller@192.0.2.3";
    invite.request.body = kSdp;
    invite.call_id = "theirs";
    invite.from.address = "sip:caller@192.0.2.3";
    invite.to.address = "sip:alice@192.0.2.1";
    const Calls::Refused no = calls_.refuses(invite);
    refused_ = no.status;
    if (no.status != 0) return {};
    EXPECT_TRUE(calls_.offer(std::move(invite), [&](Dialog& dialog) {
      tag_ = dialog.usage().local_tag();
      return usage::TransactionId{++last_server_};
    }));
    return events<provider::NewCall>().back()->call;
  }

  void pass(std::chrono::nanoseconds time) {
    const auto until = clock_.now().monotonic + time;
    for (;;) {
      const auto next = timers_.next();
      if (!next || *next > until) break;
      clock_.advance_to(*next);
      const std::optional<Timers::Key> key = timers_.take(*next);
      if (key->of == Timers::Of::call) {
        calls_.timer_due(key->owner, key->which);
      } else if (key->of == Timers::Of::dialog_of_call || key->of == Timers::Of::dialog_of_orphan) {
        const bool mine = key->of == Timers::Of::dialog_of_call;
        const DialogId id{mine ? DialogId::Of::call : DialogId::Of::orphan, key->owner, key->index};
        if (Dialog* dialog = dialogs_.find(id)) {
          dialog->timer_over(key->which);
          dialogs_.feed(id, usage::TimerDue{static_cast<usage::Timer>(key->which)});
        }
      }
    }
    clock_.advance_to(until);
  }
  /// All calls are closed and over: nothing is held.
  void expect_empty(const std::vector<CallRef>& calls) {
    for (const CallRef ref : calls) {
      calls_.on(provider::Drop{.call = ref, .request = ++last_request_});
      calls_.on(provider::CloseCall{ref});
    }
    pass(seconds(70));
    for (std::size_t i = 0; i < kResourceCount; ++i)
      EXPECT_EQ(ledger_[static_cast<Resource>(i)].held(), 0) << i;
    EXPECT_EQ(timers_.next(), std::nullopt);
    EXPECT_EQ(udp_.open_count(), 0u);
    for (const CallRef ref : calls) {
      std::size_t ends = 0;
      for (const auto* ended : events<provider::Ended>()) ends += ended->call == ref ? 1 : 0;
      EXPECT_EQ(ends, 1u) << ref.value;
    }
  }

  base::ManualClock clock_;
  const Config config_ = config();
  std::vector<provider::Event> events_;
  std::vector<Sent> sent_;
  Sequence random_;
  NoPorts udp_;
  RtpPorts ports_{udp_, "192.0.2.1", 0, 0};
  Ledger ledger_;
  Timers timers_{[this] { return clock_.now().monotonic; }, [](Timers::Time) {}};
  Dialogs dialogs_{random_, timers_, seconds(32)};
  Lines lines_{{config_, *this, *this, *this, timers_, random_, [] {}}};
  const Workshop shop_{config_, clock_,  *this,   lines_, dialogs_,
                       ledger_, timers_, random_, ports_, *this};
  Calls calls_{shop_};
  Orphans orphans_{shop_, calls_};
  provider::RequestNumber last_request_ = 100;
  usage::TransactionId last_server_ = 0;
  std::uint32_t last_cseq_ = 10;
  int refused_ = 0;
  std::string tag_;
};

constexpr CallRef kFirst{1}, kSecond{2};

class CallSwap : public Hall {
 protected:
  /// The first call is on hold, the second one is active; the swap has begun.
  void SetUp() override {
    call(kFirst);
    calls_.on(provider::Hold{.call = kFirst, .request = 5});
    respond(Method::invite, 200, "far", kSdp);
    ASSERT_EQ(states(kFirst).back(), CallState::on_hold);
    call(kSecond, "other");
    sent_.clear();
    calls_.on(provider::Swap{.call = kSecond, .request = 7, .with = kFirst});
  }
  /// What the swap was answered; nothing = not yet.
  [[nodiscard]] std::vector<std::optional<Error>> answers() const {
    std::vector<std::optional<Error>> out;
    for (const auto* done : events<provider::Completed>())
      if (done->request == 7) {
        EXPECT_EQ(done->call, kSecond);
        out.push_back(done->error);
      }
    return out;
  }
};

/// A program that was told that its line is open gets calls, though the provider's thread has still to
/// take the command.
TEST(LineOpening, CountsWhileItWaitsToBeCarriedOut) {
  provider::CommandQueue queue;
  ASSERT_TRUE(queue.open());
  EXPECT_EQ(queue.takes_calls(1), std::nullopt);
  queue.push(provider::OpenLine{1, true});
  queue.push(provider::OpenLine{2, false});
  EXPECT_EQ(queue.takes_calls(1), true);
  EXPECT_EQ(queue.takes_calls(2), false);
  queue.push(provider::CloseLine{1});
  EXPECT_EQ(queue.takes_calls(1), false) << "the last word counts";
  static_cast<void>(queue.take());
  EXPECT_EQ(queue.takes_calls(1), std::nullopt);
}

class CallHold : public Hall {
 protected:
  /// A hold was given up before the far end answered it; another request came.
  void SetUp() override {
    call(kFirst);
    calls_.on(provider::Hold{.call = kFirst, .request = 5});
    pass(limits::kProviderAnswer);
    ASSERT_EQ(answers(5), 1u);
    before_ = count(Method::invite);
    calls_.on(provider::Hold{.call = kFirst, .request = 6});
    ASSERT_EQ(count(Method::invite), before_) << "the first re-INVITE is under way";
  }
  [[nodiscard]] std::size_t answers(provider::RequestNumber request) const {
    std::size_t count = 0;
    for (const auto* done : events<provider::Completed>())
      if (done->request == request) ++count;
    return count;
  }
  std::size_t before_ = 0;
};

TEST_F(CallHold, ThatAsksForTheSameTakesALateAnswer) {
  respond(Method::invite, 200, "far", kSdp);
  EXPECT_EQ(answers(6), 1u);
  EXPECT_EQ(states(kFirst).back(), CallState::on_hold);
  EXPECT_EQ(count(Method::invite), before_);
  expect_empty({kFirst});
}

TEST_F(CallHold, DoesNotTakeALateRefusalForItsOwn) {
  respond(Method::invite, 488);
  EXPECT_EQ(answers(6), 0u);
  ASSERT_EQ(count(Method::invite), before_ + 1) << "its own";
  respond(Method::invite, 200, "far", kSdp);
  EXPECT_EQ(answers(6), 1u);
  EXPECT_EQ(states(kFirst).back(), CallState::on_hold);
  expect_empty({kFirst});
}

TEST_F(CallSwap, HoldsTheActiveCallAndThenTakesTheHeldOneBack) {
  EXPECT_EQ(count(Method::invite), 1u) << "the second re-INVITE waits for the first";
  respond(Method::invite, 200, "other", kSdp);
  EXPECT_EQ(count(Method::invite), 2u);
  EXPECT_TRUE(answers().empty());
  respond(Method::invite, 200, "far", kSdp);
  ASSERT_EQ(answers().size(), 1u);
  EXPECT_FALSE(answers()[0]);
  EXPECT_EQ(states(kSecond).back(), CallState::on_hold);
  EXPECT_EQ(states(kFirst).back(), CallState::connected);
  expect_empty({kFirst, kSecond});
}

TEST_F(CallSwap, ThatCannotHoldTheActiveCallDoesNothing) {
  respond(Method::invite, 488, "other");
  ASSERT_EQ(answers().size(), 1u);
  EXPECT_EQ(answers()[0]->code, Errc::failed);
  EXPECT_EQ(count(Method::invite), 1u);
  EXPECT_EQ(states(kSecond).back(), CallState::connected);
  EXPECT_EQ(states(kFirst).back(), CallState::on_hold);
  expect_empty({kFirst, kSecond});
}

TEST_F(CallSwap, IsUndoneWhenTheHeldCallIsNotTakenBack) {
  respond(Method::invite, 200, "other", kSdp);
  respond(Method::invite, 488, "far");
  EXPECT_TRUE(answers().empty()) << "it is being undone";
  EXPECT_EQ(count(Method::invite), 3u);
  respond(Method::invite, 200, "other", kSdp);
  ASSERT_EQ(answers().size(), 1u);
  EXPECT_EQ(answers()[0]->context, "the far end answered 488");
  EXPECT_EQ(states(kSecond).back(), CallState::connected);
  EXPECT_EQ(states(kFirst).back(), CallState::on_hold);
  expect_empty({kFirst, kSecond});
}

TEST_F(CallSwap, OfWhichNothingIsHeardIsAnsweredBeforeTheEngineGivesUp) {
  respond(Method::invite, 200, "other", kSdp);
  pass(limits::kProviderAnswer);
  ASSERT_EQ(answers().size(), 1u);
  EXPECT_EQ(answers()[0]->code, Errc::timed_out);
  expect_empty({kFirst, kSecond});
}

TEST_F(CallSwap, IsAnsweredWhenTheActiveCallIsDropped) {
  respond(Method::invite, 200, "other", kSdp);
  calls_.on(provider::Drop{.call = kSecond, .request = 8});
  ASSERT_EQ(answers().size(), 1u);
  EXPECT_EQ(answers()[0]->code, Errc::failed);
  expect_empty({kFirst, kSecond});
  EXPECT_EQ(answers().size(), 1u) << "once";
}

TEST_F(CallSwap, IsUndoneWhenTheHeldCallEnds) {
  respond(Method::invite, 200, "other", kSdp);
  calls_.on(provider::Drop{.call = kFirst, .request = 8});
  respond(Method::bye, 200);
  EXPECT_EQ(count(Method::invite), 3u);
  EXPECT_TRUE(answers().empty());
  calls_.on(provider::CloseCall{kSecond});
  ASSERT_EQ(answers().size(), 1u) << "rule 7: every pending request is completed";
  expect_empty({kFirst, kSecond});
  EXPECT_EQ(answers().size(), 1u);
}

TEST_F(CallSwap, NeedsAnActiveCallAndAHeldOne) {
  calls_.on(provider::Swap{.call = kFirst, .request = 9, .with = kSecond});
  EXPECT_EQ(events<provider::Completed>().back()->error->code, Errc::invalid_state);
  calls_.on(provider::Swap{.call = kSecond, .request = 10, .with = CallRef{99}});
  EXPECT_EQ(events<provider::Completed>().back()->error->code, Errc::stale_handle);
  respond(Method::invite, 488, "other");
  expect_empty({kFirst, kSecond});
}

class CallTransfer : public Hall {};

TEST_F(CallTransfer, IsCompleteWhenTheFarEndSaysSoAndNotBefore) {
  const DialogId dialog = call(kFirst);
  calls_.on(provider::Transfer{.call = kFirst, .request = 7, .address = "carol"});
  ASSERT_NE(request(Method::refer), nullptr);
  EXPECT_EQ(request(Method::refer)->request.refer_to, "<sip:carol@192.0.2.1:5060>");
  respond(Method::refer, 202);
  for (const auto* done : events<provider::Completed>()) EXPECT_NE(done->request, 7u);
  ask(dialog,
      {.method = Method::notify, .event = "refer", .notified = 200, .subscription_over = true});
  const provider::Completed& last = *events<provider::Completed>().back();
  EXPECT_EQ(last.request, 7u);
  EXPECT_FALSE(last.error);
  EXPECT_EQ(states(kFirst).back(), CallState::connected);
  expect_empty({kFirst});
}

TEST_F(CallTransfer, ToTheOtherCallNamesItsDialog) {
  call(kFirst, "one");
  call(kSecond, "two");
  calls_.on(provider::Transfer{.call = kFirst, .request = 7, .with = kSecond});
  EXPECT_NE(request(Method::refer)->request.refer_to.find("Replaces="), std::string::npos);
  EXPECT_NE(request(Method::refer)->request.refer_to.find("to-tag%3Dtwo"), std::string::npos);
  respond(Method::refer, 603, "one");
  EXPECT_TRUE(events<provider::Completed>().back()->error);
  EXPECT_EQ(states(kFirst).back(), CallState::connected) << "a transfer that fails changes nothing";
  expect_empty({kFirst, kSecond});
}

TEST_F(CallTransfer, ThatNobodyAnswersIsGivenUp) {
  call(kFirst);
  calls_.on(provider::Transfer{.call = kFirst, .request = 7, .address = "carol"});
  respond(Method::refer, 202);
  pass(seconds(200));
  EXPECT_EQ(events<provider::Completed>().back()->request, 7u);
  EXPECT_EQ(events<provider::Completed>().back()->error->code, Errc::timed_out);
  expect_empty({kFirst});
}

class CallFollow : public Hall {
 protected:
  void refer(const DialogId& dialog) {
    usage::RequestIn in{.method = Method::refer};
    in.referral.to = "sip:carol@192.0.2.4";
    ask(dialog, std::move(in));
    respond(Method::notify, 200);  // that it is being tried
  }
};

TEST_F(CallFollow, GoesOnWithTheNewFarEndUnderTheSameName) {
  const DialogId old = call(kFirst);
  refer(old);
  EXPECT_EQ(response()->status, 202);
  DialogId next;
  request(Method::invite, &next);
  EXPECT_EQ(next, (DialogId{DialogId::Of::call, old.owner, 1}));
  respond(Method::invite, 200, "carol", kSdp);
  const provider::InfoChanged* info = events<provider::InfoChanged>().back();
  ASSERT_TRUE(info->connected);
  EXPECT_EQ(info->connected->address, "sip:carol@192.0.2.4");
  EXPECT_EQ(states(kFirst).back(), CallState::connected);
  EXPECT_EQ(request(Method::notify)->request.body, "SIP/2.0 200 OK\r\n");
  // Whoever referred us does not hang up: we do.
  respond(Method::notify, 200);
  pass(seconds(33));
  DialogId ended;
  ASSERT_NE(request(Method::bye, &ended), nullptr);
  EXPECT_EQ(ended, old);
  respond(Method::bye, 200);
  EXPECT_TRUE(events<provider::Ended>().empty()) << "the call goes on";
  expect_empty({kFirst});
}

TEST_F(CallFollow, IsAsItWasWhenTheOtherOneRefuses) {
  const DialogId old = call(kFirst);
  refer(old);
  respond(Method::invite, 486, "carol");
  EXPECT_EQ(request(Method::notify)->request.body, "SIP/2.0 486 \r\n");
  EXPECT_EQ(states(kFirst).back(), CallState::connected);
  EXPECT_EQ(count(Method::bye), 0u);
  respond(Method::notify, 200);
  refer(old);  // and may be sent on again
  EXPECT_EQ(count(Method::invite), 3u);
  expect_empty({kFirst});
}

TEST_F(CallFollow, OneThatLeavesBeforeTheAnswerLeavesTheCallToTheNewFarEnd) {
  const DialogId old = call(kFirst);
  refer(old);
  respond(Method::invite, 180, "carol");
  ask(old, {.method = Method::bye});
  EXPECT_EQ(states(kFirst).back(), CallState::connected);
  respond(Method::invite, 200, "carol", kSdp);
  EXPECT_EQ(states(kFirst).back(), CallState::connected);
  expect_empty({kFirst});
}

TEST_F(CallFollow, HangingUpEndsBoth) {
  refer(call(kFirst));
  respond(Method::invite, 180, "carol");
  calls_.on(provider::Drop{.call = kFirst, .request = 8});
  EXPECT_EQ(states(kFirst).back(), CallState::idle);
  EXPECT_EQ(count(Method::bye), 1u);
  EXPECT_TRUE(std::any_of(sent_.begin(), sent_.end(), [](const Sent& sent) {
    return std::holds_alternative<usage::SendCancel>(sent.what);
  }));
  expect_empty({kFirst});
}

class CallReplaces : public Hall {
 protected:
  Invite naming(const DialogId& dialog) {
    const usage::Usage& usage = dialogs_.find(dialog)->usage();
    Invite invite;
    invite.replaces = Replaces{usage.call_id(), usage.local_tag(), usage.remote_tag()};
    return invite;
  }
};

TEST_F(CallReplaces, TheCallItNamesEndsWhenItIsAnswered) {
  const DialogId old = call(kFirst);
  const CallRef next = offered(naming(old));
  ASSERT_TRUE(next);
  EXPECT_EQ(states(kFirst).back(), CallState::connected);
  calls_.on(provider::Answer{.call = next, .request = 9});
  EXPECT_EQ(states(next).back(), CallState::connected);
  EXPECT_EQ(states(kFirst).back(), CallState::disconnected);
  EXPECT_EQ(events<provider::StateChanged>().back()->cause->mode, DisconnectMode::pickup);
  EXPECT_EQ(count(Method::bye), 1u);
  expect_empty({kFirst, next});
}

TEST_F(CallReplaces, WhatIsNoCallOfOursIsRefused) {
  const DialogId old = call(kFirst);
  Invite wrong = naming(old);
  wrong.replaces->remote_tag = "other";
  EXPECT_FALSE(offered(std::move(wrong)));
  EXPECT_EQ(refused_, 481);
  Invite early = naming(old);
  early.replaces->early_only = true;
  EXPECT_FALSE(offered(std::move(early)));
  EXPECT_EQ(refused_, 486);
  Invite late = naming(old);
  calls_.on(provider::Drop{.call = kFirst, .request = 8});
  EXPECT_FALSE(offered(std::move(late)));
  EXPECT_EQ(refused_, 603);
  expect_empty({kFirst});
}

class CallOfAnEarlierProcess : public Hall {
 protected:
  provider::EndOrphan orphan(bool take_up) {
    usage::Recovery recovery;
    recovery.stage = usage::Recovery::Stage::dialog;
    recovery.outgoing = true;
    recovery.call_id = "earlier";
    recovery.local_tag = "ours";
    recovery.remote_tag = "far";
    recovery.local = "<sip:alice@192.0.2.1>";
    recovery.remote = recovery.target = "sip:far@192.0.2.2";
    recovery.sdp_session = 5;
    return {.number = 3,
            .line = "alice",
            .recovery = usage::to_bytes(recovery),
            .why = "the process died",
            .take_up = take_up ? kFirst : CallRef{}};
  }
};

TEST_F(CallOfAnEarlierProcess, IsEndedAtItsFarEnd) {
  orphans_.on(orphan(false));
  ASSERT_NE(request(Method::bye), nullptr);
  EXPECT_TRUE(dialogs_.find("ours", "earlier"));
  respond(Method::bye, 200);
  ASSERT_EQ(events<provider::OrphanEnded>().size(), 1u);
  EXPECT_EQ(events<provider::OrphanEnded>()[0]->confirmation, Confirmation::confirmed);
  EXPECT_FALSE(dialogs_.find("ours", "earlier"));
  expect_empty({});
}

TEST_F(CallOfAnEarlierProcess, IsTakenUpAndProven) {
  orphans_.on(orphan(true));
  ASSERT_EQ(events<provider::TakeUpAnswered>().size(), 1u);
  EXPECT_TRUE(events<provider::TakeUpAnswered>()[0]->taken_up);
  respond(Method::invite, 200, "far", kSdp);
  EXPECT_TRUE(events<provider::StateChanged>().empty()) << "it is as the engine knew it";
  calls_.on(provider::Hold{.call = kFirst, .request = 5});
  respond(Method::invite, 200, "far", kSdp);
  EXPECT_EQ(states(kFirst).back(), CallState::on_hold);
  expect_empty({kFirst});
}

TEST_F(CallOfAnEarlierProcess, IsOverWhenItsFarEndForgotIt) {
  orphans_.on(orphan(true));
  respond(Method::invite, 481);
  EXPECT_EQ(states(kFirst).back(), CallState::disconnected);
  expect_empty({kFirst});
}

/// What is still to be said of a refused call waits in its dialog; others are not kept out by it.
TEST_F(CallReplaces, ARefusedCallIsNoUnansweredOne) {
  const CallRef call = offered({});
  calls_.on(provider::Drop{.call = call, .request = 8});
  EXPECT_EQ(response()->status, 486);
  EXPECT_EQ(refused_, 0);
  expect_empty({call});
}

}  // namespace
}  // namespace switchhook::sip
