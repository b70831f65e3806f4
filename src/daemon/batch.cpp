// SPDX-License-Identifier: Apache-2.0
#include "daemon/batch.hpp"

#include <utility>

namespace switchhook::daemon {

Row row_of(const Record& record) {
  Row row{.session = record.session,
          .line = record.line,
          .started_us = record.timeline.empty() ? 0 : record.timeline.front().at.wall.count(),
          .ended_us = record.end ? record.end->at.wall.count() : 0,
          .users = "\n",
          .bytes = rpc::encode_record(record)};
  for (const HolderRecord& holder : record.holders)
    if (row.users.find("\n" + holder.user + "\n") == std::string::npos)
      row.users += holder.user + "\n";
  return row;
}

void Batch::take(const TailEntry& entry, Row row) {
  sequence = entry.sequence;
  if (entry.kind == TailEntry::Kind::amended) {
    amended[row.session] = std::move(row);
    return;
  }
  JournalRow over;
  over.over = true;
  journal[{entry.boot, entry.provider, entry.call}] = std::move(over);
  rows.push_back(std::move(row));
}

void Batch::take(const TailEntry& entry, std::uint64_t session) {
  sequence = entry.sequence;
  JournalRow& row = journal[{entry.boot, entry.provider, entry.call}];
  switch (entry.kind) {
    case TailEntry::Kind::recovery:
      if (row.over) return;  // it comes from another thread than the end
      row.has_recovery = true;
      row.line = entry.line;
      row.direction = entry.direction;
      row.provider_call_id = entry.provider_call_id;
      row.recovery = entry.recovery;
      return;
    case TailEntry::Kind::session:
      row.session = session;
      row.record = entry.record;
      return;
    case TailEntry::Kind::make_failed:
    case TailEntry::Kind::done:
    case TailEntry::Kind::amended:
      row = {};
      row.over = true;
      return;
  }
}

}  // namespace switchhook::daemon
