// SPDX-License-Identifier: Apache-2.0
#pragma once

// Identifiers: how they are given, used, handed off and released; who is owner and who monitor, and
// what the other holders are told of it.
// Threads: the engine's.

#include "core/engine/step.hpp"

namespace switchhook::core {

void command(Step& step, const Ask& ask, api::ReleaseCall& what);
void command(Step& step, const Ask& ask, api::Reclaim& what);
void command(Step& step, const Ask& ask, api::SetPrivilege& what);
void command(Step& step, const Ask& ask, api::HandOff& what);
void command(Step& step, const Ask& ask, api::GetNewCalls& what);
void command(Step& step, const Ask& ask, api::SetAppSpecific& what);
void command(Step& step, const Ask& ask, api::MonitorDigits& what);
void command(Step& step, const Ask& ask, api::ReleaseUserInfo& what);

/// The identifier, if its holder may do this now: handle, then privilege, then state.
Identifier* permitted(Step& step, const Ask& ask, api::CallId call, SessionInput input,
                      bool owners_only);
Privilege& privilege_of(const Identifier& identifier);
/// What the application holds for the session; null = nothing.
Identifier* identifier_in(Step& step, const Session& session, const App& app);
/// Null when the session has too many holders or the application too many identifiers.
Identifier* give(Step& step, Session& session, Opening& opening, Privilege privilege);
/// A new identifier is its opening's and its session's, whose list of holders has it already.
void bind(Step& step, Identifier& identifier, api::CallId id, Session& session, Opening& opening,
          Privilege privilege);
/// An identifier the application did not ask for: it appears, and at once has its state.
void give_unasked(Step& step, Session& session, Opening& opening, Privilege privilege);
/// All that opened the line to monitor its calls, but `but`.
void give_to_monitors(Step& step, Session& session, const App* but);
/// The first state of a call that the provider brought: its owner and the monitors hear of it.
void announce(Step& step, Session& session);
/// Takes the identifier away. What then becomes of the session is the caller's to decide.
Privilege take(Step& step, Identifier& identifier);
/// Takes the identifier away and does what the table says when the last owner or holder went.
void let_go(Step& step, Identifier& identifier, SessionInput owner_gone, Closing how);
/// Takes an identifier from its holder, who is told.
void reclaim(Step& step, Identifier& identifier);
/// What changed in the information; never once the call is idle.
void tell_holders(Step& step, Session& session, std::uint32_t what, const App* but = nullptr,
                  const App* nor = nullptr);
api::CallStateChanged state_event(Step& step, const Session& session, api::CallId call);
/// All holders hear of the state.
void tell_state(Step& step, Session& session);

}  // namespace switchhook::core
