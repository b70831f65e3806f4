// SPDX-License-Identifier: Apache-2.0
// The C programs of examples/tapi2, each as a process of its own, through a real daemon.
#include <gtest/gtest.h>

#include "tests/support/example_programs.hpp"

namespace {

class Tapi2Examples : public switchhook::test::ExamplePrograms {
 protected:
  Program start(const std::string& name, std::vector<std::string> arguments) {
    return ExamplePrograms::start(SWITCHHOOK_TAPI2_EXAMPLES "/tapi2_" + name, std::move(arguments));
  }
};

TEST_F(Tapi2Examples, CallIsConnectedAndEndsWithItsRecord) {
  Program call = start("call", {"100", "200"});
  EXPECT_EQ(call.wait(), 0) << call.said();
  for (const char* words : {"connected\n", "idle\n", "to 200"})
    EXPECT_NE(call.said().find(words), std::string::npos) << words << "\n" << call.said();
}

TEST_F(Tapi2Examples, CallSaysHowItFailed) {
  Program busy = start("call", {"100", "202"});
  EXPECT_EQ(busy.wait(), 1);
  EXPECT_NE(busy.said().find("disconnected: busy"), std::string::npos) << busy.said();
  Program nowhere = start("call", {"nowhere", "200"});
  EXPECT_EQ(nowhere.wait(), 1);
  EXPECT_NE(nowhere.said().find("there is no line \"nowhere\""), std::string::npos);
}

TEST_F(Tapi2Examples, AnswerTakesCallsOfAnotherProgram) {
  Program answer = start("answer", {"101", "2"});
  ASSERT_TRUE(answer.says("waiting for calls")) << answer.said();
  for (int i = 0; i < 2; ++i) {
    Program call = start("call", {"100", "101"});
    EXPECT_EQ(call.wait(), 0) << call.said();
  }
  EXPECT_EQ(answer.wait(), 0) << answer.said();
  EXPECT_NE(answer.said().find("from 100 to 101"), std::string::npos) << answer.said();
}

TEST_F(Tapi2Examples, AnswerTakesACallOverSip) {
  Program answer = start("answer", {"bob", "1"});
  ASSERT_TRUE(answer.says("waiting for calls")) << answer.said();
  Program call = start("call", {"alice", "bob"});
  EXPECT_EQ(call.wait(), 0) << call.said();
  EXPECT_EQ(answer.wait(), 0) << answer.said();
}

TEST_F(Tapi2Examples, MonitorSeesTheCallsOfOthers) {
  Program monitor = start("monitor", {"100", "1"});
  ASSERT_TRUE(monitor.says("watching line 100")) << monitor.said();
  Program call = start("call", {"100", "200"});
  EXPECT_EQ(call.wait(), 0) << call.said();
  EXPECT_EQ(monitor.wait(), 0) << monitor.said();
  EXPECT_NE(monitor.said().find("  connected\n"), std::string::npos) << monitor.said();
}

}  // namespace
