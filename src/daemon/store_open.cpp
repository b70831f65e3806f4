// SPDX-License-Identifier: Apache-2.0
#include "daemon/store_open.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "rpc/codec.hpp"

namespace switchhook::daemon {

namespace fs = std::filesystem;

Result<std::string> set_aside(const std::string& path) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::string aside =
      path + ".damaged-" +
      std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now).count());
  std::error_code error;
  fs::rename(path, aside, error);
  if (error) return Error{Errc::failed, path + ": " + error.message()};
  for (const char* part : {"-wal", "-shm"}) fs::rename(path + part, aside + part, error);
  return aside;
}

Result<Database> open_whole(const std::string& path, Tail& tail, std::vector<std::string>& damage) {
  Result<Database> database = Database::open(path);
  if (!database) return database;
  Batch left;
  for (TailEntry& entry : tail.read(&damage)) {
    if (entry.sequence <= database->sequence()) continue;
    const bool whole =
        entry.kind == TailEntry::Kind::done || entry.kind == TailEntry::Kind::amended;
    if (entry.record.empty()) {
      left.take(entry, std::uint64_t{0});
      continue;
    }
    Result<Record> record = rpc::decode_record(entry.record);
    if (!record) continue;  // a check that holds over what is not a record: not ours
    if (whole)
      left.take(entry, row_of(*record));
    else
      left.take(entry, record->session);
  }
  if (!left.empty())
    if (Result<void> written = database->write(left); !written) return written.error();
  tail.clear();
  if (Result<void> begun = database->begin_boot(); !begun) return begun.error();
  return database;
}

Result<std::vector<Store::Orphan>> orphans_of(Database& database) {
  Result<std::vector<std::pair<JournalKey, JournalRow>>> rows = database.journal();
  if (!rows) return rows.error();
  std::vector<Store::Orphan> out;
  // Of one that the engine had not heard of yet: a number that no engine gives, because every
  // start leaves numbers out below its own.
  std::uint64_t number = std::uint64_t{database.first_generation() - 1} << 32;
  for (auto& [key, row] : *rows) {
    Store::Orphan& orphan = out.emplace_back();
    std::tie(orphan.boot, orphan.provider, orphan.call) = key;
    orphan.recovery = std::move(row.recovery);
    if (!row.record.empty())
      if (Result<Record> record = rpc::decode_record(row.record)) {
        orphan.record = std::move(*record);
        if (orphan.record.provider_call_id.empty())
          orphan.record.provider_call_id = row.provider_call_id;
        continue;
      }
    orphan.record.session = ++number;
    orphan.record.line = row.line;
    orphan.record.provider = orphan.provider;
    orphan.record.provider_call_id = row.provider_call_id;
    orphan.record.direction = row.direction == 0 ? Direction::outgoing : Direction::incoming;
  }
  return out;
}

std::vector<Store::Orphan> fold(std::vector<Store::Orphan>& orphans) {
  std::stable_sort(orphans.begin(), orphans.end(),
                   [](const auto& a, const auto& b) { return a.boot < b.boot; });
  std::unordered_map<std::uint64_t, std::size_t> by_session;
  std::vector<Store::Orphan> before;
  std::vector<Store::Orphan> out;
  for (Store::Orphan& orphan : orphans) {
    const bool named = !orphan.record.timeline.empty();
    // What a provider calls its calls begins anew with each process.
    const bool nameless = !named && provider::CallRef{orphan.call}.minted_by_provider();
    if (nameless) {
      out.push_back(std::move(orphan));
      continue;
    }
    const auto [place, is_new] =
        by_session.emplace(named ? orphan.record.session : orphan.call, out.size());
    if (is_new) {
      out.push_back(std::move(orphan));
      continue;
    }
    Store::Orphan& first = out[place->second];
    if (!named) orphan.record = first.record;
    if (orphan.recovery.empty()) orphan.recovery = first.recovery;
    before.push_back(std::exchange(first, std::move(orphan)));
  }
  orphans = std::move(out);
  return before;
}

}  // namespace switchhook::daemon
