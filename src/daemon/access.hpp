// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who an application is to the daemon: its role and the groups of its user, and whose the lines
// are. docs/daemon.md has the table of who may do what; the engine enforces it. Threads: the one
// that attaches applications. Asks the system's databases of users and groups.

#include <cstdint>
#include <string>
#include <vector>

#include "api/messages.hpp"
#include "core/policy.hpp"
#include "daemon/settings.hpp"
#include "switchhook/error.hpp"

namespace switchhook::daemon {

class Access {
 public:
  /// @param daemon_user  its own account, which is an operator, as root is
  /// Errors: invalid_argument: a user or group that does not exist, in words.
  [[nodiscard]] static Result<Access> resolve(const AccessNames& names, std::uint32_t daemon_user);

  /// Fills in role and groups from the number of the user.
  void describe(api::ApplicationInfo& who) const;
  /// By the name of the line.
  [[nodiscard]] const std::map<std::string, core::LineUsers>& lines() const { return lines_; }

 private:
  std::uint32_t daemon_user_ = 0;
  std::vector<std::uint32_t> operators_, observers_;  // groups
  std::map<std::string, core::LineUsers> lines_;
};

}  // namespace switchhook::daemon
