// SPDX-License-Identifier: Apache-2.0
#include "core/engine/holders.hpp"

#include <utility>

#include "base/limits.hpp"
#include "core/engine/access.hpp"
#include "core/engine/applications.hpp"
#include "core/engine/ends.hpp"
#include "core/engine/leaks.hpp"
#include "core/engine/loss.hpp"
#include "core/engine/memory.hpp"
#include "core/engine/requests.hpp"
#include "core/engine/settling.hpp"
#include "core/rules.hpp"

namespace switchhook::core {
namespace {

Identifier* identifier_of(Step& step, const Ask& ask, api::CallId call) {
  Identifier* identifier = step.world.identifiers.find(call);
  if (identifier != nullptr && identifier->opening->app == &ask.app) return identifier;
  const bool reclaimed = ask.app.reclaimed != nullptr && ask.app.reclaimed->calls.contains(call);
  step.fail(ask, reclaimed ? Errc::reclaimed : Errc::stale_handle);
  return nullptr;
}

/// The first that opened the call's line for its most important kind of media, of those that may
/// own it.
Opening* find_owner(const Session& session, std::uint32_t media_modes) {
  const Line& line = *session.line;
  for (const std::uint32_t mode : kMediaPriority) {
    if ((media_modes & mode) == 0) continue;
    for (Opening* opening = line.openings.front(); opening != nullptr;
         opening = Chain<Opening, OfLine>::next(*opening))
      if (opening->has(Privilege::owner) && (opening->media_modes & mode) != 0 &&
          takes_more(*opening->app) && may_control(session, *opening))
        return opening;
  }
  return nullptr;
}

/// Tells the provider what is to be listened for now, if that has changed.
void tune_digits(Step& step, Session& session) {
  std::uint8_t modes = 0;
  for (const Holder& holder : session.holders)
    if (holder.call)
      modes =
          static_cast<std::uint8_t>(modes | step.world.identifiers.find(holder.call)->digit_modes);
  if (modes == session.digit_modes || session.over || session.closed) return;
  session.digit_modes = modes;
  step.to_provider(*session.line->provider, provider::MonitorDigits{session.ref, modes});
}

}  // namespace

Identifier* permitted(Step& step, const Ask& ask, api::CallId call, SessionInput input,
                      bool owners_only) {
  Identifier* identifier = identifier_of(step, ask, call);
  if (identifier == nullptr) return nullptr;
  if (owners_only && privilege_of(*identifier) != Privilege::owner) {
    step.fail(ask, Errc::not_owner);
    return nullptr;
  }
  const Session& session = *identifier->session;
  if (owners_only && !may_control(session, *identifier->opening)) {
    step.fail(ask, Errc::denied, "the call is another user's");
    return nullptr;
  }
  const Action action = session.rule(input).action;
  if (action == Action::refuse || action == Action::not_applicable) {
    step.fail(ask, Errc::invalid_state, "the call is " + std::string(to_string(session.state)));
    return nullptr;
  }
  return identifier;
}

Privilege& privilege_of(const Identifier& identifier) {
  Holder* holder = identifier.session->holder(identifier.id);
  SWITCHHOOK_ASSERT(holder != nullptr);
  return holder->privilege;
}

Identifier* identifier_in(Step& step, const Session& session, const App& app) {
  for (const Holder& holder : session.holders) {
    if (!holder.call) continue;
    Identifier* identifier = step.world.identifiers.find(holder.call);
    if (identifier->opening->app == &app) return identifier;
  }
  return nullptr;
}

Identifier* give(Step& step, Session& session, Opening& opening, Privilege privilege) {
  if (session.owners + session.monitors >= static_cast<int>(limits::kHoldersPerSession) ||
      (opening.app->identifiers >= limits::kIdentifiers && !session.emergency))
    return nullptr;
  const api::CallId id = step.world.identifiers.emplace();
  Identifier& identifier = *step.world.identifiers.find(id);
  if (session.holders.empty()) session.holders.reserve(1);
  session.holders.push_back({id, opening.app->info, privilege, false, false, step.now, {}});
  session.bound_holders();
  if (privilege == Privilege::owner && session.first_owner == nullptr)
    session.first_owner = opening.app->info;
  bind(step, identifier, id, session, opening, privilege);
  return &identifier;
}

void bind(Step& step, Identifier& identifier, api::CallId id, Session& session, Opening& opening,
          Privilege privilege) {
  identifier.id = id;
  identifier.session = &session;
  identifier.opening = &opening;
  opening.identifiers.push_back(identifier);
  App& app = *opening.app;
  ++app.identifiers;
  keep_session(app, session, kIdentifierBytes);
  ++(privilege == Privilege::owner ? session.owners : session.monitors);
  step.world.ledger.acquire(Resource::identifiers);
  if (session.over) leak_begins(step, identifier);
  touch(step, session);
  if (has_much_room(app))
    app.user->told = false;
  else if (!has_room(app) && !std::exchange(app.user->told, true))
    step.put(Notice{words_of_memory(app) + ": they get no more calls"});
}

void give_unasked(Step& step, Session& session, Opening& opening, Privilege privilege) {
  const Identifier* identifier = give(step, session, opening, privilege);
  if (identifier == nullptr) return;
  step.event(*opening.app, api::CallAppeared{opening.id, identifier->id, privilege, session.id});
  api::CallStateChanged state = state_event(step, session, identifier->id);
  state.privilege = privilege;
  step.event(*opening.app, std::move(state));
}

void give_to_monitors(Step& step, Session& session, const App* but) {
  session.line->openings.for_each([&](Opening& opening) {
    if (opening.has(Privilege::monitor) && opening.app != but && takes_more(*opening.app) &&
        may_see(session, opening) && identifier_in(step, session, *opening.app) == nullptr)
      give_unasked(step, session, opening, Privilege::monitor);
  });
}

void announce(Step& step, Session& session) {
  session.announced = true;
  Line& line = *session.line;
  const App* owner_app = nullptr;
  const bool offered = session.state == CallState::offering;
  if (offered && !step.world.refusing.empty())  // since it came
    return end_by(step, session, SessionInput::last_holder_gone,
                  {EndOrigin::policy, "no call may begin"}, provider::DropWhy::stopping);
  if (offered) {
    if (Opening* opening = find_owner(session, session.media_modes)) {
      owner_app = opening->app;
      give_unasked(step, session, *opening, Privilege::owner);
    }
  }
  give_to_monitors(step, session, owner_app);
  step.line_changed(line, api::LineChange::calls, line.calls);
  if (!offered) return;  // begun elsewhere: it needs no owner
  step.line_changed(line, api::LineChange::ringing, 1);
  if (session.owners == 0)
    end_by(step, session,
           session.held() ? SessionInput::nobody_owns : SessionInput::last_holder_gone,
           {EndOrigin::policy, "no application to own the call"}, provider::DropWhy::no_owner);
}

Privilege take(Step& step, Identifier& identifier) {
  Session& session = *identifier.session;
  Holder* holder = session.holder(identifier.id);
  SWITCHHOOK_ASSERT(holder != nullptr);
  const Privilege privilege = holder->privilege;
  App& app = *identifier.opening->app;
  leak_ends(step, identifier);
  holder->call = {};
  holder->released = step.now;
  --(privilege == Privilege::owner ? session.owners : session.monitors);
  leave_session(app, session, kIdentifierBytes);
  touch(step, session);
  identifier.opening->identifiers.remove(identifier);
  --app.identifiers;
  step.world.ledger.give_back(Resource::identifiers);
  const bool listened = identifier.digit_modes != 0;
  step.world.identifiers.erase(identifier.id);
  if (listened) tune_digits(step, session);
  return privilege;
}

void let_go(Step& step, Identifier& identifier, SessionInput owner_gone, Closing how) {
  Session& session = *identifier.session;
  Holder& holder = *session.holder(identifier.id);
  const Privilege privilege = take(step, identifier);
  settle(step, session);
  if (!session.held() && !session.kept()) {
    note_who_ends(session, holder);
    return end_by(step, session, SessionInput::last_holder_gone, how);
  }
  const bool owner = privilege == Privilege::owner;
  tell_holders(step, session, owner ? api::change::kOwnersDown : api::change::kMonitors);
  if (!owner || session.owners != 0 || session.kept()) return;
  note_who_ends(session, holder);
  end_by(step, session, owner_gone, how);
}

void command(Step& step, const Ask& ask, api::ReleaseCall& what) {
  Identifier* identifier = identifier_of(step, ask, what.call);
  if (identifier == nullptr) return;
  Session& session = *identifier->session;
  const bool pre_20 = identifier->opening->api_version < api::kApiVersion20;
  const bool sole_owner = privilege_of(*identifier) == Privilege::owner && session.owners == 1;
  const SessionInput input =
      pre_20 && sole_owner ? SessionInput::ask_release_pre_20 : SessionInput::ask_release;
  if (permitted(step, ask, what.call, input, false) == nullptr) return;
  if (pre_20)  // from 2.0 on, what is outstanding is still completed
    session.requests.for_each([&](Request& request) {
      if (request.call == what.call) silence(request);
    });
  step.done(ask);
  let_go(step, *identifier, SessionInput::owner_released,
         {EndOrigin::line_closed, "its last holder let go"});
}

void reclaim(Step& step, Identifier& identifier) {
  App& app = *identifier.opening->app;
  step.event(app, api::CallReclaimed{identifier.id});
  if (app.reclaimed == nullptr) app.reclaimed = std::make_unique<App::Reclaimed>();
  if (app.reclaimed->order.size() == limits::kReclaimedRemembered) {
    app.reclaimed->calls.erase(app.reclaimed->order.front());
    app.reclaimed->order.pop_front();
    book(app, -kReclaimedBytes);
  }
  book(app, kReclaimedBytes);
  app.reclaimed->order.push_back(identifier.id);
  app.reclaimed->calls.insert(identifier.id);
  let_go(step, identifier, SessionInput::owner_released, {EndOrigin::system, "reclaimed"});
}

void command(Step& step, const Ask& ask, api::Reclaim& what) {
  const bool all_rights = may_reclaim(ask.app.info->role);
  const auto entitled = [&](const Identifier& identifier) {
    return all_rights || identifier.opening->app == &ask.app;
  };
  if (what.call) {
    Identifier* identifier = step.world.identifiers.find(what.call);
    if (identifier == nullptr || !entitled(*identifier)) return step.fail(ask, Errc::stale_handle);
    if (!identifier->session->over)
      return step.fail(ask, Errc::invalid_state, "the call has not ended");
    reclaim(step, *identifier);
    return step.done(ask, api::Reclaimed{1});
  }
  std::vector<api::CallId> leaks;
  step.world.identifiers.for_each([&](api::CallId, const Identifier& identifier) {
    if (identifier.session->over && entitled(identifier)) leaks.push_back(identifier.id);
  });
  for (const api::CallId call : leaks) reclaim(step, *step.world.identifiers.find(call));
  step.done(ask, api::Reclaimed{leaks.size()});
}

void command(Step& step, const Ask& ask, api::SetPrivilege& what) {
  Identifier* identifier = identifier_of(step, ask, what.call);
  if (identifier == nullptr) return;
  if (what.privilege != Privilege::owner && what.privilege != Privilege::monitor)
    return step.fail(ask, Errc::invalid_privilege);
  Session& session = *identifier->session;
  Privilege& privilege = privilege_of(*identifier);
  if (privilege == what.privilege) return step.done(ask);
  std::uint32_t change = api::change::kMonitors;
  if (what.privilege == Privilege::owner) {
    if (!may_control(session, *identifier->opening))
      return step.fail(ask, Errc::denied, "the call is another user's");
    ++session.owners;
    --session.monitors;
    change |= api::change::kOwnersUp;
    if (session.first_owner == nullptr) session.first_owner = ask.app.info;
    unkeep(step, session);
  } else {
    if (session.owners == 1 &&
        permitted(step, ask, what.call, SessionInput::ask_give_up_ownership, true) == nullptr)
      return;
    --session.owners;
    ++session.monitors;
    change |= api::change::kOwnersDown;
  }
  privilege = what.privilege;
  step.done(ask);
  tell_holders(step, session, change, &ask.app);
}

void command(Step& step, const Ask& ask, api::HandOff& what) {
  Identifier* identifier = permitted(step, ask, what.call, SessionInput::ask_hand_off, true);
  if (identifier == nullptr) return;
  Session& session = *identifier->session;
  if (what.application.size() > limits::kNameBytes)
    return step.fail(ask, Errc::invalid_argument, "the application's name is too long");
  Opening* target = nullptr;
  if (what.application.empty()) {
    if (what.media_mode == 0 || (what.media_mode & (what.media_mode - 1)) != 0)
      return step.fail(ask, Errc::invalid_argument, "a name, or exactly one media mode is needed");
    target = find_owner(session, what.media_mode);
    if (target != nullptr && target->app == &ask.app) return step.fail(ask, Errc::target_self);
  } else {
    session.line->openings.for_each([&](Opening& opening) {
      if (target == nullptr && opening.app != &ask.app && opening.has(Privilege::owner) &&
          opening.app->info->name == what.application && may_control(session, opening))
        target = &opening;
    });
  }
  if (target == nullptr) return step.fail(ask, Errc::target_not_found, what.application);
  App& app = *target->app;
  if (identifier_in(step, session, app) == nullptr) {
    if (session.owners + session.monitors >= static_cast<int>(limits::kHoldersPerSession))
      return step.fail(ask, Errc::resource_unavailable, "too many hold the call");
    if (!takes_more(app))
      return step.fail(ask, Errc::resource_unavailable, "the target holds too many calls");
  }
  step.done(ask);
  make_owner(step, session, *target, &ask.app);
}

void command(Step& step, const Ask& ask, api::GetNewCalls& what) {
  Opening* opening = opening_of(step, ask, what.open);
  if (opening == nullptr) return;
  if (!takes_more(ask.app)) return step.fail(ask, Errc::resource_unavailable, why_no_more(ask.app));
  api::CallList list;
  bool full = false, crowded = false;
  opening->line->sessions.for_each([&](Session& session) {
    if (full || !session.announced || session.being_made ||
        (what.session && session.id != what.session) || !may_see(session, *opening) ||
        identifier_in(step, session, ask.app) != nullptr)
      return;
    if (list.calls.size() == limits::kListEntries || !takes_more(ask.app)) {
      full = true;
      return;
    }
    Identifier* identifier = give(step, session, *opening, Privilege::monitor);
    if (identifier == nullptr) {
      crowded = true;
      return;
    }
    note_site(*identifier, what.site);
    list.calls.push_back(identifier->id);
    list.sessions.push_back(session.id);
  });
  if (crowded && list.calls.empty())
    return step.fail(ask, Errc::resource_unavailable, "too many hold the calls of the line");
  const std::vector<api::CallId> given = list.calls;
  step.done(ask, std::move(list));
  for (const api::CallId call : given)
    tell_holders(step, *step.world.identifiers.find(call)->session, api::change::kMonitors,
                 &ask.app);
}

void command(Step& step, const Ask& ask, api::SetAppSpecific& what) {
  Identifier* identifier =
      permitted(step, ask, what.call, SessionInput::ask_set_app_specific, true);
  if (identifier == nullptr) return;
  identifier->session->app_specific = what.value;
  step.done(ask);
  tell_holders(step, *identifier->session, api::change::kAppSpecific, &ask.app);
}

void command(Step& step, const Ask& ask, api::MonitorDigits& what) {
  Identifier* identifier = permitted(step, ask, what.call, SessionInput::ask_monitor_digits, false);
  if (identifier == nullptr) return;
  const std::uint32_t offered = identifier->session->line->info.digit_modes;
  if (what.modes != 0 && offered == 0)
    return step.fail(ask, Errc::unsupported, "the line hears no digits");
  if ((what.modes & ~offered) != 0)
    return step.fail(ask, Errc::invalid_argument, "the line does not hear such digits");
  identifier->digit_modes = what.modes;
  step.done(ask);
  tune_digits(step, *identifier->session);
}

void command(Step& step, const Ask& ask, api::ReleaseUserInfo& what) {
  Identifier* identifier =
      permitted(step, ask, what.call, SessionInput::ask_release_user_info, true);
  if (identifier == nullptr) return;
  Session& session = *identifier->session;
  step.done(ask);
  // Once idle nothing changes any more: the record is frozen.
  if (session.state == CallState::idle || session.extras == nullptr) return;
  session.extras->user_info_received = std::exchange(session.extras->user_info_next, {});
  touch(step, session);
  if (!session.extras->user_info_received.empty())
    tell_holders(step, session, api::change::kUserInfo);
}

void tell_holders(Step& step, Session& session, std::uint32_t what, const App* but,
                  const App* nor) {
  touch(step, session);
  if (session.state == CallState::idle || what == 0) return;
  for (const Holder& holder : session.holders) {
    if (!holder.call) continue;
    const App& app = *step.world.identifiers.find(holder.call)->opening->app;
    if (&app != but && &app != nor) step.event(app, api::CallInfoChanged{holder.call, what});
  }
}

api::CallStateChanged state_event(Step& step, const Session& session, api::CallId call) {
  api::CallStateChanged out{
      .call = call, .state = session.state, .detail = session.detail, .at = step.now};
  if (session.state == CallState::disconnected || session.state == CallState::idle) {
    out.cause = session.end.cause;
    out.origin = session.end.origin;
  }
  return out;
}

void tell_state(Step& step, Session& session) {
  for (const Holder& holder : session.holders)
    if (holder.call)
      step.event(*step.world.identifiers.find(holder.call)->opening->app,
                 state_event(step, session, holder.call));
}

}  // namespace switchhook::core
