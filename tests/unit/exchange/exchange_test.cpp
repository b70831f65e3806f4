// SPDX-License-Identifier: Apache-2.0
// The exchange against the eight rules of provider.hpp, in virtual time.
#include "providers/exchange/exchange.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <set>

namespace switchhook::exchange {
namespace {

using provider::CallRef;
using std::chrono::milliseconds;
using std::chrono::seconds;

class ExchangeTest : public ::testing::Test, private provider::Sink {
 protected:
  ExchangeTest() { EXPECT_TRUE(exchange_.start(*this)); }

  ~ExchangeTest() override {
    // Whatever a test did: when all calls were closed, nothing is left.
    const auto report = ledger();
    EXPECT_EQ(report.booked, report.found);
    if (open_.empty()) {
      EXPECT_EQ(report.found, decltype(report.found){});
    }
  }

  CallRef call(const std::string& address, provider::LineNumber line = 0,
               const UserInfo& user_info = {}) {
    const CallRef ref{++next_call_};
    exchange_.submit(provider::MakeCall{
        .call = ref, .request = 1, .line = line, .address = address, .user_info = user_info});
    open_.insert(ref);
    return ref;
  }
  void drop(CallRef ref, provider::DropWhy why = provider::DropWhy::normal,
            const UserInfo& user_info = {}) {
    exchange_.submit(provider::Drop{ref, 99, why, user_info});
  }
  void close(CallRef ref) {
    exchange_.submit(provider::CloseCall{ref});
    open_.erase(ref);
  }
  void pass(std::chrono::nanoseconds time) {
    const auto until = clock_.now().monotonic + time;
    while (auto next = exchange_.next_deadline()) {
      if (*next > until) break;
      clock_.advance_to(*next);
      exchange_.advance(clock_.now());
    }
    clock_.advance_to(until);
  }

  /// The states reported for a call, in words, since last asked.
  std::string states(CallRef ref) {
    std::string out;
    for (const auto& event : events_)
      if (const auto* s = std::get_if<provider::StateChanged>(&event); s && s->call == ref) {
        out += (out.empty() ? "" : ", ") + std::string(to_string(s->state));
        if (s->cause) out += "(" + std::string(to_string(s->cause->mode)) + ")";
      }
    return out;
  }
  template <typename T>
  std::vector<T> all(CallRef ref) {
    std::vector<T> out;
    for (const auto& event : events_)
      if (const auto* e = std::get_if<T>(&event); e && e->call == ref) out.push_back(*e);
    return out;
  }
  CallRef offered(std::size_t n = 0) {
    for (const auto& event : events_)
      if (const auto* e = std::get_if<provider::NewCall>(&event); e != nullptr && n-- == 0) {
        open_.insert(e->call);
        return e->call;
      }
    ADD_FAILURE() << "no call was offered";
    return {};
  }
  provider::LedgerReport ledger() {
    exchange_.submit(provider::ReportLedger{7});
    return std::get<provider::LedgerReport>(events_.back());
  }

  void post(provider::Event event) override { events_.push_back(std::move(event)); }

  base::ManualClock clock_;
  std::deque<provider::Event> events_;
  std::set<CallRef> open_;
  Exchange exchange_{clock_};
  std::uint64_t next_call_ = 0;
};

TEST_F(ExchangeTest, AnnouncesItsLinesByName) {
  const auto& first = std::get<provider::LineAdded>(events_[0]);
  const auto& second = std::get<provider::LineAdded>(events_[1]);
  EXPECT_EQ(first.info.name, "100");
  EXPECT_EQ(second.info.name, "101");
  EXPECT_EQ(second.line, 1u);
}

TEST_F(ExchangeTest, CompletesMakeCallBeforeTheFirstState) {
  const CallRef ref = call("200");
  const auto& completed = std::get<provider::Completed>(events_.at(2));  // after the two lines
  EXPECT_EQ(completed.call, ref);
  EXPECT_EQ(completed.request, 1u);
  EXPECT_FALSE(completed.error);
  drop(ref);
  close(ref);
}

TEST_F(ExchangeTest, Number200AnswersAtOnce) {
  const CallRef ref = call("200");
  EXPECT_EQ(states(ref), "dialing, proceeding, connected");
  EXPECT_EQ(all<provider::InfoChanged>(ref)[0].connected->address, "200");
  drop(ref);
  EXPECT_EQ(states(ref), "dialing, proceeding, connected, idle");
  EXPECT_EQ(all<provider::Ended>(ref).size(), 1u);
  close(ref);
}

TEST_F(ExchangeTest, Number201RingsForEver) {
  const CallRef ref = call("201");
  pass(std::chrono::hours(24));
  EXPECT_EQ(states(ref), "dialing, proceeding, ringback");
  EXPECT_TRUE(all<provider::Ended>(ref).empty());
  drop(ref);
  close(ref);
}

TEST_F(ExchangeTest, Number202IsBusy) {
  const CallRef ref = call("202");
  EXPECT_EQ(states(ref), "dialing, proceeding, busy, disconnected(busy)");
  EXPECT_EQ(all<provider::StateChanged>(ref).back().cause->q850, 17);
  close(ref);
}

TEST_F(ExchangeTest, Number203Rejects) {
  const CallRef ref = call("203");
  EXPECT_EQ(states(ref), "dialing, proceeding, ringback, disconnected(reject)");
  close(ref);
}

TEST_F(ExchangeTest, Number204AnswersAndHangsUpOneSecondLater) {
  const CallRef ref = call("204");
  pass(milliseconds(999));
  EXPECT_EQ(states(ref), "dialing, proceeding, connected");
  pass(milliseconds(1));
  EXPECT_EQ(states(ref), "dialing, proceeding, connected, disconnected(normal)");
  EXPECT_EQ(all<provider::Ended>(ref).size(), 1u);
  close(ref);
}

TEST_F(ExchangeTest, Number205AnswersAfterOneSecond) {
  const CallRef ref = call("205");
  EXPECT_EQ(states(ref), "dialing, proceeding, ringback");
  pass(seconds(1));
  EXPECT_EQ(states(ref), "dialing, proceeding, ringback, connected");
  drop(ref);
  close(ref);
}

TEST_F(ExchangeTest, Number206IsOutOfOrder) {
  const CallRef ref = call("206");
  EXPECT_EQ(states(ref), "dialing, proceeding, special information, disconnected(out of order)");
  close(ref);
}

TEST_F(ExchangeTest, Number207EchoesTheDigitsThatAreListenedFor) {
  const CallRef ref = call("207");
  exchange_.submit(provider::SendDigits{ref, 2, "1", digits::kDtmf, {}});
  pass(seconds(1));
  EXPECT_TRUE(all<provider::DigitReceived>(ref).empty()) << "nobody listens yet";
  exchange_.submit(provider::MonitorDigits{ref, digits::kDtmf});
  exchange_.submit(provider::SendDigits{ref, 3, "12,!#d", digits::kDtmf, {}});
  pass(seconds(1));
  std::string heard;
  for (const auto& digit : all<provider::DigitReceived>(ref)) heard += digit.digit;
  EXPECT_EQ(heard, "12#D");
  EXPECT_EQ(all<provider::Completed>(ref).back().request, 3u);
  drop(ref);
  close(ref);
}

TEST_F(ExchangeTest, AnyOtherNumberDoesNotExist) {
  const CallRef ref = call("999");
  EXPECT_EQ(states(ref), "dialing, proceeding, disconnected(bad address)");
  EXPECT_EQ(all<provider::StateChanged>(ref).back().cause->q850, 1);
  close(ref);
}

TEST_F(ExchangeTest, WhatIsNoNumberIsRefusedAndLeavesNothing) {
  const CallRef ref = call("nobody");
  open_.clear();
  ASSERT_EQ(all<provider::Completed>(ref).size(), 1u);
  EXPECT_EQ(all<provider::Completed>(ref)[0].error->code, Errc::invalid_address);
  EXPECT_EQ(states(ref), "");
  EXPECT_TRUE(all<provider::Ended>(ref).empty());
}

TEST_F(ExchangeTest, ALineCallsTheOtherAndTheCalleeHangsUp) {
  const CallRef caller = call("101", 0, {4, 'h', 'i'});
  const CallRef callee = offered();
  EXPECT_TRUE(callee.minted_by_provider());
  const auto announced = all<provider::NewCall>(callee)[0];
  EXPECT_EQ(announced.line, 1u);
  EXPECT_EQ(announced.parties.calling.address, "100");
  EXPECT_EQ(announced.user_info, (UserInfo{4, 'h', 'i'}));
  exchange_.submit(provider::Accept{callee, 2, {}});
  EXPECT_EQ(states(caller), "dialing, proceeding, ringback");
  exchange_.submit(provider::Answer{callee, 3, {}});
  EXPECT_EQ(states(callee), "offering, accepted, connected");
  drop(callee, provider::DropWhy::normal, {4, 'b'});
  EXPECT_EQ(states(callee), "offering, accepted, connected, idle");
  EXPECT_EQ(states(caller), "dialing, proceeding, ringback, connected, disconnected(normal)");
  EXPECT_EQ(all<provider::InfoChanged>(caller).back().user_info, (UserInfo{4, 'b'}));
  EXPECT_EQ(all<provider::Ended>(caller).size(), 1u);
  EXPECT_EQ(all<provider::Ended>(callee).size(), 1u);
  close(caller);
  close(callee);
}

TEST_F(ExchangeTest, ACallerWhoGivesUpLeavesTheCalleeIdleWithoutADrop) {
  const CallRef caller = call("101");
  const CallRef callee = offered();
  drop(caller);
  EXPECT_EQ(states(callee), "offering, disconnected(cancelled), idle(cancelled)");
  EXPECT_EQ(states(caller), "dialing, proceeding, idle");
  close(caller);
  close(callee);
}

TEST_F(ExchangeTest, TheCallerLearnsWhyTheOfferWasRefused) {
  using provider::DropWhy;
  const std::pair<DropWhy, DisconnectMode> cases[] = {
      {DropWhy::rejected, DisconnectMode::reject},
      {DropWhy::normal, DisconnectMode::reject},
      {DropWhy::no_answer, DisconnectMode::no_answer},
      {DropWhy::no_owner, DisconnectMode::unavailable},
      {DropWhy::stopping, DisconnectMode::temporary_failure}};
  for (const auto& [why, mode] : cases) {
    events_.clear();
    const CallRef caller = call("101");
    const CallRef callee = offered();
    drop(callee, why);
    EXPECT_EQ(all<provider::StateChanged>(caller).back().cause->mode, mode);
    close(caller);
    close(callee);
  }
}

TEST_F(ExchangeTest, ALineThatCallsItselfIsBusy) {
  const CallRef ref = call("100", 0);
  EXPECT_EQ(states(ref), "dialing, proceeding, busy, disconnected(busy)");
  close(ref);
}

TEST_F(ExchangeTest, HoldsAndTakesBack) {
  const CallRef ref = call("200");
  exchange_.submit(provider::Hold{ref, 2});
  exchange_.submit(provider::Hold{ref, 3});
  exchange_.submit(provider::Unhold{ref, 4});
  EXPECT_EQ(states(ref), "dialing, proceeding, connected, on hold, connected");
  const auto completions = all<provider::Completed>(ref);
  EXPECT_EQ(completions[2].error->code, Errc::invalid_state);
  EXPECT_FALSE(completions[3].error);
  drop(ref);
  close(ref);
}

TEST_F(ExchangeTest, SwapsTheActiveCallAndTheHeldOne) {
  const CallRef first = call("200");
  exchange_.submit(provider::Hold{first, 2});
  const CallRef second = call("207");
  exchange_.submit(provider::Swap{.call = second, .request = 3, .with = first});
  EXPECT_FALSE(all<provider::Completed>(second).back().error);
  EXPECT_EQ(states(first), "dialing, proceeding, connected, on hold, connected");
  EXPECT_EQ(states(second), "dialing, proceeding, connected, on hold");
  exchange_.submit(provider::Swap{.call = second, .request = 4, .with = first});
  EXPECT_EQ(all<provider::Completed>(second).back().error->code, Errc::invalid_state)
      << "the other way round now";
  exchange_.submit(provider::Swap{.call = first, .request = 5, .with = CallRef{999}});
  EXPECT_EQ(all<provider::Completed>(first).back().error->code, Errc::stale_handle);
  exchange_.submit(provider::Swap{.call = first, .request = 6, .with = second});
  EXPECT_FALSE(all<provider::Completed>(first).back().error);
  EXPECT_EQ(states(second), "dialing, proceeding, connected, on hold, connected");
  for (const CallRef ref : {first, second}) {
    drop(ref);
    close(ref);
  }
}

TEST_F(ExchangeTest, ATransferToAnExtensionLeavesTheLineWithThatExtension) {
  const CallRef caller = call("101");
  const CallRef callee = offered();
  exchange_.submit(provider::Answer{callee, 2, {}});
  exchange_.submit(provider::Transfer{.call = callee, .request = 3, .address = "207", .with = {}});
  EXPECT_FALSE(all<provider::Completed>(callee).back().error);
  EXPECT_EQ(all<provider::InfoChanged>(caller).back().connected->address, "207");
  drop(callee);
  EXPECT_EQ(states(caller), "dialing, proceeding, connected, connected") << "it talks on";
  drop(caller);
  close(callee);
  close(caller);
}

TEST_F(ExchangeTest, ATransferToAnExtensionThatDoesNotAnswerFails) {
  const CallRef ref = call("200");
  provider::RequestNumber number = 10;
  for (const char* to : {"201", "202", "203", "206", "999"}) {
    exchange_.submit(
        provider::Transfer{.call = ref, .request = ++number, .address = to, .with = {}});
    EXPECT_TRUE(all<provider::Completed>(ref).back().error) << to;
  }
  EXPECT_EQ(states(ref), "dialing, proceeding, connected");
  drop(ref);
  close(ref);
}

TEST_F(ExchangeTest, ATransferToALineRingsThereForTheFarEnd) {
  const CallRef caller = call("101");
  const CallRef callee = offered();
  exchange_.submit(provider::Answer{callee, 2, {}});
  exchange_.submit(provider::Transfer{.call = callee, .request = 3, .address = "101", .with = {}});
  EXPECT_FALSE(all<provider::Completed>(callee).back().error);
  drop(callee);
  const CallRef third = offered(1);
  exchange_.submit(provider::Answer{third, 4, {}});
  EXPECT_EQ(states(caller), "dialing, proceeding, connected, proceeding, connected");
  drop(third);
  EXPECT_EQ(states(caller),
            "dialing, proceeding, connected, proceeding, connected, disconnected(normal)");
  drop(caller);
  for (const CallRef ref : {caller, callee, third}) close(ref);
}

TEST_F(ExchangeTest, TwoCallsOfALineAreJoined) {
  const CallRef first = call("101");
  const CallRef one = offered();
  exchange_.submit(provider::Answer{one, 2, {}});
  const CallRef second = call("101");
  const CallRef other = offered(1);
  exchange_.submit(provider::Answer{other, 3, {}});
  exchange_.submit(provider::Transfer{.call = first, .request = 4, .address = {}, .with = second});
  EXPECT_FALSE(all<provider::Completed>(first).back().error);
  drop(first);
  drop(second);
  EXPECT_EQ(all<provider::InfoChanged>(one).back().connected->address, "101");
  drop(one);
  EXPECT_EQ(all<provider::StateChanged>(other).back().state, CallState::disconnected);
  drop(other);
  for (const CallRef ref : {first, second, one, other}) close(ref);
}

TEST_F(ExchangeTest, TheTwoEndsOfOneCallAreNotJoined) {
  const CallRef caller = call("101");
  const CallRef callee = offered();
  exchange_.submit(provider::Answer{callee, 2, {}});
  exchange_.submit(provider::Transfer{.call = caller, .request = 3, .address = {}, .with = callee});
  EXPECT_EQ(all<provider::Completed>(caller).back().error->code, Errc::invalid_state);
  drop(caller);
  drop(callee);
  close(caller);
  close(callee);
}

TEST_F(ExchangeTest, DropIsCompletedOnceAlsoWhenAllIsOver) {
  const CallRef ref = call("202");
  drop(ref);
  EXPECT_FALSE(all<provider::Completed>(ref).back().error);
  EXPECT_EQ(all<provider::Ended>(ref).size(), 1u) << "not a second time";
  close(ref);
}

TEST_F(ExchangeTest, CloseOfALiveCallEndsItAndFallsSilentButForEnded) {
  const CallRef caller = call("101");
  const CallRef callee = offered();
  exchange_.submit(provider::Answer{callee, 2, {}});
  exchange_.submit(provider::SendDigits{caller, 3, "123", digits::kDtmf, {}});
  const std::size_t before = events_.size();
  close(caller);
  std::string after;
  for (std::size_t i = before; i < events_.size(); ++i)
    std::visit(
        [&](const auto& e) {
          if constexpr (requires { e.call; })
            if (e.call == caller) after += "x";
        },
        events_[i]);
  EXPECT_EQ(after.size(), 2u) << "the pending digits completed, and Ended";
  EXPECT_EQ(all<provider::Completed>(caller).back().error->code, Errc::failed);
  EXPECT_EQ(states(callee), "offering, connected, disconnected(normal)");
  close(callee);
  pass(seconds(10));
}

TEST_F(ExchangeTest, UnknownCallsAreStaleAndHarmless) {
  exchange_.submit(provider::Answer{CallRef{77}, 5, {}});
  EXPECT_EQ(all<provider::Completed>(CallRef{77})[0].error->code, Errc::stale_handle);
  exchange_.submit(provider::CloseCall{CallRef{77}});
  exchange_.submit(provider::MonitorDigits{CallRef{77}, 2});
}

TEST_F(ExchangeTest, StopEndsEverythingAndSaysSoOnce) {
  const CallRef talking = call("200");
  const CallRef hanging = call("204");
  const CallRef caller = call("101");
  const CallRef callee = offered();
  exchange_.submit(provider::Stop{});
  for (const CallRef ref : {talking, hanging, caller, callee}) {
    EXPECT_EQ(all<provider::Ended>(ref).size(), 1u);
    close(ref);
  }
  EXPECT_TRUE(std::holds_alternative<provider::Stopped>(events_.back()));
  EXPECT_EQ(exchange_.next_deadline(), std::nullopt);
}

TEST_F(ExchangeTest, ManyLivesLeaveNothing) {
  for (int i = 0; i < 1000; ++i) {
    events_.clear();
    const CallRef ref = call(std::to_string(200 + i % 9));
    if (i % 3 == 0) pass(milliseconds(500));
    if (i % 2 == 0) drop(ref);
    close(ref);
    EXPECT_EQ(all<provider::Ended>(ref).size(), 1u);
  }
}

}  // namespace
}  // namespace switchhook::exchange
