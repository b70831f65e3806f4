// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a program still holds of ended calls when it shuts down, reported as a leak sanitizer does:
// where SWITCHHOOK_LEAKS says ("stderr", or a file to append to), and not at all when it says
// nothing. Threads: any. Ownership: by value.

#include <string>
#include <vector>

namespace switchhook::api {

/// One identifier of an ended session that was not released.
struct Unreleased {
  std::string line;
  std::string site;  ///< where it was acquired; empty = not known
};

/// The report, or nothing when nothing is unreleased.
[[nodiscard]] std::string leak_summary(const std::string& when,
                                       const std::vector<Unreleased>& unreleased);
/// Writes it to where SWITCHHOOK_LEAKS says.
void report_unreleased(const std::string& when, const std::vector<Unreleased>& unreleased);
/// Whether anybody wants it.
[[nodiscard]] bool leaks_wanted();

}  // namespace switchhook::api
