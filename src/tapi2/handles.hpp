// SPDX-License-Identifier: Apache-2.0
#pragma once

// The 32-bit handles that programs hold. One table for each kind; the kind is in the value, so that
// a line's handle given as a call's is caught, and the top bit is never set, so that no handle
// looks like an error. A value recurs only after the kind's whole range was used (for calls 2^30),
// and never while it means something.
// Threads: any. Ownership: a table shares its objects; find() gives a pin, which keeps the object
// for as long as the caller works on it.

#include <deque>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/mutex.hpp"
#include "tapi/wintypes.h"

namespace switchhook::tapi2 {

/// The range of a kind: its highest bit.
enum class HandleKind : DWORD { application = 0x10000000, line = 0x20000000, call = 0x40000000 };

template <typename T>
class HandleTable {
 public:
  static constexpr std::size_t kLiveMax = 1u << 20;
  static constexpr std::size_t kReclaimedMax = 4096;

  explicit HandleTable(HandleKind kind) : base_(static_cast<DWORD>(kind)) {}

  /// 0 when there are too many.
  DWORD add(std::shared_ptr<T> object) SWITCHHOOK_EXCLUDES(mutex_) {
    base::Lock lock(mutex_);
    if (objects_.size() >= kLiveMax) return 0;
    DWORD handle = 0;
    do {
      handle = base_ | next_;
      next_ = (next_ + 1) & (base_ - 1);
    } while (objects_.contains(handle));
    objects_.emplace(handle, std::move(object));
    used_ = true;
    return handle;
  }

  /// Null for what this table did not issue, or has taken back.
  [[nodiscard]] std::shared_ptr<T> find(DWORD handle) const SWITCHHOOK_EXCLUDES(mutex_) {
    base::Lock lock(mutex_);
    const auto found = objects_.find(handle);
    return found == objects_.end() ? nullptr : found->second;
  }

  /// The object, for the first who takes it back.
  std::shared_ptr<T> remove(DWORD handle) SWITCHHOOK_EXCLUDES(mutex_) {
    base::Lock lock(mutex_);
    const auto found = objects_.find(handle);
    if (found == objects_.end()) return nullptr;
    std::shared_ptr<T> object = std::move(found->second);
    objects_.erase(found);
    return object;
  }

  /// What remove() took back means its object again.
  void restore(DWORD handle, std::shared_ptr<T> object) SWITCHHOOK_EXCLUDES(mutex_) {
    base::Lock lock(mutex_);
    objects_.emplace(handle, std::move(object));
  }

  /// Those for which `unwanted` holds.
  template <typename Unwanted>
  std::vector<std::shared_ptr<T>> remove_if(Unwanted unwanted) SWITCHHOOK_EXCLUDES(mutex_) {
    std::vector<std::shared_ptr<T>> removed;
    base::Lock lock(mutex_);
    std::erase_if(objects_, [&](const auto& each) {
      if (!unwanted(*each.second)) return false;
      removed.push_back(each.second);
      return true;
    });
    return removed;
  }

  /// Like remove(), because the service reclaimed what it means: for a while its holder is told so.
  std::shared_ptr<T> reclaim(DWORD handle) SWITCHHOOK_EXCLUDES(mutex_) {
    {
      base::Lock lock(mutex_);
      if (objects_.contains(handle) && reclaimed_.insert(handle).second) {
        reclaimed_order_.push_back(handle);
        if (reclaimed_order_.size() > kReclaimedMax) {
          reclaimed_.erase(reclaimed_order_.front());
          reclaimed_order_.pop_front();
        }
      }
    }
    return remove(handle);
  }
  /// Whether it is one of the last that were reclaimed.
  [[nodiscard]] bool was_reclaimed(DWORD handle) const SWITCHHOOK_EXCLUDES(mutex_) {
    base::Lock lock(mutex_);
    return reclaimed_.contains(handle) && !objects_.contains(handle);
  }

  /// Whether it ever issued one.
  [[nodiscard]] bool ever_used() const SWITCHHOOK_EXCLUDES(mutex_) {
    base::Lock lock(mutex_);
    return used_;
  }

  /// Goes on counting there; for tests.
  void count_from(DWORD next) SWITCHHOOK_EXCLUDES(mutex_) {
    base::Lock lock(mutex_);
    next_ = next & (base_ - 1);
  }

  [[nodiscard]] std::size_t size() const SWITCHHOOK_EXCLUDES(mutex_) {
    base::Lock lock(mutex_);
    return objects_.size();
  }

 private:
  const DWORD base_;
  mutable base::Mutex mutex_;
  DWORD next_ SWITCHHOOK_GUARDED_BY(mutex_) = 1;
  bool used_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  std::unordered_map<DWORD, std::shared_ptr<T>> objects_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::unordered_set<DWORD> reclaimed_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::deque<DWORD> reclaimed_order_ SWITCHHOOK_GUARDED_BY(mutex_);  // the oldest first
};

}  // namespace switchhook::tapi2
