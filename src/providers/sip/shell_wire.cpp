// SPDX-License-Identifier: Apache-2.0
// The wire: what comes from sofia-sip's nta, and what the usages want sent through it.
#include "providers/sip/shell.hpp"

#define NTA_AGENT_MAGIC_T switchhook::sip::Shell
#define NTA_OUTGOING_MAGIC_T switchhook::sip::Shell::ClientTransaction
#define NTA_INCOMING_MAGIC_T switchhook::sip::Shell::ServerTransaction
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_stateless.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_tagarg.h>

#include <algorithm>
#include <array>

#include "base/limits.hpp"
#include "providers/sip/call/mapping.hpp"
#include "providers/sip/net/wire.hpp"

namespace switchhook::sip {

namespace {

int response_callback(Shell::ClientTransaction* transaction, nta_outgoing_t*, const sip_t* sip) {
  return transaction->shell.on_response(*transaction, sip);
}
int ack_or_cancel_callback(Shell::ServerTransaction* transaction, nta_incoming_t*,
                           const sip_t* sip) {
  return transaction->shell.on_ack_or_cancel(*transaction, sip);
}

const url_string_t* url(const std::string& text) {
  return text.empty() ? nullptr : reinterpret_cast<const url_string_t*>(text.c_str());
}

/// The IP address from which a message came.
std::string source_of(msg_s* msg) {
  const su_sockaddr_t* from = msg_addr(msg);
  std::array<char, 64> text{};
  const bool good = from != nullptr && su_inet_ntop(from->su_family, SU_ADDR(from), text.data(),
                                                    text.size()) != nullptr;
  return good ? text.data() : "";
}

}  // namespace

Shell::ClientTransaction::ClientTransaction(Shell& owner, CallHandle its_call,
                                            usage::TransactionId its_id)
    : shell(owner), call(its_call), id(its_id) {
  if (call) ++shell.booked_transactions_;
}
Shell::ClientTransaction::~ClientTransaction() {
  if (orq != nullptr) nta_outgoing_destroy(orq);
}

Shell::ServerTransaction::ServerTransaction(Shell& owner, CallHandle its_call,
                                            usage::TransactionId its_id)
    : shell(owner), call(its_call), id(its_id) {
  ++shell.booked_transactions_;
}
Shell::ServerTransaction::~ServerTransaction() {
  if (irq != nullptr) nta_incoming_destroy(irq);
}

void Shell::retire(std::unique_ptr<ClientTransaction> transaction) {
  if (!transaction) return;
  if (transaction->call) --booked_transactions_;
  transaction->retired = true;
  retired_clients_.push_back(std::move(transaction));
}

void Shell::retire(std::unique_ptr<ServerTransaction> transaction) {
  --booked_transactions_;
  transaction->retired = true;
  retired_servers_.push_back(std::move(transaction));
}

void Shell::retire_all(Call& call) {
  for (auto& client : call.clients) retire(std::move(client));
  for (auto& server : call.servers) retire(std::move(server));
  call.clients.clear();
  call.servers.clear();
}

void Shell::destroy_retired() {
  retired_clients_.clear();
  retired_servers_.clear();
}

// ---- what comes

/// Everything that belongs to no transaction. Owns `msg`.
int Shell::on_message(msg_s* msg, sip_s* sip) {
  if (streams_ && transport_of(sip) != Transport::udp && msg_addr(msg) != nullptr)
    streams_->heard(&msg_addr(msg)->su_sa);
  if (sip->sip_request != nullptr) {
    on_request(msg, sip);
  } else {
    on_stray_response(msg, sip);
  }
  msg_destroy(msg);
  return 0;
}

void Shell::on_stray_response(msg_s* msg, sip_s* sip) {
  if (sip->sip_status == nullptr || sip->sip_cseq == nullptr ||
      sip->sip_cseq->cs_method != sip_method_invite)
    return;
  const int status = sip->sip_status->st_status;
  if (status >= 200 && status < 300) on_late_answer(msg, sip);
  if (status >= 300) on_late_refusal(sip);
}

void Shell::on_late_answer(msg_s* msg, sip_s* sip) {
  const std::string call_id = wire::call_id_of(sip);
  const wire::Address from = wire::from_of(sip), to = wire::to_of(sip);
  if (const CallHandle handle = find_tag(from.tag, call_id))
    return run(handle, wire::response_in(sip, 0));
  switch (tombstones_.answered(call_id, from.tag, to.tag, since_epoch())) {
    case usage::Tombstones::Late::ignored:
      return;
    case usage::Tombstones::Late::ended:
      nta_msg_ackbye(agent_, msg_ref_create(msg));
      return;
    case usage::Tombstones::Late::acknowledged:
      break;
  }
  const usage::ResponseIn response = wire::response_in(sip, 0);
  usage::Request ack;
  ack.method = Method::ack;
  ack.uri = response.contact.empty() ? to.uri : response.contact;
  ack.call_id = call_id;
  ack.from = wire::name_addr(from.uri, from.display) + ";tag=" + from.tag;
  ack.to = wire::name_addr(to.uri, to.display) + ";tag=" + to.tag;
  ack.cseq = response.cseq;
  ack.routes.assign(response.record_routes.rbegin(), response.record_routes.rend());
  if (msg_t* built = wire::build(agent_, ack, {})) nta_msg_tsend(agent_, built, nullptr, TAG_END());
}

void Shell::refuse(msg_s* msg, int status, const char* phrase, const char* header) {
  const std::string words = wire::phrase_of(status, phrase != nullptr ? phrase : "");
  nta_msg_treply(agent_, msg_ref_create(msg), status, words.c_str(),
                 TAG_IF(header != nullptr, SIPTAG_HEADER_STR(header)), TAG_END());
}

void Shell::on_request(msg_s* msg, sip_s* sip) {
  const Method method = wire::method_of(sip);
  const std::string to_tag = wire::to_of(sip).tag;
  // RFC 3891 section 3. It must not be taken for a call of its own, nor for one to pick up. A BYE
  // is believed all the same: whoever sent it has gone.
  if (const std::optional<wire::Replaces> replaces = wire::replaces_of(sip);
      replaces && method != Method::ack && (method != Method::bye || to_tag.empty()) &&
      (replaces->malformed || method != Method::invite))
    return refuse(msg, 400, "Bad Replaces");
  if (!to_tag.empty()) {
    const std::string call_id = wire::call_id_of(sip);
    const CallHandle handle = find_tag(to_tag, call_id);
    const Call* call = calls_.find(handle);
    if (call != nullptr &&
        (call->usage->remote_tag().empty() || call->usage->remote_tag() == wire::from_of(sip).tag))
      return on_dialog_request(msg, sip, handle);
    if (method == Method::ack) return;
    // A BYE that comes again, or late, after both sides are through: 200 ends the matter.
    if (method == Method::bye && tombstones_.knows(call_id, to_tag))
      return refuse(msg, 200, nullptr);
    return refuse(msg, 481, nullptr);
  }
  if (method != Method::ack && !wire::known_scheme(sip)) return refuse(msg, 416, nullptr);
  switch (method) {
    case Method::ack:
      return;
    case Method::invite:
      return on_initial_invite(msg, sip);
    case Method::bye:
    case Method::cancel:
      return refuse(msg, 481, nullptr);
    case Method::options:
      if (!wire::request_user(sip).empty() && !line_for(sip)) return refuse(msg, 404, nullptr);
      if (refuse_extensions(msg, sip, true)) return;
      return refuse(msg, 200, nullptr,
                    (std::string("Allow: ") + wire::allow() +
                     "\r\nAccept: application/sdp\r\nSupported: replaces")
                        .c_str());
    case Method::notify:
      return refuse(msg, 481, nullptr);  // RFC 6665 4.1.3: of no subscription of ours
    case Method::registration:
    case Method::refer:
    case Method::other:
      if (sip->sip_request->rq_method == sip_method_unknown) return refuse(msg, 501, nullptr);
      return refuse(msg, 405, nullptr, (std::string("Allow: ") + wire::allow()).c_str());
  }
}

/// RFC 3261 8.2.2.3: 420 to what requires an extension that we do not have.
bool Shell::refuse_extensions(msg_s* msg, const sip_s* sip, bool timers) {
  const std::string extensions = wire::required(sip, timers);
  if (extensions.empty()) return false;
  refuse(msg, 420, nullptr, ("Unsupported: " + extensions).c_str());
  return true;
}

std::optional<provider::LineNumber> Shell::line_for(const sip_s* sip) const {
  const auto found = line_by_user_.find(wire::request_user(sip));
  if (found == line_by_user_.end()) return std::nullopt;
  return found->second;
}

bool Shell::accepted_from(const Line& line, msg_s* msg) {
  const std::vector<std::string>& allowed = line.config.accept_from;
  return allowed.empty() ||
         std::find(allowed.begin(), allowed.end(), source_of(msg)) != allowed.end();
}

Transport Shell::transport_of(const sip_s* sip) {
  const std::string protocol = wire::top_via_protocol(sip);
  if (protocol == "TLS") return Transport::tls;
  return protocol == "TCP" ? Transport::tcp : Transport::udp;
}

/// Refuses without keeping anything, or makes a call of it.
void Shell::on_initial_invite(msg_s* msg, sip_s* sip) {
  const std::optional<provider::LineNumber> number = line_for(sip);
  if (!number) return refuse(msg, 404, nullptr);
  const Line& line = *lines_[*number];
  if (!accepted_from(line, msg)) return refuse(msg, 403, nullptr);
  if (was_offered_before(sip)) return refuse(msg, 480, nullptr);
  const usage::Settings& settings = line.settings;
  const bool timers = settings.session_expires.count() != 0;
  if (refuse_extensions(msg, sip, timers)) return;
  if (settings.too_short(wire::times_of(sip)))
    return refuse(msg, 422, nullptr,
                  ("Min-SE: " + std::to_string(settings.min_se.count())).c_str());
  if (wire::foreign_body(sip)) return refuse(msg, 415, nullptr, "Accept: application/sdp");
  if (!wire::accepts_sdp(sip)) return refuse(msg, 406, nullptr);
  CallHandle replaced;
  if (const int status = find_replaced(sip, *number, replaced); status != 0)
    return refuse(msg, status, nullptr);
  if (stopping_ || booked_calls_ >= static_cast<std::int64_t>(config_.calls_max) ||
      unanswered_ >= static_cast<std::int64_t>(config_.calls_unanswered))
    return refuse(msg, 503, nullptr, "Retry-After: 5");
  if (line.config.calls_max != 0 && line.calls >= line.config.calls_max)
    return refuse(msg, 486, nullptr);
  usage::RequestIn request = wire::request_in(sip, 1);
  if (!request.body.empty()) {
    const Result<sdp::Description> offered = sdp::parse(request.body);
    if (!offered) return refuse(msg, 400, "Bad session description");
    if (offered->audio() == nullptr) return refuse(msg, 488, nullptr);
  }

  const provider::CallRef ref{provider::CallRef::kMintedByProvider | ++last_ref_};
  const CallHandle handle = add_call(ref, *number, false);
  Call& call = *calls_.find(handle);
  call.source = source_of(msg);
  call.replaces = replaced;
  call.unanswered = true;
  ++unanswered_;
  const wire::Address from = wire::from_of(sip), to = wire::to_of(sip);
  usage::Identity identity;
  identity.call_id = wire::call_id_of(sip);
  identity.local_tag = make_tag(handle);
  identity.local = wire::name_addr(to.uri, to.display);
  identity.remote = wire::name_addr(from.uri, from.display);
  identity.target = from.uri;
  identity.contact = line.contact;
  if (const Transport via = transport_of(sip); via != line.config.transport)
    identity.contact = contact_of(line.config.name, via);
  identity.first_cseq = static_cast<std::uint32_t>(random() % 100000 + 1);
  identity.entropy = random();
  call.usage = std::make_unique<usage::Usage>(line.settings, std::move(identity));
  ++booked_dialogs_;
  call.took(Resource::dialogs);
  call.offer = request.body;
  note_connection(call, msg, sip);
  if (sink_.keeps_recovery()) call.invite = wire::head_of(sip);

  ServerTransaction* transaction = add_server(handle, call, msg, sip);
  if (transaction == nullptr) {  // out of memory: nobody has heard of the call yet
    call.usage.reset();
    --booked_dialogs_;
    --unanswered_;
    --lines_[*number]->calls;
    by_ref_.erase(ref.value);
    --booked_calls_;
    calls_.erase(handle);
    return refuse(msg, 500, nullptr);
  }
  nta_incoming_tag(transaction->irq, call.usage->local_tag().c_str());
  request.server = transaction->id;

  provider::NewCall event;
  event.call = ref;
  event.line = *number;
  event.provider_call_id = wire::call_id_of(sip);
  event.parties.calling = {from.uri, from.display};
  event.parties.called = {to.uri, to.display};
  if (std::optional<UserInfo> info = mapping::parse_user_to_user(request.user_to_user))
    event.user_info = std::move(*info);
  // The journal knows of it first: whatever the engine is told of has one record, also when this
  // process dies and the INVITE comes again to the next one.
  run(handle, std::move(request));
  tell(std::move(event));
  tell_state(call, CallState::offering);
  if (line.config.ring_on_offer) {
    call.alerted = true;
    run(handle, usage::Ring{});
  } else {
    nta_incoming_treply(transaction->irq, SIP_100_TRYING, TAG_END());
  }
}

Shell::ServerTransaction* Shell::add_server(CallHandle handle, Call& call, msg_s* msg, sip_s* sip) {
  // RFC 3261 18.2.2: when the connection is lost, the answer goes to the port that the Via names,
  // and not to the one that the lost connection came from, where nobody listens. The parameter
  // stays in the answer.
  if (transport_of(sip) != Transport::udp) sip->sip_via->v_rport = nullptr;
  auto transaction = std::make_unique<ServerTransaction>(*this, handle, ++call.last_server);
  transaction->irq = nta_incoming_create(agent_, nullptr, msg_ref_create(msg), sip, TAG_END());
  if (transaction->irq == nullptr) return nullptr;
  nta_incoming_bind(transaction->irq, ack_or_cancel_callback, transaction.get());
  call.servers.push_back(std::move(transaction));
  call.took(Resource::transactions);
  return call.servers.back().get();
}

void Shell::on_dialog_request(msg_s* msg, sip_s* sip, CallHandle handle) {
  Call& call = *calls_.find(handle);
  if (lines_[call.line]->config.strict_source && source_of(msg) != call.source) {
    if (wire::method_of(sip) != Method::ack) refuse(msg, 403, nullptr);
    return;
  }
  note_connection(call, msg, sip);
  const Method method = wire::method_of(sip);
  const bool timers = lines_[call.line]->settings.session_expires.count() != 0;
  if ((method == Method::invite || method == Method::options || method == Method::notify ||
       (method == Method::refer && lines_[call.line]->settings.follow_refers)) &&
      refuse_extensions(msg, sip, timers))
    return;
  if (method == Method::invite) {
    const ServerTransaction* transaction = add_server(handle, call, msg, sip);
    if (transaction == nullptr) return refuse(msg, 500, nullptr);
    run(handle, wire::request_in(sip, transaction->id));
    return;
  }
  current_ = {msg, ++call.last_server};
  run(handle, wire::request_in(sip, current_.id));
  current_ = {};
}

int Shell::on_response(ClientTransaction& transaction, const sip_s* sip) {
  if (transaction.retired) {
    if (sip == nullptr || nta_sip_is_internal(sip) != 0) return 0;
    if (msg_t* msg = nta_outgoing_getresponse(transaction.orq)) {
      on_stray_response(msg, sip_object(msg));
      msg_destroy(msg);
    }
    return 0;
  }
  // The transaction may be gone when run() returns: its values are taken first.
  const CallHandle handle = transaction.call;
  const usage::TransactionId id = transaction.id;
  const int status = nta_outgoing_status(transaction.orq);
  const bool internal = sip == nullptr || nta_sip_is_internal(sip) != 0;
  if (!handle) {
    if (internal) {
      run_registration(transaction.line, Registration::NoResponse{
                                             id, status == 408 ? "no response" : not_reachable()});
    } else if (sip->sip_status != nullptr) {
      run_registration(transaction.line,
                       wire::register_response_in(sip, id, lines_[transaction.line]->contact));
    }
    return 0;
  }
  if (internal) {
    if (status == 408) {
      run(handle, usage::TransactionTimeout{id, false});
    } else {
      run(handle, usage::TransportError{id, not_reachable()});
    }
  } else if (sip->sip_status != nullptr && sip->sip_cseq != nullptr && sip->sip_to != nullptr) {
    if (Call* call = calls_.find(handle); call != nullptr && call->source.empty()) {
      msg_t* msg = nta_outgoing_getresponse(transaction.orq);
      call->source = source_of(msg);
      msg_destroy(msg);
    }
    run(handle, wire::response_in(sip, id));
  }
  return 0;
}

int Shell::on_ack_or_cancel(ServerTransaction& transaction, const sip_s* sip) {
  if (transaction.retired) return 0;
  const CallHandle handle = transaction.call;
  const usage::TransactionId id = transaction.id;
  if (sip == nullptr) {
    run(handle, usage::TransactionTimeout{id, true});
  } else if (sip->sip_request != nullptr) {
    if (wire::method_of(sip) == Method::ack) {
      run(handle, usage::FailureAcknowledged{id});
    } else if (wire::method_of(sip) == Method::cancel) {
      run(handle, wire::request_in(sip, id));
    }
  }
  return 0;
}

// ---- what goes

void Shell::carry_out(CallHandle handle, Call& call, const usage::SendRequest& send) {
  auto transaction = std::make_unique<ClientTransaction>(*this, handle, send.transaction);
  msg_t* msg = wire::build(
      agent_, send.request,
      {.user_agent = config_.user_agent, .refers = lines_[call.line]->settings.follow_refers});
  if (msg != nullptr) {
    tport_s* back = send.request.routes.empty() ? call.connection.open() : nullptr;
    transaction->orq = nta_outgoing_mcreate(
        agent_, response_callback, transaction.get(), url(send.request.next_hop), msg,
        TAG_IF(back != nullptr, NTATAG_TPORT(back)),
        TAG_IF(!send.request.branch.empty(), NTATAG_BRANCH_KEY(send.request.branch.c_str())),
        TAG_END());
    if (transaction->orq == nullptr) msg_destroy(msg);
  }
  if (transaction->orq == nullptr)
    run(handle, usage::TransportError{send.transaction, "the request cannot be sent"});
  call.clients.push_back(std::move(transaction));
  call.took(Resource::transactions);
}

void Shell::carry_out(CallHandle handle, Call& call, const usage::SendCancel& send) {
  for (const std::unique_ptr<ClientTransaction>& invite : call.clients) {
    if (invite->id != send.invite || invite->orq == nullptr) continue;
    auto transaction = std::make_unique<ClientTransaction>(*this, handle, send.transaction);
    transaction->orq = nta_outgoing_tcancel(
        invite->orq, response_callback, transaction.get(),
        TAG_IF(!send.reason.empty(), SIPTAG_REASON_STR(send.reason.c_str())), TAG_END());
    call.clients.push_back(std::move(transaction));
    call.took(Resource::transactions);
    return;
  }
}

void Shell::carry_out(CallHandle, Call& call, const usage::SendAck& send) {
  tport_s* back = send.request.routes.empty() ? call.connection.open() : nullptr;
  if (msg_t* msg = wire::build(agent_, send.request, {}))
    nta_msg_tsend(
        agent_, msg, url(send.request.next_hop), TAG_IF(back != nullptr, NTATAG_TPORT(back)),
        TAG_IF(!send.request.branch.empty(), NTATAG_BRANCH_KEY(send.request.branch.c_str())),
        TAG_END());
}

void Shell::carry_out(CallHandle, Call& call, const usage::SendResponse& send) {
  if (call.orphan != 0) return answer_orphan(call, send);
  const std::string words = wire::phrase_of(send.status, send.phrase);
  const char* phrase = words.c_str();
  const std::string uui = "User-to-User: " + send.user_to_user;
  const std::string retry = std::to_string(send.retry_after_s);
  const std::string session = wire::session_headers(send.times);
  const bool theirs = send.times.refresher == usage::SessionTimes::Refresher::uac;
  const bool allow = send.status == 405 || (send.status < 300 && !send.contact.empty());
  const bool refers = lines_[call.line]->settings.follow_refers;
  tagi_t tags[] = {
      {TAG_IF(send.no_subscription, SIPTAG_HEADER_STR("Refer-Sub: false"))},
      {TAG_IF(!send.contact.empty(), SIPTAG_CONTACT_STR(send.contact.c_str()))},
      {TAG_IF(allow, SIPTAG_ALLOW_STR(wire::allow(refers)))},
      {TAG_IF(!send.reason.empty(), SIPTAG_REASON_STR(send.reason.c_str()))},
      {TAG_IF(!send.user_to_user.empty(), SIPTAG_HEADER_STR(uui.c_str()))},
      {TAG_IF(send.retry_after_s != 0, SIPTAG_RETRY_AFTER_STR(retry.c_str()))},
      {TAG_IF(!session.empty(), SIPTAG_HEADER_STR(session.c_str()))},
      {TAG_IF(theirs, SIPTAG_REQUIRE_STR("timer"))},
      {TAG_IF(!send.body.empty(), SIPTAG_CONTENT_TYPE_STR("application/sdp"))},
      {TAG_IF(!send.body.empty(), SIPTAG_PAYLOAD_STR(send.body.c_str()))},
      {TAG_END()},
  };
  if (current_.msg != nullptr && send.server == current_.id) {
    nta_msg_treply(agent_, msg_ref_create(current_.msg), send.status, phrase, TAG_NEXT(tags));
    return;
  }
  for (const std::unique_ptr<ServerTransaction>& server : call.servers) {
    if (server->id != send.server) continue;
    if (!send.again) {
      nta_incoming_treply(server->irq, send.status, phrase, TAG_NEXT(tags));
      return;
    }
    // Once more, without the transaction, which may be over before the ACK comes (RFC 3261
    // 13.3.1.4 gives this repetition to us). The request's own To has no tag the first time.
    msg_t* request = nta_incoming_getrequest(server->irq);
    if (request == nullptr) return;
    su_home_t home[1] = {SU_HOME_INIT(home)};
    sip_to_t* to = sip_to_dup(home, sip_object(request)->sip_to);
    if (to != nullptr && to->a_tag == nullptr)
      sip_to_tag(home, to, call.usage->local_tag().c_str());
    nta_msg_treply(agent_, request, send.status, phrase, SIPTAG_TO(to), TAG_NEXT(tags));
    su_home_deinit(home);
    return;
  }
}

void Shell::carry_out(CallHandle, Call& call, const usage::Forget& forget) {
  const auto forget_in = [&](auto& transactions) {
    const auto it = std::find_if(transactions.begin(), transactions.end(),
                                 [&](const auto& each) { return each->id == forget.transaction; });
    if (it == transactions.end()) return;
    retire(std::move(*it));
    transactions.erase(it);
  };
  if (forget.server) {
    forget_in(call.servers);
  } else {
    forget_in(call.clients);
  }
}

void Shell::carry_out(CallHandle handle, Call& call, const usage::SetTimer& set) {
  set_deadline(handle, call, static_cast<std::uint8_t>(set.timer), set.after);
}

void Shell::carry_out(CallHandle handle, Call& call, const usage::ClearTimer& clear) {
  clear_deadline(handle, call, static_cast<std::uint8_t>(clear.timer));
}

void Shell::send_register(Line& line, provider::LineNumber number,
                          const Registration::SendRegister& send) {
  retire(std::move(line.transaction));
  line.transaction = std::make_unique<ClientTransaction>(*this, CallHandle{}, send.transaction);
  line.transaction->line = number;
  msg_t* msg = wire::build(agent_, send.request, {config_.user_agent, send.expires_s, true});
  if (msg == nullptr) return;  // the configuration was checked; the response limit runs anyway
  line.transaction->orq = nta_outgoing_mcreate(agent_, response_callback, line.transaction.get(),
                                               url(send.request.next_hop), msg, TAG_END());
  if (line.transaction->orq == nullptr) msg_destroy(msg);
}

}  // namespace switchhook::sip
