// SPDX-License-Identifier: Apache-2.0
#include "tapi2/handles.hpp"

#include <gtest/gtest.h>

namespace switchhook::tapi2 {
namespace {

TEST(TapiHandles, CarryTheirKindAndNeverTheTopBit) {
  HandleTable<int> lines(HandleKind::line), calls(HandleKind::call);
  const DWORD line = lines.add(std::make_shared<int>(1));
  const DWORD call = calls.add(std::make_shared<int>(2));
  EXPECT_NE(line, call);
  EXPECT_EQ((line | call) >> 31, 0u);
  EXPECT_EQ(calls.find(line), nullptr);
  EXPECT_EQ(lines.find(call), nullptr);
  ASSERT_NE(lines.find(line), nullptr);
  EXPECT_EQ(*lines.find(line), 1);
}

TEST(TapiHandles, APinOutlivesTheRemoval) {
  HandleTable<int> table(HandleKind::call);
  const DWORD handle = table.add(std::make_shared<int>(7));
  const std::shared_ptr<int> pin = table.find(handle);
  EXPECT_EQ(table.remove(handle), pin);
  EXPECT_EQ(table.remove(handle), nullptr) << "only for the first";
  EXPECT_EQ(table.find(handle), nullptr);
  EXPECT_EQ(*pin, 7);
}

TEST(TapiHandles, RecurOnlyAfterTheWholeRangeAndNeverWhileHeld) {
  HandleTable<int> table(HandleKind::application);
  const DWORD first = table.add(std::make_shared<int>(1));
  table.count_from(0x0fffffff);
  EXPECT_EQ(table.add(std::make_shared<int>(2)), 0x1fffffffu);
  EXPECT_EQ(table.add(std::make_shared<int>(3)), 0x10000000u) << "the range begins again";
  EXPECT_EQ(table.add(std::make_shared<int>(4)), first + 1) << "what is held is stepped over";
}

TEST(TapiHandles, HaveALimit) {
  HandleTable<int> table(HandleKind::call);
  const auto one = std::make_shared<int>(0);
  DWORD last = 0;
  for (std::size_t i = 0; i < HandleTable<int>::kLiveMax; ++i) last = table.add(one);
  EXPECT_NE(last, 0u);
  EXPECT_EQ(table.add(one), 0u);
  table.remove(last);
  EXPECT_NE(table.add(one), 0u);
}

}  // namespace
}  // namespace switchhook::tapi2
