// SPDX-License-Identifier: Apache-2.0
#include "switchhook/session.hpp"

#include "base/limits.hpp"
#include "cxx/hub.hpp"

namespace switchhook {

namespace {

using detail::SessionState;

Error empty() {
  return Error{Errc::stale_handle, "this session object is empty"};
}

/// The state, when its identifier can be used.
Result<SessionState*> usable(const std::shared_ptr<SessionState>& state) {
  if (!state) return empty();
  if (std::optional<Error> invalid = state->invalid()) return std::move(*invalid);
  return state.get();
}

/// Performs a command that answers nothing.
Result<void> control(const std::shared_ptr<SessionState>& state, api::Command command,
                     std::chrono::milliseconds timeout = client::kAnswer) {
  Result<SessionState*> session = usable(state);
  if (!session) return std::move(session).error();
  Result<api::Value> answer = (*session)->hub().client().call(std::move(command), {}, timeout);
  if (answer) return {};
  // Released, reclaimed or closed by another thread meanwhile: say which.
  if (answer.error().code == Errc::stale_handle || answer.error().code == Errc::stale_line)
    if (std::optional<Error> invalid = (*session)->invalid()) return std::move(*invalid);
  return std::move(answer).error();
}

api::CallId call_of(const std::shared_ptr<SessionState>& state) {
  return state ? state->call() : api::CallId{};
}

/// Where the program acquired the call; if that is not known yet, it is here.
std::string site_of(const std::shared_ptr<SessionState>& state, const void* here) {
  if (!state) return {};
  return state->hub().client().acquired_at(state->call(), here);
}

Result<api::CallSnapshot> snapshot(const std::shared_ptr<SessionState>& state) {
  Result<SessionState*> session = usable(state);
  if (!session) return std::move(session).error();
  Result<api::CallSnapshot> answer =
      (*session)->hub().client().call_for<api::CallSnapshot>(api::GetCall{(*session)->call()});
  if (!answer && answer.error().code == Errc::stale_handle)
    if (std::optional<Error> invalid = (*session)->invalid()) return std::move(*invalid);
  return answer;
}

}  // namespace

SessionBase::SessionBase() = default;
SessionBase::SessionBase(std::shared_ptr<SessionState> state) : state_(std::move(state)) {}
SessionBase::~SessionBase() = default;
SessionBase::SessionBase(const SessionBase&) = default;
SessionBase& SessionBase::operator=(const SessionBase&) = default;
SessionBase::SessionBase(SessionBase&&) noexcept = default;
SessionBase& SessionBase::operator=(SessionBase&&) noexcept = default;

bool SessionBase::valid() const {
  return state_ && !state_->invalid();
}

std::uint64_t SessionBase::id() const {
  return call_of(state_).value;
}

Result<void> SessionBase::accept(const UserInfo& user_info) {
  return control(state_,
                 api::AcceptCall{call_of(state_), user_info, site_of(state_, SWITCHHOOK_CALLER)});
}

Result<void> SessionBase::answer(const UserInfo& user_info) {
  return control(state_,
                 api::AnswerCall{call_of(state_), user_info, site_of(state_, SWITCHHOOK_CALLER)});
}

Result<void> SessionBase::drop(DropReason reason, const UserInfo& user_info) {
  return control(state_, api::DropCall{call_of(state_), reason, user_info});
}

Result<void> SessionBase::hold() {
  return control(state_, api::HoldCall{call_of(state_)});
}

Result<void> SessionBase::unhold() {
  return control(state_, api::UnholdCall{call_of(state_)});
}

Result<void> SessionBase::swap_hold(const SessionBase& held) {
  if (!held.valid()) return Errc::stale_handle;
  return control(state_, api::SwapHold{.call = call_of(state_), .with = call_of(held.state_)});
}

Result<void> SessionBase::transfer(const std::string& address) {
  return control(state_, api::TransferCall{.call = call_of(state_), .address = address},
                 limits::kTransferAnswer + client::kAnswer);
}

Result<void> SessionBase::transfer(const SessionBase& consultation) {
  if (!consultation.valid()) return Errc::stale_handle;
  return control(state_,
                 api::TransferCall{.call = call_of(state_), .with = call_of(consultation.state_)},
                 limits::kTransferAnswer + client::kAnswer);
}

Result<void> SessionBase::send_digits(const std::string& digits, const DigitOptions& options) {
  if (options.duration < options.duration.zero() || options.duration > std::chrono::seconds(10))
    return Error{Errc::invalid_argument, "a digit lasts 0 to 10 seconds"};
  return control(state_, api::SendDigits{call_of(state_), digits, options.mode, options.duration,
                                         options.tag});
}

Result<void> SessionBase::monitor_digits(std::uint32_t modes) {
  return control(state_, api::MonitorDigits{call_of(state_), modes});
}

Result<void> SessionBase::set_privilege(Privilege privilege) {
  return control(state_, api::SetPrivilege{call_of(state_), privilege});
}

Result<void> SessionBase::hand_off(const std::string& application) {
  if (application.empty())
    return Error{Errc::invalid_argument, "the name of the application is empty"};
  return control(state_, api::HandOff{call_of(state_), application, 0});
}

Result<void> SessionBase::hand_off(std::uint32_t media_mode) {
  return control(state_, api::HandOff{call_of(state_), {}, media_mode});
}

Result<void> SessionBase::set_app_specific(std::uint32_t value) {
  return control(state_, api::SetAppSpecific{call_of(state_), value});
}

Result<void> SessionBase::release_user_info() {
  return control(state_, api::ReleaseUserInfo{call_of(state_)});
}

Result<CallState> SessionBase::state() const {
  Result<api::CallSnapshot> now = snapshot(state_);
  if (!now) return std::move(now).error();
  return now->record.state;
}

Result<Record> SessionBase::record() const {
  Result<api::CallSnapshot> now = snapshot(state_);
  if (!now) return std::move(now).error();
  return std::move(now->record);
}

Result<SessionInfo> SessionBase::info() const {
  Result<api::CallSnapshot> now = snapshot(state_);
  if (!now) return std::move(now).error();
  SessionInfo info;
  info.record = std::move(now->record);
  info.privilege = now->privilege;
  info.owners = now->owners;
  info.monitors = now->monitors;
  info.state_entered = now->state_entered;
  return info;
}

Result<std::optional<SessionEvent>> SessionBase::next_event(std::chrono::milliseconds timeout) {
  if (!state_) return empty();
  return state_->next(timeout);
}

Result<void> SessionBase::wait_for(CallState state, std::chrono::milliseconds timeout) const {
  if (!state_) return empty();
  return state_->wait_for(state, detail::deadline_in(timeout));
}

Result<void> SessionBase::wait_for_end(std::chrono::milliseconds timeout) const {
  if (!state_) return empty();
  return state_->wait_for_end(detail::deadline_in(timeout));
}

Result<Record> SessionBase::wait_for_record(std::chrono::milliseconds timeout) {
  if (!state_) return empty();
  const auto deadline = detail::deadline_in(timeout);
  if (Result<void> ended = state_->wait_for_end(deadline); !ended) return ended.error();
  // Look at least twice a second: the far end's confirmation is not always told as an event.
  constexpr std::chrono::milliseconds kLook{20};
  constexpr std::chrono::milliseconds kLookSeldom{500};
  std::chrono::milliseconds pause = kLook;
  std::uint64_t news = 0;
  while (true) {
    Result<api::CallSnapshot> now = snapshot(state_);
    if (!now) return std::move(now).error();
    const Record& record = now->record;
    if (record.state == CallState::idle && record.end &&
        record.end->confirmation != Confirmation::pending)
      return std::move(now->record);
    if (record.state == CallState::disconnected && now->privilege == Privilege::owner)
      static_cast<void>(drop());  // another owner may have been faster
    if (std::chrono::steady_clock::now() >= deadline)
      return Error{Errc::timed_out, "waiting for the far end to confirm the end of the call"};
    news = state_->wait_for_news(news, std::min(deadline, detail::deadline_in(pause)));
    pause = std::min(pause * 2, kLookSeldom);
  }
}

Result<void> SessionBase::on_event(Callback callback) {
  if (!state_) return empty();
  return state_->set_callback(std::move(callback));
}

SessionView::SessionView() = default;
SessionView::SessionView(const SessionBase& session) : SessionBase(session.state_) {}
SessionView::SessionView(std::shared_ptr<SessionState> state) : SessionBase(std::move(state)) {}

Session::Session() = default;
Session::Session(std::shared_ptr<SessionState> state) : SessionBase(std::move(state)) {}
Session::Session(Session&&) noexcept = default;

Session::~Session() {
  if (state_) static_cast<void>(state_->hub().release(state_, false));
}

Session& Session::operator=(Session&& other) noexcept {
  Session before(std::move(state_));  // released when this function returns
  state_ = std::move(other.state_);
  return *this;
}

Result<void> Session::release() {
  if (!state_) return empty();
  return state_->hub().release(state_, true);
}

}  // namespace switchhook
