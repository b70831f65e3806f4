// SPDX-License-Identifier: Apache-2.0
#pragma once

// The store's SQL: one open database with its prepared statements. Threads: one at a time.
// Ownership: owns the database handle.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "daemon/store.hpp"
#include "rpc/codec.hpp"

namespace switchhook::daemon {

/// A record as it is written: whole in `bytes`, and what it is looked for by beside it.
struct Row {
  std::uint64_t session = 0;
  std::string line;
  std::int64_t started_us = 0;  ///< wall
  std::int64_t ended_us = 0;
  std::string users;  ///< of those who held it, each between line feeds
  rpc::Bytes bytes;
};
[[nodiscard]] Row row_of(const Record& record);

class Database {
 public:
  [[nodiscard]] static Result<Database> open(const std::string& path);
  ~Database();
  Database(Database&& other) noexcept;
  Database& operator=(Database&&) = delete;

  /// All of them or none. Errors: failed: in SQLite's words.
  [[nodiscard]] Result<void> write(std::span<const Row> rows);
  [[nodiscard]] Result<api::RecordPage> read(const api::RecordQuery& query, const Store::Who& who);
  [[nodiscard]] std::uint32_t first_generation() const { return first_generation_; }

 private:
  struct Handles;
  explicit Database(std::unique_ptr<Handles> handles);
  Result<void> prepare();
  Result<void> migrate();
  Result<void> begin_boot();

  std::unique_ptr<Handles> handles_;
  std::uint32_t first_generation_ = 1;
};

}  // namespace switchhook::daemon
