// SPDX-License-Identifier: Apache-2.0
#include "tapi2/platform.hpp"

namespace switchhook::tapi2 {

bool Event::open() {
  close();
  constexpr BOOL kUntilReset = TRUE, kSet = FALSE;
  const HANDLE event = ::CreateEventW(nullptr, kUntilReset, kSet, nullptr);
  if (event != nullptr) object_ = reinterpret_cast<std::intptr_t>(event);
  return event != nullptr;
}

void Event::close() {
  if (object_ == kNone) return;
  set();
  ::CloseHandle(handle());
  object_ = kNone;
}

void Event::set() {
  if (object_ != kNone) ::SetEvent(handle());
}

void Event::reset() {
  if (object_ != kNone) ::ResetEvent(handle());
}

DWORD tick_count() {
  return ::GetTickCount();
}

}  // namespace switchhook::tapi2
