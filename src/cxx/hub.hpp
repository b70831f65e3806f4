// SPDX-License-Identifier: Apache-2.0
#pragma once

// What stands behind the objects of the C++ API. A Hub is one application: its client to the
// service, its tables of lines and sessions, its dispatch thread. LineState and SessionState are
// what Line, Session and its views share.
//
// Threads: all functions any thread unless said otherwise. "Service thread" is the one on which the
// client hears replies and events; what runs there only books and queues. No two of the mutexes
// here are ever held together, and none is held while a callback runs or a callback object is
// destroyed.
// Ownership: a Hub is shared by the Application and by all states; a state is shared by the hub's
// table, the public objects, and the dispatch thread while it delivers. The circles that this makes
// (hub → table → state → hub, client → listener → hub) are broken by release, close and shutdown.

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "api/client.hpp"
#include "base/call_site.hpp"
#include "base/limits.hpp"
#include "cxx/deadline.hpp"
#include "cxx/dispatcher.hpp"
#include "switchhook/application.hpp"

namespace switchhook::detail {

inline constexpr std::chrono::seconds kAnswer{30};
inline constexpr std::chrono::seconds kShutDownAnswer{5};

/// One identifier. Its mirror of the session's state follows the stream of events.
class SessionState : public std::enable_shared_from_this<SessionState> {
 public:
  using Callback = SessionBase::Callback;

  SessionState(std::shared_ptr<Hub> hub, api::CallId call, api::OpenId open)
      : hub_(std::move(hub)), call_(call), open_(open) {}

  [[nodiscard]] Hub& hub() const { return *hub_; }
  [[nodiscard]] const std::shared_ptr<Hub>& shared_hub() const { return hub_; }
  [[nodiscard]] api::CallId call() const { return call_; }
  [[nodiscard]] api::OpenId open() const { return open_; }

  /// Why the identifier cannot be used; nothing while it can.
  [[nodiscard]] std::optional<Error> invalid() const;
  /// Books the event, and queues it for whoever takes events. Service thread.
  void push(SessionEvent event);
  /// Sets the mirror from a snapshot, if the stream has not told a state yet; or, after events were
  /// lost, corrects it and makes up an event. Service thread.
  void correct(const Record& record);
  /// The identifier became invalid by itself: a last event, then `why`. Service thread: the
  /// callback stays until it has heard of it or the program lets go.
  void lose(const Error& why, const Moment& at);
  /// The program itself made it invalid: no event any more. False when it was so already.
  bool invalidate(Error why);
  /// True for the first caller: the session is about to be shown to the program.
  [[nodiscard]] bool announce();
  /// Where in the program it was acquired; the first word counts. Null = not known.
  void acquired_at(const void* site);
  [[nodiscard]] const void* site() const;
  /// Whether it has ended, and its identifier can still be used.
  [[nodiscard]] bool leaking() const;

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
  const void* site_ SWITCHHOOK_GUARDED_BY(mutex_) = nullptr;  // (the program's)
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
class LineState : public std::enable_shared_from_this<LineState> {
 public:
  using Callback = Line::CallCallback;

  LineState(std::shared_ptr<Hub> hub, api::OpenId open, LineInfo info)
      : hub_(std::move(hub)), open_(open), info_(std::move(info)) {}

  [[nodiscard]] Hub& hub() const { return *hub_; }
  [[nodiscard]] const std::shared_ptr<Hub>& shared_hub() const { return hub_; }
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

class Hub : public std::enable_shared_from_this<Hub> {
 public:
  /// What to do with an answer on the service thread, before anything later in the stream is seen.
  struct Hooks {
    std::function<void(api::Value& value)> arrived;  ///< may be empty
    /// The caller did not wait for it (time up, line closed): undo. May be empty.
    std::function<void(api::Value& value)> unwanted;
  };

  static Result<Application> make_application(const api::Client::Connect& connect);
  static Session make_session(std::shared_ptr<SessionState> state) {
    return Session(std::move(state));
  }
  static SessionView make_view(std::shared_ptr<SessionState> state) {
    return SessionView(std::move(state));
  }
  static Line make_line(std::shared_ptr<LineState> state) { return Line(std::move(state)); }

  [[nodiscard]] bool connected() const;
  [[nodiscard]] const std::shared_ptr<Dispatcher>& dispatcher() const { return dispatcher_; }

  /// Submits a command and waits for its completion. `open` is the opening it belongs to, if any:
  /// closing that one makes the wait end with stale_line.
  Result<api::Value> perform(api::Command command, api::OpenId open = {}, Hooks hooks = {},
                             std::chrono::milliseconds timeout = kAnswer);
  template <typename T>
  Result<T> perform_for(api::Command command, api::OpenId open = {}, Hooks hooks = {}) {
    Result<api::Value> value = perform(std::move(command), open, std::move(hooks));
    if (!value) return std::move(value).error();
    if (T* content = std::get_if<T>(&*value)) return std::move(*content);
    return Error{Errc::malformed, "the service answered with another kind of value"};
  }

  Result<std::shared_ptr<LineState>> open_line(const LineInfo& info, const LineOptions& options);
  Result<std::vector<LineInfo>> lines();
  /// Makes the line and its sessions invalid, then tells the service. @param wait for its answer.
  Result<void> close_line(const std::shared_ptr<LineState>& line, bool wait);

  Result<std::shared_ptr<SessionState>> make_call(const std::shared_ptr<LineState>& line,
                                                  const std::string& address,
                                                  const CallOptions& options, const void* site);
  Result<std::vector<std::shared_ptr<SessionState>>> existing_calls(
      const std::shared_ptr<LineState>& line, const void* site);
  /// Where in the program, in words.
  [[nodiscard]] std::string words_of(const void* site) { return sites_.words(site); }
  /// Makes the identifier invalid, then tells the service. @param wait for its answer.
  Result<void> release(const std::shared_ptr<SessionState>& session, bool wait);

  [[nodiscard]] std::size_t sessions_held() const;
  Result<void> set_callback(Application::EventCallback callback);
  Result<void> drain(std::chrono::milliseconds timeout);
  Result<void> shutdown();

 private:
  struct Pending;
  using Extracted = std::vector<std::shared_ptr<SessionState>>;

  Hub() : dispatcher_(Dispatcher::start()) {}

  // Service thread.
  void on_notice(api::Notice notice);
  void on_event(api::Event event);
  void on_service_lost(const Error& why);
  void resync();
  void resync_next(std::shared_ptr<std::vector<std::shared_ptr<SessionState>>> left);
  void complete(const std::shared_ptr<Pending>& pending, const Hooks& hooks,
                Result<api::Value> result);

  std::shared_ptr<SessionState> adopt(api::CallId call, api::OpenId open);
  [[nodiscard]] std::shared_ptr<SessionState> find(api::CallId call) const;
  [[nodiscard]] std::shared_ptr<LineState> find(api::OpenId open) const;
  void forget(api::CallId call);
  [[nodiscard]] Extracted take_sessions(std::optional<api::OpenId> open);
  std::vector<std::shared_ptr<Pending>> abandon(std::optional<api::OpenId> open, const Error& why);
  Result<api::RequestId> post(api::Command command, api::Client::Done done);
  void post_close(api::OpenId open);
  void after_close(api::OpenId open);
  void forget_requests(const std::vector<std::shared_ptr<Pending>>& abandoned);
  void post_release(api::CallId call);
  void flush_releases();
  void tell(ApplicationEvent event);
  void report_leaks();
  void deliver();

  const std::shared_ptr<Dispatcher> dispatcher_;
  base::CallSites sites_;
  mutable base::Mutex mutex_;
  std::shared_ptr<api::Client> client_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool down_ SWITCHHOOK_GUARDED_BY(mutex_) = false;  ///< shutdown() was called
  std::optional<Error> gone_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::unordered_map<api::CallId, std::shared_ptr<SessionState>> sessions_
      SWITCHHOOK_GUARDED_BY(mutex_);
  std::unordered_map<api::OpenId, std::shared_ptr<LineState>> lines_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::unordered_set<std::shared_ptr<Pending>> pending_ SWITCHHOOK_GUARDED_BY(mutex_);
  /// Releases that the service would not take yet. Never lost: that would be a leak.
  std::deque<api::CallId> unsent_releases_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::deque<ApplicationEvent> events_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool scheduled_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  bool flushing_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  std::size_t posting_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;  ///< threads that are in post()
  base::Condition posted_;
  std::shared_ptr<const Application::EventCallback> callback_ SWITCHHOOK_GUARDED_BY(mutex_);
};

}  // namespace switchhook::detail
