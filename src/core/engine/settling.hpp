// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a step leaves to be done at its end: records of sessions that are over, sessions to forget,
// what the journal is to have.
// Threads: the engine's.

#include "core/engine/step.hpp"

namespace switchhook::core {

/// The session is to be looked at when the step is done.
void settle(Step& step, Session& session);
/// Records the session and forgets it, if it is time.
void settle_now(Step& step, Session& session);
/// The journal is to have it as it is now.
void touch(Step& step, Session& session);
/// See Engine::take_changed.
void take_changed(World& world,
                  const std::function<void(provider::CallRef, const Record&)>& changed,
                  api::SessionId only);
/// Keeps the session for RecordQuery when it is forgotten.
void remember(Step& step, Session& session);
/// The last of a step.
void finish_step(Step& step);

}  // namespace switchhook::core
