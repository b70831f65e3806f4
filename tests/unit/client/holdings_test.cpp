// SPDX-License-Identifier: Apache-2.0
// What an application holds, as its own end of the connection sees it.
#include "client/holdings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace switchhook::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr api::OpenId kOpen{11};
constexpr api::CallId kCall{21};

struct Holds : testing::Test {
  Holds() {
    ask(api::OpenLine{5, 2, media::kVoice, api::kApiVersionLatest}, api::OpenedLine{kOpen, "100"});
    ask(api::MakeCall{.open = kOpen}, api::MadeCall{kCall, {31}});
  }
  void ask(const api::Command& command, api::Value value) {
    holdings.answered(holdings.asking(command), std::move(value));
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
  ask(api::GetNewCalls{kOpen}, api::CallList{{{23}, {24}}, {{33}, {34}}});
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
  ask(api::ReleaseCall{kCall}, {});
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
  const Asked release = holdings.asking(api::ReleaseCall{kCall});
  EXPECT_THAT(calls(), IsEmpty());
  holdings.answered(release, Error{Errc::invalid_state, "it lives"});
  EXPECT_THAT(calls(), ElementsAre(kCall.value)) << "it was not let go of";
  static_cast<void>(holdings.asking(api::CloseLine{kOpen}));
  EXPECT_THAT(calls(), IsEmpty());
  EXPECT_THAT(holdings.to_restore(1).front().openings, IsEmpty());
}

TEST_F(Holds, AnswersWhatTheDeadServiceDidNot) {
  EXPECT_TRUE(holdings.give_up(holdings.asking(api::DropCall{kCall}), ""));
  EXPECT_EQ(holdings.give_up(holdings.asking(api::HoldCall{kCall}), "").error().code,
            Errc::disconnected);
  EXPECT_TRUE(holdings.give_up(holdings.asking(api::ReleaseCall{kCall}), ""));
  EXPECT_THAT(calls(), IsEmpty());
}

TEST_F(Holds, DropsThatTheDeadServiceDidNotAnswerAreAskedForOnceMore) {
  holdings.told(api::CallAppeared{kOpen, {22}, Privilege::owner, {32}});
  holdings.told(api::CallAppeared{kOpen, {23}, Privilege::owner, {33}});
  EXPECT_TRUE(holdings.give_up(holdings.asking(api::DropCall{kCall, DropReason::normal, {}}), ""));
  EXPECT_TRUE(holdings.give_up(holdings.asking(api::DropCall{{22}, DropReason::normal, {}}), ""));
  ask(api::DropCall{{23}, DropReason::normal, {}}, {});
  // The next service tells that one has ended; the other one goes on.
  holdings.told(api::CallStateChanged{.call = {22}, .state = CallState::idle});
  const std::vector<api::DropCall> drops = holdings.unfinished_drops();
  ASSERT_EQ(drops.size(), 1u);
  EXPECT_EQ(drops[0].call, kCall);
  EXPECT_THAT(holdings.unfinished_drops(), IsEmpty());
}

TEST_F(Holds, ACommandBelongsToTheOpeningOfItsCall) {
  EXPECT_EQ(holdings.asking(api::AnswerCall{kCall, {}, {}}).open, kOpen);
  EXPECT_EQ(holdings.asking(api::GetNewCalls{kOpen, {}}).open, kOpen);
  EXPECT_EQ(holdings.asking(api::AnswerCall{{99}, {}, {}}).open, api::OpenId{});
  EXPECT_EQ(holdings.asking(api::ListLines{}).open, api::OpenId{});
}

TEST_F(Holds, AnObjectOfAStaleIdentifierIsKeptUntilItIsForgotten) {
  const auto object = std::make_shared<Object>();
  holdings.find(kCall)->object = object;
  holdings.told(api::CallReclaimed{kCall});
  EXPECT_THAT(calls(), IsEmpty()) << "it is not held";
  ASSERT_NE(holdings.find(kCall), nullptr);
  EXPECT_TRUE(holdings.find(kCall)->gone);
  holdings.forget(kCall);
  EXPECT_EQ(holdings.find(kCall), nullptr);
  EXPECT_EQ(object.use_count(), 2) << "destroyed by whoever takes it, without the lock";
  EXPECT_THAT(holdings.take_dropped(), ElementsAre(object));
}

TEST_F(Holds, ALineClosedByTheServiceMakesItsCallsStale) {
  holdings.find(kCall)->object = std::make_shared<Object>();
  holdings.told(api::CallAppeared{kOpen, {22}, Privilege::owner, {32}});
  holdings.told(api::LineClosed{kOpen, "gone"});
  EXPECT_TRUE(holdings.find(kCall)->gone);
  EXPECT_EQ(holdings.find(api::CallId{22}), nullptr) << "nothing is kept for it";
  EXPECT_EQ(holdings.find(kOpen), nullptr);
}

TEST_F(Holds, OnlyBelowVersionTwoAReleaseSuppresses) {
  ask(api::OpenLine{5, 2, media::kVoice, 0x00010004}, api::OpenedLine{{12}, "100"});
  holdings.told(api::CallAppeared{{12}, {22}, Privilege::owner, {32}});
  EXPECT_TRUE(holdings.release_suppresses({22}));
  EXPECT_FALSE(holdings.release_suppresses(kCall));
}

TEST_F(Holds, WhatIsNotThereAgainIsTold) {
  ask(api::OpenLine{5, 2, media::kVoice, api::kApiVersionLatest}, api::OpenedLine{{12}, "101"});
  holdings.told(api::CallAppeared{{12}, {22}, Privilege::owner, {32}});
  const auto events = holdings.not_restored({{api::OpenId{12}}, {api::CallId{22}, kCall}}, {});
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(std::get<api::LineClosed>(events[0]).open, api::OpenId{12});
  EXPECT_EQ(std::get<api::CallStateChanged>(events[1]).call, kCall);
  EXPECT_EQ(std::get<api::CallStateChanged>(events[1]).state, CallState::idle);
  EXPECT_EQ(std::get<api::CallReclaimed>(events[2]).call, kCall);
  for (const api::Event& event : events) holdings.told(event);
  EXPECT_THAT(calls(), IsEmpty());
}

}  // namespace
}  // namespace switchhook::client
