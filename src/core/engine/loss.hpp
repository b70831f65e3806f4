// SPDX-License-Identifier: Apache-2.0
#pragma once

// What becomes of the live calls that an application owned alone, when it is lost: ended, kept for
// it to come back, or given to another, as the site's policy says.
// Threads: the engine's.

#include "core/engine/step.hpp"

namespace switchhook::core {

/// Before its lines are closed: what is to outlive it gets another owner, or a time to wait.
void provide_for_calls(Step& step, App& lost);
/// To the first other application that can own it. False when there is none.
bool offer(Step& step, Session& session, const App* but);
/// The opening's application owns the session from now on, besides those who do already; it is
/// told, and so are the other holders but `but`. There has to be room for its identifier.
void make_owner(Step& step, Session& session, Opening& opening, const App* but);
/// Somebody owns it again, or it has ended.
void unkeep(Step& step, Session& session);
/// The time for which the session was kept is over.
void kept_due(Step& step, Session& session);
/// The application is back: what waited for it is its own again.
void give_back_kept(Step& step, Opening& opening);

}  // namespace switchhook::core
