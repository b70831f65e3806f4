// SPDX-License-Identifier: Apache-2.0
// Records are kept whole, found again, and not lost because the disk is slow to take them.
#include "daemon/store.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <future>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "daemon/tail.hpp"
#include "daemon/wal.hpp"
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
  /// Changes it while nobody has it open, as no daemon does.
  void alter(const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
  std::int64_t number(const char* sql) {
    sqlite3* database = nullptr;
    sqlite3_stmt* statement = nullptr;
    std::int64_t out = -1;
    EXPECT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
    if (sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
      out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return out;
  }
  /// Another program that holds the database.
  class Holder {
   public:
    explicit Holder(const std::string& path) {
      EXPECT_EQ(sqlite3_open(path.c_str(), &database_), SQLITE_OK);
      sqlite3_busy_timeout(database_, 20'000);  // the store may be writing
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
  open({.keep = std::chrono::hours(2), .clock_steady = std::chrono::seconds(0)});
  EXPECT_TRUE(eventually([&] { return store_->status().retired == 1; }))
      << store_->status().retired << store_->status().trouble;
  EXPECT_EQ(sessions({}), Numbers{2});
}

/// The store without a thread, by a clock that the test sets.
class Clocked : public StoreTest {
 protected:
  void start() {
    std::filesystem::create_directories(folder_ / "deep");
    open({.keep = std::chrono::hours(24 * 30), .clock = &clock_, .files = &system_files()});
  }
  ~Clocked() override { store_.reset(); }
  void pass(std::chrono::seconds time) {
    for (std::chrono::seconds each{0}; each < time; each += std::chrono::seconds(1)) {
      clock_.advance(std::chrono::seconds(1));
      static_cast<void>(store_->run_due());
    }
  }
  void add(std::uint64_t count) {
    for (std::uint64_t i = 1; i <= count; ++i)
      store_->add(kCall, record(i, "100", clock_.now().wall / std::chrono::seconds(1)));
    pass(std::chrono::seconds(2));
  }
  base::ManualClock clock_;
};

TEST_F(Clocked, AClockThatIsAheadForAWhileRemovesNoRecord) {
  start();
  add(100);
  clock_.jump(std::chrono::hours(24 * 365));
  pass(std::chrono::seconds(12));
  EXPECT_EQ(store_->status().clock, "the wall clock jumped by 31536000 s");
  clock_.jump(-std::chrono::hours(24 * 365));
  pass(std::chrono::minutes(20));
  EXPECT_EQ(store_->status().retired, 0u);
  EXPECT_EQ(store_->status().clock, "");
}

TEST_F(Clocked, AClockThatIsAheadAtTheStartRemovesNoRecordEither) {
  start();
  add(100);
  store_.reset();
  clock_.jump(std::chrono::hours(24 * 365));
  start();
  pass(std::chrono::minutes(9));
  EXPECT_NE(store_->status().clock, "");
  EXPECT_EQ(store_->status().retired, 0u);
}

TEST_F(Clocked, WhatIsTooOldGoesInSmallSteps) {
  start();
  add(3 * limits::kRetireAtOnce);
  // The time passes, as it does: it is no jump.
  for (int day = 0; day < 31; ++day)
    for (int step = 0; step < 24 * 3600 / 20; step += 60)
      clock_.advance(std::chrono::seconds(20 * 60));
  std::uint64_t before = 0;
  for (int i = 0; i < 20; ++i) {
    pass(std::chrono::seconds(1));
    const std::uint64_t now = store_->status().retired;
    EXPECT_LE(now - before, limits::kRetireAtOnce);
    before = now;
  }
  EXPECT_EQ(before, 3 * limits::kRetireAtOnce);
}

// ---- damage

TEST_F(StoreTest, ADamagedRecordIsNamedAndPassedOver) {
  open();
  for (std::uint64_t i = 1; i <= 9; ++i) store_->add(kCall, record(i));
  store_.reset();
  alter(
      "UPDATE records SET record = CAST(substr(record, 1, 99) || x'ff' || substr(record, 101) AS "
      "BLOB) WHERE session = 4");
  alter("UPDATE records SET line = '900' WHERE session = 7");
  open();
  EXPECT_EQ(sessions({}), (Numbers{9, 8, 6, 5, 3, 2, 1}));
  EXPECT_EQ(sessions({.limit = 3, .newest_first = false}), (Numbers{1, 2, 3}));
  const std::vector<std::string> damage{"record 7, of session 7, is damaged",
                                        "record 4, of session 4, is damaged"};
  EXPECT_TRUE(eventually([&] { return store_->status().damage == damage; })) << "each once";
  const auto verified = ask({.verify = true});
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->checked, 9u);
  EXPECT_EQ(verified->damaged, damage);
  EXPECT_EQ(verified->records.size(), 0u);
  EXPECT_EQ(ask({.verify = true}, {.user = "ann"}).error().code, Errc::denied);
}

TEST_F(StoreTest, ADamagedPageHidesOnlyWhatIsOnIt) {
  open();
  constexpr std::uint64_t kMany = 400;
  for (std::uint64_t i = 1; i <= kMany; ++i) store_->add(kCall, record(i));
  store_.reset();
  // The page of a leaf in the middle of the table: its kind is made one that there is not.
  const std::int64_t page = number(
      "SELECT pageno FROM dbstat WHERE name = 'records' AND pagetype = 'leaf' "
      "ORDER BY path LIMIT 1 OFFSET 20");
  const std::int64_t size = number("PRAGMA page_size");
  if (page <= 0) GTEST_SKIP() << "this SQLite has no dbstat";
  {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp((page - 1) * size);
    file.put('\x7f');
  }
  open();
  const std::size_t found = sessions({.limit = 1000}).size();
  EXPECT_LT(found, kMany);
  EXPECT_GT(found, kMany - 50);
  EXPECT_TRUE(eventually([&] { return store_->status().damage.size() == kMany - found; }));
  EXPECT_EQ(sessions({.newest_first = false}).size(), found);
}

TEST_F(StoreTest, OfADamagedRowOfTheJournalTheOtherPartServes) {
  open();
  for (std::uint64_t call = 1; call <= 3; ++call) {
    store_->note("sip",
                 provider::Recovery{.call = {call}, .line = "alice", .recovery = "how to end it"});
    auto live = record(call);
    live.provider = "sip";
    store_->note(provider::CallRef{call}, live);
  }
  ASSERT_TRUE(store_->flush(std::chrono::seconds(20)));
  store_.reset();
  alter("UPDATE journal SET record = x'00' WHERE call = 1");
  alter("UPDATE journal SET recovery = 'how to end at' WHERE call = 2");
  alter("UPDATE journal SET recovery = 'x', record = x'00' WHERE call = 3");
  open();
  auto orphans = store_->take_orphans();
  ASSERT_EQ(orphans.size(), 2u);
  std::sort(orphans.begin(), orphans.end(),
            [](const auto& a, const auto& b) { return a.call < b.call; });
  EXPECT_EQ(orphans[0].recovery, "how to end it");
  EXPECT_EQ(orphans[0].record.line, "alice");
  EXPECT_EQ(orphans[1].recovery, "");
  EXPECT_EQ(orphans[1].record.session, 2u);
  EXPECT_EQ(store_->status().damage.size(), 4u);
  EXPECT_EQ(number("SELECT count(*) FROM damaged"), 1);
}

TEST_F(StoreTest, ADamagedNoteWithinTheTailIsPassedOver) {
  {
    Result<Tail> tail = Tail::open(folder_ / "t");
    ASSERT_TRUE(tail);
    for (std::uint64_t i = 1; i <= 5; ++i)
      ASSERT_TRUE(tail->append({.sequence = i, .call = i, .recovery = "what ends it"}));
  }
  const auto size = std::filesystem::file_size(folder_ / "t-tail0") / 5;
  {
    std::fstream file(folder_ / "t-tail0", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(size) + 30);
    file.put('\x55');
    file.seekp(3 * static_cast<std::streamoff>(size));  // a length
    file.put('\x55');
  }
  std::vector<std::string> damage;
  std::vector<std::uint64_t> calls;
  for (const TailEntry& entry : Tail::open(folder_ / "t")->read(&damage))
    calls.push_back(entry.call);
  EXPECT_EQ(calls, (Numbers{1, 3, 5}));
  ASSERT_EQ(damage.size(), 2u);
  EXPECT_EQ(damage[0], folder_ / "t-tail0" + ": " + std::to_string(size) + " bytes at " +
                           std::to_string(size) + " are damaged; what they noted is lost");
}

TEST_F(StoreTest, WhatIsLostInTheLogIsTold) {
  const std::string copy = folder_ / "copy.db";
  open();
  for (std::uint64_t i = 1; i <= 5; ++i) {
    store_->add(kCall, record(i));
    ASSERT_TRUE(store_->flush(std::chrono::seconds(20)));
  }
  for (const char* part : {"", "-wal"}) std::filesystem::copy_file(path() + part, copy + part);
  EXPECT_EQ(damage_of_log(copy), std::nullopt);
  const auto log_size = std::filesystem::file_size(copy + "-wal");
  {
    std::fstream file(copy + "-wal", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(log_size / 2));
    file.put('\x55');
  }
  const auto damage = damage_of_log(copy);
  ASSERT_TRUE(damage);
  EXPECT_NE(damage->find("transactions in it are lost"), std::string::npos) << *damage;
  auto opened = Store::open(copy);
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->status().damage, std::vector<std::string>{*damage});
}

TEST_F(StoreTest, TheLogBecomesPartOfTheDatabaseWhenItIsQuiet) {
  open();
  store_->add(kCall, record(1));
  ASSERT_TRUE(store_->flush(std::chrono::seconds(20)));
  EXPECT_GT(std::filesystem::file_size(path() + "-wal"), 0u);
  EXPECT_TRUE(eventually([&] { return std::filesystem::file_size(path() + "-wal") == 0; }));
}

TEST_F(StoreTest, AHardLinkIsNotWrittenTo) {
  open();
  store_.reset();
  for (const char* part : {"-tail0", "-tail1", ""}) {
    const std::string other = folder_ / "other";
    std::filesystem::remove(path() + part);
    std::ofstream(other) << "precious";
    std::filesystem::create_hard_link(other, path() + part);
    const auto opened = Store::open(path());
    ASSERT_FALSE(opened) << part;
    EXPECT_NE(opened.error().context.find("link"), std::string::npos) << opened.error().context;
    EXPECT_EQ(test::content_of(other), "precious");
    std::filesystem::remove(path() + part);
    std::filesystem::remove(other);
  }
}

// ---- many who ask

TEST_F(StoreTest, QuestionsOfOneUserDoNotKeepOthersWaiting) {
  open();
  constexpr std::uint64_t kMany = 1000;
  for (std::uint64_t i = 1; i <= kMany; ++i)
    store_->add(kCall, record(i, "100", 100, {"ann", "bob"}));
  ASSERT_TRUE(store_->flush(std::chrono::seconds(60)));
  // The store's thread stands still until all have asked.
  std::promise<void> stands, goes_on;
  std::atomic<std::size_t> answered = 0, refused = 0, before_operator = 99, before_bob = 99;
  store_->query({.limit = 1}, kOperator, [&](const auto&) {
    stands.set_value();
    goes_on.get_future().wait();
  });
  stands.get_future().wait();
  for (std::size_t i = 0; i < limits::kQueriesOfUser + 5; ++i)
    store_->query({.party = "nobody has this"}, {.user = "ann"},
                  [&](const auto& page) { page ? ++answered : ++refused; });
  EXPECT_EQ(refused, 5u);
  store_->query({.limit = 1}, {.user = "bob"}, [&](const auto&) { before_bob = answered.load(); });
  store_->query({.limit = 1}, kOperator, [&](const auto&) { before_operator = answered.load(); });
  goes_on.set_value();
  EXPECT_TRUE(
      eventually([&] { return answered == limits::kQueriesOfUser; }, std::chrono::seconds(60)));
  EXPECT_EQ(before_operator, 0u) << "the operator is before all others";
  EXPECT_LE(before_bob, 1u) << "another user has the next turn";
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
  static_cast<void>(store_->run_due());
  EXPECT_EQ(store_->status().unsafe, "");
  store_.reset();  // before its files
}

/// Takes at most a few bytes at once, and nothing at all when it is full.
class SlowFiles final : public Files {
 public:
  std::size_t room = SIZE_MAX;
  int open(const std::string& path, std::uint64_t& size) override {
    return system_files().open(path, size);
  }
  void close(int descriptor) override { system_files().close(descriptor); }
  std::ptrdiff_t read(int descriptor, void* into, std::size_t size, std::uint64_t at) override {
    return system_files().read(descriptor, into, size, at);
  }
  std::ptrdiff_t append(int descriptor, const void* data, std::size_t size) override {
    size = std::min({size, std::size_t{7}, room});
    errno = ENOSPC;
    if (size == 0) return -1;
    room -= size;
    return system_files().append(descriptor, data, size);
  }
  void truncate(int descriptor, std::uint64_t size) override {
    system_files().truncate(descriptor, size);
  }
};

TEST_F(StoreTest, ANoteThatIsWrittenInPiecesIsWhole) {
  SlowFiles files;
  Result<Tail> tail = Tail::open(folder_ / "t", files);
  ASSERT_TRUE(tail);
  EXPECT_TRUE(tail->append({.sequence = 1, .call = 1, .recovery = "what ends it"}));
  files.room = 20;
  const Result<void> full = tail->append({.sequence = 2, .call = 2, .recovery = "what ends it"});
  ASSERT_FALSE(full);
  EXPECT_NE(full.error().context.find("No space left"), std::string::npos);
  files.room = SIZE_MAX;
  EXPECT_TRUE(tail->append({.sequence = 3, .call = 3, .recovery = "what ends it"}));
  std::vector<std::string> damage;
  std::vector<std::uint64_t> calls;
  for (const TailEntry& entry : tail->read(&damage)) calls.push_back(entry.call);
  EXPECT_EQ(calls, (Numbers{1, 3}));
  EXPECT_EQ(damage.size(), 0u);
}

}  // namespace
}  // namespace switchhook::daemon
