// SPDX-License-Identifier: Apache-2.0
#pragma once

// Randomness from a seed, the same on every machine (the standard library's distributions are not).
// Threads: one at a time.

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace switchhook::simulator {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  /// SplitMix64.
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// 0 … bound-1; bound above 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <typename List>
  auto& pick(List& list) {
    return list[static_cast<std::size_t>(below(std::size(list)))];
  }
  /// Another stream, independent of what this one gives later.
  Random fork() { return Random(next()); }

 private:
  std::uint64_t state_;
};

}  // namespace switchhook::simulator
