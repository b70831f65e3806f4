// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/usage/usage.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace switchhook::sip::usage {

using std::chrono::milliseconds;

std::string_view to_string(State state) {
  switch (state) {
    case State::fresh:
      return "fresh";
    case State::calling:
      return "calling";
    case State::proceeding:
      return "proceeding";
    case State::calling_dropped:
      return "calling, dropped";
    case State::cancelling:
      return "cancelling";
    case State::offered:
      return "offered";
    case State::answered:
      return "answered";
    case State::answered_dropped:
      return "answered, dropped";
    case State::rejected:
      return "rejected";
    case State::confirmed:
      return "confirmed";
    case State::ending:
      return "ending";
    case State::terminated:
      return "terminated";
  }
  return "?";
}

Usage::Usage(const Settings& settings, Identity identity)
    : settings_(settings), id_(std::move(identity)) {
  main_.target = id_.target;
  main_.cseq = id_.first_cseq - 1;
}

Verdict Usage::apply(const Input& input, Outputs& out) {
  return std::visit([&](const auto& in) { return on(in, out); }, input);
}

// ---- commands
// -------------------------------------------------------------------------------------

Verdict Usage::on(const Start& start, Outputs& out) {
  if (state_ != State::fresh) return Verdict::refused;
  outgoing_ = true;
  offer_ = start.body;
  offer_user_to_user_ = start.user_to_user;
  state_ = State::calling;
  send_invite(out);
  return Verdict::acted;
}

Verdict Usage::on(const Ring& ring, Outputs& out) {
  if (state_ != State::offered) return Verdict::refused;
  const Verdict verdict = ringing_ ? Verdict::repeated : Verdict::acted;
  ringing_ = true;
  ring_user_to_user_ = ring.user_to_user;
  out.push_back(SendResponse{.server = server_invite_,
                             .status = 180,
                             .contact = id_.contact,
                             .user_to_user = ring_user_to_user_});
  set(Timer::ring_again, settings_.ring_again, out);
  return verdict;
}

Verdict Usage::on(const Answer& answer, Outputs& out) {
  if (state_ != State::offered) return Verdict::refused;
  clear(Timer::ring_again, out);
  clear(Timer::expires, out);
  ok_ = std::make_unique<Ok>();
  ok_->body = answer.body;
  ok_->user_to_user = answer.user_to_user;
  state_ = State::answered;
  confirmed_once_ = true;
  send_ok(server_invite_, remote_cseq_, out);
  return Verdict::acted;
}

Verdict Usage::on(const Drop& drop, Outputs& out) {
  switch (state_) {
    case State::fresh:
      terminate(Confirmation::not_applicable, out);
      return Verdict::acted;
    case State::calling:
    case State::proceeding:
    case State::offered:
    case State::answered:
    case State::confirmed:
      break;
    case State::calling_dropped:
    case State::cancelling:
    case State::answered_dropped:
    case State::rejected:
    case State::ending:
    case State::terminated:
      return Verdict::refused;  // ending already: n drops are one end on the wire
  }
  drop_reason_ = drop.reason;
  drop_user_to_user_ = drop.user_to_user;
  if (state_ == State::calling) {
    // RFC 3261 9.1: no CANCEL before a provisional. It waits for the first response, or timer B.
    state_ = State::calling_dropped;
  } else if (state_ == State::proceeding) {
    cancel(out);
  } else if (state_ == State::offered) {
    clear(Timer::ring_again, out);
    clear(Timer::expires, out);
    state_ = State::rejected;
    ++sent_times_;
    out.push_back(SendResponse{.server = server_invite_,
                               .status = drop.status,
                               .phrase = drop.phrase,
                               .reason = drop.reason,
                               .user_to_user = drop.user_to_user});
    set(Timer::ok_limit, settings_.limit(), out);
  } else if (state_ == State::answered) {
    // RFC 3261 15: the callee must not send BYE before the ACK, or before the 2xx timed out.
    state_ = State::answered_dropped;
  } else {
    hang_up(out);
  }
  return Verdict::acted;
}

Verdict Usage::on(const Reoffer& reoffer, Outputs& out) {
  if (!reoffer_possible()) return Verdict::refused;
  reinvite_ = {};
  reinvite_.active = true;
  reinvite_.body = reoffer.body;
  send_reinvite(out);
  return Verdict::acted;
}

Verdict Usage::on(const AnswerReoffer& answer, Outputs& out) {
  if (state_ != State::confirmed || remote_reinvite_ == 0) return Verdict::refused;
  if (answer.status >= 300) {
    drop_remote_reinvite(answer.status, out);
    return Verdict::acted;
  }
  ok_ = std::make_unique<Ok>();
  ok_->body = answer.body;
  const TransactionId server = remote_reinvite_;
  remote_reinvite_ = 0;
  send_ok(server, remote_reinvite_cseq_, out);
  return Verdict::acted;
}

// ---- requests
// -------------------------------------------------------------------------------------

Verdict Usage::on(const RequestIn& request, Outputs& out) {
  switch (request.method) {
    case Method::invite:
      return on_invite(request, out);
    case Method::ack:
      return on_ack(request, out);
    case Method::bye:
      return on_bye(request, out);
    case Method::cancel:
      return on_cancel(request, out);
    case Method::options:
    case Method::registration:
    case Method::other:
      return on_other(request, out);
  }
  return Verdict::stray;
}

Verdict Usage::on_invite(const RequestIn& request, Outputs& out) {
  switch (state_) {
    case State::fresh:
      server_invite_ = request.server;
      remote_cseq_ = request.cseq;
      main_.remote_tag = request.remote_tag;
      if (!request.contact.empty()) main_.target = request.contact;
      main_.routes = request.record_routes;  // RFC 3261 12.1.1: in the order of the request
      state_ = State::offered;
      if (request.expires_s != 0) set(Timer::expires, std::chrono::seconds(request.expires_s), out);
      return Verdict::acted;
    case State::confirmed:
      return on_reinvite(request, out);
    case State::offered:
    case State::rejected:
      // 14.2: a second INVITE before the final response to the first.
      respond(request.server, 500, out, static_cast<std::uint16_t>(random() % 11));
      break;
    case State::answered:
    case State::answered_dropped:
      respond(request.server, 491, out);  // the first one still waits for its ACK (RFC 5407 3.1.5)
      break;
    case State::calling:
    case State::proceeding:
    case State::calling_dropped:
    case State::cancelling:
    case State::ending:
    case State::terminated:
      respond(request.server, 481, out);
      break;
  }
  out.push_back(Forget{request.server, true});
  return Verdict::stray;
}

Verdict Usage::on_reinvite(const RequestIn& request, Outputs& out) {
  if (request.cseq <= remote_cseq_) {  // 12.2.2: out of order
    respond(request.server, 500, out);
    out.push_back(Forget{request.server, true});
    return Verdict::stray;
  }
  if (remote_reinvite_ != 0 || ok_) {
    respond(request.server, 500, out, static_cast<std::uint16_t>(random() % 11));
    out.push_back(Forget{request.server, true});
    return Verdict::stray;
  }
  remote_cseq_ = request.cseq;
  if (reinvite_.active && reinvite_.transaction != 0) {  // 14.2: glare
    respond(request.server, 491, out);
    out.push_back(Forget{request.server, true});
    return Verdict::stray;
  }
  if (!request.contact.empty()) main_.target = request.contact;  // 12.2.2: target refresh
  remote_reinvite_ = request.server;
  remote_reinvite_cseq_ = request.cseq;
  out.push_back(Reoffered{request.body});
  return Verdict::acted;
}

Verdict Usage::on_ack(const RequestIn& request, Outputs& out) {
  switch (state_) {
    case State::answered:
      if (request.cseq != ok_->cseq) return Verdict::stray;
      acknowledged(out);
      state_ = State::confirmed;
      out.push_back(Acknowledged{request.body});
      return Verdict::acted;
    case State::answered_dropped:
      if (request.cseq != ok_->cseq) return Verdict::stray;
      acknowledged(out);
      hang_up(out);
      return Verdict::acted;
    case State::confirmed:
      if (!ok_ || request.cseq != ok_->cseq) return Verdict::repeated;
      acknowledged(out);
      return Verdict::acted;
    case State::ending:
    case State::terminated:
      return Verdict::repeated;
    case State::fresh:
    case State::calling:
    case State::proceeding:
    case State::calling_dropped:
    case State::cancelling:
    case State::offered:
    case State::rejected:
      return Verdict::stray;  // an ACK has no response
  }
  return Verdict::stray;
}

Verdict Usage::on_bye(const RequestIn& request, Outputs& out) {
  // A BYE that matches the dialog ends it whatever its CSeq: refusing it for a number that a
  // careless peer lost count of would leave a call standing that the far end has left.
  const auto gone = [&](Disconnected::By by) {
    out.push_back(
        Disconnected{.by = by, .reasons = request.reasons, .user_to_user = request.user_to_user});
  };
  switch (state_) {
    case State::confirmed:
    case State::answered:
      respond(request.server, 200, out);
      drop_remote_reinvite(487, out);  // 15.1.2
      gone(Disconnected::By::bye);
      terminate(Confirmation::confirmed, out);
      return Verdict::acted;
    case State::answered_dropped:
      respond(request.server, 200, out);
      terminate(Confirmation::confirmed, out);
      return Verdict::acted;
    case State::ending:
      // Glare: the far end is through with the dialog too; our own BYE needs no answer any more.
      respond(request.server, 200, out);
      terminate(Confirmation::confirmed, out);
      return Verdict::acted;
    case State::offered:
      // The caller may end an early dialog by BYE; the INVITE still wants its answer (15.1.2).
      respond(request.server, 200, out);
      respond(server_invite_, 487, out);
      gone(Disconnected::By::bye);
      terminate(Confirmation::confirmed, out);
      return Verdict::acted;
    case State::proceeding:
      // A callee must not do this; but then it is not going to answer either.
      respond(request.server, 200, out);
      gone(Disconnected::By::bye);
      cancel(out);
      return Verdict::acted;
    case State::rejected:
    case State::calling_dropped:
    case State::cancelling:
      respond(request.server, 200, out);  // the INVITE's own end is on its way
      return Verdict::repeated;
    case State::fresh:
    case State::calling:
    case State::terminated:
      respond(request.server, 481, out);
      return Verdict::stray;
  }
  return Verdict::stray;
}

Verdict Usage::on_cancel(const RequestIn& request, Outputs& out) {
  // The transaction layer has answered the CANCEL itself.
  if (state_ == State::offered) {
    respond(server_invite_, 487, out);
    out.push_back(Disconnected{.by = Disconnected::By::cancel, .reasons = request.reasons});
    terminate(Confirmation::confirmed, out);
    return Verdict::acted;
  }
  if (state_ == State::confirmed && remote_reinvite_ != 0) {
    drop_remote_reinvite(487, out);
    return Verdict::acted;
  }
  switch (state_) {
    case State::answered:
    case State::answered_dropped:
    case State::rejected:
    case State::confirmed:
    case State::ending:
    case State::terminated:
      return Verdict::repeated;  // 9.2: no effect after the final response
    case State::fresh:
    case State::calling:
    case State::proceeding:
    case State::calling_dropped:
    case State::cancelling:
    case State::offered:
      return Verdict::stray;
  }
  return Verdict::stray;
}

Verdict Usage::on_other(const RequestIn& request, Outputs& out) {
  switch (state_) {
    case State::confirmed:
    case State::answered:
    case State::answered_dropped:
    case State::offered:
    case State::proceeding:
    case State::rejected:
      respond(request.server, request.method == Method::options ? 200 : 405, out);
      return Verdict::acted;
    case State::fresh:
    case State::calling:
    case State::calling_dropped:
    case State::cancelling:
    case State::ending:
    case State::terminated:
      respond(request.server, 481, out);
      return Verdict::stray;
  }
  return Verdict::stray;
}

// ---- responses
// ------------------------------------------------------------------------------------

Verdict Usage::on(const ResponseIn& response, Outputs& out) {
  switch (response.method) {
    case Method::invite:
      if (outgoing_ && response.cseq == invite_cseq_) return on_invite_response(response, out);
      if (reinvite_.cseq != 0 && response.cseq == reinvite_.cseq)
        return on_reinvite_response(response, out);
      return Verdict::stray;
    case Method::bye:
      return on_bye_response(response, out);
    case Method::cancel:
      // Its INVITE's final response decides; 481 only says that this one is on its way.
      return cancel_ != 0 ? Verdict::repeated : Verdict::stray;
    case Method::ack:
    case Method::options:
    case Method::registration:
    case Method::other:
      return Verdict::stray;
  }
  return Verdict::stray;
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
      confirmed_once_ = true;
      send_ack(main_, invite_cseq_, invite_authorization_, out);
      offer_ = {};
      offer_user_to_user_ = {};
      state_ = State::confirmed;
      if (wanted) {
        out.push_back(Answered{response.body, response.user_to_user});
      } else {
        hang_up(out);  // the answer crossed our wish to end: ACK, then BYE
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
  if (response.transaction == 0 || response.transaction != invite_) {
    // A refusal that was answered with credentials, or one after the end: the layer has ACKed it.
    return Verdict::repeated;
  }
  clear(Timer::invite, out);
  out.push_back(Forget{invite_, false});
  invite_ = 0;
  if (cancel_ != 0) out.push_back(Forget{cancel_, false});
  cancel_ = 0;
  const bool dropped = state_ == State::calling_dropped || state_ == State::cancelling;
  if (!dropped && authenticate(response, invite_auth_tries_)) {
    state_ = State::calling;
    send_invite(out);
    return Verdict::acted;
  }
  if (!dropped)
    out.push_back(Disconnected{.by = Disconnected::By::response,
                               .status = response.status,
                               .phrase = response.phrase,
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
    reinvite_.active = false;
    reinvite_.body = {};
    if (state_ == State::confirmed)
      out.push_back(ReofferDone{true, response.status, response.body});
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
  if (authenticate(response, reinvite_.auth_tries)) {
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
  out.push_back(ReofferDone{false, response.status, {}});
  if (response.status == 408 || response.status == 481)  // 12.2.1.2
    lose_dialog(response.status, response.phrase, out);
  return Verdict::acted;
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

// ---- time and failure
// -----------------------------------------------------------------------------

Verdict Usage::on(const FailureAcknowledged& ack, Outputs& out) {
  if (state_ != State::rejected || ack.server != server_invite_) return Verdict::stray;
  terminate(Confirmation::confirmed, out);
  return Verdict::acted;
}

/// Nothing came back for our INVITE, or it never left.
Verdict Usage::no_invite_response(Disconnected::By by, const std::string& words, Outputs& out) {
  clear(Timer::invite, out);
  if (invite_ != 0) out.push_back(Forget{invite_, false});
  invite_ = 0;
  if (cancel_ != 0) out.push_back(Forget{cancel_, false});
  cancel_ = 0;
  if (state_ == State::calling || state_ == State::proceeding)
    out.push_back(Disconnected{.by = by, .phrase = words});
  terminate(Confirmation::unconfirmed, out);
  return Verdict::acted;
}

Verdict Usage::on(const TransactionTimeout& timeout, Outputs& out) {
  if (timeout.server) {
    if (state_ != State::rejected || timeout.transaction != server_invite_) return Verdict::stray;
    terminate(Confirmation::unconfirmed, out);
    return Verdict::acted;
  }
  if (timeout.transaction == 0) return Verdict::stray;
  if (timeout.transaction == invite_)
    return no_invite_response(Disconnected::By::no_response, {}, out);
  if (timeout.transaction == cancel_) return Verdict::repeated;  // the INVITE's own limit runs
  if (timeout.transaction == reinvite_.transaction) {
    reinvite_ = {.cseq = reinvite_.cseq};
    out.push_back(Forget{timeout.transaction, false});
    clear(Timer::reoffer, out);
    if (state_ == State::confirmed) {
      out.push_back(ReofferDone{false, 408, {}});
      lose_dialog(408, {}, out);
    }
    return Verdict::acted;
  }
  for (Dialog* dialog = &main_;;) {
    if (dialog->bye == timeout.transaction) {
      out.push_back(Forget{dialog->bye, false});
      dialog->bye = 0;
      dialog_over(*dialog, Confirmation::unconfirmed, out);
      return Verdict::acted;
    }
    if (dialog == &main_) {
      if (forks_.empty()) break;
      dialog = forks_.data();
    } else if (++dialog == forks_.data() + forks_.size()) {
      break;
    }
  }
  return Verdict::stray;
}

Verdict Usage::on(const TransportError& error, Outputs& out) {
  if (error.transaction != 0 && error.transaction == invite_)
    return no_invite_response(Disconnected::By::transport, error.words, out);
  return on(TransactionTimeout{error.transaction, false}, out);
}

Verdict Usage::on(const TimerDue& due, Outputs& out) {
  const auto bit = static_cast<std::uint16_t>(1u << static_cast<unsigned>(due.timer));
  if ((timers_ & bit) == 0) return Verdict::stray;  // cleared while it was on its way
  timers_ = static_cast<std::uint16_t>(timers_ & ~bit);
  switch (due.timer) {
    case Timer::invite:
      // Timer B, or 64*T1 after the CANCEL (9.1): the far end is not there.
      return no_invite_response(Disconnected::By::no_response, {}, out);
    case Timer::ok_again:
      out.push_back(SendResponse{.server = ok_->server,
                                 .status = 200,
                                 .again = true,
                                 .contact = id_.contact,
                                 .body = ok_->body,
                                 .user_to_user = ok_->user_to_user});
      ok_->interval = std::min(2 * ok_->interval, settings_.t2);
      set(Timer::ok_again, ok_->interval, out);
      return Verdict::acted;
    case Timer::ok_limit: {
      if (state_ == State::rejected) {
        terminate(Confirmation::unconfirmed, out);
        return Verdict::acted;
      }
      // 13.3.1.4: confirmed all the same, and to be ended by BYE.
      const bool told = state_ == State::answered_dropped;
      acknowledged(out);
      if (!told) out.push_back(Disconnected{.by = Disconnected::By::no_ack});
      hang_up(out);
      return Verdict::acted;
    }
    case Timer::bye:
      out.push_back(Forget{main_.bye, false});
      main_.bye = 0;
      dialog_over(main_, Confirmation::unconfirmed, out);
      return Verdict::acted;
    case Timer::orphans:
      for (Dialog& fork : forks_) {
        if (fork.bye != 0) out.push_back(Forget{fork.bye, false});
        fork.bye = 0;
        fork.over = true;
      }
      settle(out);
      return Verdict::acted;
    case Timer::reoffer:
      if (reinvite_.transaction == 0) {
        if (remote_reinvite_ != 0 || ok_) {
          set(Timer::reoffer, settings_.t1, out);  // theirs came in between; ours waits for it
        } else {
          send_reinvite(out);  // after 491
        }
        return Verdict::acted;
      }
      return on(TransactionTimeout{reinvite_.transaction, false}, out);
    case Timer::ring_again:
      out.push_back(SendResponse{.server = server_invite_,
                                 .status = 180,
                                 .contact = id_.contact,
                                 .user_to_user = ring_user_to_user_});
      set(Timer::ring_again, settings_.ring_again, out);
      return Verdict::acted;
    case Timer::expires:
      clear(Timer::ring_again, out);
      respond(server_invite_, 487, out);
      out.push_back(Disconnected{.by = Disconnected::By::expired});
      terminate(Confirmation::confirmed, out);
      return Verdict::acted;
  }
  return Verdict::stray;
}

// ---- steps
// ----------------------------------------------------------------------------------------

Request Usage::make(const Dialog& dialog, Method method) const {
  Request request;
  request.method = method;
  request.uri = dialog.target;
  request.call_id = id_.call_id;
  request.from = id_.local + ";tag=" + id_.local_tag;
  request.to = id_.remote;
  if (!dialog.remote_tag.empty()) request.to += ";tag=" + dialog.remote_tag;
  request.cseq = dialog.cseq;
  request.routes = dialog.routes;
  return request;
}

void Usage::send_invite(Outputs& out) {
  ++main_.cseq;
  invite_cseq_ = main_.cseq;
  invite_ = next_transaction();
  Request request = make(main_, Method::invite);
  request.contact = id_.contact;
  request.next_hop = id_.next_hop;
  request.body = offer_;
  request.user_to_user = offer_user_to_user_;
  invite_authorization_ = authorization_for("INVITE", request.uri);
  request.authorization = invite_authorization_;
  out.push_back(SendRequest{invite_, std::move(request)});
  set(Timer::invite, settings_.limit(), out);
}

void Usage::send_reinvite(Outputs& out) {
  ++main_.cseq;
  reinvite_.cseq = main_.cseq;
  reinvite_.transaction = next_transaction();
  Request request = make(main_, Method::invite);
  request.contact = id_.contact;
  request.body = reinvite_.body;
  reinvite_.authorization = authorization_for("INVITE", request.uri);
  request.authorization = reinvite_.authorization;
  out.push_back(SendRequest{reinvite_.transaction, std::move(request)});
  set(Timer::reoffer, settings_.limit(), out);
}

void Usage::send_ack(const Dialog& dialog, std::uint32_t cseq, const Headers& authorization,
                     Outputs& out) const {
  Request request = make(dialog, Method::ack);
  request.cseq = cseq;                    // 13.2.2.4: of the INVITE that it acknowledges
  request.authorization = authorization;  // and its credentials
  out.push_back(SendAck{std::move(request)});
}

void Usage::send_bye(Dialog& dialog, Outputs& out) {
  ++dialog.cseq;
  dialog.bye = next_transaction();
  Request request = make(dialog, Method::bye);
  if (&dialog == &main_) {
    ++sent_times_;
    request.reason = drop_reason_;
    request.user_to_user = drop_user_to_user_;
    set(Timer::bye, settings_.limit(), out);
  }
  request.authorization = authorization_for("BYE", request.uri);
  out.push_back(SendRequest{dialog.bye, std::move(request)});
}

/// Sends our 2xx, kept in ok_, and starts its repetition (13.3.1.4).
void Usage::send_ok(TransactionId server, std::uint32_t cseq, Outputs& out) {
  ok_->server = server;
  ok_->cseq = cseq;
  ok_->interval = settings_.t1;
  out.push_back(SendResponse{.server = server,
                             .status = 200,
                             .contact = id_.contact,
                             .body = ok_->body,
                             .user_to_user = ok_->user_to_user});
  set(Timer::ok_again, ok_->interval, out);
  set(Timer::ok_limit, settings_.limit(), out);
}

/// Our 2xx needs no repetition any more.
void Usage::acknowledged(Outputs& out) {
  clear(Timer::ok_again, out);
  clear(Timer::ok_limit, out);
  if (!ok_) return;
  out.push_back(Forget{ok_->server, true});
  if (ok_->server == server_invite_) server_invite_ = 0;
  ok_.reset();
}

void Usage::respond(TransactionId server, std::uint16_t status, Outputs& out,
                    std::uint16_t retry_after_s) const {
  out.push_back(SendResponse{.server = server, .status = status, .retry_after_s = retry_after_s});
}

void Usage::cancel(Outputs& out) {
  state_ = State::cancelling;
  cancel_ = next_transaction();
  ++sent_times_;
  out.push_back(SendCancel{cancel_, invite_, drop_reason_});
  set(Timer::invite, settings_.limit(), out);
}

void Usage::hang_up(Outputs& out) {
  drop_remote_reinvite(487, out);
  acknowledged(out);
  if (reinvite_.active && reinvite_.transaction == 0) {  // waiting after 491: not sent any more
    reinvite_.active = false;
    clear(Timer::reoffer, out);
  }
  state_ = State::ending;
  send_bye(main_, out);
}

void Usage::establish(Dialog& dialog, const ResponseIn& response) const {
  dialog.remote_tag = response.remote_tag;
  dialog.target = response.contact.empty() ? id_.target : response.contact;
  dialog.routes.assign(response.record_routes.rbegin(), response.record_routes.rend());  // 12.1.2
}

/// The BYE of `dialog` is over, one way or another.
void Usage::dialog_over(Dialog& dialog, Confirmation confirmation, Outputs& out) {
  if (&dialog == &main_) {
    terminate(confirmation, out);
    return;
  }
  dialog.over = true;  // remembered: its 2xx may come again, and wants its ACK but no second BYE
  if (!forks_pending()) clear(Timer::orphans, out);
  settle(out);
}

/// 12.2.1.2: a request within the dialog shows that the far end is not there any more.
void Usage::lose_dialog(std::uint16_t status, const std::string& words, Outputs& out) {
  out.push_back(
      Disconnected{.by = Disconnected::By::dialog_lost, .status = status, .phrase = words});
  hang_up(out);
}

void Usage::drop_remote_reinvite(std::uint16_t status, Outputs& out) {
  if (remote_reinvite_ == 0) return;
  respond(remote_reinvite_, status, out);
  out.push_back(Forget{remote_reinvite_, true});
  remote_reinvite_ = 0;
}

void Usage::terminate(Confirmation confirmation, Outputs& out) {
  SWITCHHOOK_ASSERT(state_ != State::terminated);
  state_ = State::terminated;
  confirmation_ = confirmation;
  acknowledged(out);
  for (Timer timer : {Timer::invite, Timer::bye, Timer::reoffer, Timer::ring_again, Timer::expires})
    clear(timer, out);
  for (TransactionId* mine : {&invite_, &cancel_, &main_.bye, &reinvite_.transaction}) {
    if (*mine != 0) out.push_back(Forget{*mine, false});
    *mine = 0;
  }
  reinvite_.active = false;
  if (server_invite_ != 0) out.push_back(Forget{server_invite_, true});
  server_invite_ = 0;
  settle(out);
}

bool Usage::forks_pending() const {
  return std::any_of(forks_.begin(), forks_.end(), [](const Dialog& fork) { return !fork.over; });
}

void Usage::settle(Outputs& out) {
  if (state_ != State::terminated || forks_pending() || finished_) return;
  finished_ = true;
  out.push_back(Finished{confirmation_, sent_times_});
}

/// Whether a refused request is to be sent again with credentials.
bool Usage::authenticate(const ResponseIn& response, std::uint8_t& tries) {
  if (response.status != 401 && response.status != 407) return false;
  if (settings_.credentials.user.empty() || tries >= settings_.auth_tries) return false;
  if (!auth_) auth_ = std::make_unique<digest::Client>();
  if (!auth_->take(response.challenges, settings_.credentials)) return false;
  ++tries;
  return true;
}

Headers Usage::authorization_for(std::string_view method, std::string_view uri) {
  if (!auth_) return {};
  return auth_->headers(settings_.credentials, method, uri, random());
}

void Usage::set(Timer timer, milliseconds after, Outputs& out) {
  timers_ = static_cast<std::uint16_t>(timers_ | 1u << static_cast<unsigned>(timer));
  out.push_back(SetTimer{timer, after});
}

void Usage::clear(Timer timer, Outputs& out) {
  const auto bit = static_cast<std::uint16_t>(1u << static_cast<unsigned>(timer));
  if ((timers_ & bit) == 0) return;
  timers_ = static_cast<std::uint16_t>(timers_ & ~bit);
  out.push_back(ClearTimer{timer});
}

/// splitmix64 over the call's own entropy: the usage has no other source of chance.
std::uint64_t Usage::random() {
  id_.entropy += 0x9e3779b97f4a7c15u;
  std::uint64_t z = id_.entropy;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace switchhook::sip::usage
