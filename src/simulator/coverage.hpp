// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which cells of the core's transition table were visited in this process. The core knows nothing
// of it: programs that link the simulator have the linker put a counter in front of rule_for().
// Threads: one. Ownership: one count for the process.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/transition_table.hpp"

namespace switchhook::simulator {

struct Coverage {
  std::array<std::array<std::uint64_t, core::kStandingCount>, core::kSessionInputCount> visits{};

  [[nodiscard]] std::uint64_t of(core::Standing standing, core::SessionInput input) const {
    return visits[static_cast<std::size_t>(input)][static_cast<std::size_t>(standing)];
  }
};
[[nodiscard]] const Coverage& coverage();

/// Why no life and no exploration can visit the cell; empty = one has to.
[[nodiscard]] std::string_view unreachable(core::Standing standing, core::SessionInput input);

struct CoverageCount {
  std::size_t cells = 0, visited = 0, unreachable = 0;
  std::string missing;       ///< neither visited nor listed, in words
  std::string contradicted;  ///< visited although listed as unreachable
};
[[nodiscard]] CoverageCount count_coverage();
/// A table for people, and the counts.
[[nodiscard]] std::string coverage_text();

}  // namespace switchhook::simulator
