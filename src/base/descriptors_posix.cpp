// SPDX-License-Identifier: Apache-2.0
#include "base/descriptors.hpp"

#include <sys/resource.h>

#include <cstdint>

namespace switchhook::base {

namespace {
constexpr std::size_t kUsual = 256;  // below it less is kept, in proportion
}

std::size_t descriptors_allowed() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  return limit.rlim_cur;
}

bool is_of_the_last(int descriptor, std::size_t kept) {
  const std::size_t allowed = descriptors_allowed();
  if (allowed < kUsual) kept = kept * allowed / kUsual;
  return static_cast<std::size_t>(descriptor) + kept >= allowed;
}

}  // namespace switchhook::base
