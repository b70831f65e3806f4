// SPDX-License-Identifier: Apache-2.0
#include "simulator/exhaustion.hpp"

#include <unordered_set>

#include "simulator/small_world.hpp"

namespace switchhook::simulator {
namespace {

struct Scenario {
  Phase phase = Phase::making;
  Second second = Second::none;
  Ending first = Ending::none, other = Ending::none;
};

/// Makes the same choices again, and then others, until all were made.
class Choices {
 public:
  std::size_t choose(std::size_t among) {
    if (at_ == made_.size()) made_.push_back({0, among});
    return made_[at_++].choice;
  }
  /// False: all were tried.
  bool next() {
    at_ = 0;
    while (!made_.empty()) {
      if (++made_.back().choice < made_.back().among) return true;
      made_.pop_back();
    }
    return false;
  }
  void again() { at_ = 0; }

 private:
  struct Made {
    std::size_t choice, among;
  };
  std::vector<Made> made_;
  std::size_t at_ = 0;
};

class Exploration {
 public:
  void explore(const Scenario& scenario) {
    ++report_.scenarios;
    Choices choices;
    do {
      Violations violations;
      live(scenario, choices, violations, nullptr);
      ++report_.interleavings;
      if (violations.findings().empty()) continue;
      report_.findings = violations.findings();
      tell(scenario, choices);
      return;
    } while (choices.next());
  }
  ExhaustionReport& report() {
    report_.states = states_.size();
    return report_;
  }

 private:
  void live(const Scenario& scenario, Choices& choices, Violations& violations, Ladder* ladder) {
    SmallWorld world(violations, ladder);
    world.begin(scenario.phase, scenario.second);
    bool first = true, other = true;
    while (violations.findings().empty()) {
      states_.insert(world.state());
      enum What : std::uint8_t { command, event, one, two };
      What able[4];
      std::size_t count = 0;
      if (world.command_under_way()) able[count++] = command;
      if (world.event_under_way()) able[count++] = event;
      if (first && world.possible(scenario.first)) able[count++] = one;
      if (other && world.possible(scenario.other)) able[count++] = two;
      if (count == 0) break;
      switch (able[count == 1 ? 0 : choices.choose(count)]) {
        case command:
          world.deliver_command();
          break;
        case event:
          world.deliver_event();
          break;
        case one:
          first = false;
          world.happen(scenario.first);
          break;
        case two:
          other = false;
          world.happen(scenario.other);
          break;
      }
    }
    if (violations.findings().empty()) world.finish();
    report_.steps += world.steps();
  }

  /// The same once more, with somebody who writes it down.
  void tell(const Scenario& scenario, Choices& choices) {
    choices.again();
    Violations violations;
    Ladder ladder;
    live(scenario, choices, violations, &ladder);
    report_.broken_scenario = std::string(to_string(scenario.phase)) + ", " +
                              std::string(to_string(scenario.second)) + ", " +
                              std::string(to_string(scenario.first)) + " x " +
                              std::string(to_string(scenario.other)) + "\n" + ladder.text(100);
  }

  ExhaustionReport report_;
  std::unordered_set<std::uint64_t> states_;
};

bool of_b(Ending ending) {
  return ending >= Ending::b_drops && ending <= Ending::b_vanishes;
}

}  // namespace

std::string ExhaustionReport::text() const {
  std::string out = std::to_string(scenarios) + " scenarios, " + std::to_string(interleavings) +
                    " interleavings, " + std::to_string(steps) + " steps, " +
                    std::to_string(states) + " distinct states";
  if (findings.empty()) return out + ": all right";
  out += "\n" + broken_scenario;
  for (const Finding& finding : findings)
    out +=
        "  " + finding.text() + "\n    broken: " + std::string(words_of(finding.invariant)) + "\n";
  return out;
}

ExhaustionReport exhaust(const ExhaustionOptions& options) {
  Exploration exploration;
  unsigned number = 0;
  for (std::size_t phase = 0; phase < kPhases; ++phase)
    for (std::size_t second = 0; second < kSeconds; ++second)
      for (std::size_t first = 0; first < kEndings; ++first)
        for (std::size_t other = first == 0 ? 0 : first; other < kEndings; ++other) {
          const Scenario scenario{static_cast<Phase>(phase), static_cast<Second>(second),
                                  static_cast<Ending>(first), static_cast<Ending>(other)};
          if (scenario.second == Second::none && (of_b(scenario.first) || of_b(scenario.other)))
            continue;
          if (number++ % options.part != 0) continue;
          exploration.explore(scenario);
          if (!exploration.report().findings.empty()) return exploration.report();
        }
  return exploration.report();
}

}  // namespace switchhook::simulator
