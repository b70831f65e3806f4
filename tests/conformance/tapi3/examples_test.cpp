// SPDX-License-Identifier: Apache-2.0
// The programs of examples/tapi3 on libtapi3.so, each as a process of its own through a real
// daemon: on the exchange and over SIP, and beside a TAPI 2 program that watches the same session.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/example_programs.hpp"

namespace {

class Tapi3Examples : public switchhook::test::ExamplePrograms {
 protected:
  Program start(const std::string& name, std::vector<std::string> arguments) {
    // A program that leaks says so in its output.
    return ExamplePrograms::start(SWITCHHOOK_EXAMPLES "/" + name, std::move(arguments),
                                  {{"SWITCHHOOK_TAPI3_LEAKS", "stderr"}});
  }
  Program outgoing(std::vector<std::string> arguments) {
    return start("tapi3/tapi3_outgoing_call", std::move(arguments));
  }
};

void expect_no_leak(const std::string& said) {
  EXPECT_EQ(said.find("still referenced"), std::string::npos) << said;
}

TEST_F(Tapi3Examples, OutgoingCallIsConnectedEndedOnceAndReadAfterwards) {
  const Program call = outgoing({"100", "200", "50"});
  EXPECT_EQ(call.wait(), 0) << call.said();
  for (const char* words : {"state: connected\n", "cause: 1\n", "to 200 is over"})
    EXPECT_NE(call.said().find(words), std::string::npos) << words << "\n" << call.said();
  EXPECT_EQ(call.times("state: disconnected"), 1) << call.said();
  expect_no_leak(call.said());
}

TEST_F(Tapi3Examples, OutgoingCallSaysHowItFailed) {
  const Program busy = outgoing({"100", "202"});
  EXPECT_EQ(busy.wait(), 0) << busy.said();
  EXPECT_NE(busy.said().find("cause: 2\n"), std::string::npos) << busy.said();
  const Program nowhere = outgoing({"nowhere", "200"});
  EXPECT_EQ(nowhere.wait(), 1);
  EXPECT_NE(nowhere.said().find("there is no line nowhere"), std::string::npos) << nowhere.said();
}

TEST_F(Tapi3Examples, IncomingCallIsAnsweredOnTheExchange) {
  const Program in = start("tapi3/tapi3_incoming_call", {"101", "answer", "50"});
  ASSERT_TRUE(in.says("waiting for a call")) << in.said();
  const Program out = outgoing({"100", "101", "20000"});
  EXPECT_EQ(out.wait(), 0) << out.said();
  EXPECT_EQ(in.wait(), 0) << in.said();
  EXPECT_NE(in.said().find("call from 100"), std::string::npos) << in.said();
  EXPECT_EQ(out.times("state: disconnected"), 1) << out.said();
  expect_no_leak(in.said());
}

TEST_F(Tapi3Examples, IncomingCallIsRefusedOnTheExchange) {
  const Program in = start("tapi3/tapi3_incoming_call", {"101", "reject"});
  ASSERT_TRUE(in.says("waiting for a call")) << in.said();
  const Program out = outgoing({"100", "101"});
  EXPECT_EQ(out.wait(), 0) << out.said();
  EXPECT_EQ(in.wait(), 0) << in.said();
  EXPECT_NE(out.said().find("cause: 6\n"), std::string::npos) << out.said();
}

TEST_F(Tapi3Examples, CallsLiveAndEndOverSip) {
  const Program in = start("tapi3/tapi3_incoming_call", {"bob", "answer", "50"});
  ASSERT_TRUE(in.says("waiting for a call")) << in.said();
  const Program out = outgoing({"alice", "bob", "20000"});
  EXPECT_EQ(out.wait(), 0) << out.said();
  EXPECT_EQ(in.wait(), 0) << in.said();
  for (const char* words : {"state: connected\n", "cause: 1\n"})
    EXPECT_NE(out.said().find(words), std::string::npos) << words << "\n" << out.said();
  EXPECT_EQ(out.times("state: disconnected"), 1) << out.said();
  expect_no_leak(out.said());
  expect_no_leak(in.said());
}

TEST_F(Tapi3Examples, AnOfferedCallIsRefusedOverSip) {
  const Program in = start("tapi3/tapi3_incoming_call", {"bob", "reject"});
  ASSERT_TRUE(in.says("waiting for a call")) << in.said();
  const Program out = outgoing({"alice", "bob"});
  EXPECT_EQ(out.wait(), 0) << out.said();
  EXPECT_EQ(in.wait(), 0) << in.said();
  EXPECT_NE(out.said().find("cause: 6\n"), std::string::npos) << out.said();
}

TEST_F(Tapi3Examples, TheLoggerSeesTheCallsOfOthersOnTheExchangeAndOverSip) {
  const Program logger = start("tapi3/tapi3_call_logger", {"3"});
  ASSERT_TRUE(logger.says("ready\n")) << logger.said();
  EXPECT_EQ(outgoing({"100", "200", "50"}).wait(), 0);
  const Program in = start("tapi3/tapi3_incoming_call", {"bob", "answer", "50"});
  ASSERT_TRUE(in.says("waiting for a call")) << in.said();
  EXPECT_EQ(outgoing({"alice", "bob", "20000"}).wait(), 0);
  EXPECT_EQ(in.wait(), 0);
  EXPECT_EQ(logger.wait(), 0) << logger.said();
  EXPECT_NE(logger.said().find("100 -> 200: connected"), std::string::npos) << logger.said();
  EXPECT_EQ(logger.times("disconnected normal"), 3) << logger.said();
  expect_no_leak(logger.said());
}

// The far end ends the call: TAPI 3 here sees CS_DISCONNECTED once; TAPI 2 in another process,
// which watches the same session, sees it disconnected and, when it has been cleared, idle.
TEST_F(Tapi3Examples, ARemoteEndIsSeenHereAndByATapi2MonitorOfTheSameSession) {
  const Program monitor = start("tapi2/tapi2_monitor", {"100", "1"});
  ASSERT_TRUE(monitor.says("watching line 100")) << monitor.said();
  const Program call = outgoing({"100", "204", "20000"});  // answers, and hangs up after a second
  EXPECT_EQ(call.wait(), 0) << call.said();
  EXPECT_EQ(monitor.wait(), 0) << monitor.said();
  EXPECT_EQ(call.times("state: disconnected"), 1) << call.said();
  EXPECT_EQ(call.times("state: idle"), 0) << call.said();
  EXPECT_NE(call.said().find("cause: 1\n"), std::string::npos) << call.said();
  EXPECT_NE(monitor.said().find("disconnected"), std::string::npos) << monitor.said();
  EXPECT_NE(monitor.said().find("idle"), std::string::npos) << monitor.said();
}

}  // namespace
