// SPDX-License-Identifier: Apache-2.0
// Programs with a loop of their own: the descriptor, and Asio.
#include <gtest/gtest.h>
#include <poll.h>

#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include "exchange_world.hpp"
#include "switchhook/asio.hpp"

namespace switchhook::test {
namespace {

bool is_readable(int descriptor, std::chrono::milliseconds wait) {
  pollfd one{descriptor, POLLIN, 0};
  return ::poll(&one, 1, static_cast<int>(wait.count())) == 1;
}

TEST(Descriptor, IsReadableWhileCallbacksAreDueAndTheyRunInDispatch) {
  World world;
  Application application = world.application();
  Result<int> descriptor = application.descriptor();
  ASSERT_TRUE(descriptor) << descriptor.error().text();
  EXPECT_EQ(*application.descriptor(), *descriptor) << "it stays the same";
  EXPECT_FALSE(is_readable(*descriptor, 0ms));
  Line line = open(application, "100");
  std::vector<CallState> states;
  std::thread::id where;
  Session session = call(line, "200");
  ASSERT_TRUE(session.on_event([&](SessionView, const SessionEvent& event) {
    where = std::this_thread::get_id();
    if (event.kind == SessionEvent::Kind::state) states.push_back(event.state);
  }));
  ASSERT_TRUE(session.wait_for(CallState::connected, kSoon));
  EXPECT_TRUE(states.empty()) << "nothing runs before dispatch()";
  while (states.empty() || states.back() != CallState::connected) {
    ASSERT_TRUE(is_readable(*descriptor, kSoon));
    ASSERT_TRUE(application.dispatch());
  }
  EXPECT_EQ(where, std::this_thread::get_id());
  EXPECT_EQ(*application.dispatch(), 0u);
  EXPECT_FALSE(is_readable(*descriptor, 0ms)) << "it is silent when all has run";
}

TEST(Descriptor, DrainRunsWhatIsDue) {
  World world;
  Application application = world.application();
  ASSERT_TRUE(application.descriptor());
  Line line = open(application, "100");
  Session session = call(line, "200");
  int heard = 0;
  ASSERT_TRUE(session.on_event([&](SessionView, const SessionEvent&) {
    ++heard;
    EXPECT_EQ(*application.dispatch(), 0u) << "not within a callback";
    EXPECT_TRUE(application.drain_callbacks(0ms));
  }));
  ASSERT_TRUE(session.wait_for(CallState::connected, kSoon));
  ASSERT_TRUE(application.drain_callbacks(kSoon));
  EXPECT_GT(heard, 0);
}

TEST(Descriptor, TheApplicationMayBeShutDownInACallback) {
  World world;
  Application application = world.application();
  Result<int> descriptor = application.descriptor();
  ASSERT_TRUE(descriptor);
  Line line = open(application, "100");
  Session session = call(line, "200");
  bool heard = false;
  ASSERT_TRUE(session.on_event([&](SessionView, const SessionEvent&) {
    EXPECT_FALSE(std::exchange(heard, true)) << "that was the last";
    EXPECT_TRUE(application.shutdown());
  }));
  ASSERT_TRUE(is_readable(*descriptor, kSoon));
  static_cast<void>(application.dispatch());
  EXPECT_TRUE(heard);
  EXPECT_EQ(application.dispatch().error().code, Errc::stale_application);
  EXPECT_EQ(application.descriptor().error().code, Errc::stale_application);
  EXPECT_EQ(Application().descriptor().error().code, Errc::stale_application);
}

TEST(Descriptor, AskedForLateStopsTheDispatchThread) {
  World world;
  Application application = world.application();
  Line line = open(application, "100");
  Session session = call(line, "200");
  std::atomic<int> heard = 0;
  ASSERT_TRUE(session.on_event([&](SessionView, const SessionEvent&) { ++heard; }));
  ASSERT_TRUE(session.wait_for(CallState::connected, kSoon));
  ASSERT_TRUE(application.drain_callbacks(kSoon));
  const int before = heard;
  EXPECT_GT(before, 0);
  Result<int> descriptor = application.descriptor();
  ASSERT_TRUE(descriptor);
  ASSERT_TRUE(session.drop());
  ASSERT_TRUE(session.wait_for(CallState::idle, kSoon));
  ASSERT_TRUE(is_readable(*descriptor, kSoon));
  EXPECT_EQ(heard, before);
  ASSERT_TRUE(application.dispatch());
  EXPECT_GT(heard, before);
}

/// A line with a call on its way to it, and what became of that, on one thread of Asio's.
class Asio : public testing::Test {
 protected:
  /// The far end of the call hangs up as soon as it is connected.
  void place_call() {
    session_ = call(from_, "101");
    ASSERT_TRUE(session_.on_event([](SessionView view, const SessionEvent& event) {
      if (event.kind == SessionEvent::Kind::state && event.state == CallState::connected)
        static_cast<void>(view.drop());
    }));
  }
  /// @return whether there is more to come
  bool take(Session& session, const SessionEvent& event) {
    EXPECT_EQ(std::this_thread::get_id(), here_);
    if (event.kind != SessionEvent::Kind::state) return true;
    states_.push_back(event.state);
    if (event.state == CallState::disconnected) static_cast<void>(session.drop());
    return event.state != CallState::idle;
  }
  void expect_all() const {
    EXPECT_EQ(states_, (std::vector<CallState>{CallState::offering, CallState::connected,
                                               CallState::disconnected, CallState::idle}));
  }

  asio::io_context context_;  // outlives the threads that post to it
  World world_;
  Application application_ = world_.application(), caller_ = world_.application("caller");
  Line line_ = open(application_, "101", {.privilege = Privilege::owner});
  Line from_ = open(caller_, "100");
  const std::thread::id here_ = std::this_thread::get_id();
  std::vector<CallState> states_;
  Session session_, taken_;

  void next() {
    async_next_event(taken_, asio::bind_executor(context_, [this](Result<SessionEvent> event) {
                       if (event && take(taken_, *event)) return next();
                       context_.stop();
                     }));
  }
};

TEST_F(Asio, HandlersTakeCallsAndEventsOnTheirExecutor) {
  const AsioCallbacks callbacks(context_.get_executor(), application_);
  ASSERT_FALSE(callbacks.error());
  async_next_call(line_, asio::bind_executor(context_, [this](Result<Session> session) {
                    ASSERT_TRUE(session) << session.error().text();
                    taken_ = std::move(*session);
                    EXPECT_TRUE(taken_.answer());
                    next();
                  }));
  place_call();
  context_.run_for(kSoon);
  expect_all();
}

TEST_F(Asio, AndWithoutAsioCallbacksToo) {
  async_next_call(line_, asio::bind_executor(context_, [this](Result<Session> session) {
                    ASSERT_TRUE(session) << session.error().text();
                    taken_ = std::move(*session);
                    EXPECT_TRUE(taken_.answer());
                    next();
                  }));
  place_call();
  context_.run_for(kSoon);
  expect_all();
}

TEST_F(Asio, AnAbandonedOperationDoesNotKeepTheContextRunning) {
  async_next_call(line_, asio::bind_executor(context_, [](Result<Session>) { FAIL(); }));
  ASSERT_TRUE(line_.close());
  EXPECT_EQ(context_.run_for(kSoon), 0u);
}

#ifdef ASIO_HAS_CO_AWAIT
TEST_F(Asio, CoroutinesTakeCallsAndEvents) {
  const AsioCallbacks callbacks(context_.get_executor(), application_);
  asio::co_spawn(
      context_,
      [this]() -> asio::awaitable<void> {
        Result<Session> session = co_await async_next_call(line_, asio::use_awaitable);
        if (session && session->answer()) {
          while (true) {
            Result<SessionEvent> event = co_await async_next_event(*session, asio::use_awaitable);
            if (!event || !take(*session, *event)) break;
          }
        }
        context_.stop();
      },
      asio::detached);
  place_call();
  context_.run_for(kSoon);
  expect_all();
}
#endif

TEST_F(Asio, WhatCannotWaitCompletesWithItsError) {
  Line line;
  Session session;
  auto next_call = async_next_call(line, asio::bind_executor(context_, asio::use_future));
  auto next_event = async_next_event(session, asio::bind_executor(context_, asio::use_future));
  context_.run_for(kSoon);
  EXPECT_EQ(next_call.get().error().code, Errc::stale_line);
  EXPECT_EQ(next_event.get().error().code, Errc::stale_handle);
}

}  // namespace
}  // namespace switchhook::test
