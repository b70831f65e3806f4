// SPDX-License-Identifier: Apache-2.0
#include "core/engine/restoring.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/limits.hpp"
#include "core/engine/access.hpp"
#include "core/engine/applications.hpp"
#include "core/engine/ends.hpp"
#include "core/engine/holders.hpp"
#include "core/engine/loss.hpp"
#include "core/engine/memory.hpp"
#include "core/engine/settling.hpp"
#include "core/engine/timers.hpp"

namespace switchhook::core {
namespace {

using RecordsBySession = std::unordered_map<std::uint64_t, const Record*>;

Session* revive(Step& step, const Record& record);
bool lacks_holders(const Session& session);

bool restore(Step& step, App& app, const api::OpeningToRestore& what) {
  const auto line =
      std::find_if(step.world.lines.begin(), step.world.lines.end(), [&](const Line& each) {
        return each.info.name == what.line && !each.info.removed && !each.provider->gone;
      });
  if (line == step.world.lines.end()) return false;
  const api::OpenLine how{line->info.id, what.privileges, what.media_modes, what.api_version};
  if (objection(app, *line, how)) return false;
  Opening* adopted = step.world.openings.adopt(what.open);
  if (adopted == nullptr) return false;
  Opening& opening = add_opening(step, *adopted, what.open, app, *line, how);
  step.line_changed(*line, api::LineChange::opened, line->openings_count, &app);
  give_back_kept(step, opening);
  return true;
}

bool restore(Step& step, App& app, const api::CallToRestore& what,
             const RecordsBySession& records) {
  Opening* opening = step.world.openings.find(what.open);
  if (opening == nullptr || opening->app != &app || app.identifiers >= limits::kIdentifiers ||
      !has_room(app))
    return false;
  Session* session = step.world.sessions.find(what.session);
  if (session == nullptr)
    if (const auto record = records.find(what.session.value); record != records.end())
      session = revive(step, *record->second);
  if (session == nullptr) return false;
  const auto held =
      std::find_if(session->holders.begin(), session->holders.end(), [&](const Holder& holder) {
        return !holder.call && holder.released.wall.count() == 0 &&
               holder.who->name == app.info->name && same_user(*holder.who, *app.info) &&
               holder.who->process == app.info->process;
      });
  Identifier* identifier =
      held == session->holders.end() ? nullptr : step.world.identifiers.adopt(what.call);
  if (identifier == nullptr) {
    settle(step, *session);
    return false;
  }
  held->call = what.call;
  held->who = app.info;
  bind(step, *identifier, what.call, *session, *opening, held->privilege);
  if (session->state != CallState::idle) {
    if (session->awaits() && !lacks_holders(*session)) unkeep(step, *session);
    step.event(app, state_event(step, *session, what.call));
    return true;
  }
  if (what.over) return true;
  api::CallStateChanged ended = state_event(step, *session, what.call);
  ended.state = CallState::disconnected;
  step.event(app, std::move(ended));
  step.event(app, state_event(step, *session, what.call));
  return true;
}

Line* line_of(Step& step, const Record& record) {
  const auto line =
      std::find_if(step.world.lines.begin(), step.world.lines.end(), [&](const Line& each) {
        return each.info.name == record.line && each.provider->name == record.provider;
      });
  return line == step.world.lines.end() ? nullptr : &*line;
}

/// A session that is over, from its record; it is in the journal and the store already.
Session* revive(Step& step, const Record& record) {
  Line* line = line_of(step, record);
  if (line == nullptr || !record.end || record.state != CallState::idle) return nullptr;
  Session* session = step.world.sessions.adopt({record.session});
  if (session == nullptr) return nullptr;
  refill(*session, record);
  session->line = line;
  session->announced = session->closed = session->returned = session->recorded = true;
  const auto since = std::max(std::chrono::microseconds(0), step.now.wall - record.end->at.wall);
  session->wanted_at = step.now.monotonic - since;
  remember(step, *session);
  step.world.ledger.acquire(Resource::sessions);
  return session;
}

void await_holders(Step& step, Session& session, std::chrono::seconds time) {
  session.extra().kept_timer = set_timer(step, {Timer::Kind::kept, session.id, 0, {}}, time);
  Line& line = *session.line;
  ++line.kept;
  weigh(step.world, session);
  tell_use(step, line);
}

/// What an application that knew an earlier service's lines keeps of them means the same line, or is
/// gone. One that went even earlier is told once more. A line that comes back is a new one to who saw
/// that it was gone. Where nobody knows what lines there were, nothing
/// is told.
void tell_lines(Step& step, App& app) {
  if (std::exchange(app.knows_lines, true) || step.world.lines_expected == 0) return;
  for (const Line& line : step.world.lines) {
    const bool before = line.info.id < step.world.lines_expected;
    if (before && line.info.removed) step.event(app, api::LineRemoved{line.info.id});
    if (!line.was_there && !line.info.removed) step.event(app, api::LineAppeared{line.info.id});
  }
}

/// Whether any of those who held it when the service died is still missing.
bool lacks_holders(const Session& session) {
  return std::any_of(session.holders.begin(), session.holders.end(), [](const Holder& each) {
    return !each.call && each.released.wall.count() == 0;
  });
}

}  // namespace

void command(Step& step, const Ask& ask, api::Restore& what) {
  restore(step, ask, what, {});
}

void restore(Step& step, const Ask& ask, const api::Restore& what,
             const std::vector<Record>& records) {
  if (step.world.stopping) return step.fail(ask, Errc::line_unavailable, step.world.stopping_why);
  RecordsBySession by_session;
  for (const Record& record : records) by_session.emplace(record.session, &record);
  api::Restored out;
  for (const api::OpeningToRestore& each : what.openings)
    if (!restore(step, ask.app, each)) out.lost_openings.push_back(each.open);
  for (const api::CallToRestore& each : what.calls)
    if (!restore(step, ask.app, each, by_session)) out.lost_calls.push_back(each.call);
  tell_lines(step, ask.app);
  step.done(ask, std::move(out));
}

void on(Step& step, SessionTakenUp& input) {
  const Record& record = input.record;
  const provider::CallRef ref{record.session};
  Line* line = line_of(step, record);
  const bool usable = line != nullptr && !line->info.removed && !line->provider->gone &&
                      !step.world.stopping && !record.end &&
                      step.world.sessions.size() < limits::kSessions;
  Session* adopted = usable ? step.world.sessions.adopt({record.session}) : nullptr;
  if (adopted == nullptr) {
    for (const auto& [id, provider] : step.world.providers)
      if (provider.name == record.provider) step.to_provider(provider, provider::CloseCall{ref});
    return;
  }
  Session& session = *adopted;
  refill(session, record);
  session.ref = ref;
  session.announced = session.answered = true;
  session.emergency = session.direction == Direction::outgoing &&
                      step.world.policy.is_emergency(record.parties.called.address);
  step.world.last_call_id = std::max(step.world.last_call_id, session.call_id);
  begin(step, session, *line);
  limit_length(step, session);
  await_holders(step, session, input.wait);
  step.line_changed(*line, api::LineChange::calls, line->calls);
}

void holders_missing(Step& step, Session& session) {
  std::shared_ptr<const api::ApplicationInfo> owner;
  for (Holder& each : session.holders) {
    if (each.call || each.released.wall.count() != 0) continue;
    each.released = step.now;
    if (owner == nullptr && each.privilege == Privilege::owner) owner = each.who;
  }
  touch(step, session);
  if (session.owners != 0 || session.end_pending) return unkeep(step, session);
  if (session.over) return idle(step, session);
  const LossPolicy policy =
      owner ? step.world.policy.loss_of(owner->name, session.line->info.name) : LossPolicy{};
  if (policy.action == LossPolicy::Action::keep) {
    session.extras->kept_for = owner;
    session.extras->kept_timer =
        set_timer(step, {Timer::Kind::kept, session.id, 0, {}}, policy.keep);
    return session.line->openings.for_each([&](Opening& each) { give_back_kept(step, each); });
  }
  if (policy.action == LossPolicy::Action::offer && offer(step, session, nullptr)) return;
  note_who_ends(session, owner);
  end_by(step, session,
         session.held() ? SessionInput::last_owner_gone : SessionInput::last_holder_gone,
         {EndOrigin::application_lost, "its application did not come back"});
}

bool lives(const World& world, std::uint64_t number) {
  const Session* session = world.sessions.find({number});
  return session != nullptr && !session->over;
}

std::optional<Record> orphan_ended(World& world, std::uint64_t number, const End& end) {
  Session* session = world.sessions.find({number});
  if (session == nullptr || !session->over) return std::nullopt;
  session->end = end;
  weigh(world, *session);
  return record_of(*session);
}

}  // namespace switchhook::core
