// SPDX-License-Identifier: Apache-2.0
// Counting durations by spans.
#include <gtest/gtest.h>

#include "switchhook/types.hpp"

namespace switchhook {
namespace {

using namespace std::chrono_literals;

TEST(DurationCounts, ADurationFallsIntoTheFirstSpanThatHoldsIt) {
  DurationCounts counts;
  counts.add(0s);
  counts.add(250us);
  EXPECT_EQ(counts.counts[0], 2u);
  counts.add(251us);
  counts.add(500us);
  EXPECT_EQ(counts.counts[1], 2u);
  counts.add(24h);
  EXPECT_EQ(counts.counts[DurationCounts::kSpans - 1], 1u) << "the last has no limit";
  EXPECT_EQ(counts.total(), 5u);
}

TEST(DurationCounts, AShareIsReachedInTheSpanOfItsLastDuration) {
  DurationCounts counts;
  EXPECT_EQ(counts.within(50), 0us) << "of none";
  for (int i = 0; i < 99; ++i) counts.add(1ms);
  counts.add(30s);
  EXPECT_EQ(counts.within(50), 1ms);
  EXPECT_EQ(counts.within(99), 1ms);
  EXPECT_EQ(counts.within(100), 32768ms);
}

}  // namespace
}  // namespace switchhook
