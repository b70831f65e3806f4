// SPDX-License-Identifier: Apache-2.0
// Seeded lives of the core: a fixed set, so that what was right stays right, and fresh ones, so
// that something new is tried in every run. A failure prints the seed that repeats it.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>

#include "simulator/life.hpp"

namespace switchhook::simulator {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr unsigned kFixed = 300, kFresh = 100;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr unsigned kFixed = 300, kFresh = 100;
#else
constexpr unsigned kFixed = 3000, kFresh = 1000;
#endif
#else
constexpr unsigned kFixed = 3000, kFresh = 1000;
#endif

void live_all(std::uint64_t first, unsigned count) {
  std::uint64_t sessions = 0;
  for (unsigned i = 0; i < count; ++i) {
    const LifeReport report = live({.seed = first + i});
    sessions += report.sessions;
    std::string findings;
    for (const std::string& finding : report.findings) findings += "\n  " + finding;
    ASSERT_TRUE(report.findings.empty())
        << "switchhook-simulate --seed " << report.seed << " --lives 1 --trace" << findings;
  }
  EXPECT_GT(sessions, count) << "lives in which nothing happens prove nothing";
}

TEST(Lives, OfTheFixedSeedsAreRight) {
  live_all(1, kFixed);
}

TEST(Lives, OfFreshSeedsAreRight) {
  const auto first =
      static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  std::printf("fresh seeds from %llu\n", static_cast<unsigned long long>(first));
  live_all(first, kFresh);
}

TEST(Lives, OfOneSeedAreTheSameEveryTime) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const LifeReport one = live({.seed = seed}), other = live({.seed = seed});
    EXPECT_EQ(one.digest, other.digest) << "seed " << seed;
    EXPECT_EQ(one.sessions, other.sessions) << "seed " << seed;
  }
}

TEST(Lives, OfDifferentSeedsDiffer) {
  EXPECT_NE(live({.seed = 1}).digest, live({.seed = 2}).digest);
}

}  // namespace
}  // namespace switchhook::simulator
