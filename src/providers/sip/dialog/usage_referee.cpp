// SPDX-License-Identifier: Apache-2.0
// A REFER of the far end (RFC 3515, RFC 5589): we are asked to call somebody else in its place, and
// tell it by NOTIFY what came of that. One at a time. The subscription is another usage of the
// call's dialog (RFC 5057): a far end that hangs up in the middle is told the outcome all the same.
#include <utility>

#include "providers/sip/dialog/usage.hpp"

namespace switchhook::sip::usage {

/// The transaction layer below keeps nothing of a REFER: one that comes again is answered again.
Verdict Usage::on_refer(const RequestIn& request, Outputs& out) {
  const bool dialog = state_ == State::confirmed || state_ == State::answered ||
                      state_ == State::answered_dropped || state_ == State::offered ||
                      state_ == State::proceeding || state_ == State::rejected;
  const bool known = referee_ && referee_->accepted;
  if (known && request.cseq == referee_->cseq) {
    out.push_back(SendResponse{.server = request.server,
                               .status = 202,
                               .contact = id_.contact,
                               .no_subscription = referee_->silent});
    return Verdict::repeated;
  }
  std::uint16_t refusal = 0;
  if (!dialog) {
    refusal = 481;
  } else if (known && request.cseq < referee_->cseq) {
    refusal = 500;  // RFC 3261 12.2.2: out of order
  } else if (request.referral.refuse != 0) {
    refusal = request.referral.refuse;
  } else if (state_ != State::confirmed || referee_busy() || refer_.active) {
    refusal = 491;  // not yet, or one is under way
  }
  if (refusal != 0) {
    respond(request.server, refusal, out);
    return Verdict::stray;
  }
  if (!referee_) referee_ = std::make_unique<Referee>();
  referee_->asked = request.server;
  referee_->asked_cseq = request.cseq;
  referee_->asked_silent = request.referral.silent;
  out.push_back(ReferAsked{request.referral});
  return Verdict::acted;
}

Verdict Usage::on(const AnswerRefer& answer, Outputs& out) {
  if (!referee_ || referee_->asked == 0) return Verdict::refused;
  const TransactionId server = std::exchange(referee_->asked, 0);
  if (answer.status >= 300) {
    respond(server, answer.status, out);
    settle(out);
    return Verdict::acted;
  }
  referee_->numbered = referee_->accepted;
  referee_->accepted = referee_->open = true;
  referee_->cseq = referee_->asked_cseq;
  referee_->silent = referee_->asked_silent;
  referee_->auth_tries = 0;
  out.push_back(SendResponse{.server = server,
                             .status = 202,
                             .contact = id_.contact,
                             .no_subscription = referee_->silent});
  // RFC 3515 2.4.4: at once, whatever there is to say.
  if (!referee_->silent) send_notify({}, out);
  return Verdict::acted;
}

Verdict Usage::on(const ReferProgress& progress, Outputs& out) {
  if (!referee_ || !referee_->open || referee_->said.status >= 200 || referee_->next.status >= 200)
    return Verdict::refused;
  if (referee_->silent) {
    if (progress.status >= 200) referee_->open = false;
    settle(out);
  } else if (referee_->notify != 0) {
    referee_->next = progress;  // one at a time, so that they cannot overtake each other
  } else {
    send_notify(progress, out);
  }
  return Verdict::acted;
}

void Usage::send_notify(const ReferProgress& progress, Outputs& out) {
  ++main_.cseq;
  referee_->said = progress;
  referee_->notify = next_transaction();
  Request request = make(main_, Method::notify);
  request.contact = id_.contact;
  request.event = "refer";
  if (referee_->numbered) request.event += ";id=" + std::to_string(referee_->cseq);
  request.subscription = progress.status >= 200
                             ? "terminated;reason=noresource"
                             : "active;expires=" + std::to_string(settings_.transfer_limit.count());
  request.body = "SIP/2.0 " + std::to_string(progress.status) + " " + progress.phrase + "\r\n";
  request.authorization = authorization_for("NOTIFY", request.uri);
  out.push_back(SendRequest{referee_->notify, std::move(request)});
  set(Timer::notify, settings_.limit(), out);
}

void Usage::forget_notify(Outputs& out) {
  clear(Timer::notify, out);
  if (referee_->notify != 0) out.push_back(Forget{referee_->notify, false});
  referee_->notify = 0;
}

/// Whatever refuses a NOTIFY ends the subscription, never the call (RFC 5057 section 5.1).
Verdict Usage::on_notify_response(const ResponseIn& response, Outputs& out) {
  if (!referee_ || response.transaction == 0 || response.transaction != referee_->notify)
    return Verdict::stray;
  if (response.status < 200) return Verdict::repeated;
  forget_notify(out);
  if (authenticate(response, referee_->auth_tries)) {
    send_notify(ReferProgress(referee_->said), out);
  } else if (response.status < 300 && referee_->next.status != 0) {
    send_notify(std::exchange(referee_->next, {0, {}}), out);
  } else if (response.status >= 300 || referee_->said.status >= 200) {
    give_up_referral(false, out);
    settle(out);
  }
  return Verdict::acted;
}

Verdict Usage::notify_lost(Outputs& out) {
  give_up_referral(false, out);
  settle(out);
  return Verdict::acted;
}

/// Ends the subscription. `tell`: the far end is sent the outcome unless it has it already.
void Usage::give_up_referral(bool tell, Outputs& out) {
  if (!referee_) return;
  if (referee_->asked != 0) respond(std::exchange(referee_->asked, 0), 487, out);
  if (!referee_->open || (tell && referee_->said.status >= 200 && referee_->notify != 0)) return;
  forget_notify(out);
  const ReferProgress last =
      referee_->next.status >= 200 ? referee_->next : ReferProgress{487, "Request Terminated"};
  referee_->next = {0, {}};
  if (tell && !referee_->silent) return send_notify(last, out);
  referee_->open = false;
  referee_->said = {};
}

}  // namespace switchhook::sip::usage
