/* SPDX-License-Identifier: Apache-2.0 */
/* tapi2_monitor LINE COUNT: watches the calls of other programs on a line until so many have ended.
 * Waits on the event handle, which outside Windows is an eventfd, as a program with a loop of its
 * own would. Shows how each ended, and lets go of its handle. */
#include <poll.h>

#include "common.h"

int main(int argc, char** argv) {
  LINEINITIALIZEEXPARAMS params;
  struct pollfd event;
  HLINEAPP app = 0;
  HLINE line = 0;
  DWORD lines = 0, version = VERSION;
  int count;

  if (argc != 3) {
    fprintf(stderr, "usage: tapi2_monitor LINE COUNT\n");
    return 2;
  }
  count = atoi(argv[2]);
  setvbuf(stdout, NULL, _IOLBF, 0);
  memset(&params, 0, sizeof params);
  params.dwTotalSize = sizeof params;
  params.dwOptions = LINEINITIALIZEEXOPTION_USEEVENT;
  must("lineInitializeEx",
       lineInitializeExA(&app, NULL, NULL, "tapi2_monitor", &lines, &version, &params));
  must("lineOpen", lineOpenA(app, line_named(app, lines, argv[1]), &line, VERSION, 0, 0,
                             LINECALLPRIVILEGE_MONITOR, 0, NULL));
  printf("watching line %s\n", argv[1]);
  event.fd = (int)(intptr_t)params.Handles.hEvent;
  event.events = POLLIN;
  while (count > 0) {
    LINEMESSAGE message;
    if (poll(&event, 1, -1) < 0) continue;
    while (count > 0 && lineGetMessage(app, &message, 0) == 0) {
      if (message.dwMessageID == LINE_CLOSE) stop("the line was closed", 0);
      if (message.dwMessageID == LINE_APPNEWCALL) print_call((HCALL)message.dwParam2);
      if (message.dwMessageID != LINE_CALLSTATE) continue;
      printf("  %s", state_name((DWORD)message.dwParam1));
      if (message.dwParam1 == LINECALLSTATE_DISCONNECTED)
        printf(": %s", disconnect_mode_name((DWORD)message.dwParam2));
      printf("\n");
      if (message.dwParam1 == LINECALLSTATE_IDLE) {
        print_call(message.hDevice);
        must("lineDeallocateCall", lineDeallocateCall(message.hDevice));
        --count;
      }
    }
  }
  must("lineShutdown", lineShutdown(app));
  return 0;
}
