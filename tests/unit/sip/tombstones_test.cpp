// SPDX-License-Identifier: Apache-2.0
// The memory of ended calls: what it answers, how long, and that it never grows beyond its limit.
#include "providers/sip/dialog/tombstones.hpp"

#include <gtest/gtest.h>

namespace switchhook::sip::usage {
namespace {

using std::chrono::milliseconds;

/// An incoming (or outgoing) call that was never established, finished.
void remember(Tombstones& tombstones, const std::string& call_id, bool outgoing, milliseconds now) {
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
  tombstones.remember(usage, now);
}

TEST(Tombstones, KnowsItsCallsUntilTheirTimeIsOver) {
  Tombstones tombstones(milliseconds(1000));
  EXPECT_FALSE(tombstones.knows("a", "us"));
  remember(tombstones, "a", false, milliseconds(0));
  EXPECT_TRUE(tombstones.knows("a", "us"));
  EXPECT_FALSE(tombstones.knows("a", "them"));
  remember(tombstones, "b", false, milliseconds(1001));
  EXPECT_FALSE(tombstones.knows("a", "us"));
  EXPECT_TRUE(tombstones.knows("b", "us"));
}

TEST(Tombstones, AnAnswerThatComesTooLateIsEndedOnceAndThenOnlyAcknowledged) {
  Tombstones tombstones(milliseconds(1000));
  remember(tombstones, "in", false, milliseconds(0));
  remember(tombstones, "out", true, milliseconds(0));
  const milliseconds now(1);
  EXPECT_EQ(tombstones.answered("in", "us", "x", now), Tombstones::Late::ignored);
  EXPECT_EQ(tombstones.answered("none", "us", "x", now), Tombstones::Late::ignored);
  EXPECT_EQ(tombstones.answered("out", "us", "x", now), Tombstones::Late::ended);
  EXPECT_EQ(tombstones.answered("out", "us", "x", now), Tombstones::Late::acknowledged);
  EXPECT_EQ(tombstones.answered("out", "us", "y", now), Tombstones::Late::ended);
}

TEST(Tombstones, FindsEachOfManyAndForgetsThemInOrder) {
  Tombstones tombstones(milliseconds(5000));
  constexpr int kCalls = 20000;
  for (int i = 0; i < kCalls; ++i) remember(tombstones, std::to_string(i), false, milliseconds(i));
  for (int i = 0; i < kCalls; ++i)
    ASSERT_EQ(tombstones.knows(std::to_string(i), "us"), i >= kCalls - 5001) << i;
  EXPECT_EQ(tombstones.size(), 5001u);
}

TEST(Tombstones, TheOldestMakeRoom) {
  Tombstones tombstones(std::chrono::hours(1));
  Tombstones::Late last = Tombstones::Late::ignored;
  remember(tombstones, "first", true, milliseconds(0));
  remember(tombstones, "out", true, milliseconds(0));
  for (std::size_t i = 0; i + 2 <= Tombstones::kTombstones; ++i)
    last = tombstones.answered("out", "us", std::to_string(i), milliseconds(1));
  EXPECT_EQ(last, Tombstones::Late::ended);
  EXPECT_EQ(tombstones.size(), Tombstones::kTombstones);
  EXPECT_FALSE(tombstones.knows("first", "us"));
}

}  // namespace
}  // namespace switchhook::sip::usage
