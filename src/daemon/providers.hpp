// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which providers this daemon is composed of. Threads: the loop's, at the start.

#include <string>

#include "base/clock.hpp"
#include "core/engine_host.hpp"
#include "daemon/orphans.hpp"
#include "daemon/settings.hpp"

namespace switchhook::daemon {

/// What people should know of how the providers were started.
struct Started {
  std::string sip_note;  ///< " (port 5060 was taken)", or empty
};

/// Starts the providers that the settings ask for. Errors: the provider's, in words.
/// @param orphans  null: there is no journal
/// @param place    the daemon's lock, which every process of it holds: the next daemon begins when
///                 all of them are gone, and their ports with them
[[nodiscard]] Result<Started> add_providers(const Settings& settings, const base::Clock& clock,
                                            core::EngineHost& host, Orphans* orphans, int place);

/// Where SIP listens, as its lines say; empty when there are none.
[[nodiscard]] std::string sip_address(core::EngineHost& host);

}  // namespace switchhook::daemon
