// SPDX-License-Identifier: Apache-2.0
#pragma once

// The application's dispatch thread: runs the program's callbacks one after the other, with no lock
// held. Its queue holds one task for each session or line that has something to tell, not one per
// event, so its length is bounded by what the program holds. Threads: all functions any thread,
// also the dispatch thread itself. Ownership: shared; the thread keeps it alive until it has ended.

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include "base/bounded_queue.hpp"

namespace switchhook::detail {

class Dispatcher : public std::enable_shared_from_this<Dispatcher> {
 public:
  using Task = std::function<void()>;  ///< must not throw: the program ends if a callback does

  static std::shared_ptr<Dispatcher> start();
  ~Dispatcher();

  /// Runs the task soon; drops it when stopped.
  void post(Task task);
  /// The same, after a pause: for trying again what the service would not take.
  void post_after(std::chrono::milliseconds pause, Task task);
  /// Waits until everything posted before has run. False when the time was up. True at once on the
  /// dispatch thread, and when stopped.
  [[nodiscard]] bool drain(std::chrono::milliseconds timeout);
  /// No task begins any more. Off the dispatch thread: waits until the running one has returned.
  void stop();
  [[nodiscard]] bool stopping() const { return stopping_.load(std::memory_order_acquire); }

 private:
  Dispatcher();
  void run() noexcept;
  std::optional<Task> next();
  [[nodiscard]] bool on_this_thread() const {
    return thread_id_.load() == std::this_thread::get_id();
  }

  base::BoundedQueue<Task> tasks_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::thread::id> thread_id_;
  base::Mutex mutex_;
  base::Condition finished_;
  std::multimap<std::chrono::steady_clock::time_point, Task> deferred_
      SWITCHHOOK_GUARDED_BY(mutex_);
  bool has_finished_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  std::thread thread_ SWITCHHOOK_GUARDED_BY(mutex_);
};

}  // namespace switchhook::detail
