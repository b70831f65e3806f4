// SPDX-License-Identifier: Apache-2.0
// The client half against daemons that misbehave: what an application is told, and that it is told
// once.
#include "rpc/client.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <functional>
#include <thread>

#include "base/limits.hpp"
#include "rpc/codec.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook::rpc {
namespace {

using test::eventually;
using test::TestClient;

/// A listener that does with its one connection what it is told.
class FakeDaemon {
 public:
  using Act = std::function<void(int connection)>;
  explicit FakeDaemon(Act act) : act_(std::move(act)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    thread_ = std::thread([this] {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      act_(connection);
      ::close(connection);
    });
  }
  ~FakeDaemon() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  [[nodiscard]] std::string path() const { return folder_ / "fake.sock"; }

  template <typename What>
  static void send(int connection, const What& what) {
    Encoder encoder;
    Bytes bytes;
    encoder.append(what, bytes);
    send_bytes(connection, bytes);
  }
  static void send_bytes(int connection, const Bytes& bytes) {
    static_cast<void>(!(::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0));
  }
  /// Reads until something is there, and forgets it.
  static void listen_once(int connection) {
    std::array<char, 65536> bytes{};
    static_cast<void>(!::recv(connection, bytes.data(), bytes.size(), 0));
  }
  static void listen_until_closed(int connection) {
    std::array<char, 65536> bytes{};
    while (::recv(connection, bytes.data(), bytes.size(), 0) > 0) continue;
  }
  static void welcome(int connection) {
    listen_once(connection);
    send(connection, HelloAck{});
  }

 private:
  test::TempFolder folder_;
  Act act_;
  int listener_ = -1;
  std::thread thread_;
};

Error failure(const std::string& path,
              std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
  const auto client = client::Attachment::attached(
      [&](api::ServiceSink& sink) {
        return connect({.name = "test", .socket = path, .timeout = timeout}, sink);
      },
      {});
  return client ? Error{Errc::failed, "connected"} : client.error();
}

Error lost(TestClient& client) {
  const auto gone = client.next([](const test::Notice& notice) {
    return std::holds_alternative<test::Disconnected>(notice);
  });
  EXPECT_TRUE(gone);
  EXPECT_FALSE(client.connected());
  // And not a second time.
  EXPECT_FALSE(client.next([](const test::Notice&) { return true; }, std::chrono::milliseconds(0)));
  return gone ? std::get<test::Disconnected>(*gone).why : Error{};
}

TEST(Client, IsToldWhyItMayNotCome) {
  FakeDaemon daemon([](int connection) {
    FakeDaemon::listen_once(connection);
    FakeDaemon::send(connection, Goodbye{{Errc::resource_unavailable, "no room"}});
  });
  const Error error = failure(daemon.path());
  EXPECT_EQ(error.code, Errc::resource_unavailable);
  EXPECT_EQ(error.context, "no room");
}

TEST(Client, DoesNotTrustAnAnswerThatIsNone) {
  FakeDaemon garbage([](int connection) {
    FakeDaemon::listen_once(connection);
    FakeDaemon::send_bytes(connection, Bytes(100, 0x20));
  });
  EXPECT_EQ(failure(garbage.path()).code, Errc::malformed);
  FakeDaemon other([](int connection) {
    FakeDaemon::listen_once(connection);
    FakeDaemon::send(connection, Ping{1});
  });
  EXPECT_EQ(failure(other.path()).context, "the daemon did not answer the hello");
}

TEST(Client, DoesNotWaitForEverForAnAnswer) {
  FakeDaemon silent(FakeDaemon::listen_until_closed);
  EXPECT_EQ(failure(silent.path(), std::chrono::milliseconds(50)).code, Errc::timed_out);
  FakeDaemon gone([](int connection) { FakeDaemon::listen_once(connection); });
  EXPECT_EQ(failure(gone.path()).code, Errc::disconnected);
}

TEST(Client, HearsWhatFollowsTheWelcomeAtOnce) {
  FakeDaemon daemon([](int connection) {
    FakeDaemon::listen_once(connection);
    Encoder encoder;
    Bytes bytes;
    encoder.append(HelloAck{}, bytes);
    encoder.append(api::Event{api::LineAppeared{7}}, bytes);
    FakeDaemon::send_bytes(connection, bytes);
    FakeDaemon::listen_until_closed(connection);
  });
  TestClient client(daemon.path(), "test");
  const auto event = client.next_event<api::LineAppeared>();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->line, 7u);
}

TEST(Client, IsLostOnceWithTheDaemonsWords) {
  FakeDaemon daemon([](int connection) {
    FakeDaemon::welcome(connection);
    FakeDaemon::send(connection, Goodbye{{Errc::disconnected, "time to go"}});
    FakeDaemon::listen_until_closed(connection);
  });
  TestClient client(daemon.path(), "test");
  EXPECT_EQ(lost(client).context, "time to go");
  EXPECT_EQ(client.port().call(api::ListLines{}).error().code, Errc::disconnected);
}

TEST(Client, IsLostWhenTheDaemonTalksNonsense) {
  FakeDaemon daemon([](int connection) {
    FakeDaemon::welcome(connection);
    FakeDaemon::send_bytes(connection, Bytes(64, 0xff));
    FakeDaemon::listen_until_closed(connection);
  });
  TestClient client(daemon.path(), "test");
  const Error why = lost(client);
  EXPECT_EQ(why.code, Errc::disconnected);
  EXPECT_NE(why.context.find("malformed"), std::string::npos) << why.context;
}

TEST(Client, WaitersAreReleasedWhenTheConnectionIsLost) {
  FakeDaemon daemon([](int connection) {
    FakeDaemon::welcome(connection);
    FakeDaemon::listen_once(connection);
  });
  TestClient client(daemon.path(), "test");
  const auto answer = client.port().call(api::ListLines{});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::disconnected);
}

TEST(Client, IsLostWhenAHeartbeatStops) {
  FakeDaemon daemon([](int connection) {
    FakeDaemon::listen_once(connection);
    FakeDaemon::send(connection, HelloAck{.heartbeat_ms = 10});
    FakeDaemon::listen_until_closed(connection);
  });
  TestClient client(daemon.path(), "test");
  EXPECT_EQ(lost(client).context, "nothing was heard from switchhookd");
}

TEST(Client, IsOverloadedRatherThanGrowWithoutLimit) {
  std::atomic<bool> done{false};
  FakeDaemon daemon([&done](int connection) {
    FakeDaemon::welcome(connection);
    eventually([&] { return done.load(); });  // does not read
  });
  {
    TestClient client(daemon.path(), "test");
    const api::MakeCall great{.open = {1},
                              .address = std::string(1000, '1'),
                              .comment = std::string(1000, 'c'),
                              .user_info = UserInfo(1000, 7)};
    std::size_t posted = 0;
    Result<void> last = Errc::failed;
    do {
      last = client.post(great, [](Result<api::Value>) {});
    } while (last && ++posted < 100000);
    ASSERT_FALSE(last);
    EXPECT_EQ(last.error().code, Errc::overloaded);
    EXPECT_LT(posted * 3000, 2 * limits::kRequestBytes + 1024 * 1024);
    EXPECT_TRUE(client.connected());
  }
  done = true;
}

TEST(Client, RefusesWhatIsTooLongAndGoesOn) {
  FakeDaemon daemon([](int connection) {
    FakeDaemon::welcome(connection);
    FakeDaemon::listen_once(connection);
    FakeDaemon::send(connection, api::Reply{2, false, api::Value{api::LineList{}}});
    FakeDaemon::listen_until_closed(connection);
  });
  TestClient client(daemon.path(), "test");
  const auto refused =
      client.port().call(api::MakeCall{.open = {1}, .address = std::string(5000, '1')});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid_address);
  EXPECT_TRUE(client.port().call_for<api::LineList>(api::ListLines{}));
}

TEST(Client, CanBeDestroyedAtAnyMoment) {
  for (int i = 0; i < 50; ++i) {
    FakeDaemon daemon([](int connection) {
      FakeDaemon::welcome(connection);
      for (std::uint32_t n = 0; n < 50; ++n)
        FakeDaemon::send(connection, api::Event{api::LineAppeared{n}});
      FakeDaemon::listen_until_closed(connection);
    });
    TestClient client(daemon.path(), "test");
    if (i % 2 == 0) static_cast<void>(client.next_event<api::LineAppeared>());
    for (int n = 0; n < i; ++n)
      static_cast<void>(client.post(api::ListLines{}, [](Result<api::Value>) {}));
    client.disconnect();
  }
}

}  // namespace
}  // namespace switchhook::rpc
