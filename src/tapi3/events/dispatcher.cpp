// SPDX-License-Identifier: Apache-2.0
#include "tapi3/events/dispatcher.hpp"

#include <deque>

namespace switchhook::tapi3 {

struct Dispatcher::State {
  base::Mutex mutex;
  base::Condition changed;
  std::deque<std::function<void()>> work SWITCHHOOK_GUARDED_BY(mutex);
  bool stopped SWITCHHOOK_GUARDED_BY(mutex) = false;

  void run() {
    for (;;) {
      std::function<void()> next;
      {
        base::Lock lock(mutex);
        while (!stopped && work.empty()) changed.wait(mutex);
        if (stopped) return;
        next = std::move(work.front());
        work.pop_front();
      }
      next();
    }
  }
};

Dispatcher::Dispatcher() : state_(std::make_shared<State>()) {
  thread_ = std::thread([state = state_] { state->run(); });
  id_ = thread_.get_id();
}

Dispatcher::~Dispatcher() {
  stop();
}

bool Dispatcher::on_this_thread() const {
  return std::this_thread::get_id() == id_;
}

bool Dispatcher::post(std::function<void()> work) {
  {
    base::Lock lock(state_->mutex);
    if (state_->stopped) return false;
    state_->work.push_back(std::move(work));
  }
  state_->changed.notify_one();
  return true;
}

void Dispatcher::stop() {
  std::deque<std::function<void()>> unused;  // destroyed outside the lock
  {
    base::Lock lock(state_->mutex);
    state_->stopped = true;
    unused.swap(state_->work);
  }
  state_->changed.notify_all();
  std::thread thread;
  {
    base::Lock lock(mutex_);
    thread = std::move(thread_);
  }
  if (!thread.joinable()) return;
  if (on_this_thread())
    thread.detach();  // it ends by itself once the work that stopped it has returned
  else
    thread.join();
}

}  // namespace switchhook::tapi3
