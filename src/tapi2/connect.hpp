// SPDX-License-Identifier: Apache-2.0
#pragma once

// How the face reaches a service. connect.cpp defines it for libtapi32 (over the protocol); tests
// link a definition of their own (an engine in the same process). Threads: any.

#include <memory>
#include <string>

#include "api/service.hpp"

namespace switchhook::tapi2 {

/// Attaches an application. @param name  UTF-8; empty = the program's own.
[[nodiscard]] Result<std::unique_ptr<api::SessionService>> connect_service(const std::string& name,
                                                                           api::ServiceSink& sink);

}  // namespace switchhook::tapi2
