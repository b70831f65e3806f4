// SPDX-License-Identifier: Apache-2.0
#pragma once

// What stands behind the objects of the C++ API. A Hub is one application: its attachment to the
// service, and the events that its program has not taken. LineState and SessionState are what Line,
// Session and its views share, and what the attachment keeps for openings and identifiers.
//
// Threads: all functions any thread unless said otherwise. "Service thread" is the one on which the
// attachment hears replies and events; what runs there only books and queues. No two of the mutexes
// here are ever held together, and none is held while a callback runs or a callback object is
// destroyed.
// Ownership: a Hub is shared by the Application and by all states; a state is shared by the
// attachment, the public objects, and the dispatch thread while it delivers. The circles that this
// makes (hub → attachment → state → hub, attachment → listener → hub) are broken by release, close
// and shutdown.

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "client/attachment.hpp"
#include "client/deadline.hpp"
#include "switchhook/operator.hpp"

namespace switchhook::detail {

using client::deadline_in;

/// One identifier. Its mirror of the session's state follows the stream of events.
class SessionState : public client::Object, public std::enable_shared_from_this<SessionState> {
 public:
  using Callback = SessionBase::Callback;

  SessionState(std::shared_ptr<Hub> hub, api::CallId call, api::OpenId open)
      : hub_(std::move(hub)), call_(call), open_(open) {}

  [[nodiscard]] Hub& hub() const { return *hub_; }
  [[nodiscard]] api::CallId call() const { return call_; }
  [[nodiscard]] api::OpenId open() const { return open_; }

  /// Why the identifier cannot be used; nothing while it can.
  [[nodiscard]] std::optional<Error> invalid() const;
  /// Books the event, and queues it for whoever takes events. Service thread.
  void push(SessionEvent event);
  /// Sets the mirror from a first look, if the stream has not told a state yet. Service thread.
  void begin_with(const Record& record);
  /// The identifier became invalid by itself: a last event, then `why`. Service thread: the
  /// callback stays until it has heard of it or the program lets go.
  void lose(const Error& why, const Moment& at);
  /// The program itself made it invalid: no event any more. False when it was so already.
  bool invalidate(Error why);
  /// True for the first caller: the session is about to be shown to the program.
  [[nodiscard]] bool announce();

  Result<std::optional<SessionEvent>> next(std::chrono::milliseconds timeout);
  Result<void> wait_for(CallState state, std::chrono::steady_clock::time_point deadline) const;
  Result<void> wait_for_end(std::chrono::steady_clock::time_point deadline) const;
  /// Waits until something was booked after `seen`, or the time is up; returns the new count.
  [[nodiscard]] std::uint64_t wait_for_news(std::uint64_t seen,
                                            std::chrono::steady_clock::time_point deadline) const;
  Result<void> set_callback(Callback callback);

 private:
  void book(const SessionEvent& event) SWITCHHOOK_REQUIRES(mutex_);
  bool enqueue(SessionEvent event) SWITCHHOOK_REQUIRES(mutex_);
  std::optional<SessionEvent> take() SWITCHHOOK_REQUIRES(mutex_);
  bool wants_dispatch() SWITCHHOOK_REQUIRES(mutex_);
  void schedule();
  void deliver();

  const std::shared_ptr<Hub> hub_;
  const api::CallId call_;
  const api::OpenId open_;
  mutable base::Mutex mutex_;
  mutable base::Condition changed_;
  std::optional<Error> invalid_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool announced_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  bool scheduled_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  bool state_known_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  CallState state_ SWITCHHOOK_GUARDED_BY(mutex_) = CallState::unknown;
  std::string how_ended_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::uint64_t news_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;  ///< events booked
  /// By state: the value of news_ when it was last entered.
  std::array<std::uint64_t, kCallStateCount> entered_ SWITCHHOOK_GUARDED_BY(mutex_){};
  std::deque<SessionEvent> events_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::uint64_t lost_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<const Callback> callback_ SWITCHHOOK_GUARDED_BY(mutex_);
};

/// One opening of a line.
class LineState : public client::Object, public std::enable_shared_from_this<LineState> {
 public:
  using Callback = Line::CallCallback;

  LineState(std::shared_ptr<Hub> hub, api::OpenId open, LineInfo info)
      : hub_(std::move(hub)), open_(open), info_(std::move(info)) {}

  [[nodiscard]] Hub& hub() const { return *hub_; }
  [[nodiscard]] api::OpenId open() const { return open_; }
  [[nodiscard]] const LineInfo& info() const { return info_; }

  [[nodiscard]] std::optional<Error> invalid() const;
  /// The program itself closed it. False when it was invalid already. Calls that wait to be taken
  /// are let go of.
  bool invalidate(Error why);
  /// The service closed it. Service thread: the callback stays until the program lets go.
  void lose(const Error& why);
  /// A new session for the program. False when too many wait. Service thread.
  [[nodiscard]] bool offer(std::shared_ptr<SessionState> session);
  Result<std::shared_ptr<SessionState>> next(std::chrono::milliseconds timeout);
  Result<void> set_callback(Callback callback);

 private:
  bool wants_dispatch() SWITCHHOOK_REQUIRES(mutex_);
  void schedule();
  void deliver();

  const std::shared_ptr<Hub> hub_;
  const api::OpenId open_;
  const LineInfo info_;
  mutable base::Mutex mutex_;
  base::Condition changed_;
  std::optional<Error> invalid_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool scheduled_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  std::deque<std::shared_ptr<SessionState>> waiting_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::shared_ptr<const Callback> callback_ SWITCHHOOK_GUARDED_BY(mutex_);
};

/// The messages that a program traces and has not taken.
class TraceState {
 public:
  TraceState(std::shared_ptr<Hub> hub, api::Trace command)
      : hub_(std::move(hub)), command_(std::move(command)) {}
  [[nodiscard]] Hub& hub() const { return *hub_; }
  [[nodiscard]] const api::Trace& command() const { return command_; }
  /// Service thread.
  void push(TracedMessage message);
  /// Nothing more comes.
  void end(const Error& why);
  Result<std::optional<TracedMessage>> next(std::chrono::milliseconds timeout);

 private:
  const std::shared_ptr<Hub> hub_;
  const api::Trace command_;
  base::Mutex mutex_;
  base::Condition changed_;
  std::deque<TracedMessage> messages_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::uint64_t missed_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
  std::optional<Error> over_ SWITCHHOOK_GUARDED_BY(mutex_);
};

class Hub : public std::enable_shared_from_this<Hub> {
 public:
  static Result<Application> make_application(const client::Connect& connect);
  static Session make_session(std::shared_ptr<SessionState> state) {
    return Session(std::move(state));
  }
  static SessionView make_view(std::shared_ptr<SessionState> state) {
    return SessionView(std::move(state));
  }
  static Line make_line(std::shared_ptr<LineState> state) { return Line(std::move(state)); }

  [[nodiscard]] client::Attachment& client() const { return *client_; }

  /// Once, before the program has the application.
  void found(ServiceFound service) { found_ = std::move(service); }
  [[nodiscard]] const ServiceFound& found() const { return found_; }

  Result<std::shared_ptr<LineState>> open_line(const LineInfo& info, const LineOptions& options);
  Result<std::vector<LineInfo>> lines();
  /// Makes the line and its sessions invalid, then tells the service. @param wait for its answer.
  Result<void> close_line(const std::shared_ptr<LineState>& line, bool wait);

  Result<std::shared_ptr<SessionState>> make_call(const std::shared_ptr<LineState>& line,
                                                  const std::string& address,
                                                  const CallOptions& options, const void* site);
  /// @param session  only of this one; 0 = all
  Result<std::vector<std::shared_ptr<SessionState>>> existing_calls(
      const std::shared_ptr<LineState>& line, const void* site, std::uint64_t session = 0);
  /// Makes the identifier invalid, then tells the service. @param wait for its answer.
  Result<void> release(const std::shared_ptr<SessionState>& session, bool wait);

  Result<std::shared_ptr<TraceState>> trace(const TraceOptions& options);
  void stop_trace(const TraceState& trace);

  Result<void> set_callback(Application::EventCallback callback);
  Result<int> descriptor();
  Result<std::size_t> dispatch();
  Result<void> drain(std::chrono::milliseconds timeout);
  Result<void> shutdown();

 private:
  Hub() : client_(client::Attachment::make()) {}

  // Service thread.
  void on_event(api::Event event);
  void on_state(api::CallStateChanged changed);
  void on_line_closed(const api::LineClosed& closed);
  void on_service_lost(const Error& why);
  void on_replaced();
  [[nodiscard]] std::shared_ptr<TraceState> trace_now() const;
  void push(api::CallId call, SessionEvent event);

  std::shared_ptr<SessionState> adopt(api::CallId call, api::OpenId open,
                                      const void* site = nullptr);
  void tell(ApplicationEvent event);
  void schedule();
  void deliver();
  [[nodiscard]] bool is_down() const;

  const std::shared_ptr<client::Attachment> client_;
  ServiceFound found_;
  mutable base::Mutex mutex_;
  std::deque<ApplicationEvent> events_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool scheduled_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  std::shared_ptr<const Application::EventCallback> callback_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::weak_ptr<TraceState> trace_ SWITCHHOOK_GUARDED_BY(mutex_);
};

}  // namespace switchhook::detail
