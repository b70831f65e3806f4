// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the system says of a process's memory. Threads: any.

#include <sys/types.h>

#include <cstdint>
#include <fstream>
#include <string>

namespace switchhook::test {

/// A number out of /proc/PID/status, in KiB ("VmRSS", "RssAnon"); 0 when it cannot be read.
inline std::int64_t status_kib(pid_t process, const std::string& key) {
  std::ifstream in("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key + ":")) return std::stoll(line.substr(key.size() + 1));
  return 0;
}

/// Of it, what is in memory now.
inline std::int64_t resident_kib(pid_t process) {
  return status_kib(process, "VmRSS");
}

}  // namespace switchhook::test
