// SPDX-License-Identifier: Apache-2.0
#pragma once

// How sessions begin to exist, change state, end, and are returned by their providers.
// Threads: the engine's.

#include "core/engine/step.hpp"

namespace switchhook::core {

/// A session of a line, not announced yet.
Session& new_session(Step& step, Line& line, std::uint32_t media_modes);
/// A session counts from now on, here and at its provider.
void begin(Step& step, Session& session, Line& line);
/// A state that is neither disconnected nor idle.
void enter(Step& step, Session& session, CallState state, std::uint8_t detail);
/// Sets the timer of the limit that applies, unless it runs.
void limit_answer(Step& step, Session& session);
void limit_length(Step& step, Session& session);
/// A drop is on its way: what the end will be when the provider confirms it.
void request_end(Step& step, Session& session, PendingEnd wanted);
/// How it ended; whoever was first ended it.
void set_end(Step& step, Session& session, EndOrigin origin, Cause cause);
/// The communication is over; the session waits to be cleared.
void disconnect(Step& step, Session& session, EndOrigin origin, Cause cause);
/// The end of the session's life at its provider. What is outstanding is completed first.
void idle(Step& step, Session& session);
/// The provider holds nothing for the session any more.
void returned(Step& step, Session& session);
/// A drop nobody asked for; the provider's answer and idle are awaited all the same.
void drop_unasked(Step& step, Session& session, provider::DropWhy why);
/// A rule ends the communication: the provider is told, and for the holders it is over at once.
void cut(Step& step, Session& session, provider::DropWhy why, DisconnectMode mode,
         const char* words);
/// The service stops, and the next one restores what is held: the end is told, and the identifiers
/// stay.
void stop(Step& step, Session& session);
/// Carries out what the table says for inputs that end a session from this side.
void end_by(Step& step, Session& session, SessionInput input, Closing how,
            provider::DropWhy why = provider::DropWhy::normal);

}  // namespace switchhook::core
