/* SPDX-License-Identifier: Apache-2.0 */
/* One small program in three APIs, this is TAPI 2.x in C: places a call, waits until the far end
 * has ended it, says how it ended, releases it. */
#include <stdio.h>
#include <tapi.h>

int main(int argc, char** argv) {
  LINEINITIALIZEEXPARAMS params = {sizeof params, 0, 0, LINEINITIALIZEEXOPTION_USEEVENT, {NULL}, 0};
  DWORD lines = 0, version = 0x00020002, device = argc > 1 ? (DWORD)argv[1][0] - '0' : 0;
  HLINEAPP app = 0;
  HLINE line = 0;
  HCALL call = 0; /* written when the reply to lineMakeCall is taken */
  LINEMESSAGE message;
  DWORD_PTR how = 0;
  LONG making, clearing = 0;

  if (lineInitializeExA(&app, NULL, NULL, "with_tapi2", &lines, &version, &params) != 0) return 1;
  if (lineOpenA(app, device, &line, version, 0, 0, LINECALLPRIVILEGE_NONE, 0, NULL) != 0) return 1;
  making = lineMakeCallA(line, &call, argc > 2 ? argv[2] : "204", 0, NULL);
  if (making < 0) return 1;
  while (lineGetMessage(app, &message, INFINITE) == 0) {
    if (message.dwMessageID == LINE_REPLY && message.dwParam1 == (DWORD_PTR)making &&
        message.dwParam2 != 0)
      return 1; /* the call was not made: no call, and no handle */
    if (message.dwMessageID != LINE_CALLSTATE || message.hDevice != call) continue;
    if (message.dwParam1 == LINECALLSTATE_DISCONNECTED) {
      how = message.dwParam2; /* LINEDISCONNECTMODE_ */
      clearing = lineDrop(call, NULL, 0);
      if (clearing < 0) return 1;
    }
    if (message.dwParam1 == LINECALLSTATE_IDLE) break;
  }
  printf("ended: 0x%x\n", (unsigned)how);
  lineDeallocateCall(call); /* until here the handle answered lineGetCallInfo */
  lineClose(line);
  return lineShutdown(app) == 0 ? 0 : 1;
}
