/* SPDX-License-Identifier: Apache-2.0 */
/* A TAPI program built from an installed prefix alone: calls 200 on line 0, waits until it is
 * connected, drops, reads the call's state, deallocates. Exits with 0 when all of that happened. */
#include <stdio.h>
#include <string.h>
#include <tapi.h>

static int fail(const char* what, long code) {
  fprintf(stderr, "%s: 0x%08lx\n", what, (unsigned long)(code & 0xffffffffL));
  return 1;
}

int main(void) {
  HLINEAPP app = 0;
  HLINE line = 0;
  HCALL call = 0;
  DWORD lines = 0;
  DWORD version = 0x00020002;
  DWORD dropped = 0;
  LINEINITIALIZEEXPARAMS params;
  LINEEXTENSIONID extension;
  LONG result;

  memset(&params, 0, sizeof params);
  params.dwTotalSize = sizeof params;
  params.dwOptions = LINEINITIALIZEEXOPTION_USEEVENT;
  result = lineInitializeExA(&app, 0, 0, "install test", &lines, &version, &params);
  if (result != 0) return fail("lineInitializeEx", result);
  if (lines < 2) return fail("too few lines", (long)lines);
  result = lineNegotiateAPIVersion(app, 0, 0x00020000, 0x00020002, &version, &extension);
  if (result != 0) return fail("lineNegotiateAPIVersion", result);
  result = lineOpenA(app, 0, &line, version, 0, 0, LINECALLPRIVILEGE_NONE,
                     LINEMEDIAMODE_INTERACTIVEVOICE, 0);
  if (result != 0) return fail("lineOpen", result);
  result = lineMakeCallA(line, &call, "200", 0, 0);
  if (result <= 0) return fail("lineMakeCall", result);

  for (;;) {
    LINEMESSAGE message;
    result = lineGetMessage(app, &message, 20000);
    if (result != 0) return fail("lineGetMessage", result);
    if (message.dwMessageID != LINE_CALLSTATE) continue;
    if (message.dwParam1 == LINECALLSTATE_CONNECTED && !dropped) {
      dropped = 1;
      result = lineDrop(call, 0, 0);
      if (result <= 0) return fail("lineDrop", result);
    }
    if (message.dwParam1 == LINECALLSTATE_IDLE) break;
  }
  {
    LINECALLSTATUS status;
    memset(&status, 0, sizeof status);
    status.dwTotalSize = sizeof status;
    result = lineGetCallStatus(call, &status);
    if (result != 0) return fail("lineGetCallStatus", result);
    if (status.dwCallState != LINECALLSTATE_IDLE) return fail("state", (long)status.dwCallState);
  }
  result = lineDeallocateCall(call);
  if (result != 0) return fail("lineDeallocateCall", result);
  result = lineShutdown(app);
  if (result != 0) return fail("lineShutdown", result);
  puts("called, dropped, deallocated");
  return 0;
}
