// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the command line takes: the arguments of all commands, and how they are declared to CLI11,
// by subject, so that no file compiles for long. Threads: the main thread. Ownership: what is
// declared refers to the Commands, which outlive the parser.

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.hpp"

namespace switchhook::cli {

struct Commands {
  std::function<CLI::App*(const char* name, const char* words)> add;
  Common common;
  CallArguments call;
  AnswerArguments answer;
  std::optional<std::chrono::milliseconds> watch;
  std::vector<std::uint64_t> hangups;
  ControlArguments control;
  RecordArguments records;
  ReleaseArguments release;
  TraceArguments trace;
  ConsoleArguments console;
  bool zero = false;    ///< audit: nothing at all may be held
  bool cancel = false;  ///< drain
  int code = 0;         ///< what the command that ran exits with
};

/// Those of the calls that are there.
void add_call_commands(Commands& commands);
/// Those of records, leaks and the service.
void add_service_commands(Commands& commands);

/// An option that takes a duration.
void add_duration(CLI::App* command, const std::string& name,
                  std::optional<std::chrono::milliseconds>* value, const std::string& words);
/// A session's number, long or short.
std::uint64_t session_number(const std::string& name, const std::string& text);
/// The argument SESSION, or an option that takes one.
CLI::Option* add_session(CLI::App* command, const std::string& name, const std::string& words,
                         const std::function<void(std::uint64_t)>& take);
/// Repeats a list, this often; 1 s when no interval is given.
void add_watch(CLI::App* command, std::optional<std::chrono::milliseconds>* watch);
void add_csv(CLI::App* command, Common* common);

}  // namespace switchhook::cli
