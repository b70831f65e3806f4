// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/call/call.hpp"

#include <utility>

#include "base/limits.hpp"
#include "providers/sip/call/mapping.hpp"
#include "providers/sip/dialog/name_addr.hpp"

namespace switchhook::sip::call {

using provider::RequestNumber;
using std::chrono::nanoseconds;

namespace {

/// A hold that the far end has not answered in this time is reported failed; the engine waits for
/// limits::kProviderAnswer.
constexpr std::chrono::seconds kHoldAnswer{8};
/// The same for each re-INVITE of a swap, of which there are three when it is undone.
constexpr std::chrono::seconds kHalfAnswer{3};
static_assert(kHoldAnswer < limits::kProviderAnswer && 3 * kHalfAnswer < limits::kProviderAnswer);
/// How many REFERs are followed in one call: bounds two far ends that refer to each other.
constexpr std::uint8_t kReferralsOfACall = 8;

usage::Drop drop_for(std::uint16_t q850, const char* words) {
  return {.reason = mapping::format_reason({"Q.850", q850, words})};
}
usage::Drop clearing() {
  return drop_for(16, "Normal call clearing");
}

}  // namespace

void Call::attach(Slot slot, const usage::Usage& usage, sdp::Local local) {
  sides_[slot] = {.usage = &usage, .local = std::move(local)};
}

void Call::apply(const Input& input, nanoseconds now, Outputs& out) {
  std::visit([&](const auto& in) { on(in, now, out); }, input);
}

sdp::Local Call::describe(Slot slot, sdp::Direction direction) {
  sdp::Local& local = sides_[slot].local;
  ++local.version;
  local.direction = direction;
  return local;
}

// ---- telling the engine

void Call::complete(RequestNumber request, Outputs& out, std::optional<Error> error) const {
  if (request != 0) out.push_back(Tell{provider::Completed{ref_, request, std::move(error)}});
}

/// What was under way is over with the call.
void Call::fail_requests(const char* words, Outputs& out) {
  complete(std::exchange(hold_, {}).request, out, Error{Errc::failed, words});
  complete(std::exchange(transfer_request_, 0), out, Error{Errc::failed, words});
}

void Call::tell_state(CallState state, Outputs& out, std::uint8_t detail,
                      std::optional<Cause> cause, EndOrigin origin) {
  if (phase_ >= Phase::idle) return;
  if (state == CallState::idle) phase_ = Phase::idle;
  out.push_back(Tell{provider::StateChanged{ref_, state, detail, std::move(cause), origin}});
}

void Call::tell_connected(Outputs& out) {
  tell_state(
      CallState::connected, out,
      static_cast<std::uint8_t>(remote_held_ ? ConnectedMode::active_held : ConnectedMode::active));
}

void Call::tell_user_info(const std::string& header, Outputs& out) {
  if (header.empty() || phase_ >= Phase::idle) return;
  if (std::optional<UserInfo> info = mapping::parse_user_to_user(header); info && !info->empty())
    out.push_back(Tell{provider::InfoChanged{.call = ref_, .user_info = std::move(info)}});
}

// ---- beginnings

void Call::on(const Make& make, Time, Outputs& out) {
  complete(make.request, out);
  out.push_back(Tell{provider::InfoChanged{.call = ref_, .provider_call_id = usage()->call_id()}});
  tell_state(CallState::dialing, out);
  out.push_back(
      Feed{main_, usage::Start{.body = sdp::offer(describe(main_)),
                               .user_to_user = mapping::format_user_to_user(make.user_info)}});
}

void Call::on(const Offered& offered, Time, Outputs& out) {
  offer_ = offered.offer;
  out.push_back(Tell{offered.event});
  tell_state(CallState::offering, out);
  if (!offered.ring) return;
  alerted_ = true;
  out.push_back(Feed{main_, usage::Ring{}});
}

void Call::on(const TakeUp& taken, Time, Outputs& out) {
  proving_ = answered_ = alerted_ = true;
  held_ = taken.held;
  remote_held_ = taken.remote_held;
  out.push_back(Feed{main_, usage::Reoffer{sdp::offer(describe(main_))}});
}

// ---- commands

void Call::on(const provider::Accept& accept, Time, Outputs& out) {
  if (usage() == nullptr || usage()->state() != usage::State::offered)
    return complete(accept.request, out, Error{Errc::invalid_state, "not offered"});
  complete(accept.request, out);
  tell_state(CallState::accepted, out);
  if (alerted_ && accept.user_info.empty()) return;
  alerted_ = true;
  out.push_back(Feed{main_, usage::Ring{mapping::format_user_to_user(accept.user_info)}});
}

Result<void> Call::may_answer(const provider::Answer& answer) const {
  if (usage() == nullptr || usage()->state() != usage::State::offered)
    return {Errc::invalid_state, "not offered"};
  if (answer.user_info.size() > limits::kUserInfoBytes) return {Errc::user_info_too_big, ""};
  return {};
}

void Call::on(const provider::Answer& answer, Time, Outputs& out) {
  std::string body;
  if (offer_.empty()) {
    body = sdp::offer(describe(main_));  // the INVITE had none: ours is in the 200
  } else {
    const Result<sdp::Description> offered = sdp::parse(offer_);
    Result<std::string> ours =
        offered ? sdp::answer(*offered, describe(main_)) : Result<std::string>(offered.error());
    if (!ours) return complete(answer.request, out, ours.error());  // checked when it came
    body = std::move(*ours);
    remote_held_ = offered->holds();
  }
  offer_ = {};
  answered_ = true;
  complete(answer.request, out);
  tell_connected(out);
  out.push_back(
      Feed{main_, usage::Answer{std::move(body), mapping::format_user_to_user(answer.user_info)}});
}

void Call::on(const provider::Drop& drop, Time now, Outputs& out) {
  if (drop.user_info.size() > limits::kUserInfoBytes)
    return complete(drop.request, out, Error{Errc::user_info_too_big, ""});
  // Idle does not wait for the wire: it is told before the BYE leaves.
  const bool was_up = up();
  fail_requests("the call ended", out);
  complete(drop.request, out);
  tell_state(CallState::idle, out);
  if (was_up) end(drop.why, drop.user_info, now, out);
}

void Call::on(const provider::CloseCall&, Time now, Outputs& out) {
  const bool was_up = up();
  fail_requests("closed", out);
  phase_ = Phase::closed;
  if (was_up) end(provider::DropWhy::normal, {}, now, out);
}

void Call::on(const Stop&, Time now, Outputs& out) {
  end(provider::DropWhy::stopping, {}, now, out);
}

void Call::on(const Replaced&, Time now, Outputs& out) {
  if (!up() || usage() == nullptr) return;
  fail_requests("the call ended", out);
  end_with({.reason = mapping::format_reason({"SIP", 200, "Call completed elsewhere"})},
           {.mode = DisconnectMode::pickup, .words = "replaced by another call"},
           EndOrigin::remote_party, now, out);
}

void Call::end(provider::DropWhy why, const UserInfo& user_info, Time now, Outputs& out) {
  if (dropped_at_ == Time{0}) dropped_at_ = now;
  if (!outgoing_ && !answered_ && why == provider::DropWhy::normal)
    why = provider::DropWhy::rejected;  // 486 alone would say that the line is busy
  usage::Drop drop = mapping::drop_of(why, rules_.reject_code, answered_);
  drop.user_to_user = mapping::format_user_to_user(user_info);
  out.push_back(Feed{main_, std::move(drop)});
  end_other(out);
}

void Call::end_with(usage::Drop drop, Cause cause, EndOrigin origin, Time now, Outputs& out) {
  if (up()) phase_ = Phase::disconnected;
  tell_state(CallState::disconnected, out, 0, std::move(cause), origin);
  dropped_at_ = now;
  out.push_back(Feed{main_, std::move(drop)});
  end_other(out);
}

/// The far end answered with something we cannot talk over: exactly one BYE.
void Call::answered_badly(Time now, Outputs& out) {
  Cause cause;
  cause.mode = DisconnectMode::incompatible;
  cause.sip_status = 488;
  cause.words = "the answer has no audio that we speak";
  end_with(drop_for(88, "Incompatible destination"), std::move(cause), EndOrigin::provider, now,
           out);
}

// ---- hold

void Call::on(const provider::Hold& command, Time, Outputs& out) {
  hold(command.request, true, kHoldAnswer, out);
}
void Call::on(const provider::Unhold& command, Time, Outputs& out) {
  hold(command.request, false, kHoldAnswer, out);
}
void Call::on(const Half& half, Time, Outputs& out) {
  hold(half.request, half.hold, kHalfAnswer, out);
}

void Call::hold(RequestNumber request, bool wanted, std::chrono::milliseconds limit, Outputs& out) {
  if (!up() || usage() == nullptr || hold_.request != 0 || held_ == wanted ||
      !usage()->established() || (second() != nullptr && usage()->referee_busy()))
    return complete(request, out, Error{Errc::invalid_state, wanted ? "hold" : "unhold"});
  hold_ = {.request = request, .wanted = wanted, .waits = true};
  out.push_back(SetTimer{Timer::hold, limit});
  offer_hold(out);
}

/// Sends the re-INVITE of a Hold or Unhold: once the ACK is there and no other one is under way.
void Call::offer_hold(Outputs& out) {
  if (!hold_.waits || usage() == nullptr || !usage()->reoffer_possible()) return;
  hold_.waits = false;
  const auto direction = hold_.wanted ? sdp::Direction::sendonly : sdp::Direction::sendrecv;
  out.push_back(Feed{main_, usage::Reoffer{sdp::offer(describe(main_, direction))}});
}

void Call::report(Slot slot, const usage::ReofferDone& done, Time now, Outputs& out) {
  if (slot != main_) return;
  if (std::exchange(proving_, false)) return proven(done, now, out);
  const std::optional<bool> late = std::exchange(late_, std::nullopt);
  const bool wanted = late.value_or(hold_.wanted);
  // A request that came since is not answered by this, unless it asks for the same.
  const bool answers = !late || (done.accepted && hold_.waits && hold_.wanted == wanted);
  const RequestNumber request = answers ? std::exchange(hold_, {}).request : RequestNumber{0};
  if (answers) out.push_back(ClearTimer{Timer::hold});
  if (!done.accepted)
    return complete(
        request, out,
        Error{Errc::failed, done.unsent ? "the request could not be sent"
                                        : "the far end answered " + std::to_string(done.status)});
  const Result<sdp::Description> theirs = sdp::parse(done.body);
  const bool usable = theirs && sdp::acceptable(*theirs);
  if (!usable && !done.body.empty() && !wanted)
    return complete(request, out,
                    Error{Errc::failed, "the far end's answer has no audio that we speak"});
  if (usable) remote_held_ = theirs->holds();
  held_ = wanted;
  complete(request, out);
  if (held_) {
    tell_state(CallState::on_hold, out);
  } else {
    tell_connected(out);
  }
}

/// The far end has answered the offer, or nobody has. A call that 408, 481 or silence has ended is
/// ended by the usage.
void Call::proven(const usage::ReofferDone& done, Time now, Outputs& out) {
  if (done.accepted) {
    const Result<sdp::Description> theirs = sdp::parse(done.body);
    note_remote(theirs ? *theirs : sdp::Description{}, out);
    return;
  }
  if (done.status == 408 || done.status == 481 ||
      (!mapping::ends_dialog(done.status) && !done.unsent))
    return;
  report(main_,
         usage::Disconnected{.by = usage::Disconnected::By::dialog_lost, .status = done.status},
         now, out);
  dropped_at_ = now;
  out.push_back(Feed{main_, drop_for(41, "the call was lost")});
}

void Call::report(Slot slot, const usage::Reoffered& reoffered, Time, Outputs& out) {
  const auto answer = [&](std::uint16_t status, std::string body) {
    out.push_back(Feed{slot, usage::AnswerReoffer{status, std::move(body)}});
  };
  if (reoffered.body.empty()) return answer(200, sdp::offer(describe(slot)));
  const Result<sdp::Description> theirs = sdp::parse(reoffered.body);
  if (!theirs) return answer(400, {});
  Result<std::string> ours = sdp::answer(*theirs, describe(slot));
  if (!ours) return answer(488, {});
  answer(200, std::move(*ours));
  if (slot == main_) note_remote(*theirs, out);
}

// ---- transfer: the far end is asked

bool Call::may_transfer() const {
  return up() && usage() != nullptr && usage()->refer_possible();
}

void Call::on(const Refer& refer, Time, Outputs& out) {
  transfer_request_ = refer.request;
  out.push_back(Feed{main_, usage::Refer{refer.to}});
}

void Call::report(Slot, const usage::Referred& referred, Time, Outputs& out) {
  using What = usage::Referred::What;
  const RequestNumber request = std::exchange(transfer_request_, 0);
  if (referred.what == What::succeeded) return complete(request, out);
  std::string words = referred.what == What::refused  ? "the far end refused the transfer"
                      : referred.what == What::failed ? "the other one was not reached"
                                                      : "the transfer";
  if (referred.status != 0) words += ": " + std::to_string(referred.status);
  if (!referred.phrase.empty()) words += (referred.status != 0 ? " " : ": ") + referred.phrase;
  complete(request, out,
           Error{referred.what == What::unknown ? Errc::timed_out : Errc::failed, words});
}

// ---- what the dialogs report

void Call::on(const Report& in, Time now, Outputs& out) {
  std::visit([&](const auto& what) { report(in.slot, what, now, out); }, in.what);
}

void Call::report(Slot slot, const usage::Progressed& progressed, Time, Outputs& out) {
  if (referred(slot) && progressed.status > 100 &&
      std::exchange(referral_->progress, progressed.status) != progressed.status)
    tell_progress(slot, progressed.status, {}, out);
  if (slot != main_) return;
  tell_user_info(progressed.user_to_user, out);
  early_ = early_ || progressed.status == 183;
  if (progressed.status == 180 && !alerted_) {
    alerted_ = true;
    tell_state(CallState::ringback, out);
  } else if (!alerted_ && !std::exchange(proceeding_, true)) {
    tell_state(CallState::proceeding, out);
  }
}

void Call::report(Slot slot, const usage::Answered& answered, Time now, Outputs& out) {
  const Result<sdp::Description> theirs = sdp::parse(answered.body);
  const bool usable = theirs && sdp::acceptable(*theirs);
  const bool sent_on = referred(slot);
  if (sent_on && !followed(slot, usable, out)) return;
  answered_ = true;
  if (!usable) return answered_badly(now, out);
  tell_user_info(answered.user_to_user, out);
  const bool before = std::exchange(remote_held_, theirs->holds());
  if (sent_on && (held_ || before == remote_held_)) return;  // connected as it was
  tell_connected(out);
}

void Call::report(Slot slot, const usage::Acknowledged& acknowledged, Time now, Outputs& out) {
  if (!acknowledged.answers || slot != main_ || !up()) return;
  const Result<sdp::Description> theirs = sdp::parse(acknowledged.body);
  if (!theirs || !sdp::acceptable(*theirs)) return answered_badly(now, out);
  note_remote(*theirs, out);
}

/// Whether the far end holds, by its latest description.
void Call::note_remote(const sdp::Description& theirs, Outputs& out) {
  const bool before = std::exchange(remote_held_, theirs.holds());
  if (before != remote_held_ && !held_) tell_connected(out);
}

void Call::report(Slot slot, const usage::Disconnected& disconnected, Time, Outputs& out) {
  using By = usage::Disconnected::By;
  std::uint16_t status = disconnected.status;
  if (status < 300) status = disconnected.by == By::transport ? 503 : 408;
  Side& side = sides_[slot];
  if (slot != main_) {
    if (!std::exchange(side.disconnected, true) && follows(slot))
      tell_progress(slot, status, disconnected.phrase, out);
    return;
  }
  const Slot second_slot = other(main_);
  if (up() && second() != nullptr) {
    if (follows(second_slot) && !sides_[second_slot].disconnected) {
      side.disconnected = true;  // whoever asked for it has left: the new dialog is all there is
      return take_over(out);
    }
    tell_progress(slot, status, disconnected.phrase, out);
    end_other(out);
  }
  fail_requests("the call ended", out);
  if (!up()) return;
  phase_ = Phase::disconnected;
  tell_user_info(disconnected.user_to_user, out);
  if (!disconnected.contact.empty() && disconnected.status >= 300 && disconnected.status < 400)
    out.push_back(
        Tell{provider::InfoChanged{.call = ref_, .redirection = Party{disconnected.contact, {}}}});
  const Cause cause = mapping::cause_of(disconnected, alerted_ || early_);
  const EndOrigin origin = mapping::origin_of(disconnected);
  if (cause.mode == DisconnectMode::busy && outgoing_ && !answered_)
    tell_state(CallState::busy, out, static_cast<std::uint8_t>(BusyMode::station));
  tell_state(CallState::disconnected, out, 0, cause, origin);
  if (!outgoing_ && !answered_) tell_state(CallState::idle, out, 0, cause, origin);
}

void Call::report(Slot slot, const usage::Finished& finished, Time now, Outputs& out) {
  if (slot != main_) {
    if (follows(slot)) tell_progress(slot, 487, {}, out);
    if (referred(slot)) referral_.reset();
    if (last_word_) {
      over_ = true;
      out.push_back(Over{*std::exchange(last_word_, nullptr)});
    } else if (usage() != nullptr) {
      out.push_back(Note{});
    }
    return;
  }
  provider::Ended ended;
  ended.call = ref_;
  ended.confirmation = finished.confirmation;
  ended.sent_times = finished.sent_times;
  if (dropped_at_ != Time{0})
    ended.confirmed_after =
        std::chrono::duration_cast<std::chrono::microseconds>(now - dropped_at_);
  offer_ = {};
  if (second() != nullptr) {
    last_word_ = std::make_unique<provider::Ended>(ended);
  } else {
    over_ = true;
    out.push_back(Over{ended});
  }
}

// ---- a REFER of the far end is followed

std::uint16_t Call::refuses_referral() const {
  if (second() != nullptr || hold_.request != 0) return 491;
  return referrals_ >= kReferralsOfACall ? 482 : 0;
}

void Call::on(const Follow& follow, Time, Outputs& out) {
  const Slot slot = other(main_);
  ++referrals_;
  referral_ = std::make_unique<Referral>();
  referral_->slot = slot;
  referral_->target = Party{follow.referral.to, {}};
  referral_->by = Party{uri_inside(usage()->remote()), {}};
  out.push_back(SetTimer{Timer::reach, follow.limit});
  out.push_back(Feed{main_, usage::AnswerRefer{202}});
  out.push_back(Feed{
      slot,
      usage::Start{
          sdp::offer(describe(slot)), {}, follow.referral.replaces, follow.referral.referred_by}});
}

/// Before anything else is done with an answer: false = it cannot be talked over, and is dropped.
bool Call::followed(Slot slot, bool usable, Outputs& out) {
  out.push_back(ClearTimer{Timer::reach});
  if (!usable) {
    tell_progress(slot, 488, {}, out);
    if (slot == main_) return true;  // the engine's dialog by now: it ends as any that is unusable
    out.push_back(Feed{slot, drop_for(88, "Incompatible destination")});
    return false;
  }
  if (slot != main_) take_over(out);
  out.push_back(Tell{provider::InfoChanged{.call = ref_,
                                           .connected = referral_->target,
                                           .redirecting = referral_->by,
                                           .redirection = referral_->target}});
  tell_progress(slot, 200, {}, out);
  return true;
}

/// The new dialog becomes the engine's; the old one is left to end.
void Call::take_over(Outputs& out) {
  const usage::Usage* old = usage();
  main_ = other(main_);
  answered_ = alerted_ = proceeding_ = true;  // the engine's call was and is
  out.push_back(Note{});
  out.push_back(Tell{provider::InfoChanged{.call = ref_, .provider_call_id = usage()->call_id()}});
  if (old != nullptr && old->state() == usage::State::confirmed)
    out.push_back(SetTimer{Timer::part, rules_.limit});
}

/// Tells the far end that sent the REFER how the new call progresses.
void Call::tell_progress(Slot from, std::uint16_t status, const std::string& phrase, Outputs& out) {
  if (sides_[other(from)].usage == nullptr) return;
  out.push_back(
      Feed{other(from), usage::ReferProgress{status, mapping::phrase_of(status, phrase)}});
}

/// The engine's dialog ends: what there is of another one goes with it.
void Call::end_other(Outputs& out) {
  if (second() == nullptr) return;
  tell_progress(main_, 487, {}, out);
  out.push_back(Feed{other(main_), clearing()});
}

// ---- time

void Call::on(const TimerDue& due, Time now, Outputs& out) {
  switch (due.timer) {
    case Timer::hold:  // Hold or Unhold took too long for the engine
      if (!hold_.waits) late_ = hold_.wanted;
      complete(std::exchange(hold_, {}).request, out,
               Error{Errc::timed_out, "the far end has not answered the re-INVITE yet"});
      break;
    case Timer::part:
      if (second() != nullptr) out.push_back(Feed{other(main_), clearing()});
      break;
    case Timer::reach: {
      if (!referral_) break;
      const Slot slot = referral_->slot;
      tell_progress(slot, 408, {}, out);
      if (slot == main_) {
        dropped_at_ = now;
        if (up()) phase_ = Phase::disconnected;
        tell_state(CallState::disconnected, out, 0,
                   Cause{.mode = DisconnectMode::no_answer, .words = "nobody there to transfer to"},
                   EndOrigin::provider);
      }
      sides_[slot].disconnected = true;
      out.push_back(Feed{slot, drop_for(19, "No answer")});
      break;
    }
  }
}

}  // namespace switchhook::sip::call
