// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a SIP ending means to a telephone, and back: SIP status codes, the Reason header (RFC 3326,
// RFC 6432) with Q.850 causes (RFC 3398), and user-user information (RFC 7433, RFC 7434). Tables;
// docs/sip.md prints them, docs/decisions/0040 says why. Threads: any. Ownership: by value.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provider/provider.hpp"
#include "providers/sip/dialog/messages.hpp"
#include "switchhook/types.hpp"

namespace switchhook::sip::mapping {

/// One value of a Reason header.
struct Reason {
  std::string protocol;     ///< "SIP", "Q.850", …
  std::uint16_t cause = 0;  ///< 0 = none given
  std::string text;
  friend bool operator==(const Reason&, const Reason&) = default;
};
inline constexpr std::size_t kReasons = 8;  ///< further values are ignored

/// Values of Reason header fields, each of which may hold several separated by commas. What cannot
/// be parsed is left out.
[[nodiscard]] std::vector<Reason> parse_reasons(const std::vector<std::string>& values);
[[nodiscard]] std::string format_reason(const Reason& reason);

/// User-User information of a User-to-User header: hexadecimal, or a quoted string as it stands.
/// Nothing when malformed or longer than limits::kUserInfoBytes.
[[nodiscard]] std::optional<UserInfo> parse_user_to_user(std::string_view value);
/// Empty for empty information.
[[nodiscard]] std::string format_user_to_user(const UserInfo& info);

struct StatusContext {
  bool alerted = false;  ///< ringback had been reported
  bool retry_after = false;
  std::string_view phrase;
};
/// The mode of a final failure of our INVITE, by its status alone.
[[nodiscard]] DisconnectMode mode_of_status(std::uint16_t status, const StatusContext& context);
[[nodiscard]] DisconnectMode mode_of_q850(std::uint16_t cause);
/// The Q.850 cause that RFC 3398 section 8.2.6.1 gives for a status; 0 = none.
[[nodiscard]] std::uint16_t q850_of_status(std::uint16_t status);
/// The status that RFC 3398 section 7.2.4.1 gives for a Q.850 cause; 500 for one it does not name.
[[nodiscard]] std::uint16_t status_of_q850(std::uint16_t cause);

/// `given`, or the usual phrase for a status of a call's progress.
[[nodiscard]] std::string phrase_of(std::uint16_t status, const std::string& given);

/// Whether such an answer to a request within a dialog means that the far end's dialog, or its call
/// in it, is over (RFC 5057 section 5.1).
[[nodiscard]] bool ends_dialog(std::uint16_t status);

/// The cause of an end that the far end or the wire brought about.
[[nodiscard]] Cause cause_of(const usage::Disconnected& end, bool alerted);

/// On whose initiative: what was not sent, or not answered, is no act of the far end's.
[[nodiscard]] EndOrigin origin_of(const usage::Disconnected& end);

/// What the far end is told when we end a call.
/// @param reject_code  486 or another final failure, for an offered call that is refused
/// @param answered     false: the call was never answered (CANCEL or a refusal, not BYE)
[[nodiscard]] usage::Drop drop_of(provider::DropWhy why, std::uint16_t reject_code, bool answered);

}  // namespace switchhook::sip::mapping
