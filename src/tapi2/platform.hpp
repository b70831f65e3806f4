// SPDX-License-Identifier: Apache-2.0
#pragma once

// What differs between operating systems: the event that tells a program of messages.
// platform_posix.cpp makes it an eventfd. Threads: any, one at a time (the owner's mutex).
// Ownership: the system object belongs to the Event; the program may only wait on it.

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
  /// For LINEINITIALIZEEXPARAMS: the eventfd's number, cast.
  [[nodiscard]] HANDLE handle() const;

 private:
  int descriptor_ = -1;
};

/// Milliseconds since an arbitrary start, as GetTickCount counts them.
[[nodiscard]] DWORD tick_count();

}  // namespace switchhook::tapi2
