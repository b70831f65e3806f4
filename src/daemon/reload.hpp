// SPDX-License-Identifier: Apache-2.0
#pragma once

// What changes when a daemon that runs takes a changed configuration: what is in force at once, what
// its providers are told, and what needs a restart. Threads: any. Ownership: all by value.

#include <string>
#include <utility>
#include <vector>

#include "daemon/settings.hpp"
#include "provider/provider.hpp"

namespace switchhook::daemon {

struct Reload {
  Settings settings;  ///< in force from now on
  ReloadReport report;
  std::vector<std::pair<std::string, provider::Command>> commands;  ///< by the provider's name
};

/// @param now     in force, as the last Reload says
/// @param wanted  as they were read
[[nodiscard]] Reload reload(const Settings& now, Settings wanted);

void write_log(const ReloadReport& report);
/// It was not taken, because of these mistakes.
void write_log(const Error& mistakes);

}  // namespace switchhook::daemon
