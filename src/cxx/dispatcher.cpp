// SPDX-License-Identifier: Apache-2.0
#include "cxx/dispatcher.hpp"

#include "base/limits.hpp"
#include "cxx/deadline.hpp"

namespace switchhook::detail {

namespace {
/// A task per identifier and per opened line, and some for the application and for drain().
constexpr std::size_t kTasks = limits::kIdentifiers + limits::kLineOpenings + 1024;
}  // namespace

Dispatcher::Dispatcher() : tasks_(kTasks) {}

Dispatcher::~Dispatcher() = default;

std::shared_ptr<Dispatcher> Dispatcher::start() {
  std::shared_ptr<Dispatcher> self(new Dispatcher);  // NOLINT: private constructor
  base::Lock lock(self->mutex_);
  self->thread_ = std::thread([self] { self->run(); });
  return self;
}

void Dispatcher::post(Task task) {
  // Refused only when stopped: the bound cannot be reached, see kTasks.
  static_cast<void>(tasks_.push(std::move(task)));
}

void Dispatcher::post_after(std::chrono::milliseconds pause, Task task) {
  {
    base::Lock lock(mutex_);
    if (stopping()) return;  // under the lock: the thread has not emptied the list yet otherwise
    deferred_.emplace(deadline_in(pause), std::move(task));
  }
  post([] {});  // the thread looks at the clock again
}

bool Dispatcher::drain(std::chrono::milliseconds timeout) {
  if (on_this_thread() || stopping()) return true;
  struct Barrier {
    base::Mutex mutex;
    base::Condition passed;
    bool done = false;  // guarded by mutex
  };
  auto barrier = std::make_shared<Barrier>();
  post([barrier] {
    {
      base::Lock lock(barrier->mutex);
      barrier->done = true;
    }
    barrier->passed.notify_all();
  });
  const auto deadline = deadline_in(timeout);
  base::Lock lock(barrier->mutex);
  while (!barrier->done && !stopping()) {
    // A stop drops the barrier unrun, so look now and then.
    const auto look = std::min(deadline, deadline_in(std::chrono::milliseconds(100)));
    if (barrier->passed.wait_until(barrier->mutex, look) == std::cv_status::timeout &&
        look == deadline && !barrier->done)
      return stopping();
  }
  return true;
}

/// The next task, waited for; nothing when the queue is closed and empty.
std::optional<Dispatcher::Task> Dispatcher::next() {
  while (true) {
    std::optional<std::chrono::steady_clock::time_point> due;
    {
      base::Lock lock(mutex_);
      if (!deferred_.empty()) {
        auto first = deferred_.begin();
        due = first->first;
        if (*due <= std::chrono::steady_clock::now()) {
          std::optional<Task> task(std::move(first->second));
          deferred_.erase(first);
          return task;
        }
      }
    }
    std::optional<Task> task =
        due ? tasks_.pop(*due - std::chrono::steady_clock::now()) : tasks_.pop();
    if (task || !due || tasks_.closed()) return task;
  }
}

void Dispatcher::run() noexcept {
  thread_id_ = std::this_thread::get_id();
  while (std::optional<Task> task = next()) {
    if (!stopping()) (*task)();
    // What is left after a stop is let go of here, one by one, with no lock held.
  }
  decltype(deferred_) left;
  {
    base::Lock lock(mutex_);
    left.swap(deferred_);
  }
  left.clear();
  {
    base::Lock lock(mutex_);
    has_finished_ = true;
  }
  finished_.notify_all();
}

void Dispatcher::stop() {
  stopping_.store(true, std::memory_order_release);
  tasks_.close();
  std::thread thread;
  {
    base::Lock lock(mutex_);
    thread = std::move(thread_);
  }
  if (on_this_thread()) {
    if (thread.joinable()) thread.detach();
    return;
  }
  if (thread.joinable()) {
    thread.join();
    return;
  }
  base::Lock lock(mutex_);
  while (!has_finished_) finished_.wait(mutex_);
}

}  // namespace switchhook::detail
