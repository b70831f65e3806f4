// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the daemon measures of itself, as Prometheus reads it (text format 0.0.4). Threads: plain
// values.

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/counts.hpp"

namespace switchhook::daemon {

/// Copied on the loop's thread; written as text on another.
struct Measured {
  core::Counts counts;
  std::array<std::uint64_t, std::variant_size_v<api::Command::Variant>> requests{};  ///< by command
  std::uint64_t audit_findings = 0;
  std::uint64_t records_waiting = 0, records_lost = 0;
  std::uint64_t records_unsent = 0;  ///< to the database
  std::optional<bool> database_up;   ///< empty = records go to none
  std::uint64_t events_dropped = 0;  ///< for applications that do not read
  std::uint64_t heap_bytes = 0, resident_bytes = 0;
  std::chrono::nanoseconds loop_lag{0};  ///< the longest since the last time it was asked for
  std::chrono::seconds up{0};
  bool calls_refused = false;  ///< because the journal cannot be kept
};

[[nodiscard]] std::string metrics_text(const Measured& measured);

}  // namespace switchhook::daemon
