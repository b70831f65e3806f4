// SPDX-License-Identifier: Apache-2.0
#include "client/attachment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "client_world.hpp"

namespace switchhook::client {
namespace {

using namespace std::chrono_literals;
using test::ClientWorld;
using test::eventually;
using test::kSoon;
using testing::ElementsAre;

struct Requests : ClientWorld {};
struct Started : ClientWorld {};
struct Undoing : ClientWorld {};
struct Overload : ClientWorld {};
struct Suppression : ClientWorld {};
struct LostEvents : ClientWorld {};
struct Lines : ClientWorld {};
struct Kept : ClientWorld {};
struct Ending : ClientWorld {};

struct Named : Object {
  explicit Named(int n) : number(n) {}
  int number;
};

// ---- requests

TEST_F(Requests, CallReturnsWhatTheServiceCompletesWith) {
  EXPECT_EQ(client->call_for<api::OpenedLine>(api::OpenLine{})->open.value, 1u);
}

TEST_F(Requests, CallWaitsBeyondTheAcceptanceForTheCompletion) {
  keep_silent<api::MakeCall>();
  const api::OpenId line = open();
  std::thread service([&] {
    const api::RequestId request = number<api::MakeCall>();
    fake->reply(request, api::Value{}, true);
    fake->reply(request, api::Value{api::MadeCall{{5}}});
  });
  EXPECT_EQ(make(line).value, 5u);
  service.join();
}

TEST_F(Requests, AValueOfAnotherKindIsAnErrorNotACrash) {
  EXPECT_EQ(client->call_for<api::OpenedLine>(api::ListLines{}).error().code, Errc::malformed);
}

TEST_F(Requests, AnUnansweredCallTimesOutAndALateAnswerIsHarmless) {
  keep_silent<api::RunAudit>();
  EXPECT_EQ(client->call(api::RunAudit{}, {}, 5ms).error().code, Errc::timed_out);
  fake->reply(number<api::RunAudit>(), api::Value{api::AuditReport{}});
  EXPECT_TRUE(client->call(api::ListLines{}));
}

TEST_F(Requests, EveryNumberUpToTheLastIsTheApplications) {
  client->count_from(0x7ffffffc);
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(client->call(api::ListLines{}));
  EXPECT_THAT(fake->numbers<api::ListLines>(),
              ElementsAre(0x7ffffffd, 0x7ffffffe, 0x7fffffff, 1, 2, 3));
}

TEST_F(Requests, ANumberThatIsNotAnsweredIsNotGivenAgain) {
  keep_silent<api::RunAudit>();
  EXPECT_EQ(client->call(api::RunAudit{}, {}, 1ms).error().code, Errc::timed_out);
  client->count_from(number<api::RunAudit>() - 1);
  EXPECT_TRUE(client->call(api::ListLines{}));
  EXPECT_NE(number<api::ListLines>(), number<api::RunAudit>());
}

TEST_F(Requests, ManyThreadsGetEachTheirOwnAnswer) {
  fake->answer_with([](const api::Command& command) -> std::optional<Result<api::Value>> {
    const auto* set = std::get_if<api::SetAppSpecific>(&command);
    if (set == nullptr) return std::nullopt;
    return Result<api::Value>(api::Value{api::Reclaimed{set->value}});
  });
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::uint32_t i = 0; i < 500; ++i) {
        const std::uint32_t mine = t * 1000 + i;
        auto got = client->call_for<api::Reclaimed>(api::SetAppSpecific{{}, mine});
        if (!got || got->count != mine) ++wrong;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(Requests, WhatArrivesIsBookedBeforeWhatFollowsInTheStream) {
  std::atomic<std::size_t> heard_before{99};
  fake->answer_with([&](const api::Command& command) -> std::optional<Result<api::Value>> {
    if (std::holds_alternative<api::OpenLine>(command)) fake->event(api::LineAppeared{1});
    return std::nullopt;
  });
  ASSERT_TRUE(client->call(api::OpenLine{}, [&](api::Value&) { heard_before = events.size(); }));
  EXPECT_TRUE(eventually([&] { return events.size() == 1; }));
  EXPECT_EQ(heard_before, 0u);
}

// ---- started requests

TEST_F(Started, ReturnsWhenAcceptedAndTheCompletionIsTold) {
  keep_silent<api::DropCall>();
  base::BoundedQueue<Error> told(1);
  std::thread service([&] { fake->reply(number<api::DropCall>(), api::Value{}, true); });
  auto started = client->start(api::DropCall{}, [&](api::RequestId, Result<api::Value> result) {
    EXPECT_TRUE(told.push(std::move(result).error()));
  });
  service.join();
  ASSERT_TRUE(started);
  fake->reply(*started, Error{Errc::failed, "later"});
  EXPECT_EQ(told.pop(kSoon)->context, "later");
  fake->settle();  // the service's thread may still be inside push() when pop() returns
}

TEST_F(Started, ReturnsTheRefusalAndNothingIsTold) {
  fake->answer_with([](const api::Command&) {
    return std::optional<Result<api::Value>>(Error{Errc::not_owner, {}});
  });
  std::atomic<int> told{0};
  auto started = client->start(api::DropCall{}, [&](api::RequestId, const auto&) { ++told; });
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::not_owner);
  EXPECT_EQ(told, 0);
}

TEST_F(Started, ACompletionThatComesAtOnceIsToldWithItsNumber) {
  std::atomic<api::RequestId> told{0};
  auto started =
      client->start(api::DropCall{}, [&](api::RequestId number, const auto&) { told = number; });
  ASSERT_TRUE(started);
  EXPECT_EQ(*started, told);
}

// ---- undoing what nobody waits for

TEST_F(Undoing, AStartedCallThatComesTooLateIsReleased) {
  const api::OpenId line = open();
  keep_silent<api::MakeCall>();
  std::atomic<int> told{0};
  auto started = client->start(
      api::MakeCall{.open = line}, [&](api::RequestId, const auto&) { ++told; }, 5ms);
  EXPECT_EQ(started.error().code, Errc::timed_out);
  const api::RequestId request = number<api::MakeCall>();
  fake->reply(request, api::Value{}, true);
  fake->reply(request, api::Value{api::MadeCall{{77}}});
  ASSERT_TRUE(eventually([&] { return fake->count<api::ReleaseCall>() == 1; }));
  EXPECT_EQ(fake->last<api::ReleaseCall>().call, api::CallId{77});
  fake->settle();
  EXPECT_EQ(told, 0);
  EXPECT_EQ(client->held(), 0u);
}

TEST_F(Undoing, WhatComesAfterACallTimedOutIsLetGoOf) {
  const api::OpenId line = open();
  fake->silent = true;
  std::atomic<int> arrived{0};
  const auto late = [&](api::Command command) {
    EXPECT_EQ(client
                  ->call(
                      std::move(command), [&](api::Value&) { ++arrived; }, 1ms)
                  .error()
                  .code,
              Errc::timed_out);
  };
  late(api::MakeCall{.open = line});
  late(api::OpenLine{});
  late(api::GetNewCalls{line, {}});
  fake->settle();
  fake->silent = false;
  fake->reply(number<api::MakeCall>(), api::Value{api::MadeCall{{77}}});
  fake->reply(number<api::OpenLine>(), api::Value{api::OpenedLine{{88}}});
  fake->reply(number<api::GetNewCalls>(), api::Value{api::CallList{{{78}, {79}}, {{1}, {2}}}});
  EXPECT_TRUE(eventually(
      [&] { return fake->count<api::ReleaseCall>() == 3 && fake->count<api::CloseLine>() == 1; }));
  EXPECT_EQ(fake->last<api::CloseLine>().open, api::OpenId{88});
  EXPECT_EQ(arrived, 0);
}

// ---- trying again

TEST_F(Overload, AReleaseIsTriedUntilItIsTaken) {
  const api::CallId call = make(open());
  fake->refuse<api::ReleaseCall>(5, Errc::overloaded);
  client->let_go(call);
  EXPECT_TRUE(eventually([&] { return fake->count<api::ReleaseCall>() == 1; }));
  EXPECT_TRUE(eventually([&] { return client->held() == 0; }));
}

TEST_F(Overload, ACloseIsTriedUntilItIsTaken) {
  const api::OpenId line = open();
  fake->refuse<api::CloseLine>(5, Errc::overloaded);
  client->let_go(line);
  EXPECT_TRUE(eventually([&] { return fake->count<api::CloseLine>() == 1; }));
}

TEST_F(Overload, AReleaseThatIsAnsweredSoIsTriedAgain) {
  const api::CallId call = make(open());
  std::atomic<int> times{3};
  fake->answer_with([&](const api::Command& command) -> std::optional<Result<api::Value>> {
    if (!std::holds_alternative<api::ReleaseCall>(command) || times-- <= 0) return std::nullopt;
    return Result<api::Value>(Error{Errc::overloaded, {}});
  });
  client->let_go(call);
  EXPECT_TRUE(eventually([&] { return fake->count<api::ReleaseCall>() == 4; }));
}

TEST_F(Overload, AReleaseThatIsWaitedForIsGoodAndMadeLater) {
  const api::CallId call = make(open());
  fake->refuse<api::ReleaseCall>(3, Errc::overloaded);
  EXPECT_TRUE(client->release(call));
  EXPECT_TRUE(eventually([&] { return fake->count<api::ReleaseCall>() == 1; }));
}

TEST_F(Overload, AReleaseThatMayBeRefusedIsTheProgramsToTryAgain) {
  // Below version 2.0 a sole owner's release is refused: success cannot be said before.
  const api::CallId call = make(open(0x00010004));
  fake->refuse<api::ReleaseCall>(1, Errc::overloaded);
  EXPECT_EQ(client->release(call).error().code, Errc::overloaded);
  EXPECT_EQ(client->held(), 1u);
  EXPECT_TRUE(client->release(call));
  EXPECT_EQ(client->held(), 0u);
}

// ---- suppression

TEST_F(Suppression, ClosingALineEndsWaitsThere) {
  const api::OpenId line = open();
  keep_silent<api::MakeCall>();
  std::thread caller(
      [&] { EXPECT_EQ(client->call(api::MakeCall{.open = line}).error().code, Errc::stale_line); });
  static_cast<void>(number<api::MakeCall>());
  EXPECT_TRUE(client->close(line));
  caller.join();
}

TEST_F(Suppression, BeginningToCloseEndsWaitsAtOnce) {
  const api::OpenId line = open();
  const api::CallId call = make(line);
  keep_silent<api::HoldCall>();
  std::thread caller(
      [&] { EXPECT_EQ(client->call(api::HoldCall{call}).error().code, Errc::stale_line); });
  static_cast<void>(number<api::HoldCall>());
  client->begin_to_close(line);
  caller.join();
  EXPECT_FALSE(client->keep(call, std::make_shared<Named>(1))) << "it goes with its line";
}

TEST_F(Suppression, ACompletionOfAClosedLineIsNotTold) {
  const api::OpenId line = open();
  const api::CallId call = make(line);
  keep_silent<api::HoldCall>();
  std::thread accepts([&] { fake->reply(number<api::HoldCall>(), api::Value{}, true); });
  std::atomic<int> told{0};
  const auto started =
      client->start(api::HoldCall{call}, [&](api::RequestId, const auto&) { ++told; });
  accepts.join();
  ASSERT_TRUE(started);
  EXPECT_TRUE(client->close(line));
  fake->reply(*started, api::Value{});  // which no service does
  fake->settle();
  EXPECT_EQ(told, 0);
}

TEST_F(Suppression, OnlyBelowVersionTwoAReleaseSuppressesTheCompletion) {
  for (const std::uint32_t version : {0x00010004u, 0x00020000u}) {
    const api::CallId call = make(open(version));
    keep_silent<api::HoldCall>();
    std::thread accepts([&, before = fake->count<api::HoldCall>()] {
      ASSERT_TRUE(eventually([&] { return fake->count<api::HoldCall>() > before; }));
      fake->reply(number<api::HoldCall>(), api::Value{}, true);
    });
    std::atomic<int> told{0};
    const auto started =
        client->start(api::HoldCall{call}, [&](api::RequestId, const auto&) { ++told; });
    accepts.join();
    ASSERT_TRUE(started);
    EXPECT_TRUE(client->release(call));
    fake->reply(*started, api::Value{});
    fake->settle();
    EXPECT_EQ(told, version < api::kApiVersion20 ? 0 : 1);
  }
}

// ---- lost events

TEST_F(LostEvents, AStateThatWasNotToldIsAskedForAndTold) {
  const api::OpenId line = open();
  const api::CallId changed = make(line), same = make(line);
  fake->state(changed, CallState::dialing);
  fake->state(same, CallState::connected);
  fake->event(api::EventsLost{7});
  for (const api::CallId call : {changed, same})
    EXPECT_EQ(std::get<api::CallStateChanged>(*events.pop(kSoon)).call, call);
  EXPECT_EQ(std::get<api::EventsLost>(*events.pop(kSoon)).count, 7u);
  const auto told = std::get<api::CallStateChanged>(*events.pop(kSoon));
  EXPECT_EQ(told.call, changed);
  EXPECT_EQ(told.state, CallState::connected);
  EXPECT_TRUE(eventually([&] { return fake->count<api::GetCall>() == 2; }));
  fake->settle();
  EXPECT_EQ(events.size(), 0u);
}

TEST_F(Lines, AChangeIsToldToEachOpeningOfTheLine) {
  // The service tells it once, with the first opening that the application has of the line.
  const api::OpenId first = open(), second = open(), third = open();
  ASSERT_TRUE(client->call(api::CloseLine{second}));
  fake->event(api::LineChanged{first, api::LineChange::calls, 3});
  for (const api::OpenId opening : {first, third}) {
    const auto told = std::get<api::LineChanged>(*events.pop(kSoon));
    EXPECT_EQ(told.open, opening);
    EXPECT_EQ(told.what, api::LineChange::calls);
    EXPECT_EQ(told.count, 3u);
  }
  fake->settle();
  EXPECT_EQ(events.size(), 0u);
}

TEST_F(LostEvents, AreAskedForAlthoughTheServiceIsTooBusy) {
  const api::CallId call = make(open());
  fake->refuse<api::GetCall>(4, Errc::overloaded);
  fake->event(api::EventsLost{1});
  static_cast<void>(events.pop(kSoon));
  EXPECT_EQ(std::get<api::CallStateChanged>(*events.pop(kSoon)).call, call);
}

TEST_F(LostEvents, AnEndThatWasNotToldIsToldWithItsCause) {
  const api::CallId call = make(open());
  fake->answer_with([&](const api::Command& command) -> std::optional<Result<api::Value>> {
    if (!std::holds_alternative<api::GetCall>(command)) return std::nullopt;
    api::CallSnapshot now;
    now.call = call;
    now.record.state = CallState::idle;
    now.record.end = End{};
    now.record.end->cause.mode = DisconnectMode::busy;
    now.record.end->origin = EndOrigin::remote_party;
    return Result<api::Value>(api::Value{now});
  });
  fake->event(api::EventsLost{1});
  static_cast<void>(events.pop(kSoon));
  const auto told = std::get<api::CallStateChanged>(*events.pop(kSoon));
  EXPECT_EQ(told.state, CallState::idle);
  EXPECT_EQ(told.cause->mode, DisconnectMode::busy);
  EXPECT_EQ(told.origin, EndOrigin::remote_party);
}

// ---- objects

TEST_F(Kept, ObjectsAreFoundByWhatTheyAreKeptFor) {
  const api::OpenId line = open();
  const api::CallId one = make(line), two = make(line), other = make(open());
  EXPECT_TRUE(client->keep(line, std::make_shared<Named>(100)));
  EXPECT_TRUE(client->keep(one, std::make_shared<Named>(1)));
  EXPECT_TRUE(client->keep(other, std::make_shared<Named>(3)));
  EXPECT_EQ(client->find<Named>(line)->number, 100);
  EXPECT_EQ(client->find<Named>(one)->number, 1);
  EXPECT_EQ(client->find<Named>(two), nullptr);
  EXPECT_EQ(client->calls<Named>(line).size(), 1u);
  EXPECT_EQ(client->calls<Named>().size(), 2u);
  EXPECT_EQ(client->held(), 3u);
  EXPECT_FALSE(client->keep(api::CallId{99}, std::make_shared<Named>(9)));
}

TEST_F(Kept, AnObjectOutlivesItsIdentifierUntilItIsForgotten) {
  const api::CallId call = make(open());
  EXPECT_TRUE(client->keep(call, std::make_shared<Named>(1)));
  fake->event(api::CallReclaimed{call});
  fake->settle();
  EXPECT_EQ(client->held(), 0u);
  ASSERT_NE(client->find<Named>(call), nullptr);
  client->let_go(call);
  EXPECT_EQ(client->find<Named>(call), nullptr);
  EXPECT_EQ(fake->count<api::ReleaseCall>(), 0u) << "there is nothing to release";
}

TEST_F(Kept, AnObjectsDestructorMayUseTheAttachment) {
  struct Uses : Object {
    explicit Uses(Attachment& attachment) : its(attachment) {}
    ~Uses() override { static_cast<void>(its.held()); }
    Attachment& its;
  };
  const api::OpenId line = open();
  const api::CallId let_go = make(line), released = make(line), closed = make(line);
  for (const api::CallId call : {let_go, released, closed})
    EXPECT_TRUE(client->keep(call, std::make_shared<Uses>(*client)));
  client->let_go(let_go);
  EXPECT_TRUE(client->release(released));
  EXPECT_TRUE(client->close(line));  // would hang here
  EXPECT_EQ(client->find<Uses>(closed), nullptr);
}

TEST_F(Kept, WhereACallWasAcquiredIsWhereItWasAcquiredFirst) {
  const api::CallId call = make(open());
  const int here = 0, there = 0;
  const std::string first = client->acquired_at(call, &here);
  EXPECT_EQ(client->acquired_at(call, &there), first);
}

// ---- ends

TEST_F(Ending, TheLossOfTheServiceEndsEveryWaitAndIsToldOnce) {
  const api::OpenId line = open();
  keep_silent<api::MakeCall>();
  std::atomic<Errc> told{Errc::failed};
  std::thread waits([&] {
    EXPECT_EQ(client->call(api::MakeCall{.open = line}).error().code, Errc::disconnected);
  });
  const api::RequestId first = number<api::MakeCall>();
  std::thread accepts([&] {
    ASSERT_TRUE(eventually([&] { return fake->numbers<api::MakeCall>().size() == 2; }));
    for (const api::RequestId each : fake->numbers<api::MakeCall>())
      if (each != first) fake->reply(each, api::Value{}, true);
  });
  ASSERT_TRUE(client->start(api::MakeCall{.open = line}, [&](api::RequestId, const auto& result) {
    told = result.error().code;
  }));
  accepts.join();
  fake->vanish("the plug was pulled");
  EXPECT_EQ(lost.pop(kSoon)->context, "the plug was pulled");
  waits.join();
  EXPECT_EQ(told, Errc::disconnected) << "what was accepted is completed";
  EXPECT_FALSE(client->connected());
  EXPECT_EQ(client->call(api::ListLines{}).error().context, "the plug was pulled");
  fake->event(api::LineAppeared{1});
  fake->settle();
  EXPECT_EQ(events.size(), 0u) << "nothing follows";
}

TEST_F(Ending, ShuttingDownEndsEveryWaitAndTellsTheListenerNothing) {
  keep_silent<api::RunAudit>();
  Result<api::Value> waiting = Errc::failed;
  std::thread waits([&] { waiting = client->call(api::RunAudit{}); });
  static_cast<void>(number<api::RunAudit>());
  EXPECT_TRUE(client->shut_down());
  waits.join();
  EXPECT_EQ(waiting.error().code, Errc::stale_application);
  EXPECT_EQ(client->call(api::ListLines{}).error().code, Errc::stale_application);
  EXPECT_EQ(fake->count<api::ShutDown>(), 1u);
  EXPECT_TRUE(client->shut_down()) << "a second time there is nothing to do";
  EXPECT_EQ(fake->count<api::ShutDown>(), 1u);
  EXPECT_EQ(events.size() + lost.size(), 0u);
}

TEST_F(Ending, ShuttingDownInACallbackIsTheLastCallback) {
  base::BoundedQueue<int> calls(4);
  ASSERT_TRUE(client->dispatcher().post([&] {
    EXPECT_TRUE(client->shut_down());
    client->stop();
    EXPECT_TRUE(calls.push(1));
  }));
  ASSERT_TRUE(calls.pop(kSoon));
  EXPECT_TRUE(client->shut_down());
  client->stop();
  EXPECT_FALSE(client->dispatcher().post([] {}));
}

TEST_F(Ending, AnAttachmentThatIsDestroyedVanishes) {
  auto vanishing = std::make_shared<test::Fake>();
  {
    auto attached = Attachment::attached(vanishing->connector(), {});
    ASSERT_TRUE(attached);
    EXPECT_TRUE((*attached)->call(api::ListLines{}));
  }
  EXPECT_EQ(vanishing->count<api::ShutDown>(), 0u);
}

}  // namespace
}  // namespace switchhook::client
