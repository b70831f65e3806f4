// SPDX-License-Identifier: Apache-2.0
#pragma once

// How this face reaches a service: composed once for the library (connect.cpp), or by a test.
// Threads: set before the first Initialize; then any.

#include "client/attachment.hpp"

namespace switchhook::tapi3 {

void compose(client::Connect way);
[[nodiscard]] client::Connect way_to_service();

}  // namespace switchhook::tapi3
