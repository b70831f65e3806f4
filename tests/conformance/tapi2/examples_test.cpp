// SPDX-License-Identifier: Apache-2.0
// The C programs of examples/tapi2, each as a process of its own, through a real daemon.
#include <gtest/gtest.h>

#include "tests/support/daemon_process.hpp"

namespace {

using namespace std::chrono_literals;
using switchhook::test::ChildProcess;
using switchhook::test::content_of;
using switchhook::test::DaemonProcess;
using switchhook::test::eventually;

class Tapi2Examples : public ::testing::Test {
 protected:
  struct Program {
    std::string output;
    std::unique_ptr<ChildProcess> process;
    [[nodiscard]] std::string said() const { return content_of(output); }
    [[nodiscard]] bool says(const std::string& words) const {
      return eventually([&] { return said().find(words) != std::string::npos; });
    }
    int wait() { return process->wait(30s); }
  };
  Program start(const std::string& name, std::vector<std::string> arguments) {
    Program program;
    program.output = daemon.folder() / (name + std::to_string(++started_) + ".out");
    arguments.insert(arguments.begin(), SWITCHHOOK_TAPI2_EXAMPLES "/tapi2_" + name);
    program.process = std::make_unique<ChildProcess>(
        arguments, switchhook::test::Environment{{"SWITCHHOOK_SOCKET", daemon.socket()}},
        program.output);
    return program;
  }
  DaemonProcess daemon;

 private:
  int started_ = 0;
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
