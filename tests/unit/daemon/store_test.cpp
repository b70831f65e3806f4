// SPDX-License-Identifier: Apache-2.0
// Records are kept whole, found again, and not lost because the disk is slow to take them.
#include "daemon/store.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <future>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "daemon/tail.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/unit/rpc/samples.hpp"

namespace switchhook::daemon {
namespace {

using test::eventually;

constexpr provider::CallRef kCall{1};
const Store::Who kOperator{.user = "root", .operator_rights = true};

Record record(std::uint64_t session, const std::string& line = "100", std::int64_t ended_s = 100,
              const std::vector<std::string>& users = {"ann"}) {
  auto r = test::filled<Record>();
  r.session = session;
  r.line = line;
  r.end->at.wall = std::chrono::seconds(ended_s);
  r.holders.clear();
  for (const std::string& user : users) r.holders.push_back({.application = "app", .user = user});
  return r;
}

class StoreTest : public testing::Test {
 protected:
  void open(Store::Options options = {}) {
    store_.reset();
    auto opened = Store::open(path(), std::move(options));
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = std::move(*opened);
  }
  [[nodiscard]] std::string path() const { return folder_ / "deep/records.db"; }
  Result<api::RecordPage> ask(const api::RecordQuery& query, const Store::Who& who = kOperator) {
    std::promise<Result<api::RecordPage>> answer;
    auto future = answer.get_future();
    store_->query(query, who,
                  [&answer](Result<api::RecordPage> page) { answer.set_value(std::move(page)); });
    return future.get();
  }
  std::vector<std::uint64_t> sessions(const api::RecordQuery& query,
                                      const Store::Who& who = kOperator) {
    auto page = ask(query, who);
    std::vector<std::uint64_t> found;
    if (!page) {
      ADD_FAILURE() << page.error().text();
      return found;
    }
    for (const Record& r : page->records) found.push_back(r.session);
    return found;
  }
  /// Another program that holds the database.
  class Holder {
   public:
    explicit Holder(const std::string& path) {
      EXPECT_EQ(sqlite3_open(path.c_str(), &database_), SQLITE_OK);
      run("BEGIN IMMEDIATE");
    }
    ~Holder() { sqlite3_close(database_); }
    void run(const char* sql) {
      EXPECT_EQ(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sql;
    }

   private:
    sqlite3* database_ = nullptr;
  };

  test::TempFolder folder_;
  std::unique_ptr<Store> store_;
};

using Numbers = std::vector<std::uint64_t>;

TEST_F(StoreTest, KeepsRecordsWholeAcrossAnOpening) {
  open();
  const Record whole = record(7);
  store_->add(kCall, whole);
  store_.reset();
  open();
  const auto page = ask({});
  ASSERT_TRUE(page);
  ASSERT_EQ(page->records.size(), 1u);
  EXPECT_EQ(page->records[0], whole);
  EXPECT_FALSE(page->more);
}

TEST_F(StoreTest, AQuestionSeesAllThatWasAddedBeforeIt) {
  open();
  for (std::uint64_t i = 1; i <= 5000; ++i) {
    store_->add(kCall, record(i));
    if (i % 500 == 0) {
      EXPECT_EQ(sessions({.limit = 1}), Numbers{i});
    }
  }
}

TEST_F(StoreTest, FindsByLineTimeAndOrder) {
  open();
  store_->add(kCall, record(1, "100", 10));
  store_->add(kCall, record(2, "101", 20));
  store_->add(kCall, record(3, "100", 30));
  store_->add(kCall, record(4, "101", 40));
  EXPECT_EQ(sessions({}), (Numbers{4, 3, 2, 1}));
  EXPECT_EQ(sessions({.newest_first = false}), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(sessions({.line = "100"}), (Numbers{3, 1}));
  EXPECT_EQ(sessions({.since_wall = std::chrono::seconds(20)}), (Numbers{4, 3, 2}));
  EXPECT_EQ(sessions({.after_session = 3}), (Numbers{2, 1}));
  EXPECT_EQ(sessions({.after_session = 3, .newest_first = false}), (Numbers{4}));
  EXPECT_EQ(sessions({.after_session = 4, .line = "100", .limit = 1}), (Numbers{3}));
  const auto page = ask({.limit = 2});
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->more);
  EXPECT_FALSE(ask({.limit = 4})->more);
  EXPECT_EQ(ask({.after_session = 99}).error().code, Errc::not_found);
  EXPECT_EQ(sessions({.line = "no' OR '1'='1"}), Numbers{});
}

TEST_F(StoreTest, PagesAreNoLongerThanAllowed) {
  open();
  for (std::uint64_t i = 1; i <= limits::kListEntries + 1; ++i) store_->add(kCall, record(i));
  for (const std::uint32_t limit : {0u, 1000000u}) {
    const auto page = ask({.limit = limit});
    ASSERT_TRUE(page);
    EXPECT_EQ(page->records.size(), limits::kListEntries);
    EXPECT_TRUE(page->more);
  }
}

TEST_F(StoreTest, ShowsAUserItsOwnRecordsOnly) {
  open();
  store_->add(kCall, record(1, "100", 1, {"ann"}));
  store_->add(kCall, record(2, "100", 1, {"bob", "ann"}));
  store_->add(kCall, record(3, "100", 1, {"bob"}));
  store_->add(kCall, record(4, "100", 1, {"annabel"}));
  store_->add(kCall, record(5, "100", 1, {}));
  EXPECT_EQ(sessions({}, {.user = "ann"}), (Numbers{2, 1}));
  EXPECT_EQ(sessions({}, {.user = "bob"}), (Numbers{3, 2}));
  EXPECT_EQ(sessions({}, {.user = "nn"}), Numbers{});
  EXPECT_EQ(sessions({}, {.user = ""}), Numbers{});
  EXPECT_EQ(sessions({}, kOperator).size(), 5u);
}

TEST_F(StoreTest, NumbersOfEveryStartAreAboveThoseBefore) {
  open();
  const std::uint32_t first = store_->first_generation();
  EXPECT_GE(first, 1u);
  const std::uint64_t used = std::uint64_t{first + 500} << 32 | 3;
  store_->add(kCall, record(used));
  store_.reset();
  open();
  EXPECT_GT(store_->first_generation(), first + 500);
  const std::uint32_t second = store_->first_generation();
  store_.reset();
  open();
  EXPECT_GT(store_->first_generation(), second) << "also when nothing was recorded";
}

TEST_F(StoreTest, WhatCannotBeWrittenIsKeptCountedAndWrittenLater) {
  open();
  store_->add(kCall, record(1));
  ASSERT_TRUE(store_->flush(std::chrono::seconds(20)));
  {
    Holder holder(path());
    store_->add(kCall, record(2));
    store_->add(kCall, record(3));
    EXPECT_TRUE(eventually([&] { return store_->status().failed_writes >= 1; }));
    const Store::Status status = store_->status();
    EXPECT_EQ(status.written, 1u);
    EXPECT_EQ(status.waiting, 2u);
    EXPECT_NE(status.trouble.find("locked"), std::string::npos) << status.trouble;
    // Questions are answered meanwhile, with what is there.
    EXPECT_EQ(sessions({}), Numbers{1});
    EXPECT_FALSE(store_->flush(std::chrono::milliseconds(50)));
    holder.run("ROLLBACK");
  }
  ASSERT_TRUE(store_->flush(std::chrono::seconds(20)));
  EXPECT_EQ(sessions({}), (Numbers{3, 2, 1}));
  EXPECT_EQ(store_->status().written, 3u);
  EXPECT_EQ(store_->status().trouble, "");
  EXPECT_EQ(store_->status().lost, 0u);
}

TEST_F(StoreTest, ItsQueueIsBoundedAndWhatFindsNoRoomIsCounted) {
  open();
  {
    Holder holder(path());
    Record small;
    for (std::size_t i = 0; i < limits::kRecordsUnwritten + 10; ++i) {
      small.session = i + 1;
      store_->add(kCall, small);
    }
    EXPECT_EQ(store_->status().lost, 10u);
    EXPECT_EQ(store_->status().waiting, limits::kRecordsUnwritten);
    holder.run("ROLLBACK");
  }
  EXPECT_TRUE(store_->flush(std::chrono::seconds(60)));
  EXPECT_EQ(store_->status().written, limits::kRecordsUnwritten);
}

TEST_F(StoreTest, FindsBySessionPartyApplicationProviderOriginAndEnd) {
  open();
  for (std::uint64_t i = 1; i <= 6; ++i) {
    Record r = record(i, "100", static_cast<std::int64_t>(i) * 10);
    r.provider = i % 2 == 0 ? "sip" : "exchange";
    r.application = "app" + std::to_string(i % 3);
    r.parties.called = {.address = "sip:Bob" + std::to_string(i) + "@x", .name = "Robert"};
    r.end->origin = i == 5 ? EndOrigin::system : EndOrigin::remote_party;
    store_->add(kCall, r);
  }
  EXPECT_EQ(sessions({.session = 3}), Numbers{3});
  EXPECT_EQ(sessions({.session = 7}), Numbers{});
  EXPECT_EQ(sessions({.party = "bob4"}), Numbers{4});
  EXPECT_EQ(sessions({.party = "ROBERT"}).size(), 6u);
  EXPECT_EQ(sessions({.application = "app0"}), (Numbers{6, 3}));
  EXPECT_EQ(sessions({.provider = "sip"}), (Numbers{6, 4, 2}));
  EXPECT_EQ(sessions({.origin = EndOrigin::system}), Numbers{5});
  EXPECT_EQ(sessions({.until_wall = std::chrono::seconds(30)}), (Numbers{2, 1}));
  EXPECT_EQ(sessions({.since_wall = std::chrono::seconds(20),
                      .until_wall = std::chrono::seconds(50),
                      .provider = "sip"}),
            (Numbers{4, 2}));
  const auto page = ask({.limit = 2, .provider = "sip"});
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->more);
  EXPECT_EQ(sessions({.after_session = 4, .provider = "sip"}), Numbers{2});
}

TEST_F(StoreTest, RemovesWhatIsOlderThanItIsKept) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  open();
  store_->add(kCall, record(1, "100", now - 3 * 3600));
  store_->add(kCall, record(2, "100", now - 3600));
  ASSERT_TRUE(store_->flush(std::chrono::seconds(20)));
  open({.keep = std::chrono::hours(2)});
  EXPECT_TRUE(eventually([&] { return store_->status().retired == 1; }))
      << store_->status().retired << store_->status().trouble;
  EXPECT_EQ(sessions({}), Numbers{2});
}

TEST_F(StoreTest, RemovesTheOldestBeyondItsSize) {
  open();
  for (std::uint64_t i = 1; i <= 4000; ++i) store_->add(kCall, record(i));
  ASSERT_TRUE(store_->flush(std::chrono::seconds(20)));
  open({.bytes_max = 1 << 20});
  EXPECT_TRUE(eventually([&] { return store_->status().retired >= 500; }));
  EXPECT_TRUE(
      eventually([&] { return sessions({.limit = 1, .newest_first = false}) != Numbers{1}; }));
  EXPECT_EQ(sessions({.limit = 1}), Numbers{4000});
  EXPECT_LT(store_->status().retired, 4000u);
}

TEST_F(StoreTest, BelongsToOneAtATime) {
  open();
  const auto second = Store::open(path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::resource_unavailable);
}

TEST_F(StoreTest, RefusesWhatItDoesNotUnderstand) {
  const std::string other = folder_ / "other.db";
  {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(other.c_str(), &database), SQLITE_OK);
    sqlite3_exec(database, "PRAGMA user_version=3; CREATE TABLE t (x)", nullptr, nullptr, nullptr);
    sqlite3_close(database);
  }
  auto opened = Store::open(other);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().context.find("a database of another program"), std::string::npos);
  open();
  store_.reset();
  {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
    sqlite3_exec(database, "PRAGMA user_version=99", nullptr, nullptr, nullptr);
    sqlite3_close(database);
  }
  opened = Store::open(path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::version_mismatch);
}

/// The system's, until nothing can be appended any more.
class FailingFiles final : public Files {
 public:
  bool failing = false;

  int open(const std::string& path, std::uint64_t& size) override {
    return system_files().open(path, size);
  }
  void close(int descriptor) override { system_files().close(descriptor); }
  std::ptrdiff_t read(int descriptor, void* into, std::size_t size, std::uint64_t at) override {
    return system_files().read(descriptor, into, size, at);
  }
  std::ptrdiff_t append(int descriptor, const void* data, std::size_t size) override {
    errno = EIO;
    return failing ? -1 : system_files().append(descriptor, data, size);
  }
  void truncate(int descriptor, std::uint64_t size) override {
    system_files().truncate(descriptor, size);
  }
};

// Found by the simulator: what no tail took while an earlier batch was being written is not safe
// because that batch is.
TEST_F(StoreTest, IsUnsafeUntilWhatNoTailTookIsWritten) {
  base::ManualClock clock;
  FailingFiles files;
  std::filesystem::create_directories(folder_ / "deep");
  Store::Options options{.clock = &clock, .files = &files};
  options.at_step = [&](Store::Step step) {
    if (step != Store::Step::before_commit || files.failing) return;
    files.failing = true;
    store_->note(provider::CallRef{2}, record(2));
  };
  open(std::move(options));
  store_->note(kCall, record(1));
  clock.advance(std::chrono::seconds(1));
  const auto next = store_->run_due();
  ASSERT_TRUE(next) << "the second note is not written with the first";
  EXPECT_NE(store_->status().unsafe, "");
  clock.advance_to(*next);
  EXPECT_EQ(store_->run_due(), std::nullopt);
  EXPECT_EQ(store_->status().unsafe, "");
  store_.reset();  // before its files
}

}  // namespace
}  // namespace switchhook::daemon
