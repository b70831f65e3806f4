// SPDX-License-Identifier: Apache-2.0
// What the C++ API does when the service behaves as it seldom does: refuses, loses events, closes
// lines, is silent, vanishes.
#include <gtest/gtest.h>

#include "on_fake.hpp"
#include "switchhook/switchhook.hpp"
#include "tests/support/eventually.hpp"

namespace switchhook {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::OnFake;

constexpr auto kSoon = 10s;  // bounds waits that are expected to end; never what is measured

TEST(Release, IsNotLostWhenTheServiceIsOverloaded) {
  OnFake on;
  auto session = on.line.call("200");
  ASSERT_TRUE(session);
  on.fake->refuse<api::ReleaseCall>(5, Errc::overloaded);
  { const Session going = std::move(*session); }
  EXPECT_TRUE(eventually([&] { return on.fake->count<api::ReleaseCall>() == 1; }));
}

TEST(Release, ReportsSuccessWhenAnOverloadedServiceWillBeToldLater) {
  OnFake on;
  auto session = on.line.call("200");
  ASSERT_TRUE(session);
  on.fake->refuse<api::ReleaseCall>(3, Errc::overloaded);
  EXPECT_TRUE(session->release());
  EXPECT_EQ(session->state().error().code, Errc::stale_handle);
  EXPECT_TRUE(eventually([&] { return on.fake->count<api::ReleaseCall>() == 1; }));
}

TEST(Line, IsClosedInTheEndWhenTheServiceIsOverloaded) {
  OnFake on;
  on.fake->refuse<api::CloseLine>(5, Errc::overloaded);
  { const Line going = std::move(on.line); }
  EXPECT_TRUE(eventually([&] { return on.fake->count<api::CloseLine>() == 1; }));
}

TEST(Session, DestructorDoesNotWaitForASilentService) {
  OnFake on;
  auto session = on.line.call("200");
  ASSERT_TRUE(session);
  on.fake->silent = true;
  { const Session going = std::move(*session); }  // would hang here
  EXPECT_TRUE(eventually([&] { return on.fake->count<api::ReleaseCall>() == 1; }));
  on.fake->silent = false;
}

TEST(Session, EventsOfAReleasedCallThatCrossTheReleaseAreIgnored) {
  OnFake on;
  auto session = on.line.call("200");
  ASSERT_TRUE(session);
  const std::uint64_t id = session->id();
  ASSERT_TRUE(session->release());
  on.fake->state(api::CallId{id}, CallState::idle, Cause{});
  on.fake->settle();
  EXPECT_EQ(on.application.sessions_held(), 0u);
  EXPECT_EQ(session->next_event(0ms).error().code, Errc::stale_handle);
}

TEST(Session, FirstStateIsThereWhenACallIsHandedOut) {
  OnFake on;
  on.offer(41);
  auto session = on.line.next_call(kSoon);
  ASSERT_TRUE(session);
  auto event = session->next_event(0ms);
  ASSERT_TRUE(event && *event);
  EXPECT_EQ((*event)->state, CallState::offering);
}

TEST(Session, StatesThatWereLostAreAskedForAgain) {
  OnFake on;
  auto session = on.line.call("200");
  ASSERT_TRUE(session);
  on.fake->state(api::CallId{session->id()}, CallState::dialing);
  on.fake->event(api::EventsLost{7});  // among them `connected`, which the snapshot tells
  EXPECT_TRUE(session->wait_for(CallState::connected, kSoon));
}

TEST(Application, IsToldHowManyEventsWereLost) {
  base::BoundedQueue<std::uint64_t> lost(1);  // outlives the callback
  OnFake on;
  ASSERT_TRUE(on.application.on_event([&](const ApplicationEvent& event) {
    if (event.kind == ApplicationEvent::Kind::events_lost) {
      EXPECT_TRUE(lost.push(std::uint64_t{event.lost}));
    }
  }));
  on.fake->event(api::EventsLost{7});
  EXPECT_EQ(lost.pop(kSoon), 7u);
}

TEST(Session, KeepsTheEndWhenMoreEventsComeThanAreTaken) {
  OnFake on;
  auto session = on.line.call("200");
  ASSERT_TRUE(session);
  const api::CallId call{session->id()};
  on.fake->state(call, CallState::disconnected, Cause{.mode = DisconnectMode::busy});
  for (std::size_t i = 0; i < 3 * limits::kEventsPerSession; ++i)
    on.fake->event(api::DigitReceived{.call = call, .digit = '1'});
  on.fake->state(call, CallState::idle, Cause{.mode = DisconnectMode::busy});
  on.fake->settle();
  std::uint64_t lost = 0;
  std::size_t taken = 0;
  std::vector<CallState> states;
  while (true) {
    auto event = session->next_event(0ms);
    ASSERT_TRUE(event);
    if (!*event) break;
    ++taken;
    if ((*event)->kind == SessionEvent::Kind::events_lost) lost += (*event)->lost;
    if ((*event)->kind == SessionEvent::Kind::state) states.push_back((*event)->state);
  }
  EXPECT_EQ(states, (std::vector<CallState>{CallState::disconnected, CallState::idle}));
  EXPECT_LE(taken, limits::kEventsPerSession + 1);
  EXPECT_EQ(lost + taken - 1, 3 * limits::kEventsPerSession + 2) << "every event is accounted for";
}

TEST(Line, ReleasesCallsThatNobodyTakesAndSaysSo) {
  base::BoundedQueue<std::uint32_t> told(16);  // outlives the callback
  OnFake on;
  ASSERT_TRUE(on.application.on_event([&](const ApplicationEvent& event) {
    if (event.kind == ApplicationEvent::Kind::call_released) {
      EXPECT_TRUE(told.push(std::uint32_t{event.line}));
    }
  }));
  for (std::uint64_t i = 0; i < limits::kCallsPerLine + 3; ++i) on.offer(1000 + i);
  on.fake->settle();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(told.pop(kSoon));
  EXPECT_EQ(on.fake->count<api::ReleaseCall>(), 3u);
  EXPECT_EQ(on.application.sessions_held(), limits::kCallsPerLine);
}

TEST(Line, ClosedByTheServiceMakesItsSessionsStaleAndSaysSo) {
  base::BoundedQueue<std::string> told(1);  // outlives the callback
  OnFake on;
  auto session = on.line.call("200");
  ASSERT_TRUE(session);
  ASSERT_TRUE(on.application.on_event([&](const ApplicationEvent& event) {
    if (event.kind == ApplicationEvent::Kind::line_closed) {
      EXPECT_TRUE(told.push(event.why->text()));
    }
  }));
  on.fake->event(api::LineClosed{api::OpenId{1}, "maintenance"});
  auto event = session->next_event(kSoon);
  ASSERT_TRUE(event && *event);
  EXPECT_EQ((*event)->kind, SessionEvent::Kind::gone);
  EXPECT_EQ(session->state().error().code, Errc::stale_handle);
  EXPECT_EQ(on.line.call("200").error().code, Errc::stale_line);
  EXPECT_EQ(on.line.next_call(kSoon).error().code, Errc::stale_line);
  const auto words = told.pop(kSoon);
  ASSERT_TRUE(words);
  EXPECT_NE(words->find("maintenance"), std::string::npos) << *words;
}

TEST(Line, ClosingEndsAWaitForACompletionThatWillNotCome) {
  // TAPI lineClose: outstanding completions of the line are suppressed.
  OnFake on;
  base::BoundedQueue<int> asked(1);
  on.fake->silent = true;
  std::thread caller([&] {
    EXPECT_TRUE(asked.push(1));
    EXPECT_EQ(on.line.call("200").error().code, Errc::stale_line);
  });
  ASSERT_TRUE(asked.pop(kSoon));
  ASSERT_TRUE(eventually([&] { return on.fake->count<api::MakeCall>() == 1; }));
  on.fake->settle();
  on.fake->silent = false;
  EXPECT_TRUE(on.line.close());
  caller.join();
}

TEST(Service, ThatVanishesLeavesSafeObjectsThatSayDisconnected) {
  base::BoundedQueue<std::string> told(1);  // outlives the callback
  OnFake on;
  auto session = on.line.call("200");
  ASSERT_TRUE(session);
  ASSERT_TRUE(on.application.on_event([&](const ApplicationEvent& event) {
    if (event.kind == ApplicationEvent::Kind::service_lost) {
      EXPECT_TRUE(told.push(event.why->text()));
    }
  }));
  on.fake->vanish("the test pulled the plug");
  const auto words = told.pop(kSoon);
  ASSERT_TRUE(words);
  EXPECT_NE(words->find("pulled the plug"), std::string::npos);
  EXPECT_FALSE(on.application.connected());
  EXPECT_EQ(session->state().error().code, Errc::disconnected);
  EXPECT_EQ(session->drop().error().code, Errc::disconnected);
  EXPECT_EQ(session->wait_for_end(kSoon).error().code, Errc::disconnected);
  EXPECT_EQ(on.line.call("200").error().code, Errc::disconnected);
  EXPECT_EQ(on.application.lines().error().code, Errc::disconnected);
  EXPECT_EQ(Operator(on.application).audit().error().code, Errc::disconnected);
  EXPECT_EQ(session->release().error().code, Errc::disconnected);
}

TEST(Service, ThatVanishesEndsWaitsInOtherThreads) {
  OnFake on;
  auto session = on.line.call("200");
  ASSERT_TRUE(session);
  base::BoundedQueue<int> waiting(3);
  std::thread events([&] {
    EXPECT_TRUE(waiting.push(1));
    auto event = session->next_event(kForever);
    ASSERT_TRUE(event && *event);
    EXPECT_EQ((*event)->kind, SessionEvent::Kind::gone);
    EXPECT_EQ(session->next_event(kForever).error().code, Errc::disconnected);
  });
  std::thread calls([&] {
    EXPECT_TRUE(waiting.push(1));
    EXPECT_EQ(on.line.next_call(kForever).error().code, Errc::disconnected);
  });
  std::thread ends([&] {
    EXPECT_TRUE(waiting.push(1));
    EXPECT_EQ(session->wait_for_end(kForever).error().code, Errc::disconnected);
  });
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(waiting.pop(kSoon));
  on.fake->vanish("gone");
  events.join();
  calls.join();
  ends.join();
}

TEST(Session, ReclaimedByAnOperatorSaysSo) {
  OnFake on;
  auto session = on.line.call("200");
  ASSERT_TRUE(session);
  on.fake->event(api::CallReclaimed{api::CallId{session->id()}});
  auto event = session->next_event(kSoon);
  ASSERT_TRUE(event && *event);
  EXPECT_EQ((*event)->kind, SessionEvent::Kind::gone);
  EXPECT_EQ((*event)->why->code, Errc::reclaimed);
  EXPECT_EQ(session->record().error().code, Errc::reclaimed);
  EXPECT_FALSE(session->valid());
  EXPECT_EQ(on.application.sessions_held(), 0u);
}

TEST(WaitFor, FailsInWordsWhenTheCallEndsWithout) {
  OnFake on;
  auto session = on.line.call("200");
  ASSERT_TRUE(session);
  on.fake->state(api::CallId{session->id()}, CallState::disconnected,
                 Cause{.mode = DisconnectMode::busy});
  auto waited = session->wait_for(CallState::connected, kSoon);
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().code, Errc::invalid_state);
  EXPECT_NE(waited.error().text().find("busy"), std::string::npos) << waited.error().text();
}

TEST(WaitFor, SeesAStateThatPassedByWhileItWaited) {
  OnFake on;
  auto session = on.line.call("200");
  ASSERT_TRUE(session);
  const api::CallId call{session->id()};
  base::BoundedQueue<int> waiting(1);
  std::thread waiter([&] {
    EXPECT_TRUE(waiting.push(1));
    EXPECT_TRUE(session->wait_for(CallState::ringback, kSoon));
  });
  ASSERT_TRUE(waiting.pop(kSoon));
  // Repeated, because nothing tells when the other thread has begun to wait.
  std::atomic<bool> done = false;
  std::thread changer([&] {
    while (!done) {
      on.fake->state(call, CallState::ringback);
      on.fake->state(call, CallState::proceeding);
      on.fake->settle();
    }
  });
  waiter.join();
  done = true;
  changer.join();
}

TEST(WaitFor, TimesOut) {
  OnFake on;
  auto session = on.line.call("200");
  ASSERT_TRUE(session);
  EXPECT_EQ(session->wait_for(CallState::connected, 1ms).error().code, Errc::timed_out);
  EXPECT_EQ(session->wait_for_end(1ms).error().code, Errc::timed_out);
  EXPECT_EQ(on.line.next_call(1ms).error().code, Errc::timed_out);
  auto event = session->next_event(1ms);
  ASSERT_TRUE(event);
  EXPECT_FALSE(*event);
}

TEST(EmptyObjects, AnswerWithErrors) {
  Session session;
  EXPECT_EQ(session.drop().error().code, Errc::stale_handle);
  EXPECT_EQ(session.release().error().code, Errc::stale_handle);
  EXPECT_EQ(session.next_event(0ms).error().code, Errc::stale_handle);
  EXPECT_EQ(session.id(), 0u);
  Line line;
  EXPECT_EQ(line.call("1").error().code, Errc::stale_line);
  EXPECT_EQ(line.close().error().code, Errc::stale_line);
  EXPECT_EQ(line.info().name, "");
  Application application;
  EXPECT_EQ(application.lines().error().code, Errc::stale_application);
  EXPECT_EQ(application.shutdown().error().code, Errc::stale_application);
  EXPECT_EQ(Operator(application).leaks().error().code, Errc::stale_application);
}

TEST(Connecting, ReportsWhyItFailed) {
  auto made = detail::Hub::make_application(
      [](api::ServiceSink&) -> Result<std::unique_ptr<api::SessionService>> {
        return Error{Errc::denied, "not you"};
      });
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::denied);
}

TEST(Application, ShutDownInItsOwnCallbackIsTheLastCallback) {
  base::BoundedQueue<int> calls(16);  // outlives the callback
  OnFake on;
  ASSERT_TRUE(on.application.on_event([&](const ApplicationEvent&) {
    EXPECT_TRUE(on.application.shutdown());
    EXPECT_TRUE(calls.push(1));
  }));
  on.fake->event(api::LineAppeared{1});
  on.fake->event(api::LineAppeared{2});
  ASSERT_TRUE(calls.pop(kSoon));
  EXPECT_TRUE(on.application.shutdown());  // waits for the callback that shut it down
  EXPECT_FALSE(calls.try_pop());
  EXPECT_EQ(on.application.lines().error().code, Errc::stale_application);
}

TEST(Application, ShutDownEndsWaitsInOtherThreads) {
  OnFake on;
  auto session = on.line.call("200");
  ASSERT_TRUE(session);
  base::BoundedQueue<int> waiting(2);
  std::thread events([&] {
    EXPECT_TRUE(waiting.push(1));
    EXPECT_EQ(session->next_event(kForever).error().code, Errc::stale_application);
  });
  std::thread calls([&] {
    EXPECT_TRUE(waiting.push(1));
    EXPECT_EQ(on.line.next_call(kForever).error().code, Errc::stale_application);
  });
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(waiting.pop(kSoon));
  EXPECT_TRUE(on.application.shutdown());
  events.join();
  calls.join();
}

}  // namespace
}  // namespace switchhook
