// SPDX-License-Identifier: Apache-2.0
#pragma once

// An application outlived the service: what the earlier one had given it, this one gives it again,
// under the numbers that it knows. Sessions come back ended, from their records; or as they were,
// where their calls have been taken up.
// Threads: the engine's.

#include "core/engine/step.hpp"

namespace switchhook::core {

void command(Step& step, const Ask& ask, api::Restore& what);

void restore(Step& step, const Ask& ask, const api::Restore& what,
             const std::vector<Record>& records);
void on(Step& step, SessionTakenUp& input);
/// Those who did not come back are dead: policy says what becomes of what they owned.
void holders_missing(Step& step, Session& session);
/// Whether there is such a session, and it has not ended.
[[nodiscard]] bool lives(const World& world, std::uint64_t number);
/// The call of a restored session has ended at its far end: its record as it is now.
[[nodiscard]] std::optional<Record> orphan_ended(World& world, std::uint64_t number,
                                                 const End& end);

}  // namespace switchhook::core
