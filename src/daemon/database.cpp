// SPDX-License-Identifier: Apache-2.0
#include "daemon/database.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <utility>

#include "api/record_filter.hpp"
#include "base/limits.hpp"

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
};

/// Between two starts so many generations are left out: sessions of the earlier start that were not
/// written, because it was killed, do not recur either.
constexpr std::int64_t kGenerationGap = 16;
constexpr std::int64_t kGenerationMax = 0x7fff0000;

class Statement {
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

}  // namespace

struct Database::Handles {
  std::string path;
  sqlite3* database = nullptr;
  Statement insert, cursor, amend, note, over, tail;
  // newest first, oldest first, one session's
  std::array<Statement, 3> select;

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
  [[nodiscard]] bool run(const char* sql) const {
    return sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
  }
};

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
    return Error{Errc::version_mismatch,
                 h.path + ": written by a later version (" + std::to_string(version) + ")"};
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
      "INSERT INTO records (session, line, started_us, ended_us, users, record) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
  // ?1 cursor, ?2 line or '', ?3 since, ?4 user or '', ?5 session or 0, ?6 until or 0; what else
  // is asked for is looked for in the records
  constexpr auto* kNewest =
      "SELECT record FROM records WHERE id < ?1 AND (?2 = '' OR line = ?2) AND ended_us >= ?3 "
      "AND (?4 = '' OR instr(users, ?4) > 0) AND ?5 = 0 "
      "AND (?6 = 0 OR ended_us < ?6) ORDER BY id DESC";
  constexpr auto* kOldest =
      "SELECT record FROM records WHERE id > ?1 AND (?2 = '' OR line = ?2) AND ended_us >= ?3 "
      "AND (?4 = '' OR instr(users, ?4) > 0) AND ?5 = 0 "
      "AND (?6 = 0 OR ended_us < ?6) ORDER BY id ASC";
  // By the index on session, which the planner would not choose for a parameter that may be 0.
  constexpr auto* kOne =
      "SELECT record FROM records WHERE session = ?5 AND id < ?1 AND (?2 = '' OR line = ?2) "
      "AND ended_us >= ?3 AND (?4 = '' OR instr(users, ?4) > 0) AND (?6 = 0 OR ended_us < ?6)";
  constexpr auto* kAmend = "UPDATE records SET users = ?2, record = ?3 WHERE session = ?1";
  // A part that the note does not have stays as it was.
  constexpr auto* kNote =
      "INSERT INTO journal VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET "
      "session = CASE WHEN ?4 = 0 THEN session ELSE ?4 END, record = coalesce(?5, record), "
      "line = CASE WHEN ?9 IS NULL THEN line ELSE ?6 END, "
      "direction = CASE WHEN ?9 IS NULL THEN direction ELSE ?7 END, "
      "provider_call_id = CASE WHEN ?9 IS NULL THEN provider_call_id ELSE ?8 END, "
      "recovery = coalesce(?9, recovery)";
  constexpr auto* kOver = "DELETE FROM journal WHERE boot = ?1 AND provider = ?2 AND call = ?3";
  constexpr auto* kTail = "INSERT OR REPLACE INTO meta VALUES ('tail', ?1)";
  constexpr auto* kCursor = "SELECT max(id) FROM records WHERE session = ?1 HAVING max(id) > 0";
  if (h.insert.prepare(h.database, kInsert) != SQLITE_OK ||
      h.amend.prepare(h.database, kAmend) != SQLITE_OK ||
      h.note.prepare(h.database, kNote) != SQLITE_OK ||
      h.over.prepare(h.database, kOver) != SQLITE_OK ||
      h.tail.prepare(h.database, kTail) != SQLITE_OK ||
      h.select[0].prepare(h.database, kNewest) != SQLITE_OK ||
      h.select[1].prepare(h.database, kOldest) != SQLITE_OK ||
      h.select[2].prepare(h.database, kOne) != SQLITE_OK ||
      h.cursor.prepare(h.database, kCursor) != SQLITE_OK)
    return h.failure();
  Statement ask;
  if (ask.prepare(h.database, "SELECT coalesce((SELECT value FROM meta WHERE name = 'tail'), 0)") !=
          SQLITE_OK ||
      ask.step() != SQLITE_ROW)
    return h.failure();
  sequence_ = static_cast<std::uint64_t>(ask.number(0));
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
  if (good && !h.run("COMMIT")) good = h.failure();
  if (good) {
    if (batch.sequence != 0) sequence_ = batch.sequence;
  } else if (sqlite3_get_autocommit(h.database) == 0) {
    static_cast<void>(h.run("ROLLBACK"));
  }
  return good;
}

Result<std::size_t> Database::retire(std::int64_t before_us, std::uint64_t bytes_max,
                                     std::size_t at_once) {
  Handles& h = *handles_;
  const std::string some = std::to_string(at_once);
  std::string sql = "DELETE FROM records WHERE id IN (SELECT id FROM records WHERE ended_us < " +
                    std::to_string(before_us) + " ORDER BY ended_us LIMIT " + some + ")";
  if (before_us > 0) {
    if (!h.run(sql.c_str())) return h.failure();
    const auto removed = static_cast<std::size_t>(sqlite3_changes(h.database));
    if (removed != 0) return removed;
  }
  if (bytes_max == 0) return std::size_t{0};
  const auto ask = [&h](const char* what) {
    Statement statement;
    if (statement.prepare(h.database, what) != SQLITE_OK || statement.step() != SQLITE_ROW)
      return std::int64_t{-1};
    return statement.number(0);
  };
  const std::int64_t pages = ask("PRAGMA page_count"), free = ask("PRAGMA freelist_count"),
                     size = ask("PRAGMA page_size");
  if (pages < 0 || free < 0 || size < 0) return h.failure();
  if (static_cast<std::uint64_t>((pages - free) * size) <= bytes_max) return std::size_t{0};
  sql = "DELETE FROM records WHERE id IN (SELECT id FROM records ORDER BY id LIMIT " + some + ")";
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
  Statement ask;
  if (ask.prepare(h.database,
                  "SELECT boot, provider, call, session, record, line, direction, "
                  "provider_call_id, recovery FROM journal ORDER BY boot, session, call") !=
      SQLITE_OK)
    return h.failure();
  std::vector<std::pair<JournalKey, JournalRow>> out;
  int result = SQLITE_ROW;
  while ((result = ask.step()) == SQLITE_ROW) {
    JournalRow row;
    const JournalKey key{static_cast<std::uint32_t>(ask.number(0)), ask.text(1),
                         static_cast<std::uint64_t>(ask.number(2))};
    row.session = static_cast<std::uint64_t>(ask.number(3));
    const rpc::View record = ask.bytes(4);
    row.record.assign(record.begin(), record.end());
    row.line = ask.text(5);
    row.direction = static_cast<std::uint8_t>(ask.number(6));
    row.provider_call_id = ask.text(7);
    row.recovery = ask.text(8);
    row.has_recovery = !row.recovery.empty();
    out.emplace_back(key, std::move(row));
  }
  if (result != SQLITE_DONE) return h.failure();
  return out;
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

Result<api::RecordPage> Database::read(const api::RecordQuery& query, const Store::Who& who) {
  Handles& h = *handles_;
  std::int64_t cursor = query.newest_first || query.session != 0 ? INT64_MAX : 0;
  if (query.after_session != 0 && query.session == 0) {
    h.cursor.bind(1, static_cast<std::int64_t>(query.after_session));
    const bool found = h.cursor.step() == SQLITE_ROW;
    if (found) cursor = h.cursor.number(0);
    h.cursor.reset();
    if (!found) return Error{Errc::not_found, "the session to go on from is not in the store"};
  }
  const std::size_t size = query.limit == 0
                               ? limits::kListEntries
                               : std::min<std::size_t>(query.limit, limits::kListEntries);
  const std::string user = who.operator_rights ? std::string() : "\n" + who.user + "\n";
  const std::size_t which = query.session != 0 ? 2 : query.newest_first ? 0 : 1;
  Statement& select = h.select[which];
  select.bind(1, cursor);
  select.bind(2, query.line);
  select.bind(3, query.since_wall.count());
  select.bind(4, user);
  select.bind(5, static_cast<std::int64_t>(query.session));
  select.bind(6, query.until_wall.count());
  api::RecordPage page;
  int result = SQLITE_ROW;
  while ((result = select.step()) == SQLITE_ROW) {
    Result<Record> record = rpc::decode_record(select.bytes(0));
    if (!record) {
      select.reset();
      return Error{Errc::failed, h.path + ": " + record.error().text()};
    }
    if (!api::matches(query, *record)) continue;
    if (page.records.size() == size) {
      page.more = true;
      result = SQLITE_DONE;
      break;
    }
    page.records.push_back(std::move(*record));
  }
  const Error error = result == SQLITE_DONE ? Error{} : h.failure();
  select.reset();
  if (result != SQLITE_DONE) return error;
  return page;
}

}  // namespace switchhook::daemon
