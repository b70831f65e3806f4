// SPDX-License-Identifier: Apache-2.0
#include "daemon/database.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "api/record_filter.hpp"
#include "base/limits.hpp"
#include "daemon/database_handles.hpp"

namespace switchhook::daemon {
namespace {

constexpr int kApplicationId = 0x53774868;  // "SwHh"

/// Step n brings a database of version n to version n + 1. Steps are only ever added.
constexpr std::array kMigrations = {
    R"sql(
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE records (
  id         INTEGER PRIMARY KEY,  -- in the order in which the records were finished
  session    INTEGER NOT NULL,
  line       TEXT NOT NULL,
  started_us INTEGER NOT NULL,     -- wall clock, microseconds since 1970
  ended_us   INTEGER NOT NULL,
  users      TEXT NOT NULL,        -- line feed, name, line feed, name, …, line feed
  record     BLOB NOT NULL         -- schema/switchhook.fbs, StoredRecord
);
CREATE INDEX records_session ON records (session);
CREATE INDEX records_line ON records (line, id);
CREATE INDEX records_ended ON records (ended_us);
)sql",
    R"sql(
CREATE TABLE journal (           -- calls that live, or whose end is not complete
  boot       INTEGER NOT NULL,   -- the start of the service that the call belongs to
  provider   TEXT NOT NULL,
  call       INTEGER NOT NULL,   -- its number at the provider's boundary
  session    INTEGER NOT NULL,   -- 0 = the engine has not said
  record     BLOB,               -- so far; schema/switchhook.fbs, StoredRecord
  line       TEXT NOT NULL,
  direction  INTEGER NOT NULL,
  provider_call_id TEXT NOT NULL,
  recovery   BLOB,               -- what the provider needs to end it
  PRIMARY KEY (boot, provider, call)
) WITHOUT ROWID;
)sql",
    // A bit that flips on the disk is found: each row has a sum over what it says. Of a row of the
    // journal each part has its own, because each is written for itself.
    R"sql(
ALTER TABLE records ADD COLUMN sum INTEGER;
UPDATE records SET sum = row_sum(session, line, started_us, ended_us, users, record);
ALTER TABLE journal ADD COLUMN record_sum INTEGER;
ALTER TABLE journal ADD COLUMN recovery_sum INTEGER;
UPDATE journal SET
  record_sum = CASE WHEN record IS NULL THEN NULL
                    ELSE row_sum(boot, provider, call, session, record) END,
  recovery_sum = CASE WHEN recovery IS NULL THEN NULL
                      ELSE row_sum(boot, provider, call, line, direction, provider_call_id, recovery)
                 END;
CREATE TABLE lines (number INTEGER PRIMARY KEY, name TEXT NOT NULL);  -- numbers never change
CREATE TABLE damaged (           -- rows of the journal that could not be understood
  found_s INTEGER NOT NULL,      -- wall clock, seconds since 1970
  boot INTEGER, provider TEXT, call INTEGER, session INTEGER, record BLOB, line TEXT,
  direction INTEGER, provider_call_id TEXT, recovery BLOB
);
)sql",
    // What tells this store's sessions from those of others, where many write to one database.
    R"sql(
INSERT OR IGNORE INTO meta VALUES ('name', random() & 0x7fffffffffffffff);
)sql",
    // A line that was removed, and comes back, is new to programs that saw it go.
    R"sql(
ALTER TABLE lines ADD COLUMN there INTEGER NOT NULL DEFAULT 1;
)sql",
};

/// row_sum(…): FNV-1a over the types, lengths and bytes of its arguments. Against what disks do, not
/// against malice: the file is the daemon's own.
void row_sum(sqlite3_context* context, int count, sqlite3_value** values) {
  std::uint64_t sum = 0xcbf29ce484222325u;
  const auto add = [&sum](const void* data, std::size_t size) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i < size; ++i) sum = (sum ^ bytes[i]) * 0x100000001b3u;
  };
  for (int i = 0; i < count; ++i) {
    sqlite3_value* value = values[i];
    const int type = sqlite3_value_type(value);
    add(&type, sizeof type);
    if (type == SQLITE_INTEGER) {
      const std::int64_t number = sqlite3_value_int64(value);
      add(&number, sizeof number);
    } else if (type == SQLITE_TEXT || type == SQLITE_BLOB) {
      const void* data = sqlite3_value_blob(value);
      const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
      add(&size, sizeof size);
      add(data, size);
    }
  }
  sqlite3_result_int64(context, static_cast<std::int64_t>(sum));
}

/// Between two starts so many generations are left out: sessions of the earlier start that were not
/// written, because it was killed, do not recur either.
constexpr std::int64_t kGenerationGap = 16;
constexpr std::int64_t kGenerationMax = 0x7fff0000;

}  // namespace

Database::Database(std::unique_ptr<Handles> handles) : handles_(std::move(handles)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const std::string& path) {
  Database made(std::make_unique<Handles>());
  Handles& h = *made.handles_;
  h.path = path;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(path.c_str(), &h.database, flags, nullptr) != SQLITE_OK) return h.failure();
  sqlite3_busy_timeout(h.database, 1000);
  // WAL: readers do not disturb. FULL: what was committed survives a power cut, too; that costs a
  // wait for the disk per batch, on the store's own thread.
  if (!h.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF"))
    return h.failure();
  constexpr int kPure = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
  if (sqlite3_create_function_v2(h.database, "row_sum", -1, kPure, nullptr, row_sum, nullptr,
                                 nullptr, nullptr) != SQLITE_OK)
    return h.failure();
  if (Result<void> good = made.migrate(); !good) return good.error();
  if (Result<void> good = made.prepare(); !good) return good.error();
  return made;
}

Result<void> Database::migrate() {
  Handles& h = *handles_;
  Statement ask_version, ask_owner;
  if (ask_version.prepare(h.database, "PRAGMA user_version") != SQLITE_OK ||
      ask_version.step() != SQLITE_ROW ||
      ask_owner.prepare(h.database, "PRAGMA application_id") != SQLITE_OK ||
      ask_owner.step() != SQLITE_ROW)
    return h.failure();
  const std::int64_t version = ask_version.number(0), owner = ask_owner.number(0);
  ask_version.reset();
  ask_owner.reset();
  if (version != 0 && owner != kApplicationId)
    return Error{Errc::failed, h.path + ": a database of another program"};
  if (version > static_cast<std::int64_t>(kMigrations.size()))
    return Error{
        Errc::version_mismatch,
        h.path + " was written by a later version of switchhookd (its tables are of version " +
            std::to_string(version) + ", this one knows " + std::to_string(kMigrations.size()) +
            "): start that version, or name another file by --store"};
  for (auto step = static_cast<std::size_t>(version); step < kMigrations.size(); ++step) {
    const std::string sql = std::string("BEGIN IMMEDIATE;") + kMigrations[step] +
                            "PRAGMA application_id=" + std::to_string(kApplicationId) +
                            "; PRAGMA user_version=" + std::to_string(step + 1) + "; COMMIT";
    if (!h.run(sql.c_str())) {
      const Error error = h.failure();
      static_cast<void>(h.run("ROLLBACK"));
      return error;
    }
  }
  return {};
}

Result<void> Database::prepare() {
  Handles& h = *handles_;
  constexpr auto* kInsert =
      "INSERT INTO records (id, session, line, started_us, ended_us, users, record, sum) "
      "VALUES (max(coalesce((SELECT max(id) FROM records), 0), ?7) + 1, "
      "?1, ?2, ?3, ?4, ?5, ?6, row_sum(?1, ?2, ?3, ?4, ?5, ?6))";
  // ?1 ≤ id < ?2, ?3 line or '', ?4 since, ?5 user or '', ?6 until or 0; what else is asked for is
  // looked for in the records. A damaged row is found by any question that comes by.
#define SWITCHHOOK_COLUMNS                                                                  \
  "SELECT id, session, record, sum IS row_sum(session, line, started_us, ended_us, users, " \
  "record) "
#define SWITCHHOOK_MATCHES                                                                       \
  " AND ((?3 = '' OR line = ?3) AND ended_us >= ?4 AND (?5 = '' OR instr(users, ?5) > 0) AND "   \
  "(?6 = 0 OR ended_us < ?6) OR sum IS NOT row_sum(session, line, started_us, ended_us, users, " \
  "record))"
  constexpr auto* kNewest = SWITCHHOOK_COLUMNS
      "FROM records WHERE id >= ?1 AND id < ?2" SWITCHHOOK_MATCHES " ORDER BY id DESC";
  constexpr auto* kOldest = SWITCHHOOK_COLUMNS
      "FROM records WHERE id >= ?1 AND id < ?2" SWITCHHOOK_MATCHES " ORDER BY id ASC";
  constexpr auto* kRow =
      SWITCHHOOK_COLUMNS "FROM records WHERE id = ?1 AND id < ?2" SWITCHHOOK_MATCHES;
  constexpr auto* kOne = SWITCHHOOK_COLUMNS
      "FROM records WHERE session = ?7 AND id >= ?1 AND id < ?2" SWITCHHOOK_MATCHES;
#undef SWITCHHOOK_COLUMNS
#undef SWITCHHOOK_MATCHES
  constexpr auto* kBounds = "SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM records";
  constexpr auto* kAmend =
      "UPDATE records SET users = ?2, record = ?3, "
      "sum = row_sum(session, line, started_us, ended_us, ?2, ?3) WHERE session = ?1";
  // A part that the note does not have stays as it was, with its sum.
  constexpr auto* kNote =
      "INSERT INTO journal VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
      "CASE WHEN ?5 IS NULL THEN NULL ELSE row_sum(?1, ?2, ?3, ?4, ?5) END, "
      "CASE WHEN ?9 IS NULL THEN NULL ELSE row_sum(?1, ?2, ?3, ?6, ?7, ?8, ?9) END) "
      "ON CONFLICT DO UPDATE SET "
      "session = CASE WHEN ?5 IS NULL THEN session ELSE ?4 END, record = coalesce(?5, record), "
      "record_sum = coalesce(excluded.record_sum, record_sum), "
      "line = CASE WHEN ?9 IS NULL THEN line ELSE ?6 END, "
      "direction = CASE WHEN ?9 IS NULL THEN direction ELSE ?7 END, "
      "provider_call_id = CASE WHEN ?9 IS NULL THEN provider_call_id ELSE ?8 END, "
      "recovery = coalesce(?9, recovery), "
      "recovery_sum = coalesce(excluded.recovery_sum, recovery_sum)";
  constexpr auto* kOver = "DELETE FROM journal WHERE boot = ?1 AND provider = ?2 AND call = ?3";
  constexpr auto* kTail = "INSERT OR REPLACE INTO meta VALUES ('tail', ?1)";
  constexpr auto* kCursor = "SELECT max(id) FROM records WHERE session = ?1 HAVING max(id) > 0";
  if (h.insert.prepare(h.database, kInsert) != SQLITE_OK ||
      h.amend.prepare(h.database, kAmend) != SQLITE_OK ||
      h.note.prepare(h.database, kNote) != SQLITE_OK ||
      h.over.prepare(h.database, kOver) != SQLITE_OK ||
      h.tail.prepare(h.database, kTail) != SQLITE_OK ||
      h.newest.prepare(h.database, kNewest) != SQLITE_OK ||
      h.oldest.prepare(h.database, kOldest) != SQLITE_OK ||
      h.one.prepare(h.database, kOne) != SQLITE_OK ||
      h.row.prepare(h.database, kRow) != SQLITE_OK ||
      h.bounds.prepare(h.database, kBounds) != SQLITE_OK ||
      h.cursor.prepare(h.database, kCursor) != SQLITE_OK)
    return h.failure();
  Statement ask;
  if (ask.prepare(h.database, "SELECT coalesce((SELECT value FROM meta WHERE name = 'tail'), 0)") !=
          SQLITE_OK ||
      ask.step() != SQLITE_ROW)
    return h.failure();
  sequence_ = static_cast<std::uint64_t>(ask.number(0));
  if (Result<void> good = read_sent(); !good) return good;
  Statement seen;
  if (seen.prepare(h.database,
                   "SELECT coalesce((SELECT value FROM meta WHERE name = 'wall'), "
                   "(SELECT max(ended_us) FROM records), 0)") != SQLITE_OK ||
      seen.step() != SQLITE_ROW)
    return h.failure();
  wall_seen_us_ = seen.number(0);
  return {};
}

/// Session numbers are handles: a slot, and a generation in the upper half. Every start begins
/// above all generations that an earlier one used (docs/decisions/0073).
Result<void> Database::begin_boot(std::uint32_t least) {
  Handles& h = *handles_;
  Statement ask;
  if (ask.prepare(h.database,
                  "SELECT max(coalesce((SELECT value FROM meta WHERE name = 'generation'), 0), "
                  "coalesce((SELECT max(session) >> 32 FROM records), 0), "
                  "coalesce((SELECT max(session) >> 32 FROM journal), 0))") != SQLITE_OK ||
      ask.step() != SQLITE_ROW)
    return h.failure();
  std::int64_t next = std::max<std::int64_t>(ask.number(0), least) + kGenerationGap;
  ask.reset();
  if (next > kGenerationMax) next = kGenerationGap;  // after two thousand million in one slot
  first_generation_ = static_cast<std::uint32_t>(next);
  const std::string note =
      "INSERT OR REPLACE INTO meta VALUES ('generation', " + std::to_string(next) + ")";
  if (!h.run(note.c_str())) return h.failure();
  return {};
}

Result<void> Database::write(const Batch& batch) {
  Handles& h = *handles_;
  if (!h.run("BEGIN IMMEDIATE")) return h.failure();
  Result<void> good = insert(batch.rows);
  for (auto it = batch.amended.begin(); good && it != batch.amended.end(); ++it)
    good = amend(it->second);
  for (auto it = batch.journal.begin(); good && it != batch.journal.end(); ++it)
    good = note(it->first, it->second);
  if (good && batch.sequence != 0) {
    h.tail.bind(1, static_cast<std::int64_t>(batch.sequence));
    good = h.done(h.tail);
  }
  if (good) good = keep_sent();
  if (good && !h.run("COMMIT")) good = h.failure();
  if (good) {
    if (batch.sequence != 0) sequence_ = batch.sequence;
    return good;
  }
  sent_written_ = -1;  // whatever it is
  if (sqlite3_get_autocommit(h.database) == 0) {
    static_cast<void>(h.run("ROLLBACK"));
  }
  return good;
}

Result<std::size_t> Database::retire_older(std::int64_t before_us, std::size_t at_once) {
  Handles& h = *handles_;
  const std::string sql =
      "DELETE FROM records WHERE id IN (SELECT id FROM records WHERE ended_us < " +
      std::to_string(before_us) + " AND id <= " + std::to_string(removable()) +
      " ORDER BY ended_us LIMIT " + std::to_string(at_once) + ")";
  if (!h.run(sql.c_str())) return h.failure();
  return static_cast<std::size_t>(sqlite3_changes(h.database));
}

Result<std::size_t> Database::retire_beyond(std::uint64_t bytes_max, std::size_t at_once) {
  Handles& h = *handles_;
  const auto ask = [&h](const char* what) {
    Statement statement;
    if (statement.prepare(h.database, what) != SQLITE_OK || statement.step() != SQLITE_ROW)
      return std::int64_t{-1};
    return statement.number(0);
  };
  const std::int64_t pages = ask("PRAGMA page_count"), free = ask("PRAGMA freelist_count"),
                     size = ask("PRAGMA page_size");
  if (pages < 0 || free < 0 || size < 0) return h.failure();
  const auto bytes = static_cast<std::uint64_t>((pages - free) * size);
  if (bytes <= bytes_max) return std::size_t{0};
  const std::int64_t last = bytes > bytes_max * limits::kOutboxTimes ? INT64_MAX : removable();
  const std::string sql = "DELETE FROM records WHERE id IN (SELECT id FROM records WHERE id <= " +
                          std::to_string(last) + " ORDER BY id LIMIT " + std::to_string(at_once) +
                          ")";
  if (!h.run(sql.c_str())) return h.failure();
  return static_cast<std::size_t>(sqlite3_changes(h.database));
}

Result<void> Database::insert(const std::vector<Row>& rows) {
  Handles& h = *handles_;
  for (const Row& row : rows) {
    h.insert.bind(1, static_cast<std::int64_t>(row.session));
    h.insert.bind(2, row.line);
    h.insert.bind(3, row.started_us);
    h.insert.bind(4, row.ended_us);
    h.insert.bind(5, row.users);
    h.insert.bind(6, row.bytes);
    h.insert.bind(7,
                  sent_);  // its number is not one of those that were sent, though they may be gone
    if (Result<void> good = h.done(h.insert); !good) return good;
  }
  return {};
}

Result<void> Database::amend(const Row& row) {
  Handles& h = *handles_;
  h.amend.bind(1, static_cast<std::int64_t>(row.session));
  h.amend.bind(2, row.users);
  h.amend.bind(3, row.bytes);
  return h.done(h.amend);
}

Result<void> Database::note(const JournalKey& key, const JournalRow& row) {
  Handles& h = *handles_;
  const auto& [boot, provider, call] = key;
  Statement& statement = row.over ? h.over : h.note;
  statement.bind(1, std::int64_t{boot});
  statement.bind(2, provider);
  statement.bind(3, static_cast<std::int64_t>(call));
  if (!row.over) {
    statement.bind(4, static_cast<std::int64_t>(row.session));
    if (!row.record.empty()) statement.bind(5, row.record);
    statement.bind(6, row.line);
    statement.bind(7, std::int64_t{row.direction});
    statement.bind(8, row.provider_call_id);
    if (row.has_recovery) statement.bind_blob(9, row.recovery);
  }
  return h.done(statement);
}

Result<std::vector<std::pair<JournalKey, JournalRow>>> Database::journal() {
  Handles& h = *handles_;
  std::vector<std::pair<JournalKey, JournalRow>> out;
  std::vector<JournalKey> useless;
  {
    Statement ask;
    if (ask.prepare(
            h.database,
            "SELECT boot, provider, call, session, record, line, direction, provider_call_id, "
            "recovery, record IS NULL OR record_sum IS row_sum(boot, provider, call, session, "
            "record), "
            "recovery IS NULL OR recovery_sum IS "
            "row_sum(boot, provider, call, line, direction, provider_call_id, recovery) "
            "FROM journal ORDER BY boot, session, call") != SQLITE_OK)
      return h.failure();
    int result = SQLITE_ROW;
    while ((result = ask.step()) == SQLITE_ROW) {
      JournalRow row;
      const JournalKey key{static_cast<std::uint32_t>(ask.number(0)), ask.text(1),
                           static_cast<std::uint64_t>(ask.number(2))};
      const bool record_good = ask.number(9) != 0, recovery_good = ask.number(10) != 0;
      // What is left of a call serves: its far end is told by the one part, its record made of the
      // other.
      const std::string name = "call " + std::to_string(std::get<2>(key)) + " of " +
                               std::get<1>(key) + ", start " + std::to_string(std::get<0>(key));
      if (!record_good) damaged("the journal's record of " + name + " is damaged");
      if (!recovery_good)
        damaged("what the journal has to end " + name +
                " with is damaged: its far end is not told");
      if (record_good) {
        row.session = static_cast<std::uint64_t>(ask.number(3));
        const rpc::View record = ask.bytes(4);
        row.record.assign(record.begin(), record.end());
      }
      if (recovery_good) {
        row.line = ask.text(5);
        row.direction = static_cast<std::uint8_t>(ask.number(6));
        row.provider_call_id = ask.text(7);
        row.recovery = ask.text(8);
        row.has_recovery = !row.recovery.empty();
      }
      const bool damaged_row = !record_good || !recovery_good;
      if (damaged_row && row.record.empty() && row.recovery.empty())
        useless.push_back(key);
      else
        out.emplace_back(key, std::move(row));
    }
    if (result != SQLITE_DONE) return h.failure();
  }
  for (const JournalKey& key : useless)
    if (Result<void> moved = set_journal_row_aside(key); !moved) return moved.error();
  return out;
}

/// Nothing of it can be used; it is kept for who can make something of it.
Result<void> Database::set_journal_row_aside(const JournalKey& key) {
  Handles& h = *handles_;
  const auto& [boot, provider, call] = key;
  for (const char* sql :
       {"INSERT INTO damaged SELECT unixepoch(), boot, provider, call, session, record, line, "
        "direction, provider_call_id, recovery FROM journal "
        "WHERE boot = ?1 AND provider = ?2 AND call = ?3",
        "DELETE FROM journal WHERE boot = ?1 AND provider = ?2 AND call = ?3"}) {
    Statement statement;
    if (statement.prepare(h.database, sql) != SQLITE_OK) return h.failure();
    statement.bind(1, std::int64_t{boot});
    statement.bind(2, provider);
    statement.bind(3, static_cast<std::int64_t>(call));
    if (Result<void> good = h.done(statement); !good) return good;
  }
  return {};
}

void Database::damaged(std::string words) {
  if (damage_named_.size() >= limits::kDamageNamed || !damage_named_.insert(words).second) return;
  damage_.push_back(std::move(words));
}

Result<Store::JournalCount> Database::count_journal() {
  Handles& h = *handles_;
  Statement ask;
  if (ask.prepare(h.database,
                  "SELECT count(*) FILTER (WHERE boot = ?1 AND session != 0), "
                  "count(*) FILTER (WHERE boot != ?1) FROM journal") != SQLITE_OK)
    return h.failure();
  ask.bind(1, std::int64_t{first_generation_});
  if (ask.step() != SQLITE_ROW) return h.failure();
  return Store::JournalCount{static_cast<std::uint64_t>(ask.number(0)),
                             static_cast<std::uint64_t>(ask.number(1))};
}

/// Where it begins. False: there is nothing to look at.
Result<bool> Database::begin(Scan& scan) {
  Handles& h = *handles_;
  const api::RecordQuery& query = scan.query;
  scan.begun = true;
  if (query.session != 0) return true;
  const auto range = h.range();
  if (!range) return range.error();
  const auto [first, last] = *range;
  scan.cursor = query.newest_first ? last + 1 : first;
  if (query.after_session != 0) {
    h.cursor.bind(1, static_cast<std::int64_t>(query.after_session));
    const bool found = h.cursor.step() == SQLITE_ROW;
    if (found) scan.cursor = h.cursor.number(0) + (query.newest_first ? 0 : 1);
    h.cursor.reset();
    if (!found) return Error{Errc::not_found, "the session to go on from is not in the store"};
  }
  return last != 0;
}

/// False when nothing more is wanted: `full`, if there would be more.
bool Database::take_row(Scan& scan, const Statement& row, bool& full) {
  const api::RecordQuery& query = scan.query;
  const std::size_t size = query.limit == 0
                               ? limits::kListEntries
                               : std::min<std::size_t>(query.limit, limits::kListEntries);
  ++scan.page.checked;
  Result<Record> record = Errc::malformed;
  if (row.number(3) != 0) record = rpc::decode_record(row.bytes(2));
  if (!record) {
    std::string words = "record " + std::to_string(row.number(0)) + ", of session " +
                        std::to_string(static_cast<std::uint64_t>(row.number(1))) + ", is damaged";
    if (query.verify && scan.page.damaged.size() < limits::kListEntries)
      scan.page.damaged.push_back(words);
    damaged(std::move(words));
    return true;
  }
  if (query.verify || !api::matches(query, *record)) return true;
  if (scan.page.records.size() == size) {
    scan.page.more = true;
    full = true;
    return false;
  }
  scan.page.records.push_back(std::move(*record));
  return true;
}

/// The rows with from ≤ id < below. False: some of it cannot be read.
bool Database::read_range(Scan& scan, std::int64_t from, std::int64_t below, bool& full) {
  Handles& h = *handles_;
  const api::RecordQuery& query = scan.query;
  const std::string user = scan.who.operator_rights ? std::string() : "\n" + scan.who.user + "\n";
  const bool single = query.session == 0 && below - from == 1;
  Statement& select = query.session != 0   ? h.one
                      : single             ? h.row
                      : query.newest_first ? h.newest
                                           : h.oldest;
  select.bind(1, from);
  select.bind(2, below);
  select.bind(3, query.line);
  select.bind(4, query.since_wall.count());
  select.bind(5, user);
  select.bind(6, query.until_wall.count());
  if (query.session != 0) select.bind(7, static_cast<std::int64_t>(query.session));
  int result = SQLITE_ROW;
  while ((result = select.step()) == SQLITE_ROW)
    if (!take_row(scan, select, full)) break;
  const bool good = result == SQLITE_ROW || result == SQLITE_DONE;
  select.reset();
  return good;
}

Result<bool> Database::read_some(Scan& scan) {
  Handles& h = *handles_;
  const api::RecordQuery& query = scan.query;
  if (!scan.begun) {
    Result<bool> something = begin(scan);
    if (!something) return something.error();
    if (!*something) return true;
  }
  bool full = false;
  if (query.session != 0) {
    if (!read_range(scan, 0, INT64_MAX, full)) return h.failure();
    return true;
  }
  const auto range = h.range();
  if (!range) return range.error();
  const auto [first, last] = *range;
  constexpr auto kRows = static_cast<std::int64_t>(limits::kScanRows);
  const bool down = query.newest_first;
  const std::int64_t from = down ? std::max(first, scan.cursor - kRows) : scan.cursor;
  const std::int64_t below = down ? scan.cursor : std::min(last + 1, scan.cursor + kRows);
  const auto before = scan.page;
  if (!read_range(scan, from, below, full)) {
    const Error why = h.failure();
    if (why.code != Errc::malformed) return why;
    // A page of the file is damaged: what lies beside it is read row by row.
    scan.page = before;
    full = false;
    for (std::int64_t i = 0; i < below - from && !full; ++i) {
      const std::int64_t row = down ? below - 1 - i : from + i;
      if (read_range(scan, row, row + 1, full)) continue;
      std::string words = "record " + std::to_string(row) + " cannot be read: " + why.context;
      if (query.verify && scan.page.damaged.size() < limits::kListEntries)
        scan.page.damaged.push_back(words);
      damaged(std::move(words));
    }
  }
  scan.cursor = down ? from : below;
  return full || (down ? from <= first : below > last);
}

Result<api::RecordPage> Database::read(const api::RecordQuery& query, const Store::Who& who) {
  Scan scan{.query = query, .who = who};
  while (true) {
    const Result<bool> over = read_some(scan);
    if (!over) return over.error();
    if (*over) return std::move(scan.page);
  }
}

Result<Store::Lines> Database::lines() {
  Handles& h = *handles_;
  Statement ask;
  if (ask.prepare(h.database, "SELECT number, name, there FROM lines ORDER BY number") != SQLITE_OK)
    return h.failure();
  Store::Lines lines;
  int result = SQLITE_ROW;
  while ((result = ask.step()) == SQLITE_ROW) {
    // A number whose row is gone is nobody's any more.
    const auto number = static_cast<std::uint64_t>(ask.number(0));
    if (number >= limits::kLinesRemembered) break;
    lines.resize(number);
    lines.emplace_back(ask.text(1), ask.number(2) != 0);
  }
  if (result != SQLITE_ROW && result != SQLITE_DONE) return h.failure();
  return lines;
}

Result<void> Database::keep_lines(const Store::Lines& lines) {
  Handles& h = *handles_;
  Statement keep;
  if (keep.prepare(h.database, "INSERT OR REPLACE INTO lines VALUES (?1, ?2, ?3)") != SQLITE_OK ||
      !h.run("BEGIN IMMEDIATE"))
    return h.failure();
  // All or none: a line that is not among them is told as new after the next start.
  Result<void> good;
  for (std::size_t i = 0; good && i < lines.size() && i < limits::kLinesRemembered; ++i) {
    keep.bind(1, static_cast<std::int64_t>(i));
    keep.bind(2, lines[i].first);
    keep.bind(3, std::int64_t{lines[i].second});
    good = h.done(keep);
  }
  if (good && !h.run("COMMIT")) good = h.failure();
  if (!good) static_cast<void>(h.run("ROLLBACK"));
  return good;
}

Result<void> Database::checkpoint() {
  Handles& h = *handles_;
  if (Result<void> noted = keep_sent(); !noted) return noted;
  const int result =
      sqlite3_wal_checkpoint_v2(h.database, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  // Somebody reads: another time.
  if (result == SQLITE_OK || result == SQLITE_BUSY || result == SQLITE_LOCKED) return {};
  return h.failure();
}

Result<void> Database::wall_seen(std::int64_t wall_us) {
  const std::string note =
      "INSERT OR REPLACE INTO meta VALUES ('wall', " + std::to_string(wall_us) + ")";
  if (!handles_->run(note.c_str())) return handles_->failure();
  wall_seen_us_ = wall_us;
  return {};
}

}  // namespace switchhook::daemon
