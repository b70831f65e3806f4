// SPDX-License-Identifier: Apache-2.0
// A program that loses its connection to a real daemon, and not its life.
#include <gtest/gtest.h>

#include "tests/support/cutter.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/raw_connection.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook {
namespace {

using test::Cutter;
using test::DaemonProcess;
using test::eventually;
using test::TestClient;

TEST(Resumed, TheEndThatCameMeanwhileIsToldOnceAndTheIdentifierAnswers) {
  DaemonProcess daemon;
  TestClient other(daemon.socket(), "other");
  Cutter cutter(daemon.socket());
  TestClient app(cutter.path(), "app");
  const api::OpenId line = app.open("100");
  const api::CallId call = app.call(line, "204");  // hangs up after a second
  ASSERT_TRUE(app.reaches(call, CallState::connected));
  cutter.let_nobody_through();
  const auto disconnected = [&] {
    const auto page = other.port().call_for<api::RecordPage>(api::ListSessions{});
    return page && !page->records.empty() && page->records.front().state == CallState::disconnected;
  };
  EXPECT_TRUE(eventually(disconnected)) << "its holder is away, not gone";
  cutter.let_through();
  EXPECT_TRUE(app.reaches(call, CallState::disconnected));
  const Result<api::CallSnapshot> snapshot = app.look(call);
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->record.end->origin, EndOrigin::remote_party);
  EXPECT_EQ(snapshot->privilege, Privilege::owner);
  EXPECT_TRUE(app.port().call(api::DropCall{call}));
  int told = 0;
  static_cast<void>(app.next([&](const test::Notice& notice) {
    const auto* event = std::get_if<api::Event>(&notice);
    const auto* state = event ? std::get_if<api::CallStateChanged>(event) : nullptr;
    told += state != nullptr && state->state == CallState::disconnected ? 1 : 0;
    return state != nullptr && state->state == CallState::idle;
  }));
  EXPECT_EQ(told, 0) << "a second time";
  EXPECT_TRUE(app.port().call(api::ReleaseCall{call}));
  EXPECT_EQ(app.status().applications, 2u);
}

TEST(Resumed, CallsOfWhoDoesNotComeBackAreEnded) {
  DaemonProcess daemon({.config = "[service]\nresume_s = 1\nrestore_s = 1\n"});
  TestClient other(daemon.socket(), "other");
  Cutter cutter(daemon.socket());
  TestClient app(cutter.path(), "app");
  const api::CallId call = app.call(app.open("100"), "200");
  ASSERT_TRUE(app.reaches(call, CallState::connected));
  cutter.let_nobody_through();
  EXPECT_TRUE(eventually([&] { return other.records().size() == 1; }));
  EXPECT_EQ(other.records().front().end->origin, EndOrigin::application_lost);
  EXPECT_TRUE(eventually([&] { return !app.connected(); }));
}

TEST(Resumed, ADaemonThatDiedIsNotWaitedForBeyondItsReturn) {
  DaemonProcess daemon({.config = "[service]\nresume_s = 3600\nrestore_s = 1\n"});
  TestClient app(daemon.socket(), "app");
  daemon.process().signal(SIGKILL);
  EXPECT_TRUE(eventually([&] { return !app.connected(); }));
  static_cast<void>(daemon.process().wait(std::chrono::seconds(20)));
  daemon.start();
}

TEST(Resumed, CanBeSwitchedOff) {
  DaemonProcess daemon({.config = "[service]\nresume_s = 0\n"});
  test::RawConnection connection(daemon.socket());
  connection.send(rpc::Hello{.application = "x", .resumable = true});
  const auto frame = connection.read();
  ASSERT_TRUE(frame && std::holds_alternative<rpc::HelloAck>(*frame));
  EXPECT_EQ(std::get<rpc::HelloAck>(*frame).resume, "");
}

}  // namespace
}  // namespace switchhook
