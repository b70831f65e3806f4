// SPDX-License-Identifier: Apache-2.0
#include "core/engine/timers.hpp"

#include "base/limits.hpp"
#include "core/engine/audit.hpp"
#include "core/engine/calls.hpp"
#include "core/engine/ends.hpp"
#include "core/engine/leaks.hpp"
#include "core/engine/loss.hpp"
#include "core/engine/requests.hpp"
#include "core/engine/settling.hpp"

namespace switchhook::core {
namespace {

/// A busy machine's timers are late, but not so late.
constexpr std::chrono::seconds kTimerLate{5};

/// A limit on how long the call may take. The number of the timer was @p number.
void limit_due(Step& step, const Timer& timer, Session& session, std::uint64_t& number,
               SessionInput input) {
  number = 0;
  if (session.end_pending) {
    // A drop is on its way. Should the provider refuse it, the rule still stands.
    number = set_timer(step, timer, limits::kProviderAnswer);
    return;
  }
  if (session.rule(input).action != Action::cut) return;
  if (input == SessionInput::no_answer_due)
    cut(step, session, provider::DropWhy::no_answer, DisconnectMode::no_answer,
        "not answered within the limit");
  else
    cut(step, session, provider::DropWhy::length_limit, DisconnectMode::normal,
        "the length limit was reached");
}

void audit_due(Step& step, std::uint64_t token) {
  const auto found = step.world.audits.find(token);
  if (found == step.world.audits.end()) return;
  Audit& audit = found->second;
  for (const Audit::Wait& wait : audit.waiting)
    audit.report.findings.push_back("provider " + step.world.providers[wait.provider].name +
                                    ": did not report its ledger in time");
  audit.waiting.clear();
  conclude(step, token);
}

void leaks_due(Step& step, api::AppId id) {
  App* app = step.world.apps.find(id);
  SWITCHHOOK_ASSERT(app != nullptr);
  app->leak_timer = 0;
  look_at_leaks(step, *app);
}

void due(Step& step, const Timer& timer) {
  const auto session = [&]() -> Session& {
    Session* found = step.world.sessions.find(timer.session);
    SWITCHHOOK_ASSERT(found != nullptr);
    return *found;
  };
  switch (timer.kind) {
    case Timer::Kind::no_answer:
      return limit_due(step, timer, session(), session().answer_timer, SessionInput::no_answer_due);
    case Timer::Kind::length:
      return limit_due(step, timer, session(), session().length_timer, SessionInput::length_due);
    case Timer::Kind::audit:
      return audit_due(step, timer.audit);
    case Timer::Kind::leaks:
      return leaks_due(step, timer.app);
    case Timer::Kind::kept:
      return kept_due(step, session());
    case Timer::Kind::transfer:
      return transfer_due(step, session());
  }
}

void answers_due(Step& step) {
  while (Request* request = step.world.unanswered.front()) {
    if (request->deadline > step.now.monotonic) return;
    Session& session = *request->session;
    switch (request->kind) {
      case RequestKind::make:
        unwatch(step, *request);
        answer(step, *request, Error{Errc::timed_out, "the provider did not answer"});
        end_by(step, session, SessionInput::make_overdue,
               {EndOrigin::provider, "the provider did not answer"});
        break;
      case RequestKind::drop:
        session.drop_overdue = true;
        answer_drops(step, session, Error{Errc::timed_out, "the provider did not answer"});
        if (session.rule(SessionInput::drop_overdue).action == Action::idle)
          idle(step, session);
        else
          erase(step, *request);
        break;
      case RequestKind::forwarded:
      case RequestKind::answer:
      case RequestKind::transfer:
      case RequestKind::digits:
        answer(step, *request, Error{Errc::timed_out, "the provider did not answer"});
        erase(step, *request);
        break;
    }
  }
}

void lingering_due(Step& step) {
  while (Session* session = step.world.lingering.front()) {
    if (session->overdue_at > step.now.monotonic) return;
    step.world.lingering.remove(*session);
    session->overdue = true;
    settle(step, *session);
  }
}

}  // namespace

std::uint64_t set_timer(Step& step, Timer timer, std::chrono::nanoseconds delay) {
  if (timer.kind != Timer::Kind::audit) step.world.ledger.acquire(Resource::engine_timers);
  const TimerHandle handle = step.world.timers.emplace(timer);
  step.put(SetTimer{handle.value, step.now.monotonic + delay});
  return handle.value;
}

void clear_timer(Step& step, std::uint64_t& number) {
  const Timer* timer = step.world.timers.find(TimerHandle{number});
  if (timer != nullptr) {
    if (timer->kind != Timer::Kind::audit) step.world.ledger.give_back(Resource::engine_timers);
    step.world.timers.erase(TimerHandle{number});
    step.put(ClearTimer{number});
  }
  number = 0;
}

void on(Step& step, TimerDue& input) {
  if (input.timer == kAnswerTimer && step.world.answer_timer) {
    step.world.answer_timer = false;
    step.world.ledger.give_back(Resource::engine_timers);
    return answers_due(step);
  }
  if (input.timer == kLingerTimer && step.world.linger_timer) {
    step.world.linger_timer = false;
    step.world.ledger.give_back(Resource::engine_timers);
    return lingering_due(step);
  }
  if (input.timer == kStopTimer && step.world.stopping && !step.world.stopped) {
    // Whoever has not answered by now is recorded as it is; the service goes down regardless.
    step.world.lingering.for_each([&](Session& session) {
      session.overdue = true;
      settle(step, session);
    });
    step.world.stopped = true;
    for (const api::SessionId id : step.world.settling)
      settle_now(step, *step.world.sessions.find(id));
    step.world.settling.clear();
    step.put(AllStopped{});
    return;
  }
  if (const Timer* found = step.world.timers.find(TimerHandle{input.timer})) {
    const Timer timer = *found;
    step.world.timers.erase(TimerHandle{input.timer});
    if (timer.kind != Timer::Kind::audit) step.world.ledger.give_back(Resource::engine_timers);
    due(step, timer);
  }
}

bool make_up_for_timers(Step& step) {
  const auto lost = [&](bool set, auto deadline) {
    return set && deadline + kTimerLate <= step.now.monotonic;
  };
  const Request* request = step.world.unanswered.front();
  const bool answer = request != nullptr && lost(step.world.answer_timer, request->deadline);
  const Session* session = step.world.lingering.front();
  const bool linger = session != nullptr && lost(step.world.linger_timer, session->overdue_at);
  TimerDue answers{kAnswerTimer}, lingers{kLingerTimer};
  if (answer) on(step, answers);
  if (linger) on(step, lingers);
  return answer || linger;
}

void tune_timers(Step& step) {
  const auto tune = [&](std::uint64_t number, bool& set, bool wanted, auto at) {
    if (wanted == set) return;
    set = wanted;
    if (wanted) {
      step.world.ledger.acquire(Resource::engine_timers);
      step.put(SetTimer{number, at});
    } else {
      step.world.ledger.give_back(Resource::engine_timers);
      step.put(ClearTimer{number});
    }
  };
  // Both deadlines are the same span for all, so the front of each chain is due first. A timer that
  // was set for one that is gone comes early, finds nothing due, and is set again.
  const Request* request = step.world.unanswered.front();
  tune(kAnswerTimer, step.world.answer_timer, request != nullptr,
       request != nullptr ? request->deadline : std::chrono::nanoseconds{});
  const Session* session = step.world.lingering.front();
  tune(kLingerTimer, step.world.linger_timer, session != nullptr,
       session != nullptr ? session->overdue_at : std::chrono::nanoseconds{});
}

}  // namespace switchhook::core
