// SPDX-License-Identifier: Apache-2.0
#pragma once

// What people dial, and what trunks call numbers: from texts to users of SIP URIs and back. Pure.
// Threads: any. Ownership: by value.

#include <optional>
#include <string>
#include <string_view>

namespace switchhook::sip {

/// The SIP or SIPS URI for what was dialled: a name, a number as it is written ("(030) 123-456",
/// "#31#"), `user@host`, a sip:, sips: or tel: URI, with or without <brackets>. It has no header
/// part and no method. Nothing = it is none of these.
/// @param domain  of bare names and numbers
[[nodiscard]] std::optional<std::string> dialled_uri(std::string_view dialled,
                                                     const std::string& domain);

/// A telephone number without what only helps to read it; empty = it is none.
[[nodiscard]] std::string number_in(std::string_view text);

/// Whom the user part of a URI names: escapes decoded, and a number as number_in() has it, without
/// its parameters (";npdi;rn=…"), which only numbers have (RFC 3261 19.1.6, RFC 4475 3.1.1.9).
[[nodiscard]] std::string user_named(std::string_view user);

/// Whether a number fits a pattern: `?` is any character, `*` at the end any rest.
[[nodiscard]] bool fits(std::string_view number, std::string_view pattern);

}  // namespace switchhook::sip
