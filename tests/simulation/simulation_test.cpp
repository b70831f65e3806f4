// SPDX-License-Identifier: Apache-2.0
// Seeded lives of the service: a fixed set, so that what was right stays right, and fresh ones, so
// that something new is tried in every run; and all of what two applications can do to one session.
// A failure prints what repeats it.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "simulator/coverage.hpp"
#include "simulator/exhaustion.hpp"
#include "simulator/life.hpp"

namespace switchhook::simulator {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SWITCHHOOK_SLOW 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SWITCHHOOK_SLOW 1
#endif
#endif

#if defined(SWITCHHOOK_SLOW)
constexpr unsigned kFixed = 300, kFresh = 100, kPart = 50;
#elif !defined(NDEBUG)
constexpr unsigned kFixed = 2000, kFresh = 500, kPart = 10;
#else
constexpr unsigned kFixed = 20'000, kFresh = 2'000, kPart = 1;
#endif

void live_all(std::uint64_t first, unsigned count) {
  std::uint64_t sessions = 0;
  for (unsigned i = 0; i < count; ++i) {
    const LifeReport report = live({.seed = first + i});
    sessions += report.sessions;
    std::string findings;
    for (const Finding& finding : report.findings) findings += "\n  " + finding.text();
    ASSERT_TRUE(report.findings.empty())
        << "switchhook-simulate --lives 1 --seed " << report.seed << findings;
  }
  EXPECT_GT(sessions, count) << "lives in which nothing happens prove nothing";
}

TEST(Lives, OfTheFixedSeedsAreRightAndVisitEveryCellOfTheTable) {
  live_all(1, kFixed);
  const CoverageCount count = count_coverage();
  EXPECT_EQ(count.contradicted, "") << "listed as unreachable, and visited";
  if (kPart != 1) return;  // too few lives to visit all
  EXPECT_EQ(count.missing, "") << "not visited, and not listed as unreachable";
  std::printf("%s", coverage_text().c_str());
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

TEST(Lives, AreTheSameWhenSomebodyWritesThemDown) {
  Ladder ladder;
  const LifeReport told = live({.seed = 7, .ladder = &ladder}), untold = live({.seed = 7});
  EXPECT_EQ(told.digest, untold.digest);
  EXPECT_FALSE(ladder.empty());
}

TEST(Lives, OfDifferentSeedsDiffer) {
  EXPECT_NE(live({.seed = 1}).digest, live({.seed = 2}).digest);
}

TEST(Lives, WithoutFaultsHaveNone) {
  EXPECT_EQ(live({.seed = 3, .faults = false}).faults, 0u);
}

// Item by item what two applications, one session and one provider can do; docs/simulation.md.
TEST(Exhaustion, OfEveryPairOfEndingsInEveryOrderFindsNothing) {
  const ExhaustionReport report = exhaust({.part = kPart});
  std::printf("%s\n", report.text().c_str());
  EXPECT_TRUE(report.findings.empty());
  EXPECT_GT(report.interleavings, 10 * report.scenarios);
  EXPECT_GT(report.states, 500u);
}

TEST(Shrinking, LeavesOnlyWhatBreaksTheSame) {
  const auto needs = [](const LifeOptions& life, unsigned step) {
    return !life.only || life.only->contains(step);
  };
  unsigned trials = 0;
  const LifeOptions shrunk =
      shrink({.seed = 9, .steps = 300}, [&](const LifeOptions& life) -> std::optional<Invariant> {
        ++trials;
        if (needs(life, 17) && needs(life, 211)) return Invariant::completed_once;
        if (needs(life, 40)) return Invariant::one_record;  // another fault is not the same
        return std::nullopt;
      });
  EXPECT_EQ(shrunk.only, (std::set<unsigned>{17, 211}));
  EXPECT_EQ(shrunk.seed, 9u);
  EXPECT_LT(trials, 500u);
}

TEST(Ladders, ShowWhoSentWhatToWhomAsTextAndAsMermaid) {
  Ladder ladder;
  ladder.note(std::chrono::milliseconds(1500), "app", "engine", "drop");
  ladder.note(std::chrono::milliseconds(1501), "engine", "provider", "drop #1");
  ladder.note(std::chrono::milliseconds(1502), "provider", "engine", "idle");
  ladder.note(std::chrono::milliseconds(1503), "app", "vanishes");
  const std::string text = ladder.text(10);
  EXPECT_NE(text.find("    1.500 |-------------->|               |                drop"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("    1.502 |               |<--------------|                idle"),
            std::string::npos)
      << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
  EXPECT_EQ(ladder.mermaid(2),
            "sequenceDiagram\n"
            "  participant provider\n"
            "  participant engine\n"
            "  participant app\n"
            "  provider->>engine: idle\n"
            "  Note over app: vanishes\n");
}

TEST(Invariants, EachHasANameAndASentence) {
  for (std::size_t i = 0; i < kInvariantCount; ++i) {
    const auto invariant = static_cast<Invariant>(i);
    EXPECT_FALSE(name_of(invariant).empty());
    EXPECT_TRUE(words_of(invariant).ends_with('.'));
  }
}

}  // namespace
}  // namespace switchhook::simulator
