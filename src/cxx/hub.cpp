// SPDX-License-Identifier: Apache-2.0
#include "cxx/hub.hpp"

#include "api/leak_summary.hpp"
#include "base/clock.hpp"

namespace switchhook::detail {

namespace {

constexpr std::chrono::milliseconds kRetry{5};  ///< after the service said "overloaded"

Error shut_down() {
  return Error{Errc::stale_application, "the application was shut down"};
}

Error line_closed() {
  return Error{Errc::stale_line, "the line was closed"};
}

SessionEvent event_of(SessionEvent::Kind kind, const Moment& at = {}) {
  SessionEvent event;
  event.kind = kind;
  event.at = at;
  return event;
}

ApplicationEvent event_of(ApplicationEvent::Kind kind, std::uint32_t line = 0) {
  ApplicationEvent event;
  event.kind = kind;
  event.line = line;
  return event;
}

}  // namespace

/// A request that somebody waits for. Its fields are guarded by the hub's mutex.
struct Hub::Pending {
  api::OpenId open;
  api::RequestId request = 0;
  bool done = false;
  bool given_up = false;  ///< the waiting thread has gone, or is about to
  Result<api::Value> result = api::Value{};
  base::Condition answered;
};

Result<Application> Hub::make_application(const api::Client::Connect& connect) {
  std::shared_ptr<Hub> hub(new Hub);  // NOLINT: private constructor
  auto client = api::Client::connect(
      connect, [hub](api::Notice notice) { hub->on_notice(std::move(notice)); });
  if (!client) {
    hub->dispatcher_->stop();
    return std::move(client).error();
  }
  {
    base::Lock lock(hub->mutex_);
    hub->client_ = std::move(*client);
  }
  return Application(std::move(hub));
}

// ---- requests

bool Hub::connected() const {
  base::Lock lock(mutex_);
  return client_ != nullptr && !down_ && !gone_;
}

Result<api::Value> Hub::perform(api::Command command, api::OpenId open, Hooks hooks,
                                std::chrono::milliseconds timeout) {
  const auto deadline = deadline_in(timeout);
  auto pending = std::make_shared<Pending>();
  pending->open = open;
  std::shared_ptr<api::Client> client;
  {
    base::Lock lock(mutex_);
    if (down_ || !client_) return shut_down();
    if (gone_) return *gone_;
    client = client_;
    pending_.insert(pending);
  }
  Result<api::RequestId> request = client->post(
      std::move(command),
      [self = shared_from_this(), pending, hooks = std::move(hooks)](Result<api::Value> result) {
        self->complete(pending, hooks, std::move(result));
      });
  base::Lock lock(mutex_);
  if (!request) {
    pending_.erase(pending);
    return std::move(request).error();
  }
  pending->request = *request;
  while (!pending->done && !pending->given_up) {
    if (pending->answered.wait_until(mutex_, deadline) == std::cv_status::timeout &&
        !pending->done && !pending->given_up) {
      pending->given_up = true;
      pending->result = Error{Errc::timed_out, "the service did not answer"};
    }
  }
  pending_.erase(pending);
  return std::move(pending->result);
}

void Hub::complete(const std::shared_ptr<Pending>& pending, const Hooks& hooks,
                   Result<api::Value> result) {
  if (result && hooks.arrived) hooks.arrived(*result);
  {
    base::Lock lock(mutex_);
    if (!pending->given_up) {
      pending->result = std::move(result);
      pending->done = true;
      pending->answered.notify_all();
      return;
    }
  }
  if (result && hooks.unwanted) hooks.unwanted(*result);
}

/// Hands in a command that nobody waits for. Safe on the service thread: shutdown() keeps the
/// client until this has let go of it, so the client is never destroyed on its own thread.
Result<api::RequestId> Hub::post(api::Command command, api::Client::Done done) {
  std::shared_ptr<api::Client> client;
  {
    base::Lock lock(mutex_);
    if (down_ || !client_) return shut_down();
    if (gone_) return *gone_;
    client = client_;
    ++posting_;
  }
  Result<api::RequestId> request = client->post(std::move(command), std::move(done));
  client.reset();
  base::Lock lock(mutex_);
  if (--posting_ == 0) posted_.notify_all();
  return request;
}

/// Ends the waits that belong to an opening, or all of them, and returns those.
std::vector<std::shared_ptr<Hub::Pending>> Hub::abandon(std::optional<api::OpenId> open,
                                                        const Error& why) {
  std::vector<std::shared_ptr<Pending>> abandoned;
  base::Lock lock(mutex_);
  for (const std::shared_ptr<Pending>& pending : pending_) {
    if (pending->done || pending->given_up || (open && pending->open != *open)) continue;
    pending->given_up = true;
    pending->result = why;
    pending->answered.notify_all();
    abandoned.push_back(pending);
  }
  return abandoned;
}

// ---- lines

Result<std::vector<LineInfo>> Hub::lines() {
  Result<api::LineList> list = perform_for<api::LineList>(api::ListLines{});
  if (!list) return std::move(list).error();
  std::erase_if(list->lines, [](const LineInfo& line) { return line.removed; });
  return std::move(list->lines);
}

Result<std::shared_ptr<LineState>> Hub::open_line(const LineInfo& info,
                                                  const LineOptions& options) {
  api::OpenLine command;
  command.line = info.id;
  command.privileges = static_cast<std::uint8_t>(options.privilege);
  if (options.monitor_too && options.privilege == Privilege::owner)
    command.privileges |= static_cast<std::uint8_t>(Privilege::monitor);
  command.media_modes = options.media_modes;
  auto opened = std::make_shared<std::shared_ptr<LineState>>();
  Hooks hooks;
  // In the table before the first event about it can come.
  hooks.arrived = [self = shared_from_this(), opened, info](api::Value& value) {
    const auto* answer = std::get_if<api::OpenedLine>(&value);
    if (answer == nullptr) return;
    *opened = std::make_shared<LineState>(self, answer->open, info);
    base::Lock lock(self->mutex_);
    self->lines_.emplace(answer->open, *opened);
  };
  hooks.unwanted = [self = shared_from_this(), opened](api::Value&) {
    if (*opened) static_cast<void>(self->close_line(*opened, false));
  };
  Result<api::OpenedLine> answer =
      perform_for<api::OpenedLine>(command, api::OpenId{}, std::move(hooks));
  if (!answer) return std::move(answer).error();
  return *opened;
}

Result<void> Hub::close_line(const std::shared_ptr<LineState>& line, bool wait) {
  const bool first = line->invalidate(line_closed());
  {
    base::Lock lock(mutex_);
    lines_.erase(line->open());
  }
  for (const std::shared_ptr<SessionState>& session : take_sessions(line->open()))
    session->invalidate(Error{Errc::stale_handle, "its line was closed"});
  forget_requests(abandon(line->open(), line_closed()));
  if (!first) return line->invalid().value_or(line_closed());
  if (!wait) {
    post_close(line->open());
    return {};
  }
  Result<api::Value> closed = perform(api::CloseLine{line->open()});
  after_close(line->open());
  if (closed) return {};
  if (closed.error().code == Errc::overloaded) {
    post_close(line->open());
    return {};
  }
  return std::move(closed).error();
}

/// Not lost when the service is overloaded: an open line holds calls.
void Hub::post_close(api::OpenId open) {
  Result<api::RequestId> posted =
      post(api::CloseLine{open},
           [self = shared_from_this(), open](const auto&) { self->after_close(open); });
  if (posted || posted.error().code != Errc::overloaded) return;
  dispatcher_->post_after(kRetry, [self = shared_from_this(), open] { self->post_close(open); });
}

/// The service has closed the line: what was outstanding there will not be completed any more. A
/// second time, because of this order:
///   thread A: make_call() finds the line open
///   thread B: close_line() invalidates it, abandons what waits (not A's call, which does not yet)
///   thread A: posts MakeCall
///   thread B: posts CloseLine, which suppresses the completion of A's call
void Hub::after_close(api::OpenId open) {
  forget_requests(abandon(open, line_closed()));
}

/// Lets the client forget requests that will not be answered.
void Hub::forget_requests(const std::vector<std::shared_ptr<Pending>>& abandoned) {
  std::shared_ptr<api::Client> client;
  std::vector<api::RequestId> requests;
  {
    base::Lock lock(mutex_);
    if (abandoned.empty() || down_ || !client_) return;
    client = client_;
    ++posting_;
    for (const std::shared_ptr<Pending>& pending : abandoned)
      if (pending->request != 0) requests.push_back(pending->request);
  }
  for (api::RequestId request : requests) client->forget(request);
  client.reset();
  base::Lock lock(mutex_);
  if (--posting_ == 0) posted_.notify_all();
}

// ---- sessions

std::shared_ptr<SessionState> Hub::adopt(api::CallId call, api::OpenId open) {
  auto session = std::make_shared<SessionState>(shared_from_this(), call, open);
  base::Lock lock(mutex_);
  auto [place, added] = sessions_.emplace(call, session);
  return place->second;
}

std::shared_ptr<SessionState> Hub::find(api::CallId call) const {
  base::Lock lock(mutex_);
  auto found = sessions_.find(call);
  return found == sessions_.end() ? nullptr : found->second;
}

std::shared_ptr<LineState> Hub::find(api::OpenId open) const {
  base::Lock lock(mutex_);
  auto found = lines_.find(open);
  return found == lines_.end() ? nullptr : found->second;
}

void Hub::forget(api::CallId call) {
  std::shared_ptr<SessionState> session;  // destroyed outside the lock
  base::Lock lock(mutex_);
  auto found = sessions_.find(call);
  if (found == sessions_.end()) return;
  session = std::move(found->second);
  sessions_.erase(found);
}

Hub::Extracted Hub::take_sessions(std::optional<api::OpenId> open) {
  Extracted taken;
  base::Lock lock(mutex_);
  for (auto at = sessions_.begin(); at != sessions_.end();) {
    if (open && at->second->open() != *open) {
      ++at;
      continue;
    }
    taken.push_back(std::move(at->second));
    at = sessions_.erase(at);
  }
  return taken;
}

Result<std::shared_ptr<SessionState>> Hub::make_call(const std::shared_ptr<LineState>& line,
                                                     const std::string& address,
                                                     const CallOptions& options, const void* site) {
  if (options.no_answer < options.no_answer.zero())
    return Error{Errc::invalid_argument, "the no-answer time is negative"};
  if (options.length_limit < options.length_limit.zero())
    return Error{Errc::invalid_argument, "the length limit is negative"};
  if (std::optional<Error> invalid = line->invalid()) return *invalid;
  api::MakeCall command;
  command.open = line->open();
  command.address = address;
  command.no_answer_timeout = options.no_answer;
  command.length_limit = options.length_limit;
  command.media_modes = options.media_modes;
  command.calling = options.calling;
  command.called_party = options.called_name;
  command.comment = options.comment;
  command.user_info = options.user_info;
  command.app_specific = options.app_specific;
  command.site = words_of(site);
  auto made = std::make_shared<std::shared_ptr<SessionState>>();
  Hooks hooks;
  // In the table before the first event about it can come.
  hooks.arrived = [self = shared_from_this(), made, open = line->open(), site](api::Value& value) {
    const auto* answer = std::get_if<api::MadeCall>(&value);
    if (answer == nullptr) return;
    *made = self->adopt(answer->call, open);
    (*made)->acquired_at(site);
    static_cast<void>((*made)->announce());
  };
  // Nobody waits for the call any more: it must not live on without a holder.
  hooks.unwanted = [self = shared_from_this(), made](api::Value&) {
    if (*made) static_cast<void>(self->release(*made, false));
  };
  Result<api::MadeCall> answer =
      perform_for<api::MadeCall>(std::move(command), line->open(), std::move(hooks));
  if (!answer) return std::move(answer).error();
  return *made;
}

Result<std::vector<std::shared_ptr<SessionState>>> Hub::existing_calls(
    const std::shared_ptr<LineState>& line, const void* site) {
  if (std::optional<Error> invalid = line->invalid()) return *invalid;
  auto found = std::make_shared<std::vector<std::shared_ptr<SessionState>>>();
  Hooks hooks;
  hooks.arrived = [self = shared_from_this(), found, open = line->open(), site](api::Value& value) {
    const auto* list = std::get_if<api::CallList>(&value);
    if (list == nullptr) return;
    for (api::CallId call : list->calls) {
      found->push_back(self->adopt(call, open));
      found->back()->acquired_at(site);
      static_cast<void>(found->back()->announce());
    }
  };
  hooks.unwanted = [self = shared_from_this(), found](api::Value&) {
    for (const std::shared_ptr<SessionState>& session : *found)
      static_cast<void>(self->release(session, false));
  };
  Result<api::CallList> list = perform_for<api::CallList>(
      api::GetNewCalls{line->open(), words_of(site)}, line->open(), std::move(hooks));
  if (!list) return std::move(list).error();
  // The stream does not repeat the state of what was there before; ask.
  for (const std::shared_ptr<SessionState>& session : *found) {
    Hooks look;
    look.arrived = [session](api::Value& value) {
      if (const auto* snapshot = std::get_if<api::CallSnapshot>(&value))
        session->correct(snapshot->record);
    };
    static_cast<void>(perform(api::GetCall{session->call()}, line->open(), std::move(look)));
  }
  return std::move(*found);
}

Result<void> Hub::release(const std::shared_ptr<SessionState>& session, bool wait) {
  const bool first =
      session->invalidate(Error{Errc::stale_handle, "the session was released by this program"});
  forget(session->call());
  if (!first) return session->invalid().value_or(Error{Errc::stale_handle, {}});
  if (!wait) {
    post_release(session->call());
    return {};
  }
  Result<api::Value> released = perform(api::ReleaseCall{session->call()}, session->open());
  if (released) return {};
  if (released.error().code == Errc::overloaded) {
    post_release(session->call());
    return {};
  }
  return std::move(released).error();
}

void Hub::post_release(api::CallId call) {
  Result<api::RequestId> posted = post(api::ReleaseCall{call}, [](const auto&) {});
  // Any other error: the application is gone or lost, and the service releases everything.
  if (posted || posted.error().code != Errc::overloaded) return;
  {
    base::Lock lock(mutex_);
    unsent_releases_.push_back(call);
    if (std::exchange(flushing_, true)) return;
  }
  dispatcher_->post([self = shared_from_this()] { self->flush_releases(); });
}

/// Dispatch thread.
void Hub::flush_releases() {
  while (!dispatcher_->stopping()) {
    api::CallId call;
    {
      base::Lock lock(mutex_);
      if (down_ || gone_) unsent_releases_.clear();
      if (unsent_releases_.empty()) {
        flushing_ = false;
        return;
      }
      call = unsent_releases_.front();
    }
    Result<api::RequestId> posted = post(api::ReleaseCall{call}, [](const auto&) {});
    if (!posted && posted.error().code == Errc::overloaded) {
      dispatcher_->post_after(kRetry, [self = shared_from_this()] { self->flush_releases(); });
      return;
    }
    base::Lock lock(mutex_);
    if (!unsent_releases_.empty()) unsent_releases_.pop_front();
  }
}

std::size_t Hub::sessions_held() const {
  std::vector<std::shared_ptr<SessionState>> all;
  {
    base::Lock lock(mutex_);
    for (const auto& [call, session] : sessions_) all.push_back(session);
  }
  return static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [](const auto& session) { return !session->invalid(); }));
}

// ---- the stream, on the service thread

void Hub::on_notice(api::Notice notice) {
  if (auto* event = std::get_if<api::Event>(&notice)) {
    on_event(std::move(*event));
  } else if (const auto* lost = std::get_if<api::Disconnected>(&notice)) {
    on_service_lost(lost->why);
  }
  // Completions go to the hooks of perform(); nothing here uses Client::start().
}

void Hub::on_event(api::Event event) {
  if (const auto* appeared = std::get_if<api::CallAppeared>(&event)) {
    if (find(appeared->open)) adopt(appeared->call, appeared->open);
  } else if (auto* changed = std::get_if<api::CallStateChanged>(&event)) {
    std::shared_ptr<SessionState> session = find(changed->call);
    if (!session) return;  // released a moment ago
    SessionEvent out = event_of(SessionEvent::Kind::state, changed->at);
    out.state = changed->state;
    out.detail = changed->detail;
    out.cause = std::move(changed->cause);
    out.origin = changed->origin;
    out.privilege = changed->privilege;
    session->push(std::move(out));
    if (!session->announce()) return;
    std::shared_ptr<LineState> line = find(session->open());
    if (line && !line->offer(session)) {
      static_cast<void>(release(session, false));
      tell(event_of(ApplicationEvent::Kind::call_released, line->info().id));
    }
  } else if (const auto* info = std::get_if<api::CallInfoChanged>(&event)) {
    if (auto session = find(info->call)) session->push(event_of(SessionEvent::Kind::information));
  } else if (const auto* digit = std::get_if<api::DigitReceived>(&event)) {
    SessionEvent out = event_of(SessionEvent::Kind::digit, digit->at);
    out.digit = digit->digit;
    out.digit_mode = digit->mode;
    if (auto session = find(digit->call)) session->push(std::move(out));
  } else if (const auto* sent = std::get_if<api::DigitsSent>(&event)) {
    SessionEvent out = event_of(SessionEvent::Kind::digits_sent, sent->at);
    out.tag = sent->tag;
    out.cancelled = sent->cancelled;
    if (auto session = find(sent->call)) session->push(std::move(out));
  } else if (const auto* reclaimed = std::get_if<api::CallReclaimed>(&event)) {
    if (auto session = find(reclaimed->call))
      session->lose(Error{Errc::reclaimed, {}}, base::SystemClock().now());
  } else if (const auto* closed = std::get_if<api::LineClosed>(&event)) {
    std::shared_ptr<LineState> line = find(closed->open);
    if (!line) return;
    const Error why{Errc::stale_line, "the service closed it: " + closed->why};
    line->lose(why);
    Extracted sessions;
    {
      base::Lock lock(mutex_);
      for (const auto& [call, session] : sessions_)
        if (session->open() == closed->open) sessions.push_back(session);
    }
    const Moment now = base::SystemClock().now();
    for (const auto& session : sessions)
      session->lose(Error{Errc::stale_handle, "its line was closed: " + closed->why}, now);
    abandon(closed->open, why);
    ApplicationEvent out = event_of(ApplicationEvent::Kind::line_closed, line->info().id);
    out.why = why;
    tell(std::move(out));
  } else if (const auto* added = std::get_if<api::LineAppeared>(&event)) {
    tell(event_of(ApplicationEvent::Kind::line_added, added->line));
  } else if (const auto* removed = std::get_if<api::LineRemoved>(&event)) {
    tell(event_of(ApplicationEvent::Kind::line_removed, removed->line));
  } else if (const auto* leaks = std::get_if<api::LeakLimitReached>(&event)) {
    ApplicationEvent out = event_of(ApplicationEvent::Kind::leak_limit);
    out.held = leaks->held;
    out.oldest = leaks->oldest.value;
    out.too_old = leaks->by_age;
    out.action = leaks->action;
    tell(std::move(out));
  } else if (const auto* lost = std::get_if<api::EventsLost>(&event)) {
    ApplicationEvent out = event_of(ApplicationEvent::Kind::events_lost);
    out.lost = lost->count;
    tell(std::move(out));
    resync();
  }
}

void Hub::on_service_lost(const Error& why) {
  const Error error{Errc::disconnected, why.code == Errc::disconnected ? why.context : why.text()};
  Extracted sessions;
  std::vector<std::shared_ptr<LineState>> lines;
  {
    base::Lock lock(mutex_);
    gone_ = error;
    for (const auto& [call, session] : sessions_) sessions.push_back(session);
    for (const auto& [open, line] : lines_) lines.push_back(line);
  }
  const Moment now = base::SystemClock().now();
  for (const auto& line : lines) line->lose(error);
  for (const auto& session : sessions) session->lose(error, now);
  abandon(std::nullopt, error);
  ApplicationEvent out = event_of(ApplicationEvent::Kind::service_lost);
  out.why = error;
  tell(std::move(out));
}

/// Events were lost: the mirrors may be wrong, and an end may have been missed. Asks for one
/// session after the other, so that it never adds to the overload.
void Hub::resync() {
  auto left = std::make_shared<Extracted>();
  {
    base::Lock lock(mutex_);
    for (const auto& [call, session] : sessions_) left->push_back(session);
  }
  resync_next(std::move(left));
}

void Hub::resync_next(std::shared_ptr<Extracted> left) {
  while (!left->empty()) {
    std::shared_ptr<SessionState> session = std::move(left->back());
    left->pop_back();
    if (session->invalid()) continue;
    Result<api::RequestId> posted =
        post(api::GetCall{session->call()},
             [self = shared_from_this(), left, session](Result<api::Value> value) {
               if (value)
                 if (const auto* snapshot = std::get_if<api::CallSnapshot>(&*value))
                   session->correct(snapshot->record);
               self->resync_next(left);
             });
    if (posted) return;
    if (posted.error().code != Errc::overloaded) return;
    left->push_back(std::move(session));
    dispatcher_->post_after(kRetry, [self = shared_from_this(), left] { self->resync_next(left); });
    return;
  }
}

// ---- the application

void Hub::tell(ApplicationEvent event) {
  bool dispatch = false;
  {
    base::Lock lock(mutex_);
    if (events_.size() >= limits::kEventsOfApplication) events_.pop_front();
    events_.push_back(std::move(event));
    dispatch = callback_ && !std::exchange(scheduled_, true);
  }
  if (dispatch) dispatcher_->post([self = shared_from_this()] { self->deliver(); });
}

Result<void> Hub::set_callback(Application::EventCallback callback) {
  auto wanted =
      callback ? std::make_shared<const Application::EventCallback>(std::move(callback)) : nullptr;
  bool dispatch = false;
  {
    base::Lock lock(mutex_);
    if (down_) return shut_down();
    callback_.swap(wanted);  // the old one is destroyed outside the lock
    dispatch = callback_ && !events_.empty() && !std::exchange(scheduled_, true);
  }
  if (dispatch) dispatcher_->post([self = shared_from_this()] { self->deliver(); });
  return {};
}

/// Dispatch thread.
void Hub::deliver() {
  while (!dispatcher_->stopping()) {
    std::shared_ptr<const Application::EventCallback> callback;
    ApplicationEvent event;
    {
      base::Lock lock(mutex_);
      if (!callback_ || events_.empty()) {
        scheduled_ = false;
        return;
      }
      callback = callback_;
      event = std::move(events_.front());
      events_.pop_front();
    }
    (*callback)(event);
  }
}

Result<void> Hub::drain(std::chrono::milliseconds timeout) {
  {
    base::Lock lock(mutex_);
    if (down_) return shut_down();
  }
  if (!dispatcher_->drain(timeout)) return Error{Errc::timed_out, "callbacks are still running"};
  return {};
}

/// What is still held of ended sessions, to where the environment says.
void Hub::report_leaks() {
  if (!api::leaks_wanted()) return;
  std::vector<std::shared_ptr<SessionState>> sessions;
  std::vector<api::Unreleased> unreleased;
  {
    base::Lock lock(mutex_);
    if (down_) return;
    for (const auto& [call, session] : sessions_) sessions.push_back(session);
  }
  for (const auto& session : sessions) {
    if (!session->leaking()) continue;
    const std::shared_ptr<LineState> line = find(session->open());
    unreleased.push_back({line ? line->info().name : std::string("?"), words_of(session->site())});
  }
  api::report_unreleased("the application's end", unreleased);
}

Result<void> Hub::shutdown() {
  report_leaks();
  std::shared_ptr<api::Client> client;
  bool lost = false;
  {
    base::Lock lock(mutex_);
    if (!down_) client = client_;
    down_ = true;
    lost = gone_.has_value();
  }
  Result<void> told;
  if (client && !lost) {
    Result<api::Value> answer = client->call(api::ShutDown{}, kShutDownAnswer);
    if (!answer) told = std::move(answer).error();
  }
  // Waiting threads return before the dispatch thread is waited for: it may be one of them.
  abandon(std::nullopt, shut_down());
  std::vector<std::shared_ptr<LineState>> lines;
  std::shared_ptr<const Application::EventCallback> callback;
  std::shared_ptr<api::Client> last;
  {
    base::Lock lock(mutex_);
    for (auto& [open, line] : lines_) lines.push_back(std::move(line));
    lines_.clear();
    callback.swap(callback_);
    events_.clear();
    unsent_releases_.clear();
    while (posting_ > 0) posted_.wait(mutex_);
    last = std::move(client_);
  }
  for (const auto& session : take_sessions(std::nullopt)) session->invalidate(shut_down());
  for (const auto& line : lines) line->invalidate(shut_down());
  dispatcher_->stop();
  // `last` and `client` go here, the connection with them, unless another thread is still on its
  // way out of a call: then with that.
  return told;
}

}  // namespace switchhook::detail
