// SPDX-License-Identifier: Apache-2.0
// A daemon that stops on purpose: its programs wait for the next one, as they do after its death, and
// one that is drained waits for its calls. Emergency calls are made all the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/daemon/three_calls.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook {
namespace {

using test::DaemonProcess;
using test::eventually;
using test::TestClient;
using test::ThreeCalls;
using testing::HasSubstr;
using testing::IsEmpty;

bool lost(TestClient& app) {
  return app
      .next([](const test::Notice& notice) {
        return std::holds_alternative<test::Disconnected>(notice);
      })
      .has_value();
}

/// What the identifier answers once the next daemon is found.
Record found_again(TestClient& app, api::CallId call) {
  Result<api::CallSnapshot> look = app.look(call);
  EXPECT_TRUE(eventually([&] { return (look = app.look(call)).has_value(); }))
      << look.error().text();
  return look ? look->record : Record{.end = End{}};
}

class CleanStop : public testing::TestWithParam<const char*> {
 protected:
  DaemonProcess daemon_{
      {.config = std::string("[sip]\nport = 0\nprocess = \"") + GetParam() + "\"\n"}};
};
INSTANTIATE_TEST_SUITE_P(Sip, CleanStop, testing::Values("daemon", "own"));

TEST_P(CleanStop, IsNoWorseThanDeath) {
  TestClient app(daemon_.socket(), "app");
  const api::OpenId line = app.open("100"), sip = app.open("alice");
  static_cast<void>(app.open("bob"));
  const auto [before, live, ringing, session] = ThreeCalls(app, line, sip, "bob");
  EXPECT_EQ(daemon_.stop(), 0) << daemon_.log();
  const auto between = app.port().call(api::ListLines{});
  ASSERT_FALSE(between);
  EXPECT_THAT(between.error().context, testing::StartsWith("the service was stopped"));
  // Told before the next one is there.
  EXPECT_TRUE(app.reaches(live, CallState::disconnected));
  EXPECT_TRUE(app.reaches(live, CallState::idle));
  daemon_.start();
  for (const api::CallId call : {live, ringing}) {
    const Record record = found_again(app, call);
    EXPECT_EQ(record.state, CallState::idle);
    EXPECT_EQ(record.end->origin, EndOrigin::system);
    EXPECT_EQ(record.end->cause.words, "the service was stopped");
  }
  EXPECT_EQ(found_again(app, live).session, session);
  EXPECT_EQ(found_again(app, before).end->origin, EndOrigin::local_user);
  const api::CallId next = app.call(line, "200");
  EXPECT_TRUE(app.reaches(next, CallState::connected)) << "the line is still open";
  for (const api::CallId call : {before, live, ringing})
    EXPECT_TRUE(app.port().call(api::ReleaseCall{call}));
  EXPECT_TRUE(eventually([&] {
    const std::vector<Record> records = app.records();
    return records.size() == 4 &&
           std::count_if(records.begin(), records.end(), [](const Record& r) {
             return r.holders.front().released.has_value();
           }) == 3;
  })) << "one record each, and when it was released; bob's is held";
  EXPECT_THAT(app.audit().findings, IsEmpty());
  EXPECT_TRUE(app.connected());
}

TEST(Stopped, LinesOfTheNextAreTheSameOrAreToldGone) {
  DaemonProcess daemon(
      {.config = "[sip]\nenabled = false\n[exchange]\nlines = [\"099\", \"100\"]\n"});
  TestClient app(daemon.socket(), "app");
  const api::LineId gone = app.line("099"), stays = app.line("100");
  EXPECT_EQ(daemon.stop(), 0);
  daemon.configure("[sip]\nenabled = false\n[exchange]\nlines = [\"100\", \"101\"]\n");
  daemon.start();
  const auto removed = app.next_event<api::LineRemoved>();
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->line, gone);
  const auto added = app.next_event<api::LineAppeared>();
  ASSERT_TRUE(added);
  EXPECT_EQ(added->line, app.line("101"));
  EXPECT_EQ(app.line("100"), stays);
  const auto opened = app.port().call(api::OpenLine{gone, 2, 0});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::line_removed);
}

TEST(Stopped, ALineThatComesBackAfterAStartWithoutItIsToldAsNew) {
  const auto with = [](const char* lines) {
    return std::string("[sip]\nenabled = false\n[exchange]\nlines = [") + lines + "]\n";
  };
  DaemonProcess daemon({.config = with("\"099\", \"100\"")});
  EXPECT_EQ(daemon.stop(), 0);
  daemon.configure(with("\"100\""));
  daemon.start();
  TestClient app(daemon.socket(), "app");
  const api::LineId stays = app.line("100");
  EXPECT_EQ(daemon.stop(), 0);
  daemon.configure(with("\"099\", \"100\""));
  daemon.start();
  const auto added = app.next_event<api::LineAppeared>();
  ASSERT_TRUE(added);
  EXPECT_EQ(added->line, app.line("099"));
  EXPECT_EQ(app.line("100"), stays);
}

TEST(Stopped, WithoutAStoreItIsToldAtOnceAndWhy) {
  for (const bool store : {false, true}) {
    const std::string config = store ? "[service]\nrestore_s = 0\n" : "";
    DaemonProcess daemon({.config = config + "[sip]\nenabled = false\n", .store = store});
    TestClient app(daemon.socket(), "app");
    const api::OpenId line = app.open("100");
    EXPECT_EQ(daemon.stop(), 0);
    const auto closed = app.next_event<api::LineClosed>();
    ASSERT_TRUE(closed);
    EXPECT_EQ(closed->open, line);
    EXPECT_TRUE(lost(app));
  }
}

TEST(Stopped, OneThatDoesNotComeBackIsToldWhenTheTimeIsUp) {
  DaemonProcess daemon({.config = "[service]\nrestore_s = 1\n[sip]\nenabled = false\n"});
  TestClient app(daemon.socket(), "app");
  EXPECT_EQ(daemon.stop(), 0);
  const auto gone = app.next([](const test::Notice& notice) {
    return std::holds_alternative<test::Disconnected>(notice);
  });
  ASSERT_TRUE(gone);
  EXPECT_THAT(std::get<test::Disconnected>(*gone).why.context, HasSubstr("was stopped"));
}

class Drained : public testing::Test {
 protected:
  DaemonProcess daemon_{{.config = "[sip]\nport = 0\n[[sip.line]]\nname = \"alice\"\n"
                                   "[[sip.line]]\nname = \"bob\"\n[exchange]\n"
                                   "lines = [\"100\", \"101\"]\n[[exchange.extension]]\n"
                                   "number = \"200\"\n[[exchange.extension]]\nnumber = \"112\"\n"}};
};

TEST_F(Drained, RefusesCallsAndEndsWithTheLast) {
  TestClient app(daemon_.socket(), "app");
  const api::OpenId line = app.open("100");
  const api::CallId call = app.call(line, "200");
  ASSERT_TRUE(app.reaches(call, CallState::connected));
  ASSERT_TRUE(app.port().call(api::Drain{}));
  EXPECT_THAT(app.status().refusing, HasSubstr("the service ends when the last call is over"));
  const auto refused = app.port().call(api::MakeCall{.open = line, .address = "200"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::resource_unavailable);
  EXPECT_THAT(refused.error().context, HasSubstr("the service ends"));
  EXPECT_EQ(daemon_.process().wait(std::chrono::milliseconds(300)), -1) << "a call is up";
  ASSERT_TRUE(app.port().call(api::DropCall{call}));
  EXPECT_EQ(daemon_.process().wait(std::chrono::seconds(20)), 0) << daemon_.log();
  EXPECT_THAT(daemon_.log(), HasSubstr("stopping: the service was drained"));
  daemon_.start();
  EXPECT_EQ(found_again(app, call).end->origin, EndOrigin::local_user);
  EXPECT_EQ(app.status().refusing, "");
}

TEST_F(Drained, AtOnceWithoutCallsAndNotWhenItIsTakenBack) {
  TestClient app(daemon_.socket(), "app");
  const api::OpenId line = app.open("100");
  const api::CallId call = app.call(line, "200");
  ASSERT_TRUE(app.reaches(call, CallState::connected));
  ASSERT_TRUE(app.port().call(api::Drain{}));
  ASSERT_TRUE(app.port().call(api::Drain{.cancel = true}));
  ASSERT_TRUE(app.port().call(api::DropCall{call}));
  ASSERT_TRUE(app.reaches(call, CallState::idle));
  EXPECT_EQ(app.status().refusing, "");
  const api::CallId next = app.call(line, "200");
  ASSERT_TRUE(app.port().call(api::DropCall{next}));
  ASSERT_TRUE(app.reaches(next, CallState::idle));
  ASSERT_TRUE(app.port().call(api::Drain{}));
  EXPECT_EQ(daemon_.process().wait(std::chrono::seconds(20)), 0) << daemon_.log();
}

TEST_F(Drained, TakesAnEmergencyCallAndWaitsForIt) {
  TestClient app(daemon_.socket(), "app");
  const api::OpenId line = app.open("100");
  const api::CallId first = app.call(line, "200");
  ASSERT_TRUE(app.reaches(first, CallState::connected));
  ASSERT_TRUE(app.port().call(api::Drain{}));
  const api::CallId emergency = app.call(line, "112");
  EXPECT_TRUE(app.reaches(emergency, CallState::connected));
  ASSERT_TRUE(app.port().call(api::DropCall{first}));
  EXPECT_EQ(daemon_.process().wait(std::chrono::milliseconds(300)), -1) << "a call is up";
  EXPECT_THAT(daemon_.log(), HasSubstr("warning limits: an emergency call of \"app\" on line 100"));
  ASSERT_TRUE(app.port().call(api::DropCall{emergency}));
  EXPECT_EQ(daemon_.process().wait(std::chrono::seconds(20)), 0) << daemon_.log();
}

}  // namespace
}  // namespace switchhook
