// SPDX-License-Identifier: Apache-2.0
#pragma once

// The store's SQL: one open database with its prepared statements. Threads: one at a time.
// Ownership: owns the database handle.

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/batch.hpp"
#include "daemon/store.hpp"

namespace switchhook::daemon {

/// A question about records on its way through the database.
struct Scan {
  api::RecordQuery query;
  Store::Who who;
  api::RecordPage page;
  std::int64_t cursor = 0;  ///< the row to go on from
  bool begun = false;
};

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
  /// Removes records that ended before a time; so many at once. @return how many.
  [[nodiscard]] Result<std::size_t> retire_older(std::int64_t before_us, std::size_t at_once);
  /// Removes the oldest while the content is larger than allowed; so many at once. @return how many.
  [[nodiscard]] Result<std::size_t> retire_beyond(std::uint64_t bytes_max, std::size_t at_once);
  /// The calls that earlier starts left in the journal.
  [[nodiscard]] Result<std::vector<std::pair<JournalKey, JournalRow>>> journal();
  [[nodiscard]] Result<Store::JournalCount> count_journal();
  /// Takes a range of session numbers, above all that were used and not below `least`.
  [[nodiscard]] Result<void> begin_boot(std::uint32_t least = 0);
  /// Goes on with a question: looks at limits::kScanRows rows at most, so that one question does not
  /// keep all others waiting. @return whether it is answered: `scan.page`.
  [[nodiscard]] Result<bool> read_some(Scan& scan);
  /// The same to its end.
  [[nodiscard]] Result<api::RecordPage> read(const api::RecordQuery& query, const Store::Who& who);
  /// The lines of earlier starts.
  [[nodiscard]] Result<Store::Lines> lines();
  [[nodiscard]] Result<void> keep_lines(const Store::Lines& lines);
  /// Moves what was committed into the database's own file, out of the log beside it.
  [[nodiscard]] Result<void> checkpoint();
  /// The wall clock when it was last trusted, or the end of the latest record; 0 = there is neither.
  [[nodiscard]] std::int64_t wall_seen_us() const { return wall_seen_us_; }
  [[nodiscard]] Result<void> wall_seen(std::int64_t wall_us);
  /// Rows that were found damaged, and are passed over, in words that name them; each once.
  [[nodiscard]] std::vector<std::string> take_damage() { return std::exchange(damage_, {}); }
  [[nodiscard]] std::uint32_t first_generation() const { return first_generation_; }

  // ---- the outbox: records that are to be in another database, too (store_outbox.cpp)

  /// Those that have not been sent are not removed because of their age, nor of the size below
  /// limits::kOutboxTimes of it.
  void keep_unsent(bool keep) { keeps_unsent_ = keep; }
  /// The next ones that have not been sent, so many at most; damaged rows are passed over.
  [[nodiscard]] Result<Store::Unsent> unsent(std::size_t most);
  /// These are sent. Written with the next batch, by checkpoint() or keep_sent(): what is sent twice
  /// does no harm.
  void sent(const Store::Unsent& records);
  /// So many records before the last one that was sent are to be sent again.
  /// @return  the session of the last one that is not; 0 = all are
  [[nodiscard]] Result<std::uint64_t> look_back(std::int64_t records);
  [[nodiscard]] Result<std::uint64_t> count_unsent();
  [[nodiscard]] bool sent_unwritten() const { return sent_ != sent_written_; }
  Result<void> keep_sent();

 private:
  struct Handles;
  class Statement;
  explicit Database(std::unique_ptr<Handles> handles);
  Result<void> prepare();
  Result<void> migrate();
  Result<void> insert(const std::vector<Row>& rows);
  Result<void> amend(const Row& row);
  Result<void> note(const JournalKey& key, const JournalRow& row);
  Result<bool> begin(Scan& scan);
  bool take_row(Scan& scan, const Statement& row, bool& full);
  bool read_range(Scan& scan, std::int64_t from, std::int64_t below, bool& full);
  Result<void> set_journal_row_aside(const JournalKey& key);
  void damaged(std::string words);
  Result<void> read_sent();
  /// The last record that may be removed.
  [[nodiscard]] std::int64_t removable() const { return keeps_unsent_ ? sent_ : INT64_MAX; }

  std::unique_ptr<Handles> handles_;
  std::uint32_t first_generation_ = 1;
  std::uint64_t sequence_ = 0;
  std::int64_t wall_seen_us_ = 0;
  std::int64_t name_ = 0;                     // of the store
  std::int64_t sent_ = 0, sent_written_ = 0;  // the number of the last record
  bool keeps_unsent_ = false;
  std::vector<std::string> damage_;     // not taken yet
  std::set<std::string> damage_named_;  // all, limits::kDamageNamed at most
};

}  // namespace switchhook::daemon
