// SPDX-License-Identifier: Apache-2.0
#include "client/dispatcher.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/bounded_queue.hpp"

namespace switchhook::client {
namespace {

using namespace std::chrono_literals;

constexpr auto kSoon = 20s;  // bounds waits that are expected to end

TEST(Dispatcher, RunsTasksInOrderOnOneThreadOfItsOwn) {
  std::vector<int> seen;  // the dispatch thread's
  Dispatcher dispatcher;
  std::atomic<std::thread::id> where;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(dispatcher.post([&seen, i] { seen.push_back(i); }));
  EXPECT_TRUE(dispatcher.post([&] { where = std::this_thread::get_id(); }));
  ASSERT_TRUE(dispatcher.drain(kSoon));
  EXPECT_NE(where.load(), std::this_thread::get_id());
  ASSERT_EQ(seen.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

TEST(Dispatcher, RunsADeferredTaskWhenItsTimeHasCome) {
  base::BoundedQueue<int> ran(4);  // outlives the thread
  Dispatcher dispatcher;
  dispatcher.post_after(30ms, [&] { EXPECT_TRUE(ran.push(2)); });
  EXPECT_TRUE(dispatcher.post([&] { EXPECT_TRUE(ran.push(1)); }));
  EXPECT_EQ(ran.pop(kSoon), 1);
  EXPECT_EQ(ran.pop(kSoon), 2);
}

TEST(Dispatcher, DrainGivesUpWhenATaskDoesNotReturn) {
  Dispatcher dispatcher;
  base::BoundedQueue<int> go_on(1);
  EXPECT_TRUE(dispatcher.post([&] { static_cast<void>(go_on.pop(kSoon)); }));
  EXPECT_FALSE(dispatcher.drain(5ms));
  EXPECT_TRUE(go_on.push(1));
  EXPECT_TRUE(dispatcher.drain(kSoon));
}

TEST(Dispatcher, NothingBeginsAfterAStopAndWhatWaitsIsDestroyed) {
  Dispatcher dispatcher;
  base::BoundedQueue<int> running(1), go_on(1);
  auto kept = std::make_shared<int>(0);
  EXPECT_TRUE(dispatcher.post([&] {
    EXPECT_TRUE(running.push(1));
    static_cast<void>(go_on.pop(kSoon));
  }));
  std::atomic<bool> ran = false;
  EXPECT_TRUE(dispatcher.post([&ran, kept] { ran = true; }));
  dispatcher.post_after(1h, [kept] {});
  ASSERT_TRUE(running.pop(kSoon));
  std::thread stopping([&] { dispatcher.stop(); });
  while (!dispatcher.stopping()) std::this_thread::yield();
  EXPECT_TRUE(go_on.push(1));
  stopping.join();
  EXPECT_FALSE(ran);
  EXPECT_EQ(kept.use_count(), 1);
  EXPECT_FALSE(dispatcher.post([] {}));
  EXPECT_TRUE(dispatcher.drain(0ms));
}

TEST(Dispatcher, StopInATaskReturnsAtOnceAndElsewhereWaitsForThatTask) {
  Dispatcher dispatcher;
  base::BoundedQueue<int> stopped(1), go_on(1);
  std::atomic<bool> returned = false;
  EXPECT_TRUE(dispatcher.post([&] {
    dispatcher.stop();
    EXPECT_TRUE(stopped.push(1));
    static_cast<void>(go_on.pop(kSoon));
    returned = true;
  }));
  ASSERT_TRUE(stopped.pop(kSoon));
  EXPECT_TRUE(go_on.push(1));
  dispatcher.stop();
  EXPECT_TRUE(returned);
}

}  // namespace
}  // namespace switchhook::client
