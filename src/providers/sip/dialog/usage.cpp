// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/dialog/usage.hpp"

#include <algorithm>
#include <iterator>

namespace switchhook::sip {

const char* to_string(Method method) {
  constexpr const char* kNames[] = {"INVITE",   "ACK",   "BYE",    "CANCEL", "OPTIONS",
                                    "REGISTER", "REFER", "NOTIFY", "UNKNOWN"};
  static_assert(std::size(kNames) == static_cast<std::size_t>(Method::other) + 1);
  return kNames[static_cast<std::size_t>(method)];
}

}  // namespace switchhook::sip

namespace switchhook::sip::usage {

using std::chrono::milliseconds;

std::string_view to_string(State state) {
  constexpr std::string_view kNames[] = {
      "fresh",      "calling",   "proceeding", "calling, dropped",
      "cancelling", "offered",   "answered",   "answered, dropped",
      "rejected",   "confirmed", "ending",     "terminated"};
  static_assert(std::size(kNames) == kStateCount);
  return kNames[static_cast<std::size_t>(state)];
}

Usage::Usage(const Settings& settings, Identity identity)
    : settings_(settings), id_(std::move(identity)) {
  main_.target = id_.target;
  main_.cseq = id_.first_cseq - 1;
}

Usage::Usage(const Settings& settings, const Recovery& recovery, std::uint64_t entropy)
    : settings_(settings),
      id_{.call_id = recovery.call_id,
          .local_tag = recovery.local_tag,
          .local = recovery.local,
          .remote = recovery.remote,
          .target = recovery.target,
          .contact = recovery.contact,
          .next_hop = recovery.next_hop,
          .entropy = entropy},
      invite_branch_(recovery.branch),
      invite_cseq_(recovery.invite_cseq),
      outgoing_(recovery.outgoing),
      recovered_(true) {
  // Far above all that may have been sent after the last note (12.2.1.1: it only has to rise).
  constexpr std::uint32_t kAhead = 1000;
  main_.remote_tag = recovery.remote_tag;
  main_.target = recovery.target;
  main_.routes = recovery.routes;
  main_.cseq = recovery.cseq + kAhead;
  switch (recovery.stage) {
    case Recovery::Stage::calling:
      invite_ = next_transaction();
      state_ = State::proceeding;
      break;
    case Recovery::Stage::offered:
      server_invite_ = 1;
      state_ = State::offered;
      break;
    case Recovery::Stage::dialog:
      confirmed_once_ = outgoing_;
      state_ = State::confirmed;
      break;
  }
}

Recovery Usage::recovery() const {
  Recovery out{.outgoing = outgoing_,
               .call_id = id_.call_id,
               .local_tag = id_.local_tag,
               .remote_tag = main_.remote_tag,
               .local = id_.local,
               .remote = id_.remote,
               .target = main_.target,
               .contact = id_.contact,
               .next_hop = id_.next_hop,
               .branch = invite_branch_,
               .routes = main_.routes,
               .cseq = main_.cseq,
               .invite_cseq = invite_cseq_};
  switch (state_) {
    case State::fresh:
    case State::calling:
    case State::proceeding:
    case State::calling_dropped:
    case State::cancelling:
      out.stage = Recovery::Stage::calling;
      break;
    case State::offered:
    case State::rejected:
      out.stage = Recovery::Stage::offered;
      break;
    case State::answered:
    case State::answered_dropped:
    case State::confirmed:
    case State::ending:
    case State::terminated:
      out.stage = Recovery::Stage::dialog;
      break;
  }
  return out;
}

bool Usage::knows_peer(std::string_view tag) const {
  return (!tag.empty() && tag == main_.remote_tag) ||
         std::any_of(early_.begin(), early_.end(), [&](const Early& e) { return e.tag == tag; });
}

Verdict Usage::apply(const Input& input, Outputs& out) {
  return std::visit([&](const auto& in) { return on(in, out); }, input);
}

// ---- commands

Verdict Usage::on(const Start& start, Outputs& out) {
  if (state_ != State::fresh) return Verdict::refused;
  outgoing_ = true;
  offer_ = start.body;
  local_body_ = start.body;
  offer_user_to_user_ = start.user_to_user;
  if (!start.replaces.empty() || !start.referred_by.empty())
    origin_ = std::make_unique<Origin>(Origin{start.replaces, start.referred_by});
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
  local_body_ = answer.body;
  ok_->user_to_user = answer.user_to_user;
  ok_->times = grant_session();
  ok_->offers = offerless_;
  state_ = State::answered;
  ++revision_;
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
    if (recovered_) {  // there is no transaction that repeats it
      ok_ = std::make_unique<Ok>();
      ok_->interval = settings_.t1;
      set(Timer::ok_again, ok_->interval, out);
    }
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
  local_body_ = answer.body;
  ok_->times = grant_session();
  ok_->offers = offerless_;
  const TransactionId server = remote_reinvite_;
  remote_reinvite_ = 0;
  send_ok(server, remote_reinvite_cseq_, out);
  watch_session(out);
  return Verdict::acted;
}

// ---- time and failure

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
  if (timeout.transaction == cancel_) {
    if (!recovered_) return Verdict::repeated;  // the INVITE's own limit runs
    return no_invite_response(Disconnected::By::no_response, {}, out);
  }
  if (timeout.transaction == reinvite_.transaction) {
    const bool refresh = reinvite_.refresh;
    reinvite_ = {.cseq = reinvite_.cseq};
    out.push_back(Forget{timeout.transaction, false});
    clear(Timer::reoffer, out);
    if (state_ == State::confirmed) {
      if (!refresh) out.push_back(ReofferDone{false, 408, {}});
      lose_dialog(408, {}, out);
    }
    return Verdict::acted;
  }
  if (timeout.transaction == refer_.transaction) {
    end_refer({Referred::What::refused, 408, "the far end does not answer"}, out);
    return Verdict::acted;
  }
  if (referee_ && timeout.transaction == referee_->notify) return notify_lost(out);
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
  if (error.transaction != 0 && error.transaction == reinvite_.transaction)
    // RFC 3261 8.1.3.1: like a 503 to this request. The dialog stays (RFC 5057 section 5).
    return on_reinvite_response({.transaction = error.transaction,
                                 .method = Method::invite,
                                 .cseq = reinvite_.cseq,
                                 .status = 503,
                                 .phrase = error.words,
                                 .unsent = true},
                                out);
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
      if (state_ == State::rejected) {
        respond(server_invite_, 480, out);
      } else {
        out.push_back(SendResponse{.server = ok_->server,
                                   .status = 200,
                                   .again = true,
                                   .contact = id_.contact,
                                   .body = ok_->body,
                                   .user_to_user = ok_->user_to_user,
                                   .times = ok_->times});
      }
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
    case Timer::refer:
      end_refer({Referred::What::unknown, 0, "the far end does not say what became of it"}, out);
      return Verdict::acted;
    case Timer::notify:
      return notify_lost(out);
    case Timer::refresh:
      return refresh(out);
    case Timer::unrefreshed:
      drop_reason_ = "Q.850;cause=102;text=\"Session not refreshed\"";
      lose_dialog(408, "the session was not refreshed in time", out);
      return Verdict::acted;
  }
  return Verdict::stray;
}

}  // namespace switchhook::sip::usage
