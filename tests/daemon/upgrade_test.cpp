// SPDX-License-Identifier: Apache-2.0
// The daemon of today on what an older one left behind (tests/daemon/old, made by its own programs), with
// programs of old and of today. And of the other way: an older daemon refuses, in words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "tests/daemon/old_client.hpp"
#include "tests/sip/far_end.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook {
namespace {

namespace fs = std::filesystem;
using sip::test::FarEnd;
using test::DaemonProcess;
using test::TestClient;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(OldClient, PlacesACallAndEndsIt) {
  DaemonProcess daemon;
  test::OldClient(daemon.socket()).place_a_call_and_end_it();
}

void run_sql(const std::string& path, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

class Upgrade : public testing::TestWithParam<const char*> {
 protected:
  Upgrade() {
    EXPECT_EQ(daemon_.stop(), 0);
    for (const char* part : {"", "-wal", "-shm", "-tail0", "-tail1"}) {
      fs::remove(daemon_.store() + part);
      if (fs::exists(old("records.db") + part))
        fs::copy_file(old("records.db") + part, daemon_.store() + part);
    }
    daemon_.configure(
        "[sip]\nbind_address = \"127.0.0.76\"\nport = 5098\n[[sip.line]]\nname = \"alice\"\n");
  }
  [[nodiscard]] static std::string old(const std::string& name) {
    return std::string(SWITCHHOOK_OLD) + "/" + GetParam() + "/" + name;
  }
  [[nodiscard]] static std::string call_id() {
    std::string text = test::content_of(old("call-id"));
    text.erase(text.find_last_not_of('\n') + 1);
    return text;
  }

  DaemonProcess daemon_;
};
INSTANTIATE_TEST_SUITE_P(Of, Upgrade, testing::Values("v3"));

// Killed with two calls up, one by SIP, and one record in the tail.
TEST_P(Upgrade, EndsTheCallsThatWereUpAndKeepsAllRecords) {
  FarEnd far_end(FarEnd::By::udp, "127.0.0.77", 5099);
  daemon_.start();
  ASSERT_TRUE(daemon_.ready()) << daemon_.log();
  const std::string bye = far_end.receive_request("BYE");
  EXPECT_EQ(sip::test::header(bye, "Call-ID"), call_id());
  far_end.reply(bye, 200);

  TestClient app(daemon_.socket(), "app");
  const api::CallId live = app.call(app.open("100"), "200");
  ASSERT_TRUE(app.reaches(live, CallState::connected));
  test::OldClient(daemon_.socket()).place_a_call_and_end_it();
  ASSERT_TRUE(test::eventually([&] { return app.records().size() == 6; })) << app.records().size();
  std::vector<Record> records = app.records({.newest_first = false});
  std::vector<std::string> told;
  std::set<std::uint64_t> sessions{app.look(live)->record.session};
  for (const Record& record : records) {
    sessions.insert(record.session);
    told.push_back(record.line + " " + record.parties.called.address + " " +
                   std::string(to_string(record.end->origin)) + ", " +
                   std::string(to_string(record.end->confirmation)));
  }
  EXPECT_THAT(std::vector(told.begin(), told.begin() + 3),
              ElementsAre("100 200 local user, confirmed", "100 202 remote party, confirmed",
                          "100 200 local user, confirmed"));
  EXPECT_THAT(told, testing::Contains("alice sip:far@127.0.0.77:5099 system, confirmed"));
  EXPECT_THAT(told, testing::Contains(HasSubstr("101 200 system, ")));
  EXPECT_EQ(sessions.size(), 7u) << "no number twice";
  EXPECT_EQ(app.look(live)->record.state, CallState::connected);
  EXPECT_THAT(app.audit().findings, IsEmpty());
  EXPECT_THAT(daemon_.log(), testing::Not(HasSubstr("damaged")));
}

TEST_P(Upgrade, TakesTheConfigurationThatWasPackaged) {
  test::ChildProcess check(
      {DaemonProcess::program(), "--check-config", "--config", old("switchhook.toml")}, {},
      daemon_.folder() / "said");
  EXPECT_EQ(check.wait(std::chrono::seconds(20)), 0) << test::content_of(daemon_.folder() / "said");
}

TEST(Downgrade, IsRefusedInWordsAndChangesNothing) {
  DaemonProcess daemon({.expect_ready = false});
  ASSERT_TRUE(daemon.ready());
  EXPECT_EQ(daemon.stop(), 0);
  run_sql(daemon.store(), "PRAGMA user_version = 99; CREATE TABLE of_the_future (a)");
  daemon.start();
  EXPECT_FALSE(daemon.ready());
  EXPECT_EQ(daemon.process().wait(std::chrono::seconds(20)), 1);
  EXPECT_THAT(
      daemon.log(),
      HasSubstr("was written by a later version of switchhookd (its tables are of version 99"));
  EXPECT_THAT(daemon.log(), HasSubstr("start that version, or name another file by --store"));
  for (const auto& entry : fs::directory_iterator(daemon.folder().path()))
    EXPECT_EQ(entry.path().string().find("damaged"), std::string::npos) << "nothing is set aside";
  run_sql(daemon.store(), "DROP TABLE of_the_future");
}

}  // namespace
}  // namespace switchhook
