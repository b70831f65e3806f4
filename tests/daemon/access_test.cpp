// SPDX-License-Identifier: Apache-2.0
// Two users of one daemon: what one has, the other neither sees nor ends. Needs root, which becomes
// each of them.
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook {
namespace {

using test::DaemonProcess;
using test::TestClient;

constexpr uid_t kAnna = 65534, kBert = 65533;
constexpr auto kOwner = static_cast<std::uint8_t>(Privilege::owner);
constexpr auto kMonitor = static_cast<std::uint8_t>(Privilege::monitor);

/// What a program of another user sees; its exit status.
enum Seen : int { nothing = 0, session = 1, call = 2, owner = 4, line_denied = 8, broken = 64 };

/// Runs as that user, in a process of its own. The function's value is its exit status.
template <typename Program>
int as_user(uid_t user, Program program) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(::setuid(user) == 0 ? program() : broken);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : broken;
}

/// Tries to get at the calls of the line.
int spy(const std::string& socket) {
  TestClient app(socket, "spy");
  if (!app.connected()) return broken;
  int seen = nothing;
  const auto sessions = app.port().call(api::ListSessions{});
  if (!sessions) return broken;
  if (!std::get<api::RecordPage>(*sessions).records.empty()) seen |= session;
  const auto opened = app.port().call(
      api::OpenLine{app.line("100"), kOwner | kMonitor, media::kVoice, api::kApiVersionLatest});
  if (!opened) return opened.error().code == Errc::denied ? seen | line_denied : broken;
  const auto calls = app.port().call(api::GetNewCalls{std::get<api::OpenedLine>(*opened).open});
  if (!calls) return broken;
  for (const api::CallId each : std::get<api::CallList>(*calls).calls) {
    seen |= call;
    if (app.port().call(api::SetPrivilege{each, Privilege::owner})) seen |= owner;
  }
  return seen;
}

/// Ends the calls of the line.
int end_calls(const std::string& socket) {
  TestClient app(socket, "ender");
  if (!app.connected()) return broken;
  const auto calls = app.port().call(api::GetNewCalls{app.open("100", kMonitor)});
  if (!calls) return broken;
  int seen = nothing;
  for (const api::CallId each : std::get<api::CallList>(*calls).calls) {
    seen |= call;
    if (!app.port().call(api::SetPrivilege{each, Privilege::owner})) continue;
    if (app.port().call(api::DropCall{each})) seen |= owner;
  }
  return seen;
}

class TwoUsers : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::getuid() != 0) GTEST_SKIP() << "only root can become two users";
  }
  /// A daemon that all users reach.
  static std::unique_ptr<DaemonProcess> daemon(const std::string& access) {
    auto daemon = std::make_unique<DaemonProcess>(DaemonProcess::Options{
        .config = "[service]\nsocket_mode = \"666\"\n[sip]\nport = 0\n" + access});
    ::chmod(daemon->folder().path().c_str(), 0755);
    return daemon;
  }
  /// Anna has a call on line 100 while `meanwhile` runs.
  template <typename Meanwhile>
  void while_anna_talks(const DaemonProcess& daemon, Meanwhile meanwhile, bool lives_on = true) {
    std::array<int, 2> ready{}, go{};
    ASSERT_EQ(::pipe(ready.data()), 0);
    ASSERT_EQ(::pipe(go.data()), 0);
    const pid_t anna = ::fork();
    if (anna == 0) {
      ::close(ready[0]);
      ::close(go[1]);
      if (::setuid(kAnna) != 0) ::_exit(broken);
      TestClient app(daemon.socket(), "anna's");
      const api::CallId call = app.call(app.open("100", kOwner), "200");
      if (!app.reaches(call, CallState::connected)) ::_exit(broken);
      char byte = 'r';
      if (::write(ready[1], &byte, 1) != 1) ::_exit(broken);
      if (::read(go[0], &byte, 1) != 0) ::_exit(broken);  // until the test closes its end
      const auto call_now = app.look(call);
      ::_exit(call_now && call_now->record.state == CallState::connected ? 0 : 1);
    }
    ::close(ready[1]);
    ::close(go[0]);
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1) << "she has no call";
    meanwhile();
    ::close(go[1]);
    ::close(ready[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(anna, &status, 0), anna);
    EXPECT_EQ(WEXITSTATUS(status), lives_on ? 0 : 1) << "whether her call lived on";
  }
};

TEST_F(TwoUsers, AUserNeitherSeesNorEndsAnothersCall) {
  const auto daemon = TwoUsers::daemon("");
  while_anna_talks(*daemon, [&] {
    EXPECT_EQ(as_user(kBert, [&] { return spy(daemon->socket()); }), nothing);
    EXPECT_EQ(as_user(kAnna, [&] { return spy(daemon->socket()); }), session | call | owner);
  });
  EXPECT_EQ(as_user(0, [&] { return spy(daemon->socket()); }), nothing) << "it is over";
}

TEST_F(TwoUsers, AnOperatorDoes) {
  const auto daemon = TwoUsers::daemon("");
  while_anna_talks(*daemon, [&] {
    EXPECT_EQ(as_user(0, [&] { return spy(daemon->socket()); }), session | call | owner);
  });
}

TEST_F(TwoUsers, TheRecordNamesTheProgramAndUserThatEndedTheCall) {
  const auto daemon = TwoUsers::daemon("");
  TestClient looking(daemon->socket(), "looking");
  std::size_t calls = 0;
  for (const uid_t user : {uid_t{0}, kAnna}) {
    SCOPED_TRACE(user);
    const auto end = [&] {
      EXPECT_EQ(as_user(user, [&] { return end_calls(daemon->socket()); }), call | owner);
    };
    while_anna_talks(*daemon, end, false);
    ++calls;
    std::vector<Record> records;
    ASSERT_TRUE(test::eventually([&] {
      records = looking.records({.application = "anna's"});
      return records.size() == calls;
    }));
    const Record& record = records.front();  // the newest
    ASSERT_TRUE(record.end);
    EXPECT_EQ(record.end->origin, EndOrigin::local_user);
    EXPECT_EQ(record.ended_by_application, "ender");
    EXPECT_EQ(record.ended_by_user, ::getpwuid(user)->pw_name);
  }
}

TEST_F(TwoUsers, ALineThatNamesOneIsClosedToTheOther) {
  const auto daemon = TwoUsers::daemon("[[access.line]]\nname = \"100\"\nusers = [\"" +
                                       std::to_string(kAnna) + "\"]\n");
  while_anna_talks(*daemon, [&] {
    EXPECT_EQ(as_user(kBert, [&] { return spy(daemon->socket()); }), line_denied);
    EXPECT_EQ(as_user(kAnna, [&] { return spy(daemon->socket()); }), session | call | owner);
  });
}

TEST_F(TwoUsers, AUserThatDoesNotExistKeepsTheDaemonFromStarting) {
  DaemonProcess daemon({.config = "[sip]\nport = 0\n[[access.line]]\nname = \"100\"\n"
                                  "users = [\"no-such-user\"]\n",
                        .expect_ready = false});
  EXPECT_FALSE(daemon.ready());
  EXPECT_NE(daemon.log().find("there is no user \"no-such-user\""), std::string::npos)
      << daemon.log();
}

}  // namespace
}  // namespace switchhook
