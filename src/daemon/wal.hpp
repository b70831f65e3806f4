// SPDX-License-Identifier: Apache-2.0
#pragma once

// SQLite's log beside a database: whether something that was committed is lost in it. SQLite itself
// takes a damaged page there for the end of the log and says nothing. Threads: any; before the
// database is opened.

#include <optional>
#include <string>

namespace switchhook::daemon {

/// What is wrong with the log of the database at `path`, in words; nothing when all of it can be read
/// up to where its last transaction ends.
[[nodiscard]] std::optional<std::string> damage_of_log(const std::string& path);

}  // namespace switchhook::daemon
