// SPDX-License-Identifier: Apache-2.0
// What can be asked about sessions, leaks and ledgers; what bad input and limits get.
#include "tests/unit/core/engine_world.hpp"

namespace switchhook::core::test {
namespace {

using Leaks = EngineTest;

TEST_F(Leaks, AreNamedFromTheEndOfTheCommunicationOn) {
  // Section 1: "dropping or being disconnected without releasing leaks memory"; defect A2a: the
  // passive monitor that never deallocates is named.
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  const provider::CallRef call = world.make(a);
  EXPECT_EQ(world.ask_for<api::LeakList>(a, api::ListLeaks{}).total, 0u);
  world.report(call, CallState::disconnected, Cause{});
  api::LeakList list = world.ask_for<api::LeakList>(a, api::ListLeaks{});
  EXPECT_EQ(list.total, 2u) << "DISCONNECTED is ended";
  world.act(a, api::DropCall{a.call});
  world.act(a, api::ReleaseCall{a.call});
  list = world.ask_for<api::LeakList>(a, api::ListLeaks{});
  ASSERT_EQ(list.leaks.size(), 1u);
  const api::Leak& leak = list.leaks[0];
  EXPECT_EQ(leak.call, m.call);
  EXPECT_EQ(leak.application, "M");
  EXPECT_EQ(leak.user, "user of M");
  EXPECT_EQ(leak.process, 7u);
  EXPECT_EQ(leak.line, "100");
  EXPECT_EQ(leak.privilege, Privilege::monitor);
  EXPECT_EQ(leak.state, CallState::idle);
  EXPECT_GT(leak.bytes, 0u);
  EXPECT_LE(leak.bytes, 1024u);
}

TEST_F(Leaks, CanBeReclaimedAndTheHolderIsTold) {
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.act(m, api::Reclaim{a.call}), ElementsAre("M reclaim invalid_state"));
  world.report(call, CallState::idle);
  world.ended(call);
  EXPECT_THAT(world.act(m, api::Reclaim{a.call}), ElementsAre("A reclaimed", "M reclaim ok"));
  EXPECT_THAT(world.act(a, api::ReleaseCall{a.call}), ElementsAre("A release reclaimed"));
  EXPECT_THAT(world.act(a, api::GetCall{a.call}), ElementsAre("A get call reclaimed"));
  EXPECT_THAT(world.act(m, api::Reclaim{a.call}), ElementsAre("M reclaim stale_handle"));
  EXPECT_EQ(world.ask_for<api::Reclaimed>(a, api::Reclaim{}).count, 1u);
  world.all_gone();
}

TEST_F(Leaks, ReclaimingADisconnectedCallClearsIt) {
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.report(call, CallState::disconnected, Cause{});
  EXPECT_THAT(world.act(a, api::Reclaim{}), ElementsAre("A reclaimed", "P close", "A reclaim ok"));
  EXPECT_THAT(world.ended(call), ElementsAre("record"));
  world.all_gone();
}

TEST_F(Leaks, OfOthersAreForOperators) {
  TestApp& a = world.app("A", kOwner);
  TestApp& guest = world.attach("G", false);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.ask_for<api::RecordPage>(guest, api::ListSessions{}).records, IsEmpty());
  world.report(call, CallState::idle);
  world.ended(call);
  EXPECT_EQ(world.ask_for<api::LeakList>(guest, api::ListLeaks{}).total, 0u);
  EXPECT_THAT(world.act(guest, api::Reclaim{a.call}), ElementsAre("G reclaim stale_handle"));
  EXPECT_EQ(world.ask_for<api::Reclaimed>(guest, api::Reclaim{}).count, 0u);
  EXPECT_THAT(world.ask_for<api::RecordPage>(guest, api::RecordQuery{}).records, IsEmpty());
  EXPECT_EQ(world.ask_for<api::RecordPage>(a, api::RecordQuery{}).records.size(), 1u);
}

using Lists = EngineTest;

TEST_F(Lists, SessionsArePagedLiveAndHeld) {
  TestApp& a = world.app("A", kOwner);
  for (int i = 0; i < 5; ++i) world.make(a);
  const provider::CallRef held = world.make(a);
  world.report(held, CallState::idle);
  const provider::CallRef gone = world.make(a);
  world.report(gone, CallState::idle);
  world.act(a, api::ReleaseCall{a.call});
  world.act(a, api::MakeCall{.open = a.open, .address = "1"});  // not a call yet
  std::set<std::uint64_t> seen;
  api::SessionId after;
  int pages = 0;
  while (true) {
    const api::RecordPage page = world.ask_for<api::RecordPage>(a, api::ListSessions{after, 4});
    ++pages;
    for (const Record& record : page.records) {
      EXPECT_TRUE(seen.insert(record.session).second);
      after = api::SessionId{record.session};
    }
    if (!page.more) break;
  }
  EXPECT_EQ(pages, 2);
  EXPECT_EQ(seen.size(), 6u);
}

TEST_F(Lists, RecordsAreRememberedBothWays) {
  TestApp& a = world.app("A", kOwner);
  std::vector<std::uint64_t> order;
  for (std::size_t i = 0; i < limits::kRecordsRemembered + 10; ++i) {
    const provider::CallRef call = world.make(a);
    world.report(call, CallState::idle);
    world.ended(call);
    world.act(a, api::ReleaseCall{a.call});
    order.push_back(world.records.back().session);
  }
  api::RecordPage page = world.ask_for<api::RecordPage>(a, api::RecordQuery{.limit = 2});
  ASSERT_EQ(page.records.size(), 2u);
  EXPECT_TRUE(page.more);
  EXPECT_EQ(page.records[0].session, order.back());
  page = world.ask_for<api::RecordPage>(
      a, api::RecordQuery{.after_session = page.records[1].session, .limit = 1});
  EXPECT_EQ(page.records.at(0).session, order[order.size() - 3]);
  page = world.ask_for<api::RecordPage>(a, api::RecordQuery{.limit = 1, .newest_first = false});
  EXPECT_EQ(page.records.at(0).session, order[10]);
  EXPECT_THAT(world.ask_for<api::RecordPage>(a, api::RecordQuery{.line = "101"}).records,
              IsEmpty());
  EXPECT_EQ(world.ask(a, api::RecordQuery{.after_session = order[0]}).error().code,
            Errc::not_found);
}

TEST_F(Lists, StatusCounts) {
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  const provider::CallRef held = world.make(a);
  world.report(held, CallState::idle);
  world.advance(seconds(5));
  const auto status = world.ask_for<api::ServiceStatus>(a, api::GetServiceStatus{});
  EXPECT_EQ(status.applications, 1u);
  EXPECT_EQ(status.lines, 1u);
  EXPECT_EQ(status.sessions_live, 1u);
  EXPECT_EQ(status.sessions_held, 1u);
  EXPECT_EQ(status.sessions_total, 2u);
  EXPECT_EQ(status.up, seconds(5));
}

TEST_F(Lists, LineStatusCountsByKind) {
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  world.report(world.make(a), CallState::on_hold);
  world.report(world.make(a), CallState::on_hold_pending_transfer);
  world.act(a, api::MakeCall{.open = a.open, .address = "1"});  // pending: not counted
  const auto status = world.ask_for<api::LineStatus>(a, api::GetLineStatus{0});
  EXPECT_EQ(status.active_calls, 1u);
  EXPECT_EQ(status.held_calls, 1u);
  EXPECT_EQ(status.held_pending_calls, 1u);
}

using Audits = EngineTest;

TEST_F(Audits, WaitForProvidersButNotForEver) {
  TestApp& a = world.app("A", kOwner);
  EXPECT_THAT(world.act(a, api::RunAudit{}), ElementsAre("P report ledger"));
  EXPECT_THAT(world.advance(limits::kAuditAnswer - milliseconds(1)), IsEmpty());
  EXPECT_THAT(world.advance(milliseconds(1)), ElementsAre("A audit ok"));
  const auto report = world.answered<api::AuditReport>();
  EXPECT_THAT(report.findings, ElementsAre("provider test: did not report its ledger in time"));
}

/// They tell of everybody's calls, and cost every provider a recount.
TEST_F(Audits, AreForWhoMaySeeAllCalls) {
  TestApp& user = world.attach({.name = "user", .role = api::Role::user});
  const auto denied = world.ask(user, api::RunAudit{});
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, Errc::denied);
  TestApp& observer = world.attach({.name = "observer", .role = api::Role::observer});
  EXPECT_THAT(world.act(observer, api::RunAudit{}), ElementsAre("P report ledger"));
  EXPECT_THAT(world.post(provider::LedgerReport{.token = 1}), ElementsAre("observer audit ok"));
}

TEST_F(Audits, TellWhatWasRefused) {
  TestApp& a = world.app("A", kOwner);
  world.act(a, api::RunAudit{});
  provider::LedgerReport report{.token = 1};
  report.refusals.emplace().total = 7;
  world.post(report);
  const auto answer = world.answered<api::AuditReport>();
  ASSERT_TRUE(answer.refusals);
  EXPECT_EQ(answer.refusals->total, 7u);
}

TEST_F(Audits, FindDriftInAProvider) {
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  EXPECT_TRUE(world.audit(a).clean());
  EXPECT_FALSE(world.audit(a).all_zero());
  world.act(a, api::RunAudit{});
  provider::LedgerReport report{.token = 3};
  report.booked[static_cast<std::size_t>(Resource::provider_calls)] = 2;
  report.found[static_cast<std::size_t>(Resource::provider_calls)] = 2;
  report.booked[static_cast<std::size_t>(Resource::rtp_ports)] = 1;
  EXPECT_THAT(world.post(report), ElementsAre("A audit ok"));
  const auto answer = world.answered<api::AuditReport>();
  EXPECT_THAT(answer.findings, ElementsAre("provider test: rtp ports: booked 1, found 0",
                                           "provider test: it has 2 calls, the engine knows of 1"));
}

TEST_F(Audits, AllowForCallsMadeMeanwhile) {
  TestApp& a = world.app("A", kOwner);
  world.act(a, api::RunAudit{});
  world.act(a, api::MakeCall{.open = a.open, .address = "1"});
  EXPECT_THAT(world.post(provider::LedgerReport{.token = 1}), ElementsAre("A audit ok"));
  const auto answer = world.answered<api::AuditReport>();
  EXPECT_TRUE(answer.clean());
}

TEST_F(Audits, AllowForCallsClosedMeanwhile) {
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.act(a, api::RunAudit{});
  world.report(call, CallState::idle);
  world.ended(call);
  provider::LedgerReport report{.token = 1};  // it had not seen CloseCall
  report.booked[static_cast<std::size_t>(Resource::provider_calls)] = 1;
  report.found[static_cast<std::size_t>(Resource::provider_calls)] = 1;
  EXPECT_THAT(world.post(report), ElementsAre("A audit ok"));
  EXPECT_TRUE(world.answered<api::AuditReport>().clean());
}

TEST_F(Audits, MakeUpForATimerThatDoesNotCome) {
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.act(a, api::DropCall{a.call});
  world.lose_timers();
  EXPECT_THAT(world.advance(limits::kProviderAnswer + seconds(5)), IsEmpty());
  const std::string found = "engine: a timer did not come; what it was for is done now";
  EXPECT_THAT(
      world.act(a, api::RunAudit{}),
      ElementsAre("A drop timed_out", "A idle (normal, local user)", "P close", "P report ledger"));
  world.advance(limits::kAuditAnswer);
  EXPECT_THAT(world.answered<api::AuditReport>().findings, testing::Contains(found));
  EXPECT_THAT(world.act(a, api::ReleaseCall{a.call}), ElementsAre("A release ok"));

  world.lose_timers();  // the provider never gives it back, and nobody would ask why
  EXPECT_THAT(world.advance(limits::kProviderLinger + seconds(5)), IsEmpty());
  EXPECT_THAT(world.act(a, api::RunAudit{}),
              testing::UnorderedElementsAre("P report ledger", "record"));
  EXPECT_EQ(world.records[0].end->confirmation, Confirmation::unconfirmed);
  world.advance(limits::kAuditAnswer);
  EXPECT_THAT(world.answered<api::AuditReport>().findings, testing::Contains(found));

  EXPECT_THAT(world.ended(call), IsEmpty());
  EXPECT_TRUE(world.audit(a).clean());
  world.make(a);  // and timers work again
  world.act(a, api::DropCall{a.call});
  EXPECT_THAT(world.advance(limits::kProviderAnswer),
              ElementsAre("A drop timed_out", "A idle (normal, local user)", "P close"));
  world.act(a, api::ReleaseCall{a.call});
  world.all_gone();
}

TEST_F(Audits, EndWithTheirProviderOrTheirAsker) {
  TestApp& a = world.app("A", kOwner);
  TestApp& b = world.app("B", kOwner);
  world.act(a, api::RunAudit{});
  world.act(b, api::RunAudit{});
  world.lose(b);
  EXPECT_THAT(world.apply(ProviderLost{0, "crash"}), ElementsAre("A line closed", "A audit ok"));
  EXPECT_THAT(world.timers, IsEmpty());
}

// ---- bad input

using BadInput = EngineTest;

TEST_F(BadInput, OpenLineSaysWhatIsWrong) {
  TestApp& a = world.attach("A");
  const auto code = [&](api::OpenLine open) { return world.ask(a, open).error().code; };
  EXPECT_EQ(code({7, kMonitor}), Errc::no_such_line);
  EXPECT_EQ(code({0xffffffff, kMonitor}), Errc::no_such_line);
  EXPECT_EQ(code({0, 0}), Errc::invalid_privilege);
  EXPECT_EQ(code({0, kNone | kOwner, media::kVoice}), Errc::invalid_privilege);
  EXPECT_EQ(code({0, 8}), Errc::invalid_privilege);
  EXPECT_EQ(code({0, kOwner, 0}), Errc::invalid_argument);
  EXPECT_EQ(code({0, kOwner, 0x80000000}), Errc::invalid_argument);
  EXPECT_EQ(code({0, kOwner, media::kVoice, 0}), Errc::version_mismatch);
  EXPECT_EQ(code({0, kOwner, media::kVoice, 0x00040000}), Errc::version_mismatch);
}

TEST_F(BadInput, MakeCallSaysWhatIsWrong) {
  TestApp& a = world.app("A", kOwner);
  const auto code = [&](auto change) {
    api::MakeCall call{.open = a.open, .address = "200"};
    change(call);
    return world.ask(a, call).error().code;
  };
  EXPECT_EQ(code([](auto& c) { c.open.value ^= 1; }), Errc::stale_line);
  EXPECT_EQ(code([](auto& c) { c.open = {}; }), Errc::stale_line);
  EXPECT_EQ(code([](auto& c) { c.address = ""; }), Errc::invalid_address);
  EXPECT_EQ(code([](auto& c) { c.address = "   "; }), Errc::invalid_address);
  EXPECT_EQ(code([](auto& c) { c.address = "a\r\nb"; }), Errc::invalid_address);
  EXPECT_EQ(code([](auto& c) { c.address.assign(limits::kAddressBytes + 1, '1'); }),
            Errc::invalid_address);
  EXPECT_EQ(code([](auto& c) { c.calling.address = "\n"; }), Errc::invalid_address);
  EXPECT_EQ(code([](auto& c) { c.comment.assign(limits::kCommentBytes + 1, 'c'); }),
            Errc::invalid_argument);
  EXPECT_EQ(code([](auto& c) { c.no_answer_timeout = milliseconds(-1); }), Errc::invalid_argument);
  EXPECT_EQ(code([](auto& c) { c.length_limit = milliseconds::max(); }), Errc::invalid_argument);
  EXPECT_EQ(code([](auto& c) { c.media_modes = 0; }), Errc::invalid_argument);
  EXPECT_EQ(code([](auto& c) { c.user_info.resize(33); }), Errc::user_info_too_big);
  world.all_gone();
}

TEST_F(BadInput, AnotherApplicationsOpeningIsStale) {
  TestApp& a = world.app("A", kOwner);
  TestApp& b = world.app("B", kOwner);
  EXPECT_EQ(world.ask(b, api::MakeCall{.open = a.open, .address = "1"}).error().code,
            Errc::stale_line);
  EXPECT_EQ(world.ask(b, api::CloseLine{a.open}).error().code, Errc::stale_line);
  EXPECT_EQ(world.ask(b, api::GetNewCalls{a.open}).error().code, Errc::stale_line);
}

TEST_F(BadInput, RequestNumbersAreBounded) {
  TestApp& a = world.app("A", kOwner);
  for (const api::RequestId number : {0u, 0x80000000u, 0xffffffffu}) {
    Outputs outputs;
    Engine engine;
    const api::AppId app = engine.new_app();
    engine.apply({world.now(), AppAttached{app, {.name = "x"}}}, outputs);
    engine.apply({world.now(), AppCommand{app, number, api::ListLines{}}}, outputs);
    ASSERT_EQ(outputs.size(), 1u);
    const auto& reply = std::get<ToAppReply>(outputs[0]).reply;
    EXPECT_EQ(reply.request, number);
    EXPECT_EQ(reply.result.error().code, Errc::invalid_argument);
  }
  static_cast<void>(a);
}

TEST_F(BadInput, ProviderNonsenseIsCounted) {
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  const std::uint64_t before = world.late(a);
  const provider::CallRef unknown{provider::CallRef::kMintedByProvider | 999};
  EXPECT_THAT(world.report(unknown, CallState::idle), IsEmpty());
  EXPECT_THAT(world.report({0}, CallState::idle), IsEmpty());
  EXPECT_THAT(world.report({0x7fffffffffffffff}, CallState::idle), IsEmpty());
  EXPECT_THAT(world.report(call, static_cast<CallState>(200)), IsEmpty());
  EXPECT_THAT(world.post(provider::Completed{call, 0, {}}), IsEmpty());
  EXPECT_THAT(world.post(provider::Completed{call, ~0ull, {}}), IsEmpty());
  EXPECT_THAT(world.post(provider::LineStatus{9, true, ""}), IsEmpty());
  EXPECT_THAT(world.post(provider::LineAdded{5, {}}), IsEmpty());
  EXPECT_THAT(world.post(provider::LedgerReport{.token = 77}), IsEmpty());
  EXPECT_EQ(world.late(a), before + 8) << "a report whose time was up is none of them";
  const provider::CallRef twice = world.offer();
  EXPECT_THAT(world.post(provider::NewCall{.call = twice, .line = 0}), IsEmpty());
  EXPECT_EQ(world.snapshot(a).record.state, CallState::offering);
}

TEST_F(BadInput, LongTextsOfAnIncomingCallAreCut) {
  TestApp& a = world.app("A", kOwner);
  const Party endless{std::string(100000, 'x'), std::string(100000, 'y')};
  const provider::CallRef call{provider::CallRef::kMintedByProvider | 4711};
  world.post(provider::NewCall{.call = call,
                               .provider_call_id = std::string(100000, 'c'),
                               .parties = {endless, endless, endless, endless, endless},
                               .user_info = UserInfo(100000, 1)});
  world.report(call, CallState::offering);
  const Record record = world.snapshot(a).record;
  EXPECT_EQ(record.provider_call_id.size(), limits::kProviderCallIdBytes);
  EXPECT_EQ(record.user_info_received.size(), limits::kUserInfoBytes);
  const Parties& parties = record.parties;
  for (const Party* each : {&parties.calling, &parties.called, &parties.connected,
                            &parties.redirecting, &parties.redirection}) {
    EXPECT_EQ(each->address.size(), limits::kAddressBytes);
    EXPECT_EQ(each->name.size(), limits::kNameBytes);
  }
}

TEST_F(BadInput, LongTextsOfProvidersAreCut) {
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.post(
      provider::InfoChanged{.call = call,
                            .connected = Party{std::string(100000, 'x'), std::string(100000, 'y')},
                            .user_info = UserInfo(100000, 1)});
  world.report(call, CallState::disconnected, Cause{.words = std::string(100000, 'z')});
  const Record record = world.snapshot(a).record;
  EXPECT_EQ(record.parties.connected.address.size(), limits::kAddressBytes);
  EXPECT_EQ(record.parties.connected.name.size(), limits::kNameBytes);
  EXPECT_EQ(record.user_info_received.size(), limits::kUserInfoBytes);
  EXPECT_EQ(record.end->cause.words.size(), limits::kWordsBytes);
}

// ---- limits

using Limits = EngineTest;

TEST_F(Limits, TimelineKeepsItsBeginningAndItsEnd) {
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  for (int i = 0; i < 200; ++i) {
    world.report(call, CallState::on_hold);
    world.report(call, CallState::connected);
  }
  world.report(call, CallState::idle);
  const Timeline timeline = world.snapshot(a).record.timeline;
  EXPECT_EQ(timeline.size(), limits::kTimelineEntries);
  EXPECT_EQ(timeline.front().state, CallState::unknown);
  EXPECT_EQ(timeline.back().state, CallState::idle);
  EXPECT_EQ(timeline[timeline.size() - 2].state, CallState::connected);
}

TEST_F(Limits, HoldersOfASession) {
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  for (std::size_t i = 1; i < limits::kHoldersPerSession; ++i) {
    TestApp& m = world.app("M" + std::to_string(i), kNone);
    EXPECT_EQ(world.ask_for<api::CallList>(m, api::GetNewCalls{m.open}).calls.size(), 1u);
  }
  TestApp& late = world.app("late", kOwner);
  EXPECT_EQ(world.ask(late, api::GetNewCalls{late.open}).error().code, Errc::resource_unavailable);
  EXPECT_THAT(world.act(a, api::HandOff{a.call, "late", 0}),
              ElementsAre("A hand off resource_unavailable"));
}

TEST_F(Limits, FormerHoldersDoNotGrowWithoutBound) {
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  TestApp& m = world.app("M", kNone);
  for (int i = 0; i < 300; ++i) {
    world.act(m, api::GetNewCalls{m.open});
    world.act(m, api::ReleaseCall{m.call});
  }
  const Record record = world.snapshot(a).record;
  EXPECT_LE(record.holders.size(), limits::kHoldersPerSession);
  EXPECT_EQ(record.holders.front().application, "A") << "who holds it is never forgotten";
}

TEST_F(Limits, RequestsInFlightOfOneApplication) {
  TestApp& a = world.app("A", kOwner);
  for (std::size_t i = 0; i < limits::kRequestsInFlight; ++i)
    world.act(a, api::MakeCall{.open = a.open, .address = "1"});
  EXPECT_THAT(world.act(a, api::MakeCall{.open = a.open, .address = "1"}),
              ElementsAre("A make overloaded"));
  world.give_back();
  world.act(a, api::CloseLine{a.open});
  world.all_gone();
}

TEST_F(Limits, DoNotHoldForEmergencyCalls) {
  world.policy({.calls = {.no_answer = std::chrono::seconds(5), .length = std::chrono::seconds(9)},
                .leaks = {.count = 1, .action = LeakAction::refuse_new}});
  world.post(provider::LineAdded{1, {.name = "101", .address = "101", .calls_max = 1}});
  TestApp& a = world.app("A", kOwner, api::kApiVersionLatest, media::kVoice, 1);
  world.make(a);
  EXPECT_THAT(world.act(a, api::MakeCall{.open = a.open, .address = "112"}),
              ElementsAre("A make accepted", "P make"));
  ASSERT_EQ(world.notices.size(), 1u);
  EXPECT_NE(world.notices[0].find("an emergency call of \"A\" on line 101 is made although"),
            std::string::npos)
      << world.notices[0];
  for (const Output& output : world.last)
    if (const auto* sent = std::get_if<ToProvider>(&output)) {
      EXPECT_TRUE(std::get<provider::MakeCall>(sent->command).emergency);
    }
  world.complete("make");
  const provider::CallRef emergency{world.snapshot(a).record.session};
  world.advance(std::chrono::seconds(6));
  world.report(emergency, CallState::connected);
  world.advance(std::chrono::minutes(1));
  EXPECT_EQ(world.snapshot(a).record.state, CallState::connected) << "no limit of the site's";
  world.refuse_calls("the journal cannot be kept");
  EXPECT_THAT(world.act(a, api::MakeCall{.open = a.open, .address = "sip:911@example.org"}),
              ElementsAre("A make accepted", "P make"));
  EXPECT_THAT(world.act(a, api::MakeCall{.open = a.open, .address = "1120"}),
              ElementsAre("A make resource_unavailable"));
}

TEST_F(Limits, EmergencyCallsHaveLimitsOfTheirOwn) {
  TestApp& a = world.app("A", kOwner);
  world.refuse_calls("the journal cannot be kept");
  const auto call = [&] { return world.act(a, api::MakeCall{.open = a.open, .address = "112"}); };
  for (std::size_t i = 0; i < limits::kEmergencyCalls; ++i)
    EXPECT_THAT(call(), ElementsAre("A make accepted", "P make")) << i;
  EXPECT_THAT(call(), ElementsAre("A make resource_unavailable")) << "more are ordinary calls";
  world.complete("make", Error{Errc::call_unavailable, "busy"});
  EXPECT_THAT(call(), ElementsAre("A make accepted", "P make")) << "one is over";
}

TEST_F(Limits, AnEmergencyCallThatEndedCountsWhileItIsHeld) {
  TestApp& a = world.app("A", kOwner);
  world.refuse_calls("the journal cannot be kept");
  const auto call = [&] { return world.act(a, api::MakeCall{.open = a.open, .address = "112"}); };
  for (std::size_t i = 0; i < limits::kEmergencyCalls; ++i) {
    ASSERT_THAT(call(), ElementsAre("A make accepted", "P make")) << i;
    world.complete("make");
    const provider::CallRef ref{world.snapshot(a).record.session};
    world.report(ref, CallState::connected);
    world.report(ref, CallState::idle);
    world.ended(ref);
  }
  EXPECT_THAT(call(), ElementsAre("A make resource_unavailable"))
      << "a program that never releases would pass every limit, again and again";
  world.act(a, api::ReleaseCall{a.call});
  EXPECT_THAT(call(), ElementsAre("A make accepted", "P make"));
}

TEST_F(Limits, RequestsForAnEmergencyCall) {
  TestApp& a = world.app("A", kOwner);
  world.act(a, api::MakeCall{.open = a.open, .address = "112"});
  world.complete("make");
  world.report({world.snapshot(a).record.session}, CallState::connected);
  const api::CallId call = a.call;
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < limits::kRequestsInFlight + 2 * limits::kEmergencyRequests; ++i)
    if (world.act(a, api::HoldCall{call})[0] == "A hold accepted") ++accepted;
  EXPECT_EQ(accepted, limits::kRequestsInFlight + limits::kEmergencyRequests);
  EXPECT_THAT(world.act(a, api::MakeCall{.open = a.open, .address = "112"}),
              ElementsAre("A make overloaded"));
}

TEST_F(Limits, CallsOfALine) {
  world.post(provider::LineAdded{1, {.name = "101", .address = "101", .calls_max = 1}});
  TestApp& a = world.app("A", kOwner, api::kApiVersionLatest, media::kVoice, 1);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.act(a, api::MakeCall{.open = a.open, .address = "1"}),
              ElementsAre("A make call_unavailable"));
  world.report(call, CallState::idle);
  EXPECT_THAT(world.act(a, api::MakeCall{.open = a.open, .address = "1"}),
              ElementsAre("A make accepted", "P make"));
}

TEST_F(Limits, Applications) {
  for (std::size_t i = 0; i < limits::kApplications; ++i) world.attach("app " + std::to_string(i));
  world.attach("one too many");
  ASSERT_EQ(world.last.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<AppGone>(world.last[0]));
}

}  // namespace
}  // namespace switchhook::core::test
