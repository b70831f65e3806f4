// SPDX-License-Identifier: Apache-2.0
#pragma once

// One life of the whole core from a seed: applications of differing habits, two providers (one of
// them faulty), virtual time; checked after every step, and to the end: everything zero, one record
// for each session. Threads: one. docs/simulation.md says what is real and what is replaced.

#include <cstdint>
#include <string>
#include <vector>

#include "simulator/faulty_provider.hpp"

namespace switchhook::simulator {

struct LifeOptions {
  std::uint64_t seed = 1;
  unsigned steps = 300;
  bool trace = false;
};

struct LifeReport {
  std::uint64_t seed = 0;
  std::uint64_t steps = 0;
  std::uint64_t sessions = 0;  ///< records made
  std::uint64_t digest = 0;    ///< of all states that all applications heard, in order
  std::vector<std::string> findings;
};

[[nodiscard]] LifeReport live(const LifeOptions& options);

}  // namespace switchhook::simulator
