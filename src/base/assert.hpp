// SPDX-License-Identifier: Apache-2.0
#pragma once

// Assertions for programming mistakes. They stay on in release builds: a wrong core is worse than a
// stopped one. Never used for what a client, a peer or the network may cause.

#include <cstdio>
#include <cstdlib>

namespace switchhook::base {

[[noreturn]] inline void assertion_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "switchhook: assertion failed: %s (%s:%d)\n", what, file, line);
  std::abort();
}

}  // namespace switchhook::base

#define SWITCHHOOK_ASSERT(condition)  \
  ((condition) ? static_cast<void>(0) \
               : ::switchhook::base::assertion_failed(#condition, __FILE__, __LINE__))
