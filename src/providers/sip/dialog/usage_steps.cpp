// SPDX-License-Identifier: Apache-2.0
// The steps that inputs lead to: what is sent, which timers run, when it is over.
#include "providers/sip/dialog/usage.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/assert.hpp"

namespace switchhook::sip::usage {

using std::chrono::milliseconds;

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
  request.branch = invite_branch_ = branch();
  ++revision_;
  request.body = offer_;
  request.user_to_user = offer_user_to_user_;
  request.times = ask_session();
  request.withheld = id_.withheld;
  if (origin_) {
    request.replaces = origin_->replaces;
    request.referred_by = origin_->referred_by;
  }
  invite_authorization_ = authorization_for("INVITE", request.uri);
  request.authorization = invite_authorization_;
  out.push_back(SendRequest{invite_, std::move(request)});
  set(Timer::invite, settings_.limit(), out);
}

void Usage::send_reinvite(Outputs& out) {
  ++main_.cseq;
  reinvite_.cseq = main_.cseq;
  ++revision_;
  reinvite_.transaction = next_transaction();
  Request request = make(main_, Method::invite);
  request.contact = id_.contact;
  request.body = reinvite_.body;
  request.times = ask_session();
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
                             .user_to_user = ok_->user_to_user,
                             .times = ok_->times});
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
  if (recovered_) {  // its INVITE belongs to no transaction any more
    Request request = make(main_, Method::cancel);
    request.cseq = invite_cseq_;
    request.next_hop = id_.next_hop;
    request.branch = invite_branch_;
    request.reason = drop_reason_;
    out.push_back(SendRequest{cancel_, std::move(request)});
  } else {
    out.push_back(SendCancel{cancel_, invite_, drop_reason_});
  }
  set(Timer::invite, settings_.limit(), out);
}

void Usage::hang_up(Outputs& out) {
  drop_remote_reinvite(487, out);
  acknowledged(out);
  if (reinvite_.active && reinvite_.transaction == 0) {  // waiting after 491: not sent any more
    reinvite_.active = false;
    clear(Timer::reoffer, out);
  }
  for (Timer timer : {Timer::refresh, Timer::unrefreshed, Timer::refer}) clear(timer, out);
  refer_.active = false;
  give_up_referral(true, out);
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
  give_up_referral(false, out);
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
  if (referee_ && referee_->asked != 0) give_up_referral(false, out);
  acknowledged(out);
  for (Timer timer : {Timer::invite, Timer::bye, Timer::reoffer, Timer::ring_again, Timer::expires,
                      Timer::refresh, Timer::unrefreshed, Timer::refer})
    clear(timer, out);
  for (TransactionId* mine :
       {&invite_, &cancel_, &main_.bye, &reinvite_.transaction, &refer_.transaction}) {
    if (*mine != 0) out.push_back(Forget{*mine, false});
    *mine = 0;
  }
  reinvite_.active = false;
  refer_.active = false;
  if (server_invite_ != 0) out.push_back(Forget{server_invite_, true});
  server_invite_ = 0;
  settle(out);
}

std::vector<std::string_view> Usage::answerers() const {
  std::vector<std::string_view> out;
  if (outgoing_ ? confirmed_once_ : reinvite_.cseq != 0) out.emplace_back(main_.remote_tag);
  for (const Dialog& fork : forks_) out.emplace_back(fork.remote_tag);
  return out;
}

bool Usage::forks_pending() const {
  return std::any_of(forks_.begin(), forks_.end(), [](const Dialog& fork) { return !fork.over; });
}

void Usage::settle(Outputs& out) {
  if (state_ != State::terminated || forks_pending() || referee_busy() || finished_) return;
  finished_ = true;
  out.push_back(Finished{confirmation_, sent_times_});
}

/// Whether a refused request is to be sent again with credentials.
bool Usage::authenticate(const ResponseIn& response, std::uint8_t& tries) {
  if (response.status != 401 && response.status != 407) return false;
  if (settings_.credentials.user.empty() || tries >= settings_.auth_tries) return false;
  if (!auth_) auth_ = std::make_unique<digest::Client>();
  if (!auth_->take(response.challenges, settings_.credentials, id_.teacher, tries != 0))
    return false;
  ++tries;
  return true;
}

/// The far end's words; of a challenge that was not met, why.
std::string Usage::words_of_refusal(const ResponseIn& response, std::uint8_t tries) const {
  if (response.status != 401 && response.status != 407) return response.phrase;
  const char* why = "the challenge cannot be answered";
  if (settings_.credentials.user.empty())
    why = "a password is asked for, and none is configured";
  else if (tries != 0)
    why = "the password was refused";
  else if (digest::Client().take(response.challenges,
                                 {settings_.credentials.user, "", "", nullptr}))
    why = "the challenge is not of the line's own server";
  return response.phrase.empty() ? why : why + (" (" + response.phrase + ")");
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

/// RFC 3261 8.1.1.7: unique, with the magic cookie.
std::string Usage::branch() {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "z9hG4bK%016llx",
                static_cast<unsigned long long>(random()));
  return out.data();
}

/// From the call's own entropy: the usage has no other source of chance. What is seen on the wire
/// must not tell what comes next.
std::uint64_t Usage::random() {
  return digest::derived(id_.entropy, ++last_random_);
}

}  // namespace switchhook::sip::usage
