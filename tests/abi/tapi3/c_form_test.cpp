// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/abi/tapi3/c_form.h"

namespace {

TEST(Tapi3Abi, EveryMethodHasItsPublishedVtableSlotInTheCForm) {
  std::size_t count = 0;
  const switchhook_c_slot* slots = switchhook_c_slots(&count);
  ASSERT_GT(count, 0u);
  for (std::size_t i = 0; i < count; ++i)
    EXPECT_EQ(slots[i].here, slots[i].published) << slots[i].name;
}

}  // namespace
