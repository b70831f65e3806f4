// SPDX-License-Identifier: Apache-2.0
#include "client/dispatcher.hpp"

#include <deque>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "base/limits.hpp"
#include "base/process.hpp"
#include "client/deadline.hpp"
#include "client/doorbell.hpp"

namespace switchhook::client {

struct Dispatcher::State {
  const base::OwnProcess process;  // in a forked child there is no thread, and locks may be held
  base::Mutex mutex;
  base::Condition changed;
  std::deque<Task> tasks SWITCHHOOK_GUARDED_BY(mutex);
  std::multimap<std::chrono::steady_clock::time_point, Task> deferred SWITCHHOOK_GUARDED_BY(mutex);
  std::uint64_t posted SWITCHHOOK_GUARDED_BY(mutex) =
      0;                                               ///< tasks so far, the deferred not counted
  std::uint64_t run SWITCHHOOK_GUARDED_BY(mutex) = 0;  ///< of these
  bool stopping SWITCHHOOK_GUARDED_BY(mutex) = false;
  bool finished SWITCHHOOK_GUARDED_BY(mutex) = false;
  std::thread thread SWITCHHOOK_GUARDED_BY(mutex);
  std::thread::id id SWITCHHOOK_GUARDED_BY(mutex);
  std::unique_ptr<Doorbell> bell
      SWITCHHOOK_GUARDED_BY(mutex);                     ///< null = the program does not poll
  std::thread::id runner SWITCHHOOK_GUARDED_BY(mutex);  ///< who runs a posted task now

  [[nodiscard]] bool within() SWITCHHOOK_REQUIRES(mutex) {
    return id == std::this_thread::get_id() || runner == std::this_thread::get_id();
  }
  [[nodiscard]] bool run_by_another() SWITCHHOOK_REQUIRES(mutex) {
    return runner != std::thread::id() && runner != std::this_thread::get_id();
  }
  static void begin(const std::shared_ptr<State>& self) SWITCHHOOK_REQUIRES(self->mutex) {
    if (self->id != std::thread::id()) return;
    self->thread = std::thread([self] { self->work(); });
    self->id = self->thread.get_id();
  }
  Task take() SWITCHHOOK_REQUIRES(mutex) {
    Task task = std::move(tasks.front());
    tasks.pop_front();
    runner = std::this_thread::get_id();
    return task;
  }
  void done() {
    base::Lock lock(mutex);
    ++run;
    if (runner == std::this_thread::get_id()) runner = {};
    changed.notify_all();
  }
  std::optional<Task> next();
  std::optional<Task> next_waiting();
  void work() noexcept;
};

/// The next task of its own thread, waited for; nothing when stopped.
std::optional<Dispatcher::Task> Dispatcher::State::next() {
  base::Lock lock(mutex);
  while (!stopping) {
    const auto first = deferred.begin();
    if (first != deferred.end() && first->first <= std::chrono::steady_clock::now()) {
      ++posted;  // from now on it is one of the others
      return std::move(deferred.extract(first).mapped());
    }
    if (!tasks.empty() && !bell) return take();
    if (first == deferred.end())
      changed.wait(mutex);
    else
      changed.wait_until(mutex, std::chrono::steady_clock::time_point(first->first));
  }
  return std::nullopt;
}

void Dispatcher::State::work() noexcept {
  while (std::optional<Task> task = next()) {
    (*task)();
    task.reset();
    done();
  }
  base::Lock lock(mutex);
  finished = true;
  changed.notify_all();
}

/// The next one of a program that polls; nothing when there is none.
std::optional<Dispatcher::Task> Dispatcher::State::next_waiting() {
  base::Lock lock(mutex);
  while (run_by_another() && !stopping) changed.wait(mutex);
  if (stopping || !bell || tasks.empty()) return std::nullopt;
  return take();
}

int Dispatcher::descriptor() {
  base::Lock lock(state_->mutex);
  if (state_->stopping) return -1;
  if (!state_->bell) {
    state_->bell = Doorbell::make();
    if (!state_->bell) return -1;
    if (!state_->tasks.empty()) state_->bell->ring();
  }
  return state_->bell->descriptor();
}

std::size_t Dispatcher::run_waiting() {
  std::size_t most = 0, count = 0;
  {
    base::Lock lock(state_->mutex);
    if (!state_->bell || state_->within()) return 0;
    state_->bell->silence();
    most = state_->tasks.size();  // those that come meanwhile get the next turn
  }
  while (count < most) {
    std::optional<Task> task = state_->next_waiting();
    if (!task) break;
    (*task)();
    task.reset();
    state_->done();
    ++count;
  }
  base::Lock lock(state_->mutex);
  if (!state_->tasks.empty()) state_->bell->ring();
  return count;
}

Dispatcher::Dispatcher() : state_(std::make_shared<State>()) {}

Dispatcher::~Dispatcher() {
  if (state_->process.forked())
    static_cast<void>(new std::shared_ptr<State>(state_));  // NOLINT: never destroyed here
  else
    stop();
}

bool Dispatcher::stopping() const {
  if (state_->process.forked()) return true;
  base::Lock lock(state_->mutex);
  return state_->stopping;
}

bool Dispatcher::post(Task task) {
  if (state_->process.forked()) return false;
  base::Lock lock(state_->mutex);
  if (state_->stopping || state_->tasks.size() >= limits::kTasks) return false;
  state_->tasks.push_back(std::move(task));
  ++state_->posted;
  if (state_->bell)
    state_->bell->ring();
  else
    State::begin(state_);
  state_->changed.notify_all();
  return true;
}

void Dispatcher::post_after(std::chrono::milliseconds pause, Task task) {
  if (state_->process.forked()) return;
  base::Lock lock(state_->mutex);
  if (state_->stopping) return;
  state_->deferred.emplace(deadline_in(pause), std::move(task));
  State::begin(state_);
  state_->changed.notify_all();
}

bool Dispatcher::drain(std::chrono::milliseconds timeout) {
  if (state_->process.forked()) return true;
  const auto deadline = deadline_in(timeout);
  std::uint64_t until = 0;
  {
    base::Lock lock(state_->mutex);
    if (state_->within()) return true;
    until = state_->posted;
  }
  bool here = false;  // whether it is for this thread to run them
  while (true) {
    if (here) static_cast<void>(run_waiting());
    base::Lock lock(state_->mutex);
    if (state_->run >= until || state_->stopping) return true;
    here = state_->bell && !state_->tasks.empty() && !state_->run_by_another();
    if (here) continue;
    if (state_->changed.wait_until(state_->mutex, deadline) == std::cv_status::timeout)
      return state_->run >= until || state_->stopping;
  }
}

void Dispatcher::stop() {
  if (state_->process.forked()) return;
  std::deque<Task> unused;  // destroyed without the lock, as are those below
  decltype(State::deferred) never;
  std::thread thread;
  {
    base::Lock lock(state_->mutex);
    state_->stopping = true;
    unused.swap(state_->tasks);
    never.swap(state_->deferred);
    thread = std::move(state_->thread);
    state_->changed.notify_all();
    if (state_->id ==
        std::this_thread::get_id()) {  // it ends when the task that stops it has returned
      if (thread.joinable()) thread.detach();
      return;
    }
    while (state_->run_by_another() && state_->bell) state_->changed.wait(state_->mutex);
    if (!thread.joinable()) {
      if (state_->id == std::thread::id()) return;  // it never began
      while (!state_->finished) state_->changed.wait(state_->mutex);
      return;
    }
  }
  thread.join();
}

}  // namespace switchhook::client
