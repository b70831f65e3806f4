// SPDX-License-Identifier: Apache-2.0
#pragma once

// A connection to a PostgreSQL server, by libpq without blocking: each step has a time limit and ends
// at once when it is called off. Only the look-up of a name blocks. Threads: one at a time, but for
// CallOff. Ownership: owns the connection.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "switchhook/error.hpp"

struct pg_conn;

namespace switchhook::daemon {

/// Wakes who waits for a server. Threads: any.
class CallOff {
 public:
  CallOff();
  ~CallOff();
  CallOff(const CallOff&) = delete;
  CallOff& operator=(const CallOff&) = delete;

  /// A wait for news ends.
  void wake() const;
  /// Every wait ends, from now on.
  void stop();
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  friend class PostgresqlConnection;
  enum class Came { ready, woken, late };
  /// @param descriptor  -1 = none. Waits that are woken go on; `woken` is only for those that were stopped,
  /// or where `news` ends them.
  Came wait(int descriptor, bool to_write, std::chrono::steady_clock::time_point until,
            bool news) const;

  int event_ = -1;
  std::atomic<bool> stopped_ = false;
};

class PostgresqlConnection {
 public:
  struct Options {
    std::string conninfo;  ///< libpq's: "host=… dbname=…", or a postgresql:// URI
    std::string password;  ///< empty = conninfo's, or what libpq finds
    std::uint32_t timeout_s = limits::kOutboxTime.count();  ///< to connect, and for each statement
    friend bool operator==(const Options&, const Options&) = default;
  };
  using Row = std::vector<std::string>;  ///< a null is ""

  /// What is wrong with it, in libpq's words. @return  whether it has a password.
  [[nodiscard]] static Result<bool> check(const std::string& conninfo);

  /// @param call_off  (ref) outlives it
  PostgresqlConnection(Options options, const CallOff& call_off);
  ~PostgresqlConnection();
  PostgresqlConnection(const PostgresqlConnection&) = delete;
  PostgresqlConnection& operator=(const PostgresqlConnection&) = delete;

  /// Errors: disconnected: away, or called off; timed_out; failed: as query().
  [[nodiscard]] Result<void> open();
  void close();
  [[nodiscard]] bool is_open() const { return connection_ != nullptr; }
  /// Carries it out. @param parameters  for $1, …; with none, several statements may be given at once
  /// and are one transaction. Errors: as open(); failed: the server's words, with their SQLSTATE.
  [[nodiscard]] Result<std::vector<Row>> query(const std::string& sql,
                                               const std::vector<std::string>& parameters = {});
  /// Waits until woken. Errors: disconnected: the server went away meanwhile; timed_out.
  [[nodiscard]] Result<void> await_news(std::chrono::steady_clock::time_point until);
  /// Waits, connected or not, until then or until it is called off.
  void pause(std::chrono::milliseconds time) const;

  /// "db.example.org/calls", once it was open.
  [[nodiscard]] const std::string& where() const { return where_; }
  /// Whether texts may have more than ASCII.
  [[nodiscard]] bool takes_utf8() const;

 private:
  struct Close {
    void operator()(pg_conn* connection) const;
  };
  [[nodiscard]] std::chrono::steady_clock::time_point deadline() const;
  [[nodiscard]] Error failure(Errc code, const std::string& before = {}) const;
  Result<void> await(bool to_write, std::chrono::steady_clock::time_point until);

  const Options options_;
  const CallOff& call_off_;
  std::unique_ptr<pg_conn, Close> connection_;
  std::string where_;
};

}  // namespace switchhook::daemon
