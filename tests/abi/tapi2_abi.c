/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled as C and as C++ against our tapi.h, and against mingw-w64's: the table of facts holds for both. */
#ifdef _WIN32
#include <tapi.h>
#include <windows.h>
#else
#include <tapi/tapi.h>
#endif
#include <stddef.h>

/* With UNICODE these two name the wide ones. */
#undef LINEREQMAKECALL
#undef LINEREQMEDIACALL
#include "tapi2_assertions.h"
