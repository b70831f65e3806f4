// SPDX-License-Identifier: Apache-2.0
#include "core/engine/loss.hpp"

#include <utility>

#include "base/limits.hpp"
#include "core/engine/access.hpp"
#include "core/engine/applications.hpp"
#include "core/engine/ends.hpp"
#include "core/engine/holders.hpp"
#include "core/engine/leaks.hpp"
#include "core/engine/memory.hpp"
#include "core/engine/restoring.hpp"
#include "core/engine/timers.hpp"

namespace switchhook::core {
namespace {

void keep(Step& step, Session& session, const App& lost, std::chrono::seconds time) {
  unkeep(step, session);  // others who held it before the service died were still waited for
  SessionExtras& extras = session.extra();
  extras.kept_for = lost.info;
  extras.kept_timer = set_timer(step, {Timer::Kind::kept, session.id, 0, {}}, time);
  ++session.line->kept;
  weigh(step.world, session);
}

}  // namespace

void provide_for_calls(Step& step, App& lost) {
  if (lost.info == nullptr) return;
  if (lost.leaks_count != 0) step.put(Notice{words_of_leaks(lost)});
  lost.leaving = true;
  lost.openings.for_each([&](Opening& opening) {
    const LossPolicy& policy = step.world.policy.loss_of(lost.info->name, opening.line->info.name);
    if (policy.action == LossPolicy::Action::end) return;
    opening.identifiers.for_each([&](Identifier& identifier) {
      Session& session = *identifier.session;
      if (session.over || session.end_pending || session.owners != 1 ||
          privilege_of(identifier) != Privilege::owner)
        return;
      if (policy.action == LossPolicy::Action::keep) return keep(step, session, lost, policy.keep);
      offer(step, session, &lost);
    });
  });
}

bool offer(Step& step, Session& session, const App* but) {
  for (Opening* heir = session.line->openings.front(); heir != nullptr;
       heir = Chain<Opening, OfLine>::next(*heir)) {
    if (heir->app == but || heir->app->leaving || !heir->has(Privilege::owner) ||
        (heir->media_modes & session.media_modes) == 0 || !may_control(session, *heir))
      continue;
    const bool holds = identifier_in(step, session, *heir->app) != nullptr;
    if (!holds && (!takes_more(*heir->app) || session.owners + session.monitors >=
                                                  static_cast<int>(limits::kHoldersPerSession)))
      continue;
    make_owner(step, session, *heir, nullptr);
    return true;
  }
  return false;
}

void make_owner(Step& step, Session& session, Opening& opening, const App* but) {
  App& app = *opening.app;
  if (const Identifier* held = identifier_in(step, session, app)) {
    Privilege& privilege = privilege_of(*held);
    const bool rises = privilege != Privilege::owner;
    if (rises) {
      ++session.owners;
      --session.monitors;
      privilege = Privilege::owner;
    }
    api::CallStateChanged state = state_event(step, session, held->id);
    state.privilege = Privilege::owner;
    step.event(app, std::move(state));
    if (rises)
      tell_holders(step, session, api::change::kOwnersUp | api::change::kMonitors, but, &app);
  } else {
    const std::uint16_t before = session.owners;
    give_unasked(step, session, opening, Privilege::owner);
    SWITCHHOOK_ASSERT(session.owners == before + 1);
    tell_holders(step, session, api::change::kOwnersUp, but, &app);
  }
  unkeep(step, session);
}

void unkeep(Step& step, Session& session) {
  if (!session.kept()) return;
  clear_timer(step, session.extras->kept_timer);
  session.extras->kept_timer = 0;
  session.extras->kept_for.reset();
  Line& line = *session.line;
  --line.kept;
  if (!line.info.removed) tell_use(step, line);
}

void kept_due(Step& step, Session& session) {
  if (session.awaits()) return holders_missing(step, session);
  constexpr auto kHow = SessionInput::last_holder_gone;
  note_who_ends(session, session.extras->kept_for);
  // The timer is gone; the mark stays until the session is idle, so that the line stays open.
  end_by(step, session, session.held() ? SessionInput::last_owner_gone : kHow,
         {EndOrigin::application_lost, "its application did not come back"});
}

void give_back_kept(Step& step, Opening& opening) {
  if (opening.line->kept == 0 || !opening.has(Privilege::owner)) return;
  const api::ApplicationInfo& who = *opening.app->info;
  opening.line->sessions.for_each([&](Session& session) {
    if (!session.kept() || session.end_pending || !takes_more(*opening.app)) return;
    const api::ApplicationInfo* owner = session.extras->kept_for.get();
    if (owner == nullptr || owner->name != who.name || !same_user(*owner, who)) return;
    make_owner(step, session, opening, nullptr);
  });
}

}  // namespace switchhook::core
