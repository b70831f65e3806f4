// SPDX-License-Identifier: Apache-2.0
#include "cxx/hub.hpp"

#include "base/cases.hpp"
#include "base/clock.hpp"

namespace switchhook::detail {

namespace {

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

Result<Application> Hub::make_application(const client::Connect& connect) {
  std::shared_ptr<Hub> hub(new Hub);  // NOLINT: private constructor
  Result<void> attached = hub->client_->attach(
      connect, {.event = [hub](api::Event event) { hub->on_event(std::move(event)); },
                .lost = [hub](const Error& why) { hub->on_service_lost(why); },
                .replaced = [hub] { hub->on_replaced(); }});
  if (attached) return Application(std::move(hub));
  static_cast<void>(hub->shutdown());
  return std::move(attached).error();
}

bool Hub::is_down() const {
  const std::optional<Error> why = client_->unusable();
  return why && why->code == Errc::stale_application;
}

// ---- lines

Result<std::vector<LineInfo>> Hub::lines() {
  Result<api::LineList> list = client_->call_for<api::LineList>(api::ListLines{});
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
  // Kept before the first event about it can come; so are calls below.
  Result<api::OpenedLine> answer = client_->call_for<api::OpenedLine>(
      command, [self = shared_from_this(), opened, info](api::Value& value) {
        const auto* line = std::get_if<api::OpenedLine>(&value);
        if (line == nullptr) return;
        auto state = std::make_shared<LineState>(self, line->open, info);
        if (self->client_->keep(line->open, state)) *opened = std::move(state);
      });
  if (!answer) return std::move(answer).error();
  if (!*opened) return line_closed();
  return std::move(*opened);
}

Result<void> Hub::close_line(const std::shared_ptr<LineState>& line, bool wait) {
  const api::OpenId open = line->open();
  const bool first = line->invalidate(line_closed());
  client_->begin_to_close(open);
  for (const auto& session : client_->calls<SessionState>(open))
    session->invalidate(Error{Errc::stale_handle, "its line was closed"});
  if (!first) {
    client_->forget(open);
    return line->invalid().value_or(line_closed());
  }
  if (wait) return client_->close(open);
  client_->let_go(open);
  return {};
}

// ---- sessions

/// Null when its line is closed, and it with it.
std::shared_ptr<SessionState> Hub::adopt(api::CallId call, api::OpenId open, const void* site) {
  auto session = std::make_shared<SessionState>(shared_from_this(), call, open);
  return client_->keep(call, session, site) ? session : nullptr;
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
  command.site = client_->words_of(site);
  auto made = std::make_shared<std::shared_ptr<SessionState>>();
  Result<api::MadeCall> answer = client_->call_for<api::MadeCall>(
      std::move(command),
      [self = shared_from_this(), made, open = line->open(), site](api::Value& value) {
        const auto* call = std::get_if<api::MadeCall>(&value);
        if (call == nullptr) return;
        *made = self->adopt(call->call, open, site);
        if (*made) static_cast<void>((*made)->announce());
      });
  if (!answer) return std::move(answer).error();
  if (!*made) return line_closed();
  return std::move(*made);
}

Result<std::vector<std::shared_ptr<SessionState>>> Hub::existing_calls(
    const std::shared_ptr<LineState>& line, const void* site, std::uint64_t session) {
  if (std::optional<Error> invalid = line->invalid()) return *invalid;
  auto found = std::make_shared<std::vector<std::shared_ptr<SessionState>>>();
  Result<api::CallList> list = client_->call_for<api::CallList>(
      api::GetNewCalls{line->open(), client_->words_of(site), api::SessionId{session}},
      [self = shared_from_this(), found, open = line->open(), site](api::Value& value) {
        const auto* calls = std::get_if<api::CallList>(&value);
        if (calls == nullptr) return;
        for (const api::CallId call : calls->calls)
          if (std::shared_ptr<SessionState> given = self->adopt(call, open, site)) {
            static_cast<void>(given->announce());
            found->push_back(std::move(given));
          }
      });
  if (!list) return std::move(list).error();
  // The stream does not repeat the state of what was there before; ask.
  for (const std::shared_ptr<SessionState>& each : *found)
    static_cast<void>(client_->call(api::GetCall{each->call()}, [each](api::Value& value) {
      if (const auto* now = std::get_if<api::CallSnapshot>(&value)) each->begin_with(now->record);
    }));
  return std::move(*found);
}

Result<void> Hub::release(const std::shared_ptr<SessionState>& session, bool wait) {
  const api::CallId call = session->call();
  const bool first =
      session->invalidate(Error{Errc::stale_handle, "the session was released by this program"});
  if (!first) {
    client_->forget(call);
    return session->invalid().value_or(Error{Errc::stale_handle, {}});
  }
  if (wait) return client_->release(call);
  client_->let_go(call);
  return {};
}

// ---- the stream, on the service thread

void Hub::push(api::CallId call, SessionEvent event) {
  if (const auto session = client_->find<SessionState>(call)) session->push(std::move(event));
}

void Hub::on_event(api::Event event) {
  using Kind = SessionEvent::Kind;
  using OfApplication = ApplicationEvent::Kind;
  std::visit(
      base::Cases{
          [&](const api::CallAppeared& appeared) {
            static_cast<void>(adopt(appeared.call, appeared.open));
          },
          [&](api::CallStateChanged& changed) { on_state(std::move(changed)); },
          [&](const api::CallInfoChanged& info) { push(info.call, event_of(Kind::information)); },
          [&](const api::DigitReceived& digit) {
            SessionEvent out = event_of(Kind::digit, digit.at);
            out.digit = digit.digit;
            out.digit_mode = digit.mode;
            push(digit.call, std::move(out));
          },
          [&](const api::DigitsSent& sent) {
            SessionEvent out = event_of(Kind::digits_sent, sent.at);
            out.tag = sent.tag;
            out.cancelled = sent.cancelled;
            push(sent.call, std::move(out));
          },
          [&](const api::CallReclaimed& reclaimed) {
            if (const auto session = client_->find<SessionState>(reclaimed.call))
              session->lose(Error{Errc::reclaimed, {}}, base::SystemClock().now());
          },
          [&](const api::LineClosed& closed) { on_line_closed(closed); },
          [](const api::LineChanged&) {},  // this API reads a line's status, and is told no changes
          [&](const api::LineAppeared& added) {
            tell(event_of(OfApplication::line_added, added.line));
          },
          [&](const api::LineRemoved& removed) {
            tell(event_of(OfApplication::line_removed, removed.line));
          },
          [&](const api::LeakLimitReached& leaks) {
            ApplicationEvent out = event_of(OfApplication::leak_limit);
            out.held = leaks.held;
            out.oldest = leaks.oldest.value;
            out.too_old = leaks.by_age;
            out.action = leaks.action;
            tell(std::move(out));
          },
          [&](const api::TracedMessage& message) {
            if (const auto trace = trace_now()) trace->push(message);
          },
          [&](const api::EventsLost& lost) {
            ApplicationEvent out = event_of(OfApplication::events_lost);
            out.lost = lost.count;
            tell(std::move(out));
          },
      },
      event);
}

void Hub::on_state(api::CallStateChanged changed) {
  const std::shared_ptr<SessionState> session = client_->find<SessionState>(changed.call);
  if (!session) return;  // released a moment ago
  SessionEvent out = event_of(SessionEvent::Kind::state, changed.at);
  out.state = changed.state;
  out.detail = changed.detail;
  out.cause = std::move(changed.cause);
  out.origin = changed.origin;
  out.privilege = changed.privilege;
  session->push(std::move(out));
  if (!session->announce()) return;
  const std::shared_ptr<LineState> line = client_->find<LineState>(session->open());
  if (line && !line->offer(session)) {
    static_cast<void>(release(session, false));
    tell(event_of(ApplicationEvent::Kind::call_released, line->info().id));
  }
}

void Hub::on_line_closed(const api::LineClosed& closed) {
  const std::shared_ptr<LineState> line = client_->find<LineState>(closed.open);
  if (!line) return;
  const Error why{Errc::stale_line, "the service closed it: " + closed.why};
  line->lose(why);
  const Moment now = base::SystemClock().now();
  for (const auto& session : client_->calls<SessionState>(closed.open))
    session->lose(Error{Errc::stale_handle, "its line was closed: " + closed.why}, now);
  ApplicationEvent out = event_of(ApplicationEvent::Kind::line_closed, line->info().id);
  out.why = why;
  tell(std::move(out));
}

void Hub::on_service_lost(const Error& why) {
  const Moment now = base::SystemClock().now();
  for (const auto& line : client_->lines<LineState>()) line->lose(why);
  for (const auto& session : client_->calls<SessionState>()) session->lose(why, now);
  if (const auto trace = trace_now()) trace->end(why);
  ApplicationEvent out = event_of(ApplicationEvent::Kind::service_lost);
  out.why = why;
  tell(std::move(out));
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
  if (dispatch) schedule();
}

void Hub::schedule() {
  client_->dispatcher().post([self = shared_from_this()] { self->deliver(); });
}

Result<void> Hub::set_callback(Application::EventCallback callback) {
  auto wanted =
      callback ? std::make_shared<const Application::EventCallback>(std::move(callback)) : nullptr;
  if (is_down()) return shut_down();
  bool dispatch = false;
  {
    base::Lock lock(mutex_);
    callback_.swap(wanted);  // the old one is destroyed outside the lock
    dispatch = callback_ && !events_.empty() && !std::exchange(scheduled_, true);
  }
  if (dispatch) schedule();
  return {};
}

/// Dispatch thread.
void Hub::deliver() {
  while (!client_->dispatcher().stopping()) {
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

Result<int> Hub::descriptor() {
  if (is_down()) return shut_down();
  const int descriptor = client_->dispatcher().descriptor();
  if (descriptor >= 0) return descriptor;
  if (client_->dispatcher().stopping()) return shut_down();
#ifdef _WIN32
  return Error{Errc::unsupported, "there are no such descriptors on Windows"};
#else
  return Error{Errc::resource_unavailable, "no descriptor is left"};
#endif
}

Result<std::size_t> Hub::dispatch() {
  if (is_down()) return shut_down();
  return client_->dispatcher().run_waiting();
}

Result<void> Hub::drain(std::chrono::milliseconds timeout) {
  if (is_down()) return shut_down();
  if (!client_->dispatcher().drain(timeout))
    return Error{Errc::timed_out, "callbacks are still running"};
  return {};
}

Result<void> Hub::shutdown() {
  client_->report_leaks("the application's end");
  Result<void> told = client_->shut_down();
  // Waiting threads return before the dispatch thread is waited for: it may be one of them.
  for (const auto& session : client_->calls<SessionState>()) session->invalidate(shut_down());
  for (const auto& line : client_->lines<LineState>()) line->invalidate(shut_down());
  if (const auto trace = trace_now()) trace->end(shut_down());
  std::shared_ptr<const Application::EventCallback> callback;  // destroyed outside the lock
  {
    base::Lock lock(mutex_);
    callback.swap(callback_);
    events_.clear();
  }
  client_->stop();
  return told;
}

}  // namespace switchhook::detail
