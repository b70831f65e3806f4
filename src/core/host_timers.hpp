// SPDX-License-Identifier: Apache-2.0
#pragma once

// The timers that an engine has asked its host for. Threads: the host's.

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace switchhook::core {

/// The engine's timers: set, moved and cleared by number, taken in the order in which they are due.
class Timers {
 public:
  void set(std::uint64_t timer, std::chrono::nanoseconds at) {
    clear(timer);
    at_.emplace(timer, at);
    order_.emplace(at, timer);
  }
  void clear(std::uint64_t timer) {
    const auto found = at_.find(timer);
    if (found == at_.end()) return;
    order_.erase({found->second, timer});
    at_.erase(found);
  }
  [[nodiscard]] std::optional<std::chrono::nanoseconds> next() const {
    if (order_.empty()) return std::nullopt;
    return order_.begin()->first;
  }
  /// The first timer that is due, taken out.
  std::optional<std::uint64_t> take_due(std::chrono::nanoseconds now) {
    if (order_.empty() || order_.begin()->first > now) return std::nullopt;
    const std::uint64_t timer = order_.begin()->second;
    clear(timer);
    return timer;
  }

 private:
  std::unordered_map<std::uint64_t, std::chrono::nanoseconds> at_;
  std::set<std::pair<std::chrono::nanoseconds, std::uint64_t>> order_;
};

}  // namespace switchhook::core
