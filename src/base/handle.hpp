// SPDX-License-Identifier: Apache-2.0
#pragma once

// Typed handles and the table that issues them. A handle is a slot and a generation: once released
// it can never mean another object, because the slot's generation has moved on. Slots are reused in
// the order in which they became free. Where no object lives any more the memory is given back: of
// an empty slot only its generation is kept. Threads: none of its own; a table belongs to one
// thread. Ownership: the table owns its objects.

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
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
      slot = static_cast<std::uint32_t>(generations_.size());
      generations_.push_back(first_generation_);
      if (slot % kPageSlots == 0) pages_.emplace_back();
    } else {
      slot = free_.front();
      free_.pop_front();
    }
    std::unique_ptr<Page>& page = pages_[slot / kPageSlots];
    if (!page) page = spare_ ? std::move(spare_) : std::make_unique<Page>();
    page->objects[slot % kPageSlots].emplace(std::forward<Args>(args)...);
    ++page->living;
    ++size_;
    return HandleType::make(slot, generations_[slot]);
  }

  /// Like emplace, but the object answers to a handle that an earlier table issued (one below
  /// begin_at) and to no other. Null when it is not of an earlier one, or is in use here already.
  template <typename... Args>
  T* adopt(HandleType foreign, Args&&... args) {
    if (!foreign || foreign.generation() >= first_generation_) return nullptr;
    const auto [place, is_new] = adopted_.try_emplace(foreign.value);
    if (!is_new) return nullptr;
    place->second = emplace(std::forward<Args>(args)...);
    return object_in(place->second.slot());
  }

  [[nodiscard]] T* find(HandleType handle) {
    handle = own(handle);
    return handle ? object_in(handle.slot()) : nullptr;
  }
  [[nodiscard]] const T* find(HandleType handle) const {
    return const_cast<HandleTable*>(this)->find(handle);
  }

  /// Destroys the object; its handle is stale from now on. False when it was stale already.
  bool erase(HandleType handle) {
    const HandleType named = handle;
    handle = own(handle);
    if (!handle || object_in(handle.slot()) == nullptr) return false;
    if (named != handle) adopted_.erase(named.value);
    std::unique_ptr<Page>& page = pages_[handle.slot() / kPageSlots];
    page->objects[handle.slot() % kPageSlots].reset();
    if (--page->living == 0) spare_ = std::move(page);
    --size_;
    // A slot whose generations are used up is retired: handles never recur, and the top bit of a
    // handle's value is never set.
    if ((++generations_[handle.slot()] >> 31) == 0) free_.push_back(handle.slot());
    return true;
  }

  /// Whether this table ever issued the handle, stale or not. Tells late from foreign.
  [[nodiscard]] bool issued(HandleType handle) const {
    if (!handle || handle.slot() >= generations_.size()) return false;
    const std::uint32_t now = generations_[handle.slot()];
    return handle.generation() != 0 && (handle.generation() < now || find(handle) != nullptr);
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  /// How many objects the memory that is taken has room for.
  [[nodiscard]] std::size_t capacity() const {
    const auto taken = std::count_if(pages_.begin(), pages_.end(),
                                     [](const auto& page) { return page != nullptr; });
    return static_cast<std::size_t>(taken + (spare_ != nullptr)) * kPageSlots;
  }

  /// Calls visit(handle, object) for each. `visit` must not add or erase. The handle is the
  /// table's own, also of what was adopted.
  template <typename Visit>
  void for_each(Visit visit) {
    for (std::uint32_t slot = 0; slot < generations_.size(); slot = next(slot))
      if (T* object = object_in(slot)) visit(HandleType::make(slot, generations_[slot]), *object);
  }
  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::uint32_t slot = 0; slot < generations_.size(); slot = next(slot))
      if (const T* object = object_in(slot))
        visit(HandleType::make(slot, generations_[slot]), *object);
  }
  /// Calls visit(object) for those behind `after` in the table's order, or for all when it is zero,
  /// until it returns false.
  template <typename Visit>
  void for_each_after(HandleType after, Visit visit) const {
    if (const HandleType here = own(after)) after = here;
    for (std::uint32_t slot = after ? after.slot() + 1 : 0; slot < generations_.size();
         slot = next(slot)) {
      const T* object = object_in(slot);
      if (object != nullptr && !visit(*object)) return;
    }
  }

 private:
  static constexpr std::uint32_t kPageSlots = 64;
  struct Page {  // never moves, and neither do its objects
    std::array<std::optional<T>, kPageSlots> objects;
    std::uint32_t living = 0;
  };

  /// The table's own name for what the handle names; zero = nothing any more, or never.
  [[nodiscard]] HandleType own(HandleType handle) const {
    if (!handle) return {};
    if (handle.slot() < generations_.size() && generations_[handle.slot()] == handle.generation())
      return handle;
    if (adopted_.empty()) return {};
    const auto found = adopted_.find(handle.value);
    return found == adopted_.end() ? HandleType{} : found->second;
  }
  [[nodiscard]] T* object_in(std::uint32_t slot) const {
    Page* page = pages_[slot / kPageSlots].get();
    if (page == nullptr) return nullptr;
    std::optional<T>& object = page->objects[slot % kPageSlots];
    return object ? &*object : nullptr;
  }
  /// The next slot to look at: those of an empty page are passed over.
  [[nodiscard]] std::uint32_t next(std::uint32_t slot) const {
    return pages_[slot / kPageSlots] ? slot + 1 : (slot / kPageSlots + 1) * kPageSlots;
  }

  std::vector<std::uint32_t> generations_;    // by slot
  std::vector<std::unique_ptr<Page>> pages_;  // null: nothing lives there
  std::unique_ptr<Page> spare_;               // the last that became empty: soon wanted again
  std::deque<std::uint32_t> free_;
  std::unordered_map<std::uint64_t, HandleType> adopted_;  // by the foreign handle's value
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
