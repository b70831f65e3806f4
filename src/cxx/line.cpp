// SPDX-License-Identifier: Apache-2.0
#include "switchhook/line.hpp"

#include "cxx/hub.hpp"

namespace switchhook {

namespace {

using detail::Hub;
using detail::LineState;
using detail::SessionState;

Error empty() {
  return Error{Errc::stale_line, "this line object is empty"};
}

}  // namespace

Line::Line() = default;
Line::Line(std::shared_ptr<LineState> state) : state_(std::move(state)) {}
Line::Line(Line&&) noexcept = default;

Line::~Line() {
  if (state_) static_cast<void>(state_->hub().close_line(state_, false));
}

Line& Line::operator=(Line&& other) noexcept {
  Line before(std::move(state_));  // closed when this function returns
  state_ = std::move(other.state_);
  return *this;
}

bool Line::valid() const {
  return state_ && !state_->invalid();
}

const LineInfo& Line::info() const {
  static const LineInfo none;
  return state_ ? state_->info() : none;
}

Result<LineStatus> Line::status() const {
  if (!state_) return empty();
  if (std::optional<Error> invalid = state_->invalid()) return std::move(*invalid);
  return state_->hub().client().call_for<LineStatus>(api::GetLineStatus{state_->info().id});
}

Result<Session> Line::call(const std::string& address, const CallOptions& options) {
  if (!state_) return empty();
  Result<std::shared_ptr<SessionState>> made =
      state_->hub().make_call(state_, address, options, SWITCHHOOK_CALLER);
  if (!made) return std::move(made).error();
  return Hub::make_session(std::move(*made));
}

Result<Session> Line::next_call(std::chrono::milliseconds timeout) {
  if (!state_) return empty();
  Result<std::shared_ptr<SessionState>> session = state_->next(timeout);
  if (!session) return std::move(session).error();
  state_->hub().client().acquired_at((*session)->call(), SWITCHHOOK_CALLER);
  return Hub::make_session(std::move(*session));
}

Result<void> Line::on_call(CallCallback callback) {
  if (!state_) return empty();
  return state_->set_callback(std::move(callback));
}

Result<std::vector<Session>> Line::existing_calls() {
  if (!state_) return empty();
  Result<std::vector<std::shared_ptr<SessionState>>> found =
      state_->hub().existing_calls(state_, SWITCHHOOK_CALLER);
  if (!found) return std::move(found).error();
  std::vector<Session> sessions;
  sessions.reserve(found->size());
  for (std::shared_ptr<SessionState>& session : *found)
    sessions.push_back(Hub::make_session(std::move(session)));
  return sessions;
}

Result<Session> Line::existing_call(std::uint64_t session) {
  if (!state_) return empty();
  if (session == 0) return Error{Errc::not_found, "no session has the number 0"};
  Result<std::vector<std::shared_ptr<SessionState>>> found =
      state_->hub().existing_calls(state_, SWITCHHOOK_CALLER, session);
  if (!found) return std::move(found).error();
  if (found->empty())
    return Error{Errc::not_found, "session " + std::to_string(session) + " is not on line " +
                                      state_->info().name + ", or is held by this program"};
  return Hub::make_session(std::move(found->front()));
}

Result<void> Line::close() {
  if (!state_) return empty();
  return state_->hub().close_line(state_, true);
}

}  // namespace switchhook
