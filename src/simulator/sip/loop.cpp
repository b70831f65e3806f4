// SPDX-License-Identifier: Apache-2.0
// Functions of sofia-sip's names, linked instead of the library's: those that would wait, read the
// clock, open sockets or keep transactions. docs/simulation.md lists them.
#include "simulator/sip/loop.hpp"

#include "providers/sip/net/agent.hpp"
#include "providers/sip/net/wire.hpp"

// As the shell has them: its callbacks are called by these very types.
#define NTA_AGENT_MAGIC_T switchhook::sip::net::Agent
#define NTA_OUTGOING_MAGIC_T switchhook::sip::net::ClientTransaction
#define NTA_INCOMING_MAGIC_T switchhook::sip::net::ServerTransaction
#include <arpa/inet.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_types.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_stateless.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_tagarg.h>
#include <sofia-sip/su_wait.h>
#include <sofia-sip/url.h>

#include <map>
#include <memory>
#include <string>

#include "simulator/sip/transactions.hpp"

using switchhook::simulator::Loop;
using switchhook::sip::Method;
using switchhook::sip::races::Clock;
using switchhook::sip::races::LayerOptions;
using switchhook::sip::races::Link;
using switchhook::sip::races::Message;
using switchhook::sip::races::Transactions;

namespace {

constexpr const char* kPort = ":5060";

/// A message of sofia-sip's that is given back.
struct MessageDeleter {
  void operator()(msg_t* msg) const { msg_destroy(msg); }
};
using MessagePtr = std::unique_ptr<msg_t, MessageDeleter>;

Loop& loop_of(const void* root) {
  return *static_cast<Loop*>(const_cast<void*>(root));
}

std::string string_of(const char* text) {
  return text != nullptr ? text : "";
}

MessagePtr parse(const std::string& text) {
  MessagePtr msg(msg_make(sip_default_mclass(), 0, text.data(), static_cast<ssize_t>(text.size())));
  const sip_t* sip = msg ? sip_object(msg.get()) : nullptr;
  if (sip == nullptr || sip->sip_error != nullptr || sip_sanity_check(sip) < 0) return {};
  return msg;
}

std::string text_of(msg_t* msg) {
  if (sip_complete_message(msg) < 0) return {};
  if (msg_serialize(msg, reinterpret_cast<msg_pub_t*>(sip_object(msg))) < 0) return {};
  std::size_t size = 0;
  const char* text = msg_as_string(msg_home(msg), msg, nullptr, 0, &size);
  return text != nullptr ? std::string(text, size) : std::string();
}

/// What the transaction layer looks at.
Message fields_of(const sip_t* sip) {
  Message message;
  message.request = sip->sip_request != nullptr;
  message.method = switchhook::sip::wire::cseq_method_of(sip);
  message.token = string_of(sip->sip_cseq->cs_method_name);
  if (!message.request) message.status = static_cast<std::uint16_t>(sip->sip_status->st_status);
  message.call_id = string_of(sip->sip_call_id->i_id);
  message.from_tag = string_of(sip->sip_from->a_tag);
  message.to_tag = string_of(sip->sip_to->a_tag);
  message.cseq = sip->sip_cseq->cs_seq;
  if (sip->sip_via != nullptr) message.branch = string_of(sip->sip_via->v_branch);
  return message;
}

Message message_of(msg_t* msg) {
  Message message = fields_of(sip_object(msg));
  message.text = std::make_shared<const std::string>(text_of(msg));
  return message;
}

template <typename Header>
std::string line(su_home_t* home, const char* name, const Header* header) {
  if (header == nullptr) return {};
  const char* value = sip_header_as_string(home, reinterpret_cast<const sip_header_t*>(header));
  return std::string(name) + ": " + string_of(value) + "\r\n";
}

/// A message that the transaction layer made: ACK of a failure, CANCEL, 100, the answer to CANCEL.
std::string compose(const Message& message) {
  const MessagePtr origin = parse(*message.origin);
  if (!origin) return {};
  const sip_t* sip = sip_object(origin.get());
  su_home_t home[1] = {SU_HOME_INIT(home)};
  std::string out;
  if (message.request) {
    char* uri = url_as_string(home, sip->sip_request->rq_url);
    out = std::string(message.method == Method::ack ? "ACK " : "CANCEL ") + string_of(uri) +
          " SIP/2.0\r\n";
    sip_via_t top = *sip->sip_via;
    top.v_next = nullptr;
    out += line(home, "Via", &top) + "Max-Forwards: 70\r\n";
    for (const sip_route_t* route = sip->sip_route; route != nullptr; route = route->r_next)
      out += line(home, "Route", route);
    if (!message.reason.empty()) out += "Reason: " + message.reason + "\r\n";
  } else {
    out = "SIP/2.0 " + std::to_string(message.status) + " " +
          string_of(sip_status_phrase(message.status)) + "\r\n";
    for (const sip_via_t* via = sip->sip_via; via != nullptr; via = via->v_next)
      out += line(home, "Via", via);
  }
  out += line(home, "From", sip->sip_from);
  std::string to = line(home, "To", sip->sip_to);
  if (sip->sip_to->a_tag == nullptr && !message.to_tag.empty())
    to.insert(to.size() - 2, ";tag=" + message.to_tag);
  out += to + line(home, "Call-ID", sip->sip_call_id) + "CSeq: " + std::to_string(message.cseq) +
         (message.method == Method::ack      ? " ACK"
          : message.method == Method::cancel ? " CANCEL"
                                             : " INVITE") +
         "\r\nContent-Length: 0\r\n\r\n";
  su_home_deinit(home);
  return out;
}

/// A response to `request` with the given fields. Null: it cannot be made.
MessagePtr reply_to(const sip_t* request, int status, const char* phrase, const tagi_t* tags,
                    const std::string& tag) {
  MessagePtr msg(msg_create(sip_default_mclass(), 0));
  sip_t* sip = sip_object(msg.get());
  su_home_t* home = msg_home(msg.get());
  if (phrase == nullptr || *phrase == '\0') phrase = sip_status_phrase(status);
  sip_status_t* words = sip_status_create(home, static_cast<unsigned>(status), phrase, nullptr);
  if (sip_add_tl(msg.get(), sip, SIPTAG_STATUS(words), SIPTAG_VIA(request->sip_via),
                 SIPTAG_FROM(request->sip_from), SIPTAG_CALL_ID(request->sip_call_id),
                 SIPTAG_CSEQ(request->sip_cseq),
                 TAG_IF(status < 300, SIPTAG_RECORD_ROUTE(request->sip_record_route)),
                 TAG_NEXT(tags)) < 0)
    return {};
  if (sip->sip_to == nullptr) sip_add_tl(msg.get(), sip, SIPTAG_TO(request->sip_to), TAG_END());
  if (sip->sip_to->a_tag == nullptr && status > 100) sip_to_tag(home, sip->sip_to, tag.c_str());
  return msg;
}

}  // namespace

struct su_timer_s {
  explicit su_timer_s(Loop& its_loop) : loop(its_loop) {}
  ~su_timer_s() { loop.clock.cancel(id); }
  su_timer_s(const su_timer_s&) = delete;
  su_timer_s& operator=(const su_timer_s&) = delete;
  Loop& loop;
  Clock::Id id = 0;
};

/// The agent is the link of its transaction layer: it gives texts to messages that have none.
struct nta_agent_s final : Link {
  nta_agent_s(Loop& its_loop, nta_message_f* its_callback, nta_agent_magic_t* its_magic,
              LayerOptions options);

  void attach(int host, std::function<void(const Message&)> receive) override {
    loop.network.attach(host, std::move(receive));
  }
  bool send(int host, const Message& message) override {
    if (loop.dead) return true;
    if (message.text) return loop.network.send(host, message);
    Message made = message;
    made.text = std::make_shared<const std::string>(compose(message));
    return made.text->empty() || loop.network.send(host, made);
  }
  bool reliable() const override { return false; }

  [[nodiscard]] std::string fresh(const char* prefix) {
    return prefix + std::to_string(loop.random.next());
  }
  void add_via(msg_t* msg, const std::string& branch) {
    const std::string via = "SIP/2.0/UDP " + loop.network.address_of(loop.host) + kPort +
                            ";branch=" + (branch.empty() ? fresh("z9hG4bK") : branch);
    sip_add_tl(msg, sip_object(msg), SIPTAG_VIA_STR(via.c_str()), TAG_END());
  }
  /// -1 = nobody that can be reached.
  [[nodiscard]] int next_hop(const url_string_t* route, const sip_t* sip) const {
    su_home_t home[1] = {SU_HOME_INIT(home)};
    const url_t* url = route != nullptr            ? url_make(home, route->us_str)
                       : sip->sip_route != nullptr ? sip->sip_route->r_url
                                                   : sip->sip_request->rq_url;
    const int host = loop.network.find(url != nullptr ? string_of(url->url_host) : "");
    su_home_deinit(home);
    return host;
  }
  [[nodiscard]] int back(const sip_t* sip) const {
    return sip->sip_via != nullptr ? loop.network.find(string_of(sip->sip_via->v_host)) : -1;
  }
  /// As it arrived, to be read by the shell.
  [[nodiscard]] MessagePtr arrived(const Message& message) const {
    MessagePtr msg = parse(*message.text);
    if (!msg) return {};
    su_sockaddr_t from{};
    from.su_sin.sin_family = AF_INET;
    inet_pton(AF_INET, loop.network.address_of(message.host).c_str(), &from.su_sin.sin_addr);
    msg_set_address(msg.get(), &from, sizeof from.su_sin);
    return msg;
  }
  void tell(const Message& message) {
    MessagePtr msg = arrived(message);
    if (!msg) return;
    sip_t* sip = sip_object(msg.get());
    msg_t* given = msg.release();
    try {
      callback(magic, this, given, sip);
    } catch (...) {  // the process died while it was at work on it
      msg_destroy(given);
      throw;
    }
  }
  [[nodiscard]] nta_incoming_t* incoming_of(const Message& invite) const {
    const auto found = incoming.find(invite.branch);
    return found == incoming.end() ? nullptr : found->second;
  }
  void on_response(Transactions::Client client, const Message& message);
  void on_failure(Transactions::Client client, int status);
  void on_incoming(const Message& invite, const std::string* text);

  Loop& loop;
  nta_message_f* callback;
  nta_agent_magic_t* magic;
  std::map<Transactions::Client, nta_outgoing_t*> outgoing;
  std::map<std::string, nta_incoming_t*> incoming;  // by branch
  Transactions layer;
};

struct nta_outgoing_s {
  nta_agent_t* agent = nullptr;
  nta_response_f* callback = nullptr;
  nta_outgoing_magic_t* magic = nullptr;
  Transactions::Client client = 0;
  int status = 0;
  MessagePtr response;
};

struct nta_incoming_s {
  nta_agent_t* agent = nullptr;
  nta_ack_cancel_f* callback = nullptr;
  nta_incoming_magic_t* magic = nullptr;
  Message message;  // the request
  MessagePtr request;
  std::string tag;
  bool final = false;
};

nta_agent_s::nta_agent_s(Loop& its_loop, nta_message_f* its_callback, nta_agent_magic_t* its_magic,
                         LayerOptions options)
    : loop(its_loop),
      callback(its_callback),
      magic(its_magic),
      layer(loop.clock, *this, loop.host, options,
            {.request = [this](const Message& message) { tell(message); },
             .response = [this](auto client, const Message& m) { on_response(client, m); },
             .timeout = [this](auto client) { on_failure(client, 408); },
             .unreachable = [this](auto client) { on_failure(client, 503); },
             .cancelled = [this](const Message& invite,
                                 const Message& cancel) { on_incoming(invite, cancel.text.get()); },
             .failure_acknowledged =
                 [this](const Message& invite) {
                   Message ack = invite;
                   ack.method = Method::ack;
                   ack.origin = invite.text;
                   const std::string text = compose(ack);
                   on_incoming(invite, &text);
                 },
             .failure_timeout = [this](const Message& invite) { on_incoming(invite, nullptr); }}) {}

void nta_agent_s::on_response(Transactions::Client client, const Message& message) {
  const auto found = outgoing.find(client);
  if (found == outgoing.end()) return tell(message);
  nta_outgoing_t* request = found->second;
  MessagePtr msg = arrived(message);
  if (!msg) return;
  request->status = message.status;
  request->response.reset(msg_ref_create(msg.get()));
  request->callback(request->magic, request, sip_object(msg.get()));
}

void nta_agent_s::on_failure(Transactions::Client client, int status) {
  const auto found = outgoing.find(client);
  if (found == outgoing.end()) return;
  found->second->status = status;
  found->second->callback(found->second->magic, found->second, nullptr);
}

void nta_agent_s::on_incoming(const Message& invite, const std::string* text) {
  nta_incoming_t* request = incoming_of(invite);
  if (request == nullptr || request->callback == nullptr) return;
  const MessagePtr msg = text != nullptr ? parse(*text) : nullptr;
  if (text != nullptr && !msg) return;
  request->callback(request->magic, request, msg ? sip_object(msg.get()) : nullptr);
}

namespace switchhook::simulator {

Loop::Loop(Clock& its_clock, Network& its_network, int its_host, Random its_random)
    : clock(its_clock), network(its_network), host(its_host), random(its_random) {}

su_root_s* Loop::root() {
  return reinterpret_cast<su_root_s*>(this);
}

int SimulatedUdpPorts::open(const std::string&, std::uint16_t port, std::uint16_t& bound) {
  ++last_;
  bound = port != 0 ? port : static_cast<std::uint16_t>(20000 + 2 * (last_ % 10000));
  open_.insert(last_);
  return last_;
}

}  // namespace switchhook::simulator

extern "C" {

// ---- the loop and its timers

_su_task_r su_root_task(su_root_t const* root) {
  return reinterpret_cast<_su_task_r>(root);
}

int su_root_add_prepoll(su_root_t* root, su_prepoll_f* callback, su_prepoll_magic_t* magic) {
  loop_of(root).before_poll = [root, callback, magic] { callback(magic, root); };
  return 0;
}

int su_root_remove_prepoll(su_root_t* root) {
  loop_of(root).before_poll = {};
  return 0;
}

su_timer_t* su_timer_create(su_task_r const task, su_duration_t) {
  return std::make_unique<su_timer_s>(loop_of(task)).release();
}

void su_timer_destroy(su_timer_t* timer) {
  std::unique_ptr<su_timer_s>(timer).reset();
}

int su_timer_set_interval(su_timer_t* timer, su_timer_f callback, su_timer_arg_t* arg,
                          su_duration_t interval) {
  Clock& clock = timer->loop.clock;
  clock.cancel(timer->id);
  timer->id = clock.after(std::chrono::milliseconds(interval), [timer, callback, arg] {
    timer->id = 0;
    callback(nullptr, timer, arg);
  });
  return 0;
}

// ---- the agent

nta_agent_t* nta_agent_create(su_root_t* root, url_string_t const*, nta_message_f* callback,
                              nta_agent_magic_t* magic, tag_type_t tag, tag_value_t value, ...) {
  unsigned t1 = 500, t1x64 = 64 * 500;
  ta_list ta;
  ta_start(ta, tag, value);
  tl_gets(ta_args(ta), NTATAG_SIP_T1_REF(t1), NTATAG_SIP_T1X64_REF(t1x64), TAG_END());
  ta_end(ta);
  LayerOptions options;
  options.t1 = std::chrono::milliseconds(t1);
  options.limit = static_cast<int>(t1x64 / t1);
  options.stateless = options.adopts = true;
  return std::make_unique<nta_agent_s>(loop_of(root), callback, magic, options).release();
}

void nta_agent_destroy(nta_agent_t* agent) {
  std::unique_ptr<nta_agent_s>(agent).reset();
}

int nta_agent_add_tport(nta_agent_t*, url_string_t const*, tag_type_t, tag_value_t, ...) {
  return 0;
}

tport_t* nta_incoming_transport(nta_agent_t*, nta_incoming_t*, msg_t*) {
  return nullptr;
}

msg_t* nta_msg_create(nta_agent_t*, int flags) {
  return msg_create(sip_default_mclass(), flags);
}

int nta_sip_is_internal(sip_t const* sip) {
  return sip == nullptr ? 1 : 0;
}

// ---- without a transaction

int nta_msg_treply(nta_agent_t* agent, msg_t* msg, int status, char const* phrase, tag_type_t tag,
                   tag_value_t value, ...) {
  const MessagePtr request(msg);
  const sip_t* sip = sip_object(msg);
  ta_list ta;
  ta_start(ta, tag, value);
  const MessagePtr reply = reply_to(sip, status, phrase, ta_args(ta), agent->fresh("t"));
  ta_end(ta);
  if (!reply) return -1;
  Message message = message_of(reply.get());
  message.host = agent->back(sip);
  agent->layer.send(std::move(message));
  return 0;
}

int nta_msg_tsend(nta_agent_t* agent, msg_t* msg, url_string_t const* route, tag_type_t tag,
                  tag_value_t value, ...) {
  const MessagePtr request(msg);
  const char* branch = nullptr;
  ta_list ta;
  ta_start(ta, tag, value);
  tl_gets(ta_args(ta), NTATAG_BRANCH_KEY_REF(branch), TAG_END());
  agent->add_via(msg, string_of(branch));
  ta_end(ta);
  Message message = message_of(msg);
  message.host = agent->next_hop(route, sip_object(msg));
  agent->layer.send(std::move(message));
  return 0;
}

int nta_msg_ackbye(nta_agent_t* agent, msg_t* msg) {
  const MessagePtr response(msg);
  const sip_t* sip = sip_object(msg);
  if (sip->sip_contact == nullptr) return -1;
  su_home_t home[1] = {SU_HOME_INIT(home)};
  std::string routes;  // reversed
  for (const sip_record_route_t* r = sip->sip_record_route; r != nullptr; r = r->r_next)
    routes = line(home, "Route", r) + routes;
  const std::string uri = string_of(url_as_string(home, sip->sip_contact->m_url));
  const auto send = [&](const char* method, std::uint32_t cseq, bool transaction) {
    const MessagePtr request = parse(
        std::string(method) + " " + uri + " SIP/2.0\r\n" + "Max-Forwards: 70\r\nVia: " +
        "SIP/2.0/UDP " + agent->loop.network.address_of(agent->loop.host) + kPort +
        ";branch=" + agent->fresh("z9hG4bK") + "\r\n" + routes + line(home, "From", sip->sip_from) +
        line(home, "To", sip->sip_to) + line(home, "Call-ID", sip->sip_call_id) +
        "CSeq: " + std::to_string(cseq) + " " + method + "\r\nContent-Length: 0\r\n\r\n");
    if (!request) return;
    Message message = message_of(request.get());
    message.host = agent->next_hop(nullptr, sip_object(request.get()));
    if (transaction)
      agent->layer.forget(agent->layer.start(std::move(message)));
    else
      agent->layer.send(std::move(message));
  };
  send("ACK", sip->sip_cseq->cs_seq, false);
  send("BYE", sip->sip_cseq->cs_seq + 1, true);
  su_home_deinit(home);
  return 0;
}

// ---- requests of ours

nta_outgoing_t* nta_outgoing_mcreate(nta_agent_t* agent, nta_response_f* callback,
                                     nta_outgoing_magic_t* magic, url_string_t const* route,
                                     msg_t* msg, tag_type_t tag, tag_value_t value, ...) {
  const char* branch = nullptr;
  ta_list ta;
  ta_start(ta, tag, value);
  tl_gets(ta_args(ta), NTATAG_BRANCH_KEY_REF(branch), TAG_END());
  agent->add_via(msg, string_of(branch));
  ta_end(ta);
  Message message = message_of(msg);
  if (message.text->empty()) return nullptr;
  const MessagePtr request(msg);
  message.host = agent->next_hop(route, sip_object(msg));
  auto made = std::make_unique<nta_outgoing_s>();
  made->agent = agent;
  made->callback = callback;
  made->magic = magic;
  made->client = agent->layer.start(std::move(message));
  agent->outgoing[made->client] = made.get();
  return made.release();
}

nta_outgoing_t* nta_outgoing_tcancel(nta_outgoing_t* invite, nta_response_f* callback,
                                     nta_outgoing_magic_t* magic, tag_type_t tag, tag_value_t value,
                                     ...) {
  const char* reason = nullptr;
  ta_list ta;
  ta_start(ta, tag, value);
  tl_gets(ta_args(ta), SIPTAG_REASON_STR_REF(reason), TAG_END());
  auto made = std::make_unique<nta_outgoing_s>();
  made->agent = invite->agent;
  made->callback = callback;
  made->magic = magic;
  made->client = invite->agent->layer.cancel(invite->client, string_of(reason));
  ta_end(ta);
  if (made->client == 0) return nullptr;
  invite->agent->outgoing[made->client] = made.get();
  return made.release();
}

void nta_outgoing_destroy(nta_outgoing_t* request) {
  const std::unique_ptr<nta_outgoing_s> own(request);
  own->agent->outgoing.erase(own->client);
  own->agent->layer.forget(own->client);
}

int nta_outgoing_status(nta_outgoing_t const* request) {
  return request->status;
}

msg_t* nta_outgoing_getresponse(nta_outgoing_t* request) {
  return request->response ? msg_ref_create(request->response.get()) : nullptr;
}

// ---- requests of theirs

nta_incoming_t* nta_incoming_create(nta_agent_t* agent, nta_leg_t*, msg_t* msg, sip_t* sip,
                                    tag_type_t, tag_value_t, ...) {
  auto made = std::make_unique<nta_incoming_s>();
  made->agent = agent;
  made->request.reset(msg);
  made->message = fields_of(sip);
  made->message.text = std::make_shared<const std::string>(text_of(msg));
  made->message.host = agent->back(sip);
  made->tag = agent->fresh("t");
  agent->layer.adopt(made->message);
  agent->incoming[made->message.branch] = made.get();
  return made.release();
}

void nta_incoming_bind(nta_incoming_t* request, nta_ack_cancel_f* callback,
                       nta_incoming_magic_t* magic) {
  request->callback = callback;
  request->magic = magic;
}

char const* nta_incoming_tag(nta_incoming_t* request, char const* tag) {
  request->tag = string_of(tag);
  return request->tag.c_str();
}

int nta_incoming_treply(nta_incoming_t* request, int status, char const* phrase, tag_type_t tag,
                        tag_value_t value, ...) {
  ta_list ta;
  ta_start(ta, tag, value);
  const MessagePtr reply =
      reply_to(sip_object(request->request.get()), status, phrase, ta_args(ta), request->tag);
  ta_end(ta);
  if (!reply) return -1;
  if (status >= 200) request->final = true;
  Message message = message_of(reply.get());
  message.host = request->message.host;
  request->agent->layer.respond(request->message, std::move(message));
  return 0;
}

/// One that was not answered is answered now, as the library does it.
void nta_incoming_destroy(nta_incoming_t* request) {
  const std::unique_ptr<nta_incoming_s> own(request);
  if (!own->final) nta_incoming_treply(request, 500, nullptr, TAG_END());
  const auto found = own->agent->incoming.find(own->message.branch);
  if (found != own->agent->incoming.end() && found->second == request)
    own->agent->incoming.erase(found);
}

msg_t* nta_incoming_getrequest(nta_incoming_t* request) {
  return msg_ref_create(request->request.get());
}

}  // extern "C"
