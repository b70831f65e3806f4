// SPDX-License-Identifier: Apache-2.0
// The command line: reads the arguments, says in a sentence what is wrong with them, and runs one
// command (docs/cli.md).
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>

#include "cli/options.hpp"
#include "cli/output.hpp"
#include "reference/describe_command.hpp"

namespace {

using namespace switchhook::cli;

void add_common(CLI::App* command, Common* common) {
  CLI::Option* socket = command
                            ->add_option("--socket", common->socket,
                                         "Where the service listens: a path, or tcp:HOST:PORT")
                            ->type_name("PATH");
  CLI::Option* user = command->add_flag_callback(
      "--user", [common] { common->service = switchhook::ServiceKind::user; },
      "Use the user's own service, whatever else runs");
  command
      ->add_flag_callback(
          "--system", [common] { common->service = switchhook::ServiceKind::machine; },
          "Use the machine's service, and no other")
      ->excludes(user)
      ->excludes(socket);
  user->excludes(socket);
  command->add_flag("--json", common->json, "Write JSON, one object per line");
  command->add_flag_callback(
      "--no-start", [common] { common->start = false; },
      "Fail when no service runs, instead of starting one");
}

constexpr const char* kFooter =
    "Exit status: 0 success; 1-14 an error; 20-39 how a call ended that did not get\n"
    "through; 130 Ctrl-C. switchhook(1) and docs/cli.md list all codes.";

}  // namespace

int main(int argc, char** argv) try {
  Commands commands;
  CLI::App app("Place, answer and end calls, and know that they ended.", "switchhook");
  app.require_subcommand(1);
  app.footer(kFooter);
  app.set_version_flag("--version", SWITCHHOOK_VERSION);
  add_common(&app, &commands.common);
  commands.add = [&](const char* name, const char* words) {
    CLI::App* sub = app.add_subcommand(name, words);
    add_common(sub, &commands.common);
    sub->footer(kFooter);
    return sub;
  };

  add_call_commands(commands);
  add_service_commands(commands);

  if (argc == 2 && std::string_view(argv[1]) == "--describe") {  // for packaging/reference/make
    print_line("{\"program\":" + switchhook::reference::describe_command(app) + "}");
    return finish_output(0);
  }
  const auto is_command = [&app](const std::string& name) {
    const auto all = app.get_subcommands([](const CLI::App*) { return true; });
    return std::any_of(all.begin(), all.end(),
                       [&name](const CLI::App* one) { return one->get_name() == name; });
  };
  if (argc > 1 && argv[1][0] != '-' && !is_command(argv[1])) {
    std::fprintf(stderr, "switchhook: there is no command \"%s\"\nTry: switchhook --help\n",
                 shown(argv[1]).c_str());
    return kExitUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return finish_output(app.exit(asked));
  } catch (const CLI::ParseError& wrong) {
    std::fprintf(stderr, "switchhook: %s\nTry: switchhook --help\n", shown(wrong.what()).c_str());
    return kExitUsage;
  }
  return finish_output(commands.code);
} catch (const std::exception& error) {
  std::fprintf(stderr, "switchhook: %s\n", error.what());
  return exit_code(switchhook::Errc::failed);
}
