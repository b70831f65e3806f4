// SPDX-License-Identifier: Apache-2.0
// Saying hello, and what happens to those who do not say it right.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>

#include "base/limits.hpp"
#include "rpc/client.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/raw_connection.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook {
namespace {

using test::DaemonProcess;
using test::eventually;
using test::RawConnection;
using test::TestClient;

class Deaf final : public api::ServiceSink {
 public:
  void on_reply(api::Reply) override {}
  void on_event(api::Event) override {}
  void on_disconnected(const Error&) override {}
};

Error failure_of(const rpc::ConnectOptions& options) {
  Deaf sink;
  const auto service = rpc::connect(options, sink);
  return service ? Error{Errc::failed, "connected"} : service.error();
}

/// Lines can still be listed: the daemon is up and well.
void expect_well(const DaemonProcess& daemon) {
  TestClient client(daemon.socket(), "looking");
  const auto lines = client.port().call_for<api::LineList>(api::ListLines{});
  ASSERT_TRUE(lines);
  EXPECT_GE(lines->lines.size(), 2u);
}

TEST(Hello, IsAnsweredWithWhoServes) {
  DaemonProcess daemon;
  RawConnection connection(daemon.socket());
  const rpc::HelloAck first = connection.greet("one");
  EXPECT_EQ(first.version, rpc::kProtocolMax);
  EXPECT_EQ(std::to_string(first.process), daemon.field("pid"));
  EXPECT_EQ(first.server, "0.1.0");
  EXPECT_TRUE(first.operator_rights);
  RawConnection other(daemon.socket());
  const rpc::HelloAck second = other.greet("two");
  EXPECT_EQ(second.epoch, first.epoch);
  EXPECT_NE(second.application, first.application);
  daemon.stop();
  daemon.start();
  RawConnection later(daemon.socket());
  EXPECT_NE(later.greet("three").epoch, first.epoch);
}

TEST(Hello, NegotiatesTheVersion) {
  DaemonProcess daemon;
  RawConnection newer(daemon.socket());
  newer.send(rpc::Hello{.version_min = 1, .version_max = 99, .application = "newer"});
  const auto welcome = newer.read();
  ASSERT_TRUE(welcome && std::holds_alternative<rpc::HelloAck>(*welcome));
  EXPECT_EQ(std::get<rpc::HelloAck>(*welcome).version, rpc::kProtocolMax);

  RawConnection too_new(daemon.socket());
  too_new.send(rpc::Hello{.version_min = 7, .version_max = 9, .application = "too new"});
  const auto why = too_new.goodbye();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, Errc::version_mismatch);
  EXPECT_EQ(why->context, "this daemon speaks protocol version 1, the application 7…9");
  EXPECT_TRUE(too_new.closed_by_peer());

  RawConnection absurd(daemon.socket());
  absurd.send(rpc::Hello{.version_min = 2, .version_max = 1});
  EXPECT_EQ(absurd.goodbye()->code, Errc::version_mismatch);
  expect_well(daemon);
}

TEST(Hello, HasToComeFirstAndOnce) {
  DaemonProcess daemon;
  RawConnection hasty(daemon.socket());
  hasty.send(1, api::ListLines{});
  EXPECT_EQ(hasty.goodbye()->context, "the first frame has to be a hello");
  RawConnection twice(daemon.socket());
  twice.greet("twice");
  twice.send(rpc::Hello{.application = "twice"});
  EXPECT_EQ(twice.goodbye()->context, "a second hello");
  expect_well(daemon);
}

TEST(Hello, RefusesANameThatIsTooLong) {
  DaemonProcess daemon;
  RawConnection connection(daemon.socket());
  connection.send(rpc::Hello{.application = std::string(257, 'n')});
  EXPECT_EQ(connection.goodbye()->context, "the application's name is longer than 256 bytes");
  EXPECT_EQ(failure_of({.name = std::string(257, 'n'), .socket = daemon.socket()}).code,
            Errc::invalid_argument);
}

TEST(Hello, TellsTheProcessAndTheUserFromTheTransport) {
  DaemonProcess daemon;
  RawConnection connection(daemon.socket());
  connection.send(rpc::Hello{.application = "liar", .process = 1});
  ASSERT_TRUE(connection.read());
  connection.send(1, api::OpenLine{.line = 0, .privileges = 4, .media_modes = media::kVoice});
  const auto opened = connection.read();
  ASSERT_TRUE(opened);
  const auto open = std::get<api::OpenedLine>(*std::get<api::Reply>(*opened).result).open;
  connection.send(2, api::MakeCall{.open = open, .address = "201"});
  TestClient watching(daemon.socket(), "watching");
  std::vector<Record> sessions;
  ASSERT_TRUE(eventually([&] {
    auto page = watching.port().call_for<api::RecordPage>(api::ListSessions{});
    sessions = page ? page->records : std::vector<Record>();
    return !sessions.empty() && !sessions[0].holders.empty();
  }));
  EXPECT_EQ(sessions[0].holders[0].application, "liar");
  EXPECT_EQ(sessions[0].holders[0].process, static_cast<std::uint32_t>(::getpid()));
}

// ---- TCP

class Tcp : public testing::Test {
 protected:
  DaemonProcess daemon_{{.arguments = {"--tcp", "0"}}};
  std::string where_ = "tcp:" + daemon_.field("tcp");
  std::string token_ = daemon_.field("token");
};

TEST_F(Tcp, LetsInWhoKnowsTheToken) {
  TestClient client(where_, "by tcp", token_);
  ASSERT_TRUE(client.connected());
  const api::OpenId open = client.open("100");
  const api::CallId call = client.call(open, "200");
  EXPECT_TRUE(client.reaches(call, CallState::connected));
}

TEST_F(Tcp, KeepsItsTokenFromOthers) {
  struct stat info {};
  ASSERT_EQ(::stat(token_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(test::content_of(token_).size(), 65u);
  std::filesystem::permissions(token_, std::filesystem::perms(0644));
  const Error error = failure_of({.socket = where_, .token_file = token_});
  EXPECT_EQ(error.code, Errc::denied);
  EXPECT_NE(error.context.find("open to others"), std::string::npos) << error.context;
}

TEST_F(Tcp, RefusesAWrongTokenAndNone) {
  RawConnection wrong(where_);
  wrong.send(rpc::Hello{.application = "guessing", .token = std::string(64, '0')});
  const auto why = wrong.goodbye();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, Errc::denied);
  EXPECT_EQ(why->context, "the token is wrong");
  RawConnection none(where_);
  none.send(rpc::Hello{.application = "hoping"});
  EXPECT_EQ(none.goodbye()->code, Errc::denied);
  EXPECT_EQ(failure_of({.socket = where_, .token_file = daemon_.folder() / "nothing"}).code,
            Errc::denied);
  expect_well(daemon_);
}

TEST_F(Tcp, TheTokenIsAnotherOneEachTimeAndGoesWithTheDaemon) {
  const std::string before = test::content_of(token_);
  EXPECT_EQ(daemon_.stop(), 0);
  EXPECT_FALSE(std::filesystem::exists(token_));
  daemon_.start();
  EXPECT_NE(test::content_of(daemon_.field("token")), before);
}

TEST_F(Tcp, AnswersPingsAndSendsThem) {
  RawConnection connection(where_);
  std::string token = test::content_of(token_);
  token.pop_back();
  connection.send(rpc::Hello{.application = "patient", .token = token});
  const auto welcome = connection.read();
  ASSERT_TRUE(welcome && std::holds_alternative<rpc::HelloAck>(*welcome));
  EXPECT_EQ(std::get<rpc::HelloAck>(*welcome).heartbeat_ms, 5000u);
  connection.send(rpc::Ping{99});
  const auto pong = connection.read();
  ASSERT_TRUE(pong && std::holds_alternative<rpc::Pong>(*pong));
  EXPECT_EQ(std::get<rpc::Pong>(*pong).token, 99u);
  const auto asked = connection.read();
  ASSERT_TRUE(asked);
  EXPECT_TRUE(std::holds_alternative<rpc::Ping>(*asked));
}

// ---- access

TEST(Access, TheSocketIsItsOwnersOnlyUnlessToldOtherwise) {
  DaemonProcess daemon;
  struct stat info {};
  ASSERT_EQ(::stat(daemon.socket().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  DaemonProcess open({.config = "[service]\nsocket_mode = \"666\"\n[sip]\nport = 0\n"});
  ASSERT_EQ(::stat(open.socket().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0666u);
  ASSERT_EQ(::stat(open.store().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST(Connecting, SaysThatNobodyIsThere) {
  const test::TempFolder folder;
  const Error error = failure_of({.socket = folder / "none.sock"});
  EXPECT_EQ(error.code, Errc::disconnected);
  EXPECT_NE(error.context.find("none.sock"), std::string::npos);
  EXPECT_EQ(failure_of({.socket = "tcp:nonsense"}).code, Errc::invalid_argument);
  EXPECT_EQ(failure_of({.socket = "tcp:127.0.0.1:http"}).code, Errc::invalid_argument);
  EXPECT_EQ(failure_of({.socket = folder / std::string(200, 'x')}).code, Errc::invalid_argument);
}

TEST(Connecting, ManyConnectionsArePossibleAndTooManyAreToldSo) {
  DaemonProcess daemon;
  std::vector<std::unique_ptr<RawConnection>> all;
  for (std::size_t i = 0; i < 300; ++i) {
    all.push_back(std::make_unique<RawConnection>(daemon.socket()));
    all.back()->greet("one of many");
  }
  TestClient client(daemon.socket(), "last");
  EXPECT_EQ(client.status().applications, 301u);
  all.clear();
  EXPECT_TRUE(eventually([&] { return client.status().applications == 1; }));
}

}  // namespace
}  // namespace switchhook
