// SPDX-License-Identifier: Apache-2.0
#pragma once

// Time as an injected thing, so that tests and the simulator can own it. `SystemClock` is the real
// one; `ManualClock` moves only when told. Threads: SystemClock any; ManualClock its owner's.

#include <chrono>

#include "switchhook/types.hpp"

namespace switchhook::base {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Moment now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Moment now() const override {
    using namespace std::chrono;
    return {duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()),
            duration_cast<microseconds>(system_clock::now().time_since_epoch())};
  }
};

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Moment start = {std::chrono::seconds(1), std::chrono::seconds(1700000000)})
      : now_(start) {}
  [[nodiscard]] Moment now() const override { return now_; }
  void advance(std::chrono::nanoseconds by) {
    now_.monotonic += by;
    now_.wall += std::chrono::duration_cast<std::chrono::microseconds>(by);
  }
  /// Moves forward to a monotonic time; never back.
  void advance_to(std::chrono::nanoseconds monotonic) {
    if (monotonic > now_.monotonic) advance(monotonic - now_.monotonic);
  }
  /// Somebody sets the wall clock.
  void jump(std::chrono::microseconds by) { now_.wall += by; }

 private:
  Moment now_;
};

}  // namespace switchhook::base
