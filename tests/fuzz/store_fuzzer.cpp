// SPDX-License-Identifier: Apache-2.0
// A store that another version wrote, that was cut off, or that is none. The first byte says what
// the rest is: a database file, a journal's tail file, or one of the known versions with a row of
// these bytes in it. It is opened and brought up to date, or refused in words; what was opened can
// be written, and opens again.
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "daemon/database.hpp"
#include "daemon/tail.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace switchhook;  // NOLINT: a program of one page
using fuzz::require;
namespace fs = std::filesystem;

/// One folder for the program, emptied before each input.
const fs::path& folder() {
  static const fs::path kFolder = [] {
    std::error_code error;
    const fs::path memory =
        fs::is_directory("/dev/shm", error) ? "/dev/shm" : fs::temp_directory_path();
    std::string name = (memory / "switchhook-store-fuzz-XXXXXX").string();
    require(::mkdtemp(name.data()) != nullptr, "a folder can be made");
    std::atexit([] {
      std::error_code ignored;
      fs::remove_all(folder(), ignored);
    });
    return fs::path(name);
  }();
  return kFolder;
}

void write_file(const fs::path& path, const std::uint8_t* data, std::size_t size) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
}

/// False: it was refused. Otherwise it was used for everything a daemon uses it for.
bool use(const std::string& path) {
  Result<daemon::Database> database = daemon::Database::open(path);
  if (!database) {
    require(!database.error().text().empty(), "a refusal says why");
    return false;
  }
  bool good = static_cast<bool>(database->begin_boot());
  if (const auto journal = database->journal()) {
    for (const auto& [key, row] : *journal) static_cast<void>(rpc::decode_record(row.record));
  } else {
    good = false;
  }
  for (const bool newest : {true, false}) {
    api::RecordQuery query;
    query.newest_first = newest;
    static_cast<void>(database->read(query, {.user = "alice", .operator_rights = newest}));
  }
  daemon::Batch batch;
  Record record;
  record.session = (std::uint64_t{database->first_generation()} << 32) | 1;
  record.line = "100";
  batch.rows.push_back(daemon::row_of(record));
  batch.journal[{1, "exchange", 7}] = daemon::JournalRow{.session = 5, .line = "100"};
  return static_cast<bool>(database->write(batch)) && good;
}

void check_database(const fs::path& path) {
  if (!use(path.string())) return;
  require(use(path.string()), "what was opened and written opens again");
}

/// A database of a known version, as that version made it, with a row that holds these bytes.
void check_known_version(unsigned version, const std::uint8_t* data, std::size_t size) {
  const fs::path path = folder() / "known";
  {
    Result<daemon::Database> made = daemon::Database::open(path.string());
    require(static_cast<bool>(made) && made->begin_boot(), "a new database can be made");
  }
  sqlite3* database = nullptr;
  require(sqlite3_open(path.c_str(), &database) == SQLITE_OK, "it opens");
  sqlite3_stmt* insert = nullptr;
  require(sqlite3_prepare_v2(database,
                             "INSERT INTO records (session, line, started_us, ended_us, users, "
                             "record) VALUES (4294967297, '100', 1, 2, ?1, ?1)",
                             -1, &insert, nullptr) == SQLITE_OK,
          "the row can be prepared");
  sqlite3_bind_blob(insert, 1, data, static_cast<int>(size), SQLITE_STATIC);
  require(sqlite3_step(insert) == SQLITE_DONE, "the row can be written");
  sqlite3_finalize(insert);
  if (version == 1)  // before there was a journal
    sqlite3_exec(database,
                 "DROP TABLE journal; DROP TABLE damaged; DROP TABLE lines; ALTER TABLE records "
                 "DROP COLUMN sum; "
                 "PRAGMA user_version=1",
                 nullptr, nullptr, nullptr);
  sqlite3_close(database);
  require(use(path.string()) && use(path.string()), "every known version is brought up to date");
}

void check_tail(const fs::path& path) {
  const Result<daemon::Tail> tail = daemon::Tail::open(path.string());
  require(static_cast<bool>(tail), "a tail opens");
  daemon::Batch batch;
  for (const daemon::TailEntry& entry : tail->read())
    if (const Result<Record> record = rpc::decode_record(entry.record))
      batch.take(entry, daemon::row_of(*record));
    else
      batch.take(entry, entry.call);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  for (const auto& entry : fs::directory_iterator(folder())) fs::remove(entry.path());
  const fs::path path = folder() / "store";
  switch (data[0] % 4) {
    case 0:
      write_file(path, data + 1, size - 1);
      check_database(path);
      break;
    case 1:
      write_file(folder() / "store-tail0", data + 1, size - 1);
      check_tail(path);
      break;
    default:
      check_known_version(data[0] % 4 - 1, data + 1, size - 1);
  }
  return 0;
}
