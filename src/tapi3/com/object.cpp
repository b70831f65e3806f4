// SPDX-License-Identifier: Apache-2.0
#include "tapi3/com/object.hpp"

#include <functional>
#include <thread>

#include "base/assert.hpp"
#include "tapi3/com/ledger.hpp"

namespace switchhook::tapi3 {

Entry& current_entry() {
  thread_local Entry entry;
  return entry;
}

namespace {

std::uint64_t this_thread() {
  return std::hash<std::thread::id>()(std::this_thread::get_id());
}

}  // namespace

ObjectBase::ObjectBase() {
  Ledger::instance().enter(*this);
}

ObjectBase::~ObjectBase() = default;

ULONG ObjectBase::acquire(References& references, const void* site) {
  const Entry& entry = current_entry();
  references.count.fetch_add(1, std::memory_order_relaxed);
  references.method.store(entry.method, std::memory_order_relaxed);
  references.site.store(entry.site != nullptr ? entry.site : site, std::memory_order_relaxed);
  references.thread.store(this_thread(), std::memory_order_relaxed);
  const ULONG count = public_.fetch_add(1, std::memory_order_relaxed) + 1;
  hold();
  return count;
}

ULONG ObjectBase::release(References& references) {
  // A program that releases too often must not take away what other objects hold.
  std::uint32_t before = public_.load(std::memory_order_relaxed);
  do {
    if (before == 0) return 0;
  } while (!public_.compare_exchange_weak(before, before - 1, std::memory_order_relaxed));
  references.count.fetch_sub(1, std::memory_order_relaxed);
  unhold();
  return before - 1;
}

// Going from 0 to 1 is only possible for who found the object through a private count, and that
// count keeps the memory meanwhile. Taking and giving back what strong stands for commute, so a
// thread that takes while another one gives back needs no lock.
void ObjectBase::hold() {
  if (strong_.fetch_add(1, std::memory_order_acq_rel) != 0) return;
  keep();
  on_first_reference();
}

void ObjectBase::unhold() {
  const std::uint32_t before = strong_.fetch_sub(1, std::memory_order_acq_rel);
  SWITCHHOOK_ASSERT(before > 0);
  if (before != 1) return;
  on_last_reference();
  unkeep();
}

namespace {

bool increment_unless_zero(std::atomic<std::uint32_t>& counter) {
  std::uint32_t count = counter.load(std::memory_order_relaxed);
  while (count != 0)
    if (counter.compare_exchange_weak(count, count + 1, std::memory_order_acq_rel)) return true;
  return false;
}

}  // namespace

bool ObjectBase::try_hold() {
  return increment_unless_zero(strong_);
}

bool ObjectBase::try_keep() {
  return increment_unless_zero(private_);
}

void ObjectBase::unkeep() {
  if (private_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  // Before the destructor: the ledger asks objects for their description.
  Ledger::instance().leave(*this);
  std::default_delete<ObjectBase>()(this);
}

}  // namespace switchhook::tapi3
