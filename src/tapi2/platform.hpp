// SPDX-License-Identifier: Apache-2.0
#pragma once

// What differs between operating systems: the event that tells a program of messages. It is an
// eventfd (platform_posix.cpp) or an event of Windows (platform_windows.cpp). Threads: any, one at a
// time (the owner's mutex). Ownership: the system object belongs to the Event; the program may only
// wait on it.

#include <cstdint>

#include "tapi/wintypes.h"

namespace switchhook::tapi2 {

class Event {
 public:
  Event() = default;
  ~Event() { close(); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// False when the system has no more of them.
  [[nodiscard]] bool open();
  /// Whoever waits on it is woken first.
  void close();
  void set();
  void reset();
  /// For LINEINITIALIZEEXPARAMS. An eventfd's number, cast.
  [[nodiscard]] HANDLE handle() const { return reinterpret_cast<HANDLE>(object_); }

 private:
  static constexpr std::intptr_t kNone = -1;
  std::intptr_t object_ = kNone;  ///< (owned) the system's
};

/// Milliseconds since an arbitrary start, as GetTickCount counts them.
[[nodiscard]] DWORD tick_count();

}  // namespace switchhook::tapi2
