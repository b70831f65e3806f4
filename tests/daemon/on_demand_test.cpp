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
    // None of the machine's, whatever this machine has.
    set("SWITCHHOOK_SYSTEM_SOCKET", home_ / "machine/switchhook.sock");
    ::unsetenv("SWITCHHOOK_SOCKET");
    ::unsetenv("SWITCHHOOK_SERVICE");
  }
  void TearDown() override {
    for (const pid_t pid : started_) ::kill(pid, SIGTERM);
    for (const pid_t pid : started_)
      EXPECT_TRUE(eventually([&] { return ::kill(pid, 0) != 0; })) << pid << " does not stop";
    for (const char* name : {"XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "SWITCHHOOKD",
                             "SWITCHHOOK_SYSTEM_SOCKET", "SWITCHHOOK_SERVICE"})
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

/// The machine's daemon, at the place where it is looked for.
class Machines : public OnDemand {
 protected:
  void SetUp() override {
    OnDemand::SetUp();
    set("SWITCHHOOK_SYSTEM_SOCKET", daemon_.socket());
  }
  /// What connect() says in a process of another user, or of this one when that is not root.
  std::string of_somebody_else(rpc::Which which) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      if (::getuid() == 0 && ::setuid(65534) != 0) ::_exit(1);
      rpc::Found found;
      const auto attached = client::Attachment::attached(
          [&](api::ServiceSink& sink) {
            return rpc::connect(
                {.name = "guest", .start_service = false, .which = which, .found = &found}, sink);
          },
          {});
      const std::string words =
          attached ? found.why
                   : std::string(name_of(attached.error().code)) + " " + attached.error().text();
      static_cast<void>(!::write(ends[1], words.data(), words.size()));
      ::_exit(0);
    }
    ::close(ends[1]);
    std::string words;
    std::array<char, 1024> part{};
    for (ssize_t got = 0; (got = ::read(ends[0], part.data(), part.size())) > 0;)
      words.append(part.data(), static_cast<std::size_t>(got));
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    return words;
  }
  static Result<rpc::Found> found(const rpc::ConnectOptions& wanted) {
    rpc::Found found;
    rpc::ConnectOptions options = wanted;
    options.found = &found;
    const auto client = client::Attachment::attached(
        [&](api::ServiceSink& sink) { return rpc::connect(options, sink); }, {});
    if (!client) return client.error();
    return found;
  }

  DaemonProcess daemon_;
};

TEST_F(Machines, IsUsedWhenTheUserHasNone) {
  const Result<rpc::Found> found = this->found({.start_service = true});
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->which, rpc::Which::machine);
  EXPECT_EQ(found->socket, daemon_.socket());
  EXPECT_EQ(found->why, "no daemon of this user runs, and the machine's does");
}

TEST_F(Machines, ThatMayNotBeUsedIsSaidAndNotReplaced) {
  ASSERT_EQ(::chmod(daemon_.socket().c_str(), 0), 0);
  set("XDG_RUNTIME_DIR", "/nowhere");  // a place that somebody else can look at as well
  const std::string said = of_somebody_else(rpc::Which::any);
  EXPECT_EQ(said.substr(0, said.find(' ')), "denied") << said;
  EXPECT_NE(said.find("the machine's daemon at " + daemon_.socket()), std::string::npos) << said;
  EXPECT_NE(said.find("SWITCHHOOK_SERVICE=user"), std::string::npos) << said;
  const std::string own = of_somebody_else(rpc::Which::user);
  EXPECT_EQ(own.substr(0, own.find(' ')), "disconnected")
      << "the user's own is not denied: " << own;
}

TEST_F(Machines, OrTheUsersOwnIsUsedWhenThatIsWanted) {
  const auto own = connect();  // it is the machine's
  started_.clear();
  ASSERT_TRUE(own->connected());
  const Result<rpc::Found> user = found({.which = rpc::Which::user});
  ASSERT_TRUE(user) << user.error().text();
  EXPECT_EQ(user->which, rpc::Which::user);
  EXPECT_EQ(user->why, "none was running: this one of the user's was started");
  const auto started = connect(false);  // the user's comes first
  ASSERT_TRUE(started->connected());
  const Result<rpc::Found> machine = found({.which = rpc::Which::machine});
  ASSERT_TRUE(machine) << machine.error().text();
  EXPECT_EQ(machine->socket, daemon_.socket());
  set("SWITCHHOOK_SERVICE", "machine");
  EXPECT_EQ(found({})->which, rpc::Which::machine);
  set("SWITCHHOOK_SERVICE", "mine");
  EXPECT_EQ(found({}).error().code, Errc::invalid_argument);
  EXPECT_EQ(found({.socket = "x", .which = rpc::Which::user}).error().code, Errc::invalid_argument);
}

TEST_F(OnDemand, WithoutTheMachinesThatIsSaidWhenItIsWanted) {
  const auto client = client::Attachment::attached(
      [](api::ServiceSink& sink) { return rpc::connect({.which = rpc::Which::machine}, sink); },
      {});
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Errc::disconnected);
  EXPECT_NE(client.error().context.find("no daemon of the machine"), std::string::npos);
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
