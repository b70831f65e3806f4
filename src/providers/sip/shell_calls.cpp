// SPDX-License-Identifier: Apache-2.0
// Commands of the engine, and what the usages report, turned into events.
#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/limits.hpp"
#include "providers/sip/call/mapping.hpp"
#include "providers/sip/net/wire.hpp"
#include "providers/sip/shell.hpp"

namespace switchhook::sip {

using provider::CallRef;
using provider::RequestNumber;

namespace {

/// A hold that the far end has not answered in this time is reported failed; the engine waits for
/// limits::kProviderAnswer.
constexpr std::chrono::seconds kHoldAnswer{8};

Error stale() {
  return {Errc::stale_handle, "no such call"};
}

std::uint8_t detail(ConnectedMode mode) {
  return static_cast<std::uint8_t>(mode);
}

}  // namespace

// ---- the table of calls

Shell::CallHandle Shell::find_ref(CallRef ref) const {
  const auto found = by_ref_.find(ref.value);
  return found != by_ref_.end() ? found->second : CallHandle{};
}

Shell::CallHandle Shell::add_call(CallRef ref, provider::LineNumber line, bool outgoing) {
  const CallHandle handle = calls_.emplace();
  Call& call = *calls_.find(handle);
  call.ref = ref;
  call.line = line;
  call.outgoing = outgoing;
  call.sdp_session = random() >> 33;
  by_ref_.emplace(ref.value, handle);
  ++booked_calls_;
  calls_.find(handle)->took(Resource::provider_calls);
  ++lines_[line]->calls;
  return handle;
}

/// One that never came to be.
void Shell::remove_call(CallHandle handle) {
  const Call& call = *calls_.find(handle);
  --lines_[call.line]->calls;
  by_ref_.erase(call.ref.value);
  --booked_calls_;
  calls_.erase(handle);
}

/// A call is dead when the engine has closed it and everything was returned.
void Shell::erase_if_dead(CallHandle handle) {
  Call* call = calls_.find(handle);
  if (call == nullptr || !call->closed || !call->ended || call->last_word) return;
  if (call->orphan == 0 && !call->leg) {
    by_ref_.erase(call->ref.value);
    --booked_calls_;
  }
  calls_.erase(handle);
}

/// Our tag in a dialog names the call, so that finding it needs no table; the random part keeps
/// others from making one up.
std::string Shell::make_tag(CallHandle handle) {
  std::array<char, 40> out{};
  std::snprintf(out.data(), out.size(), "%llx-%08llx",
                static_cast<unsigned long long>(handle.value),
                static_cast<unsigned long long>(random() & 0xffffffffu));
  return out.data();
}

Shell::CallHandle Shell::find_tag(std::string_view tag, const std::string& call_id) {
  std::uint64_t value = 0;
  std::size_t i = 0;
  for (; i < tag.size() && tag[i] != '-'; ++i) {
    const char c = tag[i];
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0 || i >= 16) return find_orphan(tag, call_id);
    value = value << 4 | static_cast<std::uint64_t>(digit);
  }
  const CallHandle handle{value};
  const Call* call = calls_.find(handle);
  if (call == nullptr || !call->usage || call->usage->local_tag() != tag ||
      call->usage->call_id() != call_id)
    return find_orphan(tag, call_id);
  return handle;
}

sdp::Local Shell::local_sdp(Call& call) {
  return {.address = config_.bind_address,
          .port = call.rtp ? call.rtp->port() : std::uint16_t{0},
          .session = call.sdp_session,
          .version = ++call.sdp_version,
          .direction = call.held ? sdp::Direction::sendonly : sdp::Direction::sendrecv};
}

Result<void> Shell::take_port(Call& call) {
  if (call.rtp) return {};
  Result<RtpPort> port = ports_.take();
  if (!port) return std::move(port).error();
  call.rtp.emplace(std::move(*port));
  ++booked_ports_;
  call.took(Resource::rtp_ports);
  call.took(Resource::descriptors);
  return {};
}

/// The URI for what somebody dialled.
Result<std::string> Shell::resolve(const Line& line, const std::string& address) const {
  std::string uri = address;
  if (address.empty() || address.size() > limits::kAddressBytes) return Errc::invalid_address;
  if (uri.compare(0, 4, "sip:") != 0 && uri.compare(0, 5, "sips:") != 0) {
    if (uri.compare(0, 4, "tel:") == 0) uri.erase(0, 4);
    const std::size_t at = uri.find('@');
    const std::string user = uri.substr(0, at);
    if (!valid_user(user)) return {Errc::invalid_address, "\"" + address.substr(0, 80) + "\""};
    uri = at == std::string::npos ? "sip:" + uri + "@" + line.domain : "sip:" + uri;
  }
  if (uri.compare(0, 5, "sips:") == 0 && !config_.tls)
    return {Errc::unsupported, "sips: needs TLS, which is switched off"};
  if (!valid_uri(uri)) return {Errc::invalid_address, "\"" + address.substr(0, 80) + "\""};
  if (line.config.transport != Transport::udp && uri.compare(0, 5, "sips:") != 0 &&
      uri.find(";transport=") == std::string::npos && uri.find('?') == std::string::npos)
    uri += line.config.transport == Transport::tcp ? ";transport=tcp" : ";transport=tls";
  return uri;
}

// ---- telling the engine

void Shell::complete(CallRef call, RequestNumber request, std::optional<Error> error) {
  if (request != 0) tell(provider::Completed{call, request, std::move(error)});
}

/// What was under way is over with the call.
void Shell::fail_requests(Call& call, const char* words) {
  call.hold_waits = false;
  complete(call.ref, std::exchange(call.hold_request, 0), Error{Errc::failed, words});
  complete(call.ref, std::exchange(call.transfer_request, 0), Error{Errc::failed, words});
}

void Shell::tell_state(Call& call, CallState state, std::uint8_t state_detail,
                       std::optional<Cause> cause) {
  if (call.closed || call.idle) return;
  if (state == CallState::idle) call.idle = true;
  tell(provider::StateChanged{call.ref, state, state_detail, std::move(cause)});
}

void Shell::tell_user_info(Call& call, const std::string& header) {
  if (header.empty() || call.closed || call.idle) return;
  if (std::optional<UserInfo> info = mapping::parse_user_to_user(header); info && !info->empty())
    tell(provider::InfoChanged{.call = call.ref, .user_info = std::move(info)});
}

// ---- commands

void Shell::on(const provider::MakeCall& make) {
  const auto fail = [&](Error error) { complete(make.call, make.request, std::move(error)); };
  if (make.line >= lines_.size()) return fail({Errc::no_such_line, ""});
  Line& line = *lines_[make.line];
  if (stopping_) return fail({Errc::provider_gone, "the provider stops"});
  if (!make.call || find_ref(make.call)) return fail({Errc::invalid_argument, "call reference"});
  if (!line.in_service) return fail({Errc::line_unavailable, "not registered"});
  if (make.user_info.size() > limits::kUserInfoBytes) return fail({Errc::user_info_too_big, ""});
  if (booked_calls_ >= static_cast<std::int64_t>(config_.calls_max) ||
      (line.config.calls_max != 0 && line.calls >= line.config.calls_max))
    return fail({Errc::call_unavailable, "limit of calls reached"});
  Result<std::string> target = resolve(line, make.address);
  if (!target) return fail(target.error());
  std::string calling = line.uri, display = line.config.display_name;
  if (!make.calling.address.empty()) {
    Result<std::string> given = resolve(line, make.calling.address);
    if (!given) return fail(given.error());
    calling = given->substr(0, given->find(";transport="));
  }
  if (!make.calling.name.empty()) display = make.calling.name.substr(0, limits::kNameBytes);

  const CallHandle handle = add_call(make.call, make.line, true);
  Call& call = *calls_.find(handle);
  if (Result<void> port = take_port(call); !port) {
    remove_call(handle);
    return fail(port.error());
  }
  make_usage(handle, call, *target, calling, display);
  complete(make.call, make.request);
  tell(provider::InfoChanged{.call = call.ref, .provider_call_id = call.usage->call_id()});
  tell_state(call, CallState::dialing);
  run(handle, usage::Start{.body = sdp::offer(local_sdp(call)),
                           .user_to_user = mapping::format_user_to_user(make.user_info)});
}

void Shell::make_usage(CallHandle handle, Call& call, const std::string& target,
                       const std::string& calling, const std::string& display) {
  const Line& line = *lines_[call.line];
  usage::Identity identity;
  identity.call_id = std::to_string(random()) + "-" + std::to_string(random() >> 40) + "@" + host_;
  identity.local_tag = make_tag(handle);
  identity.local = wire::name_addr(calling, display);
  identity.remote = wire::name_addr(target.substr(0, target.find(";transport=")));
  identity.target = target;
  identity.contact = line.contact;
  identity.next_hop = line.config.outbound_proxy;
  identity.first_cseq = static_cast<std::uint32_t>(random() % 100000 + 1);
  identity.entropy = random();
  call.usage = std::make_unique<usage::Usage>(line.settings, std::move(identity));
  ++booked_dialogs_;
  call.took(Resource::dialogs);
}

void Shell::on(const provider::Accept& accept) {
  const CallHandle handle = find_ref(accept.call);
  Call* call = calls_.find(handle);
  if (call == nullptr || call->closed) return complete(accept.call, accept.request, stale());
  if (!call->usage || call->usage->state() != usage::State::offered)
    return complete(accept.call, accept.request, Error{Errc::invalid_state, "not offered"});
  complete(accept.call, accept.request);
  tell_state(*call, CallState::accepted);
  if (!call->alerted || !accept.user_info.empty()) {
    call->alerted = true;
    run(handle, usage::Ring{mapping::format_user_to_user(accept.user_info)});
  }
}

void Shell::on(const provider::Answer& answer) {
  const CallHandle handle = find_ref(answer.call);
  Call* call = calls_.find(handle);
  if (call == nullptr || call->closed) return complete(answer.call, answer.request, stale());
  if (!call->usage || call->usage->state() != usage::State::offered)
    return complete(answer.call, answer.request, Error{Errc::invalid_state, "not offered"});
  if (answer.user_info.size() > limits::kUserInfoBytes)
    return complete(answer.call, answer.request, Error{Errc::user_info_too_big, ""});
  if (Result<void> port = take_port(*call); !port)
    return complete(answer.call, answer.request, port.error());
  std::string body;
  if (call->offer.empty()) {
    body = sdp::offer(local_sdp(*call));  // the INVITE had none: ours is in the 200
  } else {
    const Result<sdp::Description> offered = sdp::parse(call->offer);
    Result<std::string> ours =
        offered ? sdp::answer(*offered, local_sdp(*call)) : Result<std::string>(offered.error());
    if (!ours) return complete(answer.call, answer.request, ours.error());  // checked when it came
    body = std::move(*ours);
    call->remote_held = offered->holds();
  }
  call->offer = {};
  call->answered = true;
  if (std::exchange(call->unanswered, false)) --unanswered_;
  complete(answer.call, answer.request);
  tell_state(*call, CallState::connected,
             detail(call->remote_held ? ConnectedMode::active_held : ConnectedMode::active));
  const CallHandle replaced = std::exchange(call->replaces, {});
  run(handle, usage::Answer{std::move(body), mapping::format_user_to_user(answer.user_info)});
  if (replaced) end_replaced(replaced);
}

void Shell::on(const provider::Drop& drop) {
  const CallHandle handle = find_ref(drop.call);
  Call* call = calls_.find(handle);
  if (call == nullptr || call->closed) return complete(drop.call, drop.request, stale());
  if (drop.user_info.size() > limits::kUserInfoBytes)
    return complete(drop.call, drop.request, Error{Errc::user_info_too_big, ""});
  // Idle does not wait for the wire: it is told before the BYE leaves.
  fail_requests(*call, "the call ended");
  complete(drop.call, drop.request);
  tell_state(*call, CallState::idle);
  if (call->usage && !call->disconnected) end_by_command(handle, *call, drop.why, drop.user_info);
}

void Shell::end_by_command(CallHandle handle, Call& call, provider::DropWhy why,
                           const UserInfo& user_info) {
  if (call.drop_at == Clock::time_point{}) call.drop_at = now();
  const bool answered = call.answered;
  usage::Drop drop = mapping::drop_of(why, lines_[call.line]->config.reject_code, answered);
  drop.user_to_user = mapping::format_user_to_user(user_info);
  run(handle, std::move(drop));
  end_other(call);
}

void Shell::on(const provider::Hold& command) {
  hold(command.call, command.request, true);
}
void Shell::on(const provider::Unhold& command) {
  hold(command.call, command.request, false);
}

void Shell::hold(CallRef ref, RequestNumber request, bool wanted) {
  const CallHandle handle = find_ref(ref);
  Call* call = calls_.find(handle);
  if (call == nullptr || call->closed) return complete(ref, request, stale());
  if (!call->usage || call->disconnected || call->hold_request != 0 || call->held == wanted ||
      !call->usage->established() || (call->other && !call->leg && call->usage->referee_busy()))
    return complete(ref, request, Error{Errc::invalid_state, wanted ? "hold" : "unhold"});
  call->hold_request = request;
  call->hold_wanted = wanted;
  call->hold_waits = true;
  set_deadline(handle, *call, kHoldTimer, kHoldAnswer);
  offer_hold(handle, *call);
}

/// Sends the re-INVITE of a Hold or Unhold: once the ACK is there and no other one is under way.
void Shell::offer_hold(CallHandle handle, Call& call) {
  if (!call.hold_waits || !call.usage->reoffer_possible()) return;
  call.hold_waits = false;
  sdp::Local local = local_sdp(call);
  local.direction = call.hold_wanted ? sdp::Direction::sendonly : sdp::Direction::sendrecv;
  run(handle, usage::Reoffer{sdp::offer(local)});
}

void Shell::on(const provider::SendDigits& send) {
  const Call* call = calls_.find(find_ref(send.call));
  complete(send.call, send.request,
           call == nullptr || call->closed
               ? stale()
               : Error{Errc::unsupported, "digits need audio, which SIP lines do not carry yet"});
}

void Shell::on(const provider::CloseCall& close) {
  const CallHandle handle = find_ref(close.call);
  Call* call = calls_.find(handle);
  if (call == nullptr || call->closed) return;
  fail_requests(*call, "closed");
  call->closed = true;
  if (call->usage && !call->idle && !call->disconnected)
    end_by_command(handle, *call, provider::DropWhy::normal, {});
  erase_if_dead(handle);
}

// ---- running a usage

/// Feeds one input, carries out what comes of it, and what comes of that; never nested.
void Shell::run(CallHandle first, usage::Input input) {
  pending_.emplace_back(first, std::move(input));
  if (running_) return;
  running_ = true;
  while (!pending_.empty()) {
    const CallHandle handle = pending_.front().first;
    const usage::Input next = std::move(pending_.front().second);
    pending_.pop_front();
    Call* call = calls_.find(handle);
    if (call == nullptr || !call->usage) continue;
    outputs_.clear();
    static_cast<void>(call->usage->apply(next, outputs_));
    note(*call);
    for (usage::Output& output : outputs_)
      std::visit([&](auto& what) { carry_out(handle, *call, what); }, output);
    if (call->usage) offer_hold(handle, *call);
    if (call->usage && call->usage->finished()) {
      call->usage.reset();
      --booked_dialogs_;
      erase_if_dead(handle);
      check_stopped();
    }
  }
  running_ = false;
}

void Shell::finish(CallHandle handle, Call& call, const usage::Finished& finished) {
  if (call.ended) return;
  call.ended = true;
  tombstones_.remember(*call.usage, since_epoch());
  retire_all(call);
  call.connection.take(nullptr);
  for (std::size_t i = 0; i < call.deadlines.size(); ++i)
    clear_deadline(handle, call, static_cast<std::uint8_t>(i));
  if (call.rtp) {
    call.rtp.reset();
    --booked_ports_;
  }
  call.offer = {};
  if (std::exchange(call.unanswered, false)) --unanswered_;
  --lines_[call.line]->calls;
  if (call.taken_up) orphan_by_tag_.erase(call.usage->local_tag());
  if (call.orphan != 0) {
    dialog_of_orphan_ended(call, finished);
  } else if (call.leg) {
    leg_finished(call);
  } else if (calls_.find(call.other) != nullptr) {
    call.last_word = std::make_unique<provider::Ended>(ended_of(call, finished));
  } else {
    tell(ended_of(call, finished));
  }
  if (!running_) {  // given up by the shell itself
    call.usage.reset();
    --booked_dialogs_;
    erase_if_dead(handle);
  }
}

provider::Ended Shell::ended_of(const Call& call, const usage::Finished& finished) const {
  provider::Ended ended;
  ended.call = call.ref;
  ended.confirmation = finished.confirmation;
  ended.sent_times = finished.sent_times;
  ended.released = call.taken;
  if (call.drop_at != Clock::time_point{})
    ended.confirmed_after =
        std::chrono::duration_cast<std::chrono::microseconds>(now() - call.drop_at);
  return ended;
}

/// The far end answered with something we cannot talk over: the call ends on our side's initiative,
/// with exactly one BYE.
void Shell::answered_badly(CallHandle handle, Call& call) {
  Cause cause;
  cause.mode = DisconnectMode::incompatible;
  cause.sip_status = 488;
  cause.words = "the answer has no audio that we speak";
  call.disconnected = true;
  tell_state(call, CallState::disconnected, 0, std::move(cause));
  call.drop_at = now();
  usage::Drop drop;
  drop.reason = mapping::format_reason({"Q.850", 88, "Incompatible destination"});
  run(handle, std::move(drop));
  end_other(call);
}

// ---- reports

void Shell::carry_out(CallHandle, Call& call, const usage::Progressed& progressed) {
  if (call.referred && progressed.status > 100 &&
      std::exchange(call.referred->progress, progressed.status) != progressed.status)
    tell_progress(call, progressed.status, {});
  if (call.leg) return;
  tell_user_info(call, progressed.user_to_user);
  if (progressed.status == 180 && !call.alerted) {
    call.alerted = true;
    tell_state(call, CallState::ringback);
  } else if (!call.alerted && !std::exchange(call.proceeding, true)) {
    tell_state(call, CallState::proceeding);
  }
}

void Shell::carry_out(CallHandle handle, Call& call, const usage::Answered& answered) {
  call.answered = true;
  const Result<sdp::Description> theirs = sdp::parse(answered.body);
  const bool usable = theirs && sdp::acceptable(*theirs);
  if (call.referred && !followed(handle, call, usable)) return;
  if (!usable) return answered_badly(handle, call);
  tell_user_info(call, answered.user_to_user);
  const bool before = std::exchange(call.remote_held, theirs->holds());
  if (call.referred && (call.held || before == call.remote_held)) return;  // connected as it was
  tell_state(call, CallState::connected,
             detail(call.remote_held ? ConnectedMode::active_held : ConnectedMode::active));
}

void Shell::carry_out(CallHandle handle, Call& call, const usage::Acknowledged& acknowledged) {
  if (acknowledged.body.empty()) return;
  const Result<sdp::Description> theirs = sdp::parse(acknowledged.body);
  if (!theirs || !sdp::acceptable(*theirs)) answered_badly(handle, call);
}

void Shell::carry_out(CallHandle handle, Call& call, const usage::Reoffered& reoffered) {
  if (reoffered.body.empty())
    return run(handle, usage::AnswerReoffer{200, sdp::offer(local_sdp(call))});
  const Result<sdp::Description> theirs = sdp::parse(reoffered.body);
  if (!theirs) return run(handle, usage::AnswerReoffer{400, {}});
  Result<std::string> ours = sdp::answer(*theirs, local_sdp(call));
  if (!ours) return run(handle, usage::AnswerReoffer{488, {}});
  run(handle, usage::AnswerReoffer{200, std::move(*ours)});
  const bool before = std::exchange(call.remote_held, theirs->holds());
  if (before == call.remote_held || call.held) return;
  tell_state(call, CallState::connected,
             detail(call.remote_held ? ConnectedMode::active_held : ConnectedMode::active));
}

void Shell::carry_out(CallHandle handle, Call& call, const usage::ReofferDone& done) {
  if (std::exchange(call.proving, false)) return proven(handle, call, done);
  const RequestNumber request = std::exchange(call.hold_request, 0);
  clear_deadline(handle, call, kHoldTimer);
  if (!done.accepted) {
    complete(call.ref, request,
             Error{Errc::failed, "the far end answered " + std::to_string(done.status)});
    return;
  }
  call.held = call.hold_wanted;
  complete(call.ref, request);
  if (call.held) {
    tell_state(call, CallState::on_hold);
  } else {
    tell_state(call, CallState::connected,
               detail(call.remote_held ? ConnectedMode::active_held : ConnectedMode::active));
  }
}

void Shell::carry_out(CallHandle, Call& call, const usage::Disconnected& disconnected) {
  if (!call.disconnected && !call.idle && leg_disconnected(call, disconnected)) return;
  fail_requests(call, "the call ended");
  if (call.disconnected || call.idle) return;
  call.disconnected = true;
  tell_user_info(call, disconnected.user_to_user);
  if (!disconnected.contact.empty() && disconnected.status >= 300 && disconnected.status < 400 &&
      !call.closed)
    tell(provider::InfoChanged{.call = call.ref, .redirection = Party{disconnected.contact, {}}});
  const Cause cause = mapping::cause_of(disconnected, call.alerted);
  if (cause.mode == DisconnectMode::busy && call.outgoing && !call.answered)
    tell_state(call, CallState::busy, static_cast<std::uint8_t>(BusyMode::station));
  tell_state(call, CallState::disconnected, 0, cause);
  if (!call.outgoing && !call.answered) tell_state(call, CallState::idle, 0, cause);
}

void Shell::carry_out(CallHandle handle, Call& call, const usage::Finished& finished) {
  finish(handle, call, finished);
}

}  // namespace switchhook::sip
