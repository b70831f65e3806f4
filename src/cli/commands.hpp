// SPDX-License-Identifier: Apache-2.0
#pragma once

// The commands. Each connects, does its work, and returns what the program exits with.
// Threads: the main thread.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/table.hpp"
#include "switchhook/switchhook.hpp"

namespace switchhook::cli {

struct Common {
  std::string socket;  ///< empty = found by the library
  bool json = false;
  bool csv = false;   ///< of lists
  bool start = true;  ///< start the user's service when none is found
  ServiceKind service = ServiceKind::any;

  [[nodiscard]] Format format() const {
    return json ? Format::json : csv ? Format::csv : Format::table;
  }
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
  CsvColumns columns = CsvColumns::all;
  bool all = false;     ///< whatever the limit
  bool verify = false;  ///< show none, say which are damaged
  bool follow = false;  ///< those that come from now on, until Ctrl-C
};

struct ReleaseArguments {
  std::optional<std::uint64_t> session;
  bool all_leaks = false;
};

/// A call of somebody's that is to be changed.
struct ControlArguments {
  std::uint64_t session = 0;  ///< a number as find_session() takes it
  std::string address;        ///< transfer: to whom
  std::uint64_t with = 0;     ///< transfer: to the far end of this session; 0 = to the address
  std::string digits;
  std::optional<std::chrono::milliseconds> duration;  ///< of each digit
};

struct TraceArguments {
  TraceOptions options;     ///< its session a number as find_session() takes it
  std::string pcap;         ///< a file; "-" = standard output, and nothing else is shown
  bool messages = false;    ///< each message itself below its line
  std::uint64_t count = 0;  ///< end after so many; 0 = until Ctrl-C
};

/// The console over HTTP. Without a name: where it is.
struct ConsoleArguments {
  bool token = false;      ///< only the token
  std::string name;        ///< of a user whose password is set
  bool operating = false;  ///< an operator; otherwise an observer
  bool remove = false;
  std::string file;  ///< of users; empty = the service's
};

[[nodiscard]] Result<Application> connect(const Common& common);

/// Sessions have long numbers that never recur, and short ones, counted since the service began, that
/// people type. Either names a session.
[[nodiscard]] std::string short_number(const Record& session);
/// On the wall clock; 0 = it has not begun.
[[nodiscard]] std::chrono::microseconds began(const Record& record);
/// The session that is there now, live or ended and held. Errors: not_found.
[[nodiscard]] Result<Record> find_session(const Operator& service, std::uint64_t number);
/// The long number of a session that is there, or that has a record. Errors: not_found.
[[nodiscard]] Result<std::uint64_t> find_record(const Operator& service, std::uint64_t number);

/// Does it once; with `watch` again and again, this often, until Ctrl-C, an error, or until the
/// output cannot be written. @return what to exit with.
int repeat(const Common& common, std::optional<std::chrono::milliseconds> watch,
           const std::function<int()>& show);

int run_call(const Common& common, const CallArguments& arguments);
int run_answer(const Common& common, const AnswerArguments& arguments);
int run_lines(const Common& common);
/// @param watch  shows them again and again, this often, until interrupted.
int run_sessions(const Common& common, std::optional<std::chrono::milliseconds> watch);
int run_records(const Common& common, const RecordArguments& arguments);
/// @param watch  shows it again and again, this often, until interrupted.
int run_leaks(const Common& common, std::optional<std::chrono::milliseconds> watch);
int run_hangup(const Common& common, const std::vector<std::uint64_t>& sessions);
int run_hold(const Common& common, const ControlArguments& arguments);
int run_unhold(const Common& common, const ControlArguments& arguments);
int run_transfer(const Common& common, const ControlArguments& arguments);
int run_digits(const Common& common, const ControlArguments& arguments);
int run_release(const Common& common, const ReleaseArguments& arguments);
/// @param zero  nothing at all may be held.
int run_audit(const Common& common, bool zero);
/// Incoming calls that became no session.
int run_refusals(const Common& common);
int run_status(const Common& common);
int run_reload(const Common& common);
/// @param cancel  takes it back
int run_drain(const Common& common, bool cancel);
int run_trace(const Common& common, const TraceArguments& arguments);
int run_console(const Common& common, const ConsoleArguments& arguments);

}  // namespace switchhook::cli
