// SPDX-License-Identifier: Apache-2.0
#pragma once

// The provider's timers: one queue, in order of time. An alarm belongs to its owner: destroying it
// cancels it. Pure: told the time, and asks to be woken. Threads: the SIP thread. Ownership:
// outlives its alarms.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace switchhook::sip {

/// The provider's own timers: `which` of a key.
enum class ProviderTimer : std::uint8_t { stop_limit, orphans, streams };

enum class TimerOf : std::uint8_t { call, dialog_of_call, dialog_of_orphan, line, provider };
/// Whose timer is due, and which of them.
struct TimerKey {
  TimerOf of = TimerOf::provider;
  std::uint64_t owner = 0;
  std::uint8_t index = 0, which = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): what the comparison is made of is no pointer
  friend auto operator<=>(const TimerKey&, const TimerKey&) = default;
};

class Timers {
 public:
  using Time = std::chrono::nanoseconds;
  using Of = TimerOf;
  using Key = TimerKey;

  class Alarm {
   public:
    Alarm() = default;
    Alarm(Alarm&& other) noexcept
        : timers_(std::exchange(other.timers_, nullptr)), entry_(std::move(other.entry_)) {}
    Alarm& operator=(Alarm&& other) noexcept {
      const Alarm before(std::move(*this));
      timers_ = std::exchange(other.timers_, nullptr);
      entry_ = other.entry_;
      return *this;
    }
    ~Alarm() {
      if (timers_ != nullptr) timers_->entries_.erase(entry_);
    }

   private:
    friend class Timers;
    Timers* timers_ = nullptr;  // (ref)
    std::tuple<Time, std::uint64_t, Key> entry_;
  };

  /// @param wake  is called with each time that is earlier than all others
  Timers(std::function<Time()> now, std::function<void(Time)> wake)
      : now_(std::move(now)), wake_(std::move(wake)) {}
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  [[nodiscard]] Alarm set(ProviderTimer which, std::chrono::milliseconds after) {
    return set({.of = Of::provider, .which = static_cast<std::uint8_t>(which)}, after);
  }
  [[nodiscard]] Alarm set(const Key& key, std::chrono::milliseconds after) {
    Alarm alarm;
    alarm.timers_ = this;
    alarm.entry_ = {now_() + after, ++last_, key};
    const auto entry = entries_.insert(alarm.entry_).first;  // before begin() is asked for
    if (entry == entries_.begin()) wake_(std::get<0>(alarm.entry_));
    return alarm;
  }
  /// Takes one that is due; its alarm is over.
  [[nodiscard]] std::optional<Key> take(Time at_most) {
    if (entries_.empty() || std::get<0>(*entries_.begin()) > at_most) return std::nullopt;
    return std::get<2>(entries_.extract(entries_.begin()).value());
  }
  [[nodiscard]] std::optional<Time> next() const {
    if (entries_.empty()) return std::nullopt;
    return std::get<0>(*entries_.begin());
  }
  [[nodiscard]] Time now() const { return now_(); }
  /// Counts those that run.
  template <typename Wanted>
  [[nodiscard]] std::int64_t count(Wanted wanted) const {
    std::int64_t found = 0;
    for (const auto& entry : entries_)
      if (wanted(std::get<2>(entry))) ++found;
    return found;
  }

 private:
  std::function<Time()> now_;
  std::function<void(Time)> wake_;
  std::set<std::tuple<Time, std::uint64_t, Key>> entries_;
  std::uint64_t last_ = 0;
};

}  // namespace switchhook::sip
