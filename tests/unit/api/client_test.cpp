// SPDX-License-Identifier: Apache-2.0
#include "api/client.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/bounded_queue.hpp"

namespace switchhook::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A service on a thread of its own, which answers each command as the script says.
class ScriptedService final : public SessionService {
 public:
  using Script = std::function<void(RequestId, const Command&, ServiceSink&)>;
  ScriptedService(ServiceSink& sink, Script script)
      : sink_(sink), script_(std::move(script)), thread_([this] {
          while (auto work = work_.pop()) (*work)();
        }) {}
  ~ScriptedService() override {
    work_.close();
    thread_.join();
  }
  Result<void> submit(RequestId request, Command command) override {
    auto work = [this, request, command = std::move(command)] { script_(request, command, sink_); };
    if (!work_.push(std::move(work))) return Errc::overloaded;
    return {};
  }

 private:
  ServiceSink& sink_;
  Script script_;
  base::BoundedQueue<std::function<void()>> work_{1024};
  std::thread thread_;
};

struct Fixture {
  base::BoundedQueue<Notice> notices{100000};
  std::unique_ptr<Client> client;
  explicit Fixture(ScriptedService::Script script) {
    auto made = Client::connect(
        [&](ServiceSink& sink) -> Result<std::unique_ptr<SessionService>> {
          return std::unique_ptr<SessionService>(
              std::make_unique<ScriptedService>(sink, std::move(script)));
        },
        [this](Notice notice) { ASSERT_TRUE(notices.push(std::move(notice))); });
    client = *std::move(made);
  }
};

TEST(Client, CallReturnsWhatTheServiceCompletesWith) {
  Fixture f([](RequestId request, const Command&, ServiceSink& sink) {
    sink.on_reply({request, false, Value{OpenedLine{OpenId{77}}}});
  });
  auto opened = f.client->call_for<OpenedLine>(OpenLine{});
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->open.value, 77u);
}

TEST(Client, CallWaitsBeyondTheAcceptanceForTheCompletion) {
  Fixture f([](RequestId request, const Command&, ServiceSink& sink) {
    sink.on_reply({request, true, Value{}});
    sink.on_reply({request, false, Value{MadeCall{CallId{5}}}});
  });
  auto made = f.client->call_for<MadeCall>(MakeCall{});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->call.value, 5u);
  EXPECT_EQ(f.notices.size(), 0u) << "what call() returned is not told a second time";
}

TEST(Client, AValueOfAnotherKindIsAnErrorNotACrash) {
  Fixture f([](RequestId request, const Command&, ServiceSink& sink) {
    sink.on_reply({request, false, Value{Reclaimed{}}});
  });
  auto opened = f.client->call_for<OpenedLine>(OpenLine{});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::malformed);
}

TEST(Client, StartReturnsWhenAcceptedAndTheCompletionIsANotice) {
  Fixture f([](RequestId request, const Command&, ServiceSink& sink) {
    sink.on_reply({request, true, Value{}});
    sink.on_reply({request, false, Error{Errc::failed, "later"}});
  });
  auto started = f.client->start(DropCall{});
  ASSERT_TRUE(started);
  auto notice = f.notices.pop(seconds(10));
  ASSERT_TRUE(notice);
  const auto& completion = std::get<Completion>(*notice);
  EXPECT_EQ(completion.request, *started);
  EXPECT_EQ(completion.result.error().context, "later");
}

TEST(Client, StartReturnsTheRefusalAndNoNoticeFollows) {
  Fixture f([](RequestId request, const Command&, ServiceSink& sink) {
    sink.on_reply({request, false, Error{Errc::not_owner, {}}});
  });
  auto started = f.client->start(DropCall{});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::not_owner);
  EXPECT_EQ(f.notices.size(), 0u);
}

TEST(Client, AStartedRequestsNumberIsKnownBeforeItsCompletionCanCome) {
  std::atomic<RequestId> known{0}, handed_in{0};
  Fixture f([&](RequestId request, const Command&, ServiceSink& sink) {
    handed_in = known.load();
    sink.on_reply({request, true, Value{}});
  });
  auto started = f.client->start(DropCall{}, seconds(10), [&](RequestId given) { known = given; });
  ASSERT_TRUE(started);
  EXPECT_EQ(*started, known);
  EXPECT_EQ(*started, handed_in);
}

TEST(Client, GivingUpEndsAllWaitsWithoutTellingTheListener) {
  std::atomic<bool> submitted{false};
  Fixture f([&](RequestId, const Command&, ServiceSink&) { submitted = true; });
  Result<Value> waiting = Errc::failed;
  std::thread waits([&] { waiting = f.client->call(ListLines{}, seconds(600)); });
  while (!submitted) std::this_thread::yield();
  f.client->give_up({Errc::stale_application, "shut down"});
  waits.join();
  ASSERT_FALSE(waiting);
  EXPECT_EQ(waiting.error().code, Errc::stale_application);
  EXPECT_EQ(f.client->start(DropCall{}).error().code, Errc::stale_application);
  EXPECT_EQ(f.notices.size(), 0u);
}

TEST(Client, NoticesKeepTheOrderOfTheStream) {
  Fixture f([](RequestId request, const Command&, ServiceSink& sink) {
    sink.on_reply({request, true, Value{}});
    sink.on_event(LineAppeared{1});
    sink.on_reply({request, false, Value{}});
    sink.on_event(LineRemoved{1});
  });
  ASSERT_TRUE(f.client->start(DropCall{}));
  EXPECT_TRUE(std::holds_alternative<Event>(*f.notices.pop(seconds(10))));
  EXPECT_TRUE(std::holds_alternative<Completion>(*f.notices.pop(seconds(10))));
  EXPECT_TRUE(std::holds_alternative<Event>(*f.notices.pop(seconds(10))));
}

TEST(Client, AnUnansweredCallTimesOutAndALateAnswerIsHarmless) {
  std::atomic<bool> answer{false};
  Fixture f([&](RequestId request, const Command& command, ServiceSink& sink) {
    if (std::holds_alternative<RunAudit>(command)) {
      while (!answer) std::this_thread::yield();
    }
    sink.on_reply({request, false, Value{}});
  });
  auto late = f.client->call(RunAudit{}, milliseconds(5));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::timed_out);
  answer = true;
  EXPECT_TRUE(f.client->call(ListLines{}));
}

TEST(Client, DisconnectionAnswersEverybodyWhoWaitsAndEverybodyAfter) {
  Fixture f([](RequestId, const Command&, ServiceSink& sink) {
    sink.on_disconnected({Errc::disconnected, "gone"});
  });
  auto waiting = f.client->call(ListLines{});
  ASSERT_FALSE(waiting);
  EXPECT_EQ(waiting.error().code, Errc::disconnected);
  EXPECT_FALSE(f.client->connected());
  EXPECT_EQ(f.client->start(DropCall{}).error().context, "gone");
  EXPECT_TRUE(std::holds_alternative<Disconnected>(*f.notices.pop(seconds(10))));
}

TEST(Client, ManyThreadsGetEachTheirOwnAnswer) {
  Fixture f([](RequestId request, const Command& command, ServiceSink& sink) {
    const auto& set = std::get<SetAppSpecific>(command);
    sink.on_reply({request, false, Value{Reclaimed{set.value}}});
  });
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::uint32_t i = 0; i < 500; ++i) {
        const std::uint32_t mine = t * 1000 + i;
        auto got = f.client->call_for<Reclaimed>(SetAppSpecific{{}, mine});
        if (!got || got->count != mine) ++wrong;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace switchhook::api
