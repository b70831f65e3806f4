// SPDX-License-Identifier: Apache-2.0
// Records on their way to a real PostgreSQL server: each is there once, whoever dies; a server that is
// away, slow, full or wrong delays no call, loses nothing, and is told of once.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <set>

#include "daemon/postgresql.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/postgresql_server.hpp"
#include "tests/support/test_client.hpp"
#include "tests/unit/rpc/samples.hpp"

namespace switchhook {
namespace {

using test::DaemonProcess;
using test::eventually;
using test::PostgresqlServer;
using test::TestClient;
using Sessions = std::multiset<std::uint64_t>;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

std::unique_ptr<PostgresqlServer> server_of_all;

class EndOfServer : public testing::Environment {
  void TearDown() override { server_of_all.reset(); }
};
[[maybe_unused]] const testing::Environment* const kEnd =
    testing::AddGlobalTestEnvironment(std::make_unique<EndOfServer>().release());

/// One server for all tests of the program, with a database for each.
class PostgresqlTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = PostgresqlServer::missing(); !why.empty())
      GTEST_SKIP() << why << ": records to PostgreSQL are NOT tested";
    if (!server_of_all) server_of_all = std::make_unique<PostgresqlServer>();
    database_ = "t" + std::to_string(++databases_);
    server_of_all->run("postgres", "CREATE DATABASE " + database_ + options_);
  }
  [[nodiscard]] PostgresqlServer& server() { return *server_of_all; }
  std::vector<std::string> run(const std::string& sql) {
    return server_of_all->run(database_, sql);
  }
  Sessions sessions() {
    Sessions out;
    if (run("SELECT to_regclass('switchhook_records')").front().empty()) return out;
    for (const std::string& each : run("SELECT session FROM switchhook_records"))
      out.insert(std::stoull(each));
    return out;
  }

  std::string options_, database_;

 private:
  static inline int databases_ = 0;
};

class DaemonWithPostgresql : public PostgresqlTest {
 protected:
  void begin(const std::string& user = "switchhook") {
    daemon_ = std::make_unique<DaemonProcess>(DaemonProcess::Options{
        .config = "[sip]\nport = 0\n[records]\ntimeout_s = 1\npostgresql = \"" +
                  server().conninfo(database_, user) + "\"\n"});
    connect();
  }
  void connect() {
    app_.reset();
    app_ = std::make_unique<TestClient>(daemon_->socket(), "app");
    line_ = app_->open("100");
  }
  void TearDown() override {
    app_.reset();
    daemon_.reset();
  }
  void calls(int count) {
    for (int i = 0; i < count; ++i) {
      const api::CallId call = app_->call(line_, "200");
      ASSERT_TRUE(app_->reaches(call, CallState::connected));
      sessions_.insert(app_->look(call)->record.session);
      EXPECT_TRUE(app_->port().call(api::DropCall{call}));
      ASSERT_TRUE(app_->reaches(call, CallState::idle));
      EXPECT_TRUE(app_->port().call(api::ReleaseCall{call}));
    }
  }
  bool all_arrive() {
    const bool came = eventually([this] { return sessions().size() >= sessions_.size(); });
    EXPECT_EQ(sessions(), sessions_);
    return came;
  }
  bool told(const std::string& words) {
    const bool came =
        eventually([&] { return app_->status().store.find(words) != std::string::npos; });
    EXPECT_TRUE(came) << app_->status().store;
    return came;
  }
  int logged(const std::string& words) {
    const std::string log = daemon_->log();
    int count = 0;
    for (std::size_t at = log.find(words); at != std::string::npos; at = log.find(words, at + 1))
      ++count;
    return count;
  }

  std::unique_ptr<DaemonProcess> daemon_;
  std::unique_ptr<TestClient> app_;
  api::OpenId line_{};
  Sessions sessions_;  // of all calls
};

TEST_F(DaemonWithPostgresql, GetsTheRecordsAndMakesTheTable) {
  begin();
  calls(2);
  ASSERT_TRUE(all_arrive());
  EXPECT_EQ(run("SELECT line || ' ' || calling || ' ' || called || ' ' || origin || ' ' || mode || "
                "' ' || "
                "(ended >= answered AND answered >= began AND began > now() - interval '1 min') "
                "FROM switchhook_records LIMIT 1"),
            std::vector<std::string>{"100 100 200 local user normal true"});
  EXPECT_EQ(
      run("SELECT count(*) FROM switchhook_records WHERE (record->>'session')::bigint = session "
          "AND jsonb_array_length(record->'timeline') > 2"),
      std::vector<std::string>{"2"});
  EXPECT_TRUE(told("(PostgreSQL: 0 records waiting)"));
  EXPECT_TRUE(eventually([this] { return logged(") takes the records") == 1; }));
}

TEST_F(DaemonWithPostgresql, HasEachRecordOnceThoughTheDaemonIsKilled) {
  begin();
  for (int i = 0; i < 4; ++i) {
    calls(5);
    daemon_->kill();  // between the store, the server and the note that it has them
    daemon_->start();
    connect();
  }
  EXPECT_TRUE(all_arrive());
}

TEST_F(DaemonWithPostgresql, HasEachRecordOnceThoughTheServerIsKilled) {
  begin();
  for (int i = 0; i < 2; ++i) {
    calls(3);
    server().kill();
    calls(3);
    told("PostgreSQL: ");
    server().start();
  }
  EXPECT_TRUE(all_arrive());
  EXPECT_TRUE(told("(PostgreSQL: 0 records waiting)"));
}

TEST_F(DaemonWithPostgresql, ThatHangsDelaysNoCallAndLosesNothing) {
  begin();
  calls(1);
  ASSERT_TRUE(all_arrive());
  server().pause();
  const auto begun = Clock::now();
  calls(3);
  EXPECT_LT(Clock::now() - begun, 5s);
  EXPECT_TRUE(told("3 records waiting after 1 failure: no answer within 1 second"));
  server().go_on();
  EXPECT_TRUE(all_arrive());
}

TEST_F(DaemonWithPostgresql, ThatIsFullKeepsThemWaitingAndIsToldOfOnce) {
  begin();
  calls(1);
  ASSERT_TRUE(all_arrive());
  run("CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
      "$$BEGIN RAISE EXCEPTION 'the disk is full' USING ERRCODE = '53100'; END$$");
  run("CREATE TRIGGER no_room BEFORE INSERT ON switchhook_records "
      "FOR EACH ROW EXECUTE FUNCTION no_room()");
  calls(2);
  EXPECT_TRUE(told("2 records waiting after "));
  EXPECT_TRUE(told(": table switchhook_records: the disk is full (SQLSTATE 53100)"));
  EXPECT_TRUE(eventually([this] { return logged("PostgreSQL takes no records") == 1; }));
  run("DROP TRIGGER no_room ON switchhook_records");
  EXPECT_TRUE(all_arrive());
  EXPECT_TRUE(eventually([this] { return logged("takes the records again") == 1; }));
  EXPECT_EQ(logged("PostgreSQL takes no records"), 1) << daemon_->log();
}

TEST_F(DaemonWithPostgresql, WithAnotherTableOfThatNameIsToldWhatIsWrongWithIt) {
  run("CREATE TABLE switchhook_records (session bigint PRIMARY KEY)");
  begin();
  EXPECT_TRUE(
      told("table switchhook_records: column \"store\" of relation \"switchhook_records\" does "
           "not exist (SQLSTATE 42703)"));
  calls(1);
  run("DROP TABLE switchhook_records");
  EXPECT_TRUE(all_arrive());
  daemon_->stop();
  run("ALTER TABLE switchhook_records DROP CONSTRAINT switchhook_records_pkey");
  daemon_->start();
  connect();
  EXPECT_TRUE(told("(SQLSTATE 42P10)")) << "no key, no ON CONFLICT";
}

TEST_F(DaemonWithPostgresql, WithoutPermissionSaysSo) {
  run("CREATE ROLE " + database_ + " LOGIN");
  run("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
  begin(database_);
  EXPECT_TRUE(told("permission denied for schema public (SQLSTATE 42501)"));
  calls(1);
  run("GRANT CREATE ON SCHEMA public TO PUBLIC");
  EXPECT_TRUE(all_arrive());
}

TEST_F(DaemonWithPostgresql, ThatWasSetBackGetsAgainWhatItLost) {
  begin();
  calls(5);
  ASSERT_TRUE(all_arrive());
  daemon_->stop();
  run("DELETE FROM switchhook_records WHERE session IN "
      "(SELECT session FROM switchhook_records ORDER BY ended DESC LIMIT 2)");
  daemon_->start();
  EXPECT_TRUE(all_arrive());
  daemon_->stop();
  run("DROP TABLE switchhook_records");  // another database
  daemon_->start();
  EXPECT_TRUE(all_arrive());
  daemon_->stop();
  run("DELETE FROM switchhook_records");  // somebody wants them gone
  daemon_->start();
  connect();
  sessions_.clear();
  calls(1);
  EXPECT_TRUE(all_arrive());
}

TEST_F(DaemonWithPostgresql, IsNotNeededToBeginNorToStop) {
  database_ = "none";
  begin();
  calls(1);
  EXPECT_TRUE(told("1 record waiting"));
  EXPECT_TRUE(told("database \"none\" does not exist"));
  const auto begun = Clock::now();
  EXPECT_EQ(daemon_->stop(), 0);
  EXPECT_LT(Clock::now() - begun, 5s);
}

TEST_F(DaemonWithPostgresql, NeedsAStoreWhereRecordsWait) {
  DaemonProcess daemon({.config = "[sip]\nport = 0\n[records]\npostgresql = \"dbname=x\"\n",
                        .store = false,
                        .expect_ready = false});
  EXPECT_FALSE(daemon.ready());
  EXPECT_NE(daemon.log().find("records.postgresql needs a store"), std::string::npos);
}

// ---- the store's outbox and the writer by themselves

class PostgresqlWriter : public PostgresqlTest {
 protected:
  void open() {
    auto opened = daemon::Store::open(folder_ / "records.db", {.outbox = true});
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = std::move(*opened);
  }
  void add(std::uint64_t session) {
    Record record;
    record.session = session;
    record.line = "100";
    record.end = End{};
    record.end->at.wall = std::chrono::seconds(1000 + session);
    record.parties.calling.name = std::string("nul \0, \\u0000, line\n, \xff, \xe2\x82\xac", 28);
    store_->add(provider::CallRef{session}, record);
    sessions_.insert(session);
  }
  bool arrive() {
    const bool came = eventually([this] { return sessions().size() >= sessions_.size(); });
    EXPECT_EQ(sessions(), sessions_);
    return came;
  }
  test::TempFolder folder_;
  std::unique_ptr<daemon::Store> store_;
  Sessions sessions_;
};

TEST_F(PostgresqlWriter, SendsWhatIsThereInManyStatements) {
  open();
  for (std::uint64_t i = 1; i <= 3 * limits::kOutboxRecords + 7; ++i) add(i);
  ASSERT_TRUE(store_->flush(20s));
  EXPECT_EQ(store_->status().unsent, sessions_.size());
  const daemon::Postgresql writer(*store_, {.conninfo = server().conninfo(database_)});
  EXPECT_TRUE(arrive());
  EXPECT_TRUE(eventually([&] { return store_->status().unsent == 0; }));
  EXPECT_EQ(writer.status().records, sessions_.size());
}

TEST_F(PostgresqlWriter, SendsTextsAsTheServerCanHaveThem) {
  open();
  const daemon::Postgresql writer(*store_, {.conninfo = server().conninfo(database_)});
  add(1);
  ASSERT_TRUE(arrive());
  EXPECT_EQ(run("SELECT calling_name FROM switchhook_records"),
            std::vector<std::string>{"nul ?, \\u0000, line\n, \xef\xbf\xbd, \xe2\x82\xac"});
}

class OldPostgresqlDatabase : public PostgresqlWriter {
 protected:
  OldPostgresqlDatabase() { options_ = " TEMPLATE template0 ENCODING 'LATIN9' LOCALE 'C'"; }
};

TEST_F(OldPostgresqlDatabase, GetsAsciiAlone) {
  open();
  const daemon::Postgresql writer(*store_, {.conninfo = server().conninfo(database_)});
  add(1);
  ASSERT_TRUE(arrive());
  EXPECT_EQ(run("SELECT calling_name FROM switchhook_records"),
            std::vector<std::string>{"nul ?, \\u0000, line\n, ???, ???"});
}

}  // namespace
}  // namespace switchhook
