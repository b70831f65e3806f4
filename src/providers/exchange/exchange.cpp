// SPDX-License-Identifier: Apache-2.0
#include "providers/exchange/exchange.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/limits.hpp"

namespace switchhook::exchange {
namespace {

// What a switch would say, in Q.850's numbers.
const Cause kCleared{DisconnectMode::normal, 0, 16, "normal call clearing"};
const Cause kCancelled{DisconnectMode::cancelled, 0, 16, "the caller gave up"};
const Cause kUnallocated{DisconnectMode::bad_address, 0, 1, "unallocated number"};
const Cause kUserBusy{DisconnectMode::busy, 0, 17, "user busy"};
const Cause kRejected{DisconnectMode::reject, 0, 21, "call rejected"};
const Cause kOutOfOrder{DisconnectMode::out_of_order, 0, 27, "destination out of order"};

/// What the caller is told when the called line's side ends an unanswered call.
Cause refusal(provider::DropWhy why) {
  switch (why) {
    case provider::DropWhy::no_answer:
      return {DisconnectMode::no_answer, 0, 19, "no answer from the user"};
    case provider::DropWhy::no_owner:
      return {DisconnectMode::unavailable, 0, 20, "nobody takes calls on this line"};
    case provider::DropWhy::stopping:
      return {DisconnectMode::temporary_failure, 0, 41, "the line is being taken out of service"};
    case provider::DropWhy::normal:
    case provider::DropWhy::rejected:
    case provider::DropWhy::length_limit:
      break;
  }
  return kRejected;
}

bool are_digits(const std::string& digits) {
  constexpr std::string_view kSigns = "0123456789*#ABCDabcd,!";
  return digits.size() <= limits::kDigits &&
         digits.find_first_not_of(kSigns.data(), 0, kSigns.size()) == std::string::npos;
}

}  // namespace

Exchange::Exchange(const base::Clock& clock, Config config)
    : clock_(clock), config_(std::move(config)) {}
Exchange::~Exchange() = default;

Result<void> Exchange::start(provider::Sink& sink) {
  if (Result<void> good = config_.validate(); !good) return good;
  sink_ = &sink;
  for (provider::LineNumber line = 0; line < config_.lines.size(); ++line) announce(line);
  return {};
}

void Exchange::announce(provider::LineNumber line) {
  const std::string& number = config_.lines[line];
  sink_->post(provider::LineAdded{line,
                                  {.name = number,
                                   .address = number,
                                   .provider = name(),
                                   .media_modes = media::kVoice,
                                   .status = "extension " + number + " of the exchange",
                                   .user_info_max = kUserInfoMax}});
}

void Exchange::carry_out(const provider::AddLine& command) {
  if (dialable(command.line).empty() ||
      std::find(config_.lines.begin(), config_.lines.end(), command.line) != config_.lines.end())
    return;
  config_.lines.push_back(command.line);
  announce(static_cast<provider::LineNumber>(config_.lines.size() - 1));
}

void Exchange::carry_out(const provider::RemoveLine& command) {
  const auto line = std::find(config_.lines.begin(), config_.lines.end(), command.line);
  if (line == config_.lines.end()) return;
  line->clear();
  sink_->post(provider::LineGone{static_cast<provider::LineNumber>(line - config_.lines.begin()),
                                 command.why});
}

void Exchange::submit(provider::Command command) {
  std::visit([this](const auto& c) { carry_out(c); }, command);
}

// ---- placing a call

void Exchange::carry_out(const provider::MakeCall& command) {
  const std::string number = dialable(command.address);
  if (number.empty())
    return complete(command.call, command.request,
                    Error{Errc::invalid_address, "\"" + command.address.substr(0, 64) +
                                                     "\" is not a number of the exchange"});
  if (command.line >= config_.lines.size() || calls_.contains(command.call))
    return complete(command.call, command.request, Error{Errc::failed, "no such line"});

  Call& call = calls_[command.call];
  ++calls_booked_;
  call.line = command.line;
  complete(command.call, command.request);
  state(command.call, CallState::dialing);
  state(command.call, CallState::proceeding);

  const auto line = std::find(config_.lines.begin(), config_.lines.end(), number);
  if (line != config_.lines.end())
    return call_line(command.call, call,
                     static_cast<provider::LineNumber>(line - config_.lines.begin()), command);
  const auto extension = std::find_if(config_.extensions.begin(), config_.extensions.end(),
                                      [&](const Extension& e) { return e.number == number; });
  if (extension == config_.extensions.end())
    return far_end_gone(command.call, call, kUnallocated, {});
  call.extension = &*extension;
  call_extension(command.call, call);
}

void Exchange::call_extension(CallRef ref, Call& call) {
  const Extension& extension = *call.extension;
  switch (extension.behaviour) {
    case Behaviour::answers:
      if (extension.delay.count() == 0) return connect(ref, call);
      state(ref, CallState::ringback);
      return appoint(ref, call, Due::answer, extension.delay);
    case Behaviour::rings:
      return state(ref, CallState::ringback);
    case Behaviour::busy:
      state(ref, CallState::busy, static_cast<std::uint8_t>(BusyMode::station));
      return far_end_gone(ref, call, kUserBusy, {});
    case Behaviour::rejects:
      state(ref, CallState::ringback);
      if (extension.delay.count() == 0) return far_end_gone(ref, call, kRejected, {});
      return appoint(ref, call, Due::refuse, extension.delay);
    case Behaviour::hangs_up:
      connect(ref, call);
      return appoint(ref, call, Due::hang_up, extension.delay);
    case Behaviour::out_of_order:
      state(ref, CallState::special_info, static_cast<std::uint8_t>(SpecialInfo::unknown));
      return far_end_gone(ref, call, kOutOfOrder, {});
    case Behaviour::echoes:
      return connect(ref, call);
  }
}

void Exchange::call_line(CallRef ref, Call& call, provider::LineNumber line,
                         const provider::MakeCall& how) {
  if (line == call.line) {  // it is off the hook already
    state(ref, CallState::busy, static_cast<std::uint8_t>(BusyMode::station));
    return far_end_gone(ref, call, kUserBusy, {});
  }
  const CallRef other{CallRef::kMintedByProvider | ++minted_};
  Call& offered = calls_[other];
  ++calls_booked_;
  offered.line = line;
  offered.phase = Phase::offered;
  offered.peer = ref;
  call.peer = other;
  Party calling = how.calling;
  if (calling.address.empty()) calling.address = config_.lines[call.line];
  sink_->post(provider::NewCall{.call = other,
                                .line = line,
                                .provider_call_id = "exchange-" + std::to_string(minted_),
                                .parties = {.calling = std::move(calling),
                                            .called = {.address = config_.lines[line], .name = {}}},
                                .media_modes = media::kVoice,
                                .user_info = how.user_info});
  state(other, CallState::offering, static_cast<std::uint8_t>(OfferingMode::active));
}

// ---- answering, holding

void Exchange::carry_out(const provider::Accept& command) {
  Call* call = find(command.call);
  if (call == nullptr)
    return complete(command.call, command.request, Error{Errc::stale_handle, {}});
  if (call->phase != Phase::offered)
    return complete(command.call, command.request, Error{Errc::invalid_state, "not offered"});
  complete(command.call, command.request);
  state(command.call, CallState::accepted);
  pass_user_info(call->peer, command.user_info);
  state(call->peer, CallState::ringback);
}

void Exchange::carry_out(const provider::Answer& command) {
  Call* call = find(command.call);
  if (call == nullptr)
    return complete(command.call, command.request, Error{Errc::stale_handle, {}});
  if (call->phase != Phase::offered)
    return complete(command.call, command.request, Error{Errc::invalid_state, "not offered"});
  complete(command.call, command.request);
  pass_user_info(call->peer, command.user_info);
  connect(command.call, *call);
  connect(call->peer, calls_.at(call->peer));
}

void Exchange::connect(CallRef ref, Call& call) {
  call.phase = Phase::connected;
  const std::string& other =
      call.extension != nullptr ? call.extension->number : config_.lines[calls_.at(call.peer).line];
  sink_->post(provider::InfoChanged{.call = ref, .connected = Party{.address = other, .name = {}}});
  state(ref, CallState::connected, static_cast<std::uint8_t>(ConnectedMode::active));
}

void Exchange::carry_out(const provider::Hold& command) {
  Call* call = find(command.call);
  if (call == nullptr)
    return complete(command.call, command.request, Error{Errc::stale_handle, {}});
  if (call->phase != Phase::connected || call->held)
    return complete(command.call, command.request, Error{Errc::invalid_state, "not connected"});
  call->held = true;
  complete(command.call, command.request);
  state(command.call, CallState::on_hold);
}

void Exchange::carry_out(const provider::Unhold& command) {
  Call* call = find(command.call);
  if (call == nullptr)
    return complete(command.call, command.request, Error{Errc::stale_handle, {}});
  if (call->phase != Phase::connected || !call->held)
    return complete(command.call, command.request, Error{Errc::invalid_state, "not held"});
  call->held = false;
  complete(command.call, command.request);
  state(command.call, CallState::connected, static_cast<std::uint8_t>(ConnectedMode::active));
}

void Exchange::carry_out(const provider::Swap& command) {
  Call* active = find(command.call);
  Call* held = find(command.with);
  if (active == nullptr || held == nullptr)
    return complete(command.call, command.request, Error{Errc::stale_handle, {}});
  if (active->phase != Phase::connected || active->held || held->phase != Phase::connected ||
      !held->held || active->line != held->line)
    return complete(command.call, command.request,
                    Error{Errc::invalid_state, "not an active call and a held one"});
  active->held = true;
  held->held = false;
  complete(command.call, command.request);
  state(command.call, CallState::on_hold);
  state(command.with, CallState::connected, static_cast<std::uint8_t>(ConnectedMode::active));
}

// ---- ending

void Exchange::carry_out(const provider::Drop& command) {
  Call* call = find(command.call);
  if (call == nullptr)
    return complete(command.call, command.request, Error{Errc::stale_handle, {}});
  complete(command.call, command.request);
  switch (call->phase) {
    case Phase::calling:
      end(command.call, *call, kCancelled, command.user_info);
      break;
    case Phase::offered:
      end(command.call, *call, refusal(command.why), command.user_info);
      break;
    case Phase::connected:
      end(command.call, *call, kCleared, command.user_info);
      break;
    case Phase::over:
      break;
  }
  state(command.call, CallState::idle);
  finish(command.call, *call);
}

void Exchange::carry_out(const provider::CloseCall& command) {
  Call* call = find(command.call);
  if (call == nullptr) return;
  if (call->phase != Phase::over)
    end(command.call, *call,
        call->phase == Phase::offered   ? refusal(provider::DropWhy::no_owner)
        : call->phase == Phase::calling ? kCancelled
                                        : kCleared,
        {});
  finish(command.call, *call);
  calls_.erase(command.call);
  --calls_booked_;
}

void Exchange::end(CallRef ref, Call& call, const Cause& cause, const UserInfo& user_info) {
  call.phase = Phase::over;
  stop_sending(ref, call);
  cancel(call.appointment);
  if (const CallRef peer = std::exchange(call.peer, CallRef{}))
    far_end_gone(peer, calls_.at(peer), cause, user_info);
}

void Exchange::far_end_gone(CallRef ref, Call& call, const Cause& cause,
                            const UserInfo& user_info) {
  // An unanswered incoming call that is abandoned needs nobody to clear it (provider.hpp, rule 5).
  const bool abandoned = call.phase == Phase::offered;
  call.phase = Phase::over;
  call.peer = {};
  stop_sending(ref, call);
  cancel(call.appointment);
  pass_user_info(ref, user_info);
  state(ref, CallState::disconnected, 0, cause);
  if (abandoned) state(ref, CallState::idle, 0, cause);
  finish(ref, call);
}

void Exchange::finish(CallRef ref, Call& call) {
  if (std::exchange(call.ended, true)) return;
  provider::Ended ended{.call = ref, .confirmation = Confirmation::confirmed};
  ended.released[static_cast<std::size_t>(Resource::provider_calls)] = 1;
  sink_->post(std::move(ended));
}

void Exchange::carry_out(const provider::Stop&) {
  std::vector<CallRef> live;
  for (const auto& [ref, call] : calls_)
    if (call.phase != Phase::over) live.push_back(ref);
  for (const CallRef ref : live) {
    Call& call = calls_.at(ref);
    if (call.phase == Phase::over) continue;  // its other side came before
    end(ref, call, refusal(provider::DropWhy::stopping), {});
    state(ref, CallState::idle);
    finish(ref, call);
  }
  sink_->post(provider::Stopped{});
}

// ---- digits

void Exchange::carry_out(const provider::MonitorDigits& command) {
  if (Call* call = find(command.call)) call->digit_modes = command.modes;
}

void Exchange::carry_out(const provider::SendDigits& command) {
  Call* call = find(command.call);
  if (call == nullptr)
    return complete(command.call, command.request, Error{Errc::stale_handle, {}});
  if (!are_digits(command.digits))
    return complete(command.call, command.request, Error{Errc::invalid_digits, {}});
  if (call->phase != Phase::connected)
    return complete(command.call, command.request, Error{Errc::invalid_state, "not connected"});
  stop_sending(command.call, *call);
  const Time each =
      command.duration.count() > 0 ? Time(command.duration) : Time(config_.digit_duration);
  call->sending = Sending{command.request, command.digits, 0, command.mode, each};
  next_digit(command.call, *call);
}

void Exchange::next_digit(CallRef ref, Call& call) {
  Sending& sending = *call.sending;
  if (sending.next == sending.digits.size()) {
    const provider::RequestNumber request = sending.request;
    call.sending.reset();
    return complete(ref, request);
  }
  const char digit = sending.digits[sending.next++];
  if (digit != ',' && digit != '!') {
    if (call.extension != nullptr && call.extension->behaviour == Behaviour::echoes)
      hear(ref, digit, sending.mode);
    else if (call.peer)
      hear(call.peer, digit, sending.mode);
  }
  appoint(ref, call, Due::digit, sending.each);
}

void Exchange::hear(CallRef ref, char digit, std::uint32_t mode) {
  const Call* call = find(ref);
  if (call == nullptr || (call->digit_modes & mode) == 0) return;
  const char upper = digit >= 'a' && digit <= 'd' ? static_cast<char>(digit - 'a' + 'A') : digit;
  sink_->post(provider::DigitReceived{ref, upper, mode});
}

void Exchange::stop_sending(CallRef ref, Call& call) {
  if (!call.sending) return;
  const provider::RequestNumber request = call.sending->request;
  call.sending.reset();
  cancel(call.next_digit);
  complete(ref, request, Error{Errc::failed, "cancelled"});
}

// ---- time

void Exchange::appoint(CallRef ref, Call& call, Due due, Time after) {
  (due == Due::digit ? call.next_digit : call.appointment) =
      agenda_.emplace(clock_.now().monotonic + after, Appointment{ref, due});
  ++timers_booked_;
}

void Exchange::cancel(std::optional<Agenda::iterator>& entry) {
  if (!entry) return;
  agenda_.erase(*std::exchange(entry, std::nullopt));
  --timers_booked_;
}

std::optional<std::chrono::nanoseconds> Exchange::next_deadline() const {
  if (agenda_.empty()) return std::nullopt;
  return agenda_.begin()->first;
}

void Exchange::advance(const Moment& now) {
  while (!agenda_.empty() && agenda_.begin()->first <= now.monotonic)
    keep_appointment(agenda_.begin()->second);
}

void Exchange::keep_appointment(Appointment appointment) {
  const auto& [ref, due] = appointment;
  Call& call = calls_.at(ref);  // an ended call has no appointments
  cancel(due == Due::digit ? call.next_digit : call.appointment);
  switch (due) {
    case Due::answer:
      return connect(ref, call);
    case Due::refuse:
      return far_end_gone(ref, call, kRejected, {});
    case Due::hang_up:
      return far_end_gone(ref, call, kCleared, {});
    case Due::digit:
      return next_digit(ref, call);
  }
}

// ---- small things

Exchange::Call* Exchange::find(CallRef ref) {
  const auto found = calls_.find(ref);
  return found == calls_.end() ? nullptr : &found->second;
}

void Exchange::complete(CallRef ref, provider::RequestNumber request, std::optional<Error> error) {
  sink_->post(provider::Completed{ref, request, std::move(error)});
}

void Exchange::state(CallRef ref, CallState state, std::uint8_t detail,
                     std::optional<Cause> cause) {
  sink_->post(provider::StateChanged{ref, state, detail, std::move(cause)});
}

void Exchange::pass_user_info(CallRef to, const UserInfo& user_info) {
  if (to && !user_info.empty())
    sink_->post(provider::InfoChanged{.call = to, .user_info = user_info});
}

/// Both ends of its calls were in the process that died.
void Exchange::carry_out(const provider::EndOrphan& command) {
  sink_->post(provider::OrphanEnded{.number = command.number});
}

void Exchange::carry_out(const provider::ReportLedger& command) {
  provider::LedgerReport report{.token = command.token};
  const auto put = [&](Resource resource, std::int64_t booked, std::size_t found) {
    report.booked[static_cast<std::size_t>(resource)] = booked;
    report.found[static_cast<std::size_t>(resource)] = static_cast<std::int64_t>(found);
  };
  put(Resource::provider_calls, calls_booked_, calls_.size());
  put(Resource::provider_timers, timers_booked_, agenda_.size());
  sink_->post(report);
}

}  // namespace switchhook::exchange
