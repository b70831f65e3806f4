// SPDX-License-Identifier: Apache-2.0
// A program that outlives a real daemon: what it held is there again in the next one, and it is
// told what became of each of its sessions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "switchhook/application.hpp"
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

void die_and_return(DaemonProcess& daemon) {
  daemon.kill();
  daemon.start();
}

TEST(Returned, EverySessionIsToldItsEndAndEveryIdentifierAnswers) {
  DaemonProcess daemon;
  TestClient app(daemon.socket(), "app");
  const api::OpenId line = app.open("100"), second = app.open("101");
  const auto [before, live, ringing, session] = ThreeCalls(app, line, second, "201");
  die_and_return(daemon);

  for (const api::CallId call : {live, ringing}) {
    EXPECT_TRUE(app.reaches(call, CallState::disconnected));
    EXPECT_TRUE(app.reaches(call, CallState::idle));
    const Result<api::CallSnapshot> look = app.look(call);
    ASSERT_TRUE(look) << look.error().text();
    EXPECT_EQ(look->record.end->origin, EndOrigin::system);
    EXPECT_THAT(look->record.end->cause.words, HasSubstr("the service died"));
    EXPECT_EQ(look->privilege, Privilege::owner);
  }
  EXPECT_EQ(app.look(live)->record.session, session);
  const Result<api::CallSnapshot> old = app.look(before);
  ASSERT_TRUE(old) << old.error().text();
  EXPECT_EQ(old->record.end->origin, EndOrigin::local_user);
  EXPECT_EQ(old->record.timeline.back().state, CallState::idle);

  // The line goes on, and so does the ledger of leaks.
  const api::CallId next = app.call(line, "200");
  EXPECT_TRUE(app.reaches(next, CallState::connected));
  const auto leaks = app.port().call_for<api::LeakList>(api::ListLeaks{});
  ASSERT_TRUE(leaks);
  EXPECT_EQ(leaks->total, 3u);
  for (const api::CallId call : {before, live, ringing})
    EXPECT_TRUE(app.port().call(api::ReleaseCall{call}));
  const auto gone = app.port().call(api::ReleaseCall{live});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Errc::stale_handle);
  EXPECT_TRUE(app.port().call(api::CloseLine{second}));
  const auto audit = app.port().call_for<api::AuditReport>(api::RunAudit{});
  ASSERT_TRUE(audit);
  EXPECT_THAT(audit->findings, testing::IsEmpty());
  EXPECT_TRUE(eventually([&] {
    const std::vector<Record> records = app.records();
    return records.size() == 3 && std::all_of(records.begin(), records.end(), [](const Record& r) {
             return r.holders.size() == 1 && r.holders.front().released;
           });
  })) << "one record each, and when it was released";
}

TEST(Returned, AProgramOfTheCxxApiGoesOn) {
  DaemonProcess daemon;
  Result<Application> app = Application::connect({.name = "app", .socket = daemon.socket()});
  ASSERT_TRUE(app) << app.error().text();
  Result<Line> line = app->open_line("100");
  ASSERT_TRUE(line) << line.error().text();
  Result<Session> session = line->call("200");
  ASSERT_TRUE(session) << session.error().text();
  ASSERT_TRUE(session->wait_for(CallState::connected, std::chrono::seconds(20)));
  die_and_return(daemon);
  ASSERT_TRUE(session->wait_for_end(std::chrono::seconds(20)));
  const Result<Record> record = session->record();
  ASSERT_TRUE(record) << record.error().text();
  EXPECT_EQ(record->end->origin, EndOrigin::system);
  EXPECT_TRUE(session->release());
  Result<Session> next = line->call("200");
  ASSERT_TRUE(next) << next.error().text();
  EXPECT_TRUE(next->drop());
}

TEST(Returned, WhatWasAskedAndNotAnsweredIsAnswered) {
  DaemonProcess daemon;
  TestClient app(daemon.socket(), "app");
  const api::CallId call = app.call(app.open("100"), "200");
  ASSERT_TRUE(app.reaches(call, CallState::connected));
  daemon.process().signal(SIGSTOP);
  std::atomic<int> dropped = 0, held = 0;
  ASSERT_TRUE(app.post(api::HoldCall{call}, [&](const Result<api::Value>& result) {
    held = !result && result.error().code == Errc::disconnected ? 1 : -1;
  }));
  ASSERT_TRUE(app.post(api::DropCall{call},
                       [&](const Result<api::Value>& result) { dropped = result ? 1 : -1; }));
  die_and_return(daemon);
  EXPECT_TRUE(eventually([&] { return dropped != 0 && held != 0; }));
  EXPECT_EQ(held, 1) << "nobody knows";
  EXPECT_EQ(dropped, 1) << "with the service, it ended";
  EXPECT_TRUE(app.reaches(call, CallState::idle));
}

TEST(Returned, AReleaseThatTheDeadServiceDidNotAnswerHolds) {
  DaemonProcess daemon;
  TestClient app(daemon.socket(), "app");
  const api::CallId call = app.call(app.open("100"), "200");
  ASSERT_TRUE(app.reaches(call, CallState::connected));
  daemon.process().signal(SIGSTOP);
  std::atomic<bool> released = false;
  ASSERT_TRUE(app.post(api::ReleaseCall{call}, [&](const Result<api::Value>& result) {
    released = static_cast<bool>(result);
  }));
  die_and_return(daemon);
  EXPECT_TRUE(eventually([&] { return released.load(); }));
  EXPECT_TRUE(eventually([&] { return app.port().call(api::GetServiceStatus{}).has_value(); }))
      << "it is not found again";
  EXPECT_EQ(app.port().call_for<api::LeakList>(api::ListLeaks{})->total, 0u);
}

TEST(Returned, ALineThatIsThereNoMoreIsClosed) {
  DaemonProcess daemon({.config = "[sip]\nport = 0\n[exchange]\nlines = [\"100\", \"101\"]\n"});
  TestClient app(daemon.socket(), "app");
  const api::OpenId line = app.open("101");
  const api::CallId call = app.call(line, "200");
  ASSERT_TRUE(app.reaches(call, CallState::connected));
  daemon.kill();
  daemon.configure("[sip]\nport = 0\n[exchange]\nlines = [\"100\"]\n");
  daemon.start();
  const auto closed = app.next([&](const test::Notice& notice) {
    const auto* event = std::get_if<api::Event>(&notice);
    const auto* what = event ? std::get_if<api::LineClosed>(event) : nullptr;
    return what != nullptr && what->open == line;
  });
  EXPECT_TRUE(closed);
  EXPECT_FALSE(app.look(call));
}

TEST(Returned, WithoutAStoreTheDeathIsToldAtOnce) {
  for (const bool store : {false, true}) {
    const std::string config = store ? "[service]\nrestore_s = 0\n" : "";
    DaemonProcess daemon({.config = config + "[sip]\nport = 0\n", .store = store});
    TestClient app(daemon.socket(), "app");
    daemon.kill();
    EXPECT_TRUE(eventually([&] { return !app.connected(); })) << store;
  }
}

}  // namespace
}  // namespace switchhook
