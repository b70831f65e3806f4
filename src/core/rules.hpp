// SPDX-License-Identifier: Apache-2.0
#pragma once

// The rules beside the transition table, as pure functions: what an application may do, which cause
// an end has, and which values are acceptable. Threads: any.

#include <string_view>

#include "api/messages.hpp"
#include "core/session.hpp"

namespace switchhook::core {

/// Bits of api::feature: what the holder may do now.
[[nodiscard]] std::uint32_t features_of(const Session& session, Privilege privilege);

/// What the far end is told when an owner drops.
[[nodiscard]] provider::DropWhy drop_why(const Session& session, DropReason reason);

/// The mode of an end that this side wished for: normal on an answered call, reject (or no_answer)
/// on an offered one, busy where the far end was busy, cancelled on any other unanswered one.
[[nodiscard]] DisconnectMode mode_of_local_end(const Session& session, DropReason reason);

/// The cause of an end the provider reported without saying why.
[[nodiscard]] Cause cause_unsaid(const Session& session);

/// A dialable address: 1…limits::kAddressBytes bytes, no control characters, not only blanks.
[[nodiscard]] bool valid_address(std::string_view address);
/// 0-9 A-D * #, the pause ',' and the hook flash '!'; for pulse 0-9, ',' and '!'.
[[nodiscard]] bool valid_digits(std::string_view digits, std::uint32_t mode);
[[nodiscard]] bool valid_privilege_bits(std::uint8_t bits);
[[nodiscard]] bool valid_api_version(std::uint32_t version);

/// What programs may ask of a line that carries these: calls that nobody has classified, always;
/// automated voice, where there is voice. Calls themselves come as what the provider says.
[[nodiscard]] constexpr std::uint32_t media_offered(std::uint32_t carried) {
  return carried | media::kUnknown |
         ((carried & media::kVoice) != 0 ? media::kAutomatedVoice : std::uint32_t{0});
}

/// The single bits of media modes in the order in which owners are looked for.
inline constexpr std::uint32_t kMediaPriority[] = {media::kVoice, media::kDataModem, media::kFaxG3,
                                                   media::kAutomatedVoice, media::kUnknown};

}  // namespace switchhook::core
