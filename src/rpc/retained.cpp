// SPDX-License-Identifier: Apache-2.0
#include "rpc/retained.hpp"

#include "base/limits.hpp"

namespace switchhook::rpc {
namespace {

constexpr std::uint64_t kAcknowledgeEvery = 16 * 1024;

}  // namespace

void Retained::add(View bytes) {
  if (given_up_) return;
  if (bytes_.size() - begin_ + bytes.size() > limits::kRetainedBytes) {
    given_up_ = true;
    bytes_ = Bytes();
    begin_ = 0;
    return;
  }
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

void Retained::acknowledge(std::uint64_t count) {
  if (!can_resume(count)) return;  // a peer that claims the impossible resumes nothing
  begin_ += static_cast<std::size_t>(count - first_);
  first_ = count;
  if (begin_ < bytes_.size() / 2) return;
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
  begin_ = 0;
  if (bytes_.capacity() > 8 * kAcknowledgeEvery && bytes_.size() < kAcknowledgeEvery)
    bytes_.shrink_to_fit();
}

std::optional<Bytes> Retained::take_from(std::uint64_t count) {
  if (!can_resume(count)) return std::nullopt;
  acknowledge(count);
  Bytes out(bytes_.begin() + static_cast<std::ptrdiff_t>(begin_), bytes_.end());
  bytes_ = Bytes();
  begin_ = 0;
  return out;
}

bool Arrived::to_acknowledge() {
  if (count_ - said_ < kAcknowledgeEvery) return false;
  said_ = count_;
  return true;
}

}  // namespace switchhook::rpc
