// SPDX-License-Identifier: Apache-2.0
#pragma once

// Stands between programs and a daemon's socket, and cuts their connections, at once or after some
// bytes. Threads: its own; functions any. Ownership: its sockets.

#include <atomic>
#include <cstddef>
#include <string>
#include <thread>

#include "tests/support/daemon_process.hpp"

namespace switchhook::test {

class Cutter {
 public:
  /// @param to  the path of the socket behind it
  explicit Cutter(const std::string& to);
  ~Cutter();
  Cutter(const Cutter&) = delete;
  Cutter& operator=(const Cutter&) = delete;

  /// What programs connect to.
  [[nodiscard]] std::string path() const { return folder_ / "cut.sock"; }
  /// From now on every connection is cut after so many bytes, or fewer, in both directions
  /// together.
  void cut_within(std::size_t bytes) { most_ = bytes; }
  void cut_now() { now_ = true; }
  void let_nobody_through() {
    closed_ = true;
    cut_now();
  }
  void let_through() { closed_ = false; }
  [[nodiscard]] int cuts() const { return cuts_; }

 private:
  void work();

  const std::string to_;
  TempFolder folder_;
  int listener_ = -1;
  std::atomic<std::size_t> most_{0};
  std::atomic<bool> now_{false}, closed_{false}, stop_{false};
  std::atomic<int> cuts_{0};
  std::thread thread_;
};

}  // namespace switchhook::test
