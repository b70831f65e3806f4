// SPDX-License-Identifier: Apache-2.0
#pragma once

// What can be asked about sessions: snapshots, lists, records, status.
// Threads: the engine's.

#include "core/engine/step.hpp"

namespace switchhook::core {

void command(Step& step, const Ask& ask, api::GetCall& what);
void command(Step& step, const Ask& ask, api::ListSessions& what);
void command(Step& step, const Ask& ask, api::RecordQuery& what);
void command(Step& step, const Ask& ask, api::GetServiceStatus&);

[[nodiscard]] Counts counts(const World& world);

}  // namespace switchhook::core
