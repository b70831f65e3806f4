// SPDX-License-Identifier: Apache-2.0
#include "daemon/database.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <utility>

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
  [[nodiscard]] int step() { return sqlite3_step(statement_); }
  void reset() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  [[nodiscard]] std::int64_t number(int column) const {
    return sqlite3_column_int64(statement_, column);
  }
  [[nodiscard]] rpc::View bytes(int column) const {
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace

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

struct Database::Handles {
  std::string path;
  sqlite3* database = nullptr;
  Statement insert, cursor;
  // newest first, oldest first
  std::array<Statement, 2> select;

  ~Handles() {
    // Statements go before the database: members are destroyed after this body, hence close_v2.
    sqlite3_close_v2(database);
  }
  [[nodiscard]] Error failure() const {
    return {Errc::failed, path + ": " + sqlite3_errmsg(database)};
  }
  [[nodiscard]] bool run(const char* sql) const {
    return sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
  }
};

Database::Database(std::unique_ptr<Handles> handles) : handles_(std::move(handles)) {}
Database::Database(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const std::string& path) {
  Database made(std::make_unique<Handles>());
  Handles& h = *made.handles_;
  h.path = path;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(path.c_str(), &h.database, flags, nullptr) != SQLITE_OK) return h.failure();
  sqlite3_busy_timeout(h.database, 1000);
  // WAL: readers do not disturb, and what was committed survives the death of this process.
  if (!h.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA trusted_schema=OFF"))
    return h.failure();
  if (Result<void> good = made.migrate(); !good) return good.error();
  if (Result<void> good = made.prepare(); !good) return good.error();
  if (Result<void> good = made.begin_boot(); !good) return good.error();
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
  // ?1 cursor, ?2 line or '', ?3 since, ?4 user or '', ?5 how many
  constexpr auto* kNewest =
      "SELECT record FROM records WHERE id < ?1 AND (?2 = '' OR line = ?2) AND ended_us >= ?3 "
      "AND (?4 = '' OR instr(users, ?4) > 0) ORDER BY id DESC LIMIT ?5";
  constexpr auto* kOldest =
      "SELECT record FROM records WHERE id > ?1 AND (?2 = '' OR line = ?2) AND ended_us >= ?3 "
      "AND (?4 = '' OR instr(users, ?4) > 0) ORDER BY id ASC LIMIT ?5";
  constexpr auto* kCursor = "SELECT max(id) FROM records WHERE session = ?1 HAVING max(id) > 0";
  if (h.insert.prepare(h.database, kInsert) != SQLITE_OK ||
      h.select[0].prepare(h.database, kNewest) != SQLITE_OK ||
      h.select[1].prepare(h.database, kOldest) != SQLITE_OK ||
      h.cursor.prepare(h.database, kCursor) != SQLITE_OK)
    return h.failure();
  return {};
}

/// Session numbers are handles: a slot, and a generation in the upper half. Every start begins
/// above all generations that an earlier one used (docs/decisions/0073).
Result<void> Database::begin_boot() {
  Handles& h = *handles_;
  Statement ask;
  if (ask.prepare(h.database,
                  "SELECT max(coalesce((SELECT value FROM meta WHERE name = 'generation'), 0), "
                  "coalesce((SELECT max(session) >> 32 FROM records), 0))") != SQLITE_OK ||
      ask.step() != SQLITE_ROW)
    return h.failure();
  std::int64_t next = ask.number(0) + kGenerationGap;
  ask.reset();
  if (next > kGenerationMax) next = 1;  // after two thousand million sessions in one slot
  first_generation_ = static_cast<std::uint32_t>(next);
  const std::string note =
      "INSERT OR REPLACE INTO meta VALUES ('generation', " + std::to_string(next) + ")";
  if (!h.run(note.c_str())) return h.failure();
  return {};
}

Result<void> Database::write(std::span<const Row> rows) {
  Handles& h = *handles_;
  if (!h.run("BEGIN IMMEDIATE")) return h.failure();
  for (const Row& row : rows) {
    h.insert.bind(1, static_cast<std::int64_t>(row.session));
    h.insert.bind(2, row.line);
    h.insert.bind(3, row.started_us);
    h.insert.bind(4, row.ended_us);
    h.insert.bind(5, row.users);
    h.insert.bind(6, row.bytes);
    const bool good = h.insert.step() == SQLITE_DONE;
    Error error = good ? Error{} : h.failure();
    h.insert.reset();
    if (good) continue;
    static_cast<void>(h.run("ROLLBACK"));
    return error;
  }
  if (h.run("COMMIT")) return {};
  const Error error = h.failure();
  static_cast<void>(h.run("ROLLBACK"));
  return error;
}

Result<api::RecordPage> Database::read(const api::RecordQuery& query, const Store::Who& who) {
  Handles& h = *handles_;
  std::int64_t cursor = query.newest_first ? INT64_MAX : 0;
  if (query.after_session != 0) {
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
  Statement& select = h.select[query.newest_first ? 0 : 1];
  select.bind(1, cursor);
  select.bind(2, query.line);
  select.bind(3, query.since_wall.count());
  select.bind(4, user);
  select.bind(5, static_cast<std::int64_t>(size) + 1);
  api::RecordPage page;
  int result = SQLITE_ROW;
  while ((result = select.step()) == SQLITE_ROW) {
    if (page.records.size() == size) {
      page.more = true;
      result = SQLITE_DONE;
      break;
    }
    Result<Record> record = rpc::decode_record(select.bytes(0));
    if (!record) {
      select.reset();
      return Error{Errc::failed, h.path + ": " + record.error().text()};
    }
    page.records.push_back(std::move(*record));
  }
  const Error error = result == SQLITE_DONE ? Error{} : h.failure();
  select.reset();
  if (result != SQLITE_DONE) return error;
  return page;
}

}  // namespace switchhook::daemon
