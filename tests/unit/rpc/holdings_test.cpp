// SPDX-License-Identifier: Apache-2.0
// What an application holds, as its own end of the connection sees it.
#include "rpc/holdings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace switchhook::rpc {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr api::OpenId kOpen{11};
constexpr api::CallId kCall{21};

struct Holds : testing::Test {
  Holds() {
    ask(1, api::OpenLine{5, 2, media::kVoice, api::kApiVersionLatest},
        api::OpenedLine{kOpen, "100"});
    ask(2, api::MakeCall{.open = kOpen}, api::MadeCall{kCall, {31}});
  }
  void ask(api::RequestId request, const api::Command& command, api::Value value) {
    holdings.asked(request, command);
    holdings.answered({request, true, api::Value{}});
    holdings.answered({request, false, std::move(value)});
  }
  [[nodiscard]] std::vector<std::uint64_t> calls() const {
    std::vector<std::uint64_t> out;
    for (const api::Restore& part : holdings.to_restore(100))
      for (const api::CallToRestore& call : part.calls) out.push_back(call.call.value);
    return out;
  }
  Holdings holdings;
};

TEST_F(Holds, LinesAndCallsHoweverTheyCame) {
  holdings.told(api::CallAppeared{kOpen, {22}, Privilege::monitor, {32}});
  ask(3, api::GetNewCalls{kOpen}, api::CallList{{{23}, {24}}, {{33}, {34}}});
  holdings.told(api::CallStateChanged{.call = {22}, .state = CallState::idle});
  const std::vector<api::Restore> parts = holdings.to_restore(3);
  ASSERT_EQ(parts.size(), 2u) << "four calls, in parts of three";
  ASSERT_EQ(parts[0].openings.size(), 1u);
  const api::OpeningToRestore& line = parts[0].openings.front();
  EXPECT_EQ(line.open, kOpen);
  EXPECT_EQ(line.line, "100");
  EXPECT_EQ(line.privileges, 2);
  EXPECT_EQ(parts[0].calls[0].session, api::SessionId{31});
  EXPECT_FALSE(parts[0].calls[0].over);
  EXPECT_TRUE(parts[0].calls[1].over);
  EXPECT_EQ(parts[1].calls[0].session, api::SessionId{34});
}

TEST_F(Holds, NothingThatWasLetGoOf) {
  ask(3, api::ReleaseCall{kCall}, {});
  EXPECT_THAT(calls(), IsEmpty());
  holdings.told(api::CallAppeared{kOpen, {22}, Privilege::owner, {32}});
  holdings.told(api::CallAppeared{kOpen, {23}, Privilege::owner, {33}});
  holdings.told(api::CallReclaimed{{22}});
  EXPECT_THAT(calls(), ElementsAre(23));
  holdings.told(api::LineClosed{kOpen, "gone"});
  EXPECT_THAT(calls(), IsEmpty());
  EXPECT_THAT(holdings.to_restore(1).front().openings, IsEmpty());
}

TEST_F(Holds, WhatItLetsGoOfJustNowIsLetGoOf) {
  holdings.asked(3, api::ReleaseCall{kCall});
  EXPECT_THAT(calls(), IsEmpty());
  holdings.answered({3, false, Error{Errc::invalid_state, "it lives"}});
  EXPECT_THAT(calls(), ElementsAre(kCall.value)) << "it was not let go of";
  holdings.asked(4, api::CloseLine{kOpen});
  EXPECT_THAT(calls(), IsEmpty());
  EXPECT_THAT(holdings.to_restore(1).front().openings, IsEmpty());
}

TEST_F(Holds, AnswersWhatTheDeadServiceDidNot) {
  holdings.asked(3, api::DropCall{kCall});
  holdings.asked(4, api::ReleaseCall{kCall});
  holdings.asked(5, api::HoldCall{kCall});
  holdings.answered({5, true, api::Value{}});
  const std::vector<api::Reply> replies = holdings.give_up_requests();
  ASSERT_EQ(replies.size(), 3u);
  EXPECT_TRUE(replies[0].result);
  EXPECT_TRUE(replies[1].result);
  EXPECT_EQ(replies[2].request, 5u);
  EXPECT_EQ(replies[2].result.error().code, Errc::disconnected);
  EXPECT_THAT(holdings.give_up_requests(), IsEmpty());
  EXPECT_THAT(calls(), IsEmpty());
}

TEST_F(Holds, DropsThatTheDeadServiceDidNotAnswerAreAskedForOnceMore) {
  holdings.told(api::CallAppeared{kOpen, {22}, Privilege::owner, {32}});
  holdings.told(api::CallAppeared{kOpen, {23}, Privilege::owner, {33}});
  holdings.asked(3, api::DropCall{kCall, DropReason::normal, {}});
  holdings.asked(4, api::DropCall{{22}, DropReason::normal, {}});
  holdings.asked(5, api::DropCall{{23}, DropReason::normal, {}});
  holdings.answered({5, false, api::Value{}});
  ASSERT_EQ(holdings.give_up_requests().size(), 2u);
  // The next service tells that one has ended; the other one goes on.
  holdings.told(api::CallStateChanged{.call = {22}, .state = CallState::idle});
  const std::vector<api::DropCall> drops = holdings.unfinished_drops();
  ASSERT_EQ(drops.size(), 1u);
  EXPECT_EQ(drops[0].call, kCall);
  EXPECT_THAT(holdings.unfinished_drops(), IsEmpty());
}

TEST_F(Holds, WhatIsNotThereAgainIsTold) {
  holdings.told(api::CallAppeared{{12}, {22}, Privilege::owner, {32}});
  const auto events = holdings.not_restored({{api::OpenId{12}}, {api::CallId{22}, kCall}}, {});
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(std::get<api::LineClosed>(events[0]).open, api::OpenId{12});
  EXPECT_EQ(std::get<api::CallStateChanged>(events[1]).call, kCall);
  EXPECT_EQ(std::get<api::CallStateChanged>(events[1]).state, CallState::idle);
  EXPECT_EQ(std::get<api::CallReclaimed>(events[2]).call, kCall);
  EXPECT_THAT(calls(), IsEmpty());
}

}  // namespace
}  // namespace switchhook::rpc
