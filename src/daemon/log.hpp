// SPDX-License-Identifier: Apache-2.0
#pragma once

// The daemon's log: each message has a subject, whose level the configuration sets, and fields by
// which it is found. It is written as text or as JSON lines to standard error, or to systemd's journal
// when that reads standard error. What comes from outside is made printable. Threads: begin() before
// others log, and later on the loop; all else any. Ownership: the process's one log.

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace spdlog {
class logger;
}

namespace switchhook::daemon::log {

enum class Subject : std::uint8_t {
  service,
  store,
  audit,
  lines,
  calls,
  programs,
  operators,
  limits,
};
inline constexpr std::array<std::string_view, 8> kSubjects{
    "service", "store", "audit", "lines", "calls", "programs", "operators", "limits"};

enum class Level : std::uint8_t { debug, info, warn, error };

enum class Format : std::uint8_t {
  automatic,  ///< the journal's where it reads standard error, text elsewhere
  text,
  json,
};

struct Options {
  std::string level = "info";
  std::array<std::string, kSubjects.size()> levels = {};  ///< of one subject; empty = `level`
  Format format = Format::automatic;
  bool digits = false;  ///< those of calls, too
  friend bool operator==(const Options&, const Options&) = default;
};

/// Where it goes; tests have others.
struct Output {
  int descriptor = 2;
  /// sd_journal_sendv(); null = that one.
  int (*journal)(const iovec* fields, int count) = nullptr;
};

/// By name and value; in the journal "session" is SWITCHHOOK_SESSION.
struct Field {
  std::string_view name;
  std::string value;
};
using Fields = std::vector<Field>;

/// Sets it up, or changes it.
void begin(const Options& options, const Output& output = {});
/// For what has no fields.
[[nodiscard]] spdlog::logger& of(Subject subject);
[[nodiscard]] bool wants(Subject subject, Level level);
/// Empty fields are left out.
void write(Subject subject, Level level, const std::string& words, const Fields& fields = {});

/// Whether the journal reads what is written to this descriptor ($JOURNAL_STREAM).
[[nodiscard]] bool is_journal(int descriptor);

}  // namespace switchhook::daemon::log
