// SPDX-License-Identifier: Apache-2.0
// The ends of applications and of the daemon: every session ended, recorded and returned.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "tests/support/daemon_process.hpp"
#include "tests/support/raw_connection.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook {
namespace {

using test::DaemonProcess;
using test::eventually;
using test::RawConnection;
using test::TestClient;

/// In a child process: connects, places calls, says so, and waits to be killed. Only system calls
/// and our own code; no test framework.
pid_t start_caller(const std::string& socket, int calls, int ready, bool fork_again) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  if (fork_again) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  RawConnection connection(socket);
  connection.greet("victim");
  connection.send(1, api::OpenLine{.line = 0, .privileges = 4, .media_modes = media::kVoice});
  const auto opened = connection.read();
  if (!opened) ::_exit(1);
  const auto open = std::get<api::OpenedLine>(*std::get<api::Reply>(*opened).result).open;
  for (int i = 0; i < calls; ++i)
    connection.send(static_cast<api::RequestId>(2 + i),
                    api::MakeCall{.open = open, .address = "200"});
  for (int connected = 0; connected < calls;) {
    const auto frame = connection.read();
    if (!frame) ::_exit(1);
    const auto* event = std::get_if<api::Event>(&*frame);
    const auto* state = event == nullptr ? nullptr : std::get_if<api::CallStateChanged>(event);
    if (state != nullptr && state->state == CallState::connected) ++connected;
  }
  if (fork_again && ::fork() == 0) {
    // Holds the socket after its parent's death, for as long as the test's pipe is open.
    char c = 0;
    static_cast<void>(!::write(ready, "c", 1));
    while (::read(connection.descriptor(), &c, 1) > 0) continue;
    ::_exit(0);
  }
  static_cast<void>(!::write(ready, "p", 1));
  while (true) ::pause();
}

class Victim {
 public:
  Victim(const std::string& socket, int calls, bool fork_again = false) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    pid_ = start_caller(socket, calls, ends[1], fork_again);
    ::close(ends[1]);
    std::string said;
    char c = 0;
    while (said.size() < (fork_again ? 2u : 1u) && ::read(ends[0], &c, 1) == 1) said.push_back(c);
    EXPECT_EQ(said.size(), fork_again ? 2u : 1u);
    ::close(ends[0]);
  }
  void kill() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  ~Victim() {
    if (pid_ > 0) kill();
  }

 private:
  pid_t pid_ = -1;
};

void expect_ended_and_returned(TestClient& looking, std::size_t calls, EndOrigin origin) {
  EXPECT_TRUE(eventually([&] { return looking.records().size() == calls; }));
  std::set<std::uint64_t> sessions;
  for (const Record& record : looking.records()) {
    ASSERT_TRUE(record.end);
    EXPECT_EQ(record.end->origin, origin);
    EXPECT_EQ(record.application, "victim");
    sessions.insert(record.session);
  }
  EXPECT_EQ(sessions.size(), calls) << "one record each";
  EXPECT_TRUE(eventually([&] { return looking.audit().all_zero(); }));
  EXPECT_TRUE(looking.audit().clean());
  EXPECT_EQ(looking.status().sessions_live, 0u);
}

TEST(KilledApplication, LeavesRecordsAndNothingElse) {
  DaemonProcess daemon;
  TestClient looking(daemon.socket(), "looking");
  Victim victim(daemon.socket(), 50);
  EXPECT_EQ(looking.status().sessions_live, 50u);
  victim.kill();
  EXPECT_TRUE(eventually([&] { return looking.status().applications == 1; }));
  expect_ended_and_returned(looking, 50, EndOrigin::application_lost);
}

TEST(KilledApplication, IsNoticedThoughAChildHoldsItsSocket) {
  DaemonProcess daemon;
  TestClient looking(daemon.socket(), "looking");
  Victim victim(daemon.socket(), 3, true);
  victim.kill();
  EXPECT_TRUE(eventually([&] { return looking.status().applications == 1; }));
  expect_ended_and_returned(looking, 3, EndOrigin::application_lost);
}

TEST(ClosedConnection, IsTheLossOfItsApplication) {
  DaemonProcess daemon;
  TestClient looking(daemon.socket(), "looking");
  {
    TestClient leaving(daemon.socket(), "victim");
    EXPECT_TRUE(leaving.reaches(leaving.call(leaving.open("100"), "200"), CallState::connected));
  }
  expect_ended_and_returned(looking, 1, EndOrigin::application_lost);
}

TEST(ShutDown, IsTheLastThatIsAnswered) {
  DaemonProcess daemon;
  TestClient looking(daemon.socket(), "looking");
  RawConnection connection(daemon.socket());
  connection.greet("leaving");
  connection.send(1, api::ShutDown{});
  connection.send(2, api::ListLines{});
  const auto first = connection.read(), second = connection.read();
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(std::get<api::Reply>(*first).result);
  ASSERT_FALSE(std::get<api::Reply>(*second).result);
  EXPECT_EQ(std::get<api::Reply>(*second).result.error().code, Errc::stale_application);
  EXPECT_TRUE(eventually([&] { return looking.status().applications == 1; }));
}

TEST(ShutDown, CountsThoughItsSenderIsGoneAtOnce) {
  DaemonProcess daemon;
  TestClient looking(daemon.socket(), "looking");
  {
    RawConnection connection(daemon.socket());
    connection.greet("victim");
    connection.send(1, api::OpenLine{.line = 0, .privileges = 4, .media_modes = media::kVoice});
    const auto opened = connection.read();
    ASSERT_TRUE(opened);
    const auto open = std::get<api::OpenedLine>(*std::get<api::Reply>(*opened).result).open;
    connection.send(2, api::MakeCall{.open = open, .address = "200"});
    while (const auto frame = connection.read()) {
      const auto* event = std::get_if<api::Event>(&*frame);
      const auto* state = event == nullptr ? nullptr : std::get_if<api::CallStateChanged>(event);
      if (state != nullptr && state->state == CallState::connected) break;
    }
    connection.send(3, api::ShutDown{});
  }
  expect_ended_and_returned(looking, 1, EndOrigin::line_closed);
}

// ---- the daemon's own end

TEST(Stop, EndsAndRecordsEverySessionFirst) {
  DaemonProcess daemon;
  TestClient caller(daemon.socket(), "victim");
  const api::OpenId open = caller.open("alice");
  const api::OpenId answering = caller.open("bob");
  static_cast<void>(answering);
  for (int i = 0; i < 10; ++i) {
    const api::CallId call = caller.call(open, "bob");
    const auto appeared = caller.next_event<api::CallAppeared>();
    ASSERT_TRUE(appeared);
    ASSERT_TRUE(caller.port().call(api::AnswerCall{.call = appeared->call}));
    ASSERT_TRUE(eventually([&] {
      const auto snapshot = caller.look(call);
      return snapshot && snapshot->record.state == CallState::connected;
    }));
  }
  EXPECT_EQ(caller.status().sessions_live, 20u);
  EXPECT_EQ(daemon.stop(), 0) << daemon.log();
  daemon.start();
  TestClient looking(daemon.socket(), "looking");
  const std::vector<Record> records = looking.records();
  ASSERT_EQ(records.size(), 20u);
  for (const Record& record : records) {
    ASSERT_TRUE(record.end);
    EXPECT_NE(record.end->confirmation, Confirmation::pending);
    EXPECT_EQ(record.state, CallState::idle);
  }
}

TEST(Stop, DoesNotWaitForEverForAFarEndThatDoesNotAnswer) {
  // The far end is a port where nobody answers: the call rings on until the daemon stops.
  DaemonProcess daemon;
  TestClient caller(daemon.socket(), "victim");
  const int deaf = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(deaf, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(deaf, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string uri = "sip:nobody@127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  static_cast<void>(caller.call(caller.open("alice"), uri));
  EXPECT_EQ(caller.status().sessions_live, 1u);
  EXPECT_EQ(daemon.stop(), 0) << daemon.log();
  ::close(deaf);
  daemon.start();
  TestClient looking(daemon.socket(), "looking");
  const std::vector<Record> records = looking.records();
  ASSERT_EQ(records.size(), 1u);
  ASSERT_TRUE(records[0].end);
  EXPECT_EQ(records[0].end->confirmation, Confirmation::unconfirmed);
}

TEST(Stop, LeavesNothingToListenAt) {
  DaemonProcess daemon;
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_NE(::access(daemon.socket().c_str(), F_OK), 0);
}

TEST(KilledDaemon, IsToldToItsApplicationsOnceAndStartsAgain) {
  DaemonProcess daemon({.config = "[sip]\nport = 0\n[service]\nrestore_s = 0\n"});
  TestClient client(daemon.socket(), "client");
  const api::CallId call = client.call(client.open("100"), "200");
  daemon.kill();
  const auto gone = client.next([](const test::Notice& notice) {
    return std::holds_alternative<test::Disconnected>(notice);
  });
  ASSERT_TRUE(gone);
  EXPECT_EQ(std::get<test::Disconnected>(*gone).why.code, Errc::disconnected);
  const auto dropped = client.port().call(api::DropCall{.call = call});
  ASSERT_FALSE(dropped);
  EXPECT_EQ(dropped.error().code, Errc::disconnected);
  EXPECT_FALSE(client.next([](const test::Notice&) { return true; }, std::chrono::milliseconds(0)));
  daemon.start();  // over the socket and the locks that were left behind
  TestClient again(daemon.socket(), "again");
  EXPECT_EQ(again.look(call).error().code, Errc::stale_handle)
      << "an identifier of the daemon before means nothing now";
}

}  // namespace
}  // namespace switchhook
