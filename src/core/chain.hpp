// SPDX-License-Identifier: Apache-2.0
#pragma once

// A doubly linked chain through objects that live elsewhere (in the engine's tables, where they do
// not move). Adding and removing cost nothing and allocate nothing. An object is on at most one
// chain per tag. The links hold no ownership: an object takes itself off its chains before it goes.
// Threads: the engine's.

#include <cstddef>

#include "base/assert.hpp"

namespace switchhook::core {

/// To be derived from by what shall be chained.
template <typename T, typename Tag>
struct Linked {
  T* prev = nullptr;  // (ref)
  T* next = nullptr;  // (ref)
  bool chained = false;
};

template <typename T, typename Tag>
class Chain {
 public:
  [[nodiscard]] T* front() const { return head_; }
  [[nodiscard]] bool empty() const { return head_ == nullptr; }
  [[nodiscard]] static T* next(const T& item) { return link(item).next; }
  /// Whether the item is on this or another chain of this tag.
  [[nodiscard]] static bool chained(const T& item) { return link(item).chained; }

  void push_back(T& item) {
    SWITCHHOOK_ASSERT(!link(item).chained);
    link(item) = {tail_, nullptr, true};
    (tail_ != nullptr ? link(*tail_).next : head_) = &item;
    tail_ = &item;
  }

  /// Precondition: the item is on this chain.
  void remove(T& item) {
    Linked<T, Tag>& old = link(item);
    SWITCHHOOK_ASSERT(old.chained);
    (old.prev != nullptr ? link(*old.prev).next : head_) = old.next;
    (old.next != nullptr ? link(*old.next).prev : tail_) = old.prev;
    old = {};
  }

  /// visit(item) may remove that item from the chain, but no other.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (T* item = head_; item != nullptr;) {
      T* const following = next(*item);
      visit(*item);
      item = following;
    }
  }

  /// How many; counts them one by one.
  [[nodiscard]] std::size_t count() const {
    std::size_t n = 0;
    for (const T* item = head_; item != nullptr; item = next(*item)) ++n;
    return n;
  }

 private:
  static Linked<T, Tag>& link(T& item) { return item; }
  static const Linked<T, Tag>& link(const T& item) { return item; }

  T* head_ = nullptr;  // (ref)
  T* tail_ = nullptr;  // (ref)
};

}  // namespace switchhook::core
