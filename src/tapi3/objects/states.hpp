// SPDX-License-Identifier: Apache-2.0
#pragma once

// From the vocabulary of the port to TAPI 3's. Threads: pure functions.
// Sources: CALL_STATE (its page gives the whole transition table), CALL_STATE_EVENT_CAUSE,
// DISCONNECT_CODE; which disconnect mode gives which cause is docs/decisions/0103.

#include <optional>

#include "api/messages.hpp"
#include "tapi3/com/com.hpp"

namespace switchhook::tapi3 {

/// The TAPI 3 state of a session that exists. Empty: keep the state that there was (unknown).
/// CS_IDLE is never the answer: it is the state before a session exists, while the port's `idle` is
/// the state after its end.
[[nodiscard]] std::optional<CALL_STATE> call_state_of(CallState state);

/// Whether TAPI 3 knows this transition. Staying is none.
[[nodiscard]] bool may_follow(CALL_STATE from, CALL_STATE to);

/// What the event of the end says.
/// @param was_connected  whether the call had ever been connected.
[[nodiscard]] CALL_STATE_EVENT_CAUSE cause_of(const Cause& cause, EndOrigin origin,
                                              Direction direction, bool was_connected);

/// The result of a synchronous Connect that ended with this cause.
[[nodiscard]] HRESULT failure_of(CALL_STATE_EVENT_CAUSE cause);

/// Bits of media:: for TAPIMEDIATYPE_ bits, and back.
[[nodiscard]] std::uint32_t media_modes_of(long media_types);
[[nodiscard]] long media_types_of(std::uint32_t media_modes);

/// What changed, as TAPI 3 says it: one cause for each bit of api::change. Empty: TAPI 3 has no such
/// information of a call.
[[nodiscard]] std::optional<CALLINFOCHANGE_CAUSE> info_cause_of(std::uint32_t change_bit);

}  // namespace switchhook::tapi3
