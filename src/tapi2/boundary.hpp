// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one way out of this library: every exported function runs its body in boundary(), which lets
// no exception pass. Threads: any.

#include <new>

#include "tapi2/values.hpp"

namespace switchhook::tapi2 {

template <typename Body>
LONG boundary(Body body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return lineerr(LINEERR_NOMEM);
  } catch (...) {
    return lineerr(LINEERR_OPERATIONFAILED);
  }
}

}  // namespace switchhook::tapi2
