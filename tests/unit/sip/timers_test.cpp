// SPDX-License-Identifier: Apache-2.0
// The provider is woken for the earliest of its timers, whichever was set first.
#include "providers/sip/timers.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace switchhook::sip {
namespace {

using std::chrono::milliseconds;

class TimersTest : public ::testing::Test {
 protected:
  Timers::Alarm set(milliseconds after) { return timers_.set(ProviderTimer::orphans, after); }

  Timers::Time now_{1000};
  std::vector<Timers::Time> woken_;
  Timers timers_{[this] { return now_; }, [this](Timers::Time at) { woken_.push_back(at); }};
};

/// One compiler looked for the earliest before it had put the new one in: no timer ever ran.
TEST_F(TimersTest, TheFirstOneAndEachThatIsEarlierThanAllOthersAsksToBeWoken) {
  const Timers::Alarm first = set(milliseconds(200));
  EXPECT_EQ(woken_, (std::vector<Timers::Time>{now_ + milliseconds(200)}));
  const Timers::Alarm later = set(milliseconds(300));
  EXPECT_EQ(woken_.size(), 1u);
  const Timers::Alarm earlier = set(milliseconds(100));
  ASSERT_EQ(woken_.size(), 2u);
  EXPECT_EQ(woken_[1], now_ + milliseconds(100));
  const Timers::Alarm same = set(milliseconds(100));
  EXPECT_EQ(woken_.size(), 2u) << "it comes behind the one that is there";
}

TEST_F(TimersTest, AfterTheLastOneIsGoneTheNextIsTheFirstAgain) {
  { const Timers::Alarm given_up = set(milliseconds(100)); }
  EXPECT_EQ(timers_.next(), std::nullopt);
  const Timers::Alarm next = set(milliseconds(500));
  ASSERT_EQ(woken_.size(), 2u);
  EXPECT_EQ(woken_[1], now_ + milliseconds(500));
}

TEST_F(TimersTest, AreTakenInTheOrderOfTheirTimes) {
  const Timers::Alarm second = timers_.set({.of = TimerOf::call, .owner = 2}, milliseconds(20));
  const Timers::Alarm first = timers_.set({.of = TimerOf::call, .owner = 1}, milliseconds(10));
  EXPECT_EQ(timers_.take(now_ + milliseconds(9)), std::nullopt);
  EXPECT_EQ(timers_.take(now_ + milliseconds(20))->owner, 1u);
  EXPECT_EQ(timers_.take(now_ + milliseconds(20))->owner, 2u);
  EXPECT_EQ(timers_.take(now_ + milliseconds(20)), std::nullopt);
}

}  // namespace
}  // namespace switchhook::sip
