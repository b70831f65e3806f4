// SPDX-License-Identifier: Apache-2.0
// How the communication ends: dropped, disconnected, failed, cut by a rule. Each test quotes the
// clause of the session lifecycle it enforces: section, and the page the clause is from.
#include "tests/unit/core/engine_world.hpp"

namespace switchhook::core::test {
namespace {

using Ending = EngineTest;

TEST_F(Ending, WholeLifeOfAnOutgoingCall) {
  // "Termination is only complete when the resources are released" (section 1,
  // terminate-a-session-ovr): the two steps are separate, and nothing is left after both.
  TestApp& a = world.app("A", kOwner | kMonitor);
  EXPECT_THAT(world.act(a, api::MakeCall{.open = a.open, .address = "200"}),
              ElementsAre("A make accepted", "P make"));
  EXPECT_THAT(world.complete("make"), ElementsAre("A make ok"));
  const provider::CallRef call{world.snapshot(a).record.session};
  EXPECT_THAT(world.report(call, CallState::ringback), ElementsAre("A ringback"));
  EXPECT_THAT(world.report(call, CallState::connected), ElementsAre("A connected"));
  EXPECT_THAT(world.act(a, api::DropCall{a.call}), ElementsAre("A drop accepted", "P drop normal"));
  EXPECT_THAT(world.complete("drop"), ElementsAre("A drop ok"));
  EXPECT_THAT(world.report(call, CallState::idle),
              ElementsAre("A idle (normal, local user)", "P close"));
  EXPECT_THAT(world.ended(call), ElementsAre("record"));
  EXPECT_THAT(world.act(a, api::ReleaseCall{a.call}), ElementsAre("A release ok"));
  world.all_gone();
}

// ---- section 5.1: the sequences

TEST_F(Ending, SequenceALocalDropOfAConnectedCall) {
  // Section 5.1 A: LINE_REPLY(id,0); A,M: LINE_CALLSTATE(IDLE); A still reads; M deallocates
  // without a LINE_CALLINFO to A; A deallocates.
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  const provider::CallRef call = world.make(a);
  world.act(a, api::DropCall{a.call});
  EXPECT_THAT(world.complete("drop"), ElementsAre("A drop ok"));
  EXPECT_THAT(world.report(call, CallState::idle),
              ElementsAre("A idle (normal, local user)", "M idle (normal, local user)", "P close"));
  EXPECT_EQ(world.snapshot(a).record.state, CallState::idle);
  EXPECT_THAT(world.act(m, api::ReleaseCall{m.call}), ElementsAre("M release ok"));
  EXPECT_THAT(world.act(a, api::ReleaseCall{a.call}), ElementsAre("A release ok"));
  world.all_gone();
}

TEST_F(Ending, SequenceBRemoteDisconnect) {
  // Section 5.1 B and section 10 row 2: DISCONNECTED(mode); the app must drop; reply, then IDLE.
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.report(call, CallState::disconnected, Cause{.mode = DisconnectMode::normal}),
              ElementsAre("A disconnected (normal, remote party)",
                          "M disconnected (normal, remote party)"));
  EXPECT_THAT(world.act(a, api::DropCall{a.call}),
              ElementsAre("A drop accepted", "A drop ok", "A idle (normal, remote party)",
                          "M idle (normal, remote party)", "P close"));
  world.act(a, api::ReleaseCall{a.call});
  world.act(m, api::ReleaseCall{m.call});
  world.all_gone();
}

TEST_F(Ending, SequenceCRejectingAnOfferedCall) {
  // Section 5.1 C, section 6: lineDrop in OFFERING rejects the call; result IDLE
  // (nf-tapi-linedrop).
  struct {
    DropReason reason;
    const char* told;
    const char* idle;
  } const kinds[] = {
      {DropReason::normal, "P drop normal", "A idle (reject, local user)"},
      {DropReason::rejected, "P drop rejected", "A idle (reject, local user)"},
      {DropReason::no_answer, "P drop no answer", "A idle (no answer, local user)"},
  };
  TestApp& a = world.app("A", kOwner);
  for (const auto& kind : kinds) {
    const provider::CallRef call = world.offer();
    EXPECT_THAT(world.act(a, api::DropCall{a.call, kind.reason, {}}),
                ElementsAre("A drop accepted", kind.told));
    EXPECT_THAT(world.complete("drop"), ElementsAre("A drop ok"));
    EXPECT_THAT(world.report(call, CallState::idle), ElementsAre(kind.idle, "P close"));
    world.act(a, api::ReleaseCall{a.call});
  }
  world.all_gone();
}

TEST_F(Ending, SequenceDOutgoingAttemptFails) {
  // Section 5.1 D: BUSY or SPECIALINFO may be reported and stay until dropped, or
  // DISCONNECTED(mode) directly; then as B.
  TestApp& a = world.app("A", kOwner);
  provider::CallRef call = world.make(a, false);
  EXPECT_THAT(world.report(call, CallState::busy, static_cast<std::uint8_t>(BusyMode::station)),
              ElementsAre("A busy"));
  EXPECT_EQ(world.snapshot(a).record.detail, static_cast<std::uint8_t>(BusyMode::station));
  EXPECT_THAT(world.act(a, api::DropCall{a.call}), ElementsAre("A drop accepted", "P drop normal"));
  world.complete("drop");
  EXPECT_THAT(world.report(call, CallState::idle),
              ElementsAre("A idle (busy, local user)", "P close"));
  world.act(a, api::ReleaseCall{a.call});

  call = world.make(a, false);
  world.report(call, CallState::special_info);
  EXPECT_THAT(world.report(call, CallState::disconnected,
                           Cause{.mode = DisconnectMode::bad_address, .sip_status = 404}),
              ElementsAre("A disconnected (bad address, remote party)"));
  EXPECT_THAT(
      world.act(a, api::DropCall{a.call}),
      ElementsAre("A drop accepted", "A drop ok", "A idle (bad address, remote party)", "P close"));
  world.act(a, api::ReleaseCall{a.call});
  world.all_gone();
}

TEST_F(Ending, SequenceEFailedCreation) {
  // Section 5.1 E: LINE_REPLY(id, error), no handle, no states. Section 15 no. 8: "a failed
  // creation produces no call at all".
  TestApp& a = world.app("A", kOwner);
  world.app("M", kMonitor);
  world.act(a, api::MakeCall{.open = a.open, .address = "999"});
  EXPECT_THAT(world.complete("make", Error{Errc::invalid_address, "no such number"}),
              ElementsAre("A make invalid_address"));
  EXPECT_THAT(world.records, IsEmpty());
  world.all_gone();
}

TEST_F(Ending, SequenceFAbandonedCall) {
  // Section 5.1 F, section 10 row 4: the caller abandons an unanswered call: DISCONNECTED, or
  // directly IDLE (ARCH1, call-queues-and-route-points).
  TestApp& a = world.app("A", kOwner);
  provider::CallRef call = world.offer();
  EXPECT_THAT(world.report(call, CallState::disconnected, Cause{.mode = DisconnectMode::cancelled}),
              ElementsAre("A disconnected (cancelled, remote party)"));
  EXPECT_THAT(world.report(call, CallState::idle),
              ElementsAre("A idle (cancelled, remote party)", "P close"));
  world.act(a, api::ReleaseCall{a.call});
  call = world.offer();
  EXPECT_THAT(world.report(call, CallState::idle),
              ElementsAre("A idle (cancelled, remote party)", "P close"));
  world.act(a, api::ReleaseCall{a.call});
  world.all_gone();
}

TEST_F(Ending, ReplyComesBeforeIdleEvenIfTheProviderTurnsThemRound) {
  // Section 5: "INFER: emit the reply first, then IDLE".
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.act(a, api::DropCall{a.call});
  EXPECT_THAT(world.report(call, CallState::idle),
              ElementsAre("A drop ok", "A idle (normal, local user)", "P close"));
  EXPECT_THAT(world.complete("drop"), IsEmpty());
  EXPECT_EQ(world.late(a), 0u);
  world.act(a, api::ReleaseCall{a.call});
  world.all_gone();
}

// ---- section 6: drop

TEST_F(Ending, DropNeedsAnOwner) {
  // Section 6: "Caller must be OWNER, else LINEERR_NOTOWNER" (nf-tapi-linedrop).
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  world.make(a);
  EXPECT_THAT(world.act(m, api::DropCall{m.call}), ElementsAre("M drop not_owner"));
}

TEST_F(Ending, DropIsRefusedInIdle) {
  // Section 6: "Any state except IDLE, else LINEERR_INVALCALLSTATE" (nf-tapi-linedrop).
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.report(call, CallState::idle);
  EXPECT_THAT(world.act(a, api::DropCall{a.call}), ElementsAre("A drop invalid_state"));
}

TEST_F(Ending, DropCarriesUserInfoWithinTheLinesLimit) {
  // Section 6: "carries optional user-user info; too big: LINEERR_USERUSERINFOTOOBIG".
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  EXPECT_THAT(world.act(a, api::DropCall{a.call, DropReason::normal, UserInfo(33, 4)}),
              ElementsAre("A drop user_info_too_big"));
  EXPECT_THAT(world.act(a, api::DropCall{a.call, DropReason::normal, UserInfo(32, 4)}),
              ElementsAre("A drop accepted", "P drop normal"));
  const auto& sent = std::get<provider::Drop>(std::get<ToProvider>(world.last[1]).command);
  EXPECT_EQ(sent.user_info, UserInfo(32, 4));
  EXPECT_EQ(world.snapshot(a).record.user_info_sent, UserInfo(32, 4));
}

TEST_F(Ending, DropInDisconnectedNeedsNothingOnTheWire) {
  // Section 15 no. 2: "a drop there must succeed although nothing is left on the wire".
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.report(call, CallState::disconnected, Cause{});
  world.ended(call);
  EXPECT_THAT(world.act(a, api::DropCall{a.call}),
              ElementsAre("A drop accepted", "A drop ok", "A idle (normal, remote party)",
                          "P close", "record"));
}

TEST_F(Ending, DropAbandonsAnOutgoingAttempt) {
  // Section 6: "Outgoing attempt: abandons it" (nf-tapi-linemakecall); cause CANCELLED.
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a, false);
  world.report(call, CallState::proceeding);
  world.act(a, api::DropCall{a.call});
  world.complete("drop");
  EXPECT_THAT(world.report(call, CallState::idle),
              ElementsAre("A idle (cancelled, local user)", "P close"));
}

TEST_F(Ending, DropOnABridgedLineMayOnlyMakeTheCallInactive) {
  // Section 6: "on bridged lines the call may only become CONNECTED with mode INACTIVE".
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.act(a, api::DropCall{a.call});
  world.complete("drop");
  EXPECT_THAT(
      world.report(call, CallState::connected, static_cast<std::uint8_t>(ConnectedMode::inactive)),
      ElementsAre("A connected"));
  EXPECT_THAT(world.advance(limits::kProviderAnswer), IsEmpty()) << "nothing is overdue";
  EXPECT_THAT(world.act(a, api::DropCall{a.call}), ElementsAre("A drop accepted", "P drop normal"));
}

TEST_F(Ending, SeveralOwnersDropAtOnce) {
  // Section 5, LINE_REPLY for each request; one drop goes to the provider.
  TestApp& a = world.app("A", kOwner);
  TestApp& b = world.app("B", kOwner | kMonitor);
  const provider::CallRef call = world.make(a);
  world.act(b, api::SetPrivilege{b.call, Privilege::owner});
  EXPECT_THAT(world.act(a, api::DropCall{a.call}), ElementsAre("A drop accepted", "P drop normal"));
  EXPECT_THAT(world.act(b, api::DropCall{b.call}), ElementsAre("B drop accepted"));
  EXPECT_THAT(world.act(a, api::DropCall{a.call}), ElementsAre("A drop accepted"));
  EXPECT_THAT(world.complete("drop"), ElementsAre("A drop ok", "B drop ok", "A drop ok"));
  EXPECT_THAT(world.act(b, api::DropCall{b.call}), ElementsAre("B drop accepted"));
  EXPECT_THAT(world.report(call, CallState::idle),
              ElementsAre("B drop ok", "A idle (normal, local user)", "B idle (normal, local user)",
                          "P close"));
  world.act(a, api::ReleaseCall{a.call});
  world.act(b, api::ReleaseCall{b.call});
  world.all_gone();
}

TEST_F(Ending, OtherRequestsEndWithTheCall) {
  // tspi section 4, TSPI_lineCloseCall: abandoned operations end with LINEERR_OPERATIONFAILED,
  // each exactly once.
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.act(a, api::HoldCall{a.call}), ElementsAre("A hold accepted", "P hold"));
  world.act(a, api::DropCall{a.call});
  world.complete("drop");
  EXPECT_THAT(world.report(call, CallState::idle),
              ElementsAre("A hold failed", "A idle (normal, local user)", "P close"));
  EXPECT_THAT(world.complete("hold", Error{Errc::failed, "closed"}), IsEmpty());
  EXPECT_EQ(world.late(a), 0u) << "closing completes what is open: that is not late";
}

TEST_F(Ending, RefusedDropLeavesTheCallAlive) {
  // Section 6: other errors; the call goes on and may be dropped again.
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.act(a, api::DropCall{a.call});
  EXPECT_THAT(world.complete("drop", Error{Errc::resource_unavailable, ""}),
              ElementsAre("A drop resource_unavailable"));
  EXPECT_THAT(
      world.report(call, CallState::disconnected, Cause{.mode = DisconnectMode::congestion}),
      ElementsAre("A disconnected (congestion, remote party)"));
}

TEST_F(Ending, DropOfACallTheProviderDoesNotKnowSucceeds) {
  // Section 15 no. 2; boundary rule 8: an unknown call is completed with stale_handle.
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  world.act(a, api::DropCall{a.call});
  EXPECT_THAT(world.complete("drop", Error{Errc::stale_handle, ""}),
              ElementsAre("A drop ok", "A idle (normal, local user)", "P close"));
}

TEST_F(Ending, DropNeverWaitsForTheProviderWithoutEnd) {
  // House rule: IDLE must not wait for the wire; the cause stands and the delay is found.
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.act(a, api::DropCall{a.call});
  EXPECT_THAT(world.advance(limits::kProviderAnswer - milliseconds(1)), IsEmpty());
  EXPECT_THAT(world.advance(milliseconds(1)),
              ElementsAre("A drop timed_out", "A idle (normal, local user)", "P close"));
  EXPECT_FALSE(world.audit(a).clean());
  EXPECT_THAT(world.ended(call), ElementsAre("record"));
  EXPECT_TRUE(world.audit(a).clean());
  world.act(a, api::ReleaseCall{a.call});
  world.all_gone();
}

TEST_F(Ending, IdleFollowsADropEvenIfTheProviderForgetsIt) {
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  world.act(a, api::DropCall{a.call});
  EXPECT_THAT(world.complete("drop"), ElementsAre("A drop ok"));
  EXPECT_THAT(world.advance(limits::kProviderAnswer),
              ElementsAre("A idle (normal, local user)", "P close"));
}

TEST_F(Ending, RemoteDisconnectCrossingADropIsFirst) {
  // Whoever was first ended it; the drop then only clears.
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.act(a, api::DropCall{a.call});
  EXPECT_THAT(world.report(call, CallState::disconnected, Cause{.mode = DisconnectMode::normal}),
              ElementsAre("A disconnected (normal, remote party)"));
  EXPECT_THAT(world.complete("drop", Error{Errc::invalid_state, ""}),
              ElementsAre("A drop ok", "A idle (normal, remote party)", "P close"));
  world.act(a, api::ReleaseCall{a.call});
  world.all_gone();
}

// ---- section 10: other ways to end

TEST_F(Ending, HeldPartyHangsUp) {
  // Section 10 row 3: ONHOLD -> DISCONNECTED (hold-ovr).
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.act(a, api::HoldCall{a.call});
  EXPECT_THAT(world.complete("hold"), ElementsAre("A hold ok"));
  world.report(call, CallState::on_hold);
  EXPECT_THAT(world.report(call, CallState::disconnected, Cause{}),
              ElementsAre("A disconnected (normal, remote party)"));
  EXPECT_THAT(world.act(a, api::UnholdCall{a.call}), ElementsAre("A unhold invalid_state"));
}

TEST_F(Ending, ATransferredCallIsDroppedOnceItsFarEndHasGoneOver) {
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.act(a, api::TransferCall{.call = a.call, .address = "201"}),
              ElementsAre("A transfer accepted", "P transfer"));
  EXPECT_THAT(world.complete("transfer"), ElementsAre("P drop normal", "A transfer ok"));
  EXPECT_THAT(world.complete("drop"), IsEmpty());
  EXPECT_THAT(world.report(call, CallState::idle),
              ElementsAre("A idle (normal, local user)", "P close"));
  EXPECT_EQ(world.snapshot(a).record.end->cause.words, "transferred");
  world.act(a, api::ReleaseCall{a.call});
  world.all_gone();
}

TEST_F(Ending, ATransferThatFailsLeavesTheCallAsItWas) {
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  world.act(a, api::TransferCall{.call = a.call, .address = "201"});
  EXPECT_THAT(world.act(a, api::TransferCall{.call = a.call, .address = "202"}),
              ElementsAre("A transfer invalid_state"))
      << "one at a time";
  EXPECT_THAT(world.complete("transfer", Error{Errc::failed, "busy"}),
              ElementsAre("A transfer failed"));
  EXPECT_EQ(world.snapshot(a).record.state, CallState::connected);
}

TEST_F(Ending, ATransferOfWhichNothingIsHeardIsGivenUpAndTheCallGoesOn) {
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  world.act(a, api::TransferCall{.call = a.call, .address = "201"});
  EXPECT_THAT(world.advance(limits::kTransferAnswer - seconds(1)), IsEmpty());
  EXPECT_THAT(world.advance(seconds(1)), ElementsAre("A transfer timed_out"));
  EXPECT_EQ(world.snapshot(a).record.state, CallState::connected);
}

TEST_F(Ending, AFarEndThatHangsUpInTheMiddleOfATransferFailsIt) {
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.act(a, api::TransferCall{.call = a.call, .address = "201"});
  world.report(call, CallState::disconnected, Cause{});
  EXPECT_THAT(world.act(a, api::DropCall{a.call}), testing::Contains("A transfer failed"));
}

TEST_F(Ending, TwoCallsWhoseFarEndsAreJoinedAreBothDropped) {
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  const api::CallId first = a.call;
  world.make(a);
  EXPECT_THAT(world.act(a, api::TransferCall{.call = first, .address = "201", .with = a.call}),
              ElementsAre("A transfer invalid_argument"));
  EXPECT_THAT(world.act(a, api::TransferCall{.call = first, .with = first}),
              ElementsAre("A transfer invalid_argument"));
  EXPECT_THAT(world.act(a, api::TransferCall{.call = first}),
              ElementsAre("A transfer invalid_address"));
  EXPECT_THAT(world.act(a, api::TransferCall{.call = first, .with = a.call}),
              ElementsAre("A transfer accepted", "P transfer to the other"));
  EXPECT_THAT(world.complete("transfer"),
              ElementsAre("P drop normal", "P drop normal", "A transfer ok"));
}

// ---- lineSwapHold: "active: CONNECTED; held: ONHOLD, ONHOLDPENDTRANSFER, ONHOLDPENDCONF"

class Swap : public EngineTest {
 protected:
  /// A's two calls: one on hold, and a later one that is connected.
  void SetUp() override {
    a = &world.app("A", kOwner);
    held_ref = world.make(*a);
    world.report(held_ref, CallState::on_hold);
    held = a->call;
    active_ref = world.make(*a);
  }
  [[nodiscard]] api::SwapHold command() const { return {.call = a->call, .with = held}; }
  TestApp* a = nullptr;
  provider::CallRef held_ref, active_ref;
  api::CallId held;
};

TEST_F(Swap, IsOneRequestOfTheProvider) {
  EXPECT_THAT(world.act(*a, command()), ElementsAre("A swap accepted", "P swap"));
  const auto sent = std::get<provider::Swap>(std::get<ToProvider>(world.last.at(1)).command);
  EXPECT_EQ(sent.call, active_ref);
  EXPECT_EQ(sent.with, held_ref);
  EXPECT_THAT(world.complete("swap"), ElementsAre("A swap ok"));
  EXPECT_THAT(world.report(active_ref, CallState::on_hold), ElementsAre("A on hold"));
  EXPECT_THAT(world.report(held_ref, CallState::connected), ElementsAre("A connected"));
  EXPECT_THAT(world.act(*a, command()), ElementsAre("A swap invalid_state")) << "the other way now";
}

TEST_F(Swap, ThatFailsLeavesBothCallsAsTheyAreReported) {
  world.act(*a, command());
  EXPECT_THAT(world.complete("swap", Error{Errc::failed, "the far end answered 488"}),
              ElementsAre("A swap failed"));
  EXPECT_EQ(world.snapshot(*a).record.state, CallState::connected);
}

TEST_F(Swap, IsOverWithTheActiveCall) {
  world.act(*a, command());
  world.act(*a, api::DropCall{a->call});
  world.complete("drop");
  EXPECT_THAT(world.report(active_ref, CallState::idle),
              ElementsAre("A swap failed", "A idle (normal, local user)", "P close"));
}

TEST_F(Swap, NeedsTheOwnerOfBothCalls) {
  TestApp& m = world.app("M", kMonitor);
  world.act(m, api::GetNewCalls{m.open});
  EXPECT_EQ(world.ask(m, command()).error().code, Errc::stale_handle) << "not its identifiers";
  EXPECT_EQ(world.ask(*a, api::SwapHold{a->call, m.call}).error().code, Errc::stale_handle);
  world.act(*a, api::HandOff{held, "M", 0});
}

TEST_F(Swap, NeedsTwoCallsOfOneLine) {
  EXPECT_THAT(world.act(*a, api::SwapHold{a->call, a->call}), ElementsAre("A swap invalid_state"));
  world.post(provider::LineAdded{1, {.name = "101", .address = "101"}});
  const api::CallId of_the_first = a->call;
  const api::OpenLine other{.line = 1, .privileges = kOwner, .media_modes = media::kVoice};
  a->open = world.ask_for<api::OpenedLine>(*a, other).open;
  const provider::CallRef ref = world.make(*a);
  world.report(ref, CallState::on_hold);
  EXPECT_THAT(world.act(*a, api::SwapHold{of_the_first, a->call}),
              ElementsAre("A swap invalid_argument"));
}

TEST_F(Ending, TheLinesLimitOfRingingEndsACallThatNobodyAnswers) {
  Policy policy;
  policy.calls.ring = seconds(30);
  World ringing;
  ringing.policy(policy);
  TestApp& a = ringing.app("A", kOwner);
  const provider::CallRef call = ringing.offer();
  ringing.advance(seconds(20));
  ringing.report(call, CallState::accepted);  // ringing goes on: so does the time
  EXPECT_THAT(ringing.advance(seconds(10)),
              ElementsAre("P drop no answer", "A disconnected (no answer, policy)"));
  EXPECT_THAT(ringing.complete("drop"), IsEmpty());
  ringing.report(call, CallState::idle);
  ringing.ended(call);
  ringing.act(a, api::DropCall{a.call});
  EXPECT_EQ(ringing.records.at(0).end->cause.words, "not answered within the limit");
  ringing.act(a, api::ReleaseCall{a.call});
  ringing.all_gone();
}

TEST_F(Ending, TheLinesLimitOfRingingIsForgottenWithTheAnswer) {
  Policy policy;
  policy.calls.ring = seconds(30);
  World ringing;
  ringing.policy(policy);
  ringing.app("A", kOwner);
  const provider::CallRef call = ringing.offer();
  ringing.report(call, CallState::connected);
  EXPECT_THAT(ringing.advance(seconds(3600)), IsEmpty());
}

TEST_F(Ending, TheShorterOfTheLinesAndTheMakersLimitCounts) {
  for (const int line : {10, 50}) {
    Policy policy;
    policy.calls = {.no_answer = seconds(line), .length = seconds(line)};
    World both;
    both.policy(policy);
    TestApp& a = both.app("A", kOwner);
    const auto make = [&] {
      both.act(a, api::MakeCall{.open = a.open,
                                .address = "201",
                                .no_answer_timeout = seconds(20),
                                .length_limit = seconds(20)});
      both.complete("make");
      return provider::CallRef{both.snapshot(a).record.session};
    };
    both.report(make(), CallState::ringback);
    const int shorter = std::min(line, 20);
    EXPECT_THAT(both.advance(seconds(shorter - 1)), IsEmpty());
    EXPECT_THAT(both.advance(seconds(1)),
                ::testing::Contains("A disconnected (no answer, policy)"));
    both.report(make(), CallState::connected);
    EXPECT_THAT(both.advance(seconds(shorter - 1)), IsEmpty());
    EXPECT_THAT(both.advance(seconds(1)), ::testing::Contains("A disconnected (normal, policy)"));
  }
}

TEST_F(Ending, NoAnswerLimitDisconnects) {
  // Section 10 row 5: the no-answer timer moves the call to DISCONNECTED; then as B.
  TestApp& a = world.app("A", kOwner);
  world.act(a, api::MakeCall{.open = a.open, .address = "201", .no_answer_timeout = seconds(20)});
  world.complete("make");
  const provider::CallRef call{world.snapshot(a).record.session};
  world.report(call, CallState::ringback);
  EXPECT_THAT(world.advance(seconds(20)),
              ElementsAre("P drop no answer", "A disconnected (no answer, policy)"));
  EXPECT_THAT(world.complete("drop"), IsEmpty());
  EXPECT_THAT(world.report(call, CallState::idle), IsEmpty()) << "the owner has to clear it";
  EXPECT_THAT(world.ended(call), ElementsAre("A info confirmation"));
  EXPECT_THAT(world.act(a, api::DropCall{a.call}),
              ElementsAre("A drop accepted", "A drop ok", "A idle (no answer, policy)", "P close",
                          "record"));
  EXPECT_EQ(world.records[0].end->cause.words, "not answered within the limit");
  world.act(a, api::ReleaseCall{a.call});
  world.all_gone();
}

TEST_F(Ending, NoAnswerLimitEndsWithTheAnswer) {
  TestApp& a = world.app("A", kOwner);
  world.act(a, api::MakeCall{.open = a.open, .address = "201", .no_answer_timeout = seconds(20)});
  world.complete("make");
  const provider::CallRef call{world.snapshot(a).record.session};
  world.report(call, CallState::connected);
  EXPECT_THAT(world.advance(seconds(60)), IsEmpty());
  EXPECT_THAT(world.timers, IsEmpty());
}

TEST_F(Ending, LengthLimitRunsFromTheAnswer) {
  TestApp& a = world.app("A", kOwner);
  world.act(a, api::MakeCall{.open = a.open, .address = "200", .length_limit = seconds(60)});
  world.complete("make");
  const provider::CallRef call{world.snapshot(a).record.session};
  world.report(call, CallState::ringback);
  EXPECT_THAT(world.advance(seconds(100)), IsEmpty());
  world.report(call, CallState::connected);
  EXPECT_THAT(world.advance(seconds(60)),
              ElementsAre("P drop length limit", "A disconnected (normal, policy)"));
  EXPECT_EQ(world.snapshot(a).record.end->cause.words, "the length limit was reached");
}

TEST_F(Ending, LimitDoesNotStrikeWhileADropIsOnItsWayButStandsIfItIsRefused) {
  TestApp& a = world.app("A", kOwner);
  world.act(a, api::MakeCall{.open = a.open, .address = "200", .length_limit = seconds(60)});
  world.complete("make");
  const provider::CallRef call{world.snapshot(a).record.session};
  world.report(call, CallState::connected);
  world.advance(seconds(55));
  world.act(a, api::DropCall{a.call});
  EXPECT_THAT(world.advance(seconds(6)), IsEmpty());
  EXPECT_THAT(world.complete("drop", Error{Errc::failed, ""}), ElementsAre("A drop failed"));
  EXPECT_THAT(world.advance(seconds(10)),
              ElementsAre("P drop length limit", "A disconnected (normal, policy)"));
}

TEST_F(Ending, ProviderThatGivesACallUpEndsIt) {
  // Ended without an end: nothing is left at the provider, so nothing can go on.
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.ended(call, Confirmation::unconfirmed),
              ElementsAre("A idle (temporary failure, provider)", "P close", "record"));
  EXPECT_EQ(world.records[0].end->confirmation, Confirmation::unconfirmed);
  world.act(a, api::ReleaseCall{a.call});
  world.all_gone();
}

TEST_F(Ending, NothingComesAfterIdle) {
  // Section 2 rule 2; defect A9: no event after IDLE. Late ones are counted and dropped.
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.report(call, CallState::idle);
  const std::uint64_t before = world.late(a);
  EXPECT_THAT(world.report(call, CallState::connected), IsEmpty());
  EXPECT_THAT(world.report(call, CallState::disconnected, Cause{}), IsEmpty());
  EXPECT_THAT(world.report(call, CallState::idle), IsEmpty());
  EXPECT_THAT(world.post(provider::InfoChanged{.call = call, .called = Party{}}), IsEmpty());
  EXPECT_THAT(world.post(provider::DigitReceived{call, '1', digits::kDtmf}), IsEmpty());
  EXPECT_EQ(world.late(a), before + 5);
  EXPECT_EQ(world.snapshot(a).record.timeline.back().state, CallState::idle);
}

TEST_F(Ending, CallsInARowOnOneLineEachTellEveryStateOfTheirs) {
  // Defect A9: a state that the line's call before had, too, is not taken for a repetition.
  TestApp& a = world.app("A", kOwner);
  for (int i = 0; i < 3; ++i) {
    const provider::CallRef call = world.make(a, false);
    EXPECT_THAT(world.report(call, CallState::busy), ElementsAre("A busy"));
    EXPECT_THAT(world.report(call, CallState::idle),
                ::testing::Contains(::testing::HasSubstr("A idle")));
    world.act(a, api::ReleaseCall{a.call});
  }
  EXPECT_EQ(world.records.size(), 0u);  // not before the provider has given each back
  world.all_gone();
  EXPECT_EQ(world.records.size(), 3u);
}

TEST_F(Ending, TheEndIsConfirmedLater) {
  // The record waits for the wire; the state does not.
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.act(a, api::DropCall{a.call});
  world.complete("drop");
  world.report(call, CallState::idle);
  EXPECT_EQ(world.snapshot(a).record.end->confirmation, Confirmation::pending);
  provider::Ended ended{.call = call, .confirmation = Confirmation::already_gone, .sent_times = 3};
  ended.media_statistics.packets_sent = 500;
  EXPECT_THAT(world.post(ended), ElementsAre("record"));
  EXPECT_EQ(world.snapshot(a).record.end->sent_times, 3);
  EXPECT_EQ(world.records[0].media_statistics.packets_sent, 500u);
  EXPECT_EQ(world.records[0], world.snapshot(a).record) << "held, it answers the same";
}

TEST_F(Ending, TheRecordTellsWhatTheProviderGaveBackAndWhen) {
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.act(a, api::DropCall{a.call});
  world.advance(std::chrono::milliseconds(20));
  world.complete("drop");
  world.report(call, CallState::idle);
  world.advance(std::chrono::milliseconds(30));
  provider::Ended ended{.call = call, .confirmation = Confirmation::confirmed};
  ended.released[static_cast<std::size_t>(Resource::dialogs)] = 1;
  ended.released[static_cast<std::size_t>(Resource::transactions)] = 2;
  world.post(ended);
  ASSERT_EQ(world.records.size(), 1u);
  EXPECT_EQ(world.records[0].end->released, ended.released);
  EXPECT_EQ(world.records[0].end->returned_after, std::chrono::milliseconds(50))
      << "from the request to end, not from idle";
}

TEST_F(Ending, StatusTellsHowLongEndsTook) {
  using std::chrono::milliseconds;
  TestApp& a = world.app("A", kOwner);
  const auto times = [&] {
    return world.ask_for<api::ServiceStatus>(a, api::GetServiceStatus{}).ends;
  };
  // Wanted here, and acknowledged after 3 ms.
  const provider::CallRef ours = world.make(a);
  world.act(a, api::DropCall{a.call});
  world.complete("drop");
  world.report(ours, CallState::idle);
  EXPECT_EQ(times(), EndTimes{});
  world.advance(milliseconds(10));
  world.post(provider::Ended{
      .call = ours, .confirmation = Confirmation::confirmed, .confirmed_after = milliseconds(3)});
  EXPECT_EQ(times().acknowledged.within(100), milliseconds(4));
  EXPECT_EQ(times().returned.within(100), milliseconds(16));
  EXPECT_EQ(times().released.total(), 0u) << "its identifier is held still";
  world.advance(milliseconds(1000));
  world.act(a, api::ReleaseCall{a.call});
  EXPECT_EQ(times().released.within(100), milliseconds(1024));
  // Wanted here, and never acknowledged.
  const provider::CallRef deaf = world.make(a);
  world.act(a, api::DropCall{a.call});
  world.complete("drop");
  world.report(deaf, CallState::idle);
  world.ended(deaf, Confirmation::unconfirmed);
  EXPECT_EQ(times().unacknowledged, 1u);
  world.act(a, api::ReleaseCall{a.call});
  // The far end's own end needs no acknowledgement.
  const provider::CallRef theirs = world.make(a);
  world.report(theirs, CallState::idle);
  world.ended(theirs);
  EXPECT_EQ(times().acknowledged.total(), 1u);
  EXPECT_EQ(times().returned.total(), 3u);
}

TEST_F(Ending, OverdueEndIsRecordedAndFound) {
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.report(call, CallState::idle);
  EXPECT_THAT(world.act(a, api::ReleaseCall{a.call}), ElementsAre("A release ok"));
  EXPECT_THAT(world.advance(limits::kProviderLinger), ElementsAre("record"));
  EXPECT_EQ(world.records[0].end->confirmation, Confirmation::unconfirmed);
  EXPECT_FALSE(world.audit(a).clean());
  EXPECT_THAT(world.ended(call), IsEmpty());
  EXPECT_TRUE(world.audit(a).clean());
  world.all_gone();
}

}  // namespace
}  // namespace switchhook::core::test
