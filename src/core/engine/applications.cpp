// SPDX-License-Identifier: Apache-2.0
#include "core/engine/applications.hpp"

#include <utility>

#include "base/limits.hpp"
#include "core/engine/access.hpp"
#include "core/engine/ends.hpp"
#include "core/engine/holders.hpp"
#include "core/engine/leaks.hpp"
#include "core/engine/loss.hpp"
#include "core/engine/memory.hpp"
#include "core/engine/requests.hpp"
#include "core/engine/settling.hpp"
#include "core/engine/timers.hpp"
#include "core/engine/tracing.hpp"
#include "core/rules.hpp"

namespace switchhook::core {
namespace {

void remove_opening(Step& step, Opening& opening);

bool gets_calls(const Opening& opening) {
  return opening.has(Privilege::owner) || opening.has(Privilege::monitor);
}

/// The application closes the line, or goes. Its outstanding completions are suppressed; its
/// identifiers are stale at once; sessions of which it was the sole owner are dropped.
void close_opening(Step& step, Opening& opening, Closing how) {
  while (Request* request = opening.requests.front()) {
    Session& session = *request->session;
    const bool being_made = request->kind == RequestKind::make;
    silence(*request);
    if (being_made) end_by(step, session, SessionInput::last_holder_gone, how);
  }
  while (Identifier* identifier = opening.identifiers.front())
    let_go(step, *identifier, SessionInput::last_owner_gone, how);
  Line& line = *opening.line;
  const App& app = *opening.app;
  remove_opening(step, opening);
  if (line.openings_count == 0) {
    // Nobody was told yet of what is left here, and nobody remains to be told.
    line.sessions.for_each([&](Session& session) {
      if (session.kept()) return;
      end_by(step, session, SessionInput::last_holder_gone,
             {EndOrigin::policy, "nobody has the line open"}, provider::DropWhy::no_owner);
    });
  }
  tell_use(step, line);
  step.line_changed(line, api::LineChange::closed, line.openings_count, &app);
}

void remove_opening(Step& step, Opening& opening) {
  SWITCHHOOK_ASSERT(opening.identifiers.empty() && opening.requests.empty());
  App& app = *opening.app;
  Line& line = *opening.line;
  app.openings.remove(opening);
  --app.openings_count;
  book(app, -kOpeningBytes);
  line.openings.remove(opening);
  --line.openings_count;
  if (gets_calls(opening)) --line.listening;
  const auto program = line.programs.find(app.id);
  if (opening.has(Privilege::monitor) && --program->second.monitors == 0) --line.monitoring;
  if (--program->second.openings == 0) {
    line.programs.erase(program);
  } else if (program->second.first == &opening) {
    Opening* next = line.openings.front();
    while (next->app != &app) next = Chain<Opening, OfLine>::next(*next);
    program->second.first = next;
  }
  step.world.openings.erase(opening.id);
}

/// Empties an opening whose line is closed by the service: outstanding requests are answered,
/// identifiers become stale without an event.
void void_opening(Step& step, Opening& opening, Errc code, const std::string& why) {
  while (Request* request = opening.requests.front()) {
    if (request->kind == RequestKind::drop)
      answer(step, *request);  // what was to be dropped is over
    else
      answer(step, *request, Error{code, why});
  }
  while (Identifier* identifier = opening.identifiers.front()) {
    Session& session = *identifier->session;
    take(step, *identifier);
    settle(step, session);
  }
}

}  // namespace

void command(Step& step, const Ask& ask, api::ListLines&) {
  api::LineList list;
  for (const Line& line : step.world.lines) list.lines.push_back(line.info);
  step.done(ask, std::move(list));
}

Line* line_of(Step& step, const Ask& ask, api::LineId id) {
  if (id >= step.world.lines.size()) {
    step.fail(ask, Errc::no_such_line, "line number " + std::to_string(id));
    return nullptr;
  }
  Line& line = step.world.lines[id];
  if (line.info.removed) {
    step.fail(ask, Errc::line_removed, line.info.name);
    return nullptr;
  }
  if (line.provider->gone) {
    step.fail(ask, Errc::provider_gone, line.provider->name);
    return nullptr;
  }
  return &line;
}

Opening* opening_of(Step& step, const Ask& ask, api::OpenId id) {
  Opening* opening = step.world.openings.find(id);
  if (opening == nullptr || opening->app != &ask.app) {
    step.fail(ask, Errc::stale_line);
    return nullptr;
  }
  return opening;
}

void command(Step& step, const Ask& ask, api::OpenLine& what) {
  Line* line = line_of(step, ask, what.line);
  if (line == nullptr) return;
  if (step.world.stopping) return step.fail(ask, Errc::line_unavailable, step.world.stopping_why);
  if (std::optional<Error> bad = objection(ask.app, *line, what))
    return step.fail(ask, bad->code, std::move(bad->context));
  const api::OpenId id = step.world.openings.emplace();
  Opening& opening = add_opening(step, *step.world.openings.find(id), id, ask.app, *line, what);
  step.done(ask, api::OpenedLine{id, line->info.name});
  step.line_changed(*line, api::LineChange::opened, line->openings_count, &ask.app);
  give_back_kept(step, opening);
}

Opening& add_opening(Step& step, Opening& opening, api::OpenId id, App& app, Line& line,
                     const api::OpenLine& how) {
  opening.id = id;
  opening.app = &app;
  opening.line = &line;
  opening.privileges = how.privileges;
  opening.media_modes = how.media_modes;
  opening.api_version = how.api_version;
  app.openings.push_back(opening);
  ++app.openings_count;
  book(app, kOpeningBytes);
  line.openings.push_back(opening);
  LineProgram& program = line.programs[app.id];
  if (++program.openings == 1) program.first = &opening;
  if (opening.has(Privilege::monitor) && ++program.monitors == 1) ++line.monitoring;
  ++line.openings_count;
  if (gets_calls(opening)) ++line.listening;
  tell_use(step, line);
  return opening;
}

void tell_use(Step& step, Line& line) {
  const bool open = line.openings_count != 0 || line.kept != 0;
  const bool takes_calls = line.listening != 0;
  if (line.told_open == open && line.told_takes_calls == takes_calls) return;
  line.told_open = open;
  line.told_takes_calls = takes_calls;
  if (open)
    step.to_provider(*line.provider, provider::OpenLine{line.number, takes_calls});
  else
    step.to_provider(*line.provider, provider::CloseLine{line.number});
}

std::optional<Error> objection(const App& app, const Line& line, const api::OpenLine& what) {
  if (!valid_api_version(what.api_version))
    return Error{Errc::version_mismatch, "the API version is not within 1.3…3.1"};
  if (!valid_privilege_bits(what.privileges))
    return Error{Errc::invalid_privilege, "none alone, or monitor, owner, or both"};
  const bool owner = (what.privileges & static_cast<std::uint8_t>(Privilege::owner)) != 0;
  if (owner && what.media_modes == 0)
    return Error{Errc::invalid_argument, "an owner has to say which media modes it wants"};
  if (owner && (what.media_modes & ~line.info.media_modes) != 0)
    return Error{Errc::invalid_argument, "the line does not carry one of the media modes"};
  if (app.openings_count == limits::kLineOpenings)
    return Error{Errc::resource_unavailable, "too many lines open"};
  if (!has_room(app)) return Error{Errc::resource_unavailable, words_of_memory(app)};
  if (const char* why = line_refused(app, line, what.privileges)) return Error{Errc::denied, why};
  const auto program = line.programs.find(app.id);
  const bool has_it_open = program != line.programs.end();
  if (has_it_open && program->second.openings == limits::kOpeningsOfLine)
    return Error{Errc::resource_unavailable, "the application has opened the line too often"};
  const bool monitor = (what.privileges & static_cast<std::uint8_t>(Privilege::monitor)) != 0;
  if (monitor && (!has_it_open || program->second.monitors == 0) &&
      line.monitoring >= limits::kMonitorsOfLine)
    return Error{Errc::resource_unavailable, "too many applications monitor the line"};
  return std::nullopt;
}

void command(Step& step, const Ask& ask, api::CloseLine& what) {
  Opening* opening = opening_of(step, ask, what.open);
  if (opening == nullptr) return;
  close_opening(step, *opening, {EndOrigin::line_closed, "the line was closed"});
  step.done(ask);
}

void command(Step& step, const Ask& ask, api::GetLineStatus& what) {
  const Line* line = line_of(step, ask, what.line);
  if (line == nullptr) return;
  api::LineStatus status{.info = line->info, .openings = line->openings_count};
  line->sessions.for_each([&status](const Session& session) {
    if (session.state == CallState::on_hold)
      ++status.held_calls;
    else if (is_hold(session.state))
      ++status.held_pending_calls;
    else if (!session.being_made)  // tentative until the provider has said that there is a call
      ++status.active_calls;
  });
  step.done(ask, std::move(status));
}

void command(Step& step, const Ask& ask, api::ShutDown&) {
  const api::AppId app = ask.app.id;
  const api::RequestId number = ask.number;
  App& going = ask.app;
  if (going.leaks_count != 0) step.put(Notice{words_of_leaks(going)});
  going.leaving = true;
  while (Opening* opening = going.openings.front())
    close_opening(step, *opening, {EndOrigin::line_closed, "the application shut down"});
  step.reply(app, number);
  drop_app(step, going, {EndOrigin::line_closed, "the application shut down"});
}

void drop_app(Step& step, App& app, Closing how) {
  if (!app.leaving && app.leaks_count != 0) step.put(Notice{words_of_leaks(app)});
  app.leaving = true;
  while (Opening* opening = app.openings.front()) close_opening(step, *opening, how);
  if (app.info != nullptr) --step.world.attached;
  SWITCHHOOK_ASSERT(app.leaks.empty());
  clear_timer(step, app.leak_timer);
  stop_tracing(step, app);
  const api::AppId id = app.id;
  for (auto audit = step.world.audits.begin(); audit != step.world.audits.end();) {
    if (audit->second.app == id) {
      clear_timer(step, audit->second.timer.value);
      audit = step.world.audits.erase(audit);
    } else {
      ++audit;
    }
  }
  leave_user(step.world, app);
  step.world.apps.erase(id);
  step.put(AppGone{id});
}

void end_line(Step& step, Line& line, LineEnd how, const std::string& why) {
  const Errc code = how == LineEnd::provider_lost ? Errc::provider_gone : Errc::failed;
  const Closing closing = how == LineEnd::stopping
                              ? Closing{EndOrigin::system, "the service was stopped"}
                          : how == LineEnd::provider_lost
                              ? Closing{EndOrigin::provider, "the provider is gone"}
                              : Closing{EndOrigin::provider, "the provider closed the line"};
  line.openings.for_each([&](Opening& opening) { void_opening(step, opening, code, why); });
  while (Session* session = line.sessions.front()) {
    // The pending end that end_by() makes has no room for the provider's own words.
    if (closing.origin == EndOrigin::provider && !session->end_pending && !why.empty())
      set_end(step, *session, closing.origin,
              {.mode = DisconnectMode::temporary_failure,
               .words = std::string(closing.words) + ": " + why});
    end_by(step, *session, SessionInput::line_lost, closing, provider::DropWhy::stopping);
    SWITCHHOOK_ASSERT(line.sessions.front() != session);
  }
  while (Opening* opening = line.openings.front()) {
    const App& app = *opening->app;
    const api::OpenId id = opening->id;
    remove_opening(step, *opening);
    step.event(app, api::LineClosed{id, why});
  }
  if (how == LineEnd::forced || how == LineEnd::stopping)
    tell_use(step, line);
  else
    line.told_open = line.told_takes_calls = false;
}

}  // namespace switchhook::core
