// SPDX-License-Identifier: Apache-2.0
#include "client/dispatcher.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/bounded_queue.hpp"
#include "tests/unit/client/client_world.hpp"

namespace switchhook::client {
namespace {

using test::kSoon;

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

TEST(Dispatcher, OfAProgramThatPollsRunsTasksWhereItIsTold) {
  Dispatcher dispatcher;
  std::vector<int> seen;
  EXPECT_EQ(dispatcher.run_waiting(), 0u) << "nobody polls yet";
  ASSERT_GE(dispatcher.descriptor(), 0);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(dispatcher.post([&, i] {
      seen.push_back(i);
      if (i == 0) {
        EXPECT_TRUE(dispatcher.post([&] { seen.push_back(9); }));
      }
      EXPECT_EQ(dispatcher.run_waiting(), 0u) << "one at a time";
      EXPECT_TRUE(dispatcher.drain(0ms)) << "it would wait for itself";
    }));
  }
  EXPECT_EQ(dispatcher.run_waiting(), 3u);
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2})) << "what came meanwhile has the next turn";
  EXPECT_TRUE(dispatcher.drain(kSoon));
  EXPECT_EQ(seen.back(), 9);
}

TEST(Dispatcher, OfAProgramThatPollsStillRunsTheDeferred) {
  Dispatcher dispatcher;
  ASSERT_GE(dispatcher.descriptor(), 0);
  base::BoundedQueue<int> ran(1);
  dispatcher.post_after(10ms, [&] { EXPECT_TRUE(ran.push(1)); });
  EXPECT_EQ(ran.pop(kSoon), 1) << "without a turn of the program";
}

TEST(Dispatcher, AStopWaitsForTheTurnOfAnotherThread) {
  Dispatcher dispatcher;
  ASSERT_GE(dispatcher.descriptor(), 0);
  base::BoundedQueue<int> running(1), go_on(1);
  EXPECT_TRUE(dispatcher.post([&] {
    EXPECT_TRUE(running.push(1));
    static_cast<void>(go_on.pop(kSoon));
  }));
  std::thread polling([&] { static_cast<void>(dispatcher.run_waiting()); });
  ASSERT_TRUE(running.pop(kSoon));
  std::atomic<bool> stopped = false;
  std::thread stopping([&] {
    dispatcher.stop();
    stopped = true;
  });
  std::this_thread::sleep_for(20ms);
  EXPECT_FALSE(stopped);
  EXPECT_TRUE(go_on.push(1));
  stopping.join();
  polling.join();
  EXPECT_EQ(dispatcher.descriptor(), -1);
}

}  // namespace
}  // namespace switchhook::client
