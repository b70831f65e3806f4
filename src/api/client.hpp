// SPDX-License-Identifier: Apache-2.0
#pragma once

// What all faces need on top of the port: blocking calls, request numbers, and one ordered stream
// of notices (events, completions of started requests) for the face's dispatcher. Threads: all
// functions any thread, concurrently. `call` and `start` block the caller only; they may be used
// inside a notice handler, because notices are handed to the listener's own queue by on_notice and
// the service's thread never waits for the face. Ownership: a Client owns its service. It must
// outlive calls in progress.

#include <chrono>
#include <functional>
#include <memory>
#include <unordered_map>

#include "api/service.hpp"
#include "base/mutex.hpp"

namespace switchhook::api {

/// Completion of a request begun with Client::start().
struct Completion {
  RequestId request = 0;
  Result<Value> result = Value{};
};
/// The service is gone.
struct Disconnected {
  Error why;
};

using Notice = std::variant<Event, Completion, Disconnected>;

class Client final : private ServiceSink {
 public:
  /// Makes the service, given the sink it is to use (this client).
  using Connect = std::function<Result<std::unique_ptr<SessionService>>(ServiceSink& sink)>;
  /// Called on the service's thread for each notice, in stream order; must only queue it.
  using Listener = std::function<void(Notice)>;

  static Result<std::unique_ptr<Client>> connect(const Connect& connect, Listener listener);
  ~Client() override;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Submits and waits for the completed reply. Errors: the reply's, disconnected, timed_out.
  [[nodiscard]] Result<Value> call(Command command,
                                   std::chrono::milliseconds timeout = std::chrono::seconds(30));

  /// Like call, and takes the value of the kind that the command is known to answer with.
  template <typename T>
  [[nodiscard]] Result<T> call_for(Command command) {
    Result<Value> value = call(std::move(command));
    if (!value) return std::move(value).error();
    if (T* content = std::get_if<T>(&*value)) return std::move(*content);
    return Error{Errc::malformed, "the service answered with another kind of value"};
  }

  /// Submits an asynchronous command and waits until it is accepted or refused. When accepted, the
  /// returned number comes back in a Completion notice, after this returned or at the same time.
  /// @param numbered  told the number before the command is handed in, so that a completion that
  ///                  comes at once finds it known; may be empty. Called on the caller's thread.
  [[nodiscard]] Result<RequestId> start(
      Command command, std::chrono::milliseconds timeout = std::chrono::seconds(30),
      const std::function<void(RequestId)>& numbered = {});

  /// Told the completed reply of a posted command, on the service's thread and in stream order;
  /// must be quick, must not wait, must not destroy the client.
  using Done = std::function<void(Result<Value> result)>;
  /// Submits without waiting. `done` is called once, unless the completion is suppressed by rule,
  /// the service is lost first (the listener hears Disconnected), or forget() was called.
  [[nodiscard]] Result<RequestId> post(Command command, Done done);
  /// `done` of this posted command is let go of; it may be running.
  void forget(RequestId request);

  [[nodiscard]] bool connected() const;

  /// Ends all waits of call() and start(), those in progress and later ones, with this error. The
  /// listener is not told. For a face that has shut the application down.
  void give_up(const Error& why);

 private:
  struct Waiter;
  explicit Client(Listener listener) : listener_(std::move(listener)) {}
  void on_reply(Reply reply) override;
  void on_event(Event event) override;
  void on_disconnected(const Error& why) override;
  Result<RequestId> submit(Command command, const std::shared_ptr<Waiter>& waiter,
                           const std::function<void(RequestId)>& numbered = {});
  Result<void> wait(const std::shared_ptr<Waiter>& waiter, RequestId request,
                    std::chrono::milliseconds timeout);

  Listener listener_;
  mutable base::Mutex mutex_;
  base::Condition answered_;
  std::unordered_map<RequestId, std::shared_ptr<Waiter>> waiting_ SWITCHHOOK_GUARDED_BY(mutex_);
  RequestId last_request_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
  std::optional<Error> gone_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::unique_ptr<SessionService> service_;  // last: destroyed first, so that no reply comes late
};

}  // namespace switchhook::api
