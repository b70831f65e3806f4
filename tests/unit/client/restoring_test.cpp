// SPDX-License-Identifier: Apache-2.0
// The service dies, and another one takes its place: what becomes of requests, openings and
// identifiers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "client_world.hpp"

namespace switchhook::client {
namespace {

using test::eventually;
using test::kSoon;
using testing::ElementsAre;

struct Restoring : test::ClientWorld {
  void die(const std::string& why = "the service died") {
    fake->run([why](api::ServiceSink& sink) { sink.on_interrupted(why); });
    fake->settle();
  }
  void come_back() {
    fake->run([](api::ServiceSink& sink) { sink.on_replaced(); });
    fake->settle();
  }
  /// The answer to Restore is this.
  void could_not_restore(api::Restored lost_things) {
    fake->answer_with([=](const api::Command& command) -> std::optional<Result<api::Value>> {
      if (!std::holds_alternative<api::Restore>(command)) return std::nullopt;
      return Result<api::Value>(api::Value{lost_things});
    });
  }
};

TEST_F(Restoring, WhatTheDeadServiceDidNotAnswerIsAnswered) {
  const api::OpenId line = open();
  const api::CallId call = make(line);
  fake->silent = true;
  Result<api::Value> dropped = Errc::failed, held = Errc::failed;
  std::thread drops([&] { dropped = client->call(api::DropCall{call}); });
  std::thread holds([&] { held = client->call(api::HoldCall{call}); });
  static_cast<void>(number<api::DropCall>());
  static_cast<void>(number<api::HoldCall>());
  fake->settle();
  die();
  drops.join();
  holds.join();
  EXPECT_TRUE(dropped) << "with the service it ended";
  EXPECT_EQ(held.error().code, Errc::disconnected);
}

TEST_F(Restoring, WhatIsAskedMeanwhileIsToldHowTheServiceWent) {
  const api::OpenId line = open();
  die("the service was stopped");
  EXPECT_EQ(client->call(api::MakeCall{.open = line}).error().context,
            "the service was stopped, and no other one is there yet");
}

TEST_F(Restoring, WhileNoServiceIsThereRequestsAreAnsweredAtOnce) {
  const api::OpenId line = open();
  const api::CallId call = make(line);
  die();
  const auto made = client->call(api::MakeCall{.open = line});
  EXPECT_EQ(made.error().code, Errc::disconnected);
  EXPECT_EQ(made.error().context, "the service died, and no other one is there yet");
  EXPECT_TRUE(client->release(call));
  EXPECT_EQ(client->held(), 0u);
  EXPECT_EQ(fake->count<api::ReleaseCall>(), 0u);
  EXPECT_TRUE(client->connected());
}

TEST_F(Restoring, TheNextServiceIsFirstAskedForWhatIsHeld) {
  const api::OpenId line = open(), closed = open();
  const api::CallId call = make(line), released = make(line);
  fake->state(call, CallState::idle);
  fake->settle();
  die();
  client->let_go(released);
  EXPECT_TRUE(client->close(closed));
  could_not_restore({});
  come_back();
  EXPECT_TRUE(client->call(api::ListLines{}));
  ASSERT_EQ(fake->count<api::Restore>(), 1u);
  const auto asked = fake->last<api::Restore>();
  ASSERT_EQ(asked.openings.size(), 1u);
  EXPECT_EQ(asked.openings[0].open, line);
  ASSERT_EQ(asked.calls.size(), 1u);
  EXPECT_EQ(asked.calls[0].call, call);
  EXPECT_TRUE(asked.calls[0].over);
  EXPECT_LT(number<api::Restore>(), number<api::ListLines>());
  EXPECT_EQ(client->held(), 1u);
}

TEST_F(Restoring, WhatIsNotThereAgainIsTold) {
  const api::OpenId line = open(), other = open();
  const api::CallId call = make(line), also_lost = make(other);
  die();
  could_not_restore({{other}, {call, also_lost}});
  come_back();
  EXPECT_EQ(std::get<api::LineClosed>(*events.pop(kSoon)).open, other);
  const auto idle = std::get<api::CallStateChanged>(*events.pop(kSoon));
  EXPECT_EQ(idle.call, call);
  EXPECT_EQ(idle.state, CallState::idle);
  EXPECT_EQ(std::get<api::CallReclaimed>(*events.pop(kSoon)).call, call);
  EXPECT_EQ(client->held(), 0u);
  EXPECT_EQ(events.size(), 0u);
}

TEST_F(Restoring, ADropThatTheDeadServiceDidNotAnswerIsAskedForAgain) {
  const api::CallId call = make(open());
  fake->silent = true;
  std::thread drops([&] { EXPECT_TRUE(client->call(api::DropCall{call})); });
  static_cast<void>(number<api::DropCall>());
  fake->settle();
  die();
  drops.join();
  fake->silent = false;
  could_not_restore({});
  come_back();
  EXPECT_TRUE(eventually([&] { return fake->count<api::DropCall>() == 2; }));
  EXPECT_EQ(fake->last<api::DropCall>().call, call);
}

TEST_F(Restoring, AServiceThatCannotRestoreIsALoss) {
  static_cast<void>(open());
  die();
  fake->answer_with([](const api::Command& command) -> std::optional<Result<api::Value>> {
    if (!std::holds_alternative<api::Restore>(command)) return std::nullopt;
    return Result<api::Value>(Error{Errc::unsupported, {}});
  });
  come_back();
  EXPECT_TRUE(lost.pop(kSoon));
  EXPECT_FALSE(client->connected());
}

TEST_F(Restoring, TheNextServiceMayDieToo) {
  const api::OpenId line = open();
  die();
  keep_silent<api::Restore>();
  come_back();
  die();
  EXPECT_EQ(lost.size(), 0u) << "the third one is asked";
  fake->silence({});
  could_not_restore({});
  come_back();
  EXPECT_TRUE(eventually([&] { return fake->count<api::Restore>() == 2; }));
  EXPECT_EQ(fake->last<api::Restore>().openings.at(0).open, line);
  EXPECT_TRUE(client->connected());
}

}  // namespace
}  // namespace switchhook::client
