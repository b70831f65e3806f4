// SPDX-License-Identifier: Apache-2.0
#pragma once

// name-addr (RFC 3261 section 25.1): written, and its URI read. Threads: any. Ownership: by value.

#include <string>

namespace switchhook::sip {

/// A name-addr of `uri` with an optional display name, quoted.
[[nodiscard]] std::string name_addr(const std::string& uri, const std::string& display = {});
/// The URI of a name-addr; empty = there is none.
[[nodiscard]] std::string uri_inside(const std::string& name_address);

}  // namespace switchhook::sip
