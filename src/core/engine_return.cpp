// SPDX-License-Identifier: Apache-2.0
// An application outlived the service: what the earlier one had given it, this one gives it again,
// under the numbers that it knows. Sessions come back ended, from their records; or as they were,
// where their calls have been taken up.
#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "core/engine_core.hpp"

namespace switchhook::core {

void EngineCore::command(const Ask& ask, api::Restore& what) {
  restore(ask, what, {});
}

void EngineCore::restore(const Ask& ask, const api::Restore& what,
                         const std::vector<Record>& records) {
  if (stopping_) return fail(ask, Errc::line_unavailable, stopping_why_);
  RecordsBySession by_session;
  for (const Record& record : records) by_session.emplace(record.session, &record);
  api::Restored out;
  for (const api::OpeningToRestore& each : what.openings)
    if (!restore(ask.app, each)) out.lost_openings.push_back(each.open);
  for (const api::CallToRestore& each : what.calls)
    if (!restore(ask.app, each, by_session)) out.lost_calls.push_back(each.call);
  done(ask, std::move(out));
}

bool EngineCore::restore(App& app, const api::OpeningToRestore& what) {
  const auto line = std::find_if(lines_.begin(), lines_.end(), [&](const Line& each) {
    return each.info.name == what.line && !each.info.removed && !each.provider->gone;
  });
  if (line == lines_.end()) return false;
  const api::OpenLine how{line->info.id, what.privileges, what.media_modes, what.api_version};
  if (objection(app, *line, how)) return false;
  Opening* adopted = openings_.adopt(what.open);
  if (adopted == nullptr) return false;
  Opening& opening = add_opening(*adopted, what.open, app, *line, how);
  line_changed(*line, api::LineChange::opened, line->openings_count, &opening);
  give_back_kept(opening);
  return true;
}

bool EngineCore::restore(App& app, const api::CallToRestore& what,
                         const RecordsBySession& records) {
  Opening* opening = openings_.find(what.open);
  if (opening == nullptr || opening->app != &app || app.identifiers >= limits::kIdentifiers)
    return false;
  Session* session = sessions_.find(what.session);
  if (session == nullptr)
    if (const auto record = records.find(what.session.value); record != records.end())
      session = revive(*record->second);
  if (session == nullptr) return false;
  const auto held =
      std::find_if(session->holders.begin(), session->holders.end(), [&](const Holder& holder) {
        return !holder.call && holder.released.wall.count() == 0 &&
               holder.who->name == app.info->name && holder.who->user == app.info->user &&
               holder.who->process == app.info->process;
      });
  Identifier* identifier = held == session->holders.end() ? nullptr : identifiers_.adopt(what.call);
  if (identifier == nullptr) {
    settle(*session);
    return false;
  }
  held->call = what.call;
  held->who = app.info;
  bind(*identifier, what.call, *session, *opening, held->privilege);
  if (session->state != CallState::idle) {
    if (session->awaits() && !lacks_holders(*session)) unkeep(*session);
    event(app, state_event(*session, what.call));
    return true;
  }
  if (what.over) return true;
  api::CallStateChanged ended = state_event(*session, what.call);
  ended.state = CallState::disconnected;
  event(app, api::Event{ended});
  event(app, state_event(*session, what.call));
  return true;
}

Line* EngineCore::line_of(const Record& record) {
  const auto line = std::find_if(lines_.begin(), lines_.end(), [&](const Line& each) {
    return each.info.name == record.line && each.provider->name == record.provider;
  });
  return line == lines_.end() ? nullptr : &*line;
}

/// A session that is over, as its record says; the journal and the store have it already.
Session* EngineCore::revive(const Record& record) {
  Line* line = line_of(record);
  if (line == nullptr || !record.end || record.state != CallState::idle) return nullptr;
  Session* session = sessions_.adopt({record.session});
  if (session == nullptr) return nullptr;
  refill(*session, record);
  session->line = line;
  session->announced = session->closed = session->returned = session->recorded = true;
  const auto since = std::max(std::chrono::microseconds(0), now_.wall - record.end->at.wall);
  session->wanted_at = now_.monotonic - since;
  remember(*session);
  ledger_.acquire(Resource::sessions);
  return session;
}

// ---- calls that were taken up

void EngineCore::on(SessionTakenUp& input) {
  const Record& record = input.record;
  const provider::CallRef ref{record.session};
  Line* line = line_of(record);
  const bool usable = line != nullptr && !line->info.removed && !line->provider->gone &&
                      !stopping_ && !record.end && sessions_.size() < limits::kSessions;
  Session* adopted = usable ? sessions_.adopt({record.session}) : nullptr;
  if (adopted == nullptr) {
    for (const auto& [id, provider] : providers_)
      if (provider.name == record.provider) to_provider(provider, provider::CloseCall{ref});
    return;
  }
  Session& session = *adopted;
  refill(session, record);
  session.ref = ref;
  session.announced = session.answered = true;
  last_call_id_ = std::max(last_call_id_, session.call_id);
  begin(session, *line);
  limit_length(session);
  await_holders(session, input.wait);
  line_changed(*line, api::LineChange::calls, line->calls);
}

void EngineCore::await_holders(Session& session, std::chrono::seconds time) {
  session.extra().kept_timer = set_timer({Timer::Kind::kept, session.id, 0, {}}, time);
  Line& line = *session.line;
  if (++line.kept == 1 && line.openings_count == 0)
    to_provider(*line.provider, provider::OpenLine{line.number});
}

/// Whether any of those who held it when the service died is still missing.
bool EngineCore::lacks_holders(const Session& session) {
  return std::any_of(session.holders.begin(), session.holders.end(), [](const Holder& each) {
    return !each.call && each.released.wall.count() == 0;
  });
}

/// Those who did not come back are dead: policy says what becomes of what they owned.
void EngineCore::holders_missing(Session& session) {
  std::shared_ptr<const api::ApplicationInfo> owner;
  for (Holder& each : session.holders) {
    if (each.call || each.released.wall.count() != 0) continue;
    each.released = now_;
    if (owner == nullptr && each.privilege == Privilege::owner) owner = each.who;
  }
  touch(session);
  if (session.owners != 0 || session.end_pending) return unkeep(session);
  if (session.over) return idle(session);
  const LossPolicy policy =
      owner ? policy_.loss_of(owner->name, session.line->info.name) : LossPolicy{};
  if (policy.action == LossPolicy::Action::keep) {
    session.extras->kept_for = owner;
    session.extras->kept_timer = set_timer({Timer::Kind::kept, session.id, 0, {}}, policy.keep);
    return session.line->openings.for_each([this](Opening& each) { give_back_kept(each); });
  }
  if (policy.action == LossPolicy::Action::offer && offer(session, nullptr)) return;
  end_by(session, session.held() ? SessionInput::last_owner_gone : SessionInput::last_holder_gone,
         {EndOrigin::application_lost, "its application did not come back"});
}

bool EngineCore::lives(std::uint64_t number) const {
  const Session* session = sessions_.find({number});
  return session != nullptr && !session->over;
}

std::optional<Record> EngineCore::orphan_ended(std::uint64_t number, const End& end) {
  Session* session = sessions_.find({number});
  if (session == nullptr || !session->over) return std::nullopt;
  session->end = end;
  return record_of(*session);
}

}  // namespace switchhook::core
