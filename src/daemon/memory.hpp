// SPDX-License-Identifier: Apache-2.0
#pragma once

// Gives memory that calls have left back to the system. The allocator keeps it otherwise: after
// 10,000 calls a quiet daemon would look as if they were still there. Threads: one at a time.
// Ownership: none; the process's heap.

#include <chrono>
#include <cstddef>

namespace switchhook::daemon {

class Memory {
 public:
  /// What is allocated. Threads: any.
  [[nodiscard]] static std::size_t in_use();
  /// What the system counts of this process. Threads: any.
  [[nodiscard]] static std::size_t resident();

  using Clock = std::chrono::steady_clock;

  /// To be called now and then. Trims the heap when much of it lies free, at most every ten
  /// seconds: it takes milliseconds. @return whether it did.
  bool keep_small(Clock::time_point now);

 private:
  Clock::time_point next_{};
};

}  // namespace switchhook::daemon
