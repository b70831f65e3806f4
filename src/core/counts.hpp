// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the engine has counted since it began, and what it holds now: for metrics. Threads: plain
// values.

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "api/messages.hpp"

namespace switchhook::core {

struct Counts {
  std::array<std::uint64_t, kCallStateCount> sessions{};  ///< by state; idle: ended and held
  std::array<std::array<std::uint64_t, kDisconnectModeNames.size()>, kEndOriginCount> ended{};
  EndTimes ends;
  std::chrono::nanoseconds acknowledged{0};  ///< the sum of those in ends.acknowledged
  std::uint64_t sessions_total = 0, records = 0, late_events = 0, applications = 0;
  std::map<std::string, std::uint64_t> unreleased;  ///< ended and still held, by application's name
  struct Lines {
    std::uint64_t there = 0, in_service = 0;
  };
  std::map<std::string, Lines> lines;  ///< by provider
};

}  // namespace switchhook::core
