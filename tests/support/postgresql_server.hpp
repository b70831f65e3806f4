// SPDX-License-Identifier: Apache-2.0
#pragma once

// A real PostgreSQL server for tests, of Debian's package, in a folder of its own and reached by a
// Unix socket in it. It runs as an unprivileged user, because it refuses to run as root. Dies with the
// test. Threads: the test's. Ownership: the processes and the folder.

#include <memory>
#include <string>
#include <vector>

#include "tests/support/daemon_process.hpp"

namespace switchhook::test {

class PostgresqlServer {
 public:
  /// Why there can be none on this machine; empty = there can.
  [[nodiscard]] static std::string missing();

  PostgresqlServer();
  ~PostgresqlServer();
  PostgresqlServer(const PostgresqlServer&) = delete;
  PostgresqlServer& operator=(const PostgresqlServer&) = delete;

  /// After kill(); waited for until it answers.
  void start();
  /// SIGKILL to all of its processes.
  void kill();
  /// SIGSTOP to all of its processes, and SIGCONT.
  void pause();
  void go_on();

  [[nodiscard]] std::string conninfo(const std::string& database,
                                     const std::string& user = "switchhook") const;
  /// Carries it out as the owner. A failure fails the test.
  /// @return  the first column
  std::vector<std::string> run(const std::string& database, const std::string& sql);

 private:
  [[nodiscard]] std::vector<std::string> as_nobody(std::vector<std::string> command) const;
  void signal_all(int number) const;

  TempFolder folder_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace switchhook::test
