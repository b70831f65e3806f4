// SPDX-License-Identifier: Apache-2.0
#include "daemon/memory.hpp"

#include <malloc.h>
#include <unistd.h>

#include <fstream>

namespace switchhook::daemon {
namespace {

constexpr std::size_t kFreeAllowed = 16u << 20;
constexpr std::chrono::seconds kPause{10};

}  // namespace

std::size_t Memory::in_use() {
  const auto heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

std::size_t Memory::resident() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;  // the second is it
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

bool Memory::keep_small(Clock::time_point now) {
  if (now < next_) return false;
  next_ = now + kPause;
  const auto heap = ::mallinfo2();
  if (heap.fordblks < kFreeAllowed || heap.fordblks < heap.uordblks / 2) return false;
  return ::malloc_trim(0) != 0;
}

}  // namespace switchhook::daemon
