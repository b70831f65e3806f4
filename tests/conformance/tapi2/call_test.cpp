// SPDX-License-Identifier: Apache-2.0
// A call's life from the program's side: creation, states, end, release. The sections named are
// those of the lifecycle rules, drawn from Microsoft's TAPI pages.
#include "tests/conformance/tapi2/program.hpp"

namespace conformance {
namespace {

// ---- creation

using MakeCall = Conformance;

TEST_F(MakeCall, TheReplyComesFirstAndBringsTheHandle) {
  // Section 4 rules 2 and 3: the handle is written when LINE_REPLY is delivered; no event about the
  // call comes before.
  Program a("a");
  const HLINE line = a.open(kLine100, LINECALLPRIVILEGE_NONE);
  HCALL call = 0;
  const LONG request = lineMakeCallA(line, &call, "201", 0, nullptr);
  ASSERT_GT(request, 0);
  EXPECT_EQ(call, 0u) << "not before the reply is taken";
  EXPECT_EQ(a.reply_to(request), 0);
  EXPECT_NE(call, 0u);
  const LINEMESSAGE first = a.next();
  EXPECT_EQ(first.dwMessageID, DWORD{LINE_CALLSTATE});
  EXPECT_EQ(first.hDevice, call);
  EXPECT_EQ(first.dwParam3, 0u) << "the privilege is no news to who made the call";
  // Rule 5: sole owner whatever the line was opened with.
  EXPECT_EQ(status_of(call).dwCallPrivilege, DWORD{LINECALLPRIVILEGE_OWNER});
  EXPECT_EQ(info_of(call).dwNumOwners, 1u);
}

TEST_F(MakeCall, MonitorsHearOfItAtThatMoment) {
  // Section 4 rule 6, section 15 no. 8: LINE_CALLSTATE(UNKNOWN).
  Program a("a"), m("m");
  const HLINE line = a.open(kLine100);
  m.open(kLine100, LINECALLPRIVILEGE_MONITOR);
  const HCALL call = a.call(line, "201");
  const LINEMESSAGE appeared = m.next();
  EXPECT_EQ(appeared.dwMessageID, DWORD{LINE_APPNEWCALL});
  EXPECT_EQ(appeared.dwParam1, 0u);
  EXPECT_EQ(appeared.dwParam3, DWORD_PTR{LINECALLPRIVILEGE_MONITOR});
  const LINEMESSAGE state = m.next();
  EXPECT_EQ(state.dwMessageID, DWORD{LINE_CALLSTATE});
  EXPECT_EQ(state.hDevice, appeared.dwParam2);
  EXPECT_EQ(state.dwParam1, DWORD_PTR{LINECALLSTATE_UNKNOWN});
  EXPECT_EQ(state.dwParam3, DWORD_PTR{LINECALLPRIVILEGE_MONITOR});
  const auto seen = static_cast<HCALL>(appeared.dwParam2);
  EXPECT_NE(seen, call) << "handles are each program's own";
  EXPECT_EQ(info_of(seen).dwCallID, info_of(call).dwCallID) << "the call is the same";
}

TEST_F(MakeCall, BelowTwoANewCallIsToldByItsState) {
  // Section 4 rule 7: older applications get only LINE_CALLSTATE with dwParam3 != 0.
  Program a("a"), m("m", 0x00010004);
  const HLINE line = a.open(kLine100);
  m.open(kLine100, LINECALLPRIVILEGE_MONITOR, 0x00010004);
  a.call(line, "201");
  const LINEMESSAGE first = m.next();
  EXPECT_EQ(first.dwMessageID, DWORD{LINE_CALLSTATE});
  EXPECT_EQ(first.dwParam3, DWORD_PTR{LINECALLPRIVILEGE_MONITOR});
}

TEST_F(MakeCall, ThatFailsIsNoCall) {
  // Section 5.1 E: LINE_REPLY(error); no handle, no states.
  Program a("a");
  const HLINE line = a.open(kScripted);
  world.hold_answers(true);
  HCALL call = 0;
  const LONG request = lineMakeCallA(line, &call, "1", 0, nullptr);
  ASSERT_GT(request, 0);
  world.made_call();
  world.answer_all(false);
  EXPECT_EQ(a.reply_to(request), error(LINEERR_OPERATIONFAILED));
  EXPECT_EQ(call, 0u);
  EXPECT_TRUE(a.nothing());
}

TEST_F(MakeCall, RefusesBadArgumentsAtOnce) {
  Program a("a");
  const HLINE line = a.open(kLine100);
  HCALL call = 0;
  EXPECT_EQ(lineMakeCallA(line, nullptr, "200", 0, nullptr), error(LINEERR_INVALPOINTER));
  EXPECT_EQ(lineMakeCallA(line, &call, "", 0, nullptr), error(LINEERR_INVALADDRESS));
  EXPECT_EQ(lineMakeCallA(line, &call, nullptr, 0, nullptr), error(LINEERR_INVALADDRESS));
  EXPECT_EQ(lineMakeCallA(line, &call, "2\n0", 0, nullptr), error(LINEERR_INVALADDRESS));
  const std::string endless(5000, '1');
  EXPECT_EQ(lineMakeCallA(line, &call, endless.c_str(), 0, nullptr), error(LINEERR_INVALADDRESS));
  EXPECT_EQ(lineMakeCallA(line + 1, &call, "200", 0, nullptr), error(LINEERR_INVALLINEHANDLE));
  EXPECT_EQ(call, 0u);
  EXPECT_TRUE(a.nothing());
}

TEST_F(MakeCall, OnALineOutOfServiceIsRefused) {
  Program a("a");
  const HLINE line = a.open(kScripted);
  ASSERT_EQ(lineSetStatusMessages(line, LINEDEVSTATE_OUTOFSERVICE, 0), 0);
  world.line_in_service(false);
  a.until(LINE_LINEDEVSTATE, LINEDEVSTATE_OUTOFSERVICE);
  HCALL call = 0;
  EXPECT_EQ(lineMakeCallA(line, &call, "1", 0, nullptr), error(LINEERR_INVALLINESTATE));
}

TEST_F(MakeCall, LatinTextIsUnderstoodInTheNarrowForm) {
  Program a("a");
  const HLINE line = a.open(kScripted);
  HCALL call = 0;
  ASSERT_GT(lineMakeCallA(line, &call, "M\xfcller", 0, nullptr), 0);
  a.until(LINE_REPLY);
  Roomy<LINECALLINFO> info;
  ASSERT_EQ(lineGetCallInfoA(call, info.get()), 0);
  EXPECT_EQ(info.text(info.copy().dwCalledIDSize, info.copy().dwCalledIDOffset), "M\xc3\xbcller");
}

TEST_F(MakeCall, TheOldAddressIsNotWrittenAfterClosing) {
  // Section 10 row 11 and Q132191: lphCall is written only with the reply, and never after
  // lineClose or lineShutdown.
  Program a("a");
  HLINE line = a.open(kScripted);
  world.hold_answers(true);
  HCALL unanswered = 0;
  ASSERT_GT(lineMakeCallA(line, &unanswered, "1", 0, nullptr), 0);
  world.made_call();
  EXPECT_EQ(lineClose(line), 0);
  world.hold_answers(false);
  world.answer_all(true);
  line = a.open(kScripted);
  HCALL untaken = 0;
  ASSERT_GT(lineMakeCallA(line, &untaken, "2", 0, nullptr), 0);
  LINEDEVSTATUS status{};
  status.dwTotalSize = sizeof status;
  do ASSERT_EQ(lineGetLineDevStatus(line, &status), 0);
  while (status.dwNumActiveCalls == 0);  // the reply waits to be taken
  EXPECT_EQ(a.shut_down(), 0);
  EXPECT_EQ(unanswered, 0u);
  EXPECT_EQ(untaken, 0u);
}

// ---- states and their order

using States = Conformance;

TEST_F(States, AnOutgoingCallGoesThroughThemInOrder) {
  Program a("a");
  const HLINE line = a.open(kLine100);
  const HCALL call = a.call(line, "200");
  std::vector<DWORD_PTR> states;
  for (;;) {
    const LINEMESSAGE message = a.next();
    EXPECT_EQ(message.hDevice, call);
    if (message.dwMessageID == LINE_CALLINFO) continue;
    ASSERT_EQ(message.dwMessageID, DWORD{LINE_CALLSTATE}) << words_of(message);
    states.push_back(message.dwParam1);
    if (message.dwParam1 == LINECALLSTATE_CONNECTED) {
      EXPECT_NE(message.dwParam2, 0u) << "a connected mode";
      break;
    }
    ASSERT_LT(states.size(), 10u);
  }
  const DWORD all = info_of(call).dwCallStates;
  for (const DWORD_PTR state : states) EXPECT_NE(all & state, 0u);
}

TEST_F(States, AnIncomingCallBeginsOffering) {
  // Section 2 rule 2, section 4 rule 7.
  Program a("a"), b("b");
  const HLINE from = a.open(kLine100);
  b.open(kLine101);
  a.call(from, "101");
  const LINEMESSAGE appeared = b.next();
  EXPECT_EQ(appeared.dwMessageID, DWORD{LINE_APPNEWCALL});
  EXPECT_EQ(appeared.dwParam3, DWORD_PTR{LINECALLPRIVILEGE_OWNER});
  const LINEMESSAGE state = b.next();
  EXPECT_EQ(state.dwMessageID, DWORD{LINE_CALLSTATE});
  EXPECT_EQ(state.dwParam1, DWORD_PTR{LINECALLSTATE_OFFERING});
  EXPECT_EQ(state.dwParam2, DWORD_PTR{LINEOFFERINGMODE_ACTIVE});
  EXPECT_EQ(state.dwParam3, DWORD_PTR{LINECALLPRIVILEGE_OWNER});
  const auto call = static_cast<HCALL>(appeared.dwParam2);
  EXPECT_EQ(info_of(call).dwOrigin, DWORD{LINECALLORIGIN_INBOUND});
  LONG request = lineAccept(call, nullptr, 0);
  ASSERT_GT(request, 0);
  b.until(LINE_REPLY, static_cast<DWORD_PTR>(request));
  request = lineAnswer(call, nullptr, 0);
  ASSERT_GT(request, 0);
  b.until_state(LINECALLSTATE_CONNECTED);
  a.until_state(LINECALLSTATE_CONNECTED);
}

TEST_F(States, HoldAndUnhold) {
  Program a("a");
  const HLINE line = a.open(kLine100);
  const HCALL call = a.call_until(line, "200", LINECALLSTATE_CONNECTED);
  EXPECT_EQ(lineUnhold(call), error(LINEERR_INVALCALLSTATE));
  LONG request = lineHold(call);
  ASSERT_GT(request, 0);
  EXPECT_EQ(a.reply_to(request), 0);
  a.until_state(LINECALLSTATE_ONHOLD);
  EXPECT_NE(status_of(call).dwCallFeatures & LINECALLFEATURE_UNHOLD, 0u);
  request = lineUnhold(call);
  ASSERT_GT(request, 0);
  EXPECT_EQ(a.reply_to(request), 0);
  a.until_state(LINECALLSTATE_CONNECTED);
}

TEST_F(States, SwapHold) {
  // "active: CONNECTED; held: ONHOLDPENDTRANSFER, ONHOLDPENDCONF, ONHOLD"; OWNER of both;
  // LINE_REPLY, then LINE_CALLSTATE for both.
  Program a("a"), m("m");
  const HLINE line = a.open(kLine100);
  const HCALL held = a.call_until(line, "200", LINECALLSTATE_CONNECTED);
  EXPECT_EQ(a.reply_to(lineHold(held)), 0);
  a.until_state(LINECALLSTATE_ONHOLD);
  EXPECT_EQ(status_of(held).dwCallFeatures & LINECALLFEATURE_SWAPHOLD, 0u) << "it is not active";
  const HCALL active = a.call_until(line, "207", LINECALLSTATE_CONNECTED);
  EXPECT_NE(status_of(active).dwCallFeatures & LINECALLFEATURE_SWAPHOLD, 0u);
  EXPECT_EQ(lineSwapHold(0, held), error(LINEERR_INVALCALLHANDLE));
  EXPECT_EQ(lineSwapHold(active, 0x7777), error(LINEERR_INVALCALLHANDLE));
  EXPECT_EQ(lineSwapHold(active, active), error(LINEERR_INVALCALLHANDLE));
  EXPECT_EQ(lineSwapHold(held, active), error(LINEERR_INVALCALLSTATE)) << "the wrong way round";
  // Another program has handles of its own, as a monitor.
  const HLINE monitored = m.open(kLine100, LINECALLPRIVILEGE_MONITOR);
  Roomy<LINECALLLIST> list;
  ASSERT_EQ(lineGetNewCalls(monitored, 0, LINECALLSELECT_LINE, list.get()), 0);
  ASSERT_EQ(list.copy().dwCallsNumEntries, 2u);
  const std::string bytes = list.bytes(list.copy().dwCallsSize, list.copy().dwCallsOffset);
  HCALL seen[2];
  std::memcpy(seen, bytes.data(), sizeof seen);
  EXPECT_EQ(lineSwapHold(seen[0], seen[1]), error(LINEERR_NOTOWNER));
  EXPECT_EQ(lineSwapHold(active, seen[0]), error(LINEERR_INVALCALLHANDLE));

  const LONG request = lineSwapHold(active, held);
  ASSERT_GT(request, 0);
  EXPECT_EQ(a.until(LINE_REPLY).dwParam2, 0u);
  const LINEMESSAGE first = a.until(LINE_CALLSTATE);
  EXPECT_EQ(first.hDevice, active);
  EXPECT_EQ(first.dwParam1, DWORD_PTR{LINECALLSTATE_ONHOLD});
  const LINEMESSAGE second = a.until(LINE_CALLSTATE);
  EXPECT_EQ(second.hDevice, held);
  EXPECT_EQ(second.dwParam1, DWORD_PTR{LINECALLSTATE_CONNECTED});
  Roomy<LINEADDRESSCAPS> caps;
  ASSERT_EQ(lineGetAddressCapsA(a.app, kLine100, 0, 0x00020002, 0, caps.get()), 0);
  EXPECT_NE(caps.copy().dwCallFeatures & LINECALLFEATURE_SWAPHOLD, 0u);
}

TEST_F(States, BlindTransfer) {
  Program a("a");
  const HLINE line = a.open(kLine100);
  const HCALL call = a.call_until(line, "200", LINECALLSTATE_CONNECTED);
  EXPECT_NE(status_of(call).dwCallFeatures & LINECALLFEATURE_BLINDTRANSFER, 0u);
  EXPECT_EQ(lineBlindTransferA(call, nullptr, 0), error(LINEERR_INVALPOINTER));
  EXPECT_EQ(lineBlindTransferA(0, "207", 0), error(LINEERR_INVALCALLHANDLE));
  EXPECT_EQ(lineBlindTransferA(call, "", 0), error(LINEERR_INVALADDRESS));
  LONG request = lineBlindTransferA(call, "202", 0);  // busy
  ASSERT_GT(request, 0);
  EXPECT_EQ(a.reply_to(request), error(LINEERR_OPERATIONFAILED));
  EXPECT_EQ(status_of(call).dwCallState, DWORD{LINECALLSTATE_CONNECTED});
  request = lineBlindTransferW(call, u"207", 0);
  ASSERT_GT(request, 0);
  EXPECT_EQ(a.reply_to(request), 0);
  a.until_state(LINECALLSTATE_IDLE);
  EXPECT_EQ(lineBlindTransferA(call, "207", 0), error(LINEERR_INVALCALLSTATE));
  EXPECT_EQ(lineDeallocateCall(call), 0) << "the handle stays valid";
}

TEST_F(States, CompleteTransfer) {
  Program a("a");
  const HLINE line = a.open(kLine100);
  const HCALL call = a.call_until(line, "200", LINECALLSTATE_CONNECTED);
  LONG request = lineHold(call);
  EXPECT_EQ(a.reply_to(request), 0);
  a.until_state(LINECALLSTATE_ONHOLD);
  const HCALL consultation = a.call_until(line, "207", LINECALLSTATE_CONNECTED);
  HCALL conference = 0;
  EXPECT_EQ(lineCompleteTransfer(call, consultation, &conference, 3),
            error(LINEERR_INVALTRANSFERMODE));
  EXPECT_EQ(lineCompleteTransfer(call, consultation, &conference, LINETRANSFERMODE_CONFERENCE),
            error(LINEERR_OPERATIONUNAVAIL));
  EXPECT_EQ(lineCompleteTransfer(call, call, nullptr, LINETRANSFERMODE_TRANSFER),
            error(LINEERR_INVALCONSULTCALLHANDLE));
  EXPECT_EQ(lineCompleteTransfer(call, 0x7777, nullptr, LINETRANSFERMODE_TRANSFER),
            error(LINEERR_INVALCONSULTCALLHANDLE));
  request = lineCompleteTransfer(call, consultation, nullptr, LINETRANSFERMODE_TRANSFER);
  ASSERT_GT(request, 0);
  EXPECT_EQ(a.reply_to(request), 0);
  a.until_state(LINECALLSTATE_IDLE);
  a.until_state(LINECALLSTATE_IDLE);
  EXPECT_EQ(status_of(call).dwCallState, DWORD{LINECALLSTATE_IDLE});
  EXPECT_EQ(status_of(consultation).dwCallState, DWORD{LINECALLSTATE_IDLE});
}

// ---- user-user information

using UserUserInfo = Conformance;

TEST_F(UserUserInfo, ThatCameLaterIsShownWhenTheEarlierIsReleased) {
  // Section 8: "earlier unreleased UUI blocks newer UUI until lineReleaseUserUserInfo".
  Program a("a"), m("m");
  const HLINE line = a.open(kScripted);
  m.open(kScripted, LINECALLPRIVILEGE_MONITOR);
  const HCALL call = a.call(line, "1");
  const HCALL seen = m.appeared();
  const std::uint64_t far = world.made_call();
  world.report(far, LINECALLSTATE_CONNECTED);
  const auto shown = [&] {
    Roomy<LINECALLINFO> info;
    EXPECT_EQ(lineGetCallInfoA(call, info.get()), 0);
    const LINECALLINFO out = info.copy();
    return info.bytes(out.dwUserUserInfoSize, out.dwUserUserInfoOffset);
  };
  world.report_user_info(far, {4, 'a'});
  a.until(LINE_CALLINFO, LINECALLINFOSTATE_USERUSERINFO);
  world.report_user_info(far, {4, 'b'});
  EXPECT_EQ(shown(), "\004a");
  EXPECT_NE(status_of(call).dwCallFeatures & LINECALLFEATURE_RELEASEUSERUSERINFO, 0u);
  EXPECT_EQ(status_of(seen).dwCallFeatures & LINECALLFEATURE_RELEASEUSERUSERINFO, 0u);
  EXPECT_EQ(lineReleaseUserUserInfo(seen), error(LINEERR_NOTOWNER));
  EXPECT_EQ(lineReleaseUserUserInfo(0), error(LINEERR_INVALCALLHANDLE));
  LONG request = lineReleaseUserUserInfo(call);
  ASSERT_GT(request, 0) << "asynchronous";
  EXPECT_EQ(a.reply_to(request), 0);
  a.until(LINE_CALLINFO, LINECALLINFOSTATE_USERUSERINFO);
  EXPECT_EQ(shown(), "\004b");
  // "Success even if there is none": the last one is gone, and then there is nothing.
  for (int i = 0; i < 2; ++i) {
    request = lineReleaseUserUserInfo(call);
    EXPECT_EQ(a.reply_to(request), 0);
    EXPECT_EQ(shown(), "");
  }
}

// ---- the end

using Ending = Conformance;

TEST_F(Ending, ALocalDropIsAnsweredAndThenIdle) {
  // Section 5, INFER: the reply first; section 2 rule 4: to IDLE directly. Section 10 row 1.
  Program a("a"), m("m");
  const HLINE line = a.open(kLine100);
  m.open(kLine100, LINECALLPRIVILEGE_MONITOR);
  const HCALL call = a.call_until(line, "200", LINECALLSTATE_CONNECTED);
  const LONG request = lineDrop(call, nullptr, 0);
  EXPECT_EQ(a.reply_to(request), 0);
  const LINEMESSAGE idle = a.next();
  EXPECT_EQ(idle.dwMessageID, DWORD{LINE_CALLSTATE});
  EXPECT_EQ(idle.dwParam1, DWORD_PTR{LINECALLSTATE_IDLE});
  EXPECT_EQ(idle.dwParam2, 0u);
  m.until_state(LINECALLSTATE_IDLE);
  EXPECT_TRUE(m.nothing());
  // Section 6: any state except IDLE.
  EXPECT_EQ(lineDrop(call, nullptr, 0), error(LINEERR_INVALCALLSTATE));
  EXPECT_EQ(status_of(call).dwCallFeatures & LINECALLFEATURE_DROP, 0u);
  EXPECT_EQ(lineDeallocateCall(call), 0);
  EXPECT_TRUE(a.nothing());
}

TEST_F(Ending, ARemotePartysHangupIsClearedByADrop) {
  // Section 2 rule 3, section 5.1 B, section 15 nos. 2 and 4.
  Program a("a");
  const HLINE line = a.open(kScripted);
  const HCALL call = a.call(line, "1");
  const std::uint64_t far = world.made_call();
  world.report(far, LINECALLSTATE_CONNECTED);
  a.until_state(LINECALLSTATE_CONNECTED);
  world.report(far, LINECALLSTATE_DISCONNECTED, 0);
  const LINEMESSAGE gone = a.until_state(LINECALLSTATE_DISCONNECTED);
  EXPECT_EQ(gone.dwParam2, DWORD_PTR{LINEDISCONNECTMODE_NORMAL});
  LINECALLSTATUS status = status_of(call);
  EXPECT_EQ(status.dwCallState, DWORD{LINECALLSTATE_DISCONNECTED});
  EXPECT_EQ(status.dwCallStateMode, DWORD{LINEDISCONNECTMODE_NORMAL});
  EXPECT_EQ(status.dwCallFeatures,
            DWORD{LINECALLFEATURE_DROP | LINECALLFEATURE_RELEASEUSERUSERINFO});
  EXPECT_EQ(lineHold(call), error(LINEERR_INVALCALLSTATE));
  EXPECT_EQ(lineMonitorDigits(call, LINEDIGITMODE_DTMF), error(LINEERR_INVALCALLSTATE));
  EXPECT_EQ(a.reply_to(lineDrop(call, nullptr, 0)), 0);
  a.until_state(LINECALLSTATE_IDLE);
  status = status_of(call);
  EXPECT_EQ(status.dwCallState, DWORD{LINECALLSTATE_IDLE});
  EXPECT_EQ(status.dwCallStateMode, 0u) << "the mode belongs to the state";
  EXPECT_EQ(lineDeallocateCall(call), 0);
  EXPECT_EQ(lineDrop(call, nullptr, 0), error(LINEERR_INVALCALLHANDLE));
}

TEST_F(Ending, EachModeIsReportedAsItIs) {
  // Section 9.
  Program a("a");
  const HLINE line = a.open(kScripted);
  for (unsigned mode = 0; mode < 20; ++mode) {
    world.ring("1");
    const HCALL call = a.appeared();
    ASSERT_GT(lineAnswer(call, nullptr, 0), 0);
    a.until(LINE_REPLY);
    const std::uint64_t far = (std::uint64_t{1} << 63) + mode + 1;
    world.report(far, LINECALLSTATE_CONNECTED);
    world.report(far, LINECALLSTATE_DISCONNECTED, mode);
    EXPECT_EQ(a.until_state(LINECALLSTATE_DISCONNECTED).dwParam2, DWORD_PTR{1} << mode);
    a.drop_and_release(call);
  }
  EXPECT_EQ(lineClose(line), 0);
}

TEST_F(Ending, ModesThatAreTooNewAreDegraded) {
  // sip-mapping section 6: below 2.0 NORMAL for CANCELLED, UNKNOWN for the other new ones; below
  // 1.4 NODIALTONE likewise.
  Program a("a");
  struct Case {
    DWORD version, mode, told;
  };
  std::uint64_t far = std::uint64_t{1} << 63;
  for (const Case& one :
       {Case{0x00010004, LINEDISCONNECTMODE_CANCELLED, LINEDISCONNECTMODE_NORMAL},
        {0x00010004, LINEDISCONNECTMODE_BLOCKED, LINEDISCONNECTMODE_UNKNOWN},
        {0x00010004, LINEDISCONNECTMODE_NUMBERCHANGED, LINEDISCONNECTMODE_UNKNOWN},
        {0x00010004, LINEDISCONNECTMODE_NODIALTONE, LINEDISCONNECTMODE_NODIALTONE},
        {0x00010003, LINEDISCONNECTMODE_NODIALTONE, LINEDISCONNECTMODE_UNKNOWN},
        {0x00010003, LINEDISCONNECTMODE_BUSY, LINEDISCONNECTMODE_BUSY}}) {
    const HLINE line = a.open(kScripted, LINECALLPRIVILEGE_OWNER, one.version);
    world.ring("1");
    ++far;
    const LINEMESSAGE offering = a.until_state(LINECALLSTATE_OFFERING);
    unsigned bit = 0;
    while ((one.mode >> bit) != 1) ++bit;
    world.report(far, LINECALLSTATE_DISCONNECTED, bit);
    EXPECT_EQ(a.until_state(LINECALLSTATE_DISCONNECTED).dwParam2, DWORD_PTR{one.told});
    EXPECT_EQ(status_of(offering.hDevice).dwCallStateMode, one.told);
    EXPECT_EQ(lineClose(line), 0);
  }
}

TEST_F(Ending, BusyIsAStateOfItsOwn) {
  // Section 5.1 D.
  Program a("a");
  const HLINE line = a.open(kLine100);
  const HCALL call = a.call(line, "202");
  const LINEMESSAGE busy = a.until_state(LINECALLSTATE_BUSY);
  EXPECT_EQ(busy.dwParam2, DWORD_PTR{LINEBUSYMODE_STATION});
  const LINEMESSAGE gone = a.until_state(LINECALLSTATE_DISCONNECTED);
  EXPECT_EQ(gone.dwParam2, DWORD_PTR{LINEDISCONNECTMODE_BUSY});
  a.drop_and_release(call);
}

TEST_F(Ending, AnUnansweredCallIsEndedByTheProgramsLimit) {
  // Section 10 row 5: dwNoAnswerTimeout, in seconds.
  Program a("a");
  const HLINE line = a.open(kLine100);
  LINECALLPARAMS params{};
  params.dwTotalSize = sizeof params;
  params.dwMediaMode = LINEMEDIAMODE_INTERACTIVEVOICE;
  params.dwNoAnswerTimeout = 1;
  HCALL call = 0;
  ASSERT_GT(lineMakeCallA(line, &call, "201", 0, &params), 0);
  EXPECT_EQ(a.until_state(LINECALLSTATE_DISCONNECTED).dwParam2,
            DWORD_PTR{LINEDISCONNECTMODE_NOANSWER});
  a.drop_and_release(call);
}

TEST_F(Ending, AnOfferedCallIsRejectedByADrop) {
  // Section 5.1 C.
  Program a("a"), b("b");
  const HLINE from = a.open(kLine100);
  b.open(kLine101);
  const HCALL out = a.call(from, "101");
  const HCALL in = b.appeared();
  b.until_state(LINECALLSTATE_OFFERING);
  EXPECT_EQ(b.reply_to(lineDrop(in, nullptr, 0)), 0);
  b.until_state(LINECALLSTATE_IDLE);
  EXPECT_EQ(a.until_state(LINECALLSTATE_DISCONNECTED).dwParam2,
            DWORD_PTR{LINEDISCONNECTMODE_REJECT});
  EXPECT_EQ(lineDeallocateCall(in), 0);
  a.drop_and_release(out);
}

TEST_F(Ending, ADropTheProviderRefusesIsAnsweredSo) {
  // siptapi 0.3.15: the request must be answered, exactly once.
  Program a("a");
  const HLINE line = a.open(kScripted);
  const HCALL call = a.call(line, "1");
  world.report(world.made_call(), LINECALLSTATE_CONNECTED);
  a.until_state(LINECALLSTATE_CONNECTED);
  world.hold_answers(true);
  const LONG request = lineDrop(call, nullptr, 0);
  ASSERT_GT(request, 0);
  EXPECT_TRUE(a.nothing());
  // A second drop shares its answer.
  const LONG second = lineDrop(call, nullptr, 0);
  ASSERT_GT(second, 0);
  EXPECT_NE(second, request);
  world.hold_answers(false);
  world.answer_all(false);
  EXPECT_EQ(a.reply_to(request), error(LINEERR_OPERATIONFAILED));
  EXPECT_EQ(a.reply_to(second), error(LINEERR_OPERATIONFAILED));
  EXPECT_TRUE(a.nothing());
  a.drop_and_release(call);
}

// ---- after the end

using AfterTheEnd = Conformance;

TEST_F(AfterTheEnd, EverythingStaysReadableUntilTheRelease) {
  // Section 8, section 15 no. 4.
  Program a("a");
  const HLINE line = a.open(kScripted);
  const std::uint64_t far = world.ring("0611", {4, 'h', 'i'});
  const HCALL call = a.appeared();
  ASSERT_EQ(lineSetAppSpecific(call, 4711), 0);
  ASSERT_GT(lineAnswer(call, nullptr, 0), 0);
  world.report(far, LINECALLSTATE_CONNECTED);
  a.until_state(LINECALLSTATE_CONNECTED);
  world.report_connected_party(far, "0612");
  const LINEMESSAGE changed = a.until(LINE_CALLINFO);
  EXPECT_EQ(changed.hDevice, call);
  EXPECT_NE(changed.dwParam1 & LINECALLINFOSTATE_CONNECTEDID, 0u);
  const LINECALLSTATUS before = status_of(call);
  world.report(far, LINECALLSTATE_DISCONNECTED);
  a.until_state(LINECALLSTATE_DISCONNECTED);
  ASSERT_GT(lineDrop(call, nullptr, 0), 0);
  a.until_state(LINECALLSTATE_IDLE);
  Roomy<LINECALLINFO> info;
  ASSERT_EQ(lineGetCallInfoA(call, info.get()), 0);
  const LINECALLINFO out = info.copy();
  EXPECT_EQ(out.hLine, line);
  EXPECT_EQ(out.dwLineDeviceID, kScripted);
  EXPECT_EQ(out.dwAppSpecific, 4711u);
  EXPECT_EQ(out.dwMediaMode, DWORD{LINEMEDIAMODE_INTERACTIVEVOICE});
  EXPECT_EQ(out.dwCallerIDFlags, DWORD{LINECALLPARTYID_ADDRESS | LINECALLPARTYID_NAME});
  EXPECT_EQ(info.text(out.dwCallerIDSize, out.dwCallerIDOffset), "0611");
  EXPECT_EQ(info.text(out.dwCallerIDNameSize, out.dwCallerIDNameOffset), "Caller");
  EXPECT_EQ(info.text(out.dwConnectedIDSize, out.dwConnectedIDOffset), "0612");
  EXPECT_EQ(out.dwRedirectionIDFlags, DWORD{LINECALLPARTYID_UNKNOWN});
  EXPECT_EQ(info.bytes(out.dwUserUserInfoSize, out.dwUserUserInfoOffset), "\004hi");
  const LINECALLSTATUS after = status_of(call);
  EXPECT_EQ(after.dwCallPrivilege, DWORD{LINECALLPRIVILEGE_OWNER});
  EXPECT_GT(after.tStateEntryTime.wYear, 2000);
  EXPECT_EQ(before.tStateEntryTime.wYear / 100, after.tStateEntryTime.wYear / 100);
  EXPECT_EQ(lineDeallocateCall(call), 0);
  EXPECT_EQ(lineGetCallInfoA(call, info.get()), error(LINEERR_INVALCALLHANDLE));
  EXPECT_EQ(lineDeallocateCall(call), error(LINEERR_INVALCALLHANDLE));
}

TEST_F(AfterTheEnd, AReleasedHandleNeverMeansAnotherCall) {
  // siptapi 0.3.5: a new call got events of an old one.
  Program a("a");
  const HLINE line = a.open(kLine100);
  std::vector<HCALL> old;
  for (int i = 0; i < 200; ++i) {
    const HCALL call = a.call(line, "200");
    EXPECT_EQ(lineDeallocateCall(call), 0);
    for (const HCALL before : old) ASSERT_NE(before, call);
    old.push_back(call);
  }
  const HCALL now = a.call_until(line, "200", LINECALLSTATE_CONNECTED);
  for (const HCALL before : old)
    ASSERT_EQ(lineDrop(before, nullptr, 0), error(LINEERR_INVALCALLHANDLE));
  EXPECT_EQ(status_of(now).dwCallState, DWORD{LINECALLSTATE_CONNECTED});
}

TEST_F(AfterTheEnd, QueuedMessagesOfAReleasedCallAreGoneButReplies) {
  // Section 7, INFER; section 15 no. 6: outstanding replies still come.
  Program a("a");
  const HLINE line = a.open(kScripted);
  const HCALL call = a.call(line, "1");
  const std::uint64_t far = world.made_call();
  world.report(far, LINECALLSTATE_CONNECTED);
  a.until_state(LINECALLSTATE_CONNECTED);
  world.report_connected_party(far, "2");
  world.hold_answers(true);
  const LONG request = lineHold(call);
  ASSERT_GT(request, 0);
  EXPECT_EQ(lineDeallocateCall(call), 0);
  world.hold_answers(false);
  world.answer_all(true);
  const LONG result = a.reply_to(request);  // the first message, so the others are gone
  EXPECT_TRUE(result == 0 || result == error(LINEERR_OPERATIONFAILED));
  EXPECT_TRUE(a.nothing());
}

TEST_F(AfterTheEnd, BelowTwoRepliesGoWithTheHandle) {
  // Section 7: below 2.0 suppressed.
  Program a("a"), b("b");
  const HLINE line = a.open(kScripted, LINECALLPRIVILEGE_OWNER, 0x00010004);
  b.open(kScripted, LINECALLPRIVILEGE_OWNER | LINECALLPRIVILEGE_MONITOR);
  const HCALL call = a.call(line, "1");
  world.report(world.made_call(), LINECALLSTATE_CONNECTED);
  a.until_state(LINECALLSTATE_CONNECTED);
  const HCALL seen = b.appeared();
  // A sole owner may not let go of a live call.
  EXPECT_EQ(lineDeallocateCall(call), error(LINEERR_INVALCALLSTATE));
  ASSERT_EQ(lineSetCallPrivilege(seen, LINECALLPRIVILEGE_OWNER), 0);
  a.until(LINE_CALLINFO);
  world.hold_answers(true);
  ASSERT_GT(lineHold(call), 0);
  EXPECT_EQ(lineDeallocateCall(call), 0);
  world.hold_answers(false);
  world.answer_all(true);
  b.drop_and_release(seen);
  EXPECT_TRUE(a.nothing());
}

TEST_F(AfterTheEnd, ASoleOwnerMayLetGoOfALiveCall) {
  // Section 7, section 15 no. 5. Nobody holds it any more, so it ends.
  Program a("a"), b("b");
  const HLINE from = a.open(kLine100);
  b.open(kLine101);
  const HCALL call = a.call(from, "101");
  const HCALL in = b.appeared();
  ASSERT_GT(lineAnswer(in, nullptr, 0), 0);
  a.until_state(LINECALLSTATE_CONNECTED);
  EXPECT_EQ(lineDeallocateCall(call), 0);
  b.until_state(LINECALLSTATE_DISCONNECTED);
  EXPECT_TRUE(a.nothing()) << "who let go hears nothing of it";
  b.drop_and_release(in);
}

TEST_F(AfterTheEnd, NoInformationIsSentOnceTheCallIsIdle) {
  // Section 15 no. 7.
  Program a("a"), m("m");
  const HLINE line = a.open(kLine100);
  m.open(kLine100, LINECALLPRIVILEGE_MONITOR);
  const HCALL call = a.call_until(line, "200", LINECALLSTATE_CONNECTED);
  const HCALL seen = m.appeared();
  ASSERT_GT(lineDrop(call, nullptr, 0), 0);
  a.until_state(LINECALLSTATE_IDLE);
  m.until_state(LINECALLSTATE_IDLE);
  EXPECT_EQ(lineDeallocateCall(seen), 0);
  EXPECT_EQ(info_of(call).dwNumMonitors, 0u) << "readable, but not told";
  EXPECT_TRUE(a.nothing());
}

}  // namespace
}  // namespace conformance
