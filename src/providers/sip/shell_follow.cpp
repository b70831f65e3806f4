// SPDX-License-Identifier: Apache-2.0
// A REFER of the far end is followed (RFC 3515, RFC 5589): we call whom it names, and once that one
// has answered, or the far end has hung up before, the engine's call goes on in the new dialog. For
// that time a call has two dialogs, each a Call of the table: one is the engine's, the other (leg)
// is told nothing and ends with it. docs/decisions/0051 tells the rules.
#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "providers/sip/call/mapping.hpp"
#include "providers/sip/net/wire.hpp"
#include "providers/sip/shell.hpp"

namespace switchhook::sip {

namespace {

/// How often one call can be sent on: two far ends that refer to each other come to an end.
constexpr std::uint8_t kReferralsOfACall = 8;

}  // namespace

void Shell::carry_out(CallHandle handle, Call& call, const usage::ReferAsked& asked) {
  const auto refuse_with = [&](std::uint16_t status) { run(handle, usage::AnswerRefer{status}); };
  Line& line = *lines_[call.line];
  if (call.leg || call.other || call.hold_request != 0) return refuse_with(491);
  if (call.referrals >= kReferralsOfACall) return refuse_with(482);
  const bool full = booked_calls_ >= static_cast<std::int64_t>(config_.calls_max) ||
                    (line.config.calls_max != 0 && line.calls >= line.config.calls_max);
  if (stopping_ || !line.in_service || full) return refuse_with(503);
  const Result<std::string> target = resolve(line, asked.referral.to);
  if (!target) return refuse_with(400);

  const CallHandle next = calls_.emplace();
  Call& leg = *calls_.find(next);
  leg.line = call.line;
  leg.leg = leg.follows = leg.closed = true;
  leg.outgoing = true;
  leg.held = call.held;
  leg.referrals = static_cast<std::uint8_t>(call.referrals + 1);
  leg.sdp_session = random() >> 33;
  if (!take_port(leg)) {
    calls_.erase(next);
    return refuse_with(503);
  }
  ++line.calls;
  leg.other = handle;
  call.other = next;
  leg.referred = std::make_unique<Referred>();
  leg.referred->target = Party{asked.referral.to, {}};
  leg.referred->by = Party{wire::uri_inside(call.usage->remote()), {}};
  make_usage(next, leg, *target, line.uri, line.config.display_name);
  set_deadline(next, leg, kFollowTimer, line.settings.transfer_limit);
  run(handle, usage::AnswerRefer{202});
  run(next,
      usage::Start{
          sdp::offer(local_sdp(leg)), {}, asked.referral.replaces, asked.referral.referred_by});
}

/// The new dialog becomes the engine's call; the old one is left to end.
void Shell::take_over(CallHandle handle, Call& call) {
  Call& old = *calls_.find(call.other);
  call.ref = std::exchange(old.ref, {});
  by_ref_[call.ref.value] = handle;
  call.leg = call.closed = false;
  call.follows = false;
  old.leg = old.closed = true;
  call.outgoing = old.outgoing;
  call.answered = call.alerted = call.proceeding = true;  // the engine's call was and is
  call.remote_held = old.remote_held;
  call.noted = 0;
  note(call);
  tell(provider::InfoChanged{.call = call.ref, .provider_call_id = call.usage->call_id()});
  if (old.usage->state() == usage::State::confirmed)
    set_deadline(call.other, old, kFollowTimer, lines_[old.line]->settings.limit());
}

/// Whom the engine's call is connected with now.
void Shell::tell_referred(const Call& call) {
  tell(provider::InfoChanged{.call = call.ref,
                             .connected = call.referred->target,
                             .redirecting = call.referred->by,
                             .redirection = call.referred->target});
}

/// To whoever asked for it: how the call to the other one gets on.
void Shell::tell_progress(const Call& call, std::uint16_t status, const std::string& phrase) {
  if (call.other) run(call.other, usage::ReferProgress{status, wire::phrase_of(status, phrase)});
}

/// Before anything else is done with an answer: false = it cannot be talked over, and is dropped.
bool Shell::followed(CallHandle handle, Call& call, bool usable) {
  clear_deadline(handle, call, kFollowTimer);
  if (!usable) {
    tell_progress(call, 488, {});
    if (!call.leg) return true;  // the engine's call by now: it ends as any that cannot be used
    usage::Drop drop;
    drop.reason = mapping::format_reason({"Q.850", 88, "Incompatible destination"});
    run(handle, std::move(drop));
    return false;
  }
  if (call.leg) take_over(handle, call);
  tell_referred(call);
  tell_progress(call, 200, {});
  return true;
}

/// The communication of one of two dialogs ended; returns whether that is all there is to it.
bool Shell::leg_disconnected(Call& call, const usage::Disconnected& disconnected) {
  using By = usage::Disconnected::By;
  std::uint16_t status = disconnected.status;
  if (status < 300) status = disconnected.by == By::transport ? 503 : 408;
  if (call.leg) {
    call.disconnected = true;
    if (call.follows) tell_progress(call, status, disconnected.phrase);
    return true;
  }
  Call* other = calls_.find(call.other);
  if (other == nullptr) return false;
  if (other->follows && !other->disconnected && !call.closed && !call.idle && !call.disconnected) {
    call.disconnected = true;  // whoever asked for it has left: the new dialog is all there is
    take_over(call.other, *other);
    return true;
  }
  tell_progress(call, status, disconnected.phrase);
  end_other(call);
  return false;
}

/// The engine's call ends: what there is of another dialog goes with it.
void Shell::end_other(const Call& call) {
  if (!call.other) return;
  run(call.other, usage::ReferProgress{487, wire::phrase_of(487, {})});
  usage::Drop drop;
  drop.reason = mapping::format_reason({"Q.850", 16, "Normal call clearing"});
  run(call.other, std::move(drop));
}

void Shell::on_follow_timer(CallHandle handle, Call& call) {
  usage::Drop drop;
  if (call.leg && !call.follows) {  // whoever asked for it does not hang up: we do
    drop.reason = mapping::format_reason({"Q.850", 16, "Normal call clearing"});
  } else {
    tell_progress(call, 408, {});
    drop.reason = mapping::format_reason({"Q.850", 19, "No answer"});
    call.drop_at = now();
    tell_state(call, CallState::disconnected, 0,
               Cause{.mode = DisconnectMode::no_answer, .words = "nobody there to transfer to"});
    call.disconnected = true;
  }
  run(handle, std::move(drop));
}

/// Everything of one of two dialogs is over: the call is over when the other one is.
void Shell::leg_finished(Call& call) {
  const CallHandle handle = call.other;
  if (call.follows) tell_progress(call, 487, {});
  Call* owner = calls_.find(handle);
  if (owner == nullptr) return;
  owner->other = {};
  for (std::size_t i = 0; i < owner->taken.size(); ++i) owner->taken[i] += call.taken[i];
  if (owner->last_word) {
    tell(*std::exchange(owner->last_word, nullptr));
    erase_if_dead(handle);
  } else if (owner->usage) {
    owner->noted = 0;
    note(*owner);
  }
}

}  // namespace switchhook::sip
