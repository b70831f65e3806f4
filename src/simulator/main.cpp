// SPDX-License-Identifier: Apache-2.0
// switchhook-simulate: lives of the whole service, from seeds.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "simulator/coverage.hpp"
#include "simulator/exhaustion.hpp"
#include "simulator/life.hpp"

namespace {

using namespace switchhook::simulator;  // NOLINT: a program of one page

constexpr std::size_t kRungs = 200;  // of a ladder, when it is shown

struct Options {
  LifeOptions life;
  std::uint64_t first = 1, lives = 1000, stride = 1;
  bool trace = false, mermaid = false, coverage = false, exhaust = false, shrink = true;
};

int usage(int status) {
  std::fprintf(
      status == 0 ? stdout : stderr,
      "usage: switchhook-simulate [options]\n"
      "  --seed S      the first seed (default 1); seed S, S+1, … give one life each\n"
      "  --stride N    only every so manieth seed: 8 from 7 on are those with SIP,\n"
      "                16 from 15 on those in which the daemon dies and comes back\n"
      "  --lives N     how many lives (default 1000; 1 with --trace)\n"
      "  --steps N     steps of each life before it ends (default 300)\n"
      "  --only A,B,…  only these steps of it\n"
      "  --no-faults   everything works, nothing is late\n"
      "  --trace       shows who sent what to whom; --mermaid: as a diagram for documents\n"
      "  --no-shrink   shows what broke as it was found\n"
      "  --coverage    shows which cells of the core's transition table were visited\n"
      "  --exhaust     all interleavings of two endings of one session instead of random lives\n"
      "Exit status: 0 all was right; 1 something was not, its seed is printed; 2 usage.\n");
  return status;
}

bool number(const char* text, std::uint64_t& into) {
  char* end = nullptr;
  into = std::strtoull(text, &end, 0);
  return end != text && *end == '\0';
}

bool steps_of(const std::string& list, LifeOptions& life) {
  life.only.emplace();
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    std::uint64_t step = 0;
    if (!number(list.substr(at, comma - at).c_str(), step)) return false;
    life.only->insert(static_cast<unsigned>(step));
    at = comma + 1;
  }
  return true;
}

/// -1: go on.
int parse(int argc, char** argv, Options& options) {
  bool lives_given = false;
  std::uint64_t steps = options.life.steps;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    bool good = true, takes_value = false;
    if (option == "--help") return usage(0);
    if (option == "--trace")
      options.trace = true;
    else if (option == "--mermaid")
      options.trace = options.mermaid = true;
    else if (option == "--coverage")
      options.coverage = true;
    else if (option == "--exhaust")
      options.exhaust = true;
    else if (option == "--no-faults")
      options.life.faults = false;
    else if (option == "--no-shrink")
      options.shrink = false;
    else {
      takes_value = true;
      if (option == "--seed")
        good = number(value, options.first);
      else if (option == "--stride")
        good = number(value, options.stride);
      else if (option == "--lives")
        good = lives_given = number(value, options.lives);
      else if (option == "--steps")
        good = number(value, steps);
      else if (option == "--only")
        good = steps_of(value, options.life);
      else
        good = false;
    }
    if (!good) {
      std::fprintf(stderr, "switchhook-simulate: cannot use \"%s\"\n", option.c_str());
      return usage(2);
    }
    if (takes_value) ++i;
  }
  options.life.steps = static_cast<unsigned>(steps);
  if (options.trace && !lives_given) options.lives = 1;
  return -1;
}

void show(const Ladder& ladder, bool mermaid, std::size_t most) {
  std::printf("%s", mermaid ? ladder.mermaid(most).c_str() : ladder.text(most).c_str());
}

void show_findings(const LifeReport& report) {
  std::printf("seed=%llu step=%llu\n", static_cast<unsigned long long>(report.seed),
              static_cast<unsigned long long>(report.steps));
  for (const Finding& finding : report.findings)
    std::printf("  %s\n    broken: %s\n", finding.text().c_str(),
                std::string(words_of(finding.invariant)).c_str());
}

/// Shows the smallest life that breaks the same, and how it went.
int broken(const Options& options, LifeOptions life, const LifeReport& report) {
  show_findings(report);
  if (options.shrink) life = shrink(life);
  Ladder ladder;
  life.ladder = &ladder;
  const LifeReport again = live(life);
  std::string only;
  if (life.only) {
    for (const unsigned step : *life.only) only += (only.empty() ? "" : ",") + std::to_string(step);
    std::printf("shrunk to %zu of %u steps:\n", life.only->size(), life.steps);
    show_findings(again);
    if (only.empty()) only = std::to_string(life.steps);  // none
    only = " --only " + only;
  }
  show(ladder, options.mermaid, kRungs);
  std::printf("replay: switchhook-simulate --seed %llu --steps %u%s%s --trace\n",
              static_cast<unsigned long long>(life.seed), life.steps,
              life.faults ? "" : " --no-faults", only.c_str());
  return 1;
}

int live_all(const Options& options) {
  const std::clock_t start = std::clock();
  std::uint64_t sessions = 0, steps = 0, faults = 0;
  for (std::uint64_t i = 0; i < options.lives; ++i) {
    LifeOptions life = options.life;
    life.seed = options.first + i * options.stride;
    Ladder ladder;
    if (options.trace) life.ladder = &ladder;
    const LifeReport report = live(life);
    sessions += report.sessions;
    steps += report.steps;
    faults += report.faults;
    if (!report.findings.empty()) return broken(options, life, report);
    if (options.trace) show(ladder, options.mermaid, SIZE_MAX);
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  std::printf(
      "%llu lives, %llu sessions, %llu steps, %llu faults in %.1f s of one core (%.0f "
      "sessions a minute): all right\n",
      static_cast<unsigned long long>(options.lives), static_cast<unsigned long long>(sessions),
      static_cast<unsigned long long>(steps), static_cast<unsigned long long>(faults), seconds,
      static_cast<double>(sessions) * 60 / seconds);
  return 0;
}

int exhaust_all() {
  const ExhaustionReport report = exhaust({});
  std::printf("%s\n", report.text().c_str());
  return report.findings.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  const int parsed = parse(argc, argv, options);
  if (parsed >= 0) return parsed;
  const int status = options.exhaust ? exhaust_all() : live_all(options);
  if (options.coverage) std::printf("%s", coverage_text().c_str());
  return status;
}
