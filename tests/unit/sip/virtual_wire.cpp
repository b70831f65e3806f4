// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/sip/virtual_wire.hpp"

#include <algorithm>

namespace switchhook::sip::usage::test {
namespace {

std::string tag_of(const std::string& header) {
  const std::size_t at = header.find(";tag=");
  return at == std::string::npos ? std::string() : header.substr(at + 5);
}

}  // namespace

std::string Packet::text() const {
  return (response ? std::to_string(status) + " " : std::string()) + to_string(method) + " (" +
         std::to_string(cseq) + ")";
}

VirtualWire::VirtualWire(Conditions conditions)
    : conditions_(std::move(conditions)), random_(conditions_.seed) {
  settings_.session_expires = conditions_.session_expires;
  for (int i = 0; i < 2; ++i) {
    Identity identity;
    identity.call_id = "virtual";
    identity.local_tag = i == 0 ? "caller" : "callee";
    identity.local = i == 0 ? "<sip:caller@x>" : "<sip:callee@x>";
    identity.remote = i == 0 ? "<sip:callee@x>" : "<sip:caller@x>";
    identity.target = i == 0 ? "sip:callee@x" : "sip:caller@x";
    identity.contact = identity.local;
    identity.entropy = conditions_.seed + static_cast<std::uint64_t>(i);
    ends_[i].usage = std::make_unique<Usage>(settings_, identity);
  }
}

VirtualWire::~VirtualWire() = default;

void VirtualWire::schedule(milliseconds after, std::function<void()> what) {
  events_.push({now_ + after, ++serial_, std::move(what)});
}

void VirtualWire::at(milliseconds after, int end, Input input) {
  schedule(after, [this, end, input = std::move(input)] { feed(end, input); });
}

bool VirtualWire::run(milliseconds limit) {
  const milliseconds until = now_ + limit;
  while (!events_.empty() && events_.top().at <= until) {
    const Event event = events_.top();
    events_.pop();
    now_ = event.at;
    event.what();
  }
  return events_.empty();
}

void VirtualWire::send(const Packet& packet) {
  ladder_ += std::to_string(now_.count()) + (packet.to == 1 ? " --> " : " <-- ") + packet.text();
  const auto percent = [&] { return static_cast<int>(random_() % 100); };
  if ((conditions_.swallow && conditions_.swallow(packet)) ||
      percent() < conditions_.lost_percent) {
    ladder_ += " lost\n";
    return;
  }
  ladder_ += '\n';
  const int copies = percent() < conditions_.doubled_percent ? 2 : 1;
  for (int i = 0; i < copies; ++i)
    schedule(milliseconds(1 + static_cast<std::int64_t>(
                                  random_() %
                                  static_cast<std::uint64_t>(conditions_.delay_longest.count()))),
             [this, packet] {
               Packet arriving = packet;
               if (conditions_.forge) conditions_.forge(arriving);
               arrive(arriving);
             });
}

void VirtualWire::arrive(const Packet& packet) {
  End& end = ends_[packet.to];
  if (packet.response) {
    arrive_response(end, packet.to, packet);
  } else {
    arrive_request(end, packet.to, packet);
  }
}

void VirtualWire::arrive_request(End& end, int index, const Packet& packet) {
  const auto known = end.servers.find(packet.branch);
  if (packet.method == Method::ack && known != end.servers.end()) {  // of a failure
    if (known->second.final && !known->second.acknowledged) {
      known->second.acknowledged = true;
      feed(index, FailureAcknowledged{known->second.id});
    }
    return;
  }
  Packet reply = packet;
  reply.to = 1 - packet.to;
  reply.response = true;
  reply.body.clear();
  reply.times = {};
  if (packet.method == Method::cancel) {
    const auto invite = end.servers.find(packet.branch);
    reply.status = invite == end.servers.end() ? 481 : 200;
    if (invite != end.servers.end() && invite->second.response &&
        invite->second.response->status / 100 == 2)
      reply.status = 481;
    send(reply);
    if (reply.status == 200 && !invite->second.final)
      feed(index, RequestIn{.server = invite->second.id,
                            .method = Method::cancel,
                            .cseq = packet.cseq,
                            .remote_tag = packet.from_tag});
    return;
  }
  if (known != end.servers.end() && packet.method != Method::ack) {  // a repetition
    if (known->second.response) send(*known->second.response);
    return;
  }
  if (end.usage->finished() && packet.method == Method::bye) {
    reply.status = 200;
    send(reply);
    return;
  }
  RequestIn in{.server = ++end.last_server,
               .method = packet.method,
               .cseq = packet.cseq,
               .remote_tag = packet.from_tag,
               .contact = index == 0 ? "sip:callee@y" : "sip:caller@y",
               .body = packet.body,
               .times = packet.times};
  if (packet.method == Method::ack) {
    end.log.ack_seen = true;
  } else {
    Server& server = end.servers[packet.branch];
    server.id = in.server;
    server.method = packet.method;
    server.request = packet;
  }
  const bool first = end.usage->state() == State::fresh;
  feed(index, in);
  if (first && packet.method == Method::invite) {
    feed(index, Ring{});
    if (answer_after_) at(*answer_after_, index, Answer{"answer", {}});
  }
}

void VirtualWire::arrive_response(End& end, int index, const Packet& packet) {
  ResponseIn in{.method = packet.method,
                .cseq = packet.cseq,
                .status = packet.status,
                .remote_tag = packet.to_tag,
                .contact = index == 0 ? "sip:callee@y" : "sip:caller@y",
                .body = packet.body,
                .times = packet.times};
  for (auto& [id, client] : end.clients) {
    if (client.branch != packet.branch || client.method != packet.method) continue;
    if (packet.status < 200) {
      if (client.final) return;
      client.provisional = true;
    } else if (packet.method == Method::invite && packet.status >= 300) {
      const bool again = client.final;
      client.final = true;
      client.ack = client.request;
      client.ack.method = Method::ack;
      client.ack.to_tag = packet.to_tag;
      client.ack.body.clear();
      send(client.ack);
      if (again) return;
    } else {
      if (client.final && packet.method != Method::invite) return;
      client.final = true;
    }
    in.transaction = client.forgotten ? 0 : id;
    if (client.forgotten && !(packet.method == Method::invite && packet.status / 100 == 2)) return;
    if (packet.method == Method::invite) end.log.provisional_seen = true;
    feed(index, in);
    return;
  }
}

void VirtualWire::feed(int index, const Input& input) {
  End& end = ends_[index];
  const State before = end.usage->state();
  Outputs out;
  static_cast<void>(end.usage->apply(input, out));
  if (before == State::terminated && end.usage->state() != State::terminated)
    end.log.wrongs.push_back("left terminated");
  for (const Output& output : out) carry_out(index, output);
}

void VirtualWire::carry_out(int index, const Output& output) {
  End& end = ends_[index];
  const auto wrong = [&](const std::string& what) { end.log.wrongs.push_back(what); };
  if (const auto* send_request = std::get_if<SendRequest>(&output)) {
    const Request& request = send_request->request;
    Packet packet{.to = 1 - index,
                  .branch = std::to_string(index) + "/" + std::to_string(send_request->transaction),
                  .method = request.method,
                  .cseq = request.cseq,
                  .to_tag = tag_of(request.to),
                  .from_tag = tag_of(request.from),
                  .body = request.body,
                  .times = request.times};
    if (end.last_cseq != 0 && request.cseq != end.last_cseq + 1) wrong("CSeq is not one higher");
    end.last_cseq = request.cseq;
    if (end.log.finished != 0) wrong("a request after Finished");
    if (request.method == Method::bye) {
      if (++end.log.byes > 1) wrong("a second BYE");
      if (index == 1 && !end.log.ack_seen &&
          now_ < end.log.ok_sent_at.value_or(milliseconds(0)) + settings_.limit())
        wrong("the callee's BYE before the ACK");
    }
    if (request.method == Method::invite) ++end.log.invites;
    end.log.sent.push_back(packet.text());
    Client& client = end.clients[send_request->transaction];
    client.branch = packet.branch;
    client.method = request.method;
    client.request = packet;
    client.interval = settings_.t1;
    send(packet);
    const TransactionId id = send_request->transaction;
    schedule(client.interval, [this, index, id] { request_again(index, id); });
  } else if (const auto* cancel = std::get_if<SendCancel>(&output)) {
    if (++end.log.cancels > 1) wrong("a second CANCEL");
    if (!end.log.provisional_seen) wrong("CANCEL before a provisional response");
    Client& client = end.clients[cancel->transaction];
    client.request = end.clients[cancel->invite].request;
    client.request.method = Method::cancel;
    client.request.body.clear();
    client.branch = client.request.branch;
    client.method = Method::cancel;
    client.interval = settings_.t1;
    end.log.sent.push_back(client.request.text());
    send(client.request);
    const TransactionId id = cancel->transaction;
    schedule(client.interval, [this, index, id] { request_again(index, id); });
  } else if (const auto* ack = std::get_if<SendAck>(&output)) {
    Packet packet{.to = 1 - index,
                  .branch = "ack" + std::to_string(++serial_),
                  .method = Method::ack,
                  .cseq = ack->request.cseq,
                  .to_tag = tag_of(ack->request.to),
                  .from_tag = tag_of(ack->request.from)};
    end.log.sent.push_back(packet.text());
    send(packet);
  } else if (const auto* respond = std::get_if<SendResponse>(&output)) {
    for (auto& [branch, server] : end.servers) {
      if (server.id != respond->server) continue;
      Packet packet = server.request;
      packet.to = 1 - index;
      packet.response = true;
      packet.status = respond->status;
      packet.body = respond->body;
      packet.times = respond->times;
      if (packet.to_tag.empty()) packet.to_tag = end.usage->local_tag();
      if (server.final && !respond->again) wrong("a second final response");
      if (respond->status >= 200) server.final = true;
      if (packet.method == Method::invite && respond->status == 200 && !respond->again)
        end.log.ok_sent_at = now_;
      server.response = packet;
      end.log.sent.push_back(packet.text());
      send(packet);
      if (packet.method == Method::invite && respond->status >= 300) {
        server.interval = settings_.t1;
        const std::string key = branch;
        const TransactionId id = server.id;
        schedule(server.interval, [this, index, key] { response_again(index, key); });
        schedule(settings_.limit() + settings_.t1, [this, index, id, key] {
          if (!ends_[index].servers[key].acknowledged) feed(index, TransactionTimeout{id, true});
        });
      }
      return;
    }
    if (respond->status >= 200) wrong("a response to nothing");
  } else if (const auto* forget = std::get_if<Forget>(&output)) {
    if (!forget->server) {
      Client& client = end.clients[forget->transaction];
      client.forgotten = true;
    }
  } else if (const auto* set = std::get_if<SetTimer>(&output)) {
    const std::uint64_t serial = ++serial_;
    end.timers[set->timer] = serial;
    const Timer timer = set->timer;
    schedule(set->after, [this, index, timer, serial] {
      End& its = ends_[index];
      const auto found = its.timers.find(timer);
      if (found == its.timers.end() || found->second != serial) return;
      its.timers.erase(found);
      feed(index, TimerDue{timer});
    });
  } else if (const auto* clear = std::get_if<ClearTimer>(&output)) {
    end.timers.erase(clear->timer);
  } else {
    if (std::holds_alternative<Disconnected>(output) && ++end.log.disconnected > 1)
      wrong("disconnected twice");
    if (end.log.finished != 0) wrong("a report after Finished");
    if (const auto* finished = std::get_if<Finished>(&output)) {
      ++end.log.finished;
      end.log.confirmation = finished->confirmation;
      if (!end.timers.empty()) wrong("a timer after Finished");
    }
    if (std::holds_alternative<Reoffered>(output)) {
      at(milliseconds(0), index, AnswerReoffer{200, "reanswer"});
    }
    end.log.reports.push_back(output);
  }
}

void VirtualWire::request_again(int index, TransactionId id) {
  Client& client = ends_[index].clients[id];
  const bool invite = client.method == Method::invite;
  if (client.final || (invite && (client.provisional || client.forgotten))) return;
  if (now_ > std::chrono::minutes(9)) return;
  if (client.forgotten && client.interval >= settings_.t2) return;  // the layer's own limit
  send(client.request);
  client.interval = invite ? 2 * client.interval : std::min(2 * client.interval, settings_.t2);
  schedule(client.interval, [this, index, id] { request_again(index, id); });
}

void VirtualWire::response_again(int index, const std::string& branch) {
  Server& server = ends_[index].servers[branch];
  if (server.acknowledged || server.interval > settings_.limit()) return;
  send(*server.response);
  server.interval = 2 * server.interval;
  schedule(server.interval, [this, index, branch] { response_again(index, branch); });
}

}  // namespace switchhook::sip::usage::test
