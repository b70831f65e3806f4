// SPDX-License-Identifier: Apache-2.0
// `switchhook console`: where the service's console is, and who may log in to it.
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "credentials/password_file.hpp"
#include "switchhook/json.hpp"

namespace switchhook::cli {

namespace {

using Values = std::map<std::string, std::string>;

/// What the service says of its console, in a file that only its user can read.
Result<Values> console_of(const Common& common) {
  Common running = common;
  running.start = false;
  Result<Application> application = connect(running);
  if (!application) return std::move(application).error();
  const std::string path = application->service().socket + ".console";
  std::ifstream file(path);
  if (!file)
    return Error{Errc::not_found,
                 "the service has no console ([console] of its configuration), or "
                 "this user may not read " +
                     path};
  Values values;
  for (std::string line; std::getline(file, line);)
    if (const std::size_t at = line.find('='); at != std::string::npos)
      values[line.substr(0, at)] = line.substr(at + 1);
  return values;
}

/// A line of standard input; from a terminal without showing it.
std::string read_password() {
  termios before{};
  const bool terminal = ::tcgetattr(STDIN_FILENO, &before) == 0;
  if (terminal) {
    termios quiet = before;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    std::fputs("Password: ", stderr);
  }
  std::string line;
  std::getline(std::cin, line);
  if (terminal) {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    std::fputs("\n", stderr);
  }
  return line;
}

int change_user(const Common& common, const ConsoleArguments& arguments) {
  std::string file = arguments.file;
  if (file.empty()) {
    Result<Values> console = console_of(common);
    if (!console) return report(console.error(), common.json);
    file = (*console)["passwords"];
  }
  const Result<void> done =
      arguments.remove
          ? credentials::remove_user(file, arguments.name)
          : credentials::set_password(file, {arguments.name, arguments.operating}, read_password());
  if (!done) return report(done.error(), common.json);
  if (common.json)
    print_line(JsonObject()
                   .add("event", arguments.remove ? "removed" : "password set")
                   .add("user", arguments.name)
                   .text());
  else
    print_line("User " + shown(arguments.name) +
               (arguments.remove ? " is removed from " : " has a password in ") + shown(file) +
               ".");
  return 0;
}

}  // namespace

int run_console(const Common& common, const ConsoleArguments& arguments) {
  if (!arguments.name.empty()) return change_user(common, arguments);
  Result<Values> console = console_of(common);
  if (!console) return report(console.error(), common.json);
  const std::string address = (*console)["address"], token = (*console)["token"];
  if (common.json)
    print_line(JsonObject().add("address", address).add("token", token).text());
  else
    print_line(arguments.token ? token : address + "#token=" + token);
  return 0;
}

}  // namespace switchhook::cli
