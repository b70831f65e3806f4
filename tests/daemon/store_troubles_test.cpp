// SPDX-License-Identifier: Apache-2.0
// A store that cannot write: calls go on, records wait, the operator is told, and nothing is lost.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook {
namespace {

using test::DaemonProcess;
using test::eventually;
using test::TestClient;

class StoreTroubles : public testing::Test {
 protected:
  explicit StoreTroubles(const std::string& service = "")
      : daemon_({.config = "[service]\n" + service + "[sip]\nport = 0\n"}),
        app_(daemon_.socket(), "app"),
        line_(app_.open("100")) {}

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

/// Where the site would rather lose calls with the daemon than refuse them.
class GoesOn : public StoreTroubles {
 protected:
  GoesOn() : StoreTroubles("journal_lost = \"go-on\"\n") {}
};

/// While it lives, no file of the daemon may grow.
class FullDisk {
 public:
  explicit FullDisk(DaemonProcess& daemon) : process_(daemon.process().pid()) { limit(1); }
  ~FullDisk() { limit(RLIM_INFINITY); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  void limit(rlim_t bytes) const {
    const rlimit now{.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};
    EXPECT_EQ(::prlimit(process_, RLIMIT_FSIZE, &now, nullptr), 0);
  }
  pid_t process_;
};

TEST_F(StoreTroubles, WhereTheJournalCannotBeKeptNoCallBeginsAndWhatIsUpGoesOn) {
  const api::CallId up = app_.call(line_, "200");
  ASSERT_TRUE(app_.reaches(up, CallState::connected));
  {
    const FullDisk full(daemon_);
    // The first already: it is noted before anything is done for it.
    const auto refused = app_.port().call(api::MakeCall{.open = line_, .address = "200"});
    ASSERT_TRUE(told("the journal cannot be kept"));
    EXPECT_TRUE(told("new calls are refused"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::resource_unavailable);
    EXPECT_EQ(refused.error().context, "new calls are refused: the journal cannot be kept");
    const auto lines = app_.port().call_for<api::LineList>(api::ListLines{});
    ASSERT_TRUE(lines);
    EXPECT_NE(lines->lines[0].status.find("new calls are refused"), std::string::npos);
    EXPECT_EQ(app_.look(up)->record.state, CallState::connected);
  }
  EXPECT_TRUE(eventually([&] { return app_.status().store.find("journal") == std::string::npos; }));
  one_call();
  EXPECT_TRUE(app_.port().call(api::DropCall{up}));
  EXPECT_TRUE(eventually([&] { return written() == 2; }));
  EXPECT_NE(daemon_.log().find("the journal is kept again; calls may begin"), std::string::npos);
}

/// Writes that are cut short, one after the other, and then none at all; in the midst of it the
/// daemon is killed, again and again. Each call that began has its record, also one that began as the
/// disk failed: it was noted before, or refused.
TEST_F(StoreTroubles, EachCallThatBeganBeforeHasItsRecordThoughTheDiskFillsAndTheDaemonIsKilled) {
  constexpr int kRounds = 12, kCalls = 40;
  std::set<std::uint64_t> before, meanwhile;
  std::size_t refused = 0;
  app_.disconnect();
  for (int round = 0; round < kRounds; ++round) {
    {
      TestClient app(daemon_.socket(), "round " + std::to_string(round));
      const api::OpenId line = app.open("100");
      for (int i = 0; i < kCalls; ++i) {
        if (i == kCalls / 2) static_cast<void>(app.audit());  // all that was to be written is
        // Each time there is room for a part of what is to be written; in the end for nothing.
        if (i >= kCalls / 2) {
          const auto size = std::filesystem::file_size(daemon_.store() + "-tail0");
          const rlimit room{.rlim_cur = i % 4 == 3 ? 1 : size + static_cast<rlim_t>(17 * i),
                            .rlim_max = RLIM_INFINITY};
          ASSERT_EQ(::prlimit(daemon_.process().pid(), RLIMIT_FSIZE, &room, nullptr), 0);
        }
        const auto made =
            app.port().call_for<api::MadeCall>(api::MakeCall{.open = line, .address = "200"});
        if (!made) {
          ++refused;
          continue;
        }
        (i < kCalls / 2 ? before : meanwhile).insert(made->session.value);
        if (i % 3 != 0) static_cast<void>(app.port().call(api::DropCall{made->call}));
      }
      daemon_.kill();
    }
    daemon_.start();
  }
  TestClient again(daemon_.socket(), "again");
  std::set<std::uint64_t> recorded;
  const auto lost = [&recorded](const std::set<std::uint64_t>& calls) {
    return static_cast<std::size_t>(std::count_if(
        calls.begin(), calls.end(), [&](std::uint64_t call) { return !recorded.contains(call); }));
  };
  EXPECT_TRUE(eventually([&] {
    for (const Record& record : again.records()) recorded.insert(record.session);
    return lost(before) == 0;
  })) << lost(before)
      << " are lost";
  std::printf("%zu of %zu calls without a record, and %zu of %zu in the moment; %zu refused\n",
              lost(before), before.size(), lost(meanwhile), meanwhile.size(), refused);
  EXPECT_EQ(before.size(), std::size_t{kRounds * kCalls / 2});
  EXPECT_EQ(lost(meanwhile), 0u);
  EXPECT_GT(refused, 0u);
}

TEST_F(StoreTroubles, ADamagedRecordIsInTheLogAndTheStatus) {
  one_call();
  one_call();
  EXPECT_TRUE(eventually([&] { return written() == 2; }));
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(daemon_.store().c_str(), &database), SQLITE_OK);
  sqlite3_busy_timeout(database, 5000);
  EXPECT_EQ(sqlite3_exec(database, "UPDATE records SET line = '900' WHERE id = 1", nullptr, nullptr,
                         nullptr),
            SQLITE_OK);
  sqlite3_close(database);
  EXPECT_EQ(written(), 1u);
  EXPECT_TRUE(told("1 damaged"));
  EXPECT_TRUE(eventually(
      [&] { return daemon_.log().find(" store: record 1, of session ") != std::string::npos; }));
}

TEST_F(StoreTroubles, LinesKeepTheirNumbersThoughOthersComeAndGo) {
  const std::uint32_t second = app_.line("101");
  daemon_.stop();
  daemon_.configure("[exchange]\nlines = [\"102\", \"101\"]\n[sip]\nenabled = false\n");
  daemon_.start();
  TestClient again(daemon_.socket(), "again");
  EXPECT_EQ(again.line("101"), second);
  EXPECT_GT(again.line("102"), second);
  const auto lines = again.port().call_for<api::LineList>(api::ListLines{});
  ASSERT_TRUE(lines);
  for (const LineInfo& line : lines->lines)
    EXPECT_EQ(line.removed, line.name != "102" && line.name != "101") << line.name;
  const auto gone = again.port().call(
      api::OpenLine{.line = lines->lines[0].id, .privileges = 4, .media_modes = media::kVoice});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Errc::line_removed);
}

TEST_F(GoesOn, AFullDiskStopsNoCallAndLosesNoRecord) {
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
