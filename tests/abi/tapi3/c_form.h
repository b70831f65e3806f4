// SPDX-License-Identifier: Apache-2.0
#ifndef SWITCHHOOK_TESTS_ABI_TAPI3_C_FORM_H
#define SWITCHHOOK_TESTS_ABI_TAPI3_C_FORM_H

// What the C form of tapi3.h says of vtable slots, for the test beside it.

#include <stddef.h>

struct switchhook_c_slot {
  const char* name;
  size_t here;
  size_t published;
};

#ifdef __cplusplus
extern "C"
#endif
    const struct switchhook_c_slot*
    switchhook_c_slots(size_t* count);

#endif
