// SPDX-License-Identifier: Apache-2.0
// The outbox of the store: which of its records another database has. It is a number, that of the last
// record that was sent: records are sent in the order of their numbers, and none is given twice.
#include <algorithm>

#include "daemon/database_handles.hpp"
#include "rpc/codec.hpp"

namespace switchhook::daemon {

Result<void> Database::read_sent() {
  Handles& h = *handles_;
  Statement ask;
  if (ask.prepare(h.database,
                  "SELECT coalesce((SELECT value FROM meta WHERE name = 'sent'), 0), "
                  "(SELECT value FROM meta WHERE name = 'name')") != SQLITE_OK ||
      ask.step() != SQLITE_ROW)
    return h.failure();
  sent_ = sent_written_ = ask.number(0);
  name_ = ask.number(1);
  return {};
}

Result<void> Database::keep_sent() {
  if (!sent_unwritten()) return {};
  const std::string note =
      "INSERT OR REPLACE INTO meta VALUES ('sent', " + std::to_string(sent_) + ")";
  if (!handles_->run(note.c_str())) return handles_->failure();
  sent_written_ = sent_;
  return {};
}

Result<Store::Unsent> Database::unsent(std::size_t most) {
  Handles& h = *handles_;
  Statement ask;
  if (ask.prepare(h.database,
                  "SELECT id, record, "
                  "sum IS row_sum(session, line, started_us, ended_us, users, record) "
                  "FROM records WHERE id > ?1 ORDER BY id LIMIT ?2") != SQLITE_OK)
    return h.failure();
  ask.bind(1, sent_);
  ask.bind(2, static_cast<std::int64_t>(most));
  Store::Unsent out{.store = name_};
  int result = SQLITE_ROW;
  while ((result = ask.step()) == SQLITE_ROW) {
    out.last = ask.number(0);
    Result<Record> record = Errc::malformed;
    if (ask.number(2) != 0) record = rpc::decode_record(ask.bytes(1));
    if (record)
      out.records.push_back(std::move(*record));
    else
      damaged("record " + std::to_string(out.last) + " is damaged, and not sent");
  }
  if (result != SQLITE_DONE) return h.failure();
  return out;
}

void Database::sent(const Store::Unsent& records) {
  // Of another store, if this one was set aside meanwhile.
  if (records.store == name_) sent_ = std::max(sent_, records.last);
}

Result<std::uint64_t> Database::look_back(std::int64_t records) {
  Handles& h = *handles_;
  Statement ask;
  if (ask.prepare(h.database,
                  "SELECT id, session FROM records WHERE id <= ?1 ORDER BY id DESC LIMIT 1") !=
      SQLITE_OK)
    return h.failure();
  ask.bind(1, std::max<std::int64_t>(0, sent_ - records));
  const int result = ask.step();
  if (result != SQLITE_ROW && result != SQLITE_DONE) return h.failure();
  const bool found = result == SQLITE_ROW;
  if (records != 0) sent_ = found ? ask.number(0) : 0;
  return found ? static_cast<std::uint64_t>(ask.number(1)) : 0;
}

Result<std::uint64_t> Database::count_unsent() {
  Handles& h = *handles_;
  const auto range = h.range();
  if (!range) return range.error();
  const auto [first, last] = *range;
  // Numbers follow each other: rows are removed from the oldest on.
  return last == 0 ? 0
                   : static_cast<std::uint64_t>(
                         std::max<std::int64_t>(0, last - std::max(sent_, first - 1)));
}

}  // namespace switchhook::daemon
