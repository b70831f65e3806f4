// SPDX-License-Identifier: Apache-2.0
#pragma once

// Applications and their openings of lines: how they come, and how they go with all they hold.
// Threads: the engine's.

#include "core/engine/step.hpp"

namespace switchhook::core {

enum class LineEnd : std::uint8_t { forced, removed, provider_lost, stopping };

void command(Step& step, const Ask& ask, api::ListLines&);
void command(Step& step, const Ask& ask, api::OpenLine& what);
void command(Step& step, const Ask& ask, api::CloseLine& what);
void command(Step& step, const Ask& ask, api::GetLineStatus& what);
void command(Step& step, const Ask& ask, api::ShutDown&);

/// Null, and the command refused, when there is no such line.
Line* line_of(Step& step, const Ask& ask, api::LineId id);
/// The same of an opening of who asks.
Opening* opening_of(Step& step, const Ask& ask, api::OpenId id);
/// A new opening is its application's and its line's.
Opening& add_opening(Step& step, Opening& opening, api::OpenId id, App& app, Line& line,
                     const api::OpenLine& how);
/// Tells its provider how the line is used, if that has changed.
void tell_use(Step& step, Line& line);
std::optional<Error> objection(const App& app, const Line& line, const api::OpenLine& what);
/// The application goes: all its lines are closed, and nothing is sent to it any more.
void drop_app(Step& step, App& app, Closing how);
/// The line ends on the service's side: forced closed or removed by its provider, the provider
/// gone, or the service stopping. No idle is promised to applications: they get LineClosed, and
/// everything of the line is stale by then.
void end_line(Step& step, Line& line, LineEnd how, const std::string& why);

}  // namespace switchhook::core
