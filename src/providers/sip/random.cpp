// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/random.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace switchhook::sip {

std::string Random::word() {
  std::array<char, 40> out{};
  const auto high = static_cast<unsigned long long>(next());
  std::snprintf(out.data(), out.size(), "%016llx%016llx", high,
                static_cast<unsigned long long>(next()));
  return out.data();
}

std::uint64_t SystemRandom::next() {
  std::uint64_t value = 0;
  // Reads as small as this are never short. Without randomness the process must not continue.
  while (::getrandom(&value, sizeof value, 0) != sizeof value)
    if (errno != EINTR) std::abort();
  return value;
}

}  // namespace switchhook::sip
