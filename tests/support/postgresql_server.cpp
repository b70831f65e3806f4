// SPDX-License-Identifier: Apache-2.0
#include "tests/support/postgresql_server.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace switchhook::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr unsigned kNobody = 65534;

/// Where Debian has the newest server's programs, which are not in the path.
std::string programs() {
  std::string newest;
  std::error_code error;
  for (const auto& each : fs::directory_iterator("/usr/lib/postgresql", error))
    if (fs::exists(each.path() / "bin/initdb", error))
      newest = std::max(newest, (each.path() / "bin/").string());
  return newest;
}

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Connection = std::unique_ptr<PGconn, Finish>;

}  // namespace

std::string PostgresqlServer::missing() {
  return programs().empty() ? "PostgreSQL's server is not installed (Debian: postgresql)" : "";
}

PostgresqlServer::PostgresqlServer() {
  if (::geteuid() == 0) {
    EXPECT_EQ(::chown(folder_.path().c_str(), kNobody, kNobody), 0);
  }
  ChildProcess made(as_nobody({programs() + "initdb", "-D", folder_ / "data", "-A", "trust", "-U",
                               "switchhook", "-E", "UTF8", "--locale=C", "-N"}),
                    {}, "/dev/null");
  EXPECT_EQ(made.wait(60s), 0);
  start();
}

PostgresqlServer::~PostgresqlServer() {
  go_on();
  kill();
}

std::vector<std::string> PostgresqlServer::as_nobody(std::vector<std::string> command) const {
  if (::geteuid() != 0) return command;
  const std::string id = std::to_string(kNobody);
  std::vector<std::string> out{"/usr/bin/setpriv", "--reuid=" + id, "--regid=" + id,
                               "--clear-groups",   "--pdeathsig",   "KILL"};
  out.insert(out.end(), command.begin(), command.end());
  return out;
}

void PostgresqlServer::start() {
  const auto answers = [this] {
    if (!process_ || process_->wait(0ms) >= 0)  // the one before may hold its memory for a moment
      process_ = std::make_unique<ChildProcess>(
          as_nobody({programs() + "postgres", "-D", folder_ / "data", "-k", folder_.path(), "-c",
                     "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=20"}),
          Environment{}, "/dev/null");
    return PQping(conninfo("postgres").c_str()) == PQPING_OK;
  };
  ASSERT_TRUE(eventually(answers, 60s)) << "PostgreSQL does not begin";
}

void PostgresqlServer::signal_all(int number) const {
  if (!process_) return;
  const std::string pid = std::to_string(process_->pid());
  std::ifstream list("/proc/" + pid + "/task/" + pid + "/children");
  process_->signal(number);
  for (pid_t child = 0; list >> child;) ::kill(child, number);
}

void PostgresqlServer::kill() {
  if (!process_) return;
  signal_all(SIGKILL);
  EXPECT_EQ(process_->wait(10s), 128 + SIGKILL);
  process_.reset();
}

void PostgresqlServer::pause() {
  signal_all(SIGSTOP);
}
void PostgresqlServer::go_on() {
  signal_all(SIGCONT);
}

std::string PostgresqlServer::conninfo(const std::string& database, const std::string& user) const {
  return "host=" + folder_.path() + " user=" + user + " dbname=" + database;
}

std::vector<std::string> PostgresqlServer::run(const std::string& database,
                                               const std::string& sql) {
  const Connection connection(PQconnectdb(conninfo(database).c_str()));
  PGresult* result = PQexec(connection.get(), sql.c_str());
  const ExecStatusType status = PQresultStatus(result);
  EXPECT_TRUE(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
      << sql << ": " << PQerrorMessage(connection.get());
  std::vector<std::string> out;
  for (int i = 0; i < PQntuples(result); ++i) out.emplace_back(PQgetvalue(result, i, 0));
  PQclear(result);
  return out;
}

}  // namespace switchhook::test
