// SPDX-License-Identifier: Apache-2.0
#pragma once

// Time that passes only when it is told to: a queue of tasks, run in order of their time and, at
// the same time, in the order in which they were made. Threads: one. Ownership: owns the tasks.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace switchhook::sip::races {

using std::chrono::milliseconds;

class Clock {
 public:
  using Task = std::function<void()>;
  using Id = std::uint64_t;  ///< 0 = none

  [[nodiscard]] milliseconds now() const { return now_; }

  Id at(milliseconds when, Task task) {
    const Id id = ++last_;
    const milliseconds due = when < now_ ? now_ : when;
    tasks_.emplace(std::pair{due, id}, std::move(task));
    due_.emplace(id, due);
    return id;
  }
  Id after(milliseconds delay, Task task) { return at(now_ + delay, std::move(task)); }

  void cancel(Id& id) {
    if (const auto found = due_.find(id); found != due_.end()) {
      tasks_.erase({found->second, id});
      due_.erase(found);
    }
    id = 0;
  }

  /// When there is something to do.
  [[nodiscard]] std::optional<milliseconds> next() const {
    if (tasks_.empty()) return std::nullopt;
    return tasks_.begin()->first.first;
  }

  /// Lets time pass.
  void pass_until(milliseconds when) {
    static_cast<void>(run(when));
    if (when > now_) now_ = when;
  }

  /// Runs until nothing is left to do; false when that takes longer than `limit`.
  [[nodiscard]] bool run(milliseconds limit) {
    while (!tasks_.empty()) {
      const auto first = tasks_.begin();
      if (first->first.first > limit) return false;
      now_ = first->first.first;
      const Task task = std::move(first->second);
      due_.erase(first->first.second);
      tasks_.erase(first);
      task();
    }
    return true;
  }

 private:
  milliseconds now_{0};
  Id last_ = 0;
  std::map<std::pair<milliseconds, Id>, Task> tasks_;
  std::map<Id, milliseconds> due_;
};

}  // namespace switchhook::sip::races
