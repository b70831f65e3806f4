// SPDX-License-Identifier: Apache-2.0
// What goes: requests, responses and registrations through sofia-sip's transactions.
#include "providers/sip/net/agent.hpp"

#define NTA_AGENT_MAGIC_T switchhook::sip::net::Agent
#define NTA_OUTGOING_MAGIC_T switchhook::sip::net::ClientTransaction
#define NTA_INCOMING_MAGIC_T switchhook::sip::net::ServerTransaction
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_stateless.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_tagarg.h>
#include <sofia-sip/tport.h>

#include <algorithm>

#include "providers/sip/net/wire.hpp"
#include "providers/sip/orphans/orphans.hpp"

namespace switchhook::sip::net {

namespace {

int response_callback(ClientTransaction* transaction, nta_outgoing_t*, const sip_t* sip) {
  return transaction->agent.on_response(*transaction, sip);
}
int ack_or_cancel_callback(ServerTransaction* transaction, nta_incoming_t*, const sip_t* sip) {
  return transaction->agent.on_ack_or_cancel(*transaction, sip);
}

const url_string_t* url(const std::string& text) {
  return text.empty() ? nullptr : reinterpret_cast<const url_string_t*>(text.c_str());
}

template <typename Transactions>
auto find_in(Transactions& transactions, usage::TransactionId id) {
  return std::find_if(transactions.begin(), transactions.end(),
                      [id](const auto& each) { return each->id == id; });
}

/// A response's To: the request's own has no tag the first time.
sip_to_t* tagged_to(su_home_t* home, msg_t* request, const std::string& tag) {
  sip_to_t* to = sip_to_dup(home, sip_object(request)->sip_to);
  if (to != nullptr && to->a_tag == nullptr) sip_to_tag(home, to, tag.c_str());
  return to;
}

}  // namespace

ClientTransaction::~ClientTransaction() {
  if (orq != nullptr) nta_outgoing_destroy(orq);
}
ServerTransaction::~ServerTransaction() {
  if (irq != nullptr) nta_incoming_destroy(irq);
}

void Agent::retire(std::unique_ptr<ClientTransaction> transaction) {
  transaction->booked = {};
  transaction->retired = true;
  retired_clients_.push_back(std::move(transaction));
}
void Agent::retire(std::unique_ptr<ServerTransaction> transaction) {
  transaction->booked = {};
  transaction->retired = true;
  retired_servers_.push_back(std::move(transaction));
}
void Agent::destroy_retired() {
  retired_clients_.clear();
  retired_servers_.clear();
}

// ---- connections

Connection::~Connection() {
  tport_unref(tport_);
}
void Connection::take(tport_s* tport) {
  tport_unref(tport_);
  tport_ = tport;
}
tport_s* Connection::open() const {
  return tport_ != nullptr && tport_is_closed(tport_) == 0 ? tport_ : nullptr;
}

void SofiaLink::note_connection(msg_s* msg, const sip_s* sip) {
  if (transport_of(sip) == Transport::tls)
    connection_.take(nta_incoming_transport(agent_.agent_, nullptr, msg));
}

// ---- dialogs

std::string Agent::next_hop(const usage::Request& request, bool secure) {
  std::string hop = request.next_hop;
  if (hop.empty()) hop = request.routes.empty() ? request.uri : uri_inside(request.routes.front());
  if (transport_in(hop) == Transport::tls) return request.next_hop;
  if (secure) return over_tls(hop);
  const std::size_t user = hop.find('@');
  const std::size_t begin = user == std::string::npos ? hop.find(':') + 1 : user + 1;
  const std::size_t length = std::min(hop.find_first_of(":;?", begin), hop.size()) - begin;
  const std::string host = hop.substr(begin, length);
  if (host.empty() || host.front() == '[' ||
      host.find_first_not_of("0123456789.") == std::string::npos)
    return request.next_hop;
  const bool ipv6 = host_.front() == '[';
  const std::string address = hosts_.find(host, ipv6);
  if (address.empty()) return request.next_hop;
  return hop.replace(begin, length, ipv6 ? "[" + address + "]" : address);
}

std::string Agent::branch_of(const usage::Request& request) const {
  return request.branch.empty() ? "z9hG4bK" + around_.random.word() : request.branch;
}

std::unique_ptr<Link> Agent::make_link(const DialogId& id, provider::LineNumber line) {
  return std::make_unique<SofiaLink>(*this, id, line);
}

SofiaLink::~SofiaLink() {
  for (auto& client : clients_) agent_.retire(std::move(client));
  for (auto& server : servers_) agent_.retire(std::move(server));
}

std::unique_ptr<ClientTransaction> SofiaLink::client(usage::TransactionId id) {
  auto transaction = std::make_unique<ClientTransaction>(agent_, id);
  transaction->dialog = id_;
  transaction->booked = agent_.around_.ledger[Resource::transactions].book();
  return transaction;
}

bool SofiaLink::send(const usage::SendRequest& send) {
  std::unique_ptr<ClientTransaction> transaction = client(send.transaction);
  const Line& its_line = agent_.above_->lines[line];
  msg_t* msg = wire::build(
      agent_.agent_, send.request,
      {.user_agent = agent_.around_.config.user_agent, .refers = its_line.settings.follow_refers});
  const std::string hop = agent_.next_hop(send.request, secure);
  if (msg != nullptr) {
    tport_s* back = send.request.routes.empty() ? connection_.open() : nullptr;
    transaction->orq =
        nta_outgoing_mcreate(agent_.agent_, response_callback, transaction.get(), url(hop), msg,
                             TAG_IF(back != nullptr, NTATAG_TPORT(back)),
                             NTATAG_BRANCH_KEY(agent_.branch_of(send.request).c_str()), TAG_END());
    if (transaction->orq == nullptr) msg_destroy(msg);
  }
  const bool sent = transaction->orq != nullptr;
  clients_.push_back(std::move(transaction));
  return sent;
}

void SofiaLink::send(const usage::SendCancel& send) {
  const auto invite = find_in(clients_, send.invite);
  if (invite == clients_.end() || (*invite)->orq == nullptr) return;
  std::unique_ptr<ClientTransaction> transaction = client(send.transaction);
  transaction->orq = nta_outgoing_tcancel(
      (*invite)->orq, response_callback, transaction.get(),
      TAG_IF(!send.reason.empty(), SIPTAG_REASON_STR(send.reason.c_str())), TAG_END());
  clients_.push_back(std::move(transaction));
}

void SofiaLink::send(const usage::SendAck& send) {
  const std::string hop = agent_.next_hop(send.request, secure);
  tport_s* back = send.request.routes.empty() ? connection_.open() : nullptr;
  if (msg_t* msg = wire::build(agent_.agent_, send.request, {}))
    nta_msg_tsend(agent_.agent_, msg, url(hop), TAG_IF(back != nullptr, NTATAG_TPORT(back)),
                  NTATAG_BRANCH_KEY(agent_.branch_of(send.request).c_str()), TAG_END());
}

void SofiaLink::send(const usage::SendResponse& send) {
  if (id_.of == DialogId::Of::orphan) return agent_.answer_orphan(id_, send);
  const std::string words = wire::phrase_of(send.status, send.phrase);
  const char* phrase = words.c_str();
  const std::string uui = "User-to-User: " + send.user_to_user;
  const std::string retry = std::to_string(send.retry_after_s);
  const std::string session = wire::session_headers(send.times);
  const bool theirs = send.times.refresher == usage::SessionTimes::Refresher::uac;
  const bool allow =
      send.status == 405 || send.capabilities || (send.status < 300 && !send.contact.empty());
  const bool refers = agent_.above_->lines[line].settings.follow_refers;
  tagi_t tags[] = {
      {TAG_IF(send.no_subscription, SIPTAG_HEADER_STR("Refer-Sub: false"))},
      {TAG_IF(!send.contact.empty(), SIPTAG_CONTACT_STR(send.contact.c_str()))},
      {TAG_IF(allow, SIPTAG_ALLOW_STR(wire::allow(refers)))},
      {TAG_IF(send.capabilities, SIPTAG_HEADER_STR(wire::kAccept))},
      {TAG_IF(send.capabilities, SIPTAG_SUPPORTED_STR(wire::kSupported))},
      {TAG_IF(send.status == 488, SIPTAG_HEADER_STR(wire::kNoAudio))},
      {TAG_IF(!send.reason.empty(), SIPTAG_REASON_STR(send.reason.c_str()))},
      {TAG_IF(!send.user_to_user.empty(), SIPTAG_HEADER_STR(uui.c_str()))},
      {TAG_IF(send.retry_after_s != 0, SIPTAG_RETRY_AFTER_STR(retry.c_str()))},
      {TAG_IF(!session.empty(), SIPTAG_HEADER_STR(session.c_str()))},
      {TAG_IF(theirs, SIPTAG_REQUIRE_STR("timer"))},
      {TAG_IF(!send.body.empty(), SIPTAG_CONTENT_TYPE_STR("application/sdp"))},
      {TAG_IF(!send.body.empty(), SIPTAG_PAYLOAD_STR(send.body.c_str()))},
      {TAG_END()},
  };
  const Agent::Current& current = agent_.current_;
  if (current.msg != nullptr && current.dialog == id_ && send.server == current.id) {
    nta_msg_treply(agent_.agent_, msg_ref_create(current.msg), send.status, phrase, TAG_NEXT(tags));
    return;
  }
  const auto server = find_in(servers_, send.server);
  if (server == servers_.end()) return;
  if (!send.again) {
    nta_incoming_treply((*server)->irq, send.status, phrase, TAG_NEXT(tags));
    return;
  }
  // Once more, without the transaction, which may be over before the ACK comes (RFC 3261 13.3.1.4
  // gives this repetition to us).
  const Dialog* dialog = agent_.above_->dialogs.find(id_);
  if (dialog == nullptr) return;
  msg_t* request = nta_incoming_getrequest((*server)->irq);
  if (request == nullptr) return;
  su_home_t home[1] = {SU_HOME_INIT(home)};
  nta_msg_treply(agent_.agent_, request, send.status, phrase,
                 SIPTAG_TO(tagged_to(home, request, dialog->usage().local_tag())), TAG_NEXT(tags));
  su_home_deinit(home);
}

/// An INVITE of the earlier process has no transaction here: it is answered from its text.
void Agent::answer_orphan(const DialogId& id, const usage::SendResponse& send) {
  if (current_.msg != nullptr && current_.dialog == id && send.server == current_.id) {
    nta_msg_treply(agent_, msg_ref_create(current_.msg), send.status, nullptr, TAG_END());
    return;
  }
  const Dialog* dialog = above_->dialogs.find(id);
  msg_t* request = dialog != nullptr ? wire::request_of(dialog->invite) : nullptr;
  if (request == nullptr) return;
  su_home_t home[1] = {SU_HOME_INIT(home)};
  nta_msg_treply(agent_, request, send.status, sip_status_phrase(send.status),
                 SIPTAG_TO(tagged_to(home, request, dialog->usage().local_tag())),
                 TAG_IF(!send.reason.empty(), SIPTAG_REASON_STR(send.reason.c_str())), TAG_END());
  su_home_deinit(home);
}

void SofiaLink::forget(const usage::Forget& forget) {
  const auto forget_in = [&](auto& transactions) {
    const auto it = find_in(transactions, forget.transaction);
    if (it == transactions.end()) return;
    agent_.retire(std::move(*it));
    transactions.erase(it);
  };
  if (forget.server) {
    forget_in(servers_);
  } else {
    forget_in(clients_);
  }
}

ServerTransaction* SofiaLink::add_server(msg_s* msg, sip_s* sip) {
  // RFC 3261 18.2.2: when the connection is lost, the answer goes to the port that the Via names,
  // and not to the one that the lost connection came from, where nobody listens. The parameter
  // stays in the answer.
  if (transport_of(sip) != Transport::udp) sip->sip_via->v_rport = nullptr;
  auto transaction = std::make_unique<ServerTransaction>(agent_, next_server());
  transaction->dialog = id_;
  transaction->irq =
      nta_incoming_create(agent_.agent_, nullptr, msg_ref_create(msg), sip, TAG_END());
  if (transaction->irq == nullptr) return nullptr;
  transaction->booked = agent_.around_.ledger[Resource::transactions].book();
  nta_incoming_bind(transaction->irq, ack_or_cancel_callback, transaction.get());
  servers_.push_back(std::move(transaction));
  return servers_.back().get();
}

// ---- registrations

void Agent::send(provider::LineNumber line, const Registration::SendRegister& send) {
  forget(line);
  auto transaction = std::make_unique<ClientTransaction>(*this, send.transaction);
  transaction->line = line;
  msg_t* msg = wire::build(agent_, send.request, {around_.config.user_agent, send.expires_s, true});
  const std::string hop = next_hop(send.request, false);  // by the line's transport already
  if (msg != nullptr) {  // the configuration was checked; the response limit runs anyway
    transaction->orq =
        nta_outgoing_mcreate(agent_, response_callback, transaction.get(), url(hop), msg,
                             NTATAG_BRANCH_KEY(branch_of(send.request).c_str()), TAG_END());
    if (transaction->orq == nullptr) msg_destroy(msg);
  }
  registrations_[line] = std::move(transaction);
}

void Agent::forget(provider::LineNumber line) {
  const auto found = registrations_.find(line);
  if (found == registrations_.end()) return;
  retire(std::move(found->second));
  registrations_.erase(found);
}

}  // namespace switchhook::sip::net
