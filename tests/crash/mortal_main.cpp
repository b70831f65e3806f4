// SPDX-License-Identifier: Apache-2.0
// A daemon that kills itself at a step of its journal: DIE_AT=N, the N-th of all steps that it
// takes once MORTAL names a file that exists. With MORTAL_PROCESS=1 it is the SIP provider's
// process that does so, once, before or after an event. Otherwise switchhookd, with fewer options.
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "daemon/daemon.hpp"
#include "daemon/log.hpp"
#include "daemon/sip_process.hpp"
#include "providers/remote/serve.hpp"

namespace {

using namespace switchhook;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// Counts steps, and dies at the one that it was told.
class Fate {
 public:
  void step() {
    if (die_at_ == 0 || ::access(armed_.c_str(), F_OK) != 0 || ++steps_ != die_at_) return;
    if (once_) ::unlink(armed_.c_str());
    ::raise(SIGKILL);
  }

 private:
  const long die_at_ = std::atol(environment("DIE_AT").c_str());
  const std::string armed_ = environment("MORTAL");
  const bool once_ = !environment("MORTAL_PROCESS").empty();
  std::atomic<long> steps_ = 0;
};

class MortalSink final : public provider::Sink {
 public:
  explicit MortalSink(provider::Sink& sink) : sink_(sink) {}
  void post(provider::Event event) override {
    fate_.step();
    sink_.post(std::move(event));
    fate_.step();
  }
  [[nodiscard]] bool keeps_recovery() const override { return sink_.keeps_recovery(); }

 private:
  provider::Sink& sink_;
  Fate fate_;
};

class MortalProvider final : public provider::Provider {
 public:
  explicit MortalProvider(std::unique_ptr<provider::Provider> provider)
      : provider_(std::move(provider)) {}
  [[nodiscard]] std::string name() const override { return provider_->name(); }
  [[nodiscard]] Result<void> start(provider::Sink& sink) override {
    return provider_->start(sink_.emplace(sink));
  }
  void submit(provider::Command command) override { provider_->submit(std::move(command)); }

 private:
  std::optional<MortalSink> sink_;
  std::unique_ptr<provider::Provider> provider_;
};

Result<std::unique_ptr<provider::Provider>> mortal(const std::string& config) {
  Result<std::unique_ptr<provider::Provider>> made = daemon::sip_provider_of(config);
  if (!made) return made;
  return std::unique_ptr<provider::Provider>(std::make_unique<MortalProvider>(std::move(*made)));
}

}  // namespace

int main(int argc, char** argv) {
  const bool process = !environment("MORTAL_PROCESS").empty();
  if (process && argc == 3 && std::string(argv[1]) == "--provider") remote::serve(mortal);
  daemon::run_as_provider(argc, argv);
  daemon::Settings settings;
  int ready_fd = -1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--config" && !daemon::read_file(value, settings)) return 2;
    if (name == "--socket") settings.socket = value;
    if (name == "--store") settings.store = value;
    if (name == "--ready-fd") ready_fd = std::atoi(value.c_str());
  }
  daemon::complete(settings);
  daemon::log::begin(settings.log);
  Fate fate;
  if (!process) settings.at_journal_step = [&](std::uint8_t) { fate.step(); };
  ::signal(SIGPIPE, SIG_IGN);
  daemon::Daemon service(settings);
  const auto ready = service.start();
  if (!ready) return 1;
  const std::string line = *ready + "\n";
  static_cast<void>(!::write(ready_fd, line.data(), line.size()));
  return service.run() ? 0 : 1;
}
