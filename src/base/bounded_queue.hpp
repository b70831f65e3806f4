// SPDX-License-Identifier: Apache-2.0
#pragma once

// A queue between threads with a named limit. `push` never blocks: a full queue says so. `pop`
// waits until there is something, the time is up, or the queue is closed. Threads: any, both ends.

#include <chrono>
#include <deque>
#include <optional>
#include <utility>

#include "base/mutex.hpp"

namespace switchhook::base {

template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t limit) : limit_(limit) {}

  /// False when the queue is full or closed; the value is then left untouched.
  [[nodiscard]] bool push(T&& value) SWITCHHOOK_EXCLUDES(mutex_) {
    {
      Lock lock(mutex_);
      if (closed_ || items_.size() >= limit_) return false;
      items_.push_back(std::move(value));
    }
    ready_.notify_one();
    return true;
  }

  /// Waits at most `timeout`; nothing when the time is up or the queue is closed and empty.
  std::optional<T> pop(std::chrono::nanoseconds timeout) SWITCHHOOK_EXCLUDES(mutex_) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    Lock lock(mutex_);
    while (items_.empty() && !closed_)
      if (ready_.wait_until(mutex_, deadline) == std::cv_status::timeout) break;
    return take();
  }

  /// Waits without limit; nothing only when the queue is closed and empty.
  std::optional<T> pop() SWITCHHOOK_EXCLUDES(mutex_) {
    Lock lock(mutex_);
    while (items_.empty() && !closed_) ready_.wait(mutex_);
    return take();
  }

  std::optional<T> try_pop() SWITCHHOOK_EXCLUDES(mutex_) {
    Lock lock(mutex_);
    return take();
  }

  /// Removes all queued items for which `unwanted` holds; returns how many. `unwanted` must be
  /// quick.
  template <typename Predicate>
  std::size_t remove_if(Predicate unwanted) SWITCHHOOK_EXCLUDES(mutex_) {
    Lock lock(mutex_);
    return std::erase_if(items_, unwanted);
  }

  /// Wakes all waiters; later pushes are refused, what is queued can still be taken.
  void close() SWITCHHOOK_EXCLUDES(mutex_) {
    {
      Lock lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
  }

  [[nodiscard]] bool closed() const SWITCHHOOK_EXCLUDES(mutex_) {
    Lock lock(mutex_);
    return closed_;
  }
  [[nodiscard]] std::size_t size() const SWITCHHOOK_EXCLUDES(mutex_) {
    Lock lock(mutex_);
    return items_.size();
  }

 private:
  std::optional<T> take() SWITCHHOOK_REQUIRES(mutex_) {
    if (items_.empty()) return std::nullopt;
    std::optional<T> value(std::move(items_.front()));
    items_.pop_front();
    return value;
  }

  const std::size_t limit_;
  mutable Mutex mutex_;
  Condition ready_;
  std::deque<T> items_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool closed_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
};

}  // namespace switchhook::base
