// SPDX-License-Identifier: Apache-2.0
#pragma once

// How this face reaches a service: composed once for the library (connect.cpp), or by a test.
// Threads: set before the first Initialize; then any.

#include <functional>

#include "api/client.hpp"

namespace switchhook::tapi3 {

/// Makes the way to a service for an application of this name.
using Composition = std::function<api::Client::Connect(const std::string& application)>;

void compose(Composition composition);
[[nodiscard]] api::Client::Connect way_to_service();

}  // namespace switchhook::tapi3
