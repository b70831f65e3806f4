// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the provider holds, counted by tokens: a token books one of something, and gives it back
// with its own end. Nothing else counts. Threads: the SIP thread. Ownership: counters outlive their
// tokens.

#include <array>
#include <cstdint>
#include <utility>

#include "switchhook/types.hpp"

namespace switchhook::sip {

class Counter {
 public:
  /// One of what is counted, or none.
  class Token {
   public:
    Token() = default;
    explicit Token(Counter& counter) : counter_(&counter) { ++counter.held_; }
    Token(Token&& other) noexcept : counter_(std::exchange(other.counter_, nullptr)) {}
    Token& operator=(Token&& other) noexcept {
      const Token before(std::move(*this));
      counter_ = std::exchange(other.counter_, nullptr);
      return *this;
    }
    ~Token() {
      if (counter_ != nullptr) --counter_->held_;
    }

   private:
    Counter* counter_ = nullptr;  // (ref)
  };

  Counter() = default;
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;
  [[nodiscard]] Token book() { return Token(*this); }
  [[nodiscard]] std::int64_t held() const { return held_; }

 private:
  std::int64_t held_ = 0;
};

/// A counter for each resource of calls.
class Ledger {
 public:
  /// Books one, and notes in `taken` that it was had.
  [[nodiscard]] Counter::Token take(Resource resource, ResourceCounts& taken) {
    ++taken[static_cast<std::size_t>(resource)];
    return (*this)[resource].book();
  }
  [[nodiscard]] Counter& operator[](Resource resource) {
    return counters_[static_cast<std::size_t>(resource)];
  }

 private:
  std::array<Counter, kResourceCount> counters_;
};

}  // namespace switchhook::sip
