// SPDX-License-Identifier: Apache-2.0
#include "simulator/coverage.hpp"

namespace switchhook::simulator {
namespace {

using core::Action;
using core::SessionInput;
using core::Standing;

Coverage& counters() {
  static Coverage counters;
  return counters;
}

}  // namespace

// The name is the one that the linker's --wrap=rule_for makes (CMakeLists.txt).
core::Rule counted_rule_for(Standing standing, SessionInput input) __asm__(
    "__wrap__ZN10switchhook4core8rule_forENS0_8StandingENS0_12SessionInputE");
core::Rule counted_rule_for(Standing standing, SessionInput input) {
  ++counters().visits[static_cast<std::size_t>(input)][static_cast<std::size_t>(standing)];
  return core::rule_if(standing, input);
}

const Coverage& coverage() {
  return counters();
}

std::string_view unreachable(Standing standing, SessionInput input) {
  if (standing == Standing::idle && input == SessionInput::line_lost)
    return "an idle session is on no line's list any more";
  return core::rule_if(standing, input).because;
}

CoverageCount count_coverage() {
  CoverageCount count;
  for (std::size_t i = 0; i < core::kSessionInputCount; ++i)
    for (std::size_t s = 0; s < core::kStandingCount; ++s) {
      const auto standing = static_cast<Standing>(s);
      const auto input = static_cast<SessionInput>(i);
      const bool visited = coverage().of(standing, input) != 0;
      const bool listed = !unreachable(standing, input).empty();
      const std::string cell =
          "  " + std::string(to_string(standing)) + " x " + std::string(to_string(input)) + "\n";
      ++count.cells;
      count.visited += visited ? 1 : 0;
      count.unreachable += listed ? 1 : 0;
      if (visited && listed) count.contradicted += cell;
      if (!visited && !listed) count.missing += cell;
    }
  return count;
}

std::string coverage_text() {
  const CoverageCount count = count_coverage();
  std::string out = "coverage of the core's transition table: " + std::to_string(count.visited) +
                    " of " + std::to_string(count.cells) + " cells visited, " +
                    std::to_string(count.unreachable) + " listed as unreachable\n";
  for (std::size_t i = 0; i < core::kSessionInputCount; ++i) {
    const auto input = static_cast<SessionInput>(i);
    std::string name(to_string(input));
    out += "  " + name + std::string(name.size() < 36 ? 36 - name.size() : 1, ' ');
    for (std::size_t s = 0; s < core::kStandingCount; ++s) {
      const auto standing = static_cast<Standing>(s);
      const bool visited = coverage().of(standing, input) != 0;
      out += visited ? " x" : unreachable(standing, input).empty() ? " ." : " -";
    }
    out += '\n';
  }
  out += "  x visited, - cannot happen, . not visited; columns:";
  for (std::size_t s = 0; s < core::kStandingCount; ++s)
    out += (s == 0 ? " " : ", ") + std::string(to_string(static_cast<Standing>(s)));
  out += '\n';
  if (!count.missing.empty()) out += "not visited:\n" + count.missing;
  if (!count.contradicted.empty()) out += "visited, although listed:\n" + count.contradicted;
  return out;
}

}  // namespace switchhook::simulator
