// SPDX-License-Identifier: Apache-2.0
#pragma once

// Typed handles and the table that issues them. A handle is a slot and a generation: once released
// it can never mean another object, because the slot's generation has moved on. Slots are reused in
// the order in which they became free.
// Threads: none of its own; a table belongs to one thread. Ownership: the table owns its objects.

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/assert.hpp"

namespace switchhook::base {

/// A 64-bit name for one object of kind `Tag`. Zero is never issued.
template <typename Tag>
struct Handle {
  std::uint64_t value = 0;  ///< generation in the upper, slot + 1 in the lower 32 bits

  [[nodiscard]] constexpr std::uint32_t slot() const {
    return static_cast<std::uint32_t>(value) - 1;
  }
  [[nodiscard]] constexpr std::uint32_t generation() const {
    return static_cast<std::uint32_t>(value >> 32);
  }
  explicit constexpr operator bool() const { return value != 0; }
  friend constexpr auto operator<=>(Handle, Handle) = default;

  static constexpr Handle make(std::uint32_t slot, std::uint32_t generation) {
    return Handle{(std::uint64_t{generation} << 32) | (std::uint64_t{slot} + 1)};
  }
};

/// Owns objects of type T and names them by Handle<Tag>. References stay valid until the object is
/// erased (objects do not move). `find` of a stale or foreign handle gives nullptr: an ordinary
/// case.
template <typename Tag, typename T>
class HandleTable {
 public:
  using HandleType = Handle<Tag>;

  /// Generations begin here, so that what an earlier table issued does not recur. Before the first
  /// emplace; 1…0x7fffffff.
  void begin_at(std::uint32_t generation) { first_generation_ = generation; }

  /// Constructs an object and returns its handle. `T` may take anything.
  template <typename... Args>
  HandleType emplace(Args&&... args) {
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(slots_.size());
      slots_.emplace_back().generation = first_generation_;
    } else {
      slot = free_.front();
      free_.pop_front();
    }
    Slot& entry = slots_[slot];
    entry.object.emplace(std::forward<Args>(args)...);
    ++size_;
    return HandleType::make(slot, entry.generation);
  }

  [[nodiscard]] T* find(HandleType handle) {
    if (!handle || handle.slot() >= slots_.size()) return nullptr;
    Slot& entry = slots_[handle.slot()];
    if (entry.generation != handle.generation() || !entry.object) return nullptr;
    return &*entry.object;
  }
  [[nodiscard]] const T* find(HandleType handle) const {
    return const_cast<HandleTable*>(this)->find(handle);
  }

  /// Destroys the object; its handle is stale from now on. False when it was stale already.
  bool erase(HandleType handle) {
    if (find(handle) == nullptr) return false;
    Slot& entry = slots_[handle.slot()];
    entry.object.reset();
    --size_;
    // A slot whose generations are used up is retired: handles never recur, and the top bit of a
    // handle's value is never set.
    if ((++entry.generation >> 31) == 0) free_.push_back(handle.slot());
    return true;
  }

  /// Whether this table ever issued the handle, stale or not. Tells late from foreign.
  [[nodiscard]] bool issued(HandleType handle) const {
    if (!handle || handle.slot() >= slots_.size()) return false;
    const Slot& entry = slots_[handle.slot()];
    return handle.generation() != 0 && (handle.generation() < entry.generation ||
                                        (handle.generation() == entry.generation && entry.object));
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  /// Calls visit(handle, object) for each. `visit` must not add or erase.
  template <typename Visit>
  void for_each(Visit visit) {
    for (std::uint32_t slot = 0; slot < slots_.size(); ++slot)
      if (slots_[slot].object)
        visit(HandleType::make(slot, slots_[slot].generation), *slots_[slot].object);
  }
  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::uint32_t slot = 0; slot < slots_.size(); ++slot)
      if (slots_[slot].object)
        visit(HandleType::make(slot, slots_[slot].generation), std::as_const(*slots_[slot].object));
  }
  /// Calls visit(handle, object) for those in `first_slot` and after, until it returns false.
  template <typename Visit>
  void for_each_from(std::uint32_t first_slot, Visit visit) const {
    for (std::uint32_t slot = first_slot; slot < slots_.size(); ++slot)
      if (slots_[slot].object &&
          !visit(HandleType::make(slot, slots_[slot].generation), *slots_[slot].object))
        return;
  }

 private:
  struct Slot {
    std::uint32_t generation = 1;
    std::optional<T> object;
  };
  std::deque<Slot> slots_;  // a deque, so that objects never move
  std::deque<std::uint32_t> free_;
  std::size_t size_ = 0;
  std::uint32_t first_generation_ = 1;
};

}  // namespace switchhook::base

template <typename Tag>
struct std::hash<switchhook::base::Handle<Tag>> {
  std::size_t operator()(switchhook::base::Handle<Tag> handle) const noexcept {
    return std::hash<std::uint64_t>{}(handle.value);
  }
};
