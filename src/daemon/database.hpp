// SPDX-License-Identifier: Apache-2.0
#pragma once

// The store's SQL: one open database with its prepared statements. Threads: one at a time.
// Ownership: owns the database handle.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/batch.hpp"
#include "daemon/store.hpp"

namespace switchhook::daemon {

class Database {
 public:
  /// Brings an older one up to date. begin_boot() has to follow.
  [[nodiscard]] static Result<Database> open(const std::string& path);
  ~Database();
  Database(Database&& other) noexcept;
  Database& operator=(Database&&) noexcept;

  /// All of it or nothing; on the disk when it returns. Errors: failed: in SQLite's words;
  /// malformed: the file itself is not right.
  [[nodiscard]] Result<void> write(const Batch& batch);
  /// The number of the last note that was written.
  [[nodiscard]] std::uint64_t sequence() const { return sequence_; }
  /// Removes records that ended before a time, and the oldest while the content is larger than
  /// allowed; so many at once. @return how many.
  [[nodiscard]] Result<std::size_t> retire(std::int64_t before_us, std::uint64_t bytes_max,
                                           std::size_t at_once);
  /// The calls that earlier starts left in the journal.
  [[nodiscard]] Result<std::vector<std::pair<JournalKey, JournalRow>>> journal();
  [[nodiscard]] Result<Store::JournalCount> count_journal();
  /// Takes a range of session numbers, above all that were used and not below `least`.
  [[nodiscard]] Result<void> begin_boot(std::uint32_t least = 0);
  [[nodiscard]] Result<api::RecordPage> read(const api::RecordQuery& query, const Store::Who& who);
  [[nodiscard]] std::uint32_t first_generation() const { return first_generation_; }

 private:
  struct Handles;
  explicit Database(std::unique_ptr<Handles> handles);
  Result<void> prepare();
  Result<void> migrate();
  Result<void> insert(const std::vector<Row>& rows);
  Result<void> amend(const Row& row);
  Result<void> note(const JournalKey& key, const JournalRow& row);

  std::unique_ptr<Handles> handles_;
  std::uint32_t first_generation_ = 1;
  std::uint64_t sequence_ = 0;
};

}  // namespace switchhook::daemon
