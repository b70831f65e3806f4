// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "base/process.hpp"

namespace switchhook::base {

std::uint64_t process_number() {
  return static_cast<std::uint64_t>(::getpid());
}

}  // namespace switchhook::base
