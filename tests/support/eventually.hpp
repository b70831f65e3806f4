// SPDX-License-Identifier: Apache-2.0
#pragma once

// Waiting for what another thread or process brings about. Threads: any.

#include <chrono>
#include <thread>

namespace switchhook::test {

/// Waits until `condition` holds, looking again and again. False when the time is up.
template <typename Condition>
bool eventually(Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (int looks = 0; !condition(); ++looks) {
    if (std::chrono::steady_clock::now() >= deadline) return condition();
    if (looks < 100)
      std::this_thread::yield();
    else
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace switchhook::test
