// SPDX-License-Identifier: Apache-2.0
#pragma once

// Turns a time that a program is ready to wait into a point in time that cannot overflow.
// Threads: a plain function.

#include <algorithm>
#include <chrono>

namespace switchhook::client {

/// Now plus `timeout`; negative counts as 0, more than ten years as ten years.
[[nodiscard]] inline std::chrono::steady_clock::time_point deadline_in(
    std::chrono::milliseconds timeout) {
  using namespace std::chrono;
  return steady_clock::now() + std::clamp<milliseconds>(timeout, milliseconds(0), hours(24 * 3653));
}

}  // namespace switchhook::client
