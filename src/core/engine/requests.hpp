// SPDX-License-Identifier: Apache-2.0
#pragma once

// Requests that a provider has to complete: booked for a session and, while somebody waits for
// the answer, for an application.
// Threads: the engine's.

#include "core/engine/step.hpp"

namespace switchhook::core {

/// Null = none.
Request* transfer_under_way(const Session& session);
/// The drop that the provider works on; null = none.
Request* drop_under_way(const Session& session);
/// Answers all who asked for the drop. The one the provider works on stays, to wait for idle.
void answer_drops(Step& step, Session& session, const std::optional<Error>& error = {});
/// A request of an application that passed its checks: accepted, and to be answered in time.
Request* new_request(Step& step, const Ask& ask, RequestKind kind, Session& session,
                     Opening& opening, api::CallId call);
/// A request that nobody waits for.
Request& add_request(Step& step, RequestKind kind, Session& session);
/// A number for a command whose completion nobody waits for.
provider::RequestNumber unheard_number(Step& step);
/// The provider has to answer in time.
void watch(Step& step, Request& request);
void unwatch(Step& step, Request& request);
/// Tells who waits, if anybody does.
void answer(Step& step, Request& request, const std::optional<Error>& error = {});
/// Nobody is told of its end.
void silence(Request& request);
void erase(Step& step, Request& request);

}  // namespace switchhook::core
