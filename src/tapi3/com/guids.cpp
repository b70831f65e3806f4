// SPDX-License-Identifier: Apache-2.0
#include "tapi3/com/com.hpp"

#define SWITCHHOOK_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
  extern "C" const GUID name = {l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}};
#include "tapi3/com/guids.def"
#undef SWITCHHOOK_GUID
