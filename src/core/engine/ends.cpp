// SPDX-License-Identifier: Apache-2.0
#include "core/engine/ends.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "core/engine/access.hpp"
#include "core/engine/calls.hpp"
#include "core/engine/holders.hpp"
#include "core/engine/leaks.hpp"
#include "core/engine/loss.hpp"
#include "core/engine/memory.hpp"
#include "core/engine/requests.hpp"
#include "core/engine/settling.hpp"
#include "core/engine/timers.hpp"
#include "core/rules.hpp"

namespace switchhook::core {
namespace {

/// Of an emergency call, which only its program's own limits end.
constexpr CallLimits kNoCallLimits{.ring = std::chrono::seconds(0)};

/// The shorter of two limits, of which 0 is none.
std::chrono::milliseconds shorter(std::chrono::milliseconds a, std::chrono::milliseconds b) {
  return a.count() == 0 || (b.count() != 0 && b < a) ? b : a;
}

void finish_requests(Step& step, Session& session) {
  answer_drops(step, session);
  session.requests.for_each([&](Request& request) {
    switch (request.kind) {
      case RequestKind::make:  // given up; the provider has still to answer it
        silence(request);
        return unwatch(step, request);
      case RequestKind::digits:
        return digits_done(step, request, true);
      case RequestKind::drop:
        return erase(step, request);
      case RequestKind::forwarded:
      case RequestKind::answer:
      case RequestKind::transfer:
        answer(step, request, Error{Errc::failed, "the call ended"});
        return erase(step, request);
    }
  });
}

void clear_timers(Step& step, Session& session) {
  clear_timer(step, session.answer_timer);
  clear_timer(step, session.length_timer);
}

void close_at_provider(Step& step, Session& session) {
  Provider& provider = *session.line->provider;
  session.closed = true;
  if (session.make_failed) return returned(step, session);  // there is nothing to close
  ++provider.calls_closed;
  step.to_provider(provider, provider::CloseCall{session.ref});
  if (session.returned) {
    --provider.calls_returned;
  } else if (provider.gone) {
    returned(step, session);
  } else {
    session.overdue_at = step.now.monotonic + limits::kProviderLinger;
    step.world.lingering.push_back(session);
  }
}

}  // namespace

Session& new_session(Step& step, Line& line, std::uint32_t media_modes) {
  constexpr std::size_t kUsualSteps = 6;
  const api::SessionId id = step.world.sessions.emplace();
  Session& session = *step.world.sessions.find(id);
  session.id = id;
  session.media_modes = media_modes;
  session.timeline.reserve(kUsualSteps);
  if (++step.world.last_call_id == 0) ++step.world.last_call_id;
  session.call_id = step.world.last_call_id;
  begin(step, session, line);
  return session;
}

void begin(Step& step, Session& session, Line& line) {
  session.line = &line;
  line.sessions.push_back(session);
  ++line.calls;
  ++line.provider->calls_open;
  ++step.world.sessions_total;
  step.world.ledger.acquire(Resource::sessions);
  step.world.ledger.acquire(Resource::provider_calls);
  touch(step, session);
}

void enter(Step& step, Session& session, CallState state, std::uint8_t detail) {
  if (session.announced && session.state == state && session.detail == detail) return;  // no news
  session.enter(state, detail, step.now);
  touch(step, session);
  if (state == CallState::connected && !session.answered) {
    session.answered = true;
    settle_claim(step, session);
  }
  if (rule_if(session.standing(), SessionInput::no_answer_due).action != Action::cut)
    clear_timer(step, session.answer_timer);
  else
    limit_answer(step, session);
  limit_length(step, session);
  if (!session.announced) return announce(step, session);
  tell_state(step, session);
  // On bridged lines a drop leaves the call connected but inactive; then the drop is complete.
  Request* drop = drop_under_way(session);
  if (drop != nullptr && drop->answered && state == CallState::connected &&
      detail == static_cast<std::uint8_t>(ConnectedMode::inactive)) {
    answer_drops(step, session);
    erase(step, *drop);
    session.end_pending = false;
  }
}

void limit_answer(Step& step, Session& session) {
  if (session.answer_timer != 0 || session.answered) return;
  const CallLimits line = session.emergency ? kNoCallLimits : session.line->call_limits;
  std::chrono::milliseconds limit = line.ring;
  if (session.direction == Direction::outgoing)
    limit = shorter(line.no_answer, session.extras ? session.extras->no_answer_limit
                                                   : std::chrono::milliseconds::zero());
  if (limit.count() != 0)
    session.answer_timer = set_timer(step, {Timer::Kind::no_answer, session.id, 0}, limit);
}

void limit_length(Step& step, Session& session) {
  if (session.length_timer != 0 || !session.answered) return;
  const auto talked = [&] {  // before it was taken up
    const auto answer =
        std::find_if(session.timeline.begin(), session.timeline.end(),
                     [](const TimelineEntry& each) { return each.state == CallState::connected; });
    if (answer == session.timeline.end()) return std::chrono::microseconds(0);
    return std::max(std::chrono::microseconds(0), step.now.wall - answer->at.wall);
  };
  std::chrono::milliseconds limit =
      session.emergency ? kNoCallLimits.length : session.line->call_limits.length;
  if (session.extras) limit = shorter(limit, session.extras->length_limit);
  if (limit.count() != 0)
    session.length_timer = set_timer(step, {Timer::Kind::length, session.id, 0},
                                     std::max(limit - talked(), std::chrono::microseconds(0)));
}

void request_end(Step& step, Session& session, PendingEnd wanted) {
  if (session.end_pending) {
    session.pending_end.forced |= wanted.forced;
    return;
  }
  session.pending_end = wanted;
  session.end_pending = true;
  session.wanted_at = step.now.monotonic;
}

void set_end(Step& step, Session& session, EndOrigin origin, Cause cause) {
  if (session.over) return;  // whoever was first ended it
  session.over = true;
  if (!session.end_pending) session.wanted_at = step.now.monotonic;
  if (cause.words.size() > limits::kWordsBytes) cause.words.resize(limits::kWordsBytes);
  session.end.origin = origin;
  session.end.cause = std::move(cause);
  session.end.at = step.now;
  for (const Holder& holder : session.holders)
    if (holder.call) leak_begins(step, *step.world.identifiers.find(holder.call));
}

void disconnect(Step& step, Session& session, EndOrigin origin, Cause cause) {
  set_end(step, session, origin, std::move(cause));
  clear_timers(step, session);
  if (session.sending_digits != nullptr) digits_done(step, *session.sending_digits, true);
  session.enter(CallState::disconnected, 0, step.now);
  touch(step, session);
  if (!session.announced) session.announced = true;  // too late to tell anybody
  tell_state(step, session);
  // Nobody could clear it: a monitor must not, and may still want to see its end.
  if (session.owners == 0 && !session.awaits()) idle(step, session);
}

void idle(Step& step, Session& session) {
  SWITCHHOOK_ASSERT(session.state != CallState::idle);
  if (session.end_pending)
    set_end(step, session, session.pending_end.origin,
            {.mode = session.pending_end.mode, .words = session.pending_end.words});
  else
    set_end(step, session, EndOrigin::remote_party, cause_unsaid(session));
  clear_timers(step, session);
  finish_requests(step, session);
  session.enter(CallState::idle, 0, step.now);
  touch(step, session);
  session.announced = true;
  tell_state(step, session);
  Line& line = *session.line;
  line.sessions.remove(session);
  --line.calls;
  close_at_provider(step, session);
  unkeep(step, session);
  if (!session.make_failed) step.line_changed(line, api::LineChange::calls, line.calls);
  settle(step, session);
}

void returned(Step& step, Session& session) {
  if (session.returned) return;
  session.returned = true;
  if (session.over && !session.make_failed) {
    const auto after = step.now.monotonic - session.wanted_at;
    step.world.end_times.returned.add(after);
    if (!session.recorded)
      session.end.returned_after = std::chrono::duration_cast<std::chrono::microseconds>(after);
  }
  weigh(step.world, session);
  Provider& provider = *session.line->provider;
  --provider.calls_open;
  step.world.ledger.give_back(Resource::provider_calls);
  if (!session.closed) {
    ++provider.calls_returned;
  } else {
    if (Chain<Session, OfLine>::chained(session)) step.world.lingering.remove(session);
    settle(step, session);
  }
}

void drop_unasked(Step& step, Session& session, provider::DropWhy why) {
  if (drop_under_way(session) != nullptr) return;
  Request& request = add_request(step, RequestKind::drop, session);
  watch(step, request);
  step.to_provider(*session.line->provider, provider::Drop{session.ref, request.id.value, why, {}});
}

void cut(Step& step, Session& session, provider::DropWhy why, DisconnectMode mode,
         const char* words) {
  drop_unasked(step, session, why);
  session.cut = true;
  disconnect(step, session, EndOrigin::policy, {.mode = mode, .words = words});
}

void stop(Step& step, Session& session) {
  constexpr Closing kHow{EndOrigin::system, "the service was stopped"};
  constexpr auto kInput = SessionInput::line_lost;
  if (session.announced && !session.over && session.rule(kInput).action == Action::close) {
    PendingEnd how = session.pending_end;
    if (!session.end_pending)
      how = {kHow.origin, mode_of_local_end(session, DropReason::normal), kHow.words, true};
    set_end(step, session, how.origin, {.mode = how.mode, .words = how.words});
    if (drop_under_way(session) == nullptr)
      step.to_provider(
          *session.line->provider,
          provider::Drop{session.ref, unheard_number(step), provider::DropWhy::stopping, {}});
    session.cut = true;
    session.enter(CallState::disconnected, 0, step.now);
    touch(step, session);
    tell_state(step, session);
    return idle(step, session);
  }
  end_by(step, session, kInput, kHow, provider::DropWhy::stopping);
}

void end_by(Step& step, Session& session, SessionInput input, Closing how, provider::DropWhy why) {
  const PendingEnd wanted{how.origin,
                          how.origin == EndOrigin::provider
                              ? DisconnectMode::temporary_failure
                              : mode_of_local_end(session, DropReason::normal),
                          how.words, true};
  const bool offered = session.direction == Direction::incoming && !session.answered;
  if (why == provider::DropWhy::normal && offered) why = provider::DropWhy::no_owner;
  switch (session.rule(input).action) {
    case Action::clear:
      return idle(step, session);
    case Action::drop:
      request_end(step, session, wanted);
      return drop_unasked(step, session, why);
    case Action::close:
      request_end(step, session, wanted);
      if (drop_under_way(session) == nullptr)
        step.to_provider(*session.line->provider,
                         provider::Drop{session.ref, unheard_number(step), why, {}});
      return idle(step, session);
    default:  // kept, or not applicable; see kBranches in transition_table.cpp
      return;
  }
}

}  // namespace switchhook::core
