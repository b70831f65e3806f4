// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where words go and what the program exits with. Threads: any; a line is written whole.

#include <chrono>
#include <string>
#include <string_view>

#include "switchhook/switchhook.hpp"

namespace switchhook::cli {

// Exit codes besides those in errors.def (1 to 14) and those of signals (130, 143); docs/cli.md has them
// all.
inline constexpr int kExitUsage = 2;
inline constexpr int kExitFinding = 1;  ///< audit: drift, or not zero when zero was asked for

/// What the program exits with after this error.
[[nodiscard]] int exit_code(Errc code);
/// What `call` exits with after such an end: 0 when it was connected and ended normally.
[[nodiscard]] int exit_code(const Record& record);

/// Writes the line to standard output, at once. Two lines of several threads never mix.
void print_line(std::string_view line);

/// While one lives, print_line() waits for nobody: what is not read is kept, a mebibyte of it, and what
/// comes beyond that is left out and counted. For commands that have calls to serve. At its end it waits
/// a second for what is left to be read.
class UnhurriedOutput {
 public:
  UnhurriedOutput();
  ~UnhurriedOutput();
  UnhurriedOutput(const UnhurriedOutput&) = delete;
  UnhurriedOutput& operator=(const UnhurriedOutput&) = delete;
};
/// The same without adding the end of a line.
void print_text(std::string_view text);
/// True once something could not be written: the disk is full, nobody reads. Who repeats or streams
/// ends then; main() says it, and exits with an error.
[[nodiscard]] bool output_failed();
/// What the program exits with, after `code`: an error when not all was written, which is said.
int finish_output(int code);

/// Says on standard error what went wrong ("switchhook: …") and returns the exit code; with `json`
/// also an object {"event":"error",…} on standard output.
int report(const Error& error, bool json);

/// What came from outside, safe for a terminal: printable().
[[nodiscard]] std::string shown(std::string_view text);

/// "3 min 20 s": a span for people.
[[nodiscard]] std::string span_text(std::chrono::nanoseconds span);
/// A point in time, local, with the offset: "2026-01-31 12:00:00+01:00".
[[nodiscard]] std::string wall_text(std::chrono::microseconds wall);
/// Since that wall-clock time until now.
[[nodiscard]] std::chrono::nanoseconds since_wall(std::chrono::microseconds wall);

}  // namespace switchhook::cli
