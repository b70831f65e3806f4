// SPDX-License-Identifier: Apache-2.0
#pragma once

// Ctrl-C and SIGTERM, turned into a function call on a thread of their own. The first one calls the
// handler; the second one ends the program at once. Signals are caught, not blocked, so that a
// service started by this program does not inherit a mask. One object at a time.
// Threads: made and destroyed by one; the handler runs on the object's own thread.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace switchhook::cli {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// Sets what the first signal does; called at once when it came already. Without a handler the
  /// first signal ends the program. An empty one unsets it; a running one has then returned.
  void on_signal(std::function<void()> handler);
  /// Waits for the first signal, at most this long, with a handler set. True when it has come.
  bool wait(std::chrono::milliseconds time);
  /// 0 = none came; otherwise what to exit with (130, 143).
  [[nodiscard]] int exit_code() const { return exit_code_.load(); }

 private:
  void run();

  int pipe_[2] = {-1, -1};
  std::atomic<int> exit_code_ = 0;
  std::mutex mutex_;
  std::function<void()> handler_;  // guarded by mutex_
  std::condition_variable came_;
  std::thread thread_;
};

}  // namespace switchhook::cli
