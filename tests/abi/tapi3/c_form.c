// SPDX-License-Identifier: Apache-2.0
// The headers as a C program sees them: the same vtables, as tables of functions.
#include "c_form.h"

#include <stddef.h>

#define CINTERFACE
#include "tapi/tapi3.h"

static const struct switchhook_c_slot kSlots[] = {
#define SLOT(interface_name, method, slot) \
  {#interface_name "::" #method, offsetof(interface_name##Vtbl, method) / sizeof(void*), slot},
#define SLOT_OVERLOADED SLOT
#include "slots.inc"
#undef SLOT_OVERLOADED
#undef SLOT
};

const struct switchhook_c_slot* switchhook_c_slots(size_t* count) {
  *count = sizeof(kSlots) / sizeof(kSlots[0]);
  return kSlots;
}
