// SPDX-License-Identifier: Apache-2.0
// Identifiers: how they come into being (sections 4 and 5), how they are released (section 7), what
// they answer after the end (section 8), and who may do what (section 13).
#include "tests/unit/core/engine_world.hpp"

namespace switchhook::core::test {
namespace {

constexpr std::uint32_t kOld = 0x00010004;

// ---- section 4: creation

using Creation = EngineTest;

TEST_F(Creation, NoEventBeforeTheReply) {
  // Section 4 rule 3: "No event about the new call is delivered to the creator before the
  // successful LINE_REPLY"; rule 2: the handle is not valid before.
  TestApp& a = world.app("A", kOwner);
  world.act(a, api::MakeCall{.open = a.open, .address = "200"});
  const auto& make = std::get<provider::MakeCall>(std::get<ToProvider>(world.last[1]).command);
  const provider::CallRef call = make.call;
  EXPECT_THAT(world.report(call, CallState::dialing), IsEmpty());
  EXPECT_THAT(world.complete("make"), ElementsAre("A make ok"));
  EXPECT_THAT(world.report(call, CallState::dialing), ElementsAre("A dialing"));
}

TEST_F(Creation, CreatorIsSoleOwnerWhateverItOpenedWith) {
  // Section 4 rule 5 (nf-tapi-linemakecall, privilege-ovr).
  TestApp& a = world.app("A", kNone);
  world.make(a);
  EXPECT_EQ(world.snapshot(a).privilege, Privilege::owner);
  EXPECT_EQ(world.snapshot(a).owners, 1u);
}

TEST_F(Creation, MonitorsGetUnknownAtThatInstant) {
  // Section 4 rule 6: "At the moment the creator gets its LINE_REPLY, monitors of the line get
  // LINE_CALLSTATE(UNKNOWN); the real state follows to everybody" (line-callstate).
  TestApp& a = world.app("A", kOwner);
  world.app("M", kMonitor);
  world.app("N", kOwner);  // an owner that does not monitor hears nothing
  world.app("O", kNone);
  world.act(a, api::MakeCall{.open = a.open, .address = "200"});
  EXPECT_THAT(world.complete("make"),
              ElementsAre("A make ok", "M appears as monitor", "M unknown as monitor"));
  const provider::CallRef call{world.snapshot(a).record.session};
  EXPECT_THAT(world.report(call, CallState::dialing), ElementsAre("A dialing", "M dialing"));
}

TEST_F(Creation, GivenCallAppearsAndHasItsStateAtOnce) {
  // Section 4 rule 7: LINE_APPNEWCALL "and immediately after it LINE_CALLSTATE" (line-appnewcall);
  // rule 9: exactly one application becomes owner, first lineOpen wins.
  world.app("M", kMonitor);
  world.app("A", kOwner | kMonitor);
  world.app("B", kOwner | kMonitor);
  world.app("N", kNone);
  const provider::CallRef call = world.new_call();
  EXPECT_THAT(
      world.report(call, CallState::offering),
      ElementsAre("A appears as owner", "A offering as owner", "M appears as monitor",
                  "M offering as monitor", "B appears as monitor", "B offering as monitor"));
}

TEST_F(Creation, OwnerIsTheOneForTheMostImportantMediaMode) {
  // Section 4 rule 9: "the highest-priority one for the call's highest-priority media mode".
  world.app("F", kOwner, api::kApiVersionLatest, media::kFaxG3);
  TestApp& v = world.app("V", kOwner, api::kApiVersionLatest, media::kVoice);
  world.offer(media::kVoice | media::kFaxG3);
  EXPECT_EQ(world.snapshot(v).privilege, Privilege::owner);
}

TEST_F(Creation, OpeningALineReplaysNothingButNewCallsCanBeAskedFor) {
  // Section 4 rule 8: lineGetNewCalls "returns handles with MONITOR privilege". Section 5,
  // LINE_CALLINFO: the others hear of it, the causer does not.
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  TestApp& b = world.app("B", kNone);
  EXPECT_THAT(world.act(b, api::GetNewCalls{b.open}),
              ElementsAre("B new calls ok", "A info monitors"));
  EXPECT_EQ(world.snapshot(b).privilege, Privilege::monitor);
  EXPECT_THAT(world.ask_for<api::CallList>(b, api::GetNewCalls{b.open}).calls, IsEmpty());
  EXPECT_THAT(world.ask_for<api::CallList>(a, api::GetNewCalls{a.open}).calls, IsEmpty());
}

TEST_F(Creation, AnswersThatComeTooLateEndInTime) {
  // Every accepted request is completed; a provider that does not answer is not waited for.
  TestApp& a = world.app("A", kOwner);
  world.act(a, api::MakeCall{.open = a.open, .address = "200"});
  EXPECT_THAT(world.advance(limits::kProviderAnswer),
              ElementsAre("A make timed_out", "P drop normal", "P close"));
  EXPECT_THAT(world.complete("make"), IsEmpty());
  world.give_back();
  EXPECT_EQ(world.records.at(0).end->origin, EndOrigin::provider);
  world.offer();
  world.act(a, api::AnswerCall{a.call});
  EXPECT_THAT(world.advance(limits::kProviderAnswer), ElementsAre("A answer timed_out"));
  EXPECT_THAT(world.complete("answer"), IsEmpty());
}

TEST_F(Creation, AnsweringAnIncomingCall) {
  // Section 2: incoming OFFERING, ACCEPTED, CONNECTED.
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.offer();
  EXPECT_THAT(world.act(a, api::AcceptCall{a.call}), ElementsAre("A accept accepted", "P accept"));
  EXPECT_THAT(world.complete("accept"), ElementsAre("A accept ok"));
  EXPECT_THAT(world.report(call, CallState::accepted), ElementsAre("A accepted"));
  EXPECT_THAT(world.act(a, api::AcceptCall{a.call}), ElementsAre("A accept invalid_state"));
  EXPECT_THAT(world.act(a, api::AnswerCall{a.call}), ElementsAre("A answer accepted", "P answer"));
  EXPECT_THAT(world.complete("answer"), ElementsAre("A answer ok"));
  EXPECT_THAT(world.report(call, CallState::connected), ElementsAre("A connected"));
  const Record record = world.snapshot(a).record;
  EXPECT_EQ(record.direction, Direction::incoming);
  EXPECT_EQ(record.parties.calling.address, "555");
  EXPECT_EQ(record.provider_call_id, "id of the provider");
  EXPECT_EQ(record.application, "A");
}

// ---- section 5: information

using Information = EngineTest;

TEST_F(Information, GoesToAllHoldersAndNeverAfterIdle) {
  // Section 5: LINE_CALLINFO is "never sent once the call is IDLE" (line-callinfo).
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.post(provider::InfoChanged{.call = call, .connected = Party{"200", "Two"}}),
              ElementsAre("A info parties", "M info parties"));
  EXPECT_THAT(world.act(a, api::SetAppSpecific{a.call, 9}),
              ElementsAre("A app specific ok", "M info app specific"));  // the setter knows
  EXPECT_EQ(world.snapshot(m).record.app_specific, 9u);
  world.report(call, CallState::idle);
  EXPECT_THAT(world.act(a, api::SetAppSpecific{a.call, 1}),
              ElementsAre("A app specific ok"));  // in any state, and nobody is told any more
  EXPECT_EQ(world.snapshot(m).record.app_specific, 1u);
  EXPECT_THAT(world.act(a, api::ReleaseCall{a.call}), ElementsAre("A release ok"));
}

TEST_F(Information, UserInfoWaitsForTheReleaseOfTheOneShown) {
  // Section 8: "earlier unreleased UUI blocks newer UUI until lineReleaseUserUserInfo".
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.post(provider::InfoChanged{.call = call, .user_info = UserInfo{1}}),
              ElementsAre("A info user info"));
  EXPECT_THAT(world.post(provider::InfoChanged{.call = call, .user_info = UserInfo{2}}), IsEmpty());
  EXPECT_EQ(world.snapshot(a).record.user_info_received, UserInfo{1});
  EXPECT_THAT(world.act(a, api::ReleaseUserInfo{a.call}),
              ElementsAre("A release info ok", "A info user info"));
  EXPECT_EQ(world.snapshot(a).record.user_info_received, UserInfo{2});
  EXPECT_THAT(world.act(a, api::ReleaseUserInfo{a.call}), ElementsAre("A release info ok"));
  EXPECT_THAT(world.act(a, api::ReleaseUserInfo{a.call}), ElementsAre("A release info ok"))
      << "success even if there is none (nf-tspi-tspi_linereleaseuseruserinfo)";
}

// ---- section 7: release

using Release = EngineTest;

TEST_F(Release, MonitorMayAlways) {
  // Section 7: "Monitor, any state: allowed". The others get NUMMONITORS.
  for (const std::uint32_t version : {kOld, api::kApiVersionLatest}) {
    World w;
    TestApp& a = w.app("A", kOwner);
    TestApp& m = w.app("M", kMonitor, version);
    w.make(a);
    EXPECT_THAT(w.act(m, api::ReleaseCall{m.call}), ElementsAre("M release ok", "A info monitors"));
  }
}

TEST_F(Release, OwnerMayWhenThereAreOthers) {
  // Section 7: "Owner, other owners exist: allowed"; the others get NUMOWNERDECR.
  TestApp& a = world.app("A", kOwner, kOld);
  TestApp& b = world.app("B", kMonitor, kOld);
  world.make(a);
  world.act(b, api::SetPrivilege{b.call, Privilege::owner});
  EXPECT_THAT(world.act(a, api::ReleaseCall{a.call}),
              ElementsAre("A release ok", "B info owners down"));
}

TEST_F(Release, SoleOwnerBelowVersion20OnlyInIdle) {
  // Section 7: "Sole owner, not IDLE: API < 2.0 LINEERR_INVALCALLSTATE"; section 15 no. 5.
  TestApp& a = world.app("A", kOwner, kOld);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.act(a, api::ReleaseCall{a.call}), ElementsAre("A release invalid_state"));
  world.report(call, CallState::disconnected, Cause{});
  EXPECT_THAT(world.act(a, api::ReleaseCall{a.call}), ElementsAre("A release invalid_state"));
  world.act(a, api::DropCall{a.call});
  EXPECT_THAT(world.act(a, api::ReleaseCall{a.call}), ElementsAre("A release ok"));
  world.all_gone();
}

TEST_F(Release, SoleOwnerFromVersion20OnAndTheCallLivesOnWithMonitors) {
  // Section 7: "API >= 2.0: allowed, call may become ownerless"; TSPI_lineCloseCall is not called
  // while monitors hold handles; "a monitor can still take over" (nf-tapi-linedeallocatecall).
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.act(a, api::ReleaseCall{a.call}),
              ElementsAre("A release ok", "M info owners down"));
  EXPECT_EQ(world.snapshot(m).owners, 0u);
  EXPECT_THAT(world.report(call, CallState::on_hold), ElementsAre("M on hold"));
  EXPECT_THAT(world.act(m, api::SetPrivilege{m.call, Privilege::owner}),
              ElementsAre("M privilege ok"));
  EXPECT_THAT(world.act(m, api::DropCall{m.call}), ElementsAre("M drop accepted", "P drop normal"));
}

TEST_F(Release, LastIdentifierOfALiveCallClosesIt) {
  // Section 7: "If it was the last handle of any application, TAPI calls TSPI_lineCloseCall"; on a
  // live call our policy is CLOSEDROP: it is dropped.
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.act(a, api::ReleaseCall{a.call}),
              ElementsAre("A release ok", "P drop normal", "P close"));
  EXPECT_THAT(world.ended(call), ElementsAre("record"));
  EXPECT_EQ(world.records[0].end->origin, EndOrigin::line_closed);
  EXPECT_EQ(world.records[0].end->cause.mode, DisconnectMode::normal);
  world.all_gone();
}

TEST_F(Release, LastMonitorOfAnOwnerlessCallClosesIt) {
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  world.make(a);
  world.act(a, api::ReleaseCall{a.call});
  EXPECT_THAT(world.act(m, api::ReleaseCall{m.call}),
              ElementsAre("M release ok", "P drop normal", "P close"));
  world.all_gone();
}

TEST_F(Release, OwnerlessCallThatIsDisconnectedIsCleared) {
  // Section 7 note: an ownerless call "can be impossible to terminate from any app"; tspi section 4
  // rule 3: IDLE is mandatory "otherwise monitors can never clean up".
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  const provider::CallRef call = world.make(a);
  world.act(a, api::ReleaseCall{a.call});
  EXPECT_THAT(world.report(call, CallState::disconnected, Cause{}),
              ElementsAre("M disconnected (normal, remote party)", "M idle (normal, remote party)",
                          "P close"));
  world.act(m, api::ReleaseCall{m.call});
  world.all_gone();
}

TEST_F(Release, OutstandingRepliesAreDeliveredFromVersion20On) {
  // Section 7: "Outstanding LINE_REPLYs: < 2.0 suppressed, >= 2.0 still delivered"; section 15
  // no. 6: "the request id must outlive the call handle, not the line".
  TestApp& a = world.app("A", kOwner);
  TestApp& b = world.app("B", kMonitor);
  world.make(a);
  world.act(b, api::SetPrivilege{b.call, Privilege::owner});
  world.act(a, api::HoldCall{a.call});
  world.act(a, api::ReleaseCall{a.call});
  EXPECT_THAT(world.complete("hold"), ElementsAre("A hold ok"));
}

TEST_F(Release, DropOutstandingAtTheLastReleaseIsAnswered) {
  // Defect A2: a thread waits for the drop's reply while another deallocates: it must wake.
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  world.act(a, api::DropCall{a.call});
  EXPECT_THAT(world.act(a, api::ReleaseCall{a.call}),
              ElementsAre("A release ok", "A drop ok", "P close"));
  world.all_gone();
}

TEST_F(Release, OutstandingRepliesAreSuppressedBelowVersion20) {
  TestApp& a = world.app("A", kOwner, kOld);
  TestApp& b = world.app("B", kMonitor);
  world.make(a);
  world.act(b, api::SetPrivilege{b.call, Privilege::owner});
  world.act(a, api::HoldCall{a.call});
  world.act(a, api::ReleaseCall{a.call});
  EXPECT_THAT(world.complete("hold"), IsEmpty());
}

TEST_F(Release, MakesTheIdentifierStaleForItsHolderOnly) {
  // Section 7: "The handle is void immediately after success. It is per-application".
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  const provider::CallRef call = world.make(a);
  world.report(call, CallState::idle);
  world.act(a, api::ReleaseCall{a.call});
  const api::CallId old = a.call;
  const api::Command commands[] = {
      api::DropCall{old},         api::AcceptCall{old},
      api::AnswerCall{old},       api::HoldCall{old},
      api::UnholdCall{old},       api::SetPrivilege{old, Privilege::owner},
      api::HandOff{old, "M", 0},  api::SetAppSpecific{old, 1},
      api::MonitorDigits{old, 1}, api::SendDigits{.call = old, .digits = "1"},
      api::ReleaseUserInfo{old},  api::GetCall{old},
      api::ReleaseCall{old}};
  for (const api::Command& command : commands) {
    const Result<api::Value> result = world.ask(a, command);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, Errc::stale_handle);
  }
  EXPECT_EQ(world.snapshot(m).record.state, CallState::idle);
}

TEST_F(Release, AnothersIdentifierIsStale) {
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  world.make(a);
  EXPECT_EQ(world.ask(m, api::GetCall{a.call}).error().code, Errc::stale_handle);
  EXPECT_EQ(world.ask(m, api::ReleaseCall{a.call}).error().code, Errc::stale_handle);
}

TEST_F(Release, StopsDigitMonitoring) {
  // Section 7: "digit monitoring by this app ends" (nf-tapi-linemonitordigits).
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.act(a, api::MonitorDigits{a.call, digits::kDtmf}),
              ElementsAre("A monitor digits ok", "P monitor digits 2"));
  EXPECT_THAT(world.act(m, api::MonitorDigits{m.call, digits::kPulse}),
              ElementsAre("M monitor digits ok", "P monitor digits 3"));
  EXPECT_THAT(world.post(provider::DigitReceived{call, '7', digits::kDtmf}),
              ElementsAre("A digit 7"));
  EXPECT_THAT(world.act(m, api::ReleaseCall{m.call}),
              ElementsAre("M release ok", "P monitor digits 2", "A info monitors"));
  EXPECT_THAT(world.act(a, api::MonitorDigits{a.call, 0}),
              ElementsAre("A monitor digits ok", "P monitor digits 0"));
}

// ---- section 8: post-connection data

using PostConnection = EngineTest;

TEST_F(PostConnection, IsReadableInDisconnectedAndIdleUntilRelease) {
  // Section 8: readable "in DISCONNECTED and in IDLE with any handle (owner or monitor)"; here the
  // mode as well, which the pages promise only in DISCONNECTED.
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  const provider::CallRef call = world.make(a);
  world.advance(seconds(90));
  world.post(provider::InfoChanged{.call = call, .user_info = UserInfo{4, 'b', 'y', 'e'}});
  world.report(call, CallState::disconnected,
               Cause{.mode = DisconnectMode::normal, .q850 = 16, .words = "bye"});
  world.act(a, api::DropCall{a.call});
  for (TestApp* app : {&a, &m}) {
    const api::CallSnapshot snapshot = world.snapshot(*app);
    EXPECT_EQ(snapshot.record.state, CallState::idle);
    EXPECT_EQ(snapshot.record.end->cause.mode, DisconnectMode::normal);
    EXPECT_EQ(snapshot.record.end->cause.q850, 16);
    EXPECT_EQ(snapshot.record.end->cause.words, "bye");
    EXPECT_EQ(snapshot.record.end->origin, EndOrigin::remote_party);
    EXPECT_EQ(snapshot.record.user_info_received, (UserInfo{4, 'b', 'y', 'e'}));
    EXPECT_EQ(talk_time(snapshot.record, world.now()), seconds(90));
    EXPECT_EQ(snapshot.owners, 1u);
    EXPECT_EQ(snapshot.monitors, 1u);
    EXPECT_EQ(snapshot.state_entered, world.now());
  }
}

TEST_F(PostConnection, AllowedOperationsAreThoseOfTheStateAndThePrivilege) {
  // Section 8: dwCallFeatures "recomputed per state"; section 6: LINECALLFEATURE_DROP.
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  const provider::CallRef call = world.make(a);
  EXPECT_EQ(world.snapshot(a).features,
            api::feature::kDrop | api::feature::kHold | api::feature::kSendDigits |
                api::feature::kMonitorDigits | api::feature::kHandOff |
                api::feature::kReleaseUserInfo | api::feature::kTransfer | api::feature::kSwapHold);
  EXPECT_EQ(world.snapshot(m).features, api::feature::kSetPrivilege | api::feature::kMonitorDigits);
  world.report(call, CallState::disconnected, Cause{});
  EXPECT_EQ(world.snapshot(a).features, api::feature::kDrop | api::feature::kReleaseUserInfo);
  world.act(a, api::DropCall{a.call});
  EXPECT_EQ(world.snapshot(a).features & api::feature::kDrop, 0u);
}

// ---- section 13 and section 10 rows 18, 19: privilege

using Privileges = EngineTest;

TEST_F(Privileges, ControlIsForOwners) {
  // Section 13: all call control: OWNER yes, MONITOR LINEERR_NOTOWNER.
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  world.make(a);
  const api::CallId call = m.call;
  const api::Command commands[] = {
      api::DropCall{call},          api::AcceptCall{call},
      api::AnswerCall{call},        api::HoldCall{call},
      api::UnholdCall{call},        api::HandOff{call, "A", 0},
      api::SetAppSpecific{call, 1}, api::SendDigits{.call = call, .digits = "1"},
      api::ReleaseUserInfo{call},   api::SwapHold{call, call}};
  for (const api::Command& command : commands) {
    const Result<api::Value> result = world.ask(m, command);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, Errc::not_owner);
  }
  EXPECT_TRUE(world.ask(m, api::GetCall{call}).has_value());
  EXPECT_TRUE(world.ask(m, api::MonitorDigits{call, digits::kDtmf}).has_value());
}

TEST_F(Privileges, SoleOwnerCannotBecomeMonitorOfALiveCall) {
  // Section 7: lineSetCallPrivilege: "sole OWNER of a non-IDLE call asking for MONITOR:
  // LINEERR_INVALCALLSTATE; drop first. Bad value: LINEERR_INVALCALLPRIVILEGE".
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.act(a, api::SetPrivilege{a.call, Privilege::monitor}),
              ElementsAre("A privilege invalid_state"));
  EXPECT_THAT(world.act(a, api::SetPrivilege{a.call, Privilege::none}),
              ElementsAre("A privilege invalid_privilege"));
  EXPECT_THAT(world.act(a, api::SetPrivilege{a.call, static_cast<Privilege>(99)}),
              ElementsAre("A privilege invalid_privilege"));
  EXPECT_THAT(world.act(a, api::SetPrivilege{a.call, Privilege::owner}),
              ElementsAre("A privilege ok"));
  world.report(call, CallState::idle);
  EXPECT_THAT(world.act(a, api::SetPrivilege{a.call, Privilege::monitor}),
              ElementsAre("A privilege ok"));
}

TEST_F(Privileges, SeveralOwnersMayCoexist) {
  // Section 13: "Becoming an owner by lineSetCallPrivilege is not exclusive"; section 5: the causer
  // gets no LINE_CALLINFO.
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  world.make(a);
  EXPECT_THAT(world.act(m, api::SetPrivilege{m.call, Privilege::owner}),
              ElementsAre("M privilege ok", "A info owners up+monitors"));
  EXPECT_EQ(world.snapshot(a).owners, 2u);
  EXPECT_THAT(world.act(a, api::SetPrivilege{a.call, Privilege::monitor}),
              ElementsAre("A privilege ok", "M info owners down+monitors"));
  EXPECT_THAT(world.act(a, api::DropCall{a.call}), ElementsAre("A drop not_owner"));
}

TEST_F(Privileges, HandOffMakesAnotherOwnerAndKeepsTheGiver) {
  // Section 10 row 18: the target becomes OWNER (LINE_CALLSTATE with its privilege), the source
  // keeps its own privilege and handle; the others get NUMOWNERINCR (handoffs-ovr).
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  world.make(a);
  TestApp& b = world.app("B", kOwner);
  EXPECT_THAT(world.act(a, api::HandOff{a.call, "B", 0}),
              ElementsAre("A hand off ok", "B appears as owner", "B connected as owner",
                          "M info owners up"));
  EXPECT_EQ(world.snapshot(a).privilege, Privilege::owner);
  EXPECT_EQ(world.snapshot(b).owners, 2u);
  // "target of a handoff even if already owner" (line-callstate).
  EXPECT_THAT(world.act(a, api::HandOff{a.call, "B", 0}),
              ElementsAre("A hand off ok", "B connected as owner"));
  // Section 15 no. 10: handoff never removes the giver's ownership; the giver lets go itself.
  EXPECT_THAT(world.act(a, api::ReleaseCall{a.call}),
              ElementsAre("A release ok", "M info owners down", "B info owners down"));
  EXPECT_THAT(world.act(m, api::ReleaseCall{m.call}),
              ElementsAre("M release ok", "B info monitors"));
}

TEST_F(Privileges, HandOffToAMonitorRaisesIt) {
  TestApp& a = world.app("A", kOwner);
  world.app("M", kMonitor);
  TestApp& b = world.app("B", kOwner | kMonitor);
  world.make(a);
  EXPECT_THAT(world.act(a, api::HandOff{a.call, "B", 0}),
              ElementsAre("A hand off ok", "B connected as owner", "M info owners up+monitors"));
  EXPECT_EQ(world.snapshot(b).privilege, Privilege::owner);
}

TEST_F(Privileges, HandOffNeedsATarget) {
  // Section 10 row 19: LINEERR_TARGETNOTFOUND; the session is not ended by it.
  TestApp& a = world.app("A", kOwner);
  world.app("M", kMonitor);
  world.make(a);
  EXPECT_THAT(world.act(a, api::HandOff{a.call, "nobody", 0}),
              ElementsAre("A hand off target_not_found"));
  EXPECT_THAT(world.act(a, api::HandOff{a.call, "M", 0}),
              ElementsAre("A hand off target_not_found"));
  EXPECT_THAT(world.act(a, api::HandOff{a.call, "A", 0}),
              ElementsAre("A hand off target_not_found"));
  EXPECT_THAT(world.act(a, api::HandOff{a.call, "", 0}),
              ElementsAre("A hand off invalid_argument"));
  EXPECT_THAT(world.act(a, api::HandOff{a.call, "", media::kVoice | media::kFaxG3}),
              ElementsAre("A hand off invalid_argument"));
  EXPECT_THAT(world.act(a, api::HandOff{a.call, "", media::kFaxG3}),
              ElementsAre("A hand off target_not_found"));
  EXPECT_EQ(world.snapshot(a).record.state, CallState::connected);
}

TEST_F(Privileges, HandOffByMediaMode) {
  TestApp& a = world.app("A", kOwner);
  world.app("F", kOwner, api::kApiVersionLatest, media::kFaxG3);
  world.make(a);
  EXPECT_THAT(world.act(a, api::HandOff{a.call, "", media::kFaxG3}),
              ElementsAre("A hand off ok", "F appears as owner", "F connected as owner"));
}

// ---- digits

using Digits = EngineTest;

TEST_F(Digits, AreAnnouncedWhenSent) {
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.act(a, api::SendDigits{.call = a.call, .digits = "12#", .tag = 3}),
              ElementsAre("A send digits ok", "P digits '12#'"));
  EXPECT_THAT(world.complete("digits"), ElementsAre("A digits sent"));
  // A second one cancels the first; an empty one cancels as well.
  world.act(a, api::SendDigits{.call = a.call, .digits = "1"});
  EXPECT_THAT(world.act(a, api::SendDigits{.call = a.call, .digits = "2"}),
              ElementsAre("A send digits ok", "A digits cancelled", "P digits '2'"));
  EXPECT_THAT(world.act(a, api::SendDigits{.call = a.call}),
              ElementsAre("A send digits ok", "A digits cancelled", "P digits ''"));
  EXPECT_THAT(world.act(a, api::SendDigits{.call = a.call}), ElementsAre("A send digits ok"));
  // The end cancels.
  world.act(a, api::SendDigits{.call = a.call, .digits = "3"});
  EXPECT_THAT(world.report(call, CallState::disconnected, Cause{}),
              ElementsAre("A digits cancelled", "A disconnected (normal, remote party)"));
  world.act(a, api::DropCall{a.call});
  world.act(a, api::ReleaseCall{a.call});
  world.all_gone();
}

TEST_F(Digits, AreChecked) {
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  EXPECT_THAT(world.act(a, api::SendDigits{.call = a.call, .digits = "12x"}),
              ElementsAre("A send digits invalid_digits"));
  EXPECT_THAT(world.act(a, api::SendDigits{.call = a.call, .digits = "A", .mode = digits::kPulse}),
              ElementsAre("A send digits invalid_digits"));
  EXPECT_THAT(world.act(a, api::SendDigits{.call = a.call, .digits = "1", .mode = 7}),
              ElementsAre("A send digits invalid_argument"));
  EXPECT_THAT(world.act(a, api::SendDigits{.call = a.call,
                                           .digits = std::string(limits::kDigits + 1, '1')}),
              ElementsAre("A send digits invalid_digits"));
  EXPECT_THAT(
      world.act(a, api::SendDigits{.call = a.call, .digits = "1", .duration = milliseconds(-1)}),
      ElementsAre("A send digits invalid_argument"));
  EXPECT_THAT(world.act(a, api::MonitorDigits{a.call, 8}),
              ElementsAre("A monitor digits invalid_argument"));
  EXPECT_THAT(world.act(a, api::SendDigits{.call = a.call, .digits = "1!,2"}),
              ElementsAre("A send digits ok", "P digits '1!,2'"));
}

TEST_F(Digits, AreRefusedWhereTheLineDoesNotOfferThem) {
  LineInfo line{.name = "none", .address = "none"};
  line.digit_modes = 0;
  world.post(provider::LineAdded{1, line});
  line.name = line.address = "tones";
  line.digit_modes = digits::kDtmf;
  world.post(provider::LineAdded{2, line});
  TestApp& none = world.app("N", kOwner, api::kApiVersionLatest, media::kVoice, 1);
  world.make(none);
  EXPECT_THAT(world.act(none, api::SendDigits{.call = none.call, .digits = "1"}),
              ElementsAre("N send digits unsupported"));
  EXPECT_THAT(world.act(none, api::MonitorDigits{none.call, digits::kDtmf}),
              ElementsAre("N monitor digits unsupported"));
  EXPECT_THAT(world.act(none, api::MonitorDigits{none.call, 0}),
              ElementsAre("N monitor digits ok"));
  constexpr std::uint32_t kDigits = api::feature::kSendDigits | api::feature::kMonitorDigits;
  EXPECT_EQ(world.snapshot(none).features & kDigits, 0u);
  TestApp& tones = world.app("T", kOwner, api::kApiVersionLatest, media::kVoice, 2);
  world.make(tones);
  EXPECT_EQ(world.snapshot(tones).features & kDigits, kDigits);
  EXPECT_THAT(
      world.act(tones, api::SendDigits{.call = tones.call, .digits = "1", .mode = digits::kPulse}),
      ElementsAre("T send digits invalid_argument"));
  EXPECT_THAT(world.act(tones, api::MonitorDigits{tones.call, digits::kDtmfEnd}),
              ElementsAre("T monitor digits invalid_argument"));
  EXPECT_THAT(world.act(tones, api::MonitorDigits{tones.call, digits::kDtmf}),
              ElementsAre("T monitor digits ok", "P monitor digits 2"));
}

// ---- media modes

using MediaModes = EngineTest;

TEST_F(MediaModes, UnknownAndAutomatedVoiceMayBeAskedForWhereThereIsVoice) {
  LineInfo fax{.name = "fax", .address = "fax"};
  fax.media_modes = media::kFaxG3;
  world.post(provider::LineAdded{1, fax});
  TestApp& a = world.attach("A");
  const auto code = [&](api::LineId line, std::uint32_t modes) {
    const auto opened = world.ask(a, api::OpenLine{line, 4, modes, api::kApiVersionLatest});
    return opened ? Errc{} : opened.error().code;
  };
  for (const std::uint32_t modes :
       {media::kUnknown, media::kUnknown | media::kVoice, media::kAutomatedVoice,
        media::kAutomatedVoice | media::kVoice, media::kVoice | media::kFaxG3})
    EXPECT_EQ(code(0, modes), Errc{}) << modes;
  EXPECT_EQ(code(0, 32), Errc::invalid_argument);
  EXPECT_EQ(code(1, media::kUnknown | media::kFaxG3), Errc{});
  EXPECT_EQ(code(1, media::kAutomatedVoice), Errc::invalid_argument);
  EXPECT_EQ(code(1, media::kVoice), Errc::invalid_argument);
}

TEST_F(MediaModes, CallsOfVoiceComeToWhoOpenedForVoice) {
  TestApp& machine = world.app("M", kOwner, api::kApiVersionLatest, media::kAutomatedVoice);
  TestApp& both =
      world.app("B", kOwner, api::kApiVersionLatest, media::kAutomatedVoice | media::kVoice);
  world.offer();
  EXPECT_TRUE(both.call);
  EXPECT_FALSE(machine.call);
  EXPECT_THAT(world.act(both, api::HandOff{both.call, {}, media::kAutomatedVoice}),
              ::testing::Contains("B hand off ok"));
}

}  // namespace
}  // namespace switchhook::core::test
