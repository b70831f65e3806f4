// SPDX-License-Identifier: Apache-2.0
#pragma once

// Marks what libswitchhook.so exports. Everything else in the library is hidden, so that its inside
// can change without breaking a program.

#if defined(__GNUC__)
#define SWITCHHOOK_EXPORT __attribute__((visibility("default")))
#else
#define SWITCHHOOK_EXPORT
#endif
