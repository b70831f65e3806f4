// SPDX-License-Identifier: Apache-2.0
// What a process leaves behind when it dies between any two of its steps: the files as they are at
// that moment are copied, and another store is opened on the copy.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "daemon/store.hpp"
#include "daemon/tail.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/unit/rpc/samples.hpp"

namespace switchhook::daemon {
namespace {

namespace fs = std::filesystem;
using provider::CallRef;

constexpr CallRef kOutgoing{(std::uint64_t{1} << 32) | 4},
    kIncoming{CallRef::kMintedByProvider | 9};

Record a_record(std::uint64_t session) {
  auto r = test::filled<Record>();
  r.session = session;
  r.provider = "sip";
  return r;
}

provider::Recovery recovery(CallRef call, const std::string& text) {
  return {.call = call,
          .line = "alice",
          .direction = call.minted_by_provider() ? Direction::incoming : Direction::outgoing,
          .provider_call_id = "call@id",
          .recovery = text};
}

/// Another program that keeps the store from writing.
class Holder {
 public:
  explicit Holder(const std::string& path) {
    EXPECT_EQ(sqlite3_open(path.c_str(), &database_), SQLITE_OK);
    sqlite3_busy_timeout(database_, 20000);
    run("BEGIN IMMEDIATE");
  }
  ~Holder() {
    run("ROLLBACK");
    sqlite3_close(database_);
  }

 private:
  void run(const char* sql) {
    EXPECT_EQ(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sql;
  }
  sqlite3* database_ = nullptr;
};

class Journal : public testing::Test {
 protected:
  Journal() { store_ = open(path()); }
  [[nodiscard]] std::string path() const { return folder_ / "records.db"; }
  static std::unique_ptr<Store> open(const std::string& path) {
    auto opened = Store::open(path);
    if (!opened) {
      ADD_FAILURE() << opened.error().text();
      return nullptr;
    }
    return std::move(*opened);
  }
  /// The files as a process that dies now leaves them: before the next transaction, or after it.
  std::string dead_copy() {
    const Holder holder(path());
    const std::string to = folder_ / ("copy" + std::to_string(++copies_));
    fs::create_directory(to);
    for (const char* part : {"", "-wal", "-tail0", "-tail1"})
      if (fs::exists(path() + part)) fs::copy_file(path() + part, to + "/records.db" + part);
    return to + "/records.db";
  }
  static std::vector<std::uint64_t> sessions(Store& store) {
    std::promise<Result<api::RecordPage>> answer;
    auto future = answer.get_future();
    store.query({.newest_first = false}, {.user = "root", .operator_rights = true},
                [&answer](Result<api::RecordPage> page) { answer.set_value(std::move(page)); });
    const Result<api::RecordPage> page = future.get();
    std::vector<std::uint64_t> out;
    if (!page) ADD_FAILURE() << page.error().text();
    for (const Record& each : page->records) out.push_back(each.session);
    return out;
  }

  test::TempFolder folder_;
  std::unique_ptr<Store> store_;
  int copies_ = 0;
};

using Numbers = std::vector<std::uint64_t>;

TEST_F(Journal, ALivingCallIsAnOrphanOfTheNextStart) {
  store_->note("sip", recovery(kOutgoing, "one"));
  store_->note(kOutgoing, a_record(kOutgoing.value));
  store_->note("sip", recovery(kOutgoing, "two"));
  for (const bool written : {false, true}) {
    if (written) {
      ASSERT_TRUE(store_->flush(std::chrono::seconds(20)));
    }
    const auto next = open(dead_copy());
    const std::vector<Store::Orphan> orphans = next->take_orphans();
    ASSERT_EQ(orphans.size(), 1u);
    EXPECT_EQ(orphans[0].record, a_record(kOutgoing.value));
    EXPECT_EQ(orphans[0].recovery, "two");
    EXPECT_EQ(orphans[0].provider, "sip");
    EXPECT_EQ(orphans[0].call, kOutgoing.value);
    EXPECT_TRUE(sessions(*next).empty());
    EXPECT_GT(next->first_generation(), store_->first_generation());
  }
}

TEST_F(Journal, APartIsKeptWhenTheOtherChanges) {
  store_->note("sip", recovery(kOutgoing, "first"));
  ASSERT_TRUE(store_->flush(std::chrono::seconds(20)));
  store_->note(kOutgoing, a_record(kOutgoing.value));
  ASSERT_TRUE(store_->flush(std::chrono::seconds(20)));
  store_->note("sip", recovery(kOutgoing, "second"));
  ASSERT_TRUE(store_->flush(std::chrono::seconds(20)));
  const auto orphans = open(dead_copy())->take_orphans();
  ASSERT_EQ(orphans.size(), 1u);
  EXPECT_EQ(orphans[0].recovery, "second");
  EXPECT_EQ(orphans[0].record.session, kOutgoing.value);
}

TEST_F(Journal, ACallThatOnlyItsProviderKnewHasARecordOfItsOwn) {
  store_->note("sip", recovery(kIncoming, "x"));
  const auto next = open(dead_copy());
  const auto orphans = next->take_orphans();
  ASSERT_EQ(orphans.size(), 1u);
  const Record& made = orphans[0].record;
  EXPECT_NE(made.session, 0u);
  EXPECT_LT(made.session >> 32, next->first_generation()) << "no engine gives this number";
  EXPECT_EQ(made.line, "alice");
  EXPECT_EQ(made.direction, Direction::incoming);
  EXPECT_EQ(made.provider_call_id, "call@id");
}

TEST_F(Journal, WhatWasGivenIsThereAfterASuddenDeathExactlyOnce) {
  store_->note(kOutgoing, a_record(kOutgoing.value));
  store_->add(kOutgoing, a_record(kOutgoing.value));
  const std::string before = dead_copy();
  ASSERT_TRUE(store_->flush(std::chrono::seconds(20)));
  // Dies after the transaction, before the tail is emptied: the old tail beside the new database.
  const std::string between = dead_copy();
  for (const char* part : {"-tail0", "-tail1"})
    fs::copy_file(before + part, between + part, fs::copy_options::overwrite_existing);
  for (const std::string& copy : {before, between, dead_copy()}) {
    for (int start = 0; start < 2; ++start) {
      const auto next = open(copy);
      EXPECT_EQ(sessions(*next), Numbers{kOutgoing.value}) << copy;
      EXPECT_TRUE(next->take_orphans().empty());
    }
  }
}

TEST_F(Journal, AnOrphanStaysUntilItsRecordIsGiven) {
  store_->note("sip", recovery(kIncoming, "x"));
  const std::string copy = dead_copy();
  for (int start = 0; start < 3; ++start) {
    const auto next = open(copy);
    const auto orphans = next->take_orphans();
    ASSERT_EQ(orphans.size(), 1u) << start;
    if (start == 2) next->add(orphans[0], orphans[0].record);
  }
  const auto last = open(copy);
  EXPECT_TRUE(last->take_orphans().empty());
  EXPECT_EQ(sessions(*last).size(), 1u);
}

TEST_F(Journal, ACallThatNeverWasLeavesNothing) {
  store_->note(kOutgoing, a_record(kOutgoing.value));
  ASSERT_TRUE(store_->flush(std::chrono::seconds(20)));
  store_->forget("sip", kOutgoing);
  store_->forget("sip", kIncoming);
  store_->note(kIncoming, a_record(3));
  store_->forget("sip", kIncoming);
  const auto next = open(dead_copy());
  EXPECT_TRUE(next->take_orphans().empty());
  EXPECT_TRUE(sessions(*next).empty());
}

TEST_F(Journal, TimesOfReleaseReplaceTheRecord) {
  Record whole = a_record(5);
  store_->add(CallRef{5}, whole);
  ASSERT_TRUE(store_->flush(std::chrono::seconds(20)));
  whole.holders.at(0).released = Moment{.wall = std::chrono::seconds(9)};
  store_->amend(whole);
  const auto next = open(dead_copy());
  EXPECT_EQ(sessions(*next), Numbers{5});
  std::promise<Record> answer;
  next->query({}, {.operator_rights = true},
              [&](Result<api::RecordPage> page) { answer.set_value(page->records.at(0)); });
  EXPECT_EQ(answer.get_future().get(), whole);
}

TEST_F(Journal, ATornEntryHidesNoneBeforeIt) {
  for (std::uint64_t i = 1; i <= 3; ++i) store_->add(CallRef{i}, a_record(i));
  const std::string copy = dead_copy();
  std::string longer = copy + "-tail0";
  if (fs::file_size(longer) < fs::file_size(copy + "-tail1")) longer = copy + "-tail1";
  fs::resize_file(longer, fs::file_size(longer) - 5);
  const auto next = open(copy);
  EXPECT_EQ(sessions(*next), (Numbers{1, 2}));
}

TEST_F(Journal, AStoreOfVersionOneIsBroughtUpToDate) {
  const std::string old = folder_ / "old.db";
  store_->add(CallRef{7}, a_record(7));
  ASSERT_TRUE(store_->flush(std::chrono::seconds(20)));
  {  // Back to what version 1 had.
    store_.reset();
    fs::copy_file(path(), old);
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(old.c_str(), &database), SQLITE_OK);
    ASSERT_EQ(
        sqlite3_exec(database,
                     "DROP TABLE journal; DROP TABLE damaged; DROP TABLE lines; "
                     "ALTER TABLE records DROP COLUMN sum; DELETE FROM meta WHERE name = 'tail'; "
                     "PRAGMA user_version = 1",
                     nullptr, nullptr, nullptr),
        SQLITE_OK);
    sqlite3_close(database);
  }
  const auto next = open(old);
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(sessions(*next), Numbers{7});
  next->note(kOutgoing, a_record(kOutgoing.value));
  next->add(kOutgoing, a_record(kOutgoing.value));
  EXPECT_EQ(sessions(*next), (Numbers{7, kOutgoing.value}));
}

TEST_F(Journal, AStoreOfVersionTwoGetsItsSums) {
  const std::string old = folder_ / "old.db";
  store_->add(CallRef{7}, a_record(7));
  store_->note(kOutgoing, a_record(kOutgoing.value));
  ASSERT_TRUE(store_->flush(std::chrono::seconds(20)));
  {
    store_.reset();
    fs::copy_file(path(), old);
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(old.c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database,
                           "DROP TABLE damaged; DROP TABLE lines; "
                           "ALTER TABLE records DROP COLUMN sum; "
                           "ALTER TABLE journal DROP COLUMN record_sum; "
                           "ALTER TABLE journal DROP COLUMN recovery_sum; PRAGMA user_version = 2",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(database);
  }
  const auto next = open(old);
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(sessions(*next), Numbers{7});
  EXPECT_EQ(next->take_orphans().size(), 1u);
  EXPECT_EQ(next->status().damage, std::vector<std::string>());
}

TEST_F(Journal, ADamagedDatabaseIsSetAsideAndNothingNewIsLost) {
  store_->add(CallRef{1}, a_record(1));
  ASSERT_TRUE(store_->flush(std::chrono::seconds(20)));
  store_.reset();
  {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(0);
    file << std::string(8192, 'x');
  }
  store_ = open(path());
  ASSERT_NE(store_, nullptr);
  EXPECT_NE(store_->status().set_aside, "");
  EXPECT_TRUE(fs::exists(store_->status().set_aside));
  store_->add(CallRef{2}, a_record(2));
  EXPECT_EQ(sessions(*store_), Numbers{2});
}

TEST_F(Journal, ADatabaseThatIsDamagedWhileItRunsIsSetAsideToo) {
  for (std::uint64_t i = 1; i <= 50; ++i) store_->add(CallRef{i}, a_record(i));
  ASSERT_TRUE(store_->flush(std::chrono::seconds(20)));
  {
    // Another connection moves the log into the file, which is then written over.
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, "PRAGMA wal_checkpoint(TRUNCATE); UPDATE meta SET value=value",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_exec(database, "PRAGMA wal_checkpoint(TRUNCATE)", nullptr, nullptr, nullptr);
    sqlite3_close(database);
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    const auto size = fs::file_size(path());
    file.seekp(0);
    file << std::string(size, 'x');
  }
  store_->add(CallRef{51}, a_record(51));
  EXPECT_TRUE(store_->flush(std::chrono::seconds(20))) << store_->status().trouble;
  EXPECT_NE(store_->status().set_aside, "");
  EXPECT_EQ(sessions(*store_), Numbers{51});
}

}  // namespace
}  // namespace switchhook::daemon
