// SPDX-License-Identifier: Apache-2.0
#ifndef SWITCHHOOK_TAPI_TAPI3LEAKS_H
#define SWITCHHOOK_TAPI_TAPI3LEAKS_H

// Switchhook's addition to TAPI 3: which COM objects this program still references, how often, and
// who took the last reference. For a program's own tests. The same lines are written at
// ITTAPI::Shutdown and when the program exits, to where the environment variable
// SWITCHHOOK_TAPI3_LEAKS says: "stderr", or a file to append to.
// Threads: any. Ownership: a line's strings are the library's, for the length of the call.

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) && !defined(_WIN32)
#define SWITCHHOOK_TAPI3_EXPORT __attribute__((visibility("default")))
#else
#define SWITCHHOOK_TAPI3_EXPORT
#endif

/// One interface of one object that is still referenced.
typedef struct SWITCHHOOK_TAPI3_LEAK {
  const char* interface_name;  ///< "ITBasicCallControl2"
  uint32_t references;         ///< that this program holds on it, at least 1
  const char* object;          ///< "call 17"
  const char* acquired_by;  ///< "thread 1234 through ITAddress::CreateCall at calls+0x12f3 (dial)"
} SWITCHHOOK_TAPI3_LEAK;

#ifdef __cplusplus
extern "C" {
#endif

/// Calls `each` (may be null) for every interface that is still referenced; returns how many.
SWITCHHOOK_TAPI3_EXPORT size_t switchhook_tapi3_leaks(
    void (*each)(const SWITCHHOOK_TAPI3_LEAK* leak, void* context), void* context);

/// Objects of the library that exist in this process, referenced or not; 0 = nothing is left.
SWITCHHOOK_TAPI3_EXPORT size_t switchhook_tapi3_objects(void);

#ifdef __cplusplus
}
#endif

#endif  // SWITCHHOOK_TAPI_TAPI3LEAKS_H
