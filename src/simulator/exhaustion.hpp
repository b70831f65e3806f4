// SPDX-License-Identifier: Apache-2.0
#pragma once

// Small-scope exhaustion: up to two applications, one session, one provider, and every pair of
// ending events, in every phase of the call, in every order in which the messages that are on
// their way can arrive. Nothing is random: every combination is tried. Threads: one.

#include <cstdint>
#include <string>
#include <vector>

#include "simulator/invariants.hpp"

namespace switchhook::simulator {

struct ExhaustionOptions {
  unsigned part = 1;  ///< only every so manieth scenario; 1 = all
};

struct ExhaustionReport {
  std::uint64_t scenarios = 0;      ///< phase x applications x pair of endings
  std::uint64_t interleavings = 0;  ///< orders that were lived to the end
  std::uint64_t steps = 0;
  std::uint64_t states = 0;     ///< distinct ones of the whole world
  std::string broken_scenario;  ///< of the first finding, with the ladder of how it came about
  std::vector<Finding> findings;
  [[nodiscard]] std::string text() const;
};

[[nodiscard]] ExhaustionReport exhaust(const ExhaustionOptions& options);

}  // namespace switchhook::simulator
