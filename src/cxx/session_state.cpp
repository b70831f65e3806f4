// SPDX-License-Identifier: Apache-2.0
#include "cxx/hub.hpp"
#include "cxx/words.hpp"

namespace switchhook::detail {

namespace {

bool is_over(CallState state) {
  return state == CallState::idle || state == CallState::disconnected;
}

/// Never dropped, however slow the program is: how the session ended, and that it is gone.
bool is_precious(const SessionEvent& event) {
  return event.kind == SessionEvent::Kind::gone ||
         (event.kind == SessionEvent::Kind::state && is_over(event.state));
}

}  // namespace

std::optional<Error> SessionState::invalid() const {
  base::Lock lock(mutex_);
  return invalid_;
}

bool SessionState::announce() {
  base::Lock lock(mutex_);
  return !std::exchange(announced_, true);
}

void SessionState::book(const SessionEvent& event) {
  ++news_;
  if (event.kind != SessionEvent::Kind::state) return;
  state_ = event.state;
  state_known_ = true;
  entered_[static_cast<std::size_t>(event.state)] = news_;
  if (event.cause) how_ended_ = end_words(event.origin, *event.cause);
}

/// @return whether the dispatch thread has to be called.
bool SessionState::enqueue(SessionEvent event) {
  book(event);
  if (events_.size() >= limits::kEventsPerSession) {
    auto victim = std::find_if_not(events_.begin(), events_.end(), is_precious);
    if (victim != events_.end()) {
      events_.erase(victim);
      ++lost_;
    }
  }
  events_.push_back(std::move(event));
  return wants_dispatch();
}

void SessionState::push(SessionEvent event) {
  bool dispatch = false;
  {
    base::Lock lock(mutex_);
    if (invalid_) return;
    dispatch = enqueue(std::move(event));
  }
  changed_.notify_all();
  if (dispatch) schedule();
}

void SessionState::begin_with(const Record& record) {
  SessionEvent event;
  event.kind = SessionEvent::Kind::state;
  event.state = record.state;
  if (record.end) {
    event.cause = record.end->cause;
    event.origin = record.end->origin;
  }
  {
    base::Lock lock(mutex_);
    if (!state_known_) book(event);
  }
  changed_.notify_all();
}

void SessionState::lose(const Error& why, const Moment& at) {
  SessionEvent event;
  event.kind = SessionEvent::Kind::gone;
  event.why = why;
  event.at = at;
  bool dispatch = false;
  {
    base::Lock lock(mutex_);
    if (invalid_) return;
    dispatch = enqueue(std::move(event));
    invalid_ = why;  // with the event: who has seen it finds the identifier invalid
  }
  changed_.notify_all();
  if (dispatch) schedule();
}

bool SessionState::invalidate(Error why) {
  std::shared_ptr<const Callback> callback;  // destroyed outside the lock: it may own anything
  std::deque<SessionEvent> events;
  bool first = false;
  {
    base::Lock lock(mutex_);
    first = !invalid_;
    if (first) invalid_ = std::move(why);
    callback.swap(callback_);
    events.swap(events_);
    lost_ = 0;
  }
  changed_.notify_all();
  return first;
}

std::optional<SessionEvent> SessionState::take() {
  if (lost_ > 0) {
    SessionEvent event;
    event.kind = SessionEvent::Kind::events_lost;
    event.lost = std::exchange(lost_, 0);
    return event;
  }
  if (events_.empty()) return std::nullopt;
  std::optional<SessionEvent> event(std::move(events_.front()));
  events_.pop_front();
  return event;
}

Result<std::optional<SessionEvent>> SessionState::next(std::chrono::milliseconds timeout) {
  const auto deadline = deadline_in(timeout);
  base::Lock lock(mutex_);
  while (true) {
    if (std::optional<SessionEvent> event = take()) return event;
    if (invalid_) return *invalid_;
    if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout && events_.empty() &&
        !invalid_)
      return std::optional<SessionEvent>();
  }
}

Result<void> SessionState::wait_for(CallState state,
                                    std::chrono::steady_clock::time_point deadline) const {
  base::Lock lock(mutex_);
  const std::uint64_t began = news_;
  while (true) {
    if (state_known_ && state_ == state) return {};
    if (entered_[static_cast<std::size_t>(state)] > began) return {};
    if (invalid_) return *invalid_;
    if (state_known_ && is_over(state_) && (state_ == CallState::idle || !is_over(state)))
      return Error{Errc::invalid_state, "the call ended " + how_ended_};
    if (std::chrono::steady_clock::now() >= deadline)
      return Error{Errc::timed_out, "waiting for the state " + std::string(to_string(state))};
    changed_.wait_until(mutex_, deadline);
  }
}

Result<void> SessionState::wait_for_end(std::chrono::steady_clock::time_point deadline) const {
  base::Lock lock(mutex_);
  while (true) {
    if (state_known_ && is_over(state_)) return {};
    if (invalid_) return *invalid_;
    if (std::chrono::steady_clock::now() >= deadline)
      return Error{Errc::timed_out, "waiting for the end of the call"};
    changed_.wait_until(mutex_, deadline);
  }
}

std::uint64_t SessionState::wait_for_news(std::uint64_t seen,
                                          std::chrono::steady_clock::time_point deadline) const {
  base::Lock lock(mutex_);
  while (news_ <= seen && !invalid_ && std::chrono::steady_clock::now() < deadline)
    changed_.wait_until(mutex_, deadline);
  return news_;
}

Result<void> SessionState::set_callback(Callback callback) {
  auto wanted = callback ? std::make_shared<const Callback>(std::move(callback)) : nullptr;
  bool dispatch = false;
  {
    base::Lock lock(mutex_);
    if (invalid_ && events_.empty()) return *invalid_;
    callback_.swap(wanted);  // the old one is destroyed outside the lock
    dispatch = wants_dispatch();
  }
  if (dispatch) schedule();
  return {};
}

bool SessionState::wants_dispatch() {
  if (!callback_ || scheduled_ || events_.empty()) return false;
  scheduled_ = true;
  return true;
}

void SessionState::schedule() {
  hub_->client().dispatcher().post([self = shared_from_this()] { self->deliver(); });
}

/// Dispatch thread. Takes what was there when it began, so that others get their turn.
void SessionState::deliver() {
  std::size_t turns = 0;
  {
    base::Lock lock(mutex_);
    turns = events_.size() + 1;
  }
  while (turns-- > 0 && !hub_->client().dispatcher().stopping()) {
    std::shared_ptr<const Callback> callback;
    std::optional<SessionEvent> event;
    {
      base::Lock lock(mutex_);
      if (callback_) event = take();
      callback = callback_;
    }
    if (!event) break;
    (*callback)(SessionView(Hub::make_view(shared_from_this())), *event);
  }
  bool dispatch = false;
  std::shared_ptr<const Callback> done;
  {
    base::Lock lock(mutex_);
    scheduled_ = false;
    dispatch = wants_dispatch();
    if (invalid_ && events_.empty()) done.swap(callback_);
  }
  if (dispatch) schedule();
}

}  // namespace switchhook::detail
