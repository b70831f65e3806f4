// SPDX-License-Identifier: Apache-2.0
#include "tests/sip_races/support/peer.hpp"

#include <algorithm>

namespace switchhook::sip::races {

Peer::Peer(Clock& clock, Wire& wire, int side, LayerOptions layer, std::string its_tag)
    : tag(std::move(its_tag)),
      clock_(clock),
      options_(layer),
      layer_(clock, wire, side, layer,
             {.request =
                  [this](const Message& request) {
                    inbox_.push_back(request);
                    if (request.method == Method::ack) {
                      if (on_ack) on_ack(request);
                    } else if (request.method == Method::invite && request.to_tag.empty()) {
                      remote_tag = request.from_tag;
                      call_id = request.call_id;
                      if (on_invite) on_invite(request);
                    } else if (on_request) {
                      on_request(request);
                    } else {
                      respond(request, 200);
                    }
                  },
              .response =
                  [this](auto, const Message& response) {
                    inbox_.push_back(response);
                    if (!response.to_tag.empty() && response.status < 300)
                      remote_tag = response.to_tag;
                    if (on_response) {
                      on_response(response);
                    } else if (response.success() && response.method == Method::invite) {
                      ack(response);
                    }
                  },
              .timeout = [](auto) {},
              .unreachable = [](auto) {},
              .cancelled =
                  [this](const Message& invite, const Message& cancel) {
                    inbox_.push_back(cancel);
                    if (on_cancel) {
                      on_cancel(invite, cancel);
                    } else {
                      respond(invite, 487);
                    }
                  },
              .failure_acknowledged = [](const Message&) {},
              .failure_timeout = [](const Message&) {}}) {}

Transactions::Client Peer::send(Method method, const std::string& body, const std::string& token) {
  Message request;
  request.method = method;
  request.token = token;
  request.uri = "sip:phone@192.0.2.1";
  request.call_id = call_id;
  request.from_tag = tag;
  request.to_tag = remote_tag;
  request.cseq = ++cseq;
  request.body = body;
  if (method == Method::invite) request.contact = "sip:peer@192.0.2.9";
  return layer_.start(std::move(request));
}

Transactions::Client Peer::invite(const std::string& body) {
  return send(Method::invite, body);
}

void Peer::ack(const Message& response, const std::string& body) {
  Message ack;
  ack.method = Method::ack;
  ack.uri = "sip:phone@192.0.2.1";
  ack.call_id = response.call_id;
  ack.from_tag = response.from_tag;
  ack.to_tag = response.to_tag;
  ack.cseq = response.cseq;
  ack.body = body;
  layer_.send(std::move(ack));
}

void Peer::respond(const Message& request, std::uint16_t status, const std::string& body,
                   const std::string& its_tag) {
  Message response = response_to(request, status, its_tag.empty() ? tag : its_tag);
  response.body = body;
  if (request.method == Method::invite && status < 300) response.contact = "sip:peer@192.0.2.9";
  layer_.respond(request, std::move(response));
}

void Peer::answer(const Message& invite, const std::string& body, const std::string& its_tag) {
  // One final response to an INVITE, unless it forked.
  if (its_tag.empty() && !layer_.open(invite)) return;
  Message response = response_to(invite, 200, its_tag.empty() ? tag : its_tag);
  response.body = body;
  response.contact = "sip:peer@192.0.2.9";
  if (layer_.open(invite)) {
    layer_.respond(invite, response);
  } else {
    layer_.send(response);
  }
  repeat(invite, response, options_.t1, clock_.now() + 64 * options_.t1);
}

void Peer::repeat(const Message& invite, const Message& response, milliseconds interval,
                  milliseconds until) {
  clock_.after(interval, [this, invite, response, interval, until] {
    if (acknowledged(invite.cseq, response.to_tag) || clock_.now() > until) return;
    // An end of the dialog makes an end of its repetition too.
    for (const Message& message : inbox_)
      if (message.request && message.method == Method::bye && message.to_tag == response.to_tag)
        return;
    layer_.send(response);
    repeat(invite, response, std::min(2 * interval, options_.t2), until);
  });
}

std::size_t Peer::received(Method method) const {
  return static_cast<std::size_t>(std::count_if(
      inbox_.begin(), inbox_.end(),
      [&](const Message& message) { return message.request && message.method == method; }));
}

bool Peer::acknowledged(std::uint32_t number, const std::string& its_tag) const {
  return std::any_of(inbox_.begin(), inbox_.end(), [&](const Message& message) {
    return message.request && message.method == Method::ack && message.cseq == number &&
           (its_tag.empty() || message.to_tag == its_tag);
  });
}

}  // namespace switchhook::sip::races
