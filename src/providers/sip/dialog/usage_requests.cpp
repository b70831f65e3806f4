// SPDX-License-Identifier: Apache-2.0
// What the far end asks of us.
#include "providers/sip/dialog/usage.hpp"

namespace switchhook::sip::usage {

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
    case Method::notify:
      return on_notify(request, out);
    case Method::refer:
      return settings_.follow_refers ? on_refer(request, out) : on_other(request, out);
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
      session_.asked = request.times;
      offerless_ = request.body.empty();
      main_.remote_tag = request.remote_tag;
      if (!request.contact.empty()) main_.target = request.contact;
      main_.routes = request.record_routes;  // RFC 3261 12.1.1: in the order of the request
      ++revision_;
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
  if (settings_.too_short(request.times)) {
    out.push_back(
        SendResponse{.server = request.server,
                     .status = 422,
                     .times = {.min_s = static_cast<std::uint32_t>(settings_.min_se.count())}});
    out.push_back(Forget{request.server, true});
    return Verdict::stray;
  }
  session_.asked = request.times;
  offerless_ = request.body.empty();
  if (!request.contact.empty() && request.contact != main_.target) {  // 12.2.2: target refresh
    main_.target = request.contact;
    ++revision_;
  }
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
      watch_session(out);
      out.push_back(Acknowledged{request.body, offerless_});
      return Verdict::acted;
    case State::answered_dropped:
      if (request.cseq != ok_->cseq) return Verdict::stray;
      acknowledged(out);
      hang_up(out);
      return Verdict::acted;
    case State::confirmed:
      if (!ok_ || request.cseq != ok_->cseq) return Verdict::repeated;
      if (ok_->offers) out.push_back(Acknowledged{request.body, true});
      acknowledged(out);
      return Verdict::acted;
    case State::ending:
    case State::terminated:
      return Verdict::repeated;
    case State::rejected:
      if (!recovered_) return Verdict::stray;  // its transaction reports it
      terminate(Confirmation::confirmed, out);
      return Verdict::acted;
    case State::fresh:
    case State::calling:
    case State::proceeding:
    case State::calling_dropped:
    case State::cancelling:
    case State::offered:
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
      // Glare: the far end has ended the dialog, too; our own BYE needs no answer any more.
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
      // Again, while the far end still hears of its REFER.
      respond(request.server, referee_busy() ? 200 : 481, out);
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
      if (request.method == Method::options)
        out.push_back(SendResponse{.server = request.server, .status = 200, .capabilities = true});
      else
        respond(request.server, 405, out);
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

}  // namespace switchhook::sip::usage
