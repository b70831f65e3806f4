// SPDX-License-Identifier: Apache-2.0
#include "base/bounded_queue.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

namespace switchhook::base {
namespace {

using std::chrono::seconds;

TEST(BoundedQueue, RefusesWhatIsBeyondItsLimitAndLeavesItUntouched) {
  BoundedQueue<std::vector<int>> queue(1);
  EXPECT_TRUE(queue.push({1}));
  std::vector<int> second{2};
  EXPECT_FALSE(queue.push(std::move(second)));
  EXPECT_EQ(second, std::vector<int>{2});  // NOLINT: that it was not moved from is the point
}

TEST(BoundedQueue, GivesBackInOrder) {
  BoundedQueue<int> queue(8);
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(queue.push(int{i}));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(queue.try_pop(), i);
  EXPECT_EQ(queue.try_pop(), std::nullopt);
}

TEST(BoundedQueue, PopOfAnEmptyQueueEndsWhenTheTimeIsUp) {
  BoundedQueue<int> queue(1);
  EXPECT_EQ(queue.pop(std::chrono::milliseconds(1)), std::nullopt);
}

TEST(BoundedQueue, CloseWakesAWaiterAndKeepsWhatIsQueued) {
  BoundedQueue<int> queue(4);
  std::optional<int> got = 0;
  std::thread waiter([&] { got = queue.pop(); });
  queue.close();
  waiter.join();
  EXPECT_EQ(got, std::nullopt);

  BoundedQueue<int> filled(4);
  EXPECT_TRUE(filled.push(1));
  filled.close();
  EXPECT_FALSE(filled.push(2));
  EXPECT_EQ(filled.pop(), 1);
  EXPECT_EQ(filled.pop(), std::nullopt);
}

TEST(BoundedQueue, RemovesWhatIsNotWanted) {
  BoundedQueue<int> queue(8);
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(queue.push(int{i}));
  EXPECT_EQ(queue.remove_if([](int value) { return value % 2 == 0; }), 3u);
  EXPECT_EQ(queue.try_pop(), 1);
  EXPECT_EQ(queue.size(), 2u);
}

TEST(BoundedQueue, LosesAndDoublesNothingBetweenManyThreads) {
  constexpr int kProducers = 4, kEach = 5000;
  BoundedQueue<int> queue(64);
  std::atomic<long> sum{0};
  std::atomic<int> count{0};
  std::vector<std::thread> threads;
  for (int c = 0; c < 2; ++c)
    threads.emplace_back([&] {
      while (auto value = queue.pop()) {
        sum += *value;
        ++count;
      }
    });
  std::vector<std::thread> producers;
  for (int p = 0; p < kProducers; ++p)
    producers.emplace_back([&] {
      for (int i = 1; i <= kEach; ++i)
        while (!queue.push(int{i})) std::this_thread::yield();
    });
  for (auto& thread : producers) thread.join();
  queue.close();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count, kProducers * kEach);
  EXPECT_EQ(sum, static_cast<long>(kProducers) * kEach * (kEach + 1) / 2);
}

}  // namespace
}  // namespace switchhook::base
