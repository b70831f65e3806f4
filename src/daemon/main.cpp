// SPDX-License-Identifier: Apache-2.0
// switchhookd: its command line.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <iostream>

#include "base/descriptors.hpp"
#include "base/limits.hpp"
#include "daemon/daemon.hpp"
#include "daemon/log.hpp"
#include "daemon/protection.hpp"
#include "daemon/settings_reference.hpp"
#include "daemon/sip_process.hpp"
#include "reference/describe_command.hpp"

namespace {

using switchhook::Result;
using switchhook::daemon::Settings;

constexpr int kFailed = 1, kWrongSettings = 2;

struct Arguments {
  bool user = false, system = false, check = false;
  std::string config, socket, store, token_file, log_level;
  std::optional<std::uint16_t> tcp;
  std::optional<unsigned> idle_exit;
  std::optional<int> ready_fd;
};

void declare(CLI::App& app, Arguments& a) {
  app.set_version_flag("--version", "switchhookd " SWITCHHOOK_VERSION);
  auto* user = app.add_flag("--user", a.user, "This user's own daemon (the default)");
  app.add_flag("--system", a.system, "The machine's daemon, at /run/switchhook")->excludes(user);
  app.add_option("--config", a.config, "Configuration file (TOML)")->type_name("FILE");
  app.add_option("--socket", a.socket, "Listen for programs at this path")->type_name("PATH");
  app.add_option("--tcp", a.tcp, "Also listen on this port of 127.0.0.1; 0 = any free one")
      ->type_name("PORT");
  app.add_option("--token-file", a.token_file, "Write the token for TCP to this file")
      ->type_name("PATH");
  app.add_option("--store", a.store, "Keep records in this file; :memory: = in memory only")
      ->type_name("FILE");
  app.add_option("--idle-exit", a.idle_exit, "Stop after this time without programs; 0 = never")
      ->type_name("SECONDS");
  app.add_option("--ready-fd", a.ready_fd, "Also write the ready line to this descriptor")
      ->type_name("N");
  app.add_option("--log-level", a.log_level, "debug, info, warn, error or off")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}));
  app.add_flag("--check-config", a.check, "Check the configuration and exit");
  app.footer("switchhook.toml(5) and docs/daemon.md explain the configuration file.");
}

Result<Settings> settle(const Arguments& a) {
  Settings settings;
  settings.system = a.system;
  std::optional<std::string> file;
  if (!a.config.empty())
    file = a.config;
  else
    file = switchhook::daemon::default_file(a.system);
  if (file)
    if (Result<void> good = switchhook::daemon::read_file(*file, settings); !good)
      return good.error();
  if (!a.socket.empty()) settings.socket = a.socket;
  if (!a.store.empty()) settings.store = a.store;
  if (!a.token_file.empty()) settings.token_file = a.token_file;
  if (!a.log_level.empty()) settings.log.level = a.log_level;
  if (a.tcp) settings.tcp_port = a.tcp;
  if (a.idle_exit) settings.idle_exit = std::chrono::seconds(*a.idle_exit);
  switchhook::daemon::complete(settings);
  settings.again = [a] { return settle(a); };
  return settings;
}

/// Each connection takes two descriptors, each call of a network provider one or more.
/// @return  whether there are enough to begin with
bool raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
  }
  namespace limits = switchhook::limits;
  const std::size_t allowed = switchhook::base::descriptors_allowed();
  if (allowed >= limits::kDescriptorsLeast) return true;
  std::fprintf(stderr,
               "switchhookd: it may have %zu open files and needs %zu at least; raise the limit "
               "(ulimit -Hn, LimitNOFILE= of its unit)\n",
               allowed, limits::kDescriptorsLeast);
  return false;
}

void say_ready(const std::string& line, std::optional<int> fd) {
  std::cout << line << std::endl;
  if (!fd) return;
  const std::string text = line + "\n";
  static_cast<void>(!::write(*fd, text.data(), text.size()));
  ::close(*fd);
}

int serve(const Settings& settings, std::optional<int> ready_fd) {
  switchhook::daemon::Daemon daemon(settings);
  const Result<std::string> ready = daemon.start();
  if (!ready) {
    std::fprintf(stderr, "switchhookd: %s\n", ready.error().context.c_str());
    return kFailed;
  }
  say_ready(*ready, ready_fd);
  return daemon.run() ? 0 : kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  switchhook::daemon::run_as_provider(argc, argv);
  CLI::App app("The Switchhook daemon: carries the calls of all programs.", "switchhookd");
  Arguments arguments;
  declare(app, arguments);
  if (argc == 2 && std::string_view(argv[1]) == "--describe") {  // for packaging/reference/make
    std::cout << "{\"program\":" << switchhook::reference::describe_command(app) << ",\n "
              << switchhook::daemon::describe_settings() << "}\n";
    return 0;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongSettings;
  }
  const Result<Settings> settings = settle(arguments);
  if (!settings) {
    std::fprintf(stderr, "switchhookd: %s\n", settings.error().context.c_str());
    return kWrongSettings;
  }
  if (arguments.check) {
    for (const std::string& warning : settings->warnings)
      std::cout << "switchhookd: warning: " << warning << '\n';
    std::cout << "switchhookd: the configuration is right" << std::endl;
    return 0;
  }
  ::umask(077);  // records, tokens and locks are nobody else's; the socket has a mode of its own
  switchhook::daemon::protect_process();
  if (!raise_descriptor_limit()) return kFailed;
  try {
    switchhook::daemon::log::begin(settings->log);
    return serve(*settings, arguments.ready_fd);
  } catch (const std::exception& error) {
    // Not caused by any client or network; what state things are in is not known any more.
    std::fprintf(stderr, "switchhookd: %s\n", error.what());
    return kFailed;
  }
}
