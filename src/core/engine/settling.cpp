// SPDX-License-Identifier: Apache-2.0
#include "core/engine/settling.hpp"

#include <utility>

#include "base/limits.hpp"
#include "core/engine/leaks.hpp"
#include "core/engine/memory.hpp"
#include "core/engine/requests.hpp"
#include "core/engine/timers.hpp"

namespace switchhook::core {
namespace {

void forget(Step& step, Session& session) {
  SWITCHHOOK_ASSERT((session.closed && !Chain<Session, OfLine>::chained(session)));
  while (Request* request = session.requests.front()) erase(step, *request);
  forget_weight(step.world, session);
  if (session.emergency && session.extras)  // its maker may be gone
    if (App* maker = step.world.apps.find(std::exchange(session.extras->emergency_of, {})))
      --maker->emergencies;
  if (session.ref.minted_by_provider()) session.line->provider->refs.erase(session.ref.value);
  step.world.ledger.give_back(Resource::sessions);
  if (session.make_failed && step.world.journalled)
    step.put(CallNeverMade{session.line->provider->id, session.ref});
  if (session.recorded) step.world.end_times.released.add(step.now.monotonic - session.wanted_at);
  if (session.recorded && session.touched) fill(step.put<RecordAmended>().record, session);
  const api::SessionId id = session.id;
  if (session.recorded && step.world.remembered[session.remembered_at].id == id)
    step.world.remembered[session.remembered_at].session.emplace(std::move(session));
  step.world.sessions.erase(id);
}

void check_stopped(Step& step) {
  if (!step.world.stopping || step.world.stopped || step.world.lingering.front() != nullptr) return;
  for (const auto& [id, provider] : step.world.providers)
    if (!provider.gone && !provider.stopped) return;
  for (const Line& line : step.world.lines)
    if (!line.sessions.empty()) return;
  step.world.stopped = true;
  step.put(ClearTimer{kStopTimer});
  step.put(AllStopped{});
}

}  // namespace

void settle(Step& step, Session& session) {
  if (session.settling) return;
  session.settling = true;
  step.world.settling.push_back(session.id);
}

void settle_now(Step& step, Session& session) {
  session.settling = false;
  if (session.state != CallState::idle) return;
  if (!session.recorded && !session.make_failed && (session.returned || session.overdue)) {
    if (session.end.confirmation == Confirmation::pending)
      session.end.confirmation = Confirmation::unconfirmed;
    RecordDone& done = step.put<RecordDone>();
    done.call = session.ref;
    fill(done.record, session);
    remember(step, session);
    session.recorded = true;
    session.touched = false;
    ++step.world.records;
    const auto origin = static_cast<std::size_t>(session.end.origin);
    const auto mode = static_cast<std::size_t>(session.end.cause.mode);
    if (origin < step.world.ended.size() && mode < step.world.ended[origin].size())
      ++step.world.ended[origin][mode];
  }
  if (session.returned && !session.held()) forget(step, session);
}

void touch(Step& step, Session& session) {
  weigh(step.world, session);
  if (!step.world.journalled || session.touched) return;
  session.touched = true;
  step.world.touched.push_back(session.id);
}

void take_changed(World& world,
                  const std::function<void(provider::CallRef, const Record&)>& changed,
                  api::SessionId only) {
  const auto take = [&](api::SessionId id) {
    Session* session = world.sessions.find(id);
    if (session == nullptr) return;  // over already: its record or its failure was told
    if (!session->touched || session->recorded || session->make_failed) return;
    session->touched = false;
    changed(session->ref, record_of(*session));
  };
  if (only) return take(only);
  for (const api::SessionId id : world.touched) take(id);
  world.touched.clear();
}

void remember(Step& step, Session& session) {
  session.remembered_at = static_cast<std::uint32_t>(step.world.remembered_next);
  if (step.world.remembered.size() == step.world.remembered_next)
    step.world.remembered.emplace_back();
  else
    step.world.remembered[step.world.remembered_next].session.reset();
  step.world.remembered[step.world.remembered_next].id = session.id;
  step.world.remembered_next = (step.world.remembered_next + 1) % limits::kRecordsRemembered;
}

void finish_step(Step& step) {
  for (const api::AppId id : std::exchange(step.world.leaking, {}))
    if (App* app = step.world.apps.find(id)) check_leaks(step, *app);
  for (const api::SessionId id : step.world.settling)
    settle_now(step, *step.world.sessions.find(id));
  step.world.settling.clear();
  if (!step.world.line_news.empty()) step.tell_line_changes();
  tune_timers(step);
  check_stopped(step);
}

}  // namespace switchhook::core
