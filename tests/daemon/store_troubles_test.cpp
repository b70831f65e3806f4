// SPDX-License-Identifier: Apache-2.0
// A store that cannot write: calls go on, records wait, the operator is told, and nothing is lost.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>

#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook {
namespace {

using test::DaemonProcess;
using test::eventually;
using test::TestClient;

class StoreTroubles : public testing::Test {
 protected:
  StoreTroubles() : app_(daemon_.socket(), "app"), line_(app_.open("100")) {}

  /// A whole call, from the first to the last.
  std::uint64_t one_call() {
    const api::CallId call = app_.call(line_, "200");
    EXPECT_TRUE(app_.reaches(call, CallState::connected));
    const std::uint64_t session = app_.look(call)->record.session;
    EXPECT_TRUE(app_.port().call(api::DropCall{call}));
    EXPECT_TRUE(app_.reaches(call, CallState::idle));
    EXPECT_TRUE(app_.port().call(api::ReleaseCall{call}));
    return session;
  }
  bool told(const std::string& words) {
    return eventually([&] { return app_.status().store.find(words) != std::string::npos; });
  }
  std::size_t written() { return app_.records().size(); }

  DaemonProcess daemon_;
  TestClient app_;
  api::OpenId line_;
};

TEST_F(StoreTroubles, TheAuditHoldsTheJournalAgainstTheCalls) {
  const api::CallId call = app_.call(line_, "200");
  ASSERT_TRUE(app_.reaches(call, CallState::connected));
  const auto journal = [this] {
    const api::AuditReport report = app_.audit();
    for (const api::LedgerLine& line : report.lines)
      if (line.holder == "journal") return std::pair(line.booked, line.found);
    ADD_FAILURE() << "the audit says nothing of the journal";
    return std::pair<std::int64_t, std::int64_t>();
  };
  EXPECT_EQ(journal(), std::pair(std::int64_t{1}, std::int64_t{1}));
  EXPECT_TRUE(app_.audit().clean());
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(daemon_.store().c_str(), &database), SQLITE_OK);
  sqlite3_busy_timeout(database, 5000);
  EXPECT_EQ(sqlite3_exec(database, "DELETE FROM journal", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  const api::AuditReport drift = app_.audit();
  ASSERT_EQ(drift.findings.size(), 1u);
  EXPECT_EQ(drift.findings.front().substr(0, 36), "journal: sessions: booked 1, found 0");
  EXPECT_TRUE(app_.port().call(api::DropCall{call}));
  EXPECT_TRUE(app_.reaches(call, CallState::idle));
  EXPECT_TRUE(eventually([&] { return app_.audit().clean(); }));
}

TEST_F(StoreTroubles, TheAuditCountsTheConnectionsThatAreReallyOpen) {
  const auto connections = [this] {
    const api::AuditReport report = app_.audit();
    EXPECT_TRUE(report.clean());
    for (const api::LedgerLine& line : report.lines)
      if (line.holder == api::AuditReport::kService) return line.found;
    return std::int64_t{-1};
  };
  EXPECT_EQ(connections(), 1);
  {
    const TestClient second(daemon_.socket(), "second"), third(daemon_.socket(), "third");
    EXPECT_EQ(connections(), 3);
  }
  EXPECT_TRUE(eventually([&] { return connections() == 1; }));
}

TEST_F(StoreTroubles, AFullDiskStopsNoCallAndLosesNoRecord) {
  one_call();
  EXPECT_TRUE(eventually([&] { return written() == 1; }));
  // From here on no file of the daemon may grow.
  const rlimit none{.rlim_cur = 1, .rlim_max = RLIM_INFINITY};
  ASSERT_EQ(::prlimit(daemon_.process().pid(), RLIMIT_FSIZE, &none, nullptr), 0);
  for (int i = 0; i < 5; ++i) one_call();
  EXPECT_TRUE(told("5 records waiting"));
  EXPECT_TRUE(told("the journal cannot be kept"));
  EXPECT_EQ(written(), 1u);
  const rlimit all{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
  ASSERT_EQ(::prlimit(daemon_.process().pid(), RLIMIT_FSIZE, &all, nullptr), 0);
  EXPECT_TRUE(eventually([&] { return written() == 6; }));
  EXPECT_TRUE(eventually([&] { return app_.status().store.find("wait") == std::string::npos; }));
  EXPECT_EQ(app_.status().store.find("journal"), std::string::npos);
}

TEST_F(StoreTroubles, ALockedDatabaseStopsNoCallAndADeathMeanwhileLosesNothing) {
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(daemon_.store().c_str(), &other), SQLITE_OK);
  sqlite3_busy_timeout(other, 10000);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  std::uint64_t last = 0;
  for (int i = 0; i < 5; ++i) last = one_call();
  EXPECT_TRUE(told("5 records waiting"));
  EXPECT_TRUE(told("locked"));
  EXPECT_TRUE(eventually(
      [&] { return daemon_.log().find("the store cannot be written") != std::string::npos; }));
  daemon_.kill();
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  daemon_.start();
  TestClient again(daemon_.socket(), "again");
  const auto found = again.records();
  ASSERT_EQ(found.size(), 5u);
  EXPECT_EQ(found[0].session, last);
}

TEST_F(StoreTroubles, ADamagedDatabaseIsSetAsideAndTheOperatorIsTold) {
  one_call();
  EXPECT_TRUE(eventually([&] { return written() == 1; }));
  daemon_.kill();
  {
    std::fstream file(daemon_.store(), std::ios::in | std::ios::out | std::ios::binary);
    file << std::string(std::filesystem::file_size(daemon_.store()), 'x');
    std::filesystem::remove(daemon_.store() + "-wal");
  }
  daemon_.start();
  TestClient again(daemon_.socket(), "again");
  EXPECT_NE(again.status().store.find("was damaged"), std::string::npos);
  EXPECT_NE(daemon_.log().find("is renamed to"), std::string::npos);
  const api::OpenId line = again.open("100");
  const api::CallId call = again.call(line, "200");
  EXPECT_TRUE(again.reaches(call, CallState::connected));
  EXPECT_TRUE(again.port().call(api::DropCall{call}));
  EXPECT_TRUE(eventually([&] { return again.records().size() == 1; }));
}

}  // namespace
}  // namespace switchhook
