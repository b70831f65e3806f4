// SPDX-License-Identifier: Apache-2.0
#pragma once

// One life of the whole service from a seed: applications of differing habits, providers (some of
// them faulty), virtual time; checked after every step, and to the end: everything zero, one record
// for each session. Threads: one. docs/simulation.md says what is real and what is replaced.

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "simulator/faulty_provider.hpp"
#include "simulator/invariants.hpp"
#include "simulator/ladder.hpp"

namespace switchhook::simulator {

struct LifeOptions {
  std::uint64_t seed = 1;
  unsigned steps = 300;
  std::optional<std::set<unsigned>> only;  ///< these steps of it; empty = all
  bool faults = true;                      ///< false: everything works, nothing is late
  Ladder* ladder = nullptr;                ///< (ref) filled when there is one
};

struct LifeReport {
  std::uint64_t seed = 0;
  std::uint64_t steps = 0;
  std::uint64_t sessions = 0;  ///< records made
  std::uint64_t faults = 0;    ///< injected
  std::uint64_t digest = 0;    ///< of all states that all applications heard, in order
  std::vector<Finding> findings;
};

/// The same report for the same options, always.
[[nodiscard]] LifeReport live(const LifeOptions& options);

/// What a life breaks; empty = nothing.
using Trial = std::function<std::optional<Invariant>(const LifeOptions&)>;
/// live(), as a trial.
[[nodiscard]] std::optional<Invariant> broken_by(const LifeOptions& options);

/// The fewest steps found, in a bounded number of trials, that break the same invariant.
/// Precondition: trial(options) breaks one.
[[nodiscard]] LifeOptions shrink(const LifeOptions& options, const Trial& trial = broken_by);

}  // namespace switchhook::simulator
