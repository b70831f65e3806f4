// SPDX-License-Identifier: Apache-2.0
#pragma once

// The names of /etc/hosts, which sofia-sip's resolver does not look at, and localhost. Threads: one
// at a time. Ownership: owns what it has read; the file is read again when it has changed.

#include <sys/stat.h>

#include <cstddef>
#include <map>
#include <string>
#include <utility>

namespace switchhook::sip {

class Hosts {
 public:
  static constexpr std::size_t kBytes = 1024 * 1024;  ///< of the file that are read
  explicit Hosts(std::string file = "/etc/hosts") : file_(std::move(file)) {}

  /// The first address of a name in this family; empty = the file has none.
  [[nodiscard]] std::string find(std::string name, bool ipv6);

 private:
  void read();

  const std::string file_;
  struct timespec changed_ {};
  off_t size_ = -1;
  std::map<std::pair<std::string, bool>, std::string> addresses_;
};

}  // namespace switchhook::sip
