// SPDX-License-Identifier: Apache-2.0
// How the daemon starts, and what it says when it cannot.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook {
namespace {

using test::DaemonProcess;
using test::TestClient;

/// Runs it to its end; returns its exit status and what it said.
std::pair<int, std::string> run(const std::vector<std::string>& arguments) {
  const test::TempFolder folder;
  std::vector<std::string> command{DaemonProcess::program()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  test::ChildProcess process(command, {{"HOME", folder.path()}}, folder / "out");
  const int status = process.wait(std::chrono::seconds(30));
  return {status, test::content_of(folder / "out")};
}

class Configuration : public testing::Test {
 protected:
  std::pair<int, std::string> check(const std::string& text) {
    const std::string path = folder_ / "test.toml";
    std::ofstream(path) << text;
    auto result = run({"--check-config", "--config", path});
    // Without the folder, which is another one each time.
    for (std::size_t at; (at = result.second.find(path)) != std::string::npos;)
      result.second.replace(at, path.size(), "test.toml");
    return result;
  }
  test::TempFolder folder_;
};

TEST_F(Configuration, IsCheckedOnDemand) {
  EXPECT_EQ(check("[sip]\nport = 5070\n"),
            std::pair(0, std::string("switchhookd: the configuration is right\n")));
}

TEST_F(Configuration, ErrorsNameFileLineAndReason) {
  auto [status, said] = check("[sip]\nport = = 5\n");
  EXPECT_EQ(status, 2);
  EXPECT_TRUE(said.starts_with("switchhookd: test.toml:2: ")) << said;
  std::tie(status, said) = check("[sip]\n\nport = \"many\"\n");
  EXPECT_EQ(said, "switchhookd: test.toml:3: sip.port must be a whole number\n");
  std::tie(status, said) = check("[sip]\nport = 70000\n");
  EXPECT_EQ(said, "switchhookd: test.toml:2: sip.port must be 0 to 65535\n");
  std::tie(status, said) = check("[service]\ncolour = 1\n");
  EXPECT_EQ(said, "switchhookd: test.toml:2: there is no setting \"service.colour\"\n");
  std::tie(status, said) = check("[sip]\n[[sip.line]]\nname = \"a\"\nmode = \"pear\"\n");
  EXPECT_EQ(said,
            "switchhookd: test.toml:4: sip.line.mode is \"pear\"; it can be: peer, account\n");
  EXPECT_EQ(status, 2);
}

TEST_F(Configuration, AFileThatIsNotThereIsAnError) {
  const auto [status, said] = run({"--config", "/nowhere/at/all.toml"});
  EXPECT_EQ(status, 2);
  EXPECT_EQ(said, "switchhookd: /nowhere/at/all.toml: No such file or directory\n");
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(run({"--frobnicate"}).first, 2);
  EXPECT_EQ(run({"--user", "--system"}).first, 2);
  EXPECT_EQ(run({"--log-level", "loud"}).first, 2);
  EXPECT_EQ(run({"--version"}), std::pair(0, std::string("switchhookd 0.1.0\n")));
  EXPECT_EQ(run({"--help"}).first, 0);
}

TEST(Start, OnlyOneDaemonServesASocket) {
  DaemonProcess daemon;
  const auto [status, said] = run({"--socket", daemon.socket(), "--store", ":memory:", "--config",
                                   daemon.folder() / "switchhook.toml"});
  EXPECT_EQ(status, 1);
  EXPECT_EQ(said, "switchhookd: another switchhookd serves " + daemon.socket() + " already\n");
  TestClient client(daemon.socket(), "still there");
  EXPECT_TRUE(client.connected());
}

TEST(Start, OnlyOneDaemonWritesAStore) {
  DaemonProcess daemon;
  const auto [status, said] =
      run({"--socket", daemon.folder() / "other.sock", "--store", daemon.store(), "--config",
           daemon.folder() / "switchhook.toml"});
  EXPECT_EQ(status, 1);
  EXPECT_NE(said.find("is in use by another switchhookd"), std::string::npos) << said;
}

TEST(Start, ASipPortThatIsTakenIsSaidClearly) {
  const int other = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(other, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(other, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  DaemonProcess daemon({.config = "[sip]\nport = " + port + "\n", .expect_ready = false});
  EXPECT_FALSE(daemon.ready());
  EXPECT_EQ(daemon.process().wait(std::chrono::seconds(20)), 1);
  EXPECT_NE(daemon.log().find(port), std::string::npos) << daemon.log();
  EXPECT_NE(daemon.log().find("sip"), std::string::npos) << daemon.log();
  ::close(other);
}

TEST(Start, WorksWithoutOneOfTheProviders) {
  DaemonProcess exchange_only({.config = "[sip]\nenabled = false\n"});
  EXPECT_EQ(exchange_only.field("sip"), "");
  TestClient client(exchange_only.socket(), "client");
  EXPECT_EQ(client.status().lines, 2u);
  DaemonProcess sip_only({.config = "[exchange]\nenabled = false\n[sip]\nport = 0\n"});
  TestClient other(sip_only.socket(), "client");
  EXPECT_EQ(other.status().lines, 2u);
  EXPECT_TRUE(sip_only.field("sip").starts_with("127.0.0.1:"));
}

TEST(Start, ReadsLinesFromItsFile) {
  DaemonProcess daemon({.config = R"(
[exchange]
lines = ["7000"]
[[exchange.extension]]
number = "999"
behaviour = "busy"
[sip]
port = 0
[[sip.line]]
name = "carol"
display_name = "Carol"
t1_ms = 100
)"});
  TestClient client(daemon.socket(), "client");
  EXPECT_EQ(client.status().lines, 2u);
  static_cast<void>(client.line("carol"));
  const api::CallId call = client.call(client.open("7000"), "999");
  EXPECT_TRUE(client.reaches(call, CallState::busy));
}

TEST(Start, SignalsThatNobodyMeansForItDoNotEndIt) {
  DaemonProcess daemon;
  for (const int number : {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGRTMIN + 3})
    daemon.process().signal(number);
  TestClient client(daemon.socket(), "client");
  EXPECT_TRUE(client.connected());
  EXPECT_EQ(daemon.process().wait(std::chrono::milliseconds(100)), -1);
}

TEST(Start, LeavesNoCoreAndTellsItsSupervisorThatItLives) {
  const test::TempFolder folder;
  const std::string path = folder / "notify";
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const timeval patience{20, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto next = [socket] {
    std::array<char, 64> text{};
    const ssize_t size = ::recv(socket, text.data(), text.size(), 0);
    return std::string(text.data(), size < 0 ? 0 : static_cast<std::size_t>(size));
  };
  DaemonProcess daemon({.environment = {{"NOTIFY_SOCKET", path}, {"WATCHDOG_USEC", "3000000"}}});
  EXPECT_EQ(next(), "READY=1");
  EXPECT_EQ(next(), "WATCHDOG=1");
  EXPECT_EQ(next(), "WATCHDOG=1");
  rlimit core{};
  ASSERT_EQ(::prlimit(daemon.process().pid(), RLIMIT_CORE, nullptr, &core), 0);
  EXPECT_EQ(core.rlim_max, 0u);
  EXPECT_EQ(daemon.stop(), 0);
  std::string last = next();
  while (last == "WATCHDOG=1") last = next();
  EXPECT_EQ(last, "STOPPING=1");
  ::close(socket);
}

TEST(Start, NamesInTheLogAreOneLineOfText) {
  DaemonProcess daemon({.config = "[leaks]\ncount = 1\n[sip]\nport = 0\n"});
  const pid_t child = ::fork();
  if (child == 0) {
    TestClient bad(daemon.socket(), "evil\n2026-01-01 error\x1b[2J\xe2\x80\xae");
    const api::CallId call = bad.call(bad.open("100"), "204");
    static_cast<void>(bad.reaches(call, CallState::disconnected));
    static_cast<void>(bad.port().call(api::DropCall{call}));
    static_cast<void>(bad.reaches(call, CallState::idle));
    ::kill(::getpid(), SIGKILL);  // it holds an ended call
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(test::eventually([&] {
    return daemon.log().find("evil\\n2026-01-01 error\\x1b[2J\\u{202e}") != std::string::npos;
  })) << daemon.log();
  EXPECT_EQ(daemon.log().find('\x1b'), std::string::npos);
}

TEST(Start, ALimitOfFilesThatIsTooLowIsSaidClearly) {
  const test::TempFolder folder;
  test::ChildProcess process(
      {"/bin/sh", "-c",
       "ulimit -n 40; exec \"$0\" --store :memory: --socket " + (folder / "s.sock"),
       DaemonProcess::program()},
      {{"HOME", folder.path()}}, folder / "out");
  EXPECT_EQ(process.wait(std::chrono::seconds(30)), 1);
  EXPECT_EQ(test::content_of(folder / "out"),
            "switchhookd: it may have 40 open files and needs 64 at least; raise the limit (ulimit "
            "-Hn, LimitNOFILE= of its unit)\n");
}

TEST(Start, AStoreThatIsNoneIsSaidClearly) {
  const test::TempFolder folder;
  std::ofstream(folder / "records.db") << std::string(8192, 'x');
  std::ofstream(folder / "c.toml") << "[sip]\nport = 0\n";
  const auto [status, said] = run({"--socket", folder / "s.sock", "--store", folder / "records.db",
                                   "--config", folder / "c.toml"});
  EXPECT_EQ(status, 1);
  EXPECT_NE(said.find("records.db: file is not a database"), std::string::npos) << said;
}

}  // namespace
}  // namespace switchhook
