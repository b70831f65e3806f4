// SPDX-License-Identifier: Apache-2.0
#pragma once

// The numbers of tapi.h for the words of the port, and back; and what of them a program of an older
// API version understands. Threads: plain functions.

#include <optional>

#include "api/messages.hpp"
#include "tapi/tapi.h"

namespace switchhook::tapi2 {

/// An error as the functions return it.
[[nodiscard]] constexpr LONG lineerr(DWORD value) {
  return static_cast<LONG>(value);
}
[[nodiscard]] LONG lineerr(const Error& error);
/// The same, but an argument that the service refused is called `argument`.
[[nodiscard]] LONG lineerr(const Error& error, DWORD argument);
/// What the service answered, where only its success matters.
[[nodiscard]] inline LONG done(const Result<api::Value>& result,
                               DWORD argument = LINEERR_INVALPARAM) {
  return result ? 0 : lineerr(result.error(), argument);
}

/// API versions: what is offered, and where things changed.
inline constexpr DWORD kVersion13 = 0x00010003, kVersion14 = 0x00010004, kVersion20 = 0x00020000,
                       kVersion22 = 0x00020002, kVersion30 = 0x00030000, kVersion31 = 0x00030001;
[[nodiscard]] constexpr bool offered_version(DWORD version) {
  return version >= kVersion13 && version <= kVersion31;
}
/// The highest version there is within the bounds; 0 when there is none.
[[nodiscard]] DWORD highest_version(DWORD low, DWORD high);

[[nodiscard]] DWORD state_of(CallState state);
/// What LINE_CALLSTATE and LINECALLSTATUS say beside the state.
[[nodiscard]] DWORD mode_of(CallState state, std::uint8_t detail, const std::optional<Cause>& cause,
                            DWORD version);
/// A mode newer than the version becomes NORMAL (a cancelled call) or UNKNOWN.
[[nodiscard]] DWORD disconnect_mode_of(DisconnectMode mode, DWORD version);
/// LINECALLFEATURE_ bits for bits of api::feature.
[[nodiscard]] DWORD features_of(std::uint32_t features);
/// All that this face offers in some state of a call.
inline constexpr std::uint32_t kAllFeatures = ~0U;
[[nodiscard]] DWORD privilege_of(Privilege privilege);
/// LINECALLINFOSTATE_ bits; 0 when no field of LINECALLINFO changed.
[[nodiscard]] DWORD info_state_of(std::uint32_t change);
[[nodiscard]] DWORD media_of(std::uint32_t modes);
/// Nothing when there is a bit that the port does not know.
[[nodiscard]] std::optional<std::uint32_t> media_from(DWORD modes);
[[nodiscard]] DWORD address_type_of(const std::string& address);
[[nodiscard]] SYSTEMTIME system_time_of(std::chrono::microseconds wall);

inline constexpr DWORD kVoiceRate = 64000;  // bits per second

/// All that may ever be reported, for capabilities.
inline constexpr DWORD kAllCallStates =
    LINECALLSTATE_IDLE | LINECALLSTATE_OFFERING | LINECALLSTATE_ACCEPTED | LINECALLSTATE_DIALTONE |
    LINECALLSTATE_DIALING | LINECALLSTATE_RINGBACK | LINECALLSTATE_BUSY |
    LINECALLSTATE_SPECIALINFO | LINECALLSTATE_CONNECTED | LINECALLSTATE_PROCEEDING |
    LINECALLSTATE_ONHOLD | LINECALLSTATE_DISCONNECTED | LINECALLSTATE_UNKNOWN;
[[nodiscard]] DWORD all_disconnect_modes(DWORD version);

/// Bytes of a structure's fixed part at a version.
[[nodiscard]] DWORD fixed_call_info(DWORD version);
[[nodiscard]] DWORD fixed_call_status(DWORD version);
[[nodiscard]] DWORD fixed_call_params(DWORD version);
[[nodiscard]] DWORD fixed_dev_caps(DWORD version);
[[nodiscard]] DWORD fixed_address_caps(DWORD version);
[[nodiscard]] DWORD fixed_dev_status(DWORD version);

}  // namespace switchhook::tapi2
