// SPDX-License-Identifier: Apache-2.0
// What becomes of the live calls that an application owned alone, when it is lost: ended, kept for
// it to come back, or given to another, as the site's policy says.
#include <utility>

#include "base/limits.hpp"
#include "core/engine_core.hpp"

namespace switchhook::core {

/// Before its lines are closed: what is to outlive it gets another owner, or a time to wait.
void EngineCore::provide_for_calls(App& lost) {
  if (lost.info == nullptr) return;
  lost.leaving = true;
  lost.openings.for_each([&](Opening& opening) {
    const LossPolicy& policy = policy_.loss_of(lost.info->name, opening.line->info.name);
    if (policy.action == LossPolicy::Action::end) return;
    opening.identifiers.for_each([&](Identifier& identifier) {
      Session& session = *identifier.session;
      if (session.over || session.end_pending || session.owners != 1 ||
          privilege_of(identifier) != Privilege::owner)
        return;
      if (policy.action == LossPolicy::Action::keep) return keep(session, lost, policy.keep);
      offer(session, &lost);
    });
  });
}

/// To the first other application that can own it. False when there is none.
bool EngineCore::offer(Session& session, const App* but) {
  for (Opening* heir = session.line->openings.front(); heir != nullptr;
       heir = Chain<Opening, OfLine>::next(*heir)) {
    if (heir->app == but || heir->app->leaving || !heir->has(Privilege::owner) ||
        (heir->media_modes & session.media_modes) == 0)
      continue;
    const bool holds = identifier_in(session, *heir->app) != nullptr;
    if (!holds && (!takes_more(*heir->app) || session.owners + session.monitors >=
                                                  static_cast<int>(limits::kHoldersPerSession)))
      continue;
    make_owner(session, *heir, nullptr);
    return true;
  }
  return false;
}

/// The opening's application owns the session from now on, besides those who do already; it is
/// told, and so are the other holders but `but`. There has to be room for its identifier.
void EngineCore::make_owner(Session& session, Opening& opening, const App* but) {
  App& app = *opening.app;
  if (const Identifier* held = identifier_in(session, app)) {
    Privilege& privilege = privilege_of(*held);
    const bool rises = privilege != Privilege::owner;
    if (rises) {
      ++session.owners;
      --session.monitors;
      privilege = Privilege::owner;
    }
    api::CallStateChanged state = state_event(session, held->id);
    state.privilege = Privilege::owner;
    event(app, std::move(state));
    if (rises) tell_holders(session, api::change::kOwnersUp | api::change::kMonitors, but, &app);
  } else {
    const std::uint16_t before = session.owners;
    give_unasked(session, opening, Privilege::owner);
    SWITCHHOOK_ASSERT(session.owners == before + 1);
    tell_holders(session, api::change::kOwnersUp, but, &app);
  }
  unkeep(session);
}

void EngineCore::keep(Session& session, const App& lost, std::chrono::seconds time) {
  unkeep(session);  // others who held it before the service died were still waited for
  SessionExtras& extras = session.extra();
  extras.kept_for = lost.info;
  extras.kept_timer = set_timer({Timer::Kind::kept, session.id, 0, {}}, time);
  ++session.line->kept;
}

/// Somebody owns it again, or it has ended.
void EngineCore::unkeep(Session& session) {
  if (!session.kept()) return;
  clear_timer(session.extras->kept_timer);
  session.extras->kept_timer = 0;
  session.extras->kept_for.reset();
  Line& line = *session.line;
  // Nobody has the line open: it was only open for what was kept.
  if (--line.kept == 0 && line.openings_count == 0 && !line.info.removed)
    to_provider(*line.provider, provider::CloseLine{line.number});
}

void EngineCore::kept_due(Session& session) {
  if (session.awaits()) return holders_missing(session);
  constexpr auto kHow = SessionInput::last_holder_gone;
  // The timer is gone; the mark stays until the session is idle, so that the line stays open.
  end_by(session, session.held() ? SessionInput::last_owner_gone : kHow,
         {EndOrigin::application_lost, "its application did not come back"});
}

/// The application is back: what waited for it is its own again.
void EngineCore::give_back_kept(Opening& opening) {
  if (opening.line->kept == 0 || !opening.has(Privilege::owner)) return;
  const api::ApplicationInfo& who = *opening.app->info;
  opening.line->sessions.for_each([&](Session& session) {
    if (!session.kept() || session.end_pending || !takes_more(*opening.app)) return;
    const api::ApplicationInfo* owner = session.extras->kept_for.get();
    if (owner == nullptr || owner->name != who.name || owner->user != who.user) return;
    make_owner(session, opening, nullptr);
  });
}

}  // namespace switchhook::core
