// SPDX-License-Identifier: Apache-2.0
#include "core/engine/operating.hpp"

#include "core/engine/access.hpp"
#include "core/engine/ends.hpp"
#include "core/engine/holders.hpp"
#include "core/engine/settling.hpp"
#include "core/rules.hpp"

namespace switchhook::core {
namespace {

/// The record names who ends it among the former holders, as an owner for a moment.
void note(Step& step, Session& session, const App& app) {
  const Identifier* own = identifier_in(step, session, app);
  Holder* by = own != nullptr ? session.holder(own->id) : nullptr;
  if (by == nullptr) {
    by = &session.holders.emplace_back();
    by->who = app.info;
    by->privilege = Privilege::owner;
    by->acquired = by->released = step.now;
  }
  note_who_ends(session, *by);
  session.bound_holders();
  touch(step, session);
}

}  // namespace

void command(Step& step, const Ask& ask, api::Reload&) {
  step.fail(ask, Errc::unsupported, "this service has no configuration file");
}

void command(Step& step, const Ask& ask, api::Drain&) {
  step.fail(ask, Errc::unsupported, "this service ends with its process");
}

void command(Step& step, const Ask& ask, api::HangUp& what) {
  Session* session = step.world.sessions.find(what.session);
  const Reach reach = session != nullptr && session->announced
                          ? reach_of(ask.app.info->role, tie_of(*session, ask.app, false))
                          : Reach::nothing;
  if (reach == Reach::nothing)
    return step.fail(ask, Errc::not_found, "session " + std::to_string(what.session.value));
  if (reach != Reach::control) return step.fail(ask, Errc::denied, "the call is another user's");
  switch (session->rule(SessionInput::ask_drop).action) {
    case Action::clear:
      step.done(ask);
      return idle(step, *session);
    case Action::drop:
      step.done(ask);
      note(step, *session, ask.app);
      request_end(
          step, *session,
          {EndOrigin::local_user, mode_of_local_end(*session, DropReason::normal),
           may_reclaim(ask.app.info->role) ? "hung up by an operator" : "hung up by its user",
           true});
      return drop_unasked(step, *session, drop_why(*session, DropReason::normal));
    default:  // refused, or not applicable; see kBranches in transition_table.cpp
      return step.fail(ask, Errc::invalid_state,
                       "the call is " + std::string(to_string(session->state)));
  }
}

}  // namespace switchhook::core
