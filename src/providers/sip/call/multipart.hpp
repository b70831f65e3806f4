// SPDX-License-Identifier: Apache-2.0
#pragma once

// Bodies of several parts (RFC 2046, RFC 5621), as far as to find the session description in one:
// emergency calls bring a location beside it, trunks what ISDN says. The parser takes anything, and
// its work is bounded by the limits below. Threads: any. Ownership: what is found is part of what
// was given.

#include <cstddef>
#include <optional>
#include <string_view>

namespace switchhook::sip::multipart {

inline constexpr std::size_t kParts = 16;          ///< of one body that are looked at
inline constexpr std::size_t kDepth = 3;           ///< of bodies within bodies
inline constexpr std::size_t kHeaderBytes = 4096;  ///< of one part
inline constexpr std::size_t kBoundaryBytes = 70;  ///< RFC 2046 section 5.1.1

/// The first part that is a session description.
/// @param type  the value of Content-Type, with its parameters
[[nodiscard]] std::optional<std::string_view> session_description(std::string_view type,
                                                                  std::string_view body);

}  // namespace switchhook::sip::multipart
