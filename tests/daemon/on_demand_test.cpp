// SPDX-License-Identifier: Apache-2.0
// A program that finds no daemon starts its user's own; there is never more than one.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "rpc/client.hpp"
#include "rpc/platform.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/raw_connection.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook {
namespace {

namespace fs = std::filesystem;
using test::DaemonProcess;
using test::eventually;
using test::TestClient;

/// A home of the test's own; the daemons that were started in it are stopped at its end.
class OnDemand : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(home_ / "run");
    fs::permissions(home_ / "run", fs::perms(0700));
    set("XDG_RUNTIME_DIR", home_ / "run");
    set("XDG_STATE_HOME", home_ / "state");
    set("XDG_CONFIG_HOME", home_ / "config");
    set("SWITCHHOOKD", DaemonProcess::program());
    ::unsetenv("SWITCHHOOK_SOCKET");
  }
  void TearDown() override {
    for (const pid_t pid : started_) ::kill(pid, SIGTERM);
    for (const pid_t pid : started_)
      EXPECT_TRUE(eventually([&] { return ::kill(pid, 0) != 0; })) << pid << " does not stop";
    for (const char* name : {"XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "SWITCHHOOKD"})
      ::unsetenv(name);
  }
  static void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }
  std::unique_ptr<TestClient> connect(bool start = true) {
    auto client = std::make_unique<TestClient>([start](api::ServiceSink& sink) {
      return rpc::connect({.name = "on demand", .start_service = start}, sink);
    });
    if (client->connected()) started_.insert(static_cast<pid_t>(client->status().process));
    return client;
  }
  Error failure() {
    const auto client = client::Attachment::attached(
        [](api::ServiceSink& sink) { return rpc::connect({.start_service = false}, sink); }, {});
    return client ? Error{Errc::failed, "connected"} : client.error();
  }

  test::TempFolder home_;
  std::set<pid_t> started_;
};

TEST_F(OnDemand, AProgramStartsTheDaemonAndOthersFindIt) {
  const auto first = connect();
  ASSERT_TRUE(first->connected());
  const auto second = connect(false);
  ASSERT_TRUE(second->connected());
  EXPECT_EQ(started_.size(), 1u);
  const api::ServiceStatus status = first->status();
  EXPECT_EQ(status.socket, home_ / "run/switchhook/switchhook.sock");
  EXPECT_EQ(status.store, home_ / "state/switchhook/records.db");
  const api::CallId call = first->call(first->open("100"), "200");
  EXPECT_TRUE(first->reaches(call, CallState::connected));
}

TEST_F(OnDemand, TheDaemonOutlivesItsStarterAndIsNotItsChild) {
  const auto first = connect();
  ASSERT_TRUE(first->connected());
  const pid_t daemon = *started_.begin();
  EXPECT_EQ(::waitpid(daemon, nullptr, WNOHANG), -1);
  EXPECT_NE(::getsid(daemon), ::getsid(0));
  first->disconnect();
  const auto second = connect(false);
  EXPECT_TRUE(second->connected());
  EXPECT_EQ(started_.size(), 1u);
}

TEST_F(OnDemand, ManyThatStartItAtOnceGetOneDaemon) {
  std::vector<pid_t> children;
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  for (int i = 0; i < 6; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto client = connect();
      const std::uint32_t pid = client->connected() ? client->status().process : 0;
      static_cast<void>(!::write(ends[1], &pid, sizeof pid));
      ::_exit(0);
    }
    children.push_back(child);
  }
  ::close(ends[1]);
  for (std::size_t i = 0; i < children.size(); ++i) {
    std::uint32_t pid = 0;
    ASSERT_EQ(::read(ends[0], &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
    EXPECT_NE(pid, 0u);
    if (pid != 0) started_.insert(static_cast<pid_t>(pid));
  }
  ::close(ends[0]);
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  EXPECT_EQ(started_.size(), 1u);
}

TEST_F(OnDemand, ADaemonThatWasKilledIsReplaced) {
  const auto first = connect();
  ASSERT_TRUE(first->connected());
  const pid_t daemon = *started_.begin();
  started_.clear();
  ::kill(daemon, SIGKILL);
  ASSERT_TRUE(eventually([&] { return ::kill(daemon, 0) != 0; }));
  const auto second = connect();
  ASSERT_TRUE(second->connected());
  EXPECT_NE(*started_.begin(), daemon);
}

TEST_F(OnDemand, ATakenSipPortIsNoObstacle) {
  // Two of them on one machine: at most one has port 5060, and the other says so.
  const auto first = connect();
  ASSERT_TRUE(first->connected());
  set("XDG_RUNTIME_DIR", home_ / "run/other");
  set("XDG_STATE_HOME", home_ / "run/other-state");
  fs::create_directory(home_ / "run/other");
  const auto second = connect();
  ASSERT_TRUE(second->connected());
  EXPECT_EQ(started_.size(), 2u);
  const auto lines = second->port().call_for<api::LineList>(api::ListLines{});
  ASSERT_TRUE(lines);
  bool said = false;
  for (const LineInfo& line : lines->lines)
    said |=
        line.provider == "sip" && line.status.find("(port 5060 was taken)") != std::string::npos;
  EXPECT_TRUE(said);
}

TEST_F(OnDemand, NoneIsStartedWhenThatIsNotWanted) {
  const Error error = failure();
  EXPECT_EQ(error.code, Errc::disconnected);
  EXPECT_NE(error.context.find("no switchhookd is running"), std::string::npos) << error.context;
}

TEST_F(OnDemand, AFolderThatOthersCanEnterIsNotTrusted) {
  fs::create_directory(home_ / "run/switchhook");
  fs::permissions(home_ / "run/switchhook", fs::perms(0755));
  const Error error = failure();
  EXPECT_EQ(error.code, Errc::denied);
  EXPECT_NE(error.context.find("open to others"), std::string::npos) << error.context;
}

TEST_F(OnDemand, AStartThatFailsSaysWhy) {
  fs::create_directories(home_ / "config/switchhook");
  std::ofstream(home_ / "config/switchhook/switchhook.toml") << "[service]\nsokcet = \"x\"\n";
  const auto client = client::Attachment::attached(
      [](api::ServiceSink& sink) {
        return rpc::connect({.timeout = std::chrono::seconds(5)}, sink);
      },
      {});
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Errc::disconnected);
  EXPECT_NE(client.error().context.find("there is no setting \"service.sokcet\""),
            std::string::npos)
      << client.error().context;
}

TEST_F(OnDemand, ItStopsWhenNobodyUsesIt) {
  DaemonProcess daemon({.arguments = {"--idle-exit", "1"}});
  {
    TestClient client(daemon.socket(), "user");
    EXPECT_TRUE(client.connected());
    EXPECT_EQ(daemon.process().wait(std::chrono::milliseconds(2500)), -1) << "it is in use";
  }
  EXPECT_EQ(daemon.process().wait(std::chrono::seconds(20)), 0) << daemon.log();
}

}  // namespace
}  // namespace switchhook
