// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "cxx/hub.hpp"
#include "switchhook/operator.hpp"

namespace switchhook {
namespace detail {

void TraceState::push(TracedMessage message) {
  {
    base::Lock lock(mutex_);
    if (messages_.size() >= limits::kTracesQueued) {
      missed_ += message.missed + 1;
      return;
    }
    message.missed += std::exchange(missed_, 0);
    messages_.push_back(std::move(message));
  }
  changed_.notify_all();
}

void TraceState::end(const Error& why) {
  {
    base::Lock lock(mutex_);
    if (!over_) over_ = why;
  }
  changed_.notify_all();
}

Result<std::optional<TracedMessage>> TraceState::next(std::chrono::milliseconds timeout) {
  const auto deadline = deadline_in(timeout);
  base::Lock lock(mutex_);
  while (true) {
    if (!messages_.empty()) {
      std::optional<TracedMessage> message = std::move(messages_.front());
      messages_.pop_front();
      return message;
    }
    if (over_) return *over_;
    if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout && messages_.empty() &&
        !over_)
      return std::optional<TracedMessage>();
  }
}

Result<std::shared_ptr<TraceState>> Hub::trace(const TraceOptions& options) {
  api::Trace command;
  command.session.value = options.session;
  command.line = options.line;
  command.secrets = options.secrets;
  const auto state = std::make_shared<TraceState>(shared_from_this(), command);
  {
    base::Lock lock(mutex_);
    if (!trace_.expired()) return Error{Errc::invalid_state, "this application traces already"};
    trace_ = state;  // before the first message can come
  }
  if (const Result<api::Value> begun = client_->call(std::move(command)); !begun) {
    base::Lock lock(mutex_);
    trace_.reset();
    return begun.error();
  }
  return state;
}

std::shared_ptr<TraceState> Hub::trace_now() const {
  base::Lock lock(mutex_);
  return trace_.lock();
}

void Hub::stop_trace(const TraceState& trace) {
  {
    base::Lock lock(mutex_);  // not left to its destruction: a message may hold it a moment longer
    if (trace_.lock().get() == &trace) trace_.reset();
  }
  static_cast<void>(client_->post(api::Trace{.on = false}));
}

/// The next service does not know that there is a trace.
void Hub::on_replaced() {
  const std::shared_ptr<TraceState> trace = trace_now();
  if (!trace) return;
  static_cast<void>(
      client_->post(trace->command(), [trace](api::RequestId, const Result<api::Value>& result) {
        if (!result) trace->end(result.error());
      }));
}

}  // namespace detail

Trace::Trace(std::shared_ptr<detail::TraceState> state) : state_(std::move(state)) {}
Trace::Trace(Trace&&) noexcept = default;
Trace& Trace::operator=(Trace&& other) noexcept {
  Trace before(std::move(state_));  // ends when this function returns
  state_ = std::move(other.state_);
  return *this;
}
Trace::~Trace() {
  if (state_) state_->hub().stop_trace(*state_);
}

Result<std::optional<TracedMessage>> Trace::next(std::chrono::milliseconds timeout) {
  if (!state_) return Error{Errc::stale_application, "this trace object is empty"};
  return state_->next(timeout);
}

Result<Trace> Operator::trace(const TraceOptions& options) const {
  if (!hub_) return Error{Errc::stale_application, "this application object is empty"};
  Result<std::shared_ptr<detail::TraceState>> state = hub_->trace(options);
  if (!state) return std::move(state).error();
  return Trace(std::move(*state));
}

}  // namespace switchhook
