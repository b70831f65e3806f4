// SPDX-License-Identifier: Apache-2.0
// The memory of ended calls: what it answers, how long, and that it never grows beyond its limit.
#include "providers/sip/usage/graveyard.hpp"

#include <gtest/gtest.h>

namespace switchhook::sip::usage {
namespace {

using std::chrono::milliseconds;

/// An incoming (or outgoing) call that was never established, finished.
void bury(Graveyard& graves, const std::string& call_id, bool outgoing, milliseconds now) {
  Settings settings;
  Identity identity;
  identity.call_id = call_id;
  identity.local_tag = "us";
  Usage usage(settings, identity);
  Outputs out;
  if (outgoing) {
    static_cast<void>(usage.apply(Start{"offer", {}}, out));
    static_cast<void>(usage.apply(TimerDue{Timer::invite}, out));
  } else {
    static_cast<void>(usage.apply(
        RequestIn{.server = 1, .method = Method::invite, .cseq = 1, .remote_tag = "t"}, out));
    static_cast<void>(usage.apply(RequestIn{.server = 2, .method = Method::bye, .cseq = 2}, out));
  }
  ASSERT_TRUE(usage.finished());
  graves.bury(usage, now);
}

TEST(Graveyard, KnowsItsCallsUntilTheirTimeIsOver) {
  Graveyard graves(milliseconds(1000));
  EXPECT_FALSE(graves.knows("a", "us"));
  bury(graves, "a", false, milliseconds(0));
  EXPECT_TRUE(graves.knows("a", "us"));
  EXPECT_FALSE(graves.knows("a", "them"));
  bury(graves, "b", false, milliseconds(1001));
  EXPECT_FALSE(graves.knows("a", "us"));
  EXPECT_TRUE(graves.knows("b", "us"));
}

TEST(Graveyard, AnAnswerThatComesTooLateIsEndedOnceAndThenOnlyAcknowledged) {
  Graveyard graves(milliseconds(1000));
  bury(graves, "in", false, milliseconds(0));
  bury(graves, "out", true, milliseconds(0));
  const milliseconds now(1);
  EXPECT_EQ(graves.answered("in", "us", "x", now), Graveyard::Late::ignored);
  EXPECT_EQ(graves.answered("none", "us", "x", now), Graveyard::Late::ignored);
  EXPECT_EQ(graves.answered("out", "us", "x", now), Graveyard::Late::ended);
  EXPECT_EQ(graves.answered("out", "us", "x", now), Graveyard::Late::acknowledged);
  EXPECT_EQ(graves.answered("out", "us", "y", now), Graveyard::Late::ended);
}

TEST(Graveyard, FindsEachOfManyAndForgetsThemInOrder) {
  Graveyard graves(milliseconds(5000));
  constexpr int kCalls = 20000;
  for (int i = 0; i < kCalls; ++i) bury(graves, std::to_string(i), false, milliseconds(i));
  for (int i = 0; i < kCalls; ++i)
    ASSERT_EQ(graves.knows(std::to_string(i), "us"), i >= kCalls - 5001) << i;
  EXPECT_EQ(graves.size(), 5001u);
}

TEST(Graveyard, TheOldestMakeRoom) {
  Graveyard graves(std::chrono::hours(1));
  Graveyard::Late last = Graveyard::Late::ignored;
  bury(graves, "first", true, milliseconds(0));
  bury(graves, "out", true, milliseconds(0));
  for (std::size_t i = 0; i + 2 <= Graveyard::kGraves; ++i)
    last = graves.answered("out", "us", std::to_string(i), milliseconds(1));
  EXPECT_EQ(last, Graveyard::Late::ended);
  EXPECT_EQ(graves.size(), Graveyard::kGraves);
  EXPECT_FALSE(graves.knows("first", "us"));
}

}  // namespace
}  // namespace switchhook::sip::usage
