// SPDX-License-Identifier: Apache-2.0
#pragma once

// A program's command line as data, read from the CLI11 object that parses it: what `--describe`
// prints, and from which packaging/reference/make makes manual pages and completions. So there is
// one description of every command. Threads: plain functions.

#include <CLI/CLI.hpp>

#include <string>

#include "reference/json_text.hpp"

namespace switchhook::reference {

/// {"names":["--x"],"value":"TYPE","about":"…","required":false}; "value" is empty for a flag.
[[nodiscard]] inline std::string describe_option(const CLI::Option& option) {
  std::string names;
  for (const std::string& name : option.get_snames())
    names.append(names.empty() ? "" : ",").append(json_text("-" + name));
  for (const std::string& name : option.get_lnames())
    names.append(names.empty() ? "" : ",").append(json_text("--" + name));
  if (names.empty()) names = json_text(option.get_single_name());
  const bool flag = option.get_items_expected_max() == 0;
  std::string about = option.get_description();
  return "{\"names\":[" + names + "],\"value\":" + json_text(flag ? "" : option.get_type_name()) +
         ",\"positional\":" + (option.get_positional() ? "true" : "false") +
         ",\"required\":" + (option.get_required() ? "true" : "false") +
         ",\"about\":" + json_text(about) + "}";
}

/// The command with its options, its arguments and the commands below it.
[[nodiscard]] inline std::string describe_command(const CLI::App& app) {
  std::string options, commands;
  for (const CLI::Option* option : app.get_options())
    options.append(options.empty() ? "" : ",\n    ").append(describe_option(*option));
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    commands.append(commands.empty() ? "" : ",\n  ").append(describe_command(*command));
  return "{\"name\":" + json_text(app.get_name()) +
         ",\"about\":" + json_text(app.get_description()) + ",\n   \"options\":[" + options +
         "],\n   \"commands\":[" + commands + "]}";
}

}  // namespace switchhook::reference
