// SPDX-License-Identifier: Apache-2.0
#include "base/process.hpp"

namespace switchhook::base {

std::uint64_t process_number() {
  return 0;  // nothing is forked
}

}  // namespace switchhook::base
