// SPDX-License-Identifier: Apache-2.0
// A connection that is lost while both of its ends live: cut wherever bytes can be cut, it goes on,
// and nothing that was said is lost, repeated or reordered. And who may not go on.
#include <gtest/gtest.h>

#include <algorithm>
#include <asio.hpp>
#include <atomic>
#include <thread>

#include "base/limits.hpp"
#include "base/mutex.hpp"
#include "rpc/client.hpp"
#include "rpc/platform.hpp"
#include "rpc/retained.hpp"
#include "rpc/server.hpp"
#include "tests/support/cutter.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/raw_connection.hpp"

namespace switchhook::rpc {
namespace {

using test::Cutter;
using test::eventually;

/// Answers every command at once, and counts.
class Counting final : public Backend {
 public:
  api::AppId attach(api::ApplicationInfo, api::ServiceSink& sink) override {
    sink_ = &sink;
    ++attached;
    return {(std::uint64_t{1} << 32) | 1};
  }
  void detach(api::AppId, const std::string& why) override {
    base::Lock lock(mutex_);
    sink_ = nullptr;
    reason_ = why;
    ++detached;
  }
  void submit(api::AppId, api::RequestId request, api::Command) override {
    if (request != ++commands) ++disorder;
    sink_->on_reply({request, false, api::Value{}});
  }
  void settle() override { server->flush(); }
  void tell(api::LineId number) {
    if (sink_ != nullptr) sink_->on_event(api::Event{api::LineAppeared{number}});
  }
  std::string reason() {
    base::Lock lock(mutex_);
    return reason_;
  }

  Server* server = nullptr;
  std::atomic<int> attached{0}, detached{0}, disorder{0};
  std::atomic<std::uint32_t> commands{0};

 private:
  api::ServiceSink* sink_ = nullptr;  // the server's thread
  base::Mutex mutex_;
  std::string reason_ SWITCHHOOK_GUARDED_BY(mutex_);
};

class Resuming {
 public:
  explicit Resuming(std::chrono::milliseconds resume_time)
      : server_(io_, counting,
                {.version = "test",
                 .epoch = 5,
                 .user = platform::user_id(),
                 .resume_time = resume_time}) {
    counting.server = &server_;
    EXPECT_TRUE(server_.listen({.path = path()}));
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Resuming() {
    io_.stop();
    thread_.join();
  }
  [[nodiscard]] std::string path() const { return folder_ / "s.sock"; }
  void tell(api::LineId from, api::LineId to) {
    asio::post(io_, [this, from, to] {
      for (api::LineId i = from; i < to; ++i) counting.tell(i);
      server_.flush();
    });
  }
  Counting counting;

 private:
  test::TempFolder folder_;
  asio::io_context io_;
  Server server_;
  std::thread thread_;
};

class Hearing final : public api::ServiceSink {
 public:
  void on_reply(api::Reply reply) override {
    if (reply.request != ++replies) ++disorder;
  }
  void on_event(api::Event event) override {
    const auto* line = std::get_if<api::LineAppeared>(&event);
    if (line == nullptr || line->line != events++) ++disorder;
  }
  void on_disconnected(const Error&) override { ++lost; }
  std::atomic<std::uint32_t> replies{0}, events{0};
  std::atomic<int> disorder{0}, lost{0};
};

template <typename T>
std::optional<T> next(test::RawConnection& connection) {
  std::optional<Frame> frame = connection.read();
  T* found = frame ? std::get_if<T>(&*frame) : nullptr;
  return found != nullptr ? std::optional<T>(std::move(*found)) : std::nullopt;
}

std::unique_ptr<api::SessionService> come(const std::string& path, Hearing& hearing) {
  auto service = connect({.name = "test", .socket = path}, hearing);
  EXPECT_TRUE(service) << (service ? "" : service.error().text());
  return service ? std::move(*service) : nullptr;
}

TEST(Resume, EverythingComesOnceAndInOrderWhereverTheConnectionIsCut) {
  Resuming running{std::chrono::seconds(30)};
  Cutter cutter(running.path());
  cutter.cut_within(3000);
  Hearing hearing;
  auto service = come(cutter.path(), hearing);
  ASSERT_NE(service, nullptr);
  constexpr std::uint32_t kEach = 2000;
  for (std::uint32_t i = 0; i < kEach; ++i) {
    if (i % 20 == 0) running.tell(i, i + 20);
    while (!service->submit(i + 1, api::ListLines{})) std::this_thread::yield();
  }
  EXPECT_TRUE(eventually([&] { return hearing.replies == kEach && hearing.events == kEach; }))
      << hearing.replies << " replies, " << hearing.events << " events";
  EXPECT_EQ(hearing.disorder, 0);
  EXPECT_EQ(hearing.lost, 0);
  EXPECT_EQ(running.counting.commands, kEach);
  EXPECT_EQ(running.counting.disorder, 0);
  EXPECT_EQ(running.counting.attached, 1);
  EXPECT_EQ(running.counting.detached, 0);
  EXPECT_GT(cutter.cuts(), 20);
}

TEST(Connection, KeepsNoRequestNumberForItself) {
  Resuming running{std::chrono::seconds(30)};
  Hearing hearing;
  auto service = come(running.path(), hearing);
  ASSERT_NE(service, nullptr);
  for (const api::RequestId last : {0x7ffffffdu, 0x7ffffffeu, 0x7fffffffu})
    EXPECT_TRUE(service->submit(last, api::ListLines{}));
  EXPECT_TRUE(eventually([&] { return hearing.replies == 3; })) << hearing.replies;
  EXPECT_EQ(hearing.lost, 0);
}

TEST(Resume, WhatWasToldMeanwhileIsHeardAfterwards) {
  Resuming running{std::chrono::seconds(30)};
  Cutter cutter(running.path());
  Hearing hearing;
  auto service = come(cutter.path(), hearing);
  ASSERT_NE(service, nullptr);
  for (api::LineId i = 0; i < 50; ++i) {
    cutter.cut_now();
    running.tell(i, i + 1);
    EXPECT_TRUE(eventually([&] { return hearing.events == i + 1; }));
  }
  EXPECT_EQ(hearing.disorder, 0);
  EXPECT_EQ(running.counting.attached, 1);
}

TEST(Resume, WhoDoesNotComeBackInTimeIsGone) {
  Resuming running{std::chrono::milliseconds(100)};
  Cutter cutter(running.path());
  Hearing hearing;
  auto service = come(cutter.path(), hearing);
  ASSERT_NE(service, nullptr);
  cutter.let_nobody_through();
  EXPECT_TRUE(eventually([&] { return running.counting.detached == 1; }));
  EXPECT_NE(running.counting.reason().find("did not come back"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return hearing.lost == 1; }));
  EXPECT_FALSE(service->submit(1, api::ListLines{}));
}

TEST(Resume, WhoSaysGoodbyeIsNotWaitedFor) {
  Resuming running{std::chrono::hours(1)};
  Hearing hearing;
  come(running.path(), hearing).reset();
  EXPECT_TRUE(eventually([&] { return running.counting.detached == 1; }));
  EXPECT_EQ(running.counting.reason(), "it said goodbye");
}

TEST(Resume, AClientCanBeDestroyedWhileItIsCut) {
  Resuming running{std::chrono::milliseconds(50)};
  Cutter cutter(running.path());
  for (int i = 0; i < 30; ++i) {
    Hearing hearing;
    auto service = come(cutter.path(), hearing);
    ASSERT_NE(service, nullptr);
    cutter.cut_now();
    std::this_thread::sleep_for(std::chrono::microseconds(200 * i));
  }
  EXPECT_TRUE(eventually([&] { return running.counting.detached == 30; }));
}

TEST(Resume, OnlyWhatIsKnownCanBeResumedAndOnlyFromWhereItIs) {
  Resuming running{std::chrono::hours(1)};
  test::RawConnection first(running.path());
  first.send(Hello{.application = "first", .resumable = true});
  const auto ack = next<HelloAck>(first);
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->resume.size(), 32u);
  EXPECT_GT(ack->resume_ms, 0u);
  const auto refused = [&](const std::string& resume, std::uint64_t received) {
    test::RawConnection other(running.path());
    other.send(
        Hello{.application = "x", .resumable = true, .resume = resume, .received = received});
    EXPECT_TRUE(other.goodbye()) << resume;
  };
  refused("0123456789abcdef0123456789abcdef", 0);
  refused(ack->resume.substr(1), 0);
  refused(ack->resume, 1);  // it was sent nothing yet
  test::RawConnection again(running.path());
  again.send(Hello{.application = "x", .resumable = true, .resume = ack->resume, .received = 0});
  const auto resumed = next<HelloAck>(again);
  ASSERT_TRUE(resumed);
  EXPECT_TRUE(resumed->resumed);
  EXPECT_EQ(resumed->application, ack->application);
  EXPECT_EQ(running.counting.attached, 1) << "even though the first was not lost yet";
}

TEST(Resume, WhoDoesNotAskForItIsGoneWithItsConnection) {
  Resuming running{std::chrono::hours(1)};
  {
    test::RawConnection plain(running.path());
    plain.send(Hello{.application = "plain"});
    const auto ack = next<HelloAck>(plain);
    ASSERT_TRUE(ack);
    EXPECT_EQ(ack->resume, "");
  }
  EXPECT_TRUE(eventually([&] { return running.counting.detached == 1; }));
}

TEST(Retained, KeepsWhatIsNotAcknowledged) {
  Retained retained;
  const Bytes bytes{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  retained.add(bytes);
  EXPECT_FALSE(retained.can_resume(11));
  retained.acknowledge(4);
  EXPECT_FALSE(retained.can_resume(3));
  retained.acknowledge(2);  // says what is known already
  EXPECT_EQ(retained.take_from(7), (Bytes{7, 8, 9}));
  EXPECT_EQ(retained.take_from(7), Bytes());
  EXPECT_FALSE(retained.can_resume(8));
}

TEST(Retained, OfAPeerThatAcknowledgesNothingIsNotKeptForEver) {
  Retained retained;
  const Bytes much(1u << 20);
  for (std::size_t kept = 0; kept <= limits::kRetainedBytes; kept += much.size())
    retained.add(much);
  EXPECT_FALSE(retained.can_resume(0));
  EXPECT_EQ(retained.take_from(0), std::nullopt);
}

}  // namespace
}  // namespace switchhook::rpc
