/* SPDX-License-Identifier: Apache-2.0 */
/* tapi2_call LINE NUMBER: places a call, shows its states, hangs up once it is connected, and reads
 * what is known of it after its end, through the still valid handle. Exits with 0 when the call was
 * connected. Messages are taken with lineGetMessage. */
#include "common.h"

int main(int argc, char** argv) {
  LINEINITIALIZEEXPARAMS params;
  HLINEAPP app = 0;
  HLINE line = 0;
  HCALL call = 0; /* written when the reply to lineMakeCall is taken */
  DWORD lines = 0, version = VERSION;
  LONG making;
  int connected = 0, ended = 0;

  if (argc != 3) {
    fprintf(stderr, "usage: tapi2_call LINE NUMBER\n");
    return 2;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  memset(&params, 0, sizeof params);
  params.dwTotalSize = sizeof params;
  params.dwOptions = LINEINITIALIZEEXOPTION_USEEVENT;
  must("lineInitializeEx",
       lineInitializeExA(&app, NULL, NULL, "tapi2_call", &lines, &version, &params));
  must("lineOpen", lineOpenA(app, line_named(app, lines, argv[1]), &line, VERSION, 0, 0,
                             LINECALLPRIVILEGE_NONE, 0, NULL));
  making = lineMakeCallA(line, &call, argv[2], 0, NULL);
  must("lineMakeCall", making);

  while (!ended) {
    LINEMESSAGE message;
    must("lineGetMessage", lineGetMessage(app, &message, INFINITE));
    if (message.dwMessageID == LINE_REPLY && message.dwParam1 == (DWORD_PTR)making)
      must("the call was not made", (LONG)message.dwParam2);
    if (message.dwMessageID == LINE_CLOSE) stop("the line was closed", 0);
    if (message.dwMessageID != LINE_CALLSTATE || message.hDevice != call) continue;
    printf("%s", state_name((DWORD)message.dwParam1));
    if (message.dwParam1 == LINECALLSTATE_DISCONNECTED)
      printf(": %s", disconnect_mode_name((DWORD)message.dwParam2));
    printf("\n");
    switch (message.dwParam1) {
      case LINECALLSTATE_CONNECTED:
        connected = 1;
        must("lineDrop", lineDrop(call, NULL, 0)); /* end the communication */
        break;
      case LINECALLSTATE_DISCONNECTED: /* the other side ended it: clear it */
        must("lineDrop", lineDrop(call, NULL, 0));
        break;
      case LINECALLSTATE_IDLE:
        ended = 1;
        break;
      default:
        break;
    }
  }
  print_call(call);
  must("lineDeallocateCall", lineDeallocateCall(call)); /* release the handle: now it is over */
  must("lineClose", lineClose(line));
  must("lineShutdown", lineShutdown(app));
  return connected ? 0 : 1;
}
