// SPDX-License-Identifier: Apache-2.0
#pragma once

// An application's dispatch thread: runs what is posted to it, in order, one after the other, with
// no lock held. A program is called back here and nowhere else. The thread begins with the first
// task, so that an application that takes its messages itself has none. The queue is bounded by
// limits::kTasks: faces post a task for each object that has something to tell, not for each event,
// or for each event of an object that exists.
// Threads: all functions any thread, also the dispatch thread itself. Ownership: the thread shares
// what it works on, and ends by itself.

#include <chrono>
#include <functional>
#include <memory>

#include "base/mutex.hpp"

namespace switchhook::client {

class Dispatcher {
 public:
  using Task = std::function<void()>;  ///< must not throw: the program ends if a callback does

  Dispatcher();
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  /// Runs the task soon. False when stopped, or when the queue is full: it is destroyed at once.
  bool post(Task task);
  /// The same, after a pause: for trying again what the service would not take.
  void post_after(std::chrono::milliseconds pause, Task task);
  /// Waits until everything posted before has run. False when the time was up. True at once on the
  /// dispatch thread, and when stopped.
  [[nodiscard]] bool drain(std::chrono::milliseconds timeout);
  /// No task begins any more; those that wait are destroyed here. Off the dispatch thread: waits
  /// until the running one has returned.
  void stop();
  [[nodiscard]] bool stopping() const;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace switchhook::client
