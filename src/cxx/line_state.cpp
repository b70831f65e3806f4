// SPDX-License-Identifier: Apache-2.0
#include "cxx/hub.hpp"

namespace switchhook::detail {

std::optional<Error> LineState::invalid() const {
  base::Lock lock(mutex_);
  return invalid_;
}

bool LineState::invalidate(Error why) {
  std::shared_ptr<const Callback> callback;  // destroyed outside the lock: it may own anything
  std::deque<std::shared_ptr<SessionState>> waiting;
  bool first = false;
  {
    base::Lock lock(mutex_);
    first = !invalid_;
    if (first) invalid_ = std::move(why);
    callback.swap(callback_);
    waiting.swap(waiting_);
  }
  changed_.notify_all();
  return first;
}

void LineState::lose(const Error& why) {
  {
    base::Lock lock(mutex_);
    if (!invalid_) invalid_ = why;
  }
  changed_.notify_all();
}

bool LineState::offer(std::shared_ptr<SessionState> session) {
  bool dispatch = false;
  {
    base::Lock lock(mutex_);
    if (invalid_) return true;  // closing: the service makes it stale with the line
    if (waiting_.size() >= limits::kCallsPerLine) return false;
    waiting_.push_back(std::move(session));
    dispatch = wants_dispatch();
  }
  changed_.notify_one();
  if (dispatch) schedule();
  return true;
}

Result<std::shared_ptr<SessionState>> LineState::next(std::chrono::milliseconds timeout) {
  const auto deadline = deadline_in(timeout);
  base::Lock lock(mutex_);
  while (true) {
    if (invalid_) return *invalid_;
    if (!waiting_.empty()) {
      std::shared_ptr<SessionState> session = std::move(waiting_.front());
      waiting_.pop_front();
      return session;
    }
    if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout && waiting_.empty() &&
        !invalid_)
      return Error{Errc::timed_out, "no call came on line " + info_.name};
  }
}

Result<void> LineState::set_callback(Callback callback) {
  auto wanted = callback ? std::make_shared<const Callback>(std::move(callback)) : nullptr;
  bool dispatch = false;
  {
    base::Lock lock(mutex_);
    if (invalid_) return *invalid_;
    callback_.swap(wanted);  // the old one is destroyed outside the lock
    dispatch = wants_dispatch();
  }
  if (dispatch) schedule();
  return {};
}

bool LineState::wants_dispatch() {
  if (!callback_ || scheduled_ || waiting_.empty()) return false;
  scheduled_ = true;
  return true;
}

void LineState::schedule() {
  hub_->client().dispatcher().post([self = shared_from_this()] { self->deliver(); });
}

/// Dispatch thread. One call for each turn, so that events of sessions get theirs.
void LineState::deliver() {
  std::shared_ptr<const Callback> callback;
  std::shared_ptr<SessionState> session;
  {
    base::Lock lock(mutex_);
    if (callback_ && !waiting_.empty()) {
      callback = callback_;
      session = std::move(waiting_.front());
      waiting_.pop_front();
    }
  }
  if (session) (*callback)(Hub::make_session(std::move(session)));
  bool dispatch = false;
  {
    base::Lock lock(mutex_);
    scheduled_ = false;
    dispatch = wants_dispatch();
  }
  if (dispatch) schedule();
}

}  // namespace switchhook::detail
