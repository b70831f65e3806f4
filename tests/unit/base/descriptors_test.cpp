// SPDX-License-Identifier: Apache-2.0
#include "base/descriptors.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace switchhook::base {
namespace {

class Descriptors : public testing::Test {
 protected:
  Descriptors() { ::getrlimit(RLIMIT_NOFILE, &before_); }
  ~Descriptors() override { ::setrlimit(RLIMIT_NOFILE, &before_); }
  void allow(rlim_t count) const {
    const rlimit now{.rlim_cur = count, .rlim_max = before_.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &now), 0);
    ASSERT_EQ(descriptors_allowed(), count);
  }

 private:
  rlimit before_{};
};

TEST_F(Descriptors, TheLastAreToldByTheirNumber) {
  allow(1000);
  EXPECT_FALSE(is_of_the_last(935, 64));
  EXPECT_TRUE(is_of_the_last(936, 64));
  EXPECT_TRUE(is_of_the_last(999, 1));
  EXPECT_FALSE(is_of_the_last(998, 1));
}

TEST_F(Descriptors, OfASmallLimitAPartIsKept) {
  allow(64);
  EXPECT_FALSE(is_of_the_last(47, 64));
  EXPECT_TRUE(is_of_the_last(48, 64));
  EXPECT_FALSE(is_of_the_last(59, 16));
  EXPECT_TRUE(is_of_the_last(60, 16));
}

}  // namespace
}  // namespace switchhook::base
