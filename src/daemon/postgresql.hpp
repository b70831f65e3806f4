// SPDX-License-Identifier: Apache-2.0
#pragma once

// Records on their way to PostgreSQL: a thread takes them from the store's outbox and inserts them,
// each under the key of its store and session, so that none is there twice whoever died in between.
// What the server does not take stays in the outbox, and is tried again ever more seldom. Nothing
// waits for this thread. Threads: any. Ownership: owns its thread and the connection.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "daemon/postgresql_connection.hpp"
#include "daemon/store.hpp"

namespace switchhook::daemon {

class Postgresql {
 public:
  using Options = PostgresqlConnection::Options;
  struct Status {
    bool connected = false;
    std::string where;         ///< "db.example.org/calls"; empty = it was never connected
    std::string trouble;       ///< why it takes nothing; empty = it does, or has not been asked yet
    std::uint64_t failed = 0;  ///< attempts
    std::uint64_t records = 0;  ///< that it took, since the start
  };

  /// @param store  (ref) opened with an outbox, outlives it
  Postgresql(Store& store, Options options);
  /// Without waiting for the server.
  ~Postgresql();
  Postgresql(const Postgresql&) = delete;
  Postgresql& operator=(const Postgresql&) = delete;

  [[nodiscard]] Status status() const;
  /// Waits until it has all records that were written, if it takes any.
  void finish(std::chrono::milliseconds wait);

 private:
  class Worker;
  std::shared_ptr<Worker> worker_;  // the thread's, too
};

/// The records as JSON for the statement that inserts them. @param store  the store's name
[[nodiscard]] std::string postgresql_rows(std::int64_t store, const std::vector<Record>& records,
                                          bool utf8);

}  // namespace switchhook::daemon
