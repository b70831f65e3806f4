// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a store is opened: what an earlier process left is brought together. Threads: plain functions.

#include <string>
#include <vector>

#include "daemon/database.hpp"
#include "daemon/store.hpp"
#include "daemon/tail.hpp"

namespace switchhook::daemon {

/// Moves a damaged database out of the way. The new name.
[[nodiscard]] Result<std::string> set_aside(const std::string& path);

/// Opens the database and brings it up to date with what an earlier process left in the tail.
[[nodiscard]] Result<Database> open_whole(const std::string& path, Tail& tail,
                                          std::vector<std::string>& damage);

/// The calls of the journal.
[[nodiscard]] Result<std::vector<Store::Orphan>> orphans_of(Database& database);

/// A call that was being taken up when its process died stands there twice, the second time by the
/// number of its session: what was said last counts. The first ones are taken out, and returned.
[[nodiscard]] std::vector<Store::Orphan> fold(std::vector<Store::Orphan>& orphans);

}  // namespace switchhook::daemon
