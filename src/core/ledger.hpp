// SPDX-License-Identifier: Apache-2.0
#pragma once

// The engine's side of the books: every resource that exists because of a session is booked when it
// is acquired and when it is returned. The audit counts again by walking the tables; a difference
// is an alarm. Threads: the engine's.

#include <array>
#include <cstdint>

#include "switchhook/types.hpp"

namespace switchhook::core {

class Ledger {
 public:
  using Counts = std::array<std::int64_t, kResourceCount>;

  void acquire(Resource resource) { ++counts_[static_cast<std::size_t>(resource)]; }
  void give_back(Resource resource) { --counts_[static_cast<std::size_t>(resource)]; }
  [[nodiscard]] std::int64_t booked(Resource resource) const {
    return counts_[static_cast<std::size_t>(resource)];
  }

 private:
  Counts counts_{};
};

}  // namespace switchhook::core
