// SPDX-License-Identifier: Apache-2.0
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>

#include "tapi2/platform.hpp"

namespace switchhook::tapi2 {

bool Event::open() {
  close();
  object_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return object_ != kNone;
}

void Event::close() {
  if (object_ == kNone) return;
  set();
  ::close(static_cast<int>(object_));
  object_ = kNone;
}

void Event::set() {
  const std::uint64_t one = 1;
  if (object_ == kNone) return;
  if (::write(static_cast<int>(object_), &one, sizeof one) < 0) return;  // it is set already
}

void Event::reset() {
  std::uint64_t count = 0;
  if (object_ == kNone) return;
  if (::read(static_cast<int>(object_), &count, sizeof count) < 0) return;  // it was not set
}

DWORD tick_count() {
  using namespace std::chrono;
  return static_cast<DWORD>(
      duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
}

}  // namespace switchhook::tapi2
