// SPDX-License-Identifier: Apache-2.0
#include "base/handle.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <vector>

namespace switchhook::base {
namespace {

struct ThingTag;
using Table = HandleTable<ThingTag, std::unique_ptr<int>>;

TEST(HandleTable, NeverIssuesZero) {
  Table table;
  EXPECT_TRUE(table.emplace(std::make_unique<int>(1)));
  EXPECT_FALSE(Table::HandleType{});
}

TEST(HandleTable, FindsWhatItOwns) {
  Table table;
  const auto first = table.emplace(std::make_unique<int>(1));
  const auto second = table.emplace(std::make_unique<int>(2));
  ASSERT_NE(table.find(first), nullptr);
  EXPECT_EQ(**table.find(first), 1);
  EXPECT_EQ(**table.find(second), 2);
  EXPECT_EQ(table.size(), 2u);
}

TEST(HandleTable, ErasedHandleIsStaleForEverThoughItsSlotIsUsedAgain) {
  Table table;
  const auto old = table.emplace(std::make_unique<int>(1));
  EXPECT_TRUE(table.erase(old));
  EXPECT_FALSE(table.erase(old));
  const auto fresh = table.emplace(std::make_unique<int>(2));
  EXPECT_EQ(fresh.slot(), old.slot());
  EXPECT_NE(fresh, old);
  EXPECT_EQ(table.find(old), nullptr);
  EXPECT_EQ(**table.find(fresh), 2);
}

TEST(HandleTable, ReusesSlotsInTheOrderInWhichTheyBecameFree) {
  Table table;
  const auto a = table.emplace(nullptr);
  const auto b = table.emplace(nullptr);
  table.erase(b);
  table.erase(a);
  EXPECT_EQ(table.emplace(nullptr).slot(), b.slot());
  EXPECT_EQ(table.emplace(nullptr).slot(), a.slot());
}

TEST(HandleTable, GarbageIsAnOrdinaryMiss) {
  Table table;
  table.emplace(std::make_unique<int>(1));
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0xffffffff},
                                    ~std::uint64_t{0}, std::uint64_t{0xffffffff00000001}})
    EXPECT_EQ(table.find(Table::HandleType{value}), nullptr) << value;
}

TEST(HandleTable, ObjectsDoNotMoveWhileOthersComeAndGo) {
  Table table;
  const auto kept = table.emplace(std::make_unique<int>(7));
  const auto* address = table.find(kept);
  for (int i = 0; i < 10000; ++i) table.emplace(std::make_unique<int>(i));
  EXPECT_EQ(table.find(kept), address);
}

TEST(HandleTable, NoHandleRecursOverManyLives) {
  Table table;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 20000; ++i) {
    const auto handle = table.emplace(nullptr);
    EXPECT_TRUE(seen.insert(handle.value).second);
    table.erase(handle);
  }
  EXPECT_TRUE(table.empty());
}

TEST(HandleTable, GivesMemoryBackWhereNothingLives) {
  Table table;
  std::vector<Table::HandleType> handles;
  for (int i = 0; i < 10'000; ++i) handles.push_back(table.emplace(std::make_unique<int>(i)));
  EXPECT_GE(table.capacity(), 10'000u);
  for (std::size_t i = 1; i < handles.size(); ++i) table.erase(handles[i]);
  EXPECT_LE(table.capacity(), 128u) << "what one that is left needs, and a spare";
  EXPECT_EQ(**table.find(handles[0]), 0);
  EXPECT_EQ(table.find(handles[9'999]), nullptr) << "stale, as ever";
  EXPECT_TRUE(table.issued(handles[9'999]));
  table.erase(handles[0]);
  EXPECT_LE(table.capacity(), 64u);
  EXPECT_FALSE(handles[1] == table.emplace(std::make_unique<int>(1))) << "no handle recurs";
}

TEST(HandleTable, AnObjectAnswersToTheHandleOfAnEarlierTable) {
  Table earlier, table;
  const auto foreign = earlier.emplace(std::make_unique<int>(0));
  table.begin_at(10);
  const auto own = table.emplace(std::make_unique<int>(1));
  ASSERT_EQ(foreign.slot(), own.slot()) << "they would be mistaken but for the generation";
  std::unique_ptr<int>* adopted = table.adopt(foreign, std::make_unique<int>(7));
  ASSERT_NE(adopted, nullptr);
  EXPECT_EQ(table.find(foreign), adopted);
  EXPECT_EQ(**table.find(own), 1);
  EXPECT_EQ(table.adopt(foreign, std::make_unique<int>(8)), nullptr) << "it is in use";
  EXPECT_EQ(table.adopt(own, std::make_unique<int>(8)), nullptr) << "of this table";
  EXPECT_EQ(table.adopt({}, std::make_unique<int>(8)), nullptr);
  EXPECT_EQ(table.size(), 2u);
  int visited = 0;
  table.for_each_after(own,
                       [&](const std::unique_ptr<int>& each) { return visited += *each, true; });
  EXPECT_EQ(visited, 7);
  table.for_each_after(foreign, [&](const std::unique_ptr<int>&) { return visited = 0, true; });
  EXPECT_EQ(visited, 7) << "it is the last";
  EXPECT_TRUE(table.erase(foreign));
  EXPECT_FALSE(table.erase(foreign));
  EXPECT_EQ(table.find(foreign), nullptr);
  EXPECT_EQ(table.size(), 1u);
}

TEST(HandleTable, VisitsExactlyTheLiveOnes) {
  Table table;
  const auto a = table.emplace(std::make_unique<int>(1));
  const auto b = table.emplace(std::make_unique<int>(2));
  const auto c = table.emplace(std::make_unique<int>(3));
  table.erase(b);
  std::set<std::uint64_t> visited;
  table.for_each(
      [&](Table::HandleType handle, std::unique_ptr<int>&) { visited.insert(handle.value); });
  EXPECT_EQ(visited, (std::set<std::uint64_t>{a.value, c.value}));
}

}  // namespace
}  // namespace switchhook::base
