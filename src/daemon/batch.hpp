// SPDX-License-Identifier: Apache-2.0
#pragma once

// What goes into the database in one transaction: records, and rows of the journal. Notes of the
// same call that come before the transaction become one. Threads: plain values.

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "daemon/tail.hpp"
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

/// A call of the journal.
struct JournalRow {
  std::uint64_t session = 0;  ///< 0 = the engine has not said
  rpc::Bytes record;          ///< so far; empty = the engine has not said
  std::string line, provider_call_id, recovery;
  std::uint8_t direction = 0;
  bool has_recovery = false;
  bool over = false;  ///< it leaves the journal
};
/// Boot, provider, call.
using JournalKey = std::tuple<std::uint32_t, std::string, std::uint64_t>;

struct Batch {
  std::vector<Row> rows;
  std::map<std::uint64_t, Row> amended;  ///< by session
  std::map<JournalKey, JournalRow> journal;
  std::uint64_t sequence = 0;  ///< of the last note in it

  /// Takes a note in. `row`: of the record, for done and amended.
  void take(const TailEntry& entry, Row row);
  void take(const TailEntry& entry, std::uint64_t session);
  [[nodiscard]] bool empty() const { return rows.empty() && amended.empty() && journal.empty(); }
};

}  // namespace switchhook::daemon
