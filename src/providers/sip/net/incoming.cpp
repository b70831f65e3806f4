// SPDX-License-Identifier: Apache-2.0
// What comes from sofia-sip: requests and responses, told apart by the dialog that they belong to.
#include "providers/sip/net/agent.hpp"

#define NTA_AGENT_MAGIC_T switchhook::sip::net::Agent
#define NTA_OUTGOING_MAGIC_T switchhook::sip::net::ClientTransaction
#define NTA_INCOMING_MAGIC_T switchhook::sip::net::ServerTransaction
#include <sofia-sip/msg.h>
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
#include <cstring>

#include "base/limits.hpp"
#include "providers/sip/call/mapping.hpp"
#include "providers/sip/dialog/digest.hpp"
#include "providers/sip/net/transport_log.hpp"
#include "providers/sip/net/wire.hpp"
#include "providers/sip/orphans/orphans.hpp"

namespace switchhook::sip::net {

namespace {

/// Words for a request that could not be sent.
std::string not_reachable(const ClientTransaction& transaction, const sip_s* sip) {
  const std::string complaint = transport_log::take_complaint();
  if (!complaint.empty()) return complaint;
  if (sip == nullptr || sip->sip_status == nullptr || sip->sip_status->st_phrase == nullptr ||
      std::strcmp(sip->sip_status->st_phrase, "DNS Error") != 0)
    return "not reachable";
  const url_t* route = nta_outgoing_route_uri(transaction.orq);
  if (route == nullptr) route = nta_outgoing_request_uri(transaction.orq);
  const char* host = route != nullptr ? route->url_host : nullptr;
  if (host == nullptr) return "the name is not known";
  return "no address for the name " + std::string(host).substr(0, limits::kNameBytes);
}

bool has_timers(const Line& line) {
  return line.settings.session_expires.count() != 0;
}

bool accepted_from(const Line& line, msg_s* msg) {
  const std::vector<std::string>& allowed = line.config.accept_from;
  return allowed.empty() ||
         std::find(allowed.begin(), allowed.end(), source_of(msg)) != allowed.end();
}

/// Who calls whom, and from where.
Invite invite_of(msg_s* msg, const sip_s* sip) {
  const wire::Address from = wire::from_of(sip), to = wire::to_of(sip);
  Invite invite;
  invite.call_id = wire::call_id_of(sip);
  invite.from = {from.uri, from.display};
  invite.to = {to.uri, to.display};
  invite.source = source_of(msg);
  return invite;
}

}  // namespace

std::string source_of(msg_s* msg) {
  const su_sockaddr_t* from = msg_addr(msg);
  std::array<char, 64> text{};
  const bool good = from != nullptr && su_inet_ntop(from->su_family, SU_ADDR(from), text.data(),
                                                    text.size()) != nullptr;
  return good ? text.data() : "";
}

Transport transport_of(const sip_s* sip) {
  const std::string protocol = wire::top_via_protocol(sip);
  if (protocol == "TLS") return Transport::tls;
  return protocol == "TCP" ? Transport::tcp : Transport::udp;
}

SofiaLink* Agent::link_of(const DialogId& id) {
  const Dialog* dialog = above_->dialogs.find(id);
  return dialog != nullptr ? &static_cast<SofiaLink&>(dialog->link()) : nullptr;
}

/// Everything that belongs to no transaction. Owns `msg`.
int Agent::on_message(msg_s* msg, sip_s* sip) {
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

// ---- responses

void Agent::on_stray_response(msg_s* msg, sip_s* sip) {
  if (sip->sip_status == nullptr || sip->sip_cseq == nullptr ||
      sip->sip_cseq->cs_method != sip_method_invite)
    return;
  const int status = sip->sip_status->st_status;
  if (status >= 200 && status < 300) on_late_answer(msg, sip);
  if (status >= 300)
    above_->dialogs.feed(above_->dialogs.find(wire::from_of(sip).tag, wire::call_id_of(sip)),
                         wire::response_in(sip, 0));
}

void Agent::on_late_answer(msg_s* msg, sip_s* sip) {
  const std::string call_id = wire::call_id_of(sip);
  const wire::Address from = wire::from_of(sip), to = wire::to_of(sip);
  Dialogs& dialogs = above_->dialogs;
  if (const DialogId id = dialogs.find(from.tag, call_id))
    return dialogs.feed(id, wire::response_in(sip, 0));
  switch (dialogs.tombstones.answered(call_id, from.tag, to.tag, dialogs.since_epoch())) {
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
  ack.from = name_addr(from.uri, from.display) + ";tag=" + from.tag;
  ack.to = name_addr(to.uri, to.display) + ";tag=" + to.tag;
  ack.cseq = response.cseq;
  ack.routes.assign(response.record_routes.rbegin(), response.record_routes.rend());
  if (msg_t* built = wire::build(agent_, ack, {})) nta_msg_tsend(agent_, built, nullptr, TAG_END());
}

int Agent::on_response(ClientTransaction& transaction, const sip_s* sip) {
  const bool internal = sip == nullptr || nta_sip_is_internal(sip) != 0;
  if (transaction.retired) {
    if (internal) return 0;
    if (msg_t* msg = nta_outgoing_getresponse(transaction.orq)) {
      on_stray_response(msg, sip_object(msg));
      msg_destroy(msg);
    }
    return 0;
  }
  // The transaction may be gone when it was fed: its values are taken first.
  const DialogId dialog = transaction.dialog;
  const provider::LineNumber line = transaction.line;
  const usage::TransactionId id = transaction.id;
  const bool silence = nta_outgoing_status(transaction.orq) == 408;
  if (!dialog) {
    if (internal) {
      above_->lines.run(line, Registration::NoResponse{
                                  id, silence ? "no response" : not_reachable(transaction, sip)});
    } else if (sip->sip_status != nullptr) {
      if (sip->sip_status->st_status >= 200 && sip->sip_status->st_status < 300)
        note_flow(transaction, sip);
      if (msg_t* msg = nta_outgoing_getresponse(transaction.orq)) {
        above_->lines[line].server = source_of(msg);
        msg_destroy(msg);
      }
      above_->lines.run(line, wire::register_response_in(sip, id, above_->lines[line].contact));
    }
  } else if (internal) {
    if (silence) {
      above_->dialogs.feed(dialog, usage::TransactionTimeout{id, false});
    } else {
      above_->dialogs.feed(dialog, usage::TransportError{id, not_reachable(transaction, sip)});
    }
  } else if (sip->sip_status != nullptr && sip->sip_cseq != nullptr && sip->sip_to != nullptr) {
    if (SofiaLink* link = link_of(dialog); link != nullptr) {
      msg_t* msg = nta_outgoing_getresponse(transaction.orq);
      if (link->source.empty()) link->source = source_of(msg);
      link->note_connection(msg, sip);
      msg_destroy(msg);
    }
    above_->dialogs.feed(dialog, wire::response_in(sip, id));
  }
  return 0;
}

// ---- requests

/// Without state. The same request, come again, gets the same tag (RFC 3261 8.2.7). By UDP, where
/// anybody may write any address as the sender's, the answer is never larger than what came: it
/// goes without its further header, or not at all. A request to one of our lines gets all of it.
void Agent::refuse(msg_s* msg, int status, const char* phrase, const char* header, Asked asked) {
  std::string words = wire::phrase_of(status, phrase != nullptr ? phrase : "");
  const sip_t* sip = sip_object(msg);
  const std::string names = wire::call_id_of(sip) + "\n" + wire::from_of(sip).tag + "\n" +
                            std::to_string(sip->sip_cseq->cs_seq);
  const std::string tag =
      digest::hash_hex(digest::Algorithm::sha256, std::to_string(secret_) + names).substr(0, 8);
  if (transport_of(sip) == Transport::udp && asked == Asked::nobody) {
    const std::size_t came = msg_size(msg);
    std::size_t bare = wire::answer_bytes(sip, words, tag);
    if (bare > came) {
      bare -= words.size();
      words.clear();  // a reason phrase may be empty (RFC 3261 section 25.1)
    }
    if (bare > came) return;
    if (header != nullptr && bare + std::strlen(header) + 2 > came) header = nullptr;
  }
  su_home_t home[1] = {SU_HOME_INIT(home)};
  sip_to_t* to = sip_to_dup(home, sip->sip_to);
  if (to != nullptr && to->a_tag == nullptr) sip_to_tag(home, to, tag.c_str());
  nta_msg_treply(agent_, msg_ref_create(msg), status, words.c_str(),
                 TAG_IF(to != nullptr, SIPTAG_TO(to)),
                 TAG_IF(header != nullptr, SIPTAG_HEADER_STR(header)), TAG_END());
  su_home_deinit(home);
}

/// RFC 3261 8.2.2.3: 420 to what requires an extension that we do not have.
bool Agent::refuse_extensions(msg_s* msg, const sip_s* sip, bool timers) {
  const std::string extensions = wire::required(sip, timers);
  if (extensions.empty()) return false;
  refuse(msg, 420, nullptr, ("Unsupported: " + extensions).c_str());
  return true;
}

void Agent::on_request(msg_s* msg, sip_s* sip) {
  const Method method = wire::method_of(sip);
  const std::string to_tag = wire::to_of(sip).tag;
  // RFC 3891 section 3. It must not be taken for a call of its own, nor for one to pick up. A BYE
  // is believed all the same: whoever sent it has gone.
  if (const std::optional<wire::Replaces> replaces = wire::replaces_of(sip);
      replaces && method != Method::ack && (method != Method::bye || to_tag.empty()) &&
      (replaces->malformed || method != Method::invite)) {
    if (method == Method::invite && to_tag.empty())
      above_->calls.note_refused(invite_of(msg, sip), RefusalReason::not_understood, 400);
    return refuse(msg, 400, "Bad Replaces");
  }
  if (!to_tag.empty()) {
    const std::string call_id = wire::call_id_of(sip);
    const DialogId id = above_->dialogs.find(to_tag, call_id);
    if (const Dialog* dialog = above_->dialogs.find(id); dialog != nullptr) {
      const std::string& theirs = dialog->usage().remote_tag();
      if (theirs.empty() || theirs == wire::from_of(sip).tag)
        return on_dialog_request(msg, sip, id, static_cast<SofiaLink&>(dialog->link()));
    }
    if (method == Method::ack) return;
    // A BYE that is repeated or late, after both sides have ended the dialog, is answered 200.
    if (method == Method::bye && above_->dialogs.tombstones.knows(call_id, to_tag))
      return refuse(msg, 200, nullptr);
    return refuse(msg, 481, nullptr);
  }
  if (method != Method::ack && !wire::known_scheme(sip)) {
    if (method == Method::invite)
      above_->calls.note_refused(invite_of(msg, sip), RefusalReason::not_understood, 416);
    return refuse(msg, 416, nullptr);
  }
  switch (method) {
    case Method::ack:
      return;
    case Method::invite:
      return on_initial_invite(msg, sip);
    case Method::bye:
    case Method::cancel:
      return refuse(msg, 481, nullptr);
    case Method::options: {
      const std::string user = wire::request_user(sip);
      if (!user.empty() && !above_->lines.called({user})) return refuse(msg, 404, nullptr);
      if (refuse_extensions(msg, sip, true)) return;
      return refuse(msg, 200, nullptr,
                    (std::string("Allow: ") + wire::allow() + "\r\n" + wire::kAccept +
                     "\r\nSupported: " + wire::kSupported)
                        .c_str(),
                    user.empty() ? Asked::nobody : Asked::line);
    }
    case Method::notify:
      return refuse(msg, 481, nullptr);  // RFC 6665 4.1.3: of no subscription of ours
    case Method::registration:
    case Method::refer:
    case Method::other:
      if (sip->sip_request->rq_method == sip_method_unknown) return refuse(msg, 501, nullptr);
      return refuse(msg, 405, nullptr, (std::string("Allow: ") + wire::allow()).c_str());
  }
}

/// Refuses without keeping anything but the count, or makes a call of it.
void Agent::on_initial_invite(msg_s* msg, sip_s* sip) {
  Invite invite = invite_of(msg, sip);
  const auto no = [&](RefusalReason reason, int status, const char* phrase = nullptr,
                      const char* header = nullptr) {
    above_->calls.note_refused(invite, reason, status);
    if (status != 420) refuse(msg, status, phrase, header);  // that is answered already
  };
  constexpr auto kNotUnderstood = RefusalReason::not_understood;
  const std::optional<provider::LineNumber> number = above_->lines.called(wire::called_users(sip));
  if (!number) return no(RefusalReason::unknown_user, 404);
  const Line& line = above_->lines[*number];
  invite.line = *number;
  if (!accepted_from(line, msg)) return no(RefusalReason::source, 403);
  if (above_->orphans.was_offered_before(invite.call_id, wire::from_of(sip).tag))
    return no(RefusalReason::not_taken, 480);
  if (!above_->lines.takes_calls(*number))  // answered like an offered call that finds no owner
    return no(
        RefusalReason::nobody, 480, nullptr,
        ("Reason: " + mapping::drop_of(provider::DropWhy::no_owner, 480, false).reason).c_str());
  if (refuse_extensions(msg, sip, has_timers(line))) return no(kNotUnderstood, 420);
  if (line.settings.too_short(wire::times_of(sip)))
    return no(kNotUnderstood, 422, nullptr,
              ("Min-SE: " + std::to_string(line.settings.min_se.count())).c_str());
  if (wire::foreign_body(sip)) return no(kNotUnderstood, 415, nullptr, wire::kAccept);
  if (!wire::accepts_sdp(sip)) return no(kNotUnderstood, 406);
  if (const std::optional<wire::Replaces> replaces = wire::replaces_of(sip))
    invite.replaces = *replaces;
  invite.request = wire::request_in(sip, 1);
  if (const Calls::Refused why = above_->calls.refuses(invite); why.status != 0)
    return no(why.reason, why.status, why.phrase, why.status == 488 ? wire::kNoAudio : why.header);
  invite.parties = wire::parties_of(sip, Lines::trusts(line, source_of(msg)), line.config.name);
  invite.transport = transport_of(sip);
  invite.head = wire::head_of(sip);
  const bool offered = above_->calls.offer(std::move(invite), [&](Dialog& dialog) {
    auto& link = static_cast<SofiaLink&>(dialog.link());
    link.source = source_of(msg);
    link.secure = transport_of(sip) == Transport::tls;
    link.note_connection(msg, sip);
    const ServerTransaction* transaction = link.add_server(msg, sip);
    if (transaction == nullptr) return usage::TransactionId{0};
    dialog.count_transaction();
    nta_incoming_tag(transaction->irq, dialog.usage().local_tag().c_str());
    if (!line.config.ring_on_offer)
      nta_incoming_treply(transaction->irq, SIP_100_TRYING, TAG_END());
    return transaction->id;
  });
  if (offered) return;
  above_->calls.note_refused(invite_of(msg, sip), RefusalReason::not_taken, 500);
  refuse(msg, 500, nullptr);
}

void Agent::on_dialog_request(msg_s* msg, sip_s* sip, const DialogId& id, SofiaLink& link) {
  const Line& line = above_->lines[link.line];
  const Method method = wire::method_of(sip);
  if (line.config.strict_source && source_of(msg) != link.source) {
    if (method != Method::ack) refuse(msg, 403, nullptr);
    return;
  }
  link.note_connection(msg, sip);
  if ((method == Method::invite || method == Method::options || method == Method::notify ||
       (method == Method::refer && line.settings.follow_refers)) &&
      refuse_extensions(msg, sip, has_timers(line)))
    return;
  if (method == Method::invite) {
    const ServerTransaction* transaction = link.add_server(msg, sip);
    if (transaction == nullptr) return refuse(msg, 500, nullptr);
    above_->dialogs.find(id)->count_transaction();
    return above_->dialogs.feed(id, wire::request_in(sip, transaction->id));
  }
  current_ = {msg, id, link.next_server()};
  above_->dialogs.feed(id, wire::request_in(sip, current_.id));
  current_ = {};
}

int Agent::on_ack_or_cancel(ServerTransaction& transaction, const sip_s* sip) {
  if (transaction.retired) return 0;
  const DialogId dialog = transaction.dialog;
  const usage::TransactionId id = transaction.id;
  if (sip == nullptr) {
    above_->dialogs.feed(dialog, usage::TransactionTimeout{id, true});
  } else if (sip->sip_request != nullptr) {
    if (wire::method_of(sip) == Method::ack) {
      above_->dialogs.feed(dialog, usage::FailureAcknowledged{id});
    } else if (wire::method_of(sip) == Method::cancel) {
      above_->dialogs.feed(dialog, wire::request_in(sip, id));
    }
  }
  return 0;
}

}  // namespace switchhook::sip::net
