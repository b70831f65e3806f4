// SPDX-License-Identifier: Apache-2.0
#pragma once

// Optional: Switchhook in a program that runs on Asio, with callbacks, coroutines or futures. Header
// only; no other header includes it, and the library does not need Asio. Standalone Asio by default;
// Boost.Asio with SWITCHHOOK_BOOST_ASIO defined.
//
//   switchhook::AsioCallbacks callbacks(context.get_executor(), application);
//   Result<Session> call = co_await async_next_call(line, asio::use_awaitable);
//   Result<SessionEvent> event = co_await async_next_event(*call, asio::use_awaitable);
//
// Requests (call(), answer(), drop(), …) still wait for the service's answer, a few milliseconds.
// Threads: as the objects that are given; completions run on the handler's executor. Ownership: what
// is given as a reference has to stay where it is until the operation completes. Closing the line or
// releasing the session abandons the operation: its handler is destroyed without being called.
// Without AsioCallbacks a thread of the library posts to the executor, and may still be about to
// return from that when the handler runs: the executor's context has to outlive the application.

#ifdef SWITCHHOOK_BOOST_ASIO
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/system_executor.hpp>
#else
#include <asio/any_io_executor.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/system_executor.hpp>
#endif

#include <memory>
#include <optional>
#include <utility>

#include "switchhook/application.hpp"

namespace switchhook {

namespace detail {
#ifdef SWITCHHOOK_BOOST_ASIO
namespace net = ::boost::asio;
using NetError = ::boost::system::error_code;
#else
namespace net = ::asio;
using NetError = std::error_code;
#endif

/// A handler that is called once, from whatever thread, and keeps its executor at work until then.
template <typename Handler>
class Completion {
 public:
  explicit Completion(Handler handler)
      : handler_(std::move(handler)),
        work_(net::get_associated_executor(handler_, net::system_executor())) {}

  /// The first time only. @return whether it was
  template <typename Value>
  bool operator()(Value value) {
    if (!work_.owns_work()) return false;
    net::post(work_.get_executor(),
              [handler = std::move(handler_), taken = std::move(value)]() mutable {
                handler(std::move(taken));
              });
    work_.reset();  // not before: without work the executor's context would stop
    return true;
  }

 private:
  using Executor = net::associated_executor_t<Handler, net::system_executor>;
  Handler handler_;
  net::executor_work_guard<Executor> work_;
};

template <typename Handler>
auto completion_of(Handler&& handler) {
  using Kept = std::decay_t<Handler>;
  return std::make_shared<Completion<Kept>>(std::forward<Handler>(handler));
}
}  // namespace detail

/// While it lives, the application's callbacks run on this executor instead of a thread of their
/// own (Application::descriptor()). The executor's threads run it one at a time if it is a strand, or
/// has one thread. Destroy it there, or when the executor runs no more.
class AsioCallbacks {
 public:
  /// @param application  has to outlive this object.
  AsioCallbacks(const detail::net::any_io_executor& executor, Application& application)
      : state_(std::make_shared<State>(executor, application)) {
    Result<int> descriptor = application.descriptor();
    if (!descriptor) {
      error_ = descriptor.error();
      return;
    }
    state_->descriptor.assign(*descriptor);
    State::wait(state_);
  }
  ~AsioCallbacks() {
    state_->application = nullptr;
    if (state_->descriptor.is_open()) state_->descriptor.release();  // it is the application's
  }
  AsioCallbacks(const AsioCallbacks&) = delete;
  AsioCallbacks& operator=(const AsioCallbacks&) = delete;

  /// Why it does nothing; empty = it works.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  struct State {
    State(const detail::net::any_io_executor& executor, Application& of)
        : application(&of), descriptor(executor) {}

    static void wait(const std::shared_ptr<State>& state) {
      state->descriptor.async_wait(
          detail::net::posix::stream_descriptor::wait_read, [state](const detail::NetError& error) {
            if (error || state->application == nullptr) return;
            if (!state->application->dispatch() || state->application == nullptr) return;
            wait(state);
          });
    }

    Application* application;  // (ref) null = over
    detail::net::posix::stream_descriptor descriptor;
  };
  std::shared_ptr<State> state_;
  std::optional<Error> error_;
};

/// The next event of a session; completes with Result<SessionEvent>. Takes the place of on_event()
/// while it waits. Errors: those of SessionBase::next_event(). One at a time for a session.
template <typename Token>
auto async_next_event(SessionBase& session, Token&& token) {
  return detail::net::async_initiate<Token, void(Result<SessionEvent>)>(
      [](auto handler, SessionView view) {
        auto completion = detail::completion_of(std::move(handler));
        Result<void> waits = view.on_event([completion](SessionView of, const SessionEvent& event) {
          static_cast<void>(of.on_event({}));  // what follows waits for the next call
          (*completion)(Result<SessionEvent>(event));
        });
        if (!waits) (*completion)(Result<SessionEvent>(std::move(waits).error()));
      },
      token, SessionView(session));
}

/// The next call of a line; completes with Result<Session>. Takes the place of on_call() while it
/// waits. Errors: those of Line::next_call(). One at a time for a line.
template <typename Token>
auto async_next_call(Line& line, Token&& token) {
  return detail::net::async_initiate<Token, void(Result<Session>)>(
      [](auto handler, Line* of) {
        auto completion = detail::completion_of(std::move(handler));
        Result<void> waits = of->on_call([completion, of](Session session) {
          static_cast<void>(of->on_call({}));
          (*completion)(Result<Session>(std::move(session)));
        });
        if (!waits) (*completion)(Result<Session>(std::move(waits).error()));
      },
      token, &line);
}

}  // namespace switchhook
