/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWITCHHOOK_TESTS_EVERY_FUNCTION_H
#define SWITCHHOOK_TESTS_EVERY_FUNCTION_H

/* Every function that tapi.h declares; make_functions.py makes the list. Threads: constants. */

#include "tapi/tapi.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*AnyFunction)(void);

struct Function {
  const char* name;
  AnyFunction address;
  /* The rest is for those that are not offered. Calls it with these handles, all else zero. */
  LONG (*call)(HLINEAPP app, HLINE line, HCALL call);
  LONG before_initialize; /* what it answers then */
  LONG answer;            /* what it answers to right handles */
};

extern const struct Function kEveryFunction[];
extern const unsigned kEveryFunctionCount;

#ifdef __cplusplus
}
#endif
#endif
