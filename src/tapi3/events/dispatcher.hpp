// SPDX-License-Identifier: Apache-2.0
#pragma once

// The TAPI thread: runs what is posted to it, in order, one at a time, with no lock held. A
// program's event sinks are called here and nowhere else.
// Threads: all functions any thread. Ownership: the thread keeps what it needs alive by itself.

#include <functional>
#include <memory>
#include <thread>

#include "base/mutex.hpp"

namespace switchhook::tapi3 {

class Dispatcher {
 public:
  Dispatcher();
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  /// False when it was stopped; `work` is then destroyed here, on the caller's thread.
  bool post(std::function<void()> work);
  /// Nothing begins to run any more. Returns when what runs has returned; at once on the thread
  /// itself. What was not run is destroyed on the caller's thread.
  void stop();
  [[nodiscard]] bool on_this_thread() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
  base::Mutex mutex_;
  std::thread thread_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::thread::id id_;
};

}  // namespace switchhook::tapi3
