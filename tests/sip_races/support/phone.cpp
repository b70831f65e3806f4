// SPDX-License-Identifier: Apache-2.0
#include "tests/sip_races/support/phone.hpp"

namespace switchhook::sip::races {

namespace {

std::string tag_of(const std::string& name_addr) {
  const std::size_t at = name_addr.find(";tag=");
  return at == std::string::npos ? std::string() : name_addr.substr(at + 5);
}

}  // namespace

Phone::Phone(Clock& clock, Wire& wire, int side, LayerOptions layer, usage::Settings settings)
    : clock_(clock),
      side_(side),
      settings_(std::move(settings)),
      tombstones_(64 * settings_.t1),
      layer_(clock, wire, side, layer,
             {.request = [this](const Message& m) { on_request(m); },
              .response = [this](auto client, const Message& m) { on_response(client, m); },
              .timeout =
                  [this](auto client) {
                    static_cast<void>(run(usage::TransactionTimeout{ids_[client], false}));
                  },
              .unreachable =
                  [this](auto client) {
                    static_cast<void>(run(usage::TransportError{ids_[client], "not reachable"}));
                  },
              .cancelled =
                  [this](const Message& invite, const Message& cancel) {
                    for (const auto& [id, request] : servers_)
                      if (request.branch == invite.branch) {
                        static_cast<void>(run(request_in(cancel, id)));
                        return;
                      }
                  },
              .failure_acknowledged =
                  [this](const Message& invite) {
                    for (const auto& [id, request] : servers_)
                      if (request.branch == invite.branch) {
                        static_cast<void>(run(usage::FailureAcknowledged{id}));
                        return;
                      }
                  },
              .failure_timeout =
                  [this](const Message& invite) {
                    for (const auto& [id, request] : servers_)
                      if (request.branch == invite.branch) {
                        static_cast<void>(run(usage::TransactionTimeout{id, true}));
                        return;
                      }
                  }}) {}

// ---- the user

void Phone::make_usage(usage::Identity identity) {
  call_id_ = identity.call_id;
  local_tag_ = identity.local_tag;
  usage_ = std::make_unique<usage::Usage>(settings_, std::move(identity));
}

void Phone::call(std::string body) {
  outgoing_ = true;
  usage::Identity identity;
  identity.call_id = "call-1";
  identity.local_tag = side_ == 0 ? "alice" : "bob";
  identity.local = "<sip:alice@a.example>";
  identity.remote = "<sip:bob@b.example>";
  identity.target = "sip:bob@b.example";
  identity.contact = "<sip:alice@192.0.2.1>";
  identity.entropy = 17 + static_cast<std::uint64_t>(side_);
  make_usage(std::move(identity));
  static_cast<void>(run(usage::Start{std::move(body), {}}));
}

usage::Verdict Phone::ring() {
  return run(usage::Ring{});
}
usage::Verdict Phone::answer(std::string body) {
  return run(usage::Answer{std::move(body), {}});
}
usage::Verdict Phone::drop(std::uint16_t status) {
  if (!usage_) return usage::Verdict::refused;
  const usage::Verdict verdict = run(usage::Drop{.status = status});
  if (verdict == usage::Verdict::acted && !dropped_at_) dropped_at_ = clock_.now();
  return verdict;
}
usage::Verdict Phone::reoffer(std::string body) {
  return run(usage::Reoffer{std::move(body)});
}
usage::Verdict Phone::answer_reoffer(std::uint16_t status, std::string body) {
  return run(usage::AnswerReoffer{status, std::move(body)});
}

// ---- the usage

/// Outputs are carried out before the next input is taken; the verdict is that of `input`.
usage::Verdict Phone::run(usage::Input input) {
  if (!usage_) return usage::Verdict::refused;
  if (running_) {  // from within a report: taken as soon as this one is carried out
    pending_.push_back(std::move(input));
    return usage::Verdict::acted;
  }
  running_ = true;
  pending_.push_back(std::move(input));
  std::optional<usage::Verdict> first;
  while (!pending_.empty()) {
    const usage::Input next = std::move(pending_.front());
    pending_.pop_front();
    if (usage_->finished()) continue;  // the shell has no usage any more
    const bool over = usage_->state() == usage::State::terminated;
    usage::Outputs outputs;
    const usage::Verdict verdict = usage_->apply(next, outputs);
    if (!first) first = verdict;
    if (over && usage_->state() != usage::State::terminated) complain("it left its terminal state");
    if (verdict == usage::Verdict::refused && !outputs.empty())
      complain("a refused command did something");
    for (const usage::Output& output : outputs)
      std::visit([this](const auto& what) { carry_out(what); }, output);
    if (usage_->finished()) {
      check_books();
      tombstones_.remember(*usage_, clock_.now());
    }
  }
  running_ = false;
  return first.value_or(usage::Verdict::stray);
}

void Phone::check_books() {
  if (!books_.clients.empty()) complain("client transactions are left at the end");
  if (!books_.servers.empty()) complain("server transactions are left at the end");
  if (!books_.timers.empty()) complain("timers are left at the end");
}

usage::RequestIn Phone::request_in(const Message& request, usage::TransactionId server) const {
  usage::RequestIn in;
  in.server = server;
  in.method = request.method;
  in.cseq = request.cseq;
  in.remote_tag = request.from_tag;
  in.contact = request.contact;
  in.record_routes = request.record_routes;
  in.body = request.body;
  if (!request.reason.empty()) in.reasons = {request.reason};
  in.user_to_user = request.user_to_user;
  in.expires_s = request.expires_s;
  return in;
}

void Phone::on_request(const Message& request) {
  if (request.to_tag.empty()) {
    if (request.method == Method::ack) return;
    if (request.method != Method::invite)
      return layer_.respond(request, response_to(request, 481, kStray));
    if (usage_) return layer_.respond(request, response_to(request, 486, kStray));
    usage::Identity identity;
    identity.call_id = request.call_id;
    identity.local_tag = side_ == 0 ? "alice" : "bob";
    identity.local = "<sip:bob@b.example>";
    identity.remote = "<sip:alice@a.example>";
    identity.target = "sip:alice@a.example";
    identity.contact = "<sip:bob@192.0.2.2>";
    identity.first_cseq = 5000;
    identity.entropy = 17 + static_cast<std::uint64_t>(side_);
    make_usage(std::move(identity));
    servers_[++last_server_] = request;
    books_.servers.insert(last_server_);
    static_cast<void>(run(request_in(request, last_server_)));
    if (on_offered) on_offered();
    return;
  }
  const bool mine = usage_ && request.call_id == call_id_ && request.to_tag == local_tag_;
  if (!mine || usage_->finished() ||
      (!usage_->remote_tag().empty() && usage_->remote_tag() != request.from_tag)) {
    if (request.method == Method::ack) return;
    // What the shell remembers of ended calls: a BYE that comes again is answered 200.
    const bool buried =
        request.method == Method::bye && tombstones_.knows(request.call_id, request.to_tag);
    return layer_.respond(request, response_to(request, buried ? 200 : 481, local_tag_));
  }
  const usage::TransactionId server = ++last_server_;
  servers_[server] = request;
  if (request.method == Method::invite) books_.servers.insert(server);
  static_cast<void>(run(request_in(request, server)));
}

void Phone::on_response(Transactions::Client client, const Message& response) {
  const bool success = response.success() && response.method == Method::invite;
  if (client == 0 && !success) return;
  if (!usage_ || response.from_tag != local_tag_) return;
  if (usage_->finished()) return answered_late(response);
  usage::ResponseIn in;
  in.transaction = client != 0 ? ids_[client] : 0;
  in.method = response.method;
  in.cseq = response.cseq;
  in.status = response.status;
  in.phrase = response.phrase;
  in.remote_tag = response.to_tag;
  in.contact = response.contact;
  in.record_routes = response.record_routes;
  in.body = response.body;
  if (!response.reason.empty()) in.reasons = {response.reason};
  in.user_to_user = response.user_to_user;
  in.challenges = response.challenges;
  in.retry_after = response.retry_after_s != 0;
  static_cast<void>(run(std::move(in)));
}

/// As the shell does it: without the usage, which is gone.
void Phone::answered_late(const Message& response) {
  if (response.method != Method::invite || !response.success()) return;
  const auto late =
      tombstones_.answered(response.call_id, response.from_tag, response.to_tag, clock_.now());
  if (late == usage::Tombstones::Late::ignored) return;
  Message request;
  request.method = Method::ack;
  request.call_id = response.call_id;
  request.from_tag = response.from_tag;
  request.to_tag = response.to_tag;
  request.cseq = response.cseq;
  layer_.send(request);
  if (late != usage::Tombstones::Late::ended) return;
  request.method = Method::bye;
  ++request.cseq;
  layer_.start(std::move(request));
}

// ---- outputs

Message Phone::wire_request(const usage::Request& request) const {
  Message message;
  message.method = request.method;
  message.uri = request.uri;
  message.call_id = request.call_id;
  message.from_tag = tag_of(request.from);
  message.to_tag = tag_of(request.to);
  message.cseq = request.cseq;
  message.routes = request.routes;
  message.contact = request.contact;
  message.body = request.body;
  message.reason = request.reason;
  message.user_to_user = request.user_to_user;
  message.authorization = request.authorization;
  return message;
}

void Phone::carry_out(const usage::SendRequest& send) {
  books_.clients.insert(send.transaction);
  const Transactions::Client client = layer_.start(wire_request(send.request));
  clients_[send.transaction] = client;
  ids_[client] = send.transaction;
}

void Phone::carry_out(const usage::SendCancel& send) {
  books_.clients.insert(send.transaction);
  const Transactions::Client client = layer_.cancel(clients_[send.invite], send.reason);
  if (client == 0) return complain("CANCEL of an INVITE that the layer does not have any more");
  clients_[send.transaction] = client;
  ids_[client] = send.transaction;
}

void Phone::carry_out(const usage::SendAck& send) {
  layer_.send(wire_request(send.request));
}

void Phone::carry_out(const usage::SendResponse& send) {
  const auto found = servers_.find(send.server);
  if (found == servers_.end()) return complain("a response to a request that is gone");
  Message response = response_to(found->second, send.status, local_tag_);
  response.phrase = send.phrase;
  response.contact = send.contact;
  response.body = send.body;
  response.reason = send.reason;
  response.user_to_user = send.user_to_user;
  response.retry_after_s = send.retry_after_s;
  if (send.again) {
    layer_.send(std::move(response));
  } else {
    layer_.respond(found->second, std::move(response));
  }
}

void Phone::carry_out(const usage::Forget& forget) {
  if (forget.server) {
    if (books_.servers.erase(forget.transaction) == 0) complain("a server was forgotten twice");
    servers_.erase(forget.transaction);
    return;
  }
  if (books_.clients.erase(forget.transaction) == 0) complain("a client was forgotten twice");
  layer_.forget(clients_[forget.transaction]);
}

void Phone::carry_out(const usage::SetTimer& set) {
  if (set.after < milliseconds(0)) complain("a timer in the past");
  clock_.cancel(timers_[set.timer]);
  books_.timers.insert(set.timer);
  timers_[set.timer] = clock_.after(set.after, [this, timer = set.timer] {
    timers_[timer] = 0;
    books_.timers.erase(timer);
    static_cast<void>(run(usage::TimerDue{timer}));
  });
}

void Phone::carry_out(const usage::ClearTimer& clear) {
  books_.timers.erase(clear.timer);
  clock_.cancel(timers_[clear.timer]);
}

void Phone::told(usage::Output report, const std::function<void()>& then) {
  if (count<usage::Finished>() != 0) complain("a report after the end");
  reports_.push_back({clock_.now(), std::move(report)});
  if (then) then();
}

void Phone::carry_out(const usage::Reoffered& report) {
  told(report, on_reoffered);
  if (!on_reoffered) static_cast<void>(answer_reoffer());
}

void Phone::carry_out(const usage::Disconnected& report) {
  if (count<usage::Disconnected>() != 0) complain("the far end's end was reported twice");
  if (dropped_at_) complain("the far end's end was reported after our own");
  told(report, {});
}

void Phone::carry_out(const usage::Finished& report) {
  if (count<usage::Finished>() != 0) complain("the end was reported twice");
  reports_.push_back({clock_.now(), report});
}

}  // namespace switchhook::sip::races
