// SPDX-License-Identifier: Apache-2.0
#pragma once

// The commands. Each connects, does its work, and returns what the program exits with.
// Threads: the main thread.

#include <chrono>
#include <optional>
#include <string>

#include "switchhook/switchhook.hpp"

namespace switchhook::cli {

struct Common {
  std::string socket;  ///< empty = found by the library
  bool json = false;
  bool start = true;  ///< start the user's service when none is found
};

struct CallArguments {
  std::string line;
  std::string address;
  std::optional<std::chrono::milliseconds> hangup_after;  ///< counted from the answer
  std::optional<std::chrono::milliseconds> no_answer;
  std::string user_info;
};

struct AnswerArguments {
  std::string line;
  bool once = false;
  bool reject = false;
  std::optional<std::chrono::milliseconds> hangup_after;
};

struct RecordArguments {
  RecordQuery query{.limit = 20};
  std::optional<std::chrono::milliseconds> since, until;  ///< this long ago
  bool all = false;                                       ///< whatever the limit
  bool csv = false;
  bool verify = false;  ///< show none, say which are damaged
  bool follow = false;  ///< those that come from now on, until Ctrl-C
};

struct ReleaseArguments {
  std::optional<std::uint64_t> session;
  bool all_leaks = false;
};

[[nodiscard]] Result<Application> connect(const Common& common);

int run_call(const Common& common, const CallArguments& arguments);
int run_answer(const Common& common, const AnswerArguments& arguments);
int run_lines(const Common& common);
int run_sessions(const Common& common);
int run_records(const Common& common, const RecordArguments& arguments);
/// @param watch  shows it again and again, this often, until interrupted.
int run_leaks(const Common& common, std::optional<std::chrono::milliseconds> watch);
int run_release(const Common& common, const ReleaseArguments& arguments);
/// @param zero  nothing at all may be held.
int run_audit(const Common& common, bool zero);
int run_status(const Common& common);

}  // namespace switchhook::cli
