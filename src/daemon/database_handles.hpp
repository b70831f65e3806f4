// SPDX-License-Identifier: Apache-2.0
#pragma once

// SQLite behind Database: its statements and its connection. For database.cpp and store_outbox.cpp alone.
// Threads: as Database.

#include <sqlite3.h>

#include <string>
#include <utility>

#include "daemon/database.hpp"

namespace switchhook::daemon {

class Database::Statement {
 public:
  Statement() = default;
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  int prepare(sqlite3* database, const char* sql) {
    return sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  }
  void bind(int index, std::int64_t value) { sqlite3_bind_int64(statement_, index, value); }
  void bind(int index, const std::string& value) {
    sqlite3_bind_text(statement_, index, value.data(), static_cast<int>(value.size()),
                      SQLITE_STATIC);
  }
  void bind(int index, const rpc::Bytes& value) {
    sqlite3_bind_blob(statement_, index, value.data(), static_cast<int>(value.size()),
                      SQLITE_STATIC);
  }
  void bind_blob(int index, const std::string& value) {
    sqlite3_bind_blob(statement_, index, value.data(), static_cast<int>(value.size()),
                      SQLITE_STATIC);
  }
  [[nodiscard]] int step() { return sqlite3_step(statement_); }
  void reset() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  [[nodiscard]] std::int64_t number(int column) const {
    return sqlite3_column_int64(statement_, column);
  }
  [[nodiscard]] std::string text(int column) const {
    const rpc::View view = bytes(column);
    return {view.begin(), view.end()};
  }
  [[nodiscard]] rpc::View bytes(int column) const {
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

struct Database::Handles {
  std::string path;
  sqlite3* database = nullptr;
  Statement insert, cursor, amend, note, over, tail;
  Statement newest, oldest, one;  // of a range of rows in either order; of one session
  Statement row;                  // without a look at those beside it
  Statement bounds;

  ~Handles() {
    // Statements go before the database: members are destroyed after this body, hence close_v2.
    sqlite3_close_v2(database);
  }
  [[nodiscard]] Error failure() const {
    const int code = sqlite3_errcode(database) & 0xff;
    const bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    return {damaged ? Errc::malformed : Errc::failed, path + ": " + sqlite3_errmsg(database)};
  }
  /// Carries out a statement that gives no rows, and makes it ready for the next time.
  [[nodiscard]] Result<void> done(Statement& statement) const {
    const bool good = statement.step() == SQLITE_DONE;
    Error error = good ? Error{} : failure();
    statement.reset();
    if (good) return {};
    return error;
  }
  /// The first and the last number of a record; 0 = there is none.
  [[nodiscard]] Result<std::pair<std::int64_t, std::int64_t>> range() {
    Result<std::pair<std::int64_t, std::int64_t>> out = std::pair(std::int64_t{}, std::int64_t{});
    if (bounds.step() == SQLITE_ROW)
      *out = {bounds.number(0), bounds.number(1)};
    else
      out = failure();
    bounds.reset();
    return out;
  }
  [[nodiscard]] bool run(const char* sql) const {
    return sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
  }
};

}  // namespace switchhook::daemon
