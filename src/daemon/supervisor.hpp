// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a supervisor like systemd wants to hear: that the daemon is ready, that it lives, that it stops.
// Without one ($NOTIFY_SOCKET is not set) nothing is sent. Threads: one at a time. Ownership: its
// socket.

#include <chrono>
#include <string>

namespace switchhook::daemon {

class Supervisor {
 public:
  /// Takes $NOTIFY_SOCKET and $WATCHDOG_USEC, and takes them out of the environment.
  Supervisor();
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  void ready() { say("READY=1"); }
  void stopping() { say("STOPPING=1"); }
  /// To be called about once a second by the loop: says that it goes round, as often as is wanted.
  void lives(std::chrono::steady_clock::time_point now);

 private:
  void say(const char* words) const;

  int socket_ = -1;
  std::string address_;
  std::chrono::microseconds every_{0};
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace switchhook::daemon
