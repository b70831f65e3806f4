// SPDX-License-Identifier: Apache-2.0
#include "base/counted.hpp"

#include <gtest/gtest.h>

namespace {

using switchhook::base::counted;

TEST(Counted, OneIsSingularAndAllElseIsPlural) {
  EXPECT_EQ(counted(0, "provider calls"), "0 provider calls");
  EXPECT_EQ(counted(1, "provider calls"), "1 provider call");
  EXPECT_EQ(counted(2, "provider calls"), "2 provider calls");
  EXPECT_EQ(counted(18446744073709551615U, "records"), "18446744073709551615 records");
}

}  // namespace
