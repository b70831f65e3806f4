// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a site decides about holders: how many ended sessions an application may keep, and for how
// long. Plain values; the engine keeps a copy from before the first application attaches.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "switchhook/types.hpp"

namespace switchhook::core {

/// Limits on the ended sessions that one application holds.
struct LeakLimits {
  std::uint64_t count = 0;      ///< so many are fine; 0 = any number
  std::chrono::seconds age{0};  ///< since the end, for so long it is fine; 0 = for ever
  LeakAction action = LeakAction::warn;
  [[nodiscard]] bool none() const { return count == 0 && age.count() == 0; }
};

struct Policy {
  LeakLimits leaks;                                 ///< of applications that are not named
  std::map<std::string, LeakLimits> leaks_by_name;  ///< by the application's name for itself

  /// Null = no limits. Points into this object.
  [[nodiscard]] const LeakLimits* leaks_of(const std::string& application) const {
    const auto named = leaks_by_name.find(application);
    const LeakLimits& limits = named == leaks_by_name.end() ? leaks : named->second;
    return limits.none() ? nullptr : &limits;
  }
};

}  // namespace switchhook::core
