// SPDX-License-Identifier: Apache-2.0
#pragma once

// The few things that are not the same on every system. Threads: any.

#include <string>

namespace switchhook::tapi3::platform {

/// Where in the program an address is: "calls+0x12f3 (make_call)".
std::string words_of_site(const void* site);
/// The program's own name, for the service to know the application by.
std::string program_name();

}  // namespace switchhook::tapi3::platform
