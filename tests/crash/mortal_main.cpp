// SPDX-License-Identifier: Apache-2.0
// A daemon that kills itself at a step of its journal: DIE_AT=N, the N-th of all steps that it
// takes once MORTAL names a file that exists. Otherwise switchhookd, with fewer options.
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

#include "daemon/daemon.hpp"

int main(int argc, char** argv) {
  switchhook::daemon::Settings settings;
  int ready_fd = -1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--config" && !switchhook::daemon::read_file(value, settings)) return 2;
    if (name == "--socket") settings.socket = value;
    if (name == "--store") settings.store = value;
    if (name == "--ready-fd") ready_fd = std::atoi(value.c_str());
  }
  switchhook::daemon::complete(settings);
  const char* at = std::getenv("DIE_AT");
  const long die_at = at != nullptr ? std::atol(at) : 0;
  const std::string armed = std::getenv("MORTAL") != nullptr ? std::getenv("MORTAL") : "";
  std::atomic<long> steps = 0;
  settings.at_journal_step = [&](std::uint8_t) {
    if (die_at != 0 && ::access(armed.c_str(), F_OK) == 0 && ++steps == die_at) ::raise(SIGKILL);
  };
  ::signal(SIGPIPE, SIG_IGN);
  switchhook::daemon::Daemon daemon(settings);
  const auto ready = daemon.start();
  if (!ready) return 1;
  const std::string line = *ready + "\n";
  static_cast<void>(!::write(ready_fd, line.data(), line.size()));
  return daemon.run() ? 0 : 1;
}
