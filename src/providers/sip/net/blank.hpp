// SPDX-License-Identifier: Apache-2.0
#pragma once

// What may be shown of a SIP message to a reader who may not see its secrets. Pure. Threads: any.

#include <string>
#include <string_view>

namespace switchhook::sip {

/// The message with an "x" for each byte of: the values of Authorization, Proxy-Authorization and
/// User-to-User, passwords and dialled digits in URIs, and the whole body. Nothing is longer or shorter than it
/// was, so that Content-Length stays right.
[[nodiscard]] std::string blanked(std::string_view message);

}  // namespace switchhook::sip
