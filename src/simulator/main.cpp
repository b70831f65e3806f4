// SPDX-License-Identifier: Apache-2.0
// switchhook-simulate: lives of the whole core, from seeds.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "simulator/life.hpp"

namespace {

int usage(int status) {
  std::fprintf(
      status == 0 ? stdout : stderr,
      "usage: switchhook-simulate [--seed S] [--lives N] [--steps N] [--trace]\n"
      "  --seed S   the first seed (default 1); seed S, S+1, … give one life each\n"
      "  --lives N  how many lives (default 1000)\n"
      "  --steps N  steps of each life before it ends (default 300)\n"
      "  --trace    tells what happens\n"
      "Exit status: 0 all was right; 1 something was not, its seed is printed; 2 usage.\n");
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  switchhook::simulator::LifeOptions options;
  std::uint64_t first = 1, lives = 1000;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const auto number = [&](std::uint64_t& into) {
      char* end = nullptr;
      if (i + 1 >= argc) return false;
      into = std::strtoull(argv[++i], &end, 0);
      return end != argv[i] && *end == '\0';
    };
    std::uint64_t steps = options.steps;
    if (option == "--help") return usage(0);
    if (option == "--trace") {
      options.trace = true;
    } else if (option == "--seed"    ? !number(first)
               : option == "--lives" ? !number(lives)
               : option == "--steps" ? !number(steps)
                                     : true) {
      std::fprintf(stderr, "switchhook-simulate: cannot use \"%s\"\n", option.c_str());
      return usage(2);
    }
    options.steps = static_cast<unsigned>(steps);
  }

  const auto start = std::chrono::steady_clock::now();
  std::uint64_t sessions = 0, steps = 0;
  for (std::uint64_t i = 0; i < lives; ++i) {
    options.seed = first + i;
    const auto report = switchhook::simulator::live(options);
    sessions += report.sessions;
    steps += report.steps;
    if (report.findings.empty()) continue;
    std::printf("seed=%llu step=%llu\n", static_cast<unsigned long long>(report.seed),
                static_cast<unsigned long long>(report.steps));
    for (const std::string& finding : report.findings) std::printf("  %s\n", finding.c_str());
    std::printf("replay: switchhook-simulate --seed %llu --lives 1 --steps %u --trace\n",
                static_cast<unsigned long long>(report.seed), options.steps);
    return 1;
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf(
      "%llu lives, %llu sessions, %llu steps in %.1f s (%.0f sessions a minute): all right\n",
      static_cast<unsigned long long>(lives), static_cast<unsigned long long>(sessions),
      static_cast<unsigned long long>(steps), seconds,
      static_cast<double>(sessions) * 60 / seconds);
  return 0;
}
