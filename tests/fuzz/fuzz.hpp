// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the fuzzers share. Each is one function, LLVMFuzzerTestOneInput; with clang it is a
// libFuzzer program, with every compiler also a program that replays its corpus (replay_main.cpp).
// Threads: one.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace switchhook::fuzz {

/// What has to hold for every input. Does not return when it does not.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline std::string text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace switchhook::fuzz
