// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "simulator/life.hpp"

namespace switchhook::simulator {
namespace {

constexpr unsigned kTries = 2000;

}  // namespace

std::optional<Invariant> broken_by(const LifeOptions& options) {
  const LifeReport report = live(options);
  if (report.findings.empty()) return std::nullopt;
  return report.findings.front().invariant;
}

/// Leaves out ever smaller blocks of steps for as long as what breaks is the same. Every step has
/// its own randomness, so that leaving one out does not change what the others try.
LifeOptions shrink(const LifeOptions& options, const Trial& trial) {
  LifeOptions best = options;
  best.ladder = nullptr;
  const std::optional<Invariant> broken = trial(best);
  std::vector<unsigned> steps;
  for (unsigned step = 0; step < options.steps; ++step)
    if (!options.only || options.only->contains(step)) steps.push_back(step);
  unsigned tries = 0;
  for (std::size_t block = std::max<std::size_t>(1, steps.size() / 2); tries < kTries;) {
    bool smaller = false;
    for (std::size_t at = 0; at < steps.size() && tries < kTries; ++tries) {
      std::vector<unsigned> fewer(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(at));
      const std::size_t end = std::min(at + block, steps.size());
      fewer.insert(fewer.end(), steps.begin() + static_cast<std::ptrdiff_t>(end), steps.end());
      best.only = std::set<unsigned>(fewer.begin(), fewer.end());
      if (trial(best) == broken) {
        steps = std::move(fewer);
        smaller = true;
      } else {
        at = end;
      }
    }
    if (block > 1)
      block /= 2;
    else if (!smaller)
      break;
  }
  best.only = std::set<unsigned>(steps.begin(), steps.end());
  best.ladder = options.ladder;
  return best;
}

}  // namespace switchhook::simulator
