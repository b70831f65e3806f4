// SPDX-License-Identifier: Apache-2.0
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>

#include "tapi2/platform.hpp"

namespace switchhook::tapi2 {

bool Event::open() {
  close();
  descriptor_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return descriptor_ >= 0;
}

void Event::close() {
  if (descriptor_ < 0) return;
  set();
  ::close(descriptor_);
  descriptor_ = -1;
}

void Event::set() {
  const std::uint64_t one = 1;
  if (descriptor_ >= 0 && ::write(descriptor_, &one, sizeof one) < 0) return;  // it is set already
}

void Event::reset() {
  std::uint64_t count = 0;
  if (descriptor_ >= 0 && ::read(descriptor_, &count, sizeof count) < 0) return;  // it was not set
}

HANDLE Event::handle() const {
  return reinterpret_cast<HANDLE>(static_cast<std::intptr_t>(descriptor_));
}

DWORD tick_count() {
  using namespace std::chrono;
  return static_cast<DWORD>(
      duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
}

}  // namespace switchhook::tapi2
