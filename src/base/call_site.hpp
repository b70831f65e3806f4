// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where in a program something was acquired, in words, for lists of leaks: "calls+0x12f3 (dial)".
// Looking that up takes its time, so it is remembered. Threads: any. Ownership: by value.

#include <string>
#include <unordered_map>

#include "base/mutex.hpp"

namespace switchhook::base {

/// The place in words; empty for null. At most limits::kSiteBytes.
[[nodiscard]] std::string words_of_site(const void* site);

class CallSites {
 public:
  [[nodiscard]] std::string words(const void* site);

 private:
  Mutex mutex_;
  std::unordered_map<const void*, std::string> known_ SWITCHHOOK_GUARDED_BY(mutex_);
};

}  // namespace switchhook::base

/// Where the function that this stands in will return to: in the program, when the function is
/// what the program called.
#define SWITCHHOOK_CALLER __builtin_extract_return_addr(__builtin_return_address(0))
