// SPDX-License-Identifier: Apache-2.0
#pragma once

// Numbers of things in texts for people: "1 record", "2 records". Threads: plain functions.

#include <cstdint>
#include <string>
#include <string_view>

namespace switchhook::base {

/// @param plural  ends in "s"; with 1 that letter is left out
[[nodiscard]] inline std::string counted(std::uint64_t number, std::string_view plural) {
  if (number == 1 && plural.ends_with('s')) plural.remove_suffix(1);
  return std::to_string(number).append(" ").append(plural);
}

}  // namespace switchhook::base
