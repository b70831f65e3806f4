// SPDX-License-Identifier: Apache-2.0
// How lines, applications, providers and the service go, and what becomes of the calls (sections 10
// and 11 of the session lifecycle; section 5 of tspi).
#include "tests/unit/core/engine_world.hpp"

namespace switchhook::core::test {
namespace {

// ---- section 10 row 11: an application closes the line

using Closing = EngineTest;

TEST_F(Closing, SoleOwnerAndOnlyHolder) {
  // Section 10, provider side: sole owner: drop; only handle: close "immediately after
  // TSPI_lineDrop returns, without waiting" (termination-of-asynchronous-operations).
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.act(a, api::CloseLine{a.open}),
              ElementsAre("P drop normal", "P close", "P close line", "A close ok"));
  EXPECT_EQ(world.ask(a, api::GetCall{a.call}).error().code, Errc::stale_handle);
  EXPECT_EQ(world.ask(a, api::CloseLine{a.open}).error().code, Errc::stale_line);
  EXPECT_THAT(world.complete("drop", Error{Errc::failed, "closed"}), IsEmpty());
  EXPECT_THAT(world.ended(call), ElementsAre("record"));
  EXPECT_EQ(world.records[0].end->origin, EndOrigin::line_closed);
  EXPECT_EQ(world.records[0].end->cause.mode, DisconnectMode::normal);
  EXPECT_EQ(world.late(a), 0u);
  world.all_gone();
}

TEST_F(Closing, SoleOwnerWithMonitors) {
  // "Sole owner but monitors remain: only TSPI_lineDrop; the provider must later report IDLE;
  // TSPI_lineCloseCall comes when the last monitor deallocates" (ours: at IDLE).
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.act(a, api::CloseLine{a.open}),
              ElementsAre("M info owners down", "P drop normal", "A close ok"));
  EXPECT_THAT(world.complete("drop"), IsEmpty());
  EXPECT_THAT(world.report(call, CallState::idle),
              ElementsAre("M idle (normal, line closed)", "P close"));
  world.act(m, api::ReleaseCall{m.call});
  world.all_gone();
}

TEST_F(Closing, SoleOwnerWithMonitorsAndAProviderThatRefuses) {
  // Nobody is left who could drop again: monitors must get their IDLE all the same.
  TestApp& a = world.app("A", kOwner);
  world.app("M", kMonitor);
  world.make(a);
  world.act(a, api::CloseLine{a.open});
  EXPECT_THAT(world.complete("drop", Error{Errc::failed, ""}),
              ElementsAre("M idle (normal, line closed)", "P close"));
}

TEST_F(Closing, OneOwnerOfSeveral) {
  // "Neither: the provider hears nothing, pending operations go on".
  TestApp& a = world.app("A", kOwner);
  TestApp& b = world.app("B", kMonitor);
  world.make(a);
  world.act(b, api::SetPrivilege{b.call, Privilege::owner});
  world.act(b, api::HoldCall{b.call});
  EXPECT_THAT(world.act(a, api::CloseLine{a.open}),
              ElementsAre("B info owners down", "A close ok"));
  EXPECT_THAT(world.complete("hold"), ElementsAre("B hold ok"));
}

TEST_F(Closing, SuppressesOutstandingReplies) {
  // "lineClose: suppressed" (suppression summary; nf-tapi-lineclose).
  TestApp& a = world.app("A", kOwner);
  TestApp& b = world.app("B", kMonitor);
  const provider::CallRef call = world.make(a);
  world.act(b, api::SetPrivilege{b.call, Privilege::owner});
  world.act(a, api::DropCall{a.call});
  EXPECT_THAT(world.act(a, api::CloseLine{a.open}),
              ElementsAre("B info owners down", "A close ok"));
  EXPECT_THAT(world.complete("drop"), IsEmpty());
  EXPECT_THAT(world.report(call, CallState::idle),
              ElementsAre("B idle (normal, local user)", "P close"));
}

TEST_F(Closing, DisconnectedCallIsClearedForTheMonitors) {
  TestApp& a = world.app("A", kOwner);
  world.app("M", kMonitor);
  const provider::CallRef call = world.make(a);
  world.report(call, CallState::disconnected, Cause{.mode = DisconnectMode::busy});
  EXPECT_THAT(
      world.act(a, api::CloseLine{a.open}),
      ElementsAre("M info owners down", "M idle (busy, remote party)", "P close", "A close ok"));
}

/// A provider that hears strangers refuses those that nobody would be offered: they are no sessions.
TEST_F(Closing, ItsProviderKnowsWhetherAnybodyGetsTheCallsOfALine) {
  TestApp& a = world.attach("A");
  TestApp& b = world.attach("B");
  EXPECT_THAT(world.act(a, api::OpenLine{0, static_cast<std::uint8_t>(Privilege::none)}),
              ElementsAre("P open line without calls", "A open ok"));
  EXPECT_THAT(world.act(b, api::OpenLine{0, kMonitor}), ElementsAre("P open line", "B open ok"));
  b.open = world.answered<api::OpenedLine>().open;
  const api::OpenId owner =
      world.ask_for<api::OpenedLine>(b, api::OpenLine{0, kOwner, media::kVoice}).open;
  EXPECT_THAT(world.act(b, api::CloseLine{b.open}), ElementsAre("B close ok"));
  EXPECT_THAT(world.act(b, api::CloseLine{owner}),
              ElementsAre("P open line without calls", "B close ok"));
}

TEST_F(Closing, LineIsOpenAtTheProviderWhileAnybodyHasItOpen) {
  // tspi section 5: TSPI_lineClose is "called when no application has the line open any more".
  TestApp& a = world.attach("A");
  TestApp& b = world.attach("B");
  EXPECT_THAT(world.act(a, api::OpenLine{0, kMonitor}), ElementsAre("P open line", "A open ok"));
  const auto open_a = std::get<api::OpenedLine>(*std::get<ToAppReply>(world.last[1]).reply.result);
  const api::OpenId open_b = world.ask_for<api::OpenedLine>(b, api::OpenLine{0, kMonitor}).open;
  EXPECT_EQ(world.ask_for<api::LineStatus>(b, api::GetLineStatus{0}).openings, 2u);
  EXPECT_THAT(world.act(a, api::CloseLine{open_a.open}), ElementsAre("A close ok"));
  EXPECT_THAT(world.act(b, api::CloseLine{open_b}), ElementsAre("P close line", "B close ok"));
}

TEST_F(Closing, BetweenTheAnnouncementOfACallAndItsFirstState) {
  // Defect A3: LINE_NEWCALL, lineClose, first LINE_CALLSTATE.
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.new_call();
  EXPECT_THAT(world.act(a, api::CloseLine{a.open}),
              ElementsAre("P drop no owner", "P close", "P close line", "A close ok"));
  EXPECT_THAT(world.report(call, CallState::offering), IsEmpty());
  EXPECT_THAT(world.ended(call), ElementsAre("record"));
  EXPECT_EQ(world.records[0].end->cause.mode, DisconnectMode::reject);
  world.all_gone();
}

TEST_F(Closing, RingingCallOfALostOwnerIsNotDeclined) {
  // A crashed application says nothing about its user: the far end hears "no owner", not a refusal.
  TestApp& a = world.app("A", kOwner);
  world.offer();
  EXPECT_THAT(world.lose(a), ElementsAre("P drop no owner", "P close", "P close line", "gone"));
}

// ---- rows 12 and 13: an application shuts down, or is lost

TEST_F(Closing, ShutDownClosesAllLinesAndSaysNothingMore) {
  // Section 10 row 12: "equivalent of lineClose on each line, outstanding requests cancelled".
  TestApp& a = world.app("A", kOwner);
  const api::OpenId first = a.open;
  a.open = world.ask_for<api::OpenedLine>(a, api::OpenLine{0, kMonitor}).open;
  TestApp& m = world.app("M", kMonitor);
  a.open = first;
  world.make(a);
  world.act(a, api::HoldCall{a.call});
  EXPECT_THAT(world.act(a, api::ShutDown{}),
              ElementsAre("M info owners down", "P drop normal", "A shut down ok", "gone"));
  EXPECT_THAT(world.complete("hold"), IsEmpty());
  EXPECT_THAT(world.act(m, api::ShutDown{}),
              ElementsAre("P close", "P close line", "M shut down ok", "gone"));
  world.all_gone();
}

TEST_F(Closing, LostApplicationIsLikeAShutDown) {
  // Section 10 row 13: "the server must run the equivalent of lineShutdown; other apps see exactly
  // rows 11-12".
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.lose(a), ElementsAre("M info owners down", "P drop normal", "gone"));
  world.complete("drop");
  EXPECT_THAT(world.report(call, CallState::idle),
              ElementsAre("M idle (normal, application lost)", "P close"));
  world.act(m, api::ReleaseCall{m.call});
  world.ended(call);
  EXPECT_EQ(world.records.at(0).end->origin, EndOrigin::application_lost);
  EXPECT_EQ(world.records[0].holders.at(0).application, "A");
  EXPECT_TRUE(world.records[0].holders[0].released.has_value());
  world.all_gone();
}

TEST_F(Closing, LostApplicationWithCallsInEveryState) {
  TestApp& a = world.app("A", kOwner);
  for (std::size_t i = 0; i < kCallStateCount; ++i) {
    const provider::CallRef call = world.make(a, false);
    world.bring(call, static_cast<CallState>(i));
  }
  world.act(a, api::MakeCall{.open = a.open, .address = "1"});
  world.lose(a);
  world.all_gone();
  EXPECT_EQ(world.records.size(), kCallStateCount + 1);
}

TEST_F(Closing, CommandsOfUnknownApplicationsAreIgnored) {
  TestApp& a = world.app("A", kOwner);
  TestApp ghost{.id = api::AppId{12345}, .name = "ghost", .open = {}, .call = {}};
  EXPECT_THAT(world.apply(AppCommand{ghost.id, 1, api::ListLines{}}), IsEmpty());
  EXPECT_THAT(world.apply(AppLost{ghost.id, ""}), IsEmpty());
  EXPECT_THAT(world.apply(AppAttached{ghost.id, {}}), IsEmpty());
  EXPECT_EQ(world.late(a), 3u);
}

// ---- rows 14 to 16: the provider's side

TEST_F(Closing, ForcedByTheProvider) {
  // Section 10 row 14: the provider completes all, "then LINE_CLOSE; TAPI answers with
  // TSPI_lineClose; apps get LINE_CLOSE with handles already void, no LINE_CALLSTATE(IDLE) is
  // promised" (line-close).
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  const provider::CallRef call = world.make(a);
  world.act(a, api::HoldCall{a.call});
  EXPECT_THAT(world.post(provider::LineForcedClosed{0, "trunk down"}),
              ElementsAre("A hold failed", "P drop stopping", "P close", "A line closed",
                          "M line closed", "P close line"));
  EXPECT_EQ(world.ask(m, api::GetCall{m.call}).error().code, Errc::stale_handle);
  EXPECT_EQ(world.ask(a, api::CloseLine{a.open}).error().code, Errc::stale_line);
  world.ended(call);
  EXPECT_EQ(world.records.at(0).end->origin, EndOrigin::provider);
  EXPECT_EQ(world.records[0].end->cause.mode, DisconnectMode::temporary_failure);
  a.open = world.ask_for<api::OpenedLine>(a, api::OpenLine{0, kMonitor}).open;  // it may come back
  world.all_gone();
}

TEST_F(Closing, LineRemoved) {
  // Section 10 row 15: "LINE_CLOSE on each open handle, then LINE_REMOVE to all apps; later use of
  // the id: LINEERR_NODEVICE".
  TestApp& a = world.app("A", kOwner);
  TestApp& c = world.attach("C");
  world.make(a);
  EXPECT_THAT(world.post(provider::LineGone{0, "unplugged"}),
              ElementsAre("P drop stopping", "P close", "A line closed", "A line removed",
                          "C line removed"));
  EXPECT_EQ(world.ask(c, api::OpenLine{0, kMonitor}).error().code, Errc::line_removed);
  EXPECT_EQ(world.ask(c, api::OpenLine{1, kMonitor}).error().code, Errc::no_such_line);
  EXPECT_TRUE(world.ask_for<api::LineList>(c, api::ListLines{}).lines.at(0).removed);
  world.all_gone();
}

TEST_F(Closing, ALineThatComesBackHasItsNumberAgain) {
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.post(provider::LineGone{0, "not configured"});
  EXPECT_THAT(world.post(provider::LineAdded{1, {.name = "100", .address = "new"}}), IsEmpty());
  const auto lines = world.ask_for<api::LineList>(a, api::ListLines{}).lines;
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].id, 0u);
  EXPECT_FALSE(lines[0].removed);
  EXPECT_EQ(lines[0].address, "new");
  EXPECT_THAT(world.ended(call), ElementsAre("record")) << "of the line before";
  EXPECT_THAT(world.post(provider::LineStatus{0, false, "late"}), IsEmpty());
  EXPECT_TRUE(world.ask_for<api::LineList>(a, api::ListLines{}).lines[0].in_service)
      << "its number before means nothing any more";
  EXPECT_TRUE(world.ask(a, api::OpenLine{0, kMonitor}));
}

TEST_F(Closing, ALineThatIsConfiguredAnewGoesOn) {
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  EXPECT_THAT(
      world.post(provider::LineAdded{
          0, {.name = "100", .in_service = false, .status = "registering", .calls_max = 3}}),
      IsEmpty());
  const LineInfo line = world.ask_for<api::LineList>(a, api::ListLines{}).lines.at(0);
  EXPECT_EQ(line.calls_max, 3u);
  EXPECT_EQ(line.status, "registering");
  EXPECT_EQ(world.snapshot(a).record.state, CallState::connected);
  EXPECT_THAT(world.post(provider::LineAdded{0, {.name = "another"}}), IsEmpty());
  EXPECT_EQ(world.ask_for<api::LineList>(a, api::ListLines{}).lines.at(0).name, "100");
}

TEST_F(Closing, ProviderLost) {
  // Section 10 row 16: "held handles closed with LINE_CLOSE; later use: LINEERR_NODRIVER".
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  const api::CallId connected = a.call;
  const provider::CallRef idle = world.make(a);
  world.report(idle, CallState::idle);
  world.act(a, api::MakeCall{.open = a.open, .address = "1"});
  EXPECT_THAT(world.apply(ProviderLost{0, "it crashed"}),
              ElementsAre("A make provider_gone", "A line closed", "record", "record", "record"));
  EXPECT_EQ(world.ask(a, api::GetCall{connected}).error().code, Errc::stale_handle);
  EXPECT_EQ(world.ask(a, api::OpenLine{0, kMonitor}).error().code, Errc::provider_gone);
  for (const Record& record : world.records)
    EXPECT_EQ(record.end->confirmation, Confirmation::unconfirmed);
  EXPECT_THAT(world.timers, IsEmpty());
  EXPECT_THAT(world.ended(idle), IsEmpty()) << "what comes from a lost provider is dropped";
  EXPECT_THAT(world.apply(ProviderLost{0, "again"}), IsEmpty());
}

TEST_F(Closing, ProviderFailed) {
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  EXPECT_THAT(world.post(provider::Failed{"no more sockets"}),
              ElementsAre("A line closed", "record"));
  EXPECT_EQ(world.records[0].end->origin, EndOrigin::provider);
}

TEST_F(Closing, OneProviderOfTwo) {
  world.apply(ProviderAttached{1, "other"});
  world.post(provider::LineAdded{0, {.name = "x", .address = "x"}}, 1);
  TestApp& a = world.app("A", kOwner);
  TestApp& b = world.app("B", kOwner, api::kApiVersionLatest, media::kVoice, 1);
  const provider::CallRef call = world.make(a);
  world.act(a, api::HoldCall{a.call});
  const auto hold = std::get<provider::Hold>(std::get<ToProvider>(world.last.at(1)).command);
  // One provider cannot speak for the other's calls.
  const std::uint64_t before = world.late(a);
  EXPECT_THAT(world.report(call, CallState::connected, 1), ElementsAre("A connected"));
  EXPECT_THAT(world.post(provider::StateChanged{call, CallState::idle, 0, {}}, 1), IsEmpty());
  EXPECT_THAT(world.apply(ProviderEvent{1, provider::Completed{call, hold.request, {}}}),
              IsEmpty());
  EXPECT_THAT(world.post(provider::Ended{.call = call}, 7), IsEmpty()) << "no such provider";
  EXPECT_EQ(world.late(a), before + 3);
  EXPECT_THAT(world.apply(ProviderLost{0, "crash"}),
              ElementsAre("A hold provider_gone", "A line closed", "record"));
  EXPECT_TRUE(world.ask(b, api::GetLineStatus{1}).has_value());
}

TEST_F(Closing, LineOutOfServiceTakesNoNewCallsAndKeepsTheOld) {
  // sip-mapping, "Registration lost": no call event; new calls fail LINEERR_INVALLINESTATE.
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  world.post(provider::LineStatus{0, false, "registration lost"});
  EXPECT_THAT(world.act(a, api::MakeCall{.open = a.open, .address = "1"}),
              ElementsAre("A make line_unavailable"));
  EXPECT_EQ(world.snapshot(a).record.state, CallState::connected);
}

// ---- section 11: unowned calls

using Unowned = EngineTest;

TEST_F(Unowned, IsDroppedAndMonitorsGetIdle) {
  // Section 11: "If TAPI cannot find an initial owner it drops the call"; section 10 row 20:
  // LINE_CALLSTATE(IDLE) to monitors.
  TestApp& m = world.app("M", kMonitor);
  const provider::CallRef call = world.new_call();
  EXPECT_THAT(world.report(call, CallState::offering),
              ElementsAre("M appears as monitor", "M offering as monitor", "P drop no owner"));
  world.complete("drop");
  EXPECT_THAT(world.report(call, CallState::idle),
              ElementsAre("M idle (reject, policy)", "P close"));
  world.act(m, api::ReleaseCall{m.call});
  world.all_gone();
}

TEST_F(Unowned, WithNobodyAtAll) {
  world.app("N", kNone);
  const provider::CallRef call = world.new_call();
  EXPECT_THAT(world.report(call, CallState::offering), ElementsAre("P drop no owner", "P close"));
  EXPECT_THAT(world.ended(call), ElementsAre("record"));
  EXPECT_EQ(world.records[0].end->origin, EndOrigin::policy);
  world.all_gone();
}

TEST_F(Unowned, ForItsKindOfMedia) {
  world.app("A", kOwner, api::kApiVersionLatest, media::kFaxG3);
  const provider::CallRef call = world.new_call(media::kVoice);
  EXPECT_THAT(world.report(call, CallState::offering), ElementsAre("P drop no owner", "P close"));
}

TEST_F(Unowned, CallBegunElsewhereNeedsNoOwner) {
  // Section 2 rule 2: a call discovered by a provider "may start in any state" (line-newcall).
  TestApp& m = world.app("M", kMonitor);
  const provider::CallRef call = world.new_call();
  EXPECT_THAT(world.report(call, CallState::connected),
              ElementsAre("M appears as monitor", "M connected as monitor"));
  world.act(m, api::SetPrivilege{m.call, Privilege::owner});
  EXPECT_THAT(world.act(m, api::DropCall{m.call}), ElementsAre("M drop accepted", "P drop normal"));
}

TEST_F(Unowned, OverBeforeItsFirstState) {
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.new_call();
  EXPECT_THAT(world.report(call, CallState::disconnected, Cause{.mode = DisconnectMode::cancelled}),
              ElementsAre("P close"));
  EXPECT_THAT(world.ended(call), ElementsAre("record"));
  EXPECT_EQ(world.late(a), 0u);
  world.all_gone();
}

// ---- the service stops

using Stopping = EngineTest;

TEST_F(Stopping, EndsRecordsAndReturnsEverythingFirst) {
  TestApp& a = world.app("A", kOwner);
  world.app("M", kMonitor);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.apply(StopAll{"maintenance"}),
              ElementsAre("P drop stopping", "P close", "A line closed", "M line closed",
                          "P close line", "P stop"));
  EXPECT_THAT(world.act(a, api::OpenLine{0, kMonitor}), ElementsAre("A open line_unavailable"));
  EXPECT_THAT(world.ended(call), ElementsAre("record"));
  EXPECT_EQ(world.records[0].end->origin, EndOrigin::system);
  EXPECT_FALSE(world.stopped);
  EXPECT_THAT(world.post(provider::Stopped{}), ElementsAre("all stopped"));
  EXPECT_THAT(world.timers, IsEmpty());
  EXPECT_THAT(world.apply(StopAll{"again"}), IsEmpty());
}

TEST_F(Stopping, LeavesIdentifiersAndLinesToTheNextServiceThatRestoresThem) {
  TestApp& a = world.app("A", kOwner);
  world.app("M", kMonitor);
  const provider::CallRef call = world.make(a), making{world.make(a, false)};
  const provider::CallRef over = world.make(a);
  world.report(over, CallState::disconnected, Cause{});
  static_cast<void>(making);
  const auto said = world.apply(StopAll{"maintenance", true});
  EXPECT_THAT(said, testing::Not(testing::Contains(testing::HasSubstr("line closed"))));
  EXPECT_THAT(said, testing::Contains("P drop stopping"));
  EXPECT_THAT(said, testing::Contains("A disconnected (normal, system)"));
  EXPECT_THAT(said, testing::Contains("A idle (normal, system)"));
  EXPECT_THAT(said, testing::Contains("M idle (normal, system)"));
  EXPECT_THAT(said, testing::Contains("A idle (normal, remote party)")) << "as it was";
  EXPECT_EQ(said.back(), "P stop");
  EXPECT_THAT(world.act(a, api::MakeCall{.open = a.open, .address = "1"}),
              ElementsAre("A make line_unavailable"));
  world.give_back();
  EXPECT_THAT(world.post(provider::LineForcedClosed{0, "its process died"}), IsEmpty());
  EXPECT_THAT(world.post(provider::Stopped{}), ElementsAre("all stopped"));
  ASSERT_EQ(world.records.size(), 3u);
  for (const Record& record : world.records)
    for (const HolderRecord& holder : record.holders) EXPECT_FALSE(holder.released);
  EXPECT_EQ(world.snapshot(a).record.state, CallState::idle) << "it still answers";
  static_cast<void>(call);
}

TEST_F(Stopping, IsBounded) {
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  world.apply(StopAll{""});
  EXPECT_THAT(world.advance(limits::kProviderLinger), ElementsAre("record", "all stopped"));
}

TEST_F(Stopping, NeverLosesARecord) {
  // Whatever state sessions are in, held or not: one record each.
  TestApp& a = world.app("A", kOwner);
  for (std::size_t i = 0; i < kCallStateCount; ++i) {
    const provider::CallRef call = world.make(a, false);
    world.bring(call, static_cast<CallState>(i));
    if (i % 2 == 0) world.act(a, api::DropCall{a.call});
  }
  const provider::CallRef disconnected = world.make(a);
  world.report(disconnected, CallState::disconnected, Cause{});
  world.ended(disconnected);
  world.new_call();
  world.act(a, api::MakeCall{.open = a.open, .address = "1"});
  world.apply(StopAll{""});
  world.give_back();
  world.post(provider::Stopped{});
  EXPECT_TRUE(world.stopped);
  EXPECT_EQ(world.records.size(), kCallStateCount + 3);
}

TEST_F(Stopping, WithoutAnything) {
  World empty;
  EXPECT_THAT(empty.apply(StopAll{""}), ElementsAre("P stop"));
  EXPECT_THAT(empty.post(provider::Stopped{}), ElementsAre("all stopped"));
}

}  // namespace
}  // namespace switchhook::core::test
