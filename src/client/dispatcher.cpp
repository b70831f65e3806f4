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

  [[nodiscard]] bool on_this_thread() SWITCHHOOK_REQUIRES(mutex) {
    return id == std::this_thread::get_id();
  }
  static void begin(const std::shared_ptr<State>& self) SWITCHHOOK_REQUIRES(self->mutex) {
    if (self->id != std::thread::id()) return;
    self->thread = std::thread([self] { self->work(); });
    self->id = self->thread.get_id();
  }
  std::optional<Task> next();
  void work() noexcept;
};

/// The next task, waited for; nothing when stopped.
std::optional<Dispatcher::Task> Dispatcher::State::next() {
  base::Lock lock(mutex);
  while (!stopping) {
    const auto first = deferred.begin();
    if (first != deferred.end() && first->first <= std::chrono::steady_clock::now()) {
      ++posted;  // from now on it is one of the others
      return std::move(deferred.extract(first).mapped());
    }
    if (!tasks.empty()) {
      Task task = std::move(tasks.front());
      tasks.pop_front();
      return task;
    }
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
    base::Lock lock(mutex);
    ++run;
    changed.notify_all();
  }
  base::Lock lock(mutex);
  finished = true;
  changed.notify_all();
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
  base::Lock lock(state_->mutex);
  if (state_->on_this_thread()) return true;
  const std::uint64_t until = state_->posted;
  while (state_->run < until && !state_->stopping) {
    if (state_->changed.wait_until(state_->mutex, deadline) == std::cv_status::timeout)
      return state_->run >= until || state_->stopping;
  }
  return true;
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
    if (state_->on_this_thread()) {  // it ends when the task that stops it has returned
      if (thread.joinable()) thread.detach();
      return;
    }
    if (!thread.joinable()) {
      if (state_->id == std::thread::id()) return;  // it never began
      while (!state_->finished) state_->changed.wait(state_->mutex);
      return;
    }
  }
  thread.join();
}

}  // namespace switchhook::client
