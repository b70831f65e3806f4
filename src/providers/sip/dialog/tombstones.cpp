// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/dialog/tombstones.hpp"

#include <functional>

namespace switchhook::sip::usage {

namespace {

std::uint64_t key_of(std::string_view call_id, std::string_view local_tag,
                     std::string_view remote_tag = {}) {
  std::string text;
  text.reserve(call_id.size() + local_tag.size() + remote_tag.size() + 2);
  text.append(call_id).append("\n").append(local_tag).append("\n").append(remote_tag);
  // The lowest bit is kept free for a mark, and 0 for "nothing".
  return (std::hash<std::string>{}(text) | 2u) & ~std::uint64_t{1};
}

constexpr std::size_t kFirstSize = 1024;

}  // namespace

void Tombstones::remember(const Usage& usage, std::chrono::milliseconds now) {
  add(key_of(usage.call_id(), usage.local_tag()), usage.outgoing(), now);
  for (const std::string_view tag : usage.answerers())
    add(key_of(usage.call_id(), usage.local_tag(), tag), true, now);
}

bool Tombstones::knows(std::string_view call_id, std::string_view local_tag) const {
  return holds(key_of(call_id, local_tag));
}

Tombstones::Late Tombstones::answered(std::string_view call_id, std::string_view local_tag,
                                      std::string_view remote_tag, std::chrono::milliseconds now) {
  const std::uint64_t dialog = key_of(call_id, local_tag, remote_tag);
  if (holds(dialog)) return Late::acknowledged;
  const std::uint64_t call = key_of(call_id, local_tag);
  if (!holds(call) || (slots_[slot_of(call)] & 1u) == 0) return Late::ignored;
  add(dialog, true, now);
  return Late::ended;
}

void Tombstones::add(std::uint64_t key, bool outgoing, std::chrono::milliseconds now) {
  while (count_ != 0 && (count_ >= kTombstones || order_[first_].at + time_ < now)) remove_oldest();
  if (holds(key)) return;
  if (count_ == order_.size()) grow();
  order_[(first_ + count_) % order_.size()] = {now, key};
  ++count_;
  slots_[slot_of(key)] = key | (outgoing ? 1u : 0u);
}

std::size_t Tombstones::slot_of(std::uint64_t key) const {
  const std::size_t mask = slots_.size() - 1;
  // The standard library's hash mixes well; its low bits are taken by the marks.
  std::size_t slot = (key >> 2) & mask;
  while (slots_[slot] != 0 && (slots_[slot] & ~std::uint64_t{1}) != key) slot = (slot + 1) & mask;
  return slot;
}

void Tombstones::remove_oldest() {
  const std::size_t mask = slots_.size() - 1;
  std::size_t hole = slot_of(order_[first_].key);
  first_ = (first_ + 1) % order_.size();
  --count_;
  // What was pushed on past the hole moves back into it, so that searches find no gap.
  for (std::size_t next = (hole + 1) & mask; slots_[next] != 0; next = (next + 1) & mask) {
    const std::size_t home = (slots_[next] >> 2) & mask;
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    slots_[hole] = slots_[next];
    hole = next;
  }
  slots_[hole] = 0;
}

void Tombstones::grow() {
  const std::size_t size = order_.empty() ? kFirstSize : 2 * order_.size();
  std::vector<Tombstone> order(size);
  for (std::size_t i = 0; i < count_; ++i) order[i] = order_[(first_ + i) % order_.size()];
  const std::vector<std::uint64_t> before =
      std::exchange(slots_, std::vector<std::uint64_t>(2 * size));
  order_ = std::move(order);
  first_ = 0;
  for (const std::uint64_t marked : before)
    if (marked != 0) slots_[slot_of(marked & ~std::uint64_t{1})] = marked;
}

}  // namespace switchhook::sip::usage
