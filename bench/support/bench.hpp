// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the benchmark programs share: CPU time, memory in use, and rows that read alike.
// Threads: plain functions.

#include <malloc.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>

namespace switchhook::bench {

/// Seconds of CPU that this process has used, all threads.
inline double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Bytes that this process has allocated and not freed.
inline std::int64_t allocated_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<std::int64_t>(info.uordblks + info.hblkhd);
}

/// Wall-clock stopwatch.
class Watch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// One row: what, how much, and against what goal or baseline.
inline void row(const char* what, double value, const char* unit, const char* compared) {
  std::printf("  %-46s %14.3f %-14s %s\n", what, value, unit, compared);
}

}  // namespace switchhook::bench
