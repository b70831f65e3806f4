// SPDX-License-Identifier: Apache-2.0
// Several programs on one call; closing, shutting down; what the service takes away.
#include "tests/conformance/tapi2/program.hpp"

namespace conformance {
namespace {

constexpr DWORD kBoth = LINECALLPRIVILEGE_OWNER | LINECALLPRIVILEGE_MONITOR;

// ---- privileges

using Privileges = Conformance;

TEST_F(Privileges, AMonitorLooksAndAnOwnerActs) {
  // Section 13.
  Program a("a"), m("m");
  const HLINE line = a.open(kLine100);
  m.open(kLine100, LINECALLPRIVILEGE_MONITOR);
  const HCALL call = a.call_until(line, "200", LINECALLSTATE_CONNECTED);
  const HCALL seen = m.appeared();
  m.until_state(LINECALLSTATE_CONNECTED);
  EXPECT_EQ(lineDrop(seen, nullptr, 0), error(LINEERR_NOTOWNER));
  EXPECT_EQ(lineHold(seen), error(LINEERR_NOTOWNER));
  EXPECT_EQ(lineSetAppSpecific(seen, 1), error(LINEERR_NOTOWNER));
  EXPECT_EQ(lineHandoffA(seen, "a", 0), error(LINEERR_NOTOWNER));
  EXPECT_EQ(lineGenerateDigitsA(seen, LINEDIGITMODE_DTMF, "1", 0), error(LINEERR_NOTOWNER));
  EXPECT_EQ(status_of(seen).dwCallPrivilege, DWORD{LINECALLPRIVILEGE_MONITOR});
  EXPECT_EQ(lineMonitorDigits(seen, LINEDIGITMODE_DTMF), 0);
  EXPECT_EQ(info_of(seen).dwMonitorDigitModes, DWORD{LINEDIGITMODE_DTMF});
  EXPECT_EQ(info_of(call).dwNumOwners, 1u);
  EXPECT_EQ(info_of(call).dwNumMonitors, 1u);
  EXPECT_EQ(lineDeallocateCall(seen), 0) << "always";
  const LINEMESSAGE told = a.next();
  EXPECT_EQ(told.dwMessageID, DWORD{LINE_CALLINFO});
  EXPECT_EQ(told.dwParam1, DWORD_PTR{LINECALLINFOSTATE_NUMMONITORS});
}

TEST_F(Privileges, AMonitorMayBecomeAnOwner) {
  Program a("a"), m("m");
  const HLINE line = a.open(kLine100);
  m.open(kLine100, LINECALLPRIVILEGE_MONITOR);
  const HCALL call = a.call_until(line, "200", LINECALLSTATE_CONNECTED);
  const HCALL seen = m.appeared();
  EXPECT_EQ(lineSetCallPrivilege(seen, 3), error(LINEERR_INVALCALLPRIVILEGE));
  EXPECT_EQ(lineSetCallPrivilege(call, LINECALLPRIVILEGE_MONITOR), error(LINEERR_INVALCALLSTATE))
      << "a sole owner may not give it up";
  EXPECT_EQ(lineSetCallPrivilege(seen, LINECALLPRIVILEGE_OWNER), 0);
  const LINEMESSAGE told = a.next();
  EXPECT_EQ(told.dwMessageID, DWORD{LINE_CALLINFO});
  EXPECT_NE(told.dwParam1 & LINECALLINFOSTATE_NUMOWNERINCR, 0u);
  EXPECT_EQ(info_of(call).dwNumOwners, 2u);
  EXPECT_EQ(lineSetCallPrivilege(call, LINECALLPRIVILEGE_MONITOR), 0);
  EXPECT_EQ(lineDrop(call, nullptr, 0), error(LINEERR_NOTOWNER));
  m.drop_and_release(seen);
}

TEST_F(Privileges, HandoffMakesAnotherProgramAnOwnerToo) {
  // Section 10 row 18, section 15 no. 10.
  Program a("first"), b("second");
  const HLINE line = a.open(kLine100);
  b.open(kLine100, LINECALLPRIVILEGE_OWNER);
  const HCALL call = a.call_until(line, "200", LINECALLSTATE_CONNECTED);
  EXPECT_EQ(lineHandoffA(call, "nobody", 0), error(LINEERR_TARGETNOTFOUND));
  EXPECT_EQ(lineHandoffA(call, "", 0), error(LINEERR_TARGETNOTFOUND));
  EXPECT_EQ(lineHandoffA(call, nullptr, 0x40000000), error(LINEERR_INVALMEDIAMODE));
  EXPECT_EQ(lineHandoffA(call, nullptr, 0), error(LINEERR_INVALMEDIAMODE));
  EXPECT_EQ(lineHandoffA(call, nullptr, LINEMEDIAMODE_INTERACTIVEVOICE), error(LINEERR_TARGETSELF));
  ASSERT_EQ(lineHandoffW(call, u"second", 0), 0);
  const LINEMESSAGE appeared = b.next();
  EXPECT_EQ(appeared.dwMessageID, DWORD{LINE_APPNEWCALL});
  EXPECT_EQ(appeared.dwParam3, DWORD_PTR{LINECALLPRIVILEGE_OWNER});
  const LINEMESSAGE state = b.next();
  EXPECT_EQ(state.dwParam1, DWORD_PTR{LINECALLSTATE_CONNECTED});
  EXPECT_EQ(state.dwParam3, DWORD_PTR{LINECALLPRIVILEGE_OWNER});
  EXPECT_EQ(status_of(call).dwCallPrivilege, DWORD{LINECALLPRIVILEGE_OWNER});
  EXPECT_EQ(lineDeallocateCall(call), 0);
  const auto taken = static_cast<HCALL>(appeared.dwParam2);
  EXPECT_EQ(status_of(taken).dwCallState, DWORD{LINECALLSTATE_CONNECTED}) << "it goes on";
  b.drop_and_release(taken);
}

TEST_F(Privileges, AnIncomingCallHasOneOwner) {
  // Section 4 rule 9: the first that opened the line.
  Program a("a"), b("b");
  a.open(kScripted, kBoth);
  b.open(kScripted, kBoth);
  world.ring("1");
  const LINEMESSAGE first = a.until(LINE_APPNEWCALL);
  const LINEMESSAGE second = b.until(LINE_APPNEWCALL);
  EXPECT_EQ(first.dwParam3, DWORD_PTR{LINECALLPRIVILEGE_OWNER});
  EXPECT_EQ(second.dwParam3, DWORD_PTR{LINECALLPRIVILEGE_MONITOR});
  a.drop_and_release(static_cast<HCALL>(first.dwParam2));
}

// ---- calls that were there before

using NewCalls = Conformance;

TEST_F(NewCalls, AreGivenWithMonitorPrivilege) {
  // Section 4 rule 8.
  Program a("a"), b("b");
  const HLINE line = a.open(kLine100);
  const HCALL call = a.call_until(line, "200", LINECALLSTATE_CONNECTED);
  const HLINE later = b.open(kLine100, LINECALLPRIVILEGE_NONE);
  EXPECT_TRUE(b.nothing()) << "opening a line replays nothing";
  Roomy<LINECALLLIST> list;
  ASSERT_EQ(lineGetNewCalls(later, 0, LINECALLSELECT_LINE, list.get()), 0);
  ASSERT_EQ(list.copy().dwCallsNumEntries, 1u);
  HCALL found = 0;
  const std::string bytes = list.bytes(list.copy().dwCallsSize, list.copy().dwCallsOffset);
  ASSERT_EQ(bytes.size(), sizeof found);
  std::memcpy(&found, bytes.data(), sizeof found);
  EXPECT_EQ(status_of(found).dwCallPrivilege, DWORD{LINECALLPRIVILEGE_MONITOR});
  EXPECT_EQ(info_of(found).dwCallID, info_of(call).dwCallID);
  EXPECT_EQ(a.until(LINE_CALLINFO).dwParam1, DWORD_PTR{LINECALLINFOSTATE_NUMMONITORS});
  ASSERT_EQ(lineGetNewCalls(later, 0, LINECALLSELECT_ADDRESS, list.get()), 0);
  EXPECT_EQ(list.copy().dwCallsNumEntries, 0u) << "each only once";
  a.drop_and_release(call);
  b.until_state(LINECALLSTATE_IDLE);
  EXPECT_EQ(lineDeallocateCall(found), 0);
}

TEST_F(NewCalls, ThatDoNotFitAreKeptForTheNextAttempt) {
  Program a("a"), b("b");
  const HLINE line = a.open(kLine100);
  a.call_until(line, "201", LINECALLSTATE_RINGBACK);
  a.call_until(line, "201", LINECALLSTATE_RINGBACK);
  const HLINE later = b.open(kLine100, LINECALLPRIVILEGE_NONE);
  Roomy<LINECALLLIST> small(sizeof(LINECALLLIST) + sizeof(HCALL));
  ASSERT_EQ(lineGetNewCalls(later, 0, LINECALLSELECT_LINE, small.get()), 0);
  EXPECT_EQ(small.copy().dwCallsNumEntries, 0u);
  EXPECT_EQ(small.copy().dwCallsSize, 0u);
  EXPECT_EQ(small.copy().dwCallsOffset, 0u);
  EXPECT_EQ(small.copy().dwNeededSize, sizeof(LINECALLLIST) + 2 * sizeof(HCALL));
  Roomy<LINECALLLIST> enough(small.copy().dwNeededSize);
  ASSERT_EQ(lineGetNewCalls(later, 0, LINECALLSELECT_LINE, enough.get()), 0);
  EXPECT_EQ(enough.copy().dwCallsNumEntries, 2u);
  EXPECT_EQ(enough.copy().dwUsedSize, enough.copy().dwTotalSize);
  EXPECT_TRUE(b.nothing());
}

TEST_F(NewCalls, AHandoffMakesAKeptOneKnown) {
  Program a("a"), b("b");
  const HLINE line = a.open(kLine100);
  const HCALL call = a.call_until(line, "201", LINECALLSTATE_RINGBACK);
  const HLINE later = b.open(kLine100, LINECALLPRIVILEGE_OWNER);
  Roomy<LINECALLLIST> small(sizeof(LINECALLLIST));
  ASSERT_EQ(lineGetNewCalls(later, 0, LINECALLSELECT_LINE, small.get()), 0);
  ASSERT_EQ(lineHandoffA(call, "b", 0), 0);
  const LINEMESSAGE appeared = b.next();
  EXPECT_EQ(appeared.dwMessageID, DWORD{LINE_APPNEWCALL});
  EXPECT_EQ(appeared.dwParam3, DWORD_PTR{LINECALLPRIVILEGE_OWNER});
  const LINEMESSAGE state = b.next();
  EXPECT_EQ(state.hDevice, appeared.dwParam2);
  EXPECT_EQ(state.dwParam3, DWORD_PTR{LINECALLPRIVILEGE_OWNER});
  Roomy<LINECALLLIST> list;
  ASSERT_EQ(lineGetNewCalls(later, 0, LINECALLSELECT_LINE, list.get()), 0);
  EXPECT_EQ(list.copy().dwCallsNumEntries, 0u) << "it is known now";
}

TEST_F(NewCalls, RefuseWhatIsWrong) {
  Program a("a");
  const HLINE line = a.open(kLine100);
  Roomy<LINECALLLIST> list;
  EXPECT_EQ(lineGetNewCalls(line, 0, LINECALLSELECT_CALL, list.get()),
            error(LINEERR_INVALCALLSELECT));
  EXPECT_EQ(lineGetNewCalls(line, 1, LINECALLSELECT_ADDRESS, list.get()),
            error(LINEERR_INVALADDRESSID));
  EXPECT_EQ(lineGetNewCalls(line, 0, LINECALLSELECT_LINE, nullptr), error(LINEERR_INVALPOINTER));
  Roomy<LINECALLLIST> small(sizeof(LINECALLLIST) - 1);
  EXPECT_EQ(lineGetNewCalls(line, 0, LINECALLSELECT_LINE, small.get()),
            error(LINEERR_STRUCTURETOOSMALL));
}

// ---- closing

using Closing = Conformance;

TEST_F(Closing, VoidsTheCallsAndDropsWhatNobodyElseOwns) {
  // Section 10 row 11.
  Program a("a"), m("m"), b("b");
  const HLINE line = a.open(kLine100);
  const HLINE watched = m.open(kLine100, LINECALLPRIVILEGE_MONITOR);
  ASSERT_EQ(lineSetStatusMessages(watched, LINEDEVSTATE_CLOSE, 0), 0);
  b.open(kLine101);
  const HCALL call = a.call(line, "101");
  const HCALL in = b.appeared();
  ASSERT_GT(lineAnswer(in, nullptr, 0), 0);
  a.until_state(LINECALLSTATE_CONNECTED);
  ASSERT_GT(lineHold(call), 0);
  EXPECT_EQ(lineClose(line), 0);
  EXPECT_TRUE(a.nothing()) << "the closer hears nothing, and no reply either";
  EXPECT_EQ(lineDrop(call, nullptr, 0), error(LINEERR_INVALCALLHANDLE));
  EXPECT_EQ(lineDeallocateCall(call), error(LINEERR_INVALCALLHANDLE));
  EXPECT_EQ(lineClose(line), error(LINEERR_INVALLINEHANDLE));
  m.until(LINE_LINEDEVSTATE, LINEDEVSTATE_CLOSE);
  m.until_state(LINECALLSTATE_IDLE);
  b.until_state(LINECALLSTATE_DISCONNECTED);
}

TEST_F(Closing, LeavesWhatAnotherOwns) {
  Program a("a"), b("b");
  const HLINE line = a.open(kLine100);
  b.open(kLine100, kBoth);
  const HCALL call = a.call_until(line, "200", LINECALLSTATE_CONNECTED);
  const HCALL theirs = b.appeared();
  ASSERT_EQ(lineSetCallPrivilege(theirs, LINECALLPRIVILEGE_OWNER), 0);
  EXPECT_EQ(lineClose(line), 0);
  EXPECT_EQ(lineGetCallStatus(call, Roomy<LINECALLSTATUS>().get()), error(LINEERR_INVALCALLHANDLE));
  EXPECT_EQ(status_of(theirs).dwCallState, DWORD{LINECALLSTATE_CONNECTED});
  EXPECT_EQ(info_of(theirs).dwNumOwners, 1u);
  b.drop_and_release(theirs);
}

TEST_F(Closing, ShuttingDownClosesEverything) {
  // Section 10 row 12.
  Program m("m");
  m.open(kLine100, LINECALLPRIVILEGE_MONITOR);
  Program a("a");
  const HLINE line = a.open(kLine100);
  const HCALL call = a.call_until(line, "200", LINECALLSTATE_CONNECTED);
  EXPECT_EQ(a.shut_down(), 0);
  EXPECT_EQ(lineDrop(call, nullptr, 0), error(LINEERR_INVALCALLHANDLE));
  EXPECT_EQ(lineClose(line), error(LINEERR_INVALLINEHANDLE));
  m.until_state(LINECALLSTATE_IDLE);
}

TEST_F(Closing, ByTheProviderIsTold) {
  // Section 10 row 14: line and call handles are void already; no IDLE is promised.
  Program a("a");
  const HLINE line = a.open(kScripted);
  const HCALL call = a.call(line, "1");
  world.report(world.made_call(), LINECALLSTATE_CONNECTED);
  a.until_state(LINECALLSTATE_CONNECTED);
  world.hold_answers(true);
  const LONG request = lineHold(call);
  ASSERT_GT(request, 0);
  world.force_line_closed();
  EXPECT_NE(a.reply_to(request), 0) << "what is outstanding is answered";
  const LINEMESSAGE closed = a.next();
  EXPECT_EQ(closed.dwMessageID, DWORD{LINE_CLOSE});
  EXPECT_EQ(closed.hDevice, line);
  EXPECT_EQ(lineDrop(call, nullptr, 0), error(LINEERR_INVALCALLHANDLE));
  EXPECT_EQ(lineClose(line), error(LINEERR_INVALLINEHANDLE));
  world.hold_answers(false);
  world.answer_all(true);
}

TEST_F(Closing, ByRemovalIsToldTwice) {
  // Section 10 row 15: LINE_CLOSE on each open handle, then LINE_REMOVE to all from 2.0 on.
  Program a("a"), b("b"), old("old", 0x00010004);
  const HLINE line = a.open(kScripted);
  world.remove_line();
  LINEMESSAGE message = a.next();
  EXPECT_EQ(message.dwMessageID, DWORD{LINE_CLOSE});
  EXPECT_EQ(message.hDevice, line);
  message = a.next();
  EXPECT_EQ(message.dwMessageID, DWORD{LINE_REMOVE});
  EXPECT_EQ(message.dwParam1, kScripted);
  EXPECT_EQ(message.hDevice, 0u);
  EXPECT_EQ(b.next().dwMessageID, DWORD{LINE_REMOVE}) << "without a line open, too";
  HLINE again = 0;
  EXPECT_EQ(
      lineOpenA(a.app, kScripted, &again, 0x00020002, 0, 0, LINECALLPRIVILEGE_NONE, 0, nullptr),
      error(LINEERR_NODEVICE));
  EXPECT_TRUE(old.nothing());
}

TEST_F(Closing, ANewLineIsTold) {
  Program a("a"), old("old", 0x00010003);
  world.add_line();
  const LINEMESSAGE created = a.next();
  EXPECT_EQ(created.dwMessageID, DWORD{LINE_CREATE});
  EXPECT_EQ(created.dwParam1, 3u);
  a.open(3);
  const LINEMESSAGE reinit = old.next();
  EXPECT_EQ(reinit.dwMessageID, DWORD{LINE_LINEDEVSTATE});
  EXPECT_EQ(reinit.dwParam1, DWORD_PTR{LINEDEVSTATE_REINIT});
  EXPECT_EQ(reinit.dwParam2, DWORD_PTR{LINE_CREATE});
}

// ---- the service goes

TEST(ServiceLost, IsToldAndLeavesHandlesSafe) {
  World world;
  Program a("a");
  const HLINE line = a.open(kScripted);
  const HCALL call = a.call(line, "1");
  world.report(world.made_call(), LINECALLSTATE_CONNECTED);
  a.until_state(LINECALLSTATE_CONNECTED);
  world.stop();
  const LINEMESSAGE closed = a.until(LINE_CLOSE);
  EXPECT_EQ(closed.hDevice, line);
  const LINEMESSAGE reinit = a.until(LINE_LINEDEVSTATE);
  EXPECT_EQ(reinit.dwParam1, DWORD_PTR{LINEDEVSTATE_REINIT});
  EXPECT_EQ(reinit.hDevice, 0u);
  const LONG drop = lineDrop(call, nullptr, 0);
  EXPECT_TRUE(drop == error(LINEERR_SERVICE_NOT_RUNNING) || drop == error(LINEERR_INVALCALLHANDLE));
  HCALL other = 0;
  EXPECT_EQ(lineMakeCallA(line, &other, "1", 0, nullptr), error(LINEERR_SERVICE_NOT_RUNNING));
  EXPECT_EQ(lineClose(line), 0);
  EXPECT_EQ(lineClose(line), error(LINEERR_INVALLINEHANDLE));
  HLINE again = 0;
  EXPECT_EQ(
      lineOpenA(a.app, kLine100, &again, 0x00020002, 0, 0, LINECALLPRIVILEGE_NONE, 0, nullptr),
      error(LINEERR_SERVICE_NOT_RUNNING));
  EXPECT_EQ(a.shut_down(), 0);
}

}  // namespace
}  // namespace conformance
