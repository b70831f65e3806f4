// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a site decides: how long calls may ring and last; how many ended sessions an application may
// keep, and for how long; and what becomes of the calls of one that dies. Plain values; the engine
// keeps a copy.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "switchhook/types.hpp"

namespace switchhook::core {

/// Limits on the ended sessions that one application holds.
struct LeakLimits {
  std::uint64_t count = 0;      ///< so many are fine; 0 = any number
  std::chrono::seconds age{0};  ///< since the end, for so long it is fine; 0 = for ever
  LeakAction action = LeakAction::warn;
  [[nodiscard]] bool none() const { return count == 0 && age.count() == 0; }
  friend bool operator==(const LeakLimits&, const LeakLimits&) = default;
};

/// What becomes of the live calls that a lost application owned alone.
struct LossPolicy {
  enum class Action : std::uint8_t {
    end,    ///< they are ended
    keep,   ///< they wait for it to come back: the same name and user, opening the line as an owner
    offer,  ///< another application that has the line open as an owner gets them; none: ended
  };
  Action action = Action::end;
  std::chrono::seconds keep{60};
  friend bool operator==(const LossPolicy&, const LossPolicy&) = default;
};

/// How long the calls of a line may take; what is over the limit is ended by policy. 0 = for ever.
struct CallLimits {
  std::chrono::seconds no_answer{0};  ///< outgoing: from MakeCall's completion to the answer
  std::chrono::seconds ring{180};     ///< incoming: from the first state to the answer
  std::chrono::seconds length{0};     ///< from the answer
  friend bool operator==(const CallLimits&, const CallLimits&) = default;
};

/// Whose a line is. A line that names nobody is everybody's.
struct LineUsers {
  std::vector<std::uint32_t> users, groups;  ///< by their numbers
  [[nodiscard]] bool nobody() const { return users.empty() && groups.empty(); }
  friend bool operator==(const LineUsers&, const LineUsers&) = default;
};

/// What the programs of a user, and each of them, may keep in the service, in bytes. 0 = any.
struct MemoryLimits {
  std::uint64_t user = 0, application = 0;
  friend bool operator==(const MemoryLimits&, const MemoryLimits&) = default;
};

struct Policy {
  MemoryLimits memory;
  CallLimits calls;                                 ///< of lines that are not named
  std::map<std::string, CallLimits> calls_by_line;  ///< by the line's name

  std::map<std::string, LineUsers> users_by_line;  ///< by the line's name

  LeakLimits leaks;                                 ///< of applications that are not named
  std::map<std::string, LeakLimits> leaks_by_name;  ///< by the application's name for itself

  /// Calls to these are never refused by a limit, and no limit ends them.
  std::vector<std::string> emergency = {"112", "911"};
  [[nodiscard]] bool is_emergency(const std::string& address) const;

  LossPolicy loss;                                 ///< where nothing else is said
  std::map<std::string, LossPolicy> loss_by_line;  ///< by the line's name
  std::map<std::string, LossPolicy> loss_by_name;  ///< by the application's; stronger

  [[nodiscard]] const LossPolicy& loss_of(const std::string& application,
                                          const std::string& line) const {
    if (const auto at = loss_by_name.find(application); at != loss_by_name.end()) return at->second;
    if (const auto at = loss_by_line.find(line); at != loss_by_line.end()) return at->second;
    return loss;
  }
  [[nodiscard]] const CallLimits& calls_of(const std::string& line) const {
    const auto at = calls_by_line.find(line);
    return at == calls_by_line.end() ? calls : at->second;
  }
  [[nodiscard]] LineUsers users_of(const std::string& line) const {
    const auto at = users_by_line.find(line);
    return at == users_by_line.end() ? LineUsers{} : at->second;
  }
  /// Null = no limits. Points into this object.
  [[nodiscard]] const LeakLimits* leaks_of(const std::string& application) const {
    const auto named = leaks_by_name.find(application);
    const LeakLimits& limits = named == leaks_by_name.end() ? leaks : named->second;
    return limits.none() ? nullptr : &limits;
  }
};

/// "112", "sip:112@example.org", "tel:112": the number, or the user part of an address.
[[nodiscard]] inline std::string_view number_of(std::string_view address) {
  for (const std::string_view scheme : {"sip:", "sips:", "tel:"})
    if (address.starts_with(scheme)) {
      address.remove_prefix(scheme.size());
      break;
    }
  return address.substr(0, address.find_first_of("@;?"));
}

inline bool Policy::is_emergency(const std::string& address) const {
  return std::find(emergency.begin(), emergency.end(), number_of(address)) != emergency.end();
}

}  // namespace switchhook::core
