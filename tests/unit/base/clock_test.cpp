// SPDX-License-Identifier: Apache-2.0
#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace switchhook {
namespace {

using std::chrono::seconds;

TEST(ManualClock, MovesBothTimesTogetherAndNeverBack) {
  base::ManualClock clock;
  const Moment start = clock.now();
  clock.advance(seconds(2));
  EXPECT_EQ(clock.now().monotonic - start.monotonic, seconds(2));
  EXPECT_EQ(clock.now().wall - start.wall, seconds(2));
  clock.advance_to(start.monotonic);
  EXPECT_EQ(clock.now().monotonic - start.monotonic, seconds(2));
}

TEST(SystemClock, NeverGoesBack) {
  base::SystemClock clock;
  const auto first = clock.now().monotonic;
  EXPECT_GE(clock.now().monotonic, first);
}

Record record_of(std::initializer_list<std::pair<CallState, int>> steps) {
  Record record;
  for (const auto& [state, at] : steps)
    record.timeline.push_back({state, 0, {seconds(at), seconds(1000 + at)}});
  return record;
}

TEST(Durations, OfAnAnsweredAndHeldCall) {
  const Record record = record_of({{CallState::dialing, 10},
                                   {CallState::ringback, 11},
                                   {CallState::connected, 15},
                                   {CallState::on_hold, 20},
                                   {CallState::connected, 23},
                                   {CallState::disconnected, 30},
                                   {CallState::idle, 40}});
  const Moment later{seconds(100), seconds(1100)};
  EXPECT_EQ(time_to_answer(record), seconds(5));
  EXPECT_EQ(talk_time(record, later), seconds(15));
  EXPECT_EQ(held_time(record, later), seconds(3));
}

TEST(Durations, OfACallStillTalkingCountUntilNow) {
  const Record record = record_of({{CallState::offering, 1}, {CallState::connected, 2}});
  EXPECT_EQ(talk_time(record, {seconds(9), {}}), seconds(7));
}

TEST(Durations, OfAnUnansweredCallAreZero) {
  const Record record = record_of({{CallState::dialing, 1}, {CallState::idle, 5}});
  EXPECT_EQ(time_to_answer(record).count(), 0);
  EXPECT_EQ(talk_time(record, {seconds(9), {}}).count(), 0);
  EXPECT_EQ(talk_time(Record{}, {seconds(9), {}}).count(), 0);
}

}  // namespace
}  // namespace switchhook
