/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXAMPLES_TAPI2_COMMON_H
#define EXAMPLES_TAPI2_COMMON_H

/* What the three programs share: words for numbers, and finding a line by its name. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapi.h>

#define VERSION 0x00020002 /* the TAPI version these programs are written for */

static void stop(const char* what, LONG error) {
  fprintf(stderr, "%s: error 0x%08lx\n", what, (unsigned long)(DWORD)error);
  exit(1);
}

/* The result of a function that answers 0 or a negative error, or the end of the program. */
static void must(const char* what, LONG result) {
  if (result < 0) stop(what, result);
}

static const char* state_name(DWORD state) {
  switch (state) {
    case LINECALLSTATE_IDLE:
      return "idle";
    case LINECALLSTATE_OFFERING:
      return "offering";
    case LINECALLSTATE_ACCEPTED:
      return "accepted";
    case LINECALLSTATE_DIALTONE:
      return "dialtone";
    case LINECALLSTATE_DIALING:
      return "dialing";
    case LINECALLSTATE_RINGBACK:
      return "ringback";
    case LINECALLSTATE_BUSY:
      return "busy";
    case LINECALLSTATE_SPECIALINFO:
      return "special information";
    case LINECALLSTATE_CONNECTED:
      return "connected";
    case LINECALLSTATE_PROCEEDING:
      return "proceeding";
    case LINECALLSTATE_ONHOLD:
      return "on hold";
    case LINECALLSTATE_DISCONNECTED:
      return "disconnected";
    default:
      return "unknown";
  }
}

static const char* disconnect_mode_name(DWORD mode) {
  switch (mode) {
    case LINEDISCONNECTMODE_NORMAL:
      return "normal";
    case LINEDISCONNECTMODE_REJECT:
      return "rejected";
    case LINEDISCONNECTMODE_PICKUP:
      return "picked up elsewhere";
    case LINEDISCONNECTMODE_BUSY:
      return "busy";
    case LINEDISCONNECTMODE_NOANSWER:
      return "no answer";
    case LINEDISCONNECTMODE_BADADDRESS:
      return "no such address";
    case LINEDISCONNECTMODE_UNREACHABLE:
      return "unreachable";
    case LINEDISCONNECTMODE_CANCELLED:
      return "cancelled";
    case LINEDISCONNECTMODE_TEMPFAILURE:
      return "temporary failure";
    default:
      return "for another reason";
  }
}

/* The number of the line of this name. */
static DWORD line_named(HLINEAPP app, DWORD lines, const char* name) {
  union {
    LINEDEVCAPS caps;
    char room[2048];
  } device;
  DWORD id;
  for (id = 0; id < lines; ++id) {
    memset(&device, 0, sizeof device);
    device.caps.dwTotalSize = sizeof device;
    if (lineGetDevCapsA(app, id, VERSION, 0, &device.caps) != 0) continue; /* it was removed */
    if (device.caps.dwLineNameSize != 0 &&
        strcmp(device.room + device.caps.dwLineNameOffset, name) == 0)
      return id;
  }
  fprintf(stderr, "there is no line \"%s\"\n", name);
  exit(1);
}

/* Prints what is known of a call; also after its end, until it is deallocated. */
static void print_call(HCALL call) {
  union {
    LINECALLINFO info;
    char room[4096];
  } known;
  memset(&known, 0, sizeof known);
  known.info.dwTotalSize = sizeof known;
  must("lineGetCallInfo", lineGetCallInfoA(call, &known.info));
  printf("call %lu:", (unsigned long)known.info.dwCallID);
  if (known.info.dwCallerIDSize != 0) printf(" from %s", known.room + known.info.dwCallerIDOffset);
  if (known.info.dwCalledIDSize != 0) printf(" to %s", known.room + known.info.dwCalledIDOffset);
  printf(", %lu owner(s)\n", (unsigned long)known.info.dwNumOwners);
}

#endif
