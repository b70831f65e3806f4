// SPDX-License-Identifier: Apache-2.0
// Calls through the C++ API on the core and the exchange: what a program sees of a call's life, its
// end, and its release. One thread each; races are in race_test.cpp.
#include "exchange_world.hpp"

namespace switchhook {
namespace {

using namespace test;

TEST(Call, IsAnsweredDroppedReadAndReleased) {
  const World world;
  Application application = world.application("caller");
  Line line = open(application, "100");
  Session session = call(line, "200");
  ASSERT_TRUE(session.wait_for(CallState::connected, kSoon));
  ASSERT_TRUE(session.drop());
  auto record = session.wait_for_record(kSoon);
  ASSERT_TRUE(record) << record.error().text();
  EXPECT_EQ(record->state, CallState::idle);
  EXPECT_EQ(record->line, "100");
  EXPECT_EQ(record->parties.called.address, "200");
  EXPECT_EQ(record->end->origin, EndOrigin::local_user);
  EXPECT_EQ(record->end->cause.mode, DisconnectMode::normal);
  EXPECT_NE(record->end->confirmation, Confirmation::pending);
  ASSERT_EQ(record->holders.size(), 1u);
  EXPECT_EQ(record->holders[0].application, "caller");
  EXPECT_TRUE(session.release());
  EXPECT_EQ(session.record().error().code, Errc::stale_handle);
  EXPECT_EQ(session.release().error().code, Errc::stale_handle);
  EXPECT_TRUE(world.comes_to_zero());
}

TEST(Call, EndedByTheFarEndStaysReadableUntilItIsReleased) {
  // Terminate a session: "the session identifier … remains valid until it is explicitly released".
  const World world;
  Application application = world.application();
  Line line = open(application, "100");
  Session session = call(line, "204");  // answers, hangs up after a second
  ASSERT_TRUE(session.wait_for_end(kSoon));
  EXPECT_EQ(*session.state(), CallState::disconnected);
  ASSERT_TRUE(session.drop()) << "clears it";
  ASSERT_TRUE(session.wait_for(CallState::idle, kSoon));
  EXPECT_EQ(session.drop().error().code, Errc::invalid_state);
  auto record = session.record();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->end->origin, EndOrigin::remote_party);
  EXPECT_EQ(session.hold().error().code, Errc::invalid_state);
  EXPECT_EQ(application.sessions_held(), 1u);
}

TEST(Call, WaitForRecordClearsWhatTheFarEndEnded) {
  const World world;
  Application application = world.application();
  Line line = open(application, "100");
  Session session = call(line, "204");
  auto record = session.wait_for_record(kSoon);
  ASSERT_TRUE(record) << record.error().text();
  EXPECT_EQ(record->state, CallState::idle);
  EXPECT_EQ(record->end->origin, EndOrigin::remote_party);
}

TEST(Call, EventsTellEveryStateInOrder) {
  const World world;
  Application application = world.application();
  Line line = open(application, "100");
  Session session = call(line, "205");  // answers after a second
  std::vector<CallState> states;
  std::chrono::nanoseconds last{0};
  bool dropped = false;
  while (states.empty() || states.back() != CallState::idle) {
    auto event = session.next_event(kSoon);
    ASSERT_TRUE(event && *event);
    if ((*event)->kind != SessionEvent::Kind::state) continue;
    EXPECT_GE((*event)->at.monotonic, last);
    last = (*event)->at.monotonic;
    states.push_back((*event)->state);
    if (states.back() == CallState::connected && !std::exchange(dropped, true)) {
      EXPECT_TRUE(session.drop());
    }
  }
  const auto record = session.record();
  ASSERT_TRUE(record);
  std::vector<CallState> timeline;
  for (const TimelineEntry& step : record->timeline)
    if (step.state != CallState::unknown) timeline.push_back(step.state);  // before the first
  EXPECT_EQ(states, timeline) << "what was told is what is written down";
  EXPECT_NE(std::find(states.begin(), states.end(), CallState::ringback), states.end());
}

TEST(Call, ThatNobodyAnswersIsEndedByTheRule) {
  const World world;
  Application application = world.application();
  Line line = open(application, "100");
  CallOptions options;
  options.no_answer = 50ms;
  Session session = call(line, "201", options);  // rings for ever
  auto record = session.wait_for_record(kSoon);
  ASSERT_TRUE(record) << record.error().text();
  EXPECT_EQ(record->end->origin, EndOrigin::policy);
  EXPECT_EQ(record->end->cause.mode, DisconnectMode::no_answer);
}

TEST(Call, ThatLastsTooLongIsEndedByTheRule) {
  const World world;
  Application application = world.application();
  Line line = open(application, "100");
  CallOptions options;
  options.length_limit = 50ms;
  Session session = call(line, "200", options);
  auto record = session.wait_for_record(kSoon);
  ASSERT_TRUE(record) << record.error().text();
  EXPECT_EQ(record->end->origin, EndOrigin::policy);
}

TEST(Call, BetweenTwoLinesIsSeenByBoth) {
  const World world;
  Application caller_side = world.application("caller");
  Application callee_side = world.application("callee");
  Line line100 = open(caller_side, "100");
  Line line101 = open(callee_side, "101", {.privilege = Privilege::owner});
  Session caller = call(line100, "101");
  auto callee = line101.next_call(kSoon);
  ASSERT_TRUE(callee) << callee.error().text();
  auto first = callee->next_event(kSoon);
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->state, CallState::offering);
  EXPECT_EQ((*first)->privilege, Privilege::owner);
  EXPECT_EQ(callee->record()->parties.calling.address, "100");
  ASSERT_TRUE(callee->accept());
  ASSERT_TRUE(caller.wait_for(CallState::ringback, kSoon));
  ASSERT_TRUE(callee->answer());
  ASSERT_TRUE(caller.wait_for(CallState::connected, kSoon));
  ASSERT_TRUE(caller.hold());
  ASSERT_TRUE(caller.wait_for(CallState::on_hold, kSoon));
  ASSERT_TRUE(caller.unhold());
  ASSERT_TRUE(caller.wait_for(CallState::connected, kSoon));
  ASSERT_TRUE(callee->drop());
  auto record = caller.wait_for_record(kSoon);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->end->origin, EndOrigin::remote_party);
  EXPECT_EQ(callee->wait_for_record(kSoon)->end->origin, EndOrigin::local_user);
  EXPECT_GT(held_time(*record, record->end->at).count(), 0);
}

/// A call between two lines, connected.
struct Two {
  Two() {
    caller = call(line100, "101");
    auto came = line101.next_call(kSoon);
    EXPECT_TRUE(came && came->answer() && caller.wait_for(CallState::connected, kSoon));
    if (came) callee = std::move(*came);
  }
  const World world = {};
  Application application = world.application();
  Line line100 = open(application, "100");
  Line line101 = open(application, "101", {.privilege = Privilege::owner});
  Session caller, callee;
};

TEST(Call, IsTransferredToAnAddress) {
  Two two;
  Session &caller = two.caller, *callee = &two.callee;
  EXPECT_EQ(callee->transfer("202").error().code, Errc::failed) << "busy";
  EXPECT_EQ(callee->record()->state, CallState::connected);
  ASSERT_TRUE(callee->transfer("200"));
  auto record = callee->wait_for_record(kSoon);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->end->origin, EndOrigin::local_user);
  EXPECT_EQ(record->end->cause.words, "transferred");
  EXPECT_EQ(caller.record()->state, CallState::connected);
  EXPECT_EQ(caller.record()->parties.connected.address, "200");
}

TEST(Call, IsTransferredToTheFarEndOfAnother) {
  Two two;
  Session &first = two.caller, *waiting = &two.callee;
  ASSERT_TRUE(first.hold());
  Session consultation = call(two.line100, "207");
  ASSERT_TRUE(consultation.wait_for(CallState::connected, kSoon));
  EXPECT_EQ(first.transfer(Session()).error().code, Errc::stale_handle);
  ASSERT_TRUE(first.transfer(consultation));
  for (Session* session : {&first, &consultation})
    EXPECT_EQ(session->wait_for_record(kSoon)->end->cause.words, "transferred");
  EXPECT_EQ(waiting->record()->parties.connected.address, "207");
}

TEST(Call, TheActiveAndTheHeldOneAreSwapped) {
  Two two;
  Session& first = two.caller;
  ASSERT_TRUE(first.hold());
  Session second = call(two.line100, "207");
  ASSERT_TRUE(second.wait_for(CallState::connected, kSoon));
  EXPECT_EQ(second.swap_hold(Session()).error().code, Errc::stale_handle);
  EXPECT_EQ(first.swap_hold(second).error().code, Errc::invalid_state) << "the wrong way round";
  ASSERT_TRUE(second.swap_hold(first));
  ASSERT_TRUE(first.wait_for(CallState::connected, kSoon));
  EXPECT_EQ(*first.state(), CallState::connected);
  EXPECT_EQ(*second.state(), CallState::on_hold);
}

TEST(Call, OfferedIsRejected) {
  const World world;
  Application application = world.application();
  Line line100 = open(application, "100");
  Line line101 = open(application, "101", {.privilege = Privilege::owner});
  Session caller = call(line100, "101");
  auto callee = line101.next_call(kSoon);
  ASSERT_TRUE(callee);
  ASSERT_TRUE(callee->drop(DropReason::rejected));
  auto record = caller.wait_for_record(kSoon);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->end->cause.mode, DisconnectMode::reject);
}

TEST(Call, DigitsGoAndComeBack) {
  const World world;
  Application application = world.application();
  Line line = open(application, "100");
  Session session = call(line, "207");  // echoes digits
  ASSERT_TRUE(session.wait_for(CallState::connected, kSoon));
  ASSERT_TRUE(session.monitor_digits());
  ASSERT_TRUE(session.send_digits("12#", {.tag = 9}));
  std::string heard;
  bool sent = false;
  while (heard.size() < 3 || !sent) {
    auto event = session.next_event(kSoon);
    ASSERT_TRUE(event && *event) << heard;
    if ((*event)->kind == SessionEvent::Kind::digit) heard += (*event)->digit;
    if ((*event)->kind == SessionEvent::Kind::digits_sent) {
      sent = true;
      EXPECT_EQ((*event)->tag, 9u);
      EXPECT_FALSE((*event)->cancelled);
    }
  }
  EXPECT_EQ(heard, "12#");
}

TEST(Call, RefusesWhatMakesNoSense) {
  const World world;
  Application application = world.application();
  Line line = open(application, "100");
  EXPECT_EQ(line.call("").error().code, Errc::invalid_address);
  EXPECT_EQ(line.call(std::string(5000, '1')).error().code, Errc::invalid_address);
  EXPECT_EQ(line.call("200", {.no_answer = -1ms}).error().code, Errc::invalid_argument);
  EXPECT_EQ(line.call("200", {.length_limit = -1ms}).error().code, Errc::invalid_argument);
  EXPECT_EQ(application.open_line("nobody").error().code, Errc::no_such_line);
  EXPECT_EQ(application.open_line(77u).error().code, Errc::no_such_line);
  Session session = call(line, "200");
  EXPECT_EQ(session.hand_off("").error().code, Errc::invalid_argument);
  EXPECT_EQ(session.hand_off("not there").error().code, Errc::target_not_found);
  EXPECT_EQ(session.send_digits("1", {.duration = -1ms}).error().code, Errc::invalid_argument);
  EXPECT_EQ(session.set_privilege(Privilege::none).error().code, Errc::invalid_privilege);
  EXPECT_TRUE(session.valid()) << "nothing was lost by all that";
}

TEST(HandOff, MakesAnotherApplicationOwner) {
  const World world;
  Application one = world.application("one");
  Application two = world.application("two");
  Line line_of_one = open(one, "100");
  Line line_of_two = open(two, "100", {.privilege = Privilege::owner});
  Session session = call(line_of_one, "200");
  ASSERT_TRUE(session.wait_for(CallState::connected, kSoon));
  ASSERT_TRUE(session.hand_off("two"));
  auto received = line_of_two.next_call(kSoon);
  ASSERT_TRUE(received) << received.error().text();
  EXPECT_EQ(received->info()->privilege, Privilege::owner);
  EXPECT_EQ(received->info()->owners, 2u);
  ASSERT_TRUE(session.release());
  EXPECT_EQ(*received->state(), CallState::connected) << "the call lives on with its other owner";
  ASSERT_TRUE(received->drop());
}

TEST(Monitor, SeesCallsOfOthersAndMayNotControlThem) {
  const World world;
  Application one = world.application("one");
  Application watcher = world.application("watcher");
  Line watched = open(watcher, "100", {.privilege = Privilege::monitor});
  Line line = open(one, "100");
  Session session = call(line, "200");
  auto seen = watched.next_call(kSoon);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->drop().error().code, Errc::not_owner);
  ASSERT_TRUE(seen->wait_for(CallState::connected, kSoon));
  ASSERT_TRUE(session.drop());
  EXPECT_TRUE(seen->wait_for_record(kSoon));
}

TEST(Monitor, FindsCallsThatWereThereBefore) {
  const World world;
  Application one = world.application("one");
  Line line = open(one, "100");
  Session session = call(line, "200");
  ASSERT_TRUE(session.wait_for(CallState::connected, kSoon));
  Application late = world.application("late");
  Line watched = open(late, "100", {.privilege = Privilege::monitor});
  auto existing = watched.existing_calls();
  ASSERT_TRUE(existing) << existing.error().text();
  ASSERT_EQ(existing->size(), 1u);
  EXPECT_TRUE(existing->front().wait_for(CallState::connected, kSoon)) << "the state is known";
  ASSERT_TRUE(session.drop());
  EXPECT_TRUE(existing->front().wait_for_end(kSoon));
}

TEST(Operator, NamesALeakAndItsHolderAndReclaimsIt) {
  const World world;
  Application forgetful = world.application("forgetful");
  Application admin = world.application("admin");
  Line line = open(forgetful, "100");
  Session session = call(line, "200");
  ASSERT_TRUE(session.wait_for(CallState::connected, kSoon));
  const std::uint64_t number = session.record()->session;
  Operator service(admin);
  EXPECT_EQ(service.reclaim(number).error().code, Errc::invalid_state) << "it has not ended";
  ASSERT_TRUE(session.drop());
  ASSERT_TRUE(session.wait_for_record(kSoon));

  auto report = service.leaks();
  ASSERT_TRUE(report);
  ASSERT_EQ(report->leaks.size(), 1u);
  EXPECT_EQ(report->total, 1u);
  EXPECT_EQ(report->leaks[0].session, number);
  EXPECT_EQ(report->leaks[0].application, "forgetful");
  EXPECT_EQ(report->leaks[0].user, "tester");
  EXPECT_EQ(report->leaks[0].process, 42u);
  EXPECT_EQ(report->leaks[0].line, "100");

  auto count = service.reclaim(number);
  ASSERT_TRUE(count) << count.error().text();
  EXPECT_EQ(*count, 1u);
  while (true) {
    auto event = session.next_event(kSoon);
    ASSERT_TRUE(event && *event);
    if ((*event)->kind == SessionEvent::Kind::gone) break;
  }
  EXPECT_EQ(session.record().error().code, Errc::reclaimed);
  EXPECT_EQ(service.leaks()->total, 0u);
  EXPECT_EQ(service.reclaim(number).error().code, Errc::not_found);
  EXPECT_TRUE(world.comes_to_zero());
}

TEST(Operator, ReclaimsAllLeaks) {
  const World world;
  Application application = world.application();
  Line line = open(application, "100");
  std::vector<Session> forgotten;
  for (int i = 0; i < 5; ++i) {
    forgotten.push_back(call(line, "202"));  // busy
    static_cast<void>(forgotten.back().drop());
    ASSERT_TRUE(forgotten.back().wait_for_record(kSoon));
  }
  Operator service(application);
  EXPECT_EQ(service.leaks()->total, 5u);
  EXPECT_EQ(*service.reclaim_all(), 5u);
  EXPECT_EQ(service.leaks()->total, 0u);
}

TEST(Operator, ListsLiveSessionsOfAllApplications) {
  const World world;
  Application one = world.application("one");
  Application two = world.application("two");
  Line line = open(one, "100");
  Session session = call(line, "201");
  auto sessions = Operator(two).sessions();
  ASSERT_TRUE(sessions);
  ASSERT_EQ(sessions->size(), 1u);
  EXPECT_EQ(sessions->front().session, session.record()->session);
  EXPECT_EQ(sessions->front().application, "one");
}

TEST(Operator, RefusesALimitOutOfBounds) {
  const World world;
  Application application = world.application();
  EXPECT_EQ(Operator(application).records({.limit = 0}).error().code, Errc::invalid_argument);
  EXPECT_EQ(Operator(application).records({.limit = 100001}).error().code, Errc::invalid_argument);
}

TEST(Lines, AreListedAndOpenedByNameOrNumber) {
  const World world;
  Application application = world.application();
  auto lines = application.lines();
  ASSERT_TRUE(lines);
  ASSERT_GE(lines->size(), 2u);
  EXPECT_EQ((*lines)[0].name, "100");
  EXPECT_EQ((*lines)[1].name, "101");
  auto by_number = application.open_line((*lines)[1].id);
  ASSERT_TRUE(by_number) << by_number.error().text();
  EXPECT_EQ(by_number->info().name, "101");
  EXPECT_EQ(by_number->status()->openings, 1u);
  EXPECT_TRUE(by_number->close());
  EXPECT_EQ(by_number->status().error().code, Errc::stale_line);
}

// ---- who outlives whom

TEST(Lifetimes, ReleasingTheOnlyIdentifierOfALiveCallEndsIt) {
  const World world;
  Application application = world.application();
  Line line = open(application, "100");
  {
    const Session session = call(line, "200");
    ASSERT_TRUE(session.wait_for(CallState::connected, kSoon));
  }
  EXPECT_EQ(application.sessions_held(), 0u);
  EXPECT_TRUE(world.comes_to_zero());
}

TEST(Lifetimes, ALineTakesItsSessionsWithIt) {
  const World world;
  Application application = world.application();
  Session session;
  {
    Line line = open(application, "100");
    session = call(line, "200");
    ASSERT_TRUE(session.wait_for(CallState::connected, kSoon));
  }
  EXPECT_FALSE(session.valid());
  EXPECT_EQ(session.record().error().code, Errc::stale_handle);
  EXPECT_EQ(session.next_event(kSoon).error().code, Errc::stale_handle);
  EXPECT_TRUE(world.comes_to_zero());
}

TEST(Lifetimes, ObjectsOutliveTheirApplicationSafely) {
  const World world;
  Session session;
  Line line;
  SessionView view;
  std::unique_ptr<Operator> service;
  {
    Application application = world.application();
    line = open(application, "100");
    session = call(line, "200");
    view = session.view();
    service = std::make_unique<Operator>(application);
  }
  EXPECT_EQ(session.drop().error().code, Errc::stale_application);
  EXPECT_EQ(view.record().error().code, Errc::stale_application);
  EXPECT_EQ(line.call("200").error().code, Errc::stale_application);
  EXPECT_EQ(line.next_call(kSoon).error().code, Errc::stale_application);
  EXPECT_EQ(service->leaks().error().code, Errc::stale_application);
  EXPECT_EQ(session.on_event([](SessionView, const SessionEvent&) {}).error().code,
            Errc::stale_application);
  EXPECT_TRUE(world.comes_to_zero());
}

TEST(Lifetimes, ObjectsOutliveTheEngineSafely) {
  auto world = std::make_unique<World>();
  Application application = world->application();
  Line line = open(application, "100");
  Session session = call(line, "200");
  world.reset();
  // An orderly stop closes the lines before the service goes.
  EXPECT_EQ(session.drop().error().code, Errc::stale_handle);
  EXPECT_EQ(line.call("200").error().code, Errc::stale_line);
  EXPECT_EQ(application.lines().error().code, Errc::disconnected);
  EXPECT_FALSE(application.connected());
}

TEST(Lifetimes, MovingASessionKeepsItAndAssigningReleasesTheOldOne) {
  const World world;
  Application application = world.application();
  Line line = open(application, "100");
  Session one = call(line, "200");
  const std::uint64_t id = one.id();
  Session two = std::move(one);
  EXPECT_EQ(two.id(), id);
  EXPECT_TRUE(two.valid());
  EXPECT_EQ(application.sessions_held(), 1u);
  two = call(line, "201");
  EXPECT_EQ(application.sessions_held(), 1u) << "the first one was released";
  EXPECT_NE(two.id(), id);
}

TEST(Lifetimes, AViewDoesNotKeepASession) {
  const World world;
  Application application = world.application();
  Line line = open(application, "100");
  SessionView view;
  {
    const Session session = call(line, "200");
    view = session;
    EXPECT_TRUE(view.valid());
    EXPECT_TRUE(view.same_as(session));
  }
  EXPECT_FALSE(view.valid());
  EXPECT_EQ(view.drop().error().code, Errc::stale_handle);
}

}  // namespace
}  // namespace switchhook
