// SPDX-License-Identifier: Apache-2.0
// Callbacks, and several threads at one object: label threads, run under ThreadSanitizer too.
#include <barrier>
#include <future>
#include <map>
#include <mutex>

#include "exchange_world.hpp"

namespace switchhook {
namespace {

using namespace test;

TEST(Callback, TellsAWholeCallAndMayReleaseTheSessionItIsAbout) {
  base::BoundedQueue<CallState> states(100);
  const World world;
  Application application = world.application();
  Line line = open(application, "100");
  auto kept = std::make_shared<Session>(call(line, "200"));
  ASSERT_TRUE(kept->on_event([&states, kept](SessionView session, const SessionEvent& event) {
    if (event.kind != SessionEvent::Kind::state) return;
    if (event.state == CallState::connected) {
      EXPECT_TRUE(session.drop());
    }
    if (event.state == CallState::idle) {
      EXPECT_TRUE(session.record());
      EXPECT_TRUE(kept->release());
      EXPECT_EQ(session.record().error().code, Errc::stale_handle);
    }
    EXPECT_TRUE(states.push(CallState{event.state}));
  }));
  while (true) {
    const auto state = states.pop(kSoon);
    ASSERT_TRUE(state);
    if (*state == CallState::idle) break;
  }
  EXPECT_EQ(application.sessions_held(), 0u);
  EXPECT_TRUE(world.comes_to_zero());
}

TEST(Callback, MayDestroyTheSessionThatOwnsIt) {
  struct Owner {
    Session session;
    base::BoundedQueue<int>* done = nullptr;
    ~Owner() { EXPECT_TRUE(done->push(1)); }
  };
  base::BoundedQueue<int> done(1);
  const World world;
  Application application = world.application();
  Line line = open(application, "100");
  auto owner = std::make_shared<Owner>();
  owner->done = &done;
  owner->session = call(line, "200");
  SessionView view = owner->session;
  std::weak_ptr<Owner> weak = owner;
  // The callback holds the only reference: letting go of the callback destroys the session.
  ASSERT_TRUE(
      view.on_event([owner = std::move(owner)](SessionView, const SessionEvent& event) mutable {
        static_cast<void>(event);
        owner.reset();
      }));
  EXPECT_TRUE(done.pop(kSoon));
  EXPECT_TRUE(eventually([&] { return application.sessions_held() == 0; }));
  EXPECT_TRUE(weak.expired());
}

TEST(Callback, IncomingCallsAreAnsweredAndKept) {
  base::BoundedQueue<int> over(10);
  std::map<std::uint64_t, Session> sessions;  // dispatch thread of the callee only
  const World world;
  Application callee = world.application("callee");
  Application caller = world.application("caller");
  Line line101 = open(callee, "101", {.privilege = Privilege::owner});
  Line line100 = open(caller, "100");
  ASSERT_TRUE(line101.on_call([&](Session session) {
    EXPECT_TRUE(session.answer());
    const std::uint64_t id = session.id();
    EXPECT_TRUE(session.on_event([&, id](SessionView view, const SessionEvent& event) {
      if (event.kind != SessionEvent::Kind::state || !event.cause) return;
      EXPECT_TRUE(view.wait_for_record(kSoon)) << "waiting inside a callback works";
      sessions.erase(id);
      EXPECT_TRUE(over.push(1));
    }));
    sessions.emplace(id, std::move(session));
  }));
  for (int i = 0; i < 3; ++i) {
    Session session = call(line100, "101");
    ASSERT_TRUE(session.wait_for(CallState::connected, kSoon));
    ASSERT_TRUE(session.drop());
    ASSERT_TRUE(session.wait_for_record(kSoon));
    ASSERT_TRUE(over.pop(kSoon));
  }
  ASSERT_TRUE(callee.drain_callbacks(kSoon));
  EXPECT_TRUE(sessions.empty());
  EXPECT_TRUE(world.comes_to_zero());
}

TEST(Callback, SetLateIsToldWhatCameBefore) {
  base::BoundedQueue<CallState> states(100);
  const World world;
  Application application = world.application();
  Line line = open(application, "100");
  Session session = call(line, "200");
  ASSERT_TRUE(session.wait_for(CallState::connected, kSoon));
  ASSERT_TRUE(session.on_event([&](SessionView, const SessionEvent& event) {
    if (event.kind == SessionEvent::Kind::state) {
      EXPECT_TRUE(states.push(CallState{event.state}));
    }
  }));
  while (true) {
    const auto state = states.pop(kSoon);
    ASSERT_TRUE(state);
    if (*state == CallState::connected) break;
  }
}

TEST(Callback, ThatNeverReturnsHarmsNobodyElse) {
  std::promise<void> let_go;
  std::atomic<bool> stuck{false};
  const World world;
  Application frozen = world.application("frozen");
  Line line100 = open(frozen, "100");
  Session held = call(line100, "200");
  ASSERT_TRUE(held.on_event([&, until = let_go.get_future().share()](SessionView, const auto&) {
    stuck = true;
    until.wait();
  }));
  ASSERT_TRUE(eventually([&] { return stuck.load(); }));
  // Calls of other applications live and end.
  Application other = world.application("other");
  Line line101 = open(other, "101");
  Session neighbour = call(line101, "204");
  auto record = neighbour.wait_for_record(kSoon);
  ASSERT_TRUE(record) << record.error().text();
  EXPECT_EQ(record->end->origin, EndOrigin::remote_party);
  // Its own call can still be ended, from another of its threads.
  ASSERT_TRUE(held.drop());
  EXPECT_TRUE(eventually([&] {
    auto own = held.record();
    return own && own->end;
  }));
  EXPECT_TRUE(held.release());
  EXPECT_TRUE(neighbour.release());
  EXPECT_TRUE(world.comes_to_zero());
  let_go.set_value();
}

TEST(Callback, ThatClosesTheLineOrShutsDownIsTheLastOne) {
  auto done = std::make_shared<base::BoundedQueue<int>>(10);  // the callback outlives the test
  const World world;
  auto application = std::make_unique<Application>(world.application());
  Line line = open(*application, "100");
  Session session = call(line, "200");
  ASSERT_TRUE(session.on_event([&, done](SessionView view, const SessionEvent& event) {
    if (event.kind != SessionEvent::Kind::state || event.state != CallState::connected) return;
    EXPECT_TRUE(line.close());
    EXPECT_EQ(view.drop().error().code, Errc::stale_handle);
    application.reset();  // shuts down inside a callback
    EXPECT_EQ(view.drop().error().code, Errc::stale_handle);
    EXPECT_TRUE(done->push(1));
  }));
  EXPECT_TRUE(done->pop(kSoon));
  EXPECT_TRUE(world.comes_to_zero());
}

TEST(Threads, OneDropWinsAndNoneIsLost) {
  // Idempotent drop: n concurrent drops = one end; each gets an answer.
  const World world;
  Application application = world.application();
  Line line = open(application, "100");
  for (int round = 0; round < 20; ++round) {
    Session session = call(line, "200");
    ASSERT_TRUE(session.wait_for(CallState::connected, kSoon));
    std::barrier start(4);
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        start.arrive_and_wait();
        Result<void> dropped = session.drop();
        if (dropped)
          ++good;
        else
          EXPECT_EQ(dropped.error().code, Errc::invalid_state) << dropped.error().text();
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_GE(good, 1);
    EXPECT_EQ(*session.state(), CallState::idle);
  }
  EXPECT_TRUE(world.comes_to_zero());
}

TEST(Threads, DropHoldAndReleaseRaceSafely) {
  const World world;
  Application application = world.application();
  Line line = open(application, "100");
  for (int round = 0; round < 30; ++round) {
    Session session = call(line, "200");
    std::barrier start(4);
    std::vector<std::thread> threads;
    threads.emplace_back([&] {
      start.arrive_and_wait();
      static_cast<void>(session.drop());
    });
    threads.emplace_back([&] {
      start.arrive_and_wait();
      static_cast<void>(session.hold());
      static_cast<void>(session.record());
    });
    threads.emplace_back([&] {
      start.arrive_and_wait();
      while (session.next_event(kSoon)) {
      }
    });
    threads.emplace_back([&] {
      start.arrive_and_wait();
      EXPECT_TRUE(session.release());
    });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(session.state().error().code, Errc::stale_handle);
  }
  EXPECT_EQ(application.sessions_held(), 0u);
  EXPECT_TRUE(world.comes_to_zero());
}

TEST(Threads, ClosingTheLineRacesWithCallsAndWaits) {
  const World world;
  Application application = world.application();
  for (int round = 0; round < 20; ++round) {
    Line line = open(application, "100", {.privilege = Privilege::owner});
    std::barrier start(4);
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i)
      threads.emplace_back([&] {
        start.arrive_and_wait();
        while (true) {
          auto session = line.call("200");
          if (!session) {
            EXPECT_EQ(session.error().code, Errc::stale_line) << session.error().text();
            return;
          }
          static_cast<void>(session->drop());
        }
      });
    threads.emplace_back([&] {
      start.arrive_and_wait();
      EXPECT_EQ(line.next_call(kSoon).error().code, Errc::stale_line);
    });
    threads.emplace_back([&] {
      start.arrive_and_wait();
      EXPECT_TRUE(line.close());
    });
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(application.sessions_held(), 0u);
  EXPECT_TRUE(world.comes_to_zero());
}

TEST(Threads, ShuttingDownRacesWithEverything) {
  const World world;
  for (int round = 0; round < 10; ++round) {
    Application application = world.application();
    Line line = open(application, "100");
    std::barrier start(4);
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
      threads.emplace_back([&] {
        start.arrive_and_wait();
        while (true) {
          auto session = line.call("200");
          if (!session) return;
          static_cast<void>(session->on_event([](SessionView view, const SessionEvent& event) {
            if (event.state == CallState::connected) static_cast<void>(view.drop());
          }));
          static_cast<void>(session->wait_for_end(kSoon));
        }
      });
    threads.emplace_back([&] {
      start.arrive_and_wait();
      EXPECT_TRUE(application.shutdown());
    });
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_TRUE(world.comes_to_zero());
}

TEST(Threads, ManyCallsFromManyThreadsAllEndAtZero) {
  const World world;
  Application application = world.application();
  Line line = open(application, "100");
  std::vector<std::thread> threads;
  std::atomic<int> ended = 0;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 25; ++n) {
        Session session = call(line, n % 3 == 0 ? "202" : "200");
        static_cast<void>(session.drop());
        auto record = session.wait_for_record(kSoon);
        ASSERT_TRUE(record) << record.error().text();
        ++ended;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ended, 200);
  EXPECT_TRUE(world.comes_to_zero());
}

}  // namespace
}  // namespace switchhook
