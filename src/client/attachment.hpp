// SPDX-License-Identifier: Apache-2.0
#pragma once

// One application's attachment to a service: what every face needs on top of the port, booked once.
// Requests and their waits, openings and identifiers with what the face keeps for them, what closing
// and releasing suppress, what is undone because nobody waits for it any more, what is tried again
// because the service was too busy, what is asked again after events were lost, and what is asked of
// the next service after one died. The faces only translate.
//
// Threads: all functions any thread, also inside callbacks, unless said otherwise. "Service thread"
// is the one on which replies and events come; `arrived`, `told` and the listener are called there,
// in the order of the stream, and must only book and queue. No lock is held while they run, nor
// while an object of the face is destroyed; a face may call with a lock of its own held.
// Ownership: the face shares the attachment; the attachment owns the service, the dispatch thread
// and a share in the face's objects and functions. The circles that this makes are broken by
// shut_down(). It must not be destroyed on the service thread: who did not shut down destroys it
// elsewhere, which is to vanish. In a child that the process forked every function answers
// `disconnected` (or nothing) at once and touches nothing: the threads are not there, locks may be
// held, and the connection is the parent's; nothing of it is ever destroyed there.

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/service.hpp"
#include "base/call_site.hpp"
#include "base/process.hpp"
#include "client/dispatcher.hpp"
#include "client/holdings.hpp"
#include "client/requests.hpp"

namespace switchhook::client {

inline constexpr std::chrono::seconds kAnswer{30};
inline constexpr std::chrono::seconds kShutDownAnswer{5};

/// Makes the service, given the sink it is to use.
using Connect = std::function<Result<std::unique_ptr<api::SessionService>>(api::ServiceSink& sink)>;

/// What a face hears without having asked. Each may be empty.
struct Listener {
  std::function<void(api::Event event)> event;
  /// The service is gone: all is stale. The last that is heard.
  std::function<void(const Error& why)> lost;
  /// Another service has taken the place of one that died, and is asked to restore what there was.
  std::function<void()> replaced = {};
};

class Attachment final : private api::ServiceSink {
 public:
  [[nodiscard]] static std::shared_ptr<Attachment> make();
  ~Attachment() override;
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;

  /// Once, before anything else.
  Result<void> attach(const Connect& connect, Listener listener);
  [[nodiscard]] static Result<std::shared_ptr<Attachment>> attached(const Connect& connect,
                                                                    Listener listener);
  /// Why nothing can be asked: stale_application after shut_down(), disconnected. Nothing while
  /// something can.
  [[nodiscard]] std::optional<Error> unusable() const;
  [[nodiscard]] bool connected() const { return !unusable(); }

  // ---- requests
  /// Told the value on the service thread, before anything later in the stream is seen, and only
  /// while somebody waits for it: what nobody waits for any more is undone (a call is released, a
  /// line is closed).
  using Arrived = std::function<void(api::Value& value)>;
  /// Told the completion on the service thread.
  using Told = std::function<void(api::RequestId number, Result<api::Value> result)>;

  /// Submits and waits for the completion. Errors: the reply's; timed_out; stale_line: its line was
  /// closed meanwhile; unusable()'s.
  [[nodiscard]] Result<api::Value> call(api::Command command, Arrived arrived = {},
                                        std::chrono::milliseconds timeout = kAnswer);
  /// Like call, and takes the value of the kind that the command is known to answer with.
  template <typename T>
  [[nodiscard]] Result<T> call_for(api::Command command, Arrived arrived = {},
                                   std::chrono::milliseconds timeout = kAnswer) {
    Result<api::Value> value = call(std::move(command), std::move(arrived), timeout);
    if (!value) return std::move(value).error();
    if (T* content = std::get_if<T>(&*value)) return std::move(*content);
    return Error{Errc::malformed, "the service answered with another kind of value"};
  }
  /// Submits and waits until it is accepted or refused. When accepted, `told` hears the completion,
  /// after this returned or before; when the service is lost, that. It hears nothing when a rule
  /// suppresses the completion: the line was closed, or below version 2.0 the identifier released.
  [[nodiscard]] Result<api::RequestId> start(api::Command command, Told told,
                                             std::chrono::milliseconds timeout = kAnswer);
  /// Submits without waiting. `told` hears every answer; nothing when the service is lost.
  Result<void> post(api::Command command, Told told = {});

  // ---- openings and identifiers
  /// Keeps an object for it, from `arrived` or the listener. False: it is closed or stale already,
  /// and nothing is kept.
  bool keep(api::OpenId open, std::shared_ptr<Object> object);
  bool keep(api::CallId call, std::shared_ptr<Object> object, const void* site = nullptr);
  /// What is kept for it; null when nothing is. The face keeps one kind for openings, one for calls.
  template <typename Kept, typename Id>
  [[nodiscard]] std::shared_ptr<Kept> find(Id id) const {
    return std::static_pointer_cast<Kept>(object_of(id));
  }
  /// All that are kept, of one opening or of all.
  template <typename Kept>
  [[nodiscard]] std::vector<std::shared_ptr<Kept>> calls(std::optional<api::OpenId> of = {}) const {
    return cast<Kept>(call_objects(of));
  }
  template <typename Kept>
  [[nodiscard]] std::vector<std::shared_ptr<Kept>> lines() const {
    return cast<Kept>(line_objects());
  }
  /// Identifiers that are held.
  [[nodiscard]] std::size_t held() const;

  /// Asks for the end of it and waits for the service's word; until that is good, it stays. When the
  /// service is too busy: let_go(), and that is good (but of what may be refused below version 2.0).
  Result<void> release(api::CallId call);
  Result<void> close(api::OpenId open);
  /// The same without waiting, and never lost: it is tried again while the service is too busy. The
  /// object is let go of at once.
  void let_go(api::CallId call);
  void let_go(api::OpenId open);
  /// The application closes the line now: what waits for completions there ends with stale_line.
  void begin_to_close(api::OpenId open);
  /// The object is let go of; the service is not told.
  void forget(api::CallId call);
  void forget(api::OpenId open);

  // ---- where calls were acquired
  /// Where in the program the call was acquired, in words; if that is not known yet, it is here.
  std::string acquired_at(api::CallId call, const void* here);
  [[nodiscard]] std::string words_of(const void* site) { return sites_.words(site); }
  /// Writes what is held of ended sessions to where SWITCHHOOK_LEAKS says. @param when  in words
  void report_leaks(const std::string& when);

  // ---- the end
  /// Ends all waits and detaches: nothing is told any more. Not on the service thread. Callbacks may
  /// still run, and objects are still found.
  /// @return what the service said; good when it had been shut down, or lost, before
  Result<void> shut_down();
  /// After that: ends the dispatch thread (Dispatcher::stop), and lets go of all objects.
  void stop();

  [[nodiscard]] Dispatcher& dispatcher() { return dispatcher_; }
  /// Goes on numbering behind this; for tests.
  void count_from(api::RequestId last);

 private:
  using SharedRequest = Requests::Shared;

  Attachment() = default;
  [[nodiscard]] static Error forked_error();

  // The service thread.
  void on_reply(api::Reply reply) override;
  void on_event(api::Event event) override;
  void on_interrupted(const std::string& why) override;
  void on_replaced() override;
  void on_disconnected(const Error& why) override;
  bool begin_to_restore();
  void restored(const Result<api::Value>& result);
  void undo(const Result<api::Value>& result);
  void ask_again();
  void ask_next();
  void stop_asking();
  void correct(const api::CallSnapshot& now);

  Result<api::RequestId> hand_in(api::Command command, const SharedRequest& request,
                                 bool although_down = false);
  Result<void> wait(const SharedRequest& request, std::chrono::milliseconds timeout);
  void finish(api::RequestId number, const SharedRequest& request, Result<api::Value> result);
  void end_waits(const Requests::Numbered& requests, const Error& why) SWITCHHOOK_REQUIRES(mutex_);
  void surely(api::Command command);
  void later(api::Command command);
  void flush();

  [[nodiscard]] std::optional<Error> unusable_now() const SWITCHHOOK_REQUIRES(mutex_);
  [[nodiscard]] std::shared_ptr<Object> object_of(api::CallId call) const;
  [[nodiscard]] std::shared_ptr<Object> object_of(api::OpenId open) const;
  [[nodiscard]] Objects call_objects(std::optional<api::OpenId> of) const;
  [[nodiscard]] Objects line_objects() const;
  template <typename Kept>
  static std::vector<std::shared_ptr<Kept>> cast(Objects objects) {
    std::vector<std::shared_ptr<Kept>> out;
    for (auto& object : objects) out.push_back(std::static_pointer_cast<Kept>(std::move(object)));
    return out;
  }

  const base::OwnProcess process_;
  Listener listener_;  // constant while there is a service
  base::CallSites sites_;
  mutable base::Mutex mutex_;
  Holdings holdings_ SWITCHHOOK_GUARDED_BY(mutex_);
  Requests requests_ SWITCHHOOK_GUARDED_BY(mutex_);
  /// Releases and closes that the service would not take yet. Never lost: that would be a leak.
  std::deque<api::Command> later_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool flushing_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  std::vector<api::CallId> to_ask_ SWITCHHOOK_GUARDED_BY(mutex_);  ///< what became of them
  bool asking_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  bool interrupted_ SWITCHHOOK_GUARDED_BY(mutex_) = false;   ///< and no other service is there
  std::size_t restoring_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;  ///< Restores without an answer
  bool down_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  std::optional<Error> gone_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::size_t handing_in_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;  ///< threads inside submit()
  base::Condition handed_in_;
  std::unique_ptr<api::SessionService> service_ SWITCHHOOK_GUARDED_BY(mutex_);
  Dispatcher dispatcher_;
};

}  // namespace switchhook::client
