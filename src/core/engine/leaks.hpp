// SPDX-License-Identifier: Apache-2.0
#pragma once

// The leak ledger: sessions that ended and whose identifiers are still held. Each application has
// a chain of them; limits on their number and age are looked at when a step is done.
// Threads: the engine's.

#include "core/engine/step.hpp"

namespace switchhook::core {

void command(Step& step, const Ask& ask, api::ListLeaks& what);

/// The session of an identifier has ended, or a new identifier is of one that has.
void leak_begins(Step& step, Identifier& identifier);
void leak_ends(Step& step, Identifier& identifier);
/// Where in the program, as its library says: one text for all that was acquired there.
const std::string* site_of(App& app, const std::string& site);
/// The first word counts.
void note_site(Identifier& identifier, const std::string& site);
/// The limits are to be checked when the step is done.
void look_at_leaks(Step& step, App& app);
/// Whether the application may be given one more identifier.
[[nodiscard]] bool takes_more(const App& app);
/// Where it may not: in words.
[[nodiscard]] std::string why_no_more(const App& app);
void check_leaks(Step& step, App& app);
/// "dialer" (process 17 of anna) holds 3 ended sessions, the oldest, 5, of line 100, from dial+0x12
[[nodiscard]] std::string words_of_leaks(const App& app);

}  // namespace switchhook::core
