// SPDX-License-Identifier: Apache-2.0
// What the far end answers.
#include <algorithm>

#include "providers/sip/dialog/usage.hpp"

namespace switchhook::sip::usage {

using std::chrono::milliseconds;

Verdict Usage::on(const ResponseIn& response, Outputs& out) {
  switch (response.method) {
    case Method::invite:
      if (outgoing_ && response.cseq == invite_cseq_) return on_invite_response(response, out);
      if (reinvite_.cseq != 0 && response.cseq == reinvite_.cseq)
        return on_reinvite_response(response, out);
      return on_old_reinvite_response(response, out);
    case Method::bye:
      return on_bye_response(response, out);
    case Method::cancel:
      return on_cancel_response(response, out);
    case Method::refer:
      return on_refer_response(response, out);
    case Method::notify:
      return on_notify_response(response, out);
    case Method::ack:
    case Method::options:
    case Method::registration:
    case Method::other:
      return Verdict::stray;
  }
  return Verdict::stray;
}

/// Its INVITE's final response decides; 481 only says that this one is on its way. To a call that
/// was taken up from the journal it says that the far end has no such INVITE any more.
Verdict Usage::on_cancel_response(const ResponseIn& response, Outputs& out) {
  if (cancel_ == 0) return Verdict::stray;
  if (!recovered_ || response.status != 481) return Verdict::repeated;
  clear(Timer::invite, out);
  terminate(Confirmation::already_gone, out);
  return Verdict::acted;
}

Verdict Usage::on_invite_response(const ResponseIn& response, Outputs& out) {
  if (response.status < 200) return on_provisional(response, out);
  if (response.status < 300) return on_success(response, out);
  return on_failure(response, out);
}

Verdict Usage::on_provisional(const ResponseIn& response, Outputs& out) {
  switch (state_) {
    case State::calling:
      state_ = State::proceeding;
      clear(Timer::invite, out);
      [[fallthrough]];
    case State::proceeding:
      if (response.status > 100 && !response.remote_tag.empty()) {
        auto early = std::find_if(early_.begin(), early_.end(),
                                  [&](const Early& e) { return e.tag == response.remote_tag; });
        if (early == early_.end() && early_.size() < settings_.forks)
          early = early_.insert(early, Early{response.remote_tag, {}});
        if (early != early_.end() && !response.body.empty()) early->body = response.body;
      }
      out.push_back(Progressed{response.status, response.body, response.user_to_user});
      return Verdict::acted;
    case State::calling_dropped:
      cancel(out);
      return Verdict::acted;
    case State::cancelling:
    case State::confirmed:
    case State::ending:
    case State::terminated:
      return Verdict::repeated;
    case State::fresh:
    case State::offered:
    case State::answered:
    case State::answered_dropped:
    case State::rejected:
      return Verdict::stray;
  }
  return Verdict::stray;
}

Verdict Usage::on_success(const ResponseIn& response, Outputs& out) {
  switch (state_) {
    case State::calling:
    case State::proceeding:
    case State::calling_dropped:
    case State::cancelling: {
      const bool wanted = state_ == State::calling || state_ == State::proceeding;
      clear(Timer::invite, out);
      out.push_back(Forget{invite_, false});
      invite_ = 0;
      if (cancel_ != 0) out.push_back(Forget{cancel_, false});
      cancel_ = 0;
      establish(main_, response);
      // Some gateways describe the session in a 183 and not again (RFC 6337 section 3.1.1).
      std::string body = response.body;
      for (Early& early : early_)
        if (body.empty() && early.tag == response.remote_tag) body = std::move(early.body);
      early_ = {};
      ++revision_;
      confirmed_once_ = true;
      send_ack(main_, invite_cseq_, invite_authorization_, out);
      offer_ = {};
      offer_user_to_user_ = {};
      origin_.reset();
      state_ = State::confirmed;
      if (wanted) {
        agree_session(response.times);
        watch_session(out);
        out.push_back(Answered{std::move(body), response.user_to_user});
      } else {
        hang_up(out);  // the answer crossed our request to end: ACK, then BYE
      }
      return Verdict::acted;
    }
    case State::confirmed:
    case State::ending:
    case State::terminated:
      if (!confirmed_once_) return Verdict::stray;
      if (response.remote_tag != main_.remote_tag) return on_fork(response, out);
      send_ack(main_, invite_cseq_, invite_authorization_, out);  // ours was lost (13.2.2.4)
      return Verdict::repeated;
    case State::fresh:
    case State::offered:
    case State::answered:
    case State::answered_dropped:
    case State::rejected:
      return Verdict::stray;
  }
  return Verdict::stray;
}

/// A second callee answered: it gets its ACK and its BYE, the call goes on with the first.
Verdict Usage::on_fork(const ResponseIn& response, Outputs& out) {
  for (const Dialog& fork : forks_)
    if (fork.remote_tag == response.remote_tag) {
      send_ack(fork, invite_cseq_, invite_authorization_, out);
      return Verdict::repeated;
    }
  if (finished_ || forks_.size() >= settings_.forks) return Verdict::stray;
  Dialog& fork = forks_.emplace_back();
  establish(fork, response);
  fork.cseq = invite_cseq_;
  send_ack(fork, invite_cseq_, invite_authorization_, out);
  send_bye(fork, out);
  set(Timer::orphans, settings_.limit(), out);
  return Verdict::acted;
}

Verdict Usage::on_failure(const ResponseIn& response, Outputs& out) {
  // By TCP and TLS, sofia-sip forgets an INVITE as soon as its CANCEL is sent.
  const bool forgotten = state_ == State::cancelling && response.cseq == invite_cseq_;
  const bool late = (recovered_ || forgotten) && response.transaction == 0 && invite_ != 0;
  if (late) {  // there is no transaction that acknowledges it (17.1.1.3)
    Request ack = make(main_, Method::ack);
    ack.cseq = invite_cseq_;
    ack.to = id_.remote + ";tag=" + response.remote_tag;
    ack.next_hop = id_.next_hop;
    ack.branch = invite_branch_;
    out.push_back(SendAck{std::move(ack)});
  } else if (response.transaction == 0 || response.transaction != invite_) {
    // A refusal that was answered with credentials, or one after the end: the layer has ACKed it.
    return Verdict::repeated;
  }
  clear(Timer::invite, out);
  out.push_back(Forget{invite_, false});
  invite_ = 0;
  if (cancel_ != 0) out.push_back(Forget{cancel_, false});
  cancel_ = 0;
  const bool dropped = state_ == State::calling_dropped || state_ == State::cancelling;
  if (!dropped && (authenticate(response, invite_auth_tries_) || lengthen(response))) {
    state_ = State::calling;
    send_invite(out);
    return Verdict::acted;
  }
  if (!dropped)
    out.push_back(Disconnected{.by = Disconnected::By::response,
                               .status = response.status,
                               .phrase = words_of_refusal(response, invite_auth_tries_),
                               .reasons = response.reasons,
                               .user_to_user = response.user_to_user,
                               .contact = response.contact,
                               .retry_after = response.retry_after});
  terminate(Confirmation::confirmed, out);
  return Verdict::acted;
}

Verdict Usage::on_reinvite_response(const ResponseIn& response, Outputs& out) {
  if (response.status < 200) return Verdict::repeated;
  if (response.status < 300) {
    const bool again = reinvite_.transaction == 0;
    send_ack(main_, reinvite_.cseq, reinvite_.authorization, out);
    if (again) return Verdict::repeated;
    out.push_back(Forget{reinvite_.transaction, false});
    reinvite_.transaction = 0;
    clear(Timer::reoffer, out);
    if (!response.contact.empty()) main_.target = response.contact;
    ++revision_;
    if (old_reinvites_.size() == kOldReinvites) old_reinvites_.erase(old_reinvites_.begin());
    old_reinvites_.emplace_back(reinvite_.cseq, reinvite_.authorization);
    reinvite_.active = false;
    if (state_ == State::confirmed) {
      agree_session(response.times);
      watch_session(out);
      local_body_ = std::move(reinvite_.body);
      if (!reinvite_.refresh) out.push_back(ReofferDone{true, response.status, response.body});
    }
    reinvite_.body = {};
    return Verdict::acted;
  }
  if (reinvite_.transaction == 0 || response.transaction != reinvite_.transaction)
    return Verdict::repeated;
  out.push_back(Forget{reinvite_.transaction, false});
  reinvite_.transaction = 0;
  clear(Timer::reoffer, out);
  if (state_ != State::confirmed) {
    reinvite_.active = false;
    return Verdict::acted;
  }
  if (authenticate(response, reinvite_.auth_tries) || lengthen(response)) {
    send_reinvite(out);
    return Verdict::acted;
  }
  if (response.status == 491 && reinvite_.glare_tries < settings_.glare_tries) {
    // 14.1: the owner of the Call-ID waits 2.1 to 4 s, the other one up to 2 s.
    ++reinvite_.glare_tries;
    const milliseconds wait(outgoing_ ? 2100 + 10 * (random() % 191) : 10 * (random() % 201));
    set(Timer::reoffer, wait, out);
    return Verdict::acted;
  }
  reinvite_.active = false;
  if (reinvite_.refresh) {
    refresh_failed(response, out);
    return Verdict::acted;
  }
  out.push_back(ReofferDone{false, response.status, {}, response.unsent});
  if (response.status == 408 || response.status == 481)  // 12.2.1.2
    lose_dialog(response.status, response.phrase, out);
  return Verdict::acted;
}

/// The ACK of a re-INVITE's 2xx was lost, and another re-INVITE is under way already: without an
/// ACK the far end would end the dialog after 64*T1 (13.3.1.4).
Verdict Usage::on_old_reinvite_response(const ResponseIn& response, Outputs& out) {
  if (response.status < 200 || response.status >= 300) return Verdict::stray;
  for (const auto& [cseq, authorization] : old_reinvites_) {
    if (cseq != response.cseq) continue;
    send_ack(main_, cseq, authorization, out);
    return Verdict::repeated;
  }
  return Verdict::stray;
}

Verdict Usage::on_bye_response(const ResponseIn& response, Outputs& out) {
  Dialog* dialog = nullptr;
  if (response.transaction != 0 && main_.bye == response.transaction) dialog = &main_;
  for (Dialog& fork : forks_)
    if (response.transaction != 0 && fork.bye == response.transaction) dialog = &fork;
  if (dialog == nullptr) return Verdict::stray;
  if (response.status < 200) return Verdict::repeated;
  out.push_back(Forget{dialog->bye, false});
  dialog->bye = 0;
  if (authenticate(response, dialog->auth_tries)) {
    send_bye(*dialog, out);
    return Verdict::acted;
  }
  const Confirmation how = response.status < 300    ? Confirmation::confirmed
                           : response.status == 481 ? Confirmation::already_gone
                                                    : Confirmation::unconfirmed;
  dialog_over(*dialog, how, out);
  return Verdict::acted;
}

}  // namespace switchhook::sip::usage
