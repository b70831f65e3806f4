/* SPDX-License-Identifier: Apache-2.0 */
/* tapi2_answer LINE COUNT: answers so many calls and lets the other side hang up. Works in a
 * callback, which runs on a thread of the library's; the main thread waits. */
#include <pthread.h>

#include "common.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int answered = 0;
static int gone = 0;

static void CALLBACK on_message(DWORD device, DWORD message, DWORD_PTR instance, DWORD_PTR p1,
                                DWORD_PTR p2, DWORD_PTR p3) {
  const HCALL call = device;
  (void)instance;
  (void)p3;
  if (message == LINE_CLOSE) {
    pthread_mutex_lock(&mutex);
    gone = 1;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
  }
  if (message == LINE_REPLY && (LONG)p2 < 0)
    fprintf(stderr, "a request failed: error 0x%08lx\n", (unsigned long)(DWORD)p2);
  if (message != LINE_CALLSTATE) return;
  printf("%s", state_name((DWORD)p1));
  if (p1 == LINECALLSTATE_DISCONNECTED) printf(": %s", disconnect_mode_name((DWORD)p2));
  printf("\n");
  switch (p1) {
    case LINECALLSTATE_OFFERING:
      must("lineAnswer", lineAnswer(call, NULL, 0));
      break;
    case LINECALLSTATE_DISCONNECTED:
      must("lineDrop", lineDrop(call, NULL, 0));
      break;
    case LINECALLSTATE_IDLE:
      print_call(call);
      must("lineDeallocateCall", lineDeallocateCall(call));
      pthread_mutex_lock(&mutex);
      ++answered;
      pthread_cond_signal(&changed);
      pthread_mutex_unlock(&mutex);
      break;
    default:
      break;
  }
}

int main(int argc, char** argv) {
  HLINEAPP app = 0;
  HLINE line = 0;
  DWORD lines = 0, version = VERSION;
  int count;

  if (argc != 3) {
    fprintf(stderr, "usage: tapi2_answer LINE COUNT\n");
    return 2;
  }
  count = atoi(argv[2]);
  setvbuf(stdout, NULL, _IOLBF, 0);
  must("lineInitializeEx",
       lineInitializeExA(&app, NULL, on_message, "tapi2_answer", &lines, &version, NULL));
  must("lineOpen", lineOpenA(app, line_named(app, lines, argv[1]), &line, VERSION, 0, 0,
                             LINECALLPRIVILEGE_OWNER, LINEMEDIAMODE_INTERACTIVEVOICE, NULL));
  printf("waiting for calls on line %s\n", argv[1]);
  pthread_mutex_lock(&mutex);
  while (answered < count && !gone) pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
  must("lineShutdown", lineShutdown(app));
  return answered >= count ? 0 : 1;
}
