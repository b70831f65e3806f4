// SPDX-License-Identifier: Apache-2.0
// The server half with a backend that only takes notes: who is let in, as whom, and how many.
#include "rpc/server.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <asio.hpp>
#include <atomic>
#include <thread>

#include "base/limits.hpp"
#include "base/mutex.hpp"
#include "rpc/platform.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/raw_connection.hpp"

namespace switchhook::rpc {
namespace {

using test::eventually;
using test::RawConnection;

/// Accepts all and answers every command at once.
class Notes final : public Backend {
 public:
  api::AppId attach(api::ApplicationInfo info, api::ServiceSink& sink) override {
    base::Lock lock(mutex_);
    attached_.push_back(info);
    sinks_.push_back(&sink);
    ++present_;
    return {(std::uint64_t{1} << 32) | attached_.size()};
  }
  void detach(api::AppId, const std::string& why) override {
    base::Lock lock(mutex_);
    reasons_.push_back(why);
    --present_;
  }
  void submit(api::AppId app, api::RequestId request, api::Command) override {
    api::ServiceSink* sink = nullptr;
    {
      base::Lock lock(mutex_);
      sink = sinks_[app.slot()];
      ++submitted_;
    }
    std::this_thread::sleep_for(work.load());
    sink->on_reply({request, false, api::Value{}});
  }
  void settle() override { server->flush(); }

  std::vector<api::ApplicationInfo> attached() {
    base::Lock lock(mutex_);
    return attached_;
  }
  std::vector<std::string> reasons() {
    base::Lock lock(mutex_);
    return reasons_;
  }
  int present() {
    base::Lock lock(mutex_);
    return present_;
  }
  std::size_t submitted() {
    base::Lock lock(mutex_);
    return submitted_;
  }
  Server* server = nullptr;
  std::atomic<std::chrono::microseconds> work{std::chrono::microseconds(0)};  ///< of each command

 private:
  base::Mutex mutex_;
  std::size_t submitted_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
  std::vector<api::ApplicationInfo> attached_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::vector<api::ServiceSink*> sinks_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::vector<std::string> reasons_ SWITCHHOOK_GUARDED_BY(mutex_);
  int present_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
};

/// A server on a thread of its own.
class Running {
 public:
  explicit Running(Server::Options options, unsigned mode = 0600)
      : server_(io_, notes_, std::move(options)) {
    notes_.server = &server_;
    ::chmod(folder_.path().c_str(), 0755);
    const Result<void> listening = server_.listen({.path = path(), .mode = mode});
    EXPECT_TRUE(listening) << (listening ? "" : listening.error().text());
    const Result<std::uint16_t> port = server_.listen_tcp(0, "secret");
    EXPECT_TRUE(port);
    tcp_ = "tcp:127.0.0.1:" + std::to_string(*port);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Running() {
    io_.stop();
    thread_.join();
  }
  [[nodiscard]] std::string path() const { return folder_ / "s.sock"; }
  [[nodiscard]] const std::string& tcp() const { return tcp_; }
  Notes& notes() { return notes_; }
  void close_all() {
    asio::post(io_, [this] { server_.close_all({Errc::disconnected, "the test ends"}); });
  }

 private:
  test::TempFolder folder_;
  asio::io_context io_;
  Notes notes_;
  Server server_;
  std::string tcp_;
  std::thread thread_;
};

Server::Options options() {
  return {.version = "test", .epoch = 5, .user = platform::user_id()};
}

TEST(Server, KnowsItsOwnUser) {
  Running running(options());
  RawConnection connection(running.path());
  EXPECT_TRUE(connection.greet("mine").operator_rights);
  ASSERT_EQ(running.notes().attached().size(), 1u);
  const api::ApplicationInfo info = running.notes().attached()[0];
  EXPECT_EQ(info.name, "mine");
  EXPECT_EQ(info.user, platform::user_name(platform::user_id()));
  EXPECT_EQ(info.process, platform::process_id());
  EXPECT_EQ(info.role, api::Role::operating);
  EXPECT_EQ(info.uid, platform::user_id());
}

TEST(Server, GivesAnotherUserNoOperatorRights) {
  // Root is never another user: it becomes one. Anybody else meets a daemon of another's.
  constexpr std::uint32_t kNobody = 65534;
  const bool root = platform::user_id() == 0;
  Server::Options of_other = options();
  if (!root) of_other.user = platform::user_id() + 1;
  Running running(of_other, 0666);
  const pid_t child = ::fork();
  if (child == 0) {
    if (root && ::setuid(kNobody) != 0) ::_exit(2);
    RawConnection connection(running.path());
    ::_exit(connection.greet("theirs").operator_rights ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  ASSERT_EQ(running.notes().attached().size(), 1u);
  EXPECT_EQ(running.notes().attached()[0].role, api::Role::user);
  EXPECT_EQ(running.notes().attached()[0].user,
            platform::user_name(root ? kNobody : platform::user_id()));
}

TEST(Server, TurnsAwayWhoIsTooMuch) {
  Server::Options few = options();
  few.connections = 3;
  Running running(few);
  std::vector<std::unique_ptr<RawConnection>> in;
  for (int i = 0; i < 3; ++i) {
    in.push_back(std::make_unique<RawConnection>(running.path()));
    in.back()->greet("in");
  }
  RawConnection out(running.path());
  const auto why = out.goodbye();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, Errc::resource_unavailable);
  EXPECT_TRUE(out.closed_by_peer());
  in.pop_back();
  EXPECT_TRUE(eventually([&] { return running.notes().present() == 2; }));
  RawConnection next(running.path());
  next.greet("next");
}

TEST(Server, CountsTheConnectionsOfEachUser) {
  Server::Options few = options();
  few.connections_of_user = 1;
  Running running(few);
  RawConnection first(running.path());
  first.greet("first");
  RawConnection second(running.path());
  EXPECT_EQ(second.goodbye()->context, "too many connections of this user");
}

TEST(Server, GivesUpWhoSaysNoHello) {
  Server::Options hasty = options();
  hasty.hello_time = std::chrono::milliseconds(10);
  Running running(hasty);
  RawConnection silent(running.path());
  EXPECT_EQ(silent.goodbye()->context, "no hello came");
  EXPECT_TRUE(silent.closed_by_peer());
}

TEST(Server, GivesUpWhoFallsSilentOverTcp) {
  Server::Options hasty = options();
  hasty.heartbeat = std::chrono::milliseconds(20);
  Running running(hasty);
  RawConnection silent(running.tcp());
  silent.send(Hello{.application = "silent", .token = "secret"});
  const auto why = silent.goodbye();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->context, "nothing was heard from you");
  EXPECT_TRUE(eventually([&] { return running.notes().present() == 0; }));
  EXPECT_EQ(running.notes().reasons().back(), "it did not react");
}

TEST(Server, GivesUpALocalProgramThatHangs) {
  Server::Options hasty = options();
  hasty.local_heartbeat = std::chrono::milliseconds(20);
  Running running(hasty);
  RawConnection lively(running.path());
  lively.greet("lively");
  RawConnection hung(running.path());
  hung.greet("hung");
  while (running.notes().present() == 2) {
    const auto frame = lively.read();
    ASSERT_TRUE(frame);
    if (const auto* ping = std::get_if<Ping>(&*frame)) lively.send(Pong{ping->token});
  }
  EXPECT_EQ(running.notes().reasons(), std::vector<std::string>{"it did not react"});
  EXPECT_EQ(hung.goodbye()->context, "nothing was heard from you");
}

TEST(Server, ClosesConnectionsThatItHasSaidGoodbyeToThoughTheyStay) {
  Running running(options());
  RawConnection stubborn(running.path());
  stubborn.greet("stubborn");
  running.close_all();
  EXPECT_EQ(stubborn.goodbye()->context, "the test ends");
  EXPECT_TRUE(stubborn.closed_by_peer());
  EXPECT_EQ(running.notes().present(), 0);
}

Bytes requests(std::size_t count) {
  Encoder encoder;
  Bytes bytes;
  for (std::size_t i = 1; i <= count; ++i)
    EXPECT_TRUE(encoder.append(static_cast<api::RequestId>(i), api::ListLines{}, bytes));
  return bytes;
}

TEST(Server, ServesOthersBetweenTheRequestsOfOneThatNeverPauses) {
  Running running(options());
  RawConnection busy(running.path());
  busy.greet("busy");
  running.notes().work = std::chrono::milliseconds(2);
  constexpr std::size_t kMany = 1000;
  busy.send(requests(kMany));
  ASSERT_TRUE(eventually([&] { return running.notes().submitted() > 0; }));
  const std::size_t before = running.notes().submitted();
  RawConnection other(running.path());
  other.greet("other");
  // The connection is accepted, and its hello read, each after a turn of the busy one at most.
  EXPECT_LE(running.notes().submitted() - before, 4 * limits::kTurnRequests);
  running.notes().work = std::chrono::microseconds(0);
  EXPECT_TRUE(eventually([&] { return running.notes().submitted() == kMany; }));
}

TEST(Server, CarriesOutWhatADeadProgramSaidAndNothingThatItsChildSaysOnItsSocket) {
  Running running(options());
  constexpr std::size_t kMany = 300;
  // The parent of the flood greets, asks, and dies; what it forked goes on with its socket.
  const pid_t parent = ::fork();
  if (parent == 0) {
    RawConnection connection(running.path());
    connection.greet("parent");
    connection.send(requests(kMany));
    if (::fork() != 0) ::_exit(0);
    ::alarm(30);
    const Bytes flood = requests(1000);
    while (::send(connection.descriptor(), flood.data(), flood.size(), MSG_NOSIGNAL) > 0) continue;
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(parent, &status, 0), parent);
  EXPECT_TRUE(eventually(
      [&] { return running.notes().present() == 0 && !running.notes().reasons().empty(); },
      std::chrono::seconds(10)));
  EXPECT_GE(running.notes().submitted(), kMany);
  EXPECT_EQ(running.notes().reasons(), std::vector<std::string>{"its process is gone"});
  RawConnection other(running.path());
  other.greet("other");
}

/// The beginning of a great frame, and no more of it.
Bytes half_frame() {
  Bytes half(300 * 1024);
  const auto length = static_cast<std::uint32_t>(limits::kFrameBytes - 4);
  for (int i = 0; i < 4; ++i)
    half[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(length >> (8 * i));
  return half;
}

TEST(Server, FramesThatAreNotWholeTakeNoMoreThanTheirUserMayHave) {
  Running running(options());
  constexpr std::size_t kRoomFor = limits::kInputOfUser / limits::kFrameBytes;
  std::vector<std::unique_ptr<RawConnection>> halves;
  for (std::size_t i = 0; i < kRoomFor + 3; ++i) {
    halves.push_back(std::make_unique<RawConnection>(running.path()));
    halves.back()->greet("half");
  }
  const Bytes half = half_frame();
  // Those that have room are read to the end of what there is; the others are not read any more.
  std::size_t taken = 0;
  for (const auto& each : halves) {
    std::size_t sent = 0;
    static_cast<void>(eventually(
        [&] {
          sent +=
              each->send_some(Bytes(half.begin() + static_cast<std::ptrdiff_t>(sent), half.end()));
          return sent == half.size();
        },
        std::chrono::milliseconds(sent == 0 ? 1500 : 500)));
    taken += sent == half.size();
  }
  EXPECT_EQ(taken, kRoomFor);
  RawConnection other(running.path());
  other.greet("other");  // small frames need no room
  halves.erase(halves.begin());
  EXPECT_TRUE(eventually([&] { return running.notes().reasons().size() == 1; }));
}

TEST(Server, KeepsPlacesForOperators) {
  if (platform::user_id() != 0) GTEST_SKIP() << "only root can become another user";
  Server::Options few = options();
  few.connections = 8;
  constexpr std::uint32_t kUser = 65534, kByGroup = 65533;
  few.describe = [](api::ApplicationInfo& who) {
    who.role = who.uid == kByGroup || who.uid == 0 ? api::Role::operating : api::Role::user;
  };
  Running running(few, 0666);
  std::array<int, 2> ready{}, over{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  ASSERT_EQ(::pipe(over.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(over[1]);
    if (::setuid(kUser) != 0) ::_exit(2);
    std::vector<std::unique_ptr<RawConnection>> all;
    char in = 0;
    for (int i = 0; i < 20; ++i) {
      all.push_back(std::make_unique<RawConnection>(running.path()));
      all.back()->send(Hello{.application = "user"});
      const auto frame = all.back()->read();
      in = static_cast<char>(in + (frame && std::holds_alternative<HelloAck>(*frame)));
    }
    static_cast<void>(!::write(ready[1], &in, 1));
    static_cast<void>(!::read(over[0], &in, 1));
    ::_exit(0);
  }
  ::close(over[0]);
  char in = 0;
  EXPECT_EQ(::read(ready[0], &in, 1), 1);
  EXPECT_EQ(in, 6) << "two of eight are kept";
  const pid_t by_group = ::fork();
  if (by_group == 0) {
    if (::setuid(kByGroup) != 0) ::_exit(2);
    RawConnection connection(running.path());
    ::_exit(connection.greet("operator by group").operator_rights ? 0 : 1);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(by_group, &status, 0), by_group);
  EXPECT_EQ(status, 0) << "who operates by a group finds a kept place";
  {
    RawConnection first(running.path()), second(running.path());
    EXPECT_TRUE(first.greet("operator").operator_rights);
    EXPECT_TRUE(second.greet("operator").operator_rights);
  }
  ::close(over[1]);
  ::waitpid(child, nullptr, 0);
  for (const int each : {ready[0], ready[1]}) ::close(each);
}

/// While it lives, this process is given no more descriptors than it has.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);
    ::close(next);
    const rlimit now{.rlim_cur = static_cast<rlim_t>(next), .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &now), 0);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
#define SWITCHHOOK_CHECKS_NEED_DESCRIPTORS 1
#endif
#endif

TEST(Server, AcceptsOnBothItsSocketsAgainAfterItHadNoDescriptors) {
#ifdef SWITCHHOOK_CHECKS_NEED_DESCRIPTORS
  GTEST_SKIP() << "UndefinedBehaviorSanitizer looks at an object through a pipe";
#endif
  Server::Options told = options();
  std::atomic<int> notices = 0;
  told.notice = [&notices](const std::string& words) {
    EXPECT_NE(words.find("a connection cannot be accepted: "), std::string::npos) << words;
    ++notices;
  };
  Running running(told);
  RawConnection local(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  RawConnection tcp(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  {
    const NoDescriptors none;
    local.connect(running.path());
    tcp.connect(running.tcp());
    ASSERT_TRUE(eventually([&] { return notices == 1; }));
    // Each fails again and again meanwhile, in any order.
    std::this_thread::sleep_for(std::chrono::milliseconds(350));
  }
  local.greet("local");
  tcp.send(Hello{.application = "tcp", .token = "secret"});
  EXPECT_TRUE(eventually([&] { return running.notes().present() == 2; }));
  EXPECT_EQ(notices, 1) << "the log is not filled";
}

TEST(Server, KeepsTheLastDescriptorsAndSaysWhyItTurnsAway) {
  Running running(options());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  // Room for three connections, each with one descriptor here and two in the server, and one more.
  std::array<int, 11> free{};
  for (int& each : free) each = ::dup(0);
  for (const int each : free) ::close(each);
  const rlimit few{.rlim_cur = static_cast<rlim_t>(free.back()) + 1, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  std::vector<std::unique_ptr<RawConnection>> in;
  std::optional<Error> why;
  while (!why && in.size() < 8) {
    in.push_back(std::make_unique<RawConnection>(running.path()));
    in.back()->send(Hello{.application = "one of many"});
    const auto frame = in.back()->read();
    ASSERT_TRUE(frame);
    if (const auto* goodbye = std::get_if<Goodbye>(&*frame)) why = goodbye->why;
  }
  ::setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, Errc::resource_unavailable);
  EXPECT_EQ(why->context,
            "this daemon has no descriptors left for another connection; it may have " +
                std::to_string(few.rlim_cur));
  EXPECT_GE(in.size(), 2u);
}

TEST(Server, TakesThePlaceOfASocketThatNobodyServes) {
  test::TempFolder folder;
  asio::io_context io;
  Notes notes;
  {
    asio::local::stream_protocol::acceptor left_behind(io);
    left_behind.open();
    left_behind.bind(asio::local::stream_protocol::endpoint(folder / "s.sock"));
  }
  ASSERT_EQ(::access((folder / "s.sock").c_str(), F_OK), 0);
  Server server(io, notes, options());
  EXPECT_TRUE(server.listen({.path = folder / "s.sock"}));
  Server second(io, notes, options());
  const Result<void> taken = second.listen({.path = folder / "s.sock"});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::resource_unavailable);
  const Result<void> no_group =
      Server(io, notes, options()).listen({.path = folder / "t.sock", .group = "no such group"});
  ASSERT_FALSE(no_group);
  EXPECT_EQ(no_group.error().context, "there is no group \"no such group\"");
}

}  // namespace
}  // namespace switchhook::rpc
