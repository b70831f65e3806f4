// SPDX-License-Identifier: Apache-2.0
// The port implemented in this process: threads, and ends in every order.
#include "core/local_service.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "base/bounded_queue.hpp"
#include "host_world.hpp"
#include "providers/exchange/exchange.hpp"

namespace switchhook::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::kOwner;

constexpr auto kSoon = seconds(60);  // bounds waits that are expected to end

/// An application that lives on threads of its own: what it is told can be waited for.
class App final : private api::ServiceSink {
 public:
  explicit App(LocalEngine& engine, const std::string& name = "app")
      : service_(engine.attach({.name = name}, *this)) {}
  ~App() override {
    service_.reset();
    gone_ = true;  // the sink must not be called any more
  }

  Result<void> submit(api::RequestId request, api::Command command) {
    return service_->submit(request, std::move(command));
  }
  /// Submits and waits for the completed reply.
  Result<api::Value> ask(api::Command command) {
    const api::RequestId request = ++request_;
    if (Result<void> sent = submit(request, std::move(command)); !sent) return sent.error();
    while (auto reply = replies_.pop(kSoon))
      if (reply->request == request && !reply->accepted_only) return std::move(reply->result);
    return Errc::timed_out;
  }
  template <typename T>
  T value(api::Command command) {
    Result<api::Value> result = ask(std::move(command));
    EXPECT_TRUE(result) << result.error().text();
    if (!result) return {};
    T* content = std::get_if<T>(&*result);
    EXPECT_NE(content, nullptr);
    return content == nullptr ? T{} : *content;
  }
  api::OpenId open(api::LineId line = 0) {
    return value<api::OpenedLine>(api::OpenLine{line, kOwner, media::kVoice}).open;
  }
  /// Waits until a call of this application is in a state.
  bool reaches(CallState state) {
    while (auto event = events_.pop(kSoon))
      if (const auto* changed = std::get_if<api::CallStateChanged>(&*event))
        if (changed->state == state) return true;
    return false;
  }

  std::atomic<int> disconnections{0};
  std::atomic<int> calls_of_the_sink{0};
  std::atomic<bool> on_submits_thread{false};
  std::atomic<std::thread::id> submitter{};

 private:
  void told() {
    EXPECT_FALSE(gone_) << "the sink was called after the service was destroyed";
    ++calls_of_the_sink;
    if (std::this_thread::get_id() == submitter.load()) on_submits_thread = true;
  }
  void on_reply(api::Reply reply) override {
    told();
    EXPECT_TRUE(replies_.push(std::move(reply)));
  }
  void on_event(api::Event event) override {
    told();
    EXPECT_TRUE(events_.push(std::move(event)));
  }
  void on_disconnected(const Error& why) override {
    told();
    EXPECT_EQ(why.code, Errc::disconnected);
    ++disconnections;
  }

  base::BoundedQueue<api::Reply> replies_{1u << 20};
  base::BoundedQueue<api::Event> events_{1u << 20};
  api::RequestId request_ = 0;
  std::atomic<bool> gone_{false};
  std::unique_ptr<api::SessionService> service_;
};

std::unique_ptr<LocalEngine> start(const base::Clock& clock, EngineHost::RecordSink records = {}) {
  LocalEngine::Options options;
  options.providers.push_back(std::make_unique<exchange::Exchange>(clock));
  options.on_record = std::move(records);
  auto started = LocalEngine::start(std::move(options));
  EXPECT_TRUE(started);
  return *std::move(started);
}

TEST(LocalEngine, CarriesACallFromOneApplicationToAnother) {
  base::SystemClock clock;
  auto engine = start(clock);
  App caller(*engine, "caller"), callee(*engine, "callee");
  callee.open(1);
  const api::OpenId line = caller.open(0);
  const api::CallId call =
      caller.value<api::MadeCall>(api::MakeCall{.open = line, .address = "101"}).call;
  ASSERT_TRUE(callee.reaches(CallState::offering));
  EXPECT_TRUE(caller.ask(api::DropCall{call}));
  EXPECT_TRUE(callee.reaches(CallState::idle));
  EXPECT_TRUE(caller.reaches(CallState::idle));
  EXPECT_EQ(caller.value<api::CallSnapshot>(api::GetCall{call}).record.end->cause.mode,
            DisconnectMode::cancelled);
}

TEST(LocalEngine, TimePassesByItself) {
  base::SystemClock clock;
  auto engine = start(clock);
  App app(*engine);
  const api::OpenId line = app.open();
  app.value<api::MadeCall>(api::MakeCall{.open = line, .address = "205"});
  EXPECT_TRUE(app.reaches(CallState::connected)) << "205 answers after a second";
}

/// While the engine sleeps without a limit, and while it is about to: no wake-up is lost.
TEST(LocalEngine, HearsAtOnceWhatAProvidersOwnThreadPosts) {
  class Waiting final : public api::ServiceSink {
   public:
    std::atomic<int> lines{0};
    void on_reply(api::Reply) override {}
    void on_event(api::Event event) override {
      if (std::holds_alternative<api::LineAppeared>(event)) ++lines;
    }
    void on_disconnected(const Error&) override {}
  };
  test::Script script;
  Waiting waiting;
  LocalEngine::Options options;
  options.providers.push_back(std::make_unique<test::ScriptedProvider>(script));
  options.stop_time = milliseconds(20);
  auto engine = LocalEngine::start(std::move(options));
  ASSERT_TRUE(engine);
  const auto service = (*engine)->attach({.name = "app"}, waiting);
  for (int line = 1; line <= 2000; ++line) {
    script.sink->post(provider::LineAdded{static_cast<provider::LineNumber>(line), {}});
    while (waiting.lines != line) {
      // The engine also has tasks of others meanwhile, which must not swallow the wake-up.
      if (line % 2 == 0) static_cast<void>(service->submit(1, api::ListSessions{.limit = 1}));
      std::this_thread::yield();
    }
  }
}

TEST(LocalEngine, NeverCallsASinkOnTheStackOfSubmit) {
  base::SystemClock clock;
  auto engine = start(clock);
  App app(*engine);
  app.submitter = std::this_thread::get_id();
  const api::OpenId line = app.open();
  for (int i = 0; i < 50; ++i) {
    const auto call = app.value<api::MadeCall>(api::MakeCall{.open = line, .address = "200"}).call;
    EXPECT_TRUE(app.ask(api::ReleaseCall{call}));
  }
  EXPECT_FALSE(app.on_submits_thread);
  EXPECT_GT(app.calls_of_the_sink, 100);
}

TEST(LocalEngine, NamesTheProviderThatCannotStart) {
  test::Script script;
  script.refuses_to_start = Error{Errc::resource_unavailable, "port 5060 is taken"};
  LocalEngine::Options options;
  options.providers.push_back(std::make_unique<test::ScriptedProvider>(script));
  const auto started = LocalEngine::start(std::move(options));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().context, "port 5060 is taken");
  EXPECT_TRUE(script.destroyed);
}

TEST(LocalEngine, ADestroyedServiceIsAnApplicationThatVanished) {
  base::SystemClock clock;
  std::promise<Record> told;
  auto engine = start(clock, [&](const Record& record) { told.set_value(record); });
  {
    App app(*engine, "short-lived");
    const api::OpenId line = app.open();
    app.value<api::MadeCall>(api::MakeCall{.open = line, .address = "200"});
    ASSERT_TRUE(app.reaches(CallState::connected));
  }
  auto record = told.get_future();
  ASSERT_EQ(record.wait_for(kSoon), std::future_status::ready);
  EXPECT_EQ(record.get().end->origin, EndOrigin::application_lost);
}

TEST(LocalEngine, EndsCallsAndTellsEverybodyOnceWhenItIsDestroyed) {
  base::SystemClock clock;
  std::vector<Record> records;
  auto engine = start(clock, [&](const Record& record) { records.push_back(record); });
  App app(*engine);
  const api::OpenId line = app.open();
  app.value<api::MadeCall>(api::MakeCall{.open = line, .address = "200"});
  engine.reset();
  EXPECT_EQ(app.disconnections, 1);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].end->origin, EndOrigin::system);
  EXPECT_EQ(app.submit(1000, api::ListLines{}).error().code, Errc::disconnected);
}

TEST(LocalEngine, NothingIsSaidAfterTheDisconnection) {
  base::SystemClock clock;
  for (int round = 0; round < 50; ++round) {
    auto engine = start(clock);
    App app(*engine);
    std::thread asks([&] {
      // As many as are asked while the engine stops; more would only keep it from its lock.
      for (api::RequestId request = 1; request < 500; ++request)
        if (!app.submit(request, api::ListLines{}) || app.disconnections != 0) break;
    });
    engine.reset();
    asks.join();
    const int calls = app.calls_of_the_sink;
    EXPECT_EQ(app.disconnections, 1);
    EXPECT_EQ(app.calls_of_the_sink, calls);
  }
}

/// The sink may be destroyed as soon as the service is, also while the engine stops.
TEST(LocalEngine, AServiceCanBeDestroyedWhileTheEngineStops) {
  base::SystemClock clock;
  for (int round = 0; round < 100; ++round) {
    auto engine = start(clock);
    std::vector<std::unique_ptr<App>> apps;
    for (int i = 0; i < 8; ++i) apps.push_back(std::make_unique<App>(*engine));
    std::atomic<bool> go{false};
    std::thread leaves([&] {
      while (!go) std::this_thread::yield();
      apps.clear();
    });
    go = true;
    engine.reset();
    leaves.join();
  }
}

/// A sink that detaches another application when it is told that the service is gone.
TEST(LocalEngine, ASinkMayDetachAnotherApplicationWhenTheServiceIsGone) {
  class Selfish final : public api::ServiceSink {
   public:
    std::unique_ptr<api::SessionService> others_service;  // (owned)
    std::atomic<int>* told = nullptr;
    void on_reply(api::Reply) override {}
    void on_event(api::Event) override {}
    void on_disconnected(const Error&) override {
      ++*told;
      others_service.reset();
    }
  };
  base::SystemClock clock;
  auto engine = start(clock);
  std::atomic<int> told{0};
  Selfish one, other;
  one.told = other.told = &told;
  other.others_service = engine->attach({.name = "one"}, one);
  one.others_service = engine->attach({.name = "other"}, other);
  engine.reset();
  EXPECT_EQ(told, 1) << "who was detached before it was told is not told";
}

TEST(LocalEngine, RefusesWhatItCannotQueueAndAnswersAllElse) {
  base::SystemClock clock;
  auto engine = start(clock);
  App app(*engine);
  std::promise<void> blocked, go_on;
  std::thread blocks([&] {
    engine->on_engine_thread([&](EngineHost&) {
      blocked.set_value();
      go_on.get_future().wait();
    });
  });
  blocked.get_future().wait();
  api::RequestId accepted = 0;
  Result<void> last;
  while ((last = app.submit(accepted + 1, api::ListLines{}))) ++accepted;
  EXPECT_EQ(last.error().code, Errc::overloaded);
  EXPECT_GT(accepted, 1000u);
  go_on.set_value();
  blocks.join();
  engine->on_engine_thread([](EngineHost&) {});  // behind all that was queued
  EXPECT_EQ(app.calls_of_the_sink, static_cast<int>(accepted));
}

TEST(LocalEngine, ApplicationsComeAndGoOnManyThreads) {
  base::SystemClock clock;
  std::atomic<int> records{0};
  auto engine = start(clock, [&](const Record&) { ++records; });
  constexpr int kThreads = 4, kEach = 40;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        App app(*engine, "app" + std::to_string(t));
        const api::OpenId line = app.open();
        app.value<api::MadeCall>(
            api::MakeCall{.open = line, .address = i % 2 == 0 ? "200" : "202"});
      }
    });
  for (std::thread& thread : threads) thread.join();
  engine.reset();
  EXPECT_EQ(records, kThreads * kEach);
}

TEST(LocalEngine, StopsInBoundedTimeThoughAProviderDoesNot) {
  test::Script script;
  std::vector<Record> records;
  std::unique_ptr<App> app;
  {
    LocalEngine::Options options;
    options.providers.push_back(std::make_unique<test::ScriptedProvider>(script));
    options.on_record = [&](const Record& record) { records.push_back(record); };
    options.stop_time = milliseconds(20);
    script.on_command = [&](const provider::Command& command) {
      if (const auto* make = std::get_if<provider::MakeCall>(&command))
        script.sink->post(provider::Completed{make->call, make->request, {}});
    };
    auto engine = LocalEngine::start(std::move(options));
    ASSERT_TRUE(engine);
    app = std::make_unique<App>(**engine);
    const api::OpenId line = app->open();
    app->value<api::MadeCall>(api::MakeCall{.open = line, .address = "1"});
  }
  EXPECT_EQ(app->disconnections, 1);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].end->confirmation, Confirmation::unconfirmed);
  EXPECT_EQ(script.all<provider::Stop>().size(), 1u);
}

}  // namespace
}  // namespace switchhook::core
