// SPDX-License-Identifier: Apache-2.0
#pragma once

// An application's dispatch thread: runs what is posted to it, in order, one after the other, with
// no lock held. A program is called back here and nowhere else. The thread begins with the first
// task, so that an application that takes its messages itself has none. The queue is bounded by
// limits::kTasks: faces post a task for each object that has something to tell, not for each event,
// or for each event of an object that exists. A program that polls has no such thread: after
// descriptor() its tasks run in run_waiting(), on a thread of the program.
// Threads: all functions any thread, also the dispatch thread itself. Ownership: the thread shares
// what it works on, and ends by itself.

#include <chrono>
#include <cstddef>
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
  /// From now on nothing is run but by run_waiting(), and by drain(): the descriptor is readable while
  /// tasks wait. What was posted to run after a pause still runs on a thread of its own: those are
  /// the library's. -1 when stopped, or when there is no such descriptor. Ownership: the dispatcher's.
  [[nodiscard]] int descriptor();
  /// Runs the tasks that wait now, here. @return how many; 0 within one, and without descriptor().
  std::size_t run_waiting();
  /// Waits until everything posted before has run. False when the time was up. True at once on the
  /// dispatch thread, and when stopped. After descriptor() it runs them itself.
  [[nodiscard]] bool drain(std::chrono::milliseconds timeout);
  /// No task begins any more; those that wait are destroyed here. Outside of a task: waits until the
  /// running one has returned.
  void stop();
  [[nodiscard]] bool stopping() const;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace switchhook::client
