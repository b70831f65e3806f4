// SPDX-License-Identifier: Apache-2.0
#include "providers/exchange/plan.hpp"

#include <gtest/gtest.h>

namespace switchhook::exchange {
namespace {

TEST(Plan, TakesOutWhatPeopleWriteBetweenDigits) {
  EXPECT_EQ(dialable("200"), "200");
  EXPECT_EQ(dialable(" (2) 0-0."), "200");
  EXPECT_EQ(dialable("*21#"), "*21#");
}

TEST(Plan, RefusesWhatIsNoNumber) {
  for (const char* bad : {"", "alice", "20o", "sip:200@host", "+", "2;0", "---"})
    EXPECT_EQ(dialable(bad), "") << bad;
  EXPECT_EQ(dialable(std::string(33, '1')), "");
  EXPECT_EQ(dialable(std::string(32, '1')), std::string(32, '1'));
}

TEST(Plan, DefaultIsValidAndKept) {
  const Config config;
  ASSERT_TRUE(config.validate());
  EXPECT_EQ(config.lines, (std::vector<std::string>{"100", "101"}));
  ASSERT_EQ(config.extensions.size(), 8u);
  EXPECT_EQ(config.extensions[4].number, "204");
  EXPECT_EQ(config.extensions[4].delay, std::chrono::seconds(1));
}

TEST(Plan, NamesWhatIsWrong) {
  Config config;
  config.lines = {"100", "1x"};
  EXPECT_NE(config.validate().error().context.find("\"1x\""), std::string::npos);
  config.lines = {"200"};
  EXPECT_NE(config.validate().error().context.find("200 is given twice"), std::string::npos);
  config.lines = {"100"};
  config.extensions = {{"300", Behaviour::answers, std::chrono::milliseconds(-1)}};
  EXPECT_NE(config.validate().error().context.find("below zero"), std::string::npos);
}

}  // namespace
}  // namespace switchhook::exchange
