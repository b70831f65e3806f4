// SPDX-License-Identifier: Apache-2.0
// How sessions begin to exist, change state, end, and are returned by their providers.
#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "core/engine_core.hpp"

namespace switchhook::core {

Session& EngineCore::new_session(Line& line, std::uint32_t media_modes) {
  constexpr std::size_t kUsualSteps = 6;
  const api::SessionId id = sessions_.emplace();
  Session& session = *sessions_.find(id);
  session.id = id;
  session.media_modes = media_modes;
  session.timeline.reserve(kUsualSteps);
  if (++last_call_id_ == 0) ++last_call_id_;
  session.call_id = last_call_id_;
  begin(session, line);
  return session;
}

void EngineCore::begin(Session& session, Line& line) {
  session.line = &line;
  line.sessions.push_back(session);
  ++line.calls;
  ++line.provider->calls_open;
  ++sessions_total_;
  ledger_.acquire(Resource::sessions);
  ledger_.acquire(Resource::provider_calls);
  touch(session);
}

/// A state that is neither disconnected nor idle.
void EngineCore::enter(Session& session, CallState state, std::uint8_t detail) {
  if (session.announced && session.state == state && session.detail == detail) return;  // no news
  session.enter(state, detail, now_);
  touch(session);
  if (state == CallState::connected) session.answered = true;
  if (rule_if(session.standing(), SessionInput::no_answer_due).action != Action::cut)
    clear_timer(session.answer_timer);
  else
    limit_answer(session);
  limit_length(session);
  if (!session.announced) return announce(session);
  tell_state(session);
  // On bridged lines a drop leaves the call connected but inactive; then it has done its work.
  Request* drop = drop_under_way(session);
  if (drop != nullptr && drop->answered && state == CallState::connected &&
      detail == static_cast<std::uint8_t>(ConnectedMode::inactive)) {
    answer_drops(session, api::Value{});
    erase(*drop);
    session.end_pending = false;
  }
}

namespace {

/// The shorter of two limits, of which 0 is none.
std::chrono::milliseconds shorter(std::chrono::milliseconds a, std::chrono::milliseconds b) {
  return a.count() == 0 || (b.count() != 0 && b < a) ? b : a;
}

}  // namespace

void EngineCore::limit_answer(Session& session) {
  if (session.answer_timer != 0 || session.answered) return;
  const CallLimits& line = session.line->call_limits;
  std::chrono::milliseconds limit = line.ring;
  if (session.direction == Direction::outgoing)
    limit =
        shorter(line.no_answer, session.extras ? session.extras->no_answer_limit : limit.zero());
  if (limit.count() != 0)
    session.answer_timer = set_timer({Timer::Kind::no_answer, session.id, 0}, limit);
}

void EngineCore::limit_length(Session& session) {
  if (session.length_timer != 0 || !session.answered) return;
  const auto talked = [&] {  // before it was taken up
    const auto answer =
        std::find_if(session.timeline.begin(), session.timeline.end(),
                     [](const TimelineEntry& each) { return each.state == CallState::connected; });
    if (answer == session.timeline.end()) return std::chrono::microseconds(0);
    return std::max(std::chrono::microseconds(0), now_.wall - answer->at.wall);
  };
  std::chrono::milliseconds limit = session.line->call_limits.length;
  if (session.extras) limit = shorter(limit, session.extras->length_limit);
  if (limit.count() != 0)
    session.length_timer = set_timer({Timer::Kind::length, session.id, 0},
                                     std::max(limit - talked(), std::chrono::microseconds(0)));
}

void EngineCore::request_end(Session& session, PendingEnd wanted) {
  if (session.end_pending) {
    session.pending_end.forced |= wanted.forced;
    return;
  }
  session.pending_end = wanted;
  session.end_pending = true;
  session.wanted_at = now_.monotonic;
}

void EngineCore::set_end(Session& session, EndOrigin origin, Cause cause) {
  if (session.over) return;  // whoever was first ended it
  session.over = true;
  if (!session.end_pending) session.wanted_at = now_.monotonic;
  if (cause.words.size() > limits::kWordsBytes) cause.words.resize(limits::kWordsBytes);
  session.end.origin = origin;
  session.end.cause = std::move(cause);
  session.end.at = now_;
  for (const Holder& holder : session.holders)
    if (holder.call) leak_begins(*identifiers_.find(holder.call));
}

/// The communication is over; the session waits to be cleared.
void EngineCore::disconnect(Session& session, EndOrigin origin, Cause cause) {
  set_end(session, origin, std::move(cause));
  clear_timers(session);
  if (session.sending_digits != nullptr) digits_done(*session.sending_digits, true);
  session.enter(CallState::disconnected, 0, now_);
  touch(session);
  if (!session.announced) session.announced = true;  // too late to tell anybody
  tell_state(session);
  // Nobody could clear it: a monitor must not, and may still want to see its end.
  if (session.owners == 0 && !session.awaits()) idle(session);
}

/// The end of the session's life at its provider. What is outstanding is completed first.
void EngineCore::idle(Session& session) {
  SWITCHHOOK_ASSERT(session.state != CallState::idle);
  if (session.end_pending)
    set_end(session, session.pending_end.origin,
            {.mode = session.pending_end.mode, .words = session.pending_end.words});
  else
    set_end(session, EndOrigin::remote_party, cause_unsaid(session));
  clear_timers(session);
  finish_requests(session);
  session.enter(CallState::idle, 0, now_);
  touch(session);
  session.announced = true;
  tell_state(session);
  Line& line = *session.line;
  line.sessions.remove(session);
  --line.calls;
  close_at_provider(session);
  unkeep(session);
  if (!session.make_failed) line_changed(line, api::LineChange::calls, line.calls);
  settle(session);
}

void EngineCore::finish_requests(Session& session) {
  answer_drops(session, api::Value{});
  session.requests.for_each([this](Request& request) {
    switch (request.kind) {
      case RequestKind::make:  // given up; the provider's word on it is still to come
        silence(request);
        return unwatch(request);
      case RequestKind::digits:
        return digits_done(request, true);
      case RequestKind::drop:
        return erase(request);
      case RequestKind::accept:
      case RequestKind::answer:
      case RequestKind::hold:
      case RequestKind::unhold:
      case RequestKind::transfer:
        answer(request, {Errc::failed, "the call ended"});
        return erase(request);
    }
  });
}

void EngineCore::clear_timers(Session& session) {
  clear_timer(session.answer_timer);
  clear_timer(session.length_timer);
}

void EngineCore::close_at_provider(Session& session) {
  Provider& provider = *session.line->provider;
  session.closed = true;
  if (session.make_failed) return returned(session);  // there is nothing to close
  ++provider.calls_closed;
  to_provider(provider, provider::CloseCall{session.ref});
  if (session.returned) {
    --provider.calls_returned;
  } else if (provider.gone) {
    returned(session);
  } else {
    session.overdue_at = now_.monotonic + limits::kProviderLinger;
    lingering_.push_back(session);
  }
}

/// The provider holds nothing for the session any more.
void EngineCore::returned(Session& session) {
  if (session.returned) return;
  session.returned = true;
  if (session.over && !session.make_failed) {
    const auto after = now_.monotonic - session.wanted_at;
    end_times_.returned.add(after);
    if (!session.recorded)
      session.end.returned_after = std::chrono::duration_cast<std::chrono::microseconds>(after);
  }
  Provider& provider = *session.line->provider;
  --provider.calls_open;
  ledger_.give_back(Resource::provider_calls);
  if (!session.closed) {
    ++provider.calls_returned;
  } else {
    if (Chain<Session, OfLine>::chained(session)) lingering_.remove(session);
    settle(session);
  }
}

/// A drop nobody asked for; the provider's answer and idle are awaited all the same.
void EngineCore::drop_unasked(Session& session, provider::DropWhy why) {
  if (drop_under_way(session) != nullptr) return;
  Request& request = add_request(RequestKind::drop, session);
  watch(request);
  to_provider(*session.line->provider, provider::Drop{session.ref, request.id.value, why, {}});
}

/// A rule ends the communication: the provider is told, and for the holders it is over at once.
void EngineCore::cut(Session& session, provider::DropWhy why, DisconnectMode mode,
                     const char* words) {
  drop_unasked(session, why);
  session.cut = true;
  disconnect(session, EndOrigin::policy, {.mode = mode, .words = words});
}

void EngineCore::end_by(Session& session, SessionInput input, Closing how, provider::DropWhy why) {
  const PendingEnd wanted{how.origin,
                          how.origin == EndOrigin::provider
                              ? DisconnectMode::temporary_failure
                              : mode_of_local_end(session, DropReason::normal),
                          how.words, true};
  const bool offered = session.direction == Direction::incoming && !session.answered;
  if (why == provider::DropWhy::normal && offered) why = provider::DropWhy::no_owner;
  switch (session.rule(input).action) {
    case Action::clear:
      return idle(session);
    case Action::drop:
      request_end(session, wanted);
      return drop_unasked(session, why);
    case Action::close:
      request_end(session, wanted);
      if (drop_under_way(session) == nullptr)
        to_provider(*session.line->provider,
                    provider::Drop{session.ref, unheard_number(), why, {}});
      return idle(session);
    default:
      return;
  }
}

}  // namespace switchhook::core
