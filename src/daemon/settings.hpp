// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the daemon is told: by its command line, by its configuration file, by default; in this
// order of strength. docs/daemon.md explains each for users. Threads: plain values.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "core/policy.hpp"
#include "daemon/log.hpp"
#include "daemon/postgresql_connection.hpp"
#include "providers/exchange/plan.hpp"
#include "providers/sip/config.hpp"
#include "switchhook/error.hpp"

namespace switchhook::daemon {

/// Where the SIP provider runs. `usual`: in a process of its own for the machine's daemon, in the
/// daemon for a user's.
enum class SipProcess : std::uint8_t { usual, own, daemon };

/// Who has which role and whose the lines are, by the names of users and groups.
struct AccessNames {
  struct Line {
    std::vector<std::string> users, groups;
    friend bool operator==(const Line&, const Line&) = default;
  };
  std::vector<std::string> operators, observers;  ///< groups
  std::map<std::string, Line> lines;              ///< by the line's name
  std::map<std::string, std::string> where;       ///< each user and group: "FILE:LINE: "
};

/// What is done while the journal cannot be kept, so that the death of the daemon would lose calls.
enum class JournalLost : std::uint8_t {
  refuse,  ///< no call begins
  go_on,
};

/// REST and events over HTTP, and the page that stands on them.
struct ConsoleSettings {
  std::string listen;            ///< ADDRESS:PORT, or a Unix socket's path; empty = there is none
  std::string certificate, key;  ///< PEM files; empty = without TLS
  std::vector<std::string> hosts;
  std::string files;             ///< folder of the page
  std::string passwords;         ///< file of users
  std::string address_file;      ///< what `switchhook console` reads
  std::string logins_file;       ///< beside the store; empty = logins end with the daemon
  std::size_t messages = 10000;  ///< of SIP that are kept
  friend bool operator==(const ConsoleSettings&, const ConsoleSettings&) = default;
};

struct Settings {
  std::string socket;
  std::optional<unsigned> socket_mode;  ///< empty = 0600, or 0660 for the system's
  std::string socket_group;
  std::optional<std::uint16_t> tcp_port;  ///< on 127.0.0.1; 0 = any free one; empty = none
  std::string token_file;                 ///< for TCP
  std::optional<std::string> store;       ///< a file; ":memory:" = none
  /// Older records are removed; 0 = never.
  std::uint32_t store_keep_days = limits::kStoreKeepDays;
  /// Beyond it the oldest are removed; 0 = no limit.
  std::uint32_t store_max_mb = limits::kStoreMaxMb;
  PostgresqlConnection::Options postgresql;  ///< where records go, too; empty conninfo = nowhere
  JournalLost journal_lost = JournalLost::refuse;
  [[nodiscard]] bool refuses_unnoted() const { return journal_lost == JournalLost::refuse; }
  /// Kept in the engine by the programs of one user, and by one program; 0 = any number.
  std::uint32_t user_mb = limits::kUserMb, program_mb = limits::kProgramMb;
  [[nodiscard]] core::MemoryLimits memory() const {
    return {std::uint64_t{user_mb} << 20, std::uint64_t{program_mb} << 20};
  }
  std::chrono::seconds idle_exit{0};      ///< stop after so long without applications; 0 = never
  std::chrono::seconds audit_every{300};  ///< the daemon audits itself; 0 = never
  std::chrono::seconds resume_time = limits::kResumeTime;  ///< 0 = a lost connection is gone
  std::chrono::seconds silence_time = limits::kSilence;    ///< of a local application; 0 = any
  /// So long after the service's death applications look for it again; 0 = not at all.
  std::chrono::seconds restore_time = limits::kRestoreTime;
  log::Options log;
  std::string metrics_listen;  ///< ADDRESS:PORT, or a Unix socket's path; empty = no metrics

  ConsoleSettings console;

  std::vector<std::string> warnings;  ///< what a file should not say, with its place
  unsigned password_line = 0;         ///< of the file, the first with a password; 0 = none
  /// Reads all once more, as at the start. Empty: there is nothing to read.
  std::function<Result<Settings>()> again;

  std::function<void(std::uint8_t step)> at_journal_step;  ///< a Store::Step; for tests
  core::Policy policy;
  AccessNames access;

  bool system = false;  ///< the machine's daemon, not a user's
  bool exchange_enabled = true;
  bool sip_enabled = true;
  bool sip_port_given = false;  ///< then another port will not do
  SipProcess sip_process = SipProcess::usual;
  exchange::Config exchange;
  std::string program = "/proc/self/exe";  ///< of that process
  sip::Config sip;
};

/// Reads a configuration file into settings that have their defaults.
/// Errors: not_found, denied, invalid_argument; each mistake as "FILE:LINE: reason", on a line of its own.
[[nodiscard]] Result<void> read_file(const std::string& path, Settings& settings);
/// The same from text. @param name  for the messages
[[nodiscard]] Result<void> read_text(const std::string& text, const std::string& name,
                                     Settings& settings);

/// The settings that reading a text asks for, as "table.key": what the description of the settings
/// (settings_reference.hpp) is compared with. A [[table]] is asked only where the text has one.
[[nodiscard]] std::set<std::string> settings_asked_for(const std::string& text);

/// The configuration file that is used when none is named, if it is there.
[[nodiscard]] std::optional<std::string> default_file(bool system);

/// Fills in what neither the command line nor a file has said.
void complete(Settings& settings);

}  // namespace switchhook::daemon
