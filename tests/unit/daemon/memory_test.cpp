// SPDX-License-Identifier: Apache-2.0
#include "daemon/memory.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/process_memory.hpp"

namespace switchhook::daemon {
namespace {

std::int64_t own_kib() {
  return test::status_kib(::getpid(), "RssAnon");
}

TEST(Memory, IsGivenBackWhenMuchOfItLiesFreeAndNotTooOften) {
  Memory memory;
  const auto start = Memory::Clock::now();
  const std::int64_t before = own_kib();
  std::vector<std::unique_ptr<std::string>> calls;
  for (int i = 0; i < 40000; ++i) calls.push_back(std::make_unique<std::string>(2000, 'c'));
  const std::int64_t held = own_kib();
  ASSERT_GT(held, before + 60000);
  EXPECT_FALSE(memory.keep_small(start)) << "it is in use";
  EXPECT_GT(Memory::in_use(), 40000u * 2000u);
  const auto last = std::move(calls.back());  // keeps the end of the heap where it is
  calls.clear();
  EXPECT_FALSE(memory.keep_small(start + std::chrono::seconds(1))) << "so soon again";
  EXPECT_TRUE(memory.keep_small(start + std::chrono::seconds(20)));
  EXPECT_LT(own_kib(), before + 20000);
}

}  // namespace
}  // namespace switchhook::daemon
