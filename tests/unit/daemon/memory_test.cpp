// SPDX-License-Identifier: Apache-2.0
#include "daemon/memory.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace switchhook::daemon {
namespace {

std::size_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "RssAnon:") {
      std::size_t kib = 0;
      status >> kib;
      return kib;
    }
  return 0;
}

TEST(Memory, IsGivenBackWhenMuchOfItLiesFreeAndNotTooOften) {
  Memory memory;
  const auto start = Memory::Clock::now();
  const std::size_t before = resident_kib();
  std::vector<std::unique_ptr<std::string>> calls;
  for (int i = 0; i < 40000; ++i) calls.push_back(std::make_unique<std::string>(2000, 'c'));
  const std::size_t held = resident_kib();
  ASSERT_GT(held, before + 60000);
  EXPECT_FALSE(memory.keep_small(start)) << "it is in use";
  EXPECT_GT(Memory::in_use(), 40000u * 2000u);
  const auto last = std::move(calls.back());  // keeps the end of the heap where it is
  calls.clear();
  EXPECT_FALSE(memory.keep_small(start + std::chrono::seconds(1))) << "so soon again";
  EXPECT_TRUE(memory.keep_small(start + std::chrono::seconds(20)));
  EXPECT_LT(resident_kib(), before + 20000);
}

}  // namespace
}  // namespace switchhook::daemon
