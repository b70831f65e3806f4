// SPDX-License-Identifier: Apache-2.0
// The host that carries the engine through time: what providers post, timers, who is called when.
#include "core/engine_host.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "base/limits.hpp"
#include "core/journal.hpp"
#include "core/observer.hpp"
#include "host_world.hpp"
#include "providers/exchange/exchange.hpp"

namespace switchhook::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::KeepingSink;
using test::kOwner;
using test::Script;
using test::ScriptedProvider;

class HostTest : public ::testing::Test {
 protected:
  /// Adds the scripted provider and an application that owns its line.
  void begin() {
    ASSERT_TRUE(host_.add_provider(std::make_unique<ScriptedProvider>(script_)));
    host_.run();
    app_ = host_.attach({.name = "app"}, sink_);
    open_ = open(app_, sink_);
  }
  api::OpenId open(api::AppId app, KeepingSink& sink, api::LineId line = 0) {
    const api::RequestId request = ask(app, api::OpenLine{line, kOwner, media::kVoice});
    return sink.value_of<api::OpenedLine>(request).open;
  }
  api::RequestId ask(api::AppId app, api::Command command) {
    host_.submit(app, ++request_, std::move(command));
    return request_;
  }
  /// Makes a call that the provider takes; its identifier.
  api::CallId make(std::chrono::milliseconds no_answer = {}) {
    const api::RequestId request =
        ask(app_, api::MakeCall{.open = open_, .address = "1", .no_answer_timeout = no_answer});
    const auto made = script_.all<provider::MakeCall>().back();
    ref_ = made.call;
    script_.sink->post(provider::Completed{made.call, made.request, {}});
    host_.run();
    return sink_.value_of<api::MadeCall>(request).call;
  }
  void report(CallState state) {
    script_.sink->post(provider::StateChanged{ref_, state, 0, Cause{}});
  }

  base::ManualClock clock_;
  std::atomic<int> wakes_{0};
  Script script_;  // before the host, whose provider refers to it
  KeepingSink sink_;
  EngineHost host_{clock_, [this] { ++wakes_; }, 100};
  api::AppId app_;
  api::OpenId open_;
  provider::CallRef ref_;
  api::RequestId request_ = 0;
};

// ---- what providers post

TEST_F(HostTest, TakesInWhatIsPostedWhenItRunsAndInOrder) {
  begin();
  const api::CallId call = make();
  report(CallState::proceeding);
  report(CallState::ringback);
  report(CallState::connected);
  EXPECT_EQ(sink_.states(call), "");
  host_.run();
  EXPECT_EQ(sink_.states(call), "proceeding, ringback, connected");
}

TEST_F(HostTest, WakesOnceForABurstAndAgainAfterItWasTakenIn) {
  begin();
  make();
  const int before = wakes_;
  report(CallState::proceeding);
  report(CallState::ringback);
  EXPECT_EQ(wakes_, before + 1);
  host_.run();
  report(CallState::connected);
  EXPECT_EQ(wakes_, before + 2);
}

TEST_F(HostTest, LosesNothingThatThreadsOfAProviderPost) {
  Script busy;
  EngineHost host(clock_, nullptr);
  ASSERT_TRUE(host.add_provider(std::make_unique<ScriptedProvider>(busy)));
  host.run();
  KeepingSink sink;
  const api::AppId app = host.attach({.name = "app"}, sink);
  constexpr int kThreads = 4, kEach = 500;
  std::vector<std::thread> threads;
  std::atomic<int> posting{kThreads};
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i)
        busy.sink->post(provider::DigitReceived{provider::CallRef{77}, '1', digits::kDtmf});
      --posting;
    });
  while (posting != 0) host.run();
  for (std::thread& thread : threads) thread.join();
  host.run();
  host.submit(app, 1, api::GetServiceStatus{});
  EXPECT_EQ(sink.value_of<api::ServiceStatus>(1).late_events, std::uint64_t{kThreads} * kEach);
}

TEST_F(HostTest, NothingOfAFailedProviderIsHeardAfterItsFailure) {
  begin();
  const api::CallId call = make();
  report(CallState::connected);
  script_.sink->post(provider::Failed{"the card was pulled out"});
  script_.sink->post(provider::LineAdded{1, {.name = "301"}});
  host_.run();
  EXPECT_TRUE(script_.destroyed);
  EXPECT_EQ(sink_.states(call), "connected");
  ASSERT_TRUE(std::holds_alternative<api::LineClosed>(sink_.events.back()));

  const int before = wakes_;
  script_.sink->post(provider::LineAdded{1, {.name = "301"}});  // by a thread that did not know
  EXPECT_EQ(wakes_, before);
  host_.run();
  EXPECT_EQ(sink_.value_of<api::LineList>(ask(app_, api::ListLines{})).lines.size(), 1u);
}

TEST_F(HostTest, AProviderThatPostsWithoutMeasureHasFailed) {
  begin();
  const api::CallId call = make();
  for (int i = 0; i < 1000; ++i) report(CallState::connected);
  host_.run();
  EXPECT_TRUE(script_.destroyed);
  EXPECT_EQ(sink_.states(call), "");
  const auto* closed = std::get_if<api::LineClosed>(&sink_.events.back());
  ASSERT_NE(closed, nullptr);
  EXPECT_NE(closed->why.find("more events than can be taken in"), std::string::npos);
}

TEST_F(HostTest, TheMeasureIsOfWhatWasNotTakenInYet) {
  begin();
  const api::CallId call = make();
  for (int i = 0; i < 1000; ++i) {
    report(i % 2 == 0 ? CallState::connected : CallState::on_hold);
    host_.run();
  }
  EXPECT_FALSE(script_.destroyed);
  EXPECT_NE(sink_.states(call), "");
}

/// A flood of messages while a trace runs takes no more room than its queue has; what is left out is
/// counted, and no event of a line or a call makes room for it.
TEST(Host, ATraceDuringAFloodIsBoundedAndCountsWhatItLeavesOut) {
  constexpr std::size_t kFlood = 20 * limits::kTracesQueued;
  const base::ManualClock clock;
  Script script;
  KeepingSink sink;
  EngineHost host(clock, nullptr);
  ASSERT_TRUE(host.add_provider(std::make_unique<ScriptedProvider>(script)));
  const api::AppId app = host.attach({.name = "operator"}, sink);
  host.run();
  host.submit(app, 1, api::Trace{});
  sink.events.clear();
  for (std::size_t i = 0; i < kFlood; ++i) {
    script.sink->post(provider::Traced{.message = {.text = "INVITE"}});
    if (i == kFlood / 2) script.sink->post(provider::LineAdded{1, {.name = "301"}});
  }
  host.run();
  EXPECT_EQ(sink.events.size(), limits::kTracesQueued + 1) << "and the line";
  script.sink->post(provider::Traced{.message = {.text = "BYE"}});
  host.run();
  EXPECT_EQ(std::get<TracedMessage>(sink.events.back()).missed, kFlood - limits::kTracesQueued);
}

/// What it is told is lost from some moment on.
class FailingJournal final : public Journal {
 public:
  void recovery(const std::string&, const provider::Recovery&) override {}
  void changed(provider::CallRef, const Record& record) override {
    if (!fails) noted.insert(record.session);
    lost = fails;
  }
  void done(provider::CallRef, const Record&) override {}
  void amended(const Record&) override {}
  void make_failed(const std::string&, provider::CallRef) override {}
  [[nodiscard]] std::string objection() const override { return lost ? "it is not kept" : ""; }
  bool fails = false, lost = false;
  std::set<std::uint64_t> noted;
};

class JournalledHost : public HostTest {
 protected:
  void SetUp() override {
    host_.journal(journal_);
    begin();
  }
  FailingJournal journal_;
};

TEST_F(JournalledHost, NotesACallBeforeItsProviderIsToldToMakeIt) {
  script_.on_command = [this](const provider::Command& command) {
    if (const auto* make = std::get_if<provider::MakeCall>(&command)) {
      EXPECT_TRUE(journal_.noted.contains(make->call.value));
    }
  };
  make();
  EXPECT_EQ(journal_.noted.size(), 1u);
}

TEST_F(JournalledHost, MakesNoCallThatCannotBeNotedButAnEmergencyCall) {
  journal_.fails = true;
  const api::RequestId first = ask(app_, api::MakeCall{.open = open_, .address = "1"});
  EXPECT_TRUE(script_.all<provider::MakeCall>().empty());
  const api::Reply* reply = sink_.reply_to(first);
  ASSERT_NE(reply, nullptr);
  EXPECT_EQ(reply->result.error().code, Errc::resource_unavailable);
  EXPECT_EQ(reply->result.error().context, "it is not kept");
  ask(app_, api::MakeCall{.open = open_, .address = "112"});
  EXPECT_EQ(script_.all<provider::MakeCall>().size(), 1u);
}

TEST_F(JournalledHost, OffersNoCallThatCannotBeNoted) {
  journal_.fails = true;
  const provider::CallRef call{provider::CallRef::kMintedByProvider | 1};
  script_.sink->post(provider::NewCall{.call = call, .line = 0});
  script_.sink->post(provider::StateChanged{call, CallState::offering, 0, {}});
  sink_.events.clear();
  host_.run();
  for (const api::Event& event : sink_.events)
    EXPECT_FALSE(std::holds_alternative<api::CallAppeared>(event));
  ASSERT_EQ(script_.all<provider::Drop>().size(), 1u);
  EXPECT_EQ(script_.all<provider::Drop>()[0].why, provider::DropWhy::stopping);
  EXPECT_EQ(script_.all<provider::CloseCall>().size(), 1u);
}

/// Keeps the state in which it was last told of each session.
class ChangeObserver final : public Observer {
 public:
  void takes(const Occurrence&) override {}
  void took() override {}
  void says(const Output&) override {}
  [[nodiscard]] bool wants_changes() const override { return true; }
  void changed(const Record& record) override { states[record.session] = record.state; }
  std::map<std::uint64_t, CallState> states;
};

class ObservedJournalledHost : public HostTest {
 protected:
  void SetUp() override {
    host_.journal(journal_);
    host_.observe(observer_);
    begin();
  }
  FailingJournal journal_;
  ChangeObserver observer_;
};

TEST_F(ObservedJournalledHost, TellsObserversOfACallThatWaitsForItsProvider) {
  ask(app_, api::MakeCall{.open = open_, .address = "1"});
  host_.run();
  const auto made = script_.all<provider::MakeCall>();
  ASSERT_EQ(made.size(), 1u);
  EXPECT_TRUE(observer_.states.contains(made[0].call.value));
}

TEST_F(ObservedJournalledHost, TellsObserversOfAChangeInWhoseTurnACallIsRefused) {
  make();
  report(CallState::connected);
  const provider::CallRef refused{provider::CallRef::kMintedByProvider | 1};
  script_.sink->post(provider::NewCall{.call = refused, .line = 99});
  host_.run();
  EXPECT_EQ(script_.all<provider::CloseCall>().size(), 1u) << "there is no such line";
  EXPECT_EQ(observer_.states[ref_.value], CallState::connected);
}

TEST_F(HostTest, AProviderThatCannotStartIsNamedAndLeavesNothing) {
  script_.refuses_to_start = Error{Errc::resource_unavailable, "port 5060 is taken"};
  const Result<void> added = host_.add_provider(std::make_unique<ScriptedProvider>(script_));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().context, "port 5060 is taken");
  EXPECT_TRUE(script_.destroyed);
  host_.run();
  app_ = host_.attach({.name = "app"}, sink_);
  EXPECT_TRUE(sink_.value_of<api::LineList>(ask(app_, api::ListLines{})).lines.empty());
}

TEST(Host, AProviderMayPostUntilItIsDestroyed) {
  base::ManualClock clock;
  Script script;
  script.on_destruction = [&] { script.sink->post(provider::Stopped{}); };
  {
    EngineHost host(clock, [] { FAIL() << "the gate was closed before"; });
    script.lines = 0;
    ASSERT_TRUE(host.add_provider(std::make_unique<ScriptedProvider>(script)));
  }
  EXPECT_TRUE(script.destroyed);
}

TEST_F(HostTest, AProviderIsCalledWhenItsTimeHasComeAndNotBefore) {
  begin();
  const auto due = clock_.now().monotonic + seconds(5);
  script_.deadline = due;
  EXPECT_EQ(host_.next_deadline(), due);
  clock_.advance(seconds(4));
  host_.run();
  EXPECT_TRUE(script_.advances.empty());
  clock_.advance(seconds(1));
  host_.run();
  EXPECT_EQ(script_.advances, std::vector{due});
  EXPECT_EQ(host_.next_deadline(), std::nullopt);
}

// ---- timers

TEST_F(HostTest, ATimerOfTheEngineIsKept) {
  begin();
  const api::CallId call = make(seconds(10));
  report(CallState::ringback);
  host_.run();
  EXPECT_EQ(host_.next_deadline(), clock_.now().monotonic + seconds(10));
  clock_.advance(milliseconds(9999));
  host_.run();
  EXPECT_EQ(sink_.states(call), "ringback");
  clock_.advance(milliseconds(1));
  host_.run();
  EXPECT_EQ(sink_.states(call), "ringback, disconnected");
}

TEST_F(HostTest, AClearedTimerIsInert) {
  begin();
  const api::CallId call = make(seconds(10));
  report(CallState::connected);
  host_.run();
  EXPECT_EQ(host_.next_deadline(), std::nullopt);
  clock_.advance(seconds(100));
  host_.run();
  EXPECT_EQ(sink_.states(call), "connected");
}

TEST_F(HostTest, TheNearestOfAllDeadlinesIsNext) {
  begin();
  make(seconds(10));
  script_.deadline = clock_.now().monotonic + seconds(3);
  EXPECT_EQ(host_.next_deadline(), clock_.now().monotonic + seconds(3));
  script_.deadline = clock_.now().monotonic + seconds(30);
  EXPECT_EQ(host_.next_deadline(), clock_.now().monotonic + seconds(10));
}

// ---- who is called when

TEST_F(HostTest, WhatASinkAsksForWaitsUntilEverybodyWasTold) {
  begin();
  KeepingSink other;
  const api::AppId monitor = host_.attach({.name = "monitor"}, other);
  ask(monitor, api::OpenLine{0, static_cast<std::uint8_t>(Privilege::monitor)});
  const api::CallId call = make();
  std::size_t heard_by_other = 0;
  sink_.then_event = [&](const api::Event& event) {
    const auto* state = std::get_if<api::CallStateChanged>(&event);
    if (state == nullptr || state->state != CallState::connected) return;
    heard_by_other = other.events.size();
    ask(app_, api::DropCall{call});  // from within: its outputs may not overtake these
  };
  report(CallState::connected);
  host_.run();
  EXPECT_EQ(sink_.deepest, 1) << "a sink was called while it was being called";
  ASSERT_EQ(script_.all<provider::Drop>().size(), 1u);
  EXPECT_GT(other.events.size(), 0u);
  const auto& last = std::get<api::CallStateChanged>(other.events.back());
  EXPECT_EQ(last.state, CallState::connected);
  EXPECT_GE(other.events.size(), heard_by_other);
}

TEST_F(HostTest, AnAnswerAskedForFromWithinKeepsItsPlaceInTheStream) {
  host_.amend([](api::AppId, api::RequestId, api::Value& value) {
    if (auto* page = std::get_if<api::RecordPage>(&value)) page->more = true;
  });
  begin();
  make();
  std::size_t events_when_answered = 0;
  sink_.then_event = [&](const api::Event& event) {
    const auto* state = std::get_if<api::CallStateChanged>(&event);
    if (state != nullptr && state->state == CallState::connected) ask(app_, api::RecordQuery{});
  };
  sink_.then_reply = [&](const api::Reply&) { events_when_answered = sink_.events.size(); };
  report(CallState::connected);
  host_.run();
  EXPECT_TRUE(sink_.value_of<api::RecordPage>(request_).more);
  EXPECT_EQ(sink_.deepest, 1) << "the answer came on the stack of submit()";
  EXPECT_EQ(events_when_answered, sink_.events.size()) << "the answer overtook an event";
}

TEST_F(HostTest, AnAnswerCanBeAmended) {
  host_.amend([](api::AppId, api::RequestId, api::Value& value) {
    if (auto* status = std::get_if<api::ServiceStatus>(&value)) status->store = "/somewhere";
  });
  begin();
  EXPECT_EQ(sink_.value_of<api::ServiceStatus>(ask(app_, api::GetServiceStatus{})).store,
            "/somewhere");
}

TEST_F(HostTest, ASinkThatDetachesIsNotCalledAgain) {
  begin();
  make();
  sink_.then_event = [&](const api::Event&) { host_.detach(app_, "enough"); };
  report(CallState::proceeding);
  report(CallState::connected);
  const std::size_t before = sink_.events.size();
  host_.run();
  EXPECT_EQ(sink_.events.size(), before + 1);
  EXPECT_EQ(script_.all<provider::CloseCall>().size(), 1u) << "its call was ended";
}

TEST_F(HostTest, AnUnknownApplicationIsIgnored) {
  begin();
  host_.submit(api::AppId{12345}, 1, api::ListLines{});
  host_.detach(api::AppId{12345}, "never was");
  ask(app_, api::ShutDown{});
  const std::size_t before = sink_.replies.size();
  ask(app_, api::ListLines{});
  host_.detach(app_, "is gone already");
  EXPECT_EQ(sink_.replies.size(), before);
}

TEST_F(HostTest, HandlesBeginAtTheGivenGeneration) {
  host_.begin_at(41);
  begin();
  EXPECT_EQ(app_.generation(), 41u);
  EXPECT_EQ(open_.generation(), 41u);
  EXPECT_EQ(make().generation(), 41u);
}

// ---- records, stopping

TEST(Host, TellsEachRecordOnceAndInOrder) {
  base::ManualClock clock;
  EngineHost host(clock, nullptr);
  std::vector<std::string> called;
  host.on_record([&](const Record& record) { called.push_back(record.parties.called.address); });
  ASSERT_TRUE(host.add_provider(std::make_unique<exchange::Exchange>(clock)));
  host.run();
  KeepingSink sink;
  const api::AppId app = host.attach({.name = "app"}, sink);
  host.submit(app, 1, api::OpenLine{0, kOwner, media::kVoice});
  const api::OpenId open = sink.value_of<api::OpenedLine>(1).open;
  api::RequestId request = 1;
  for (const char* address : {"202", "204", "999"}) {
    host.submit(app, ++request, api::MakeCall{.open = open, .address = address});
    host.run();
    while (const auto next = host.next_deadline()) {
      if (*next > clock.now().monotonic + seconds(5)) break;
      clock.advance_to(*next);
      host.run();
    }
    const api::CallId call = sink.value_of<api::MadeCall>(request).call;
    host.submit(app, ++request, api::DropCall{call});
    host.run();
  }
  EXPECT_EQ(called, (std::vector<std::string>{"202", "204", "999"}));
}

TEST(Host, StopsWhenEverythingHasEndedAndBeenReturned) {
  base::ManualClock clock;
  EngineHost host(clock, nullptr);
  std::vector<Record> records;
  host.on_record([&](const Record& record) { records.push_back(record); });
  ASSERT_TRUE(host.add_provider(std::make_unique<exchange::Exchange>(clock)));
  host.run();
  KeepingSink sink;
  const api::AppId app = host.attach({.name = "app"}, sink);
  host.submit(app, 1, api::OpenLine{0, kOwner, media::kVoice});
  const api::OpenId open = sink.value_of<api::OpenedLine>(1).open;
  host.submit(app, 2, api::MakeCall{.open = open, .address = "200"});
  host.run();
  EXPECT_FALSE(host.stopped());
  host.stop("the machine is switched off");
  host.run();
  EXPECT_TRUE(host.stopped());
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].end->origin, EndOrigin::system);
  EXPECT_EQ(host.next_deadline(), std::nullopt);
}

TEST_F(HostTest, AProviderThatDoesNotStopCanBeAbandonedAndItsCallsAreRecorded) {
  std::vector<Record> records;
  host_.on_record([&](const Record& record) { records.push_back(record); });
  begin();
  make();
  report(CallState::connected);
  host_.run();
  host_.stop("the machine is switched off");
  host_.run();
  EXPECT_FALSE(host_.stopped());
  EXPECT_TRUE(records.empty());
  host_.abandon_providers("it does not answer");
  EXPECT_TRUE(script_.destroyed);
  EXPECT_TRUE(host_.stopped());
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].end->confirmation, Confirmation::unconfirmed);
}

}  // namespace
}  // namespace switchhook::core
