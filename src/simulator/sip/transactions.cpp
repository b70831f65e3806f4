// SPDX-License-Identifier: Apache-2.0
#include "simulator/sip/transactions.hpp"

#include <algorithm>

namespace switchhook::sip::races {

Transactions::Transactions(Clock& clock, Link& wire, int side, LayerOptions options, User user)
    : clock_(clock), wire_(wire), side_(side), options_(options), user_(std::move(user)) {
  wire_.attach(side, [this](const Message& message) { receive(message); });
}

Transactions::~Transactions() {
  wire_.attach(side_, {});
  for (auto& [key, client] : clients_) {
    clock_.cancel(client.again);
    clock_.cancel(client.limit);
  }
  for (auto& [key, server] : servers_) {
    clock_.cancel(server.again);
    clock_.cancel(server.limit);
    clock_.cancel(server.trying);
  }
}

std::string Transactions::branch() {
  return (side_ == 0 ? "zA" : "zB") + std::to_string(++last_branch_);
}

// ---- clients

Transactions::Client Transactions::start(Message request) {
  if (request.branch.empty()) request.branch = branch();
  return begin(std::move(request));
}

Transactions::Client Transactions::cancel(Client invite, const std::string& reason) {
  const auto found = client_keys_.find(invite);
  if (found == client_keys_.end()) return 0;
  if (clients_.find({found->second.first, Method::cancel}) != clients_.end()) return 0;  // sent
  const Message& original = clients_.at(found->second).request;
  Message cancel;
  cancel.method = Method::cancel;
  cancel.uri = original.uri;
  cancel.call_id = original.call_id;
  cancel.from_tag = original.from_tag;
  cancel.to_tag = original.to_tag;
  cancel.cseq = original.cseq;
  cancel.routes = original.routes;
  cancel.branch = original.branch;  // 9.1: how the far end finds what to cancel
  cancel.reason = reason;
  cancel.host = original.host;
  cancel.origin = original.text;
  return begin(std::move(cancel));
}

Transactions::Client Transactions::begin(Message request) {
  const Key key{request.branch, request.method};
  ClientTransaction& transaction = clients_[key];
  transaction.id = ++last_client_;
  transaction.request = std::move(request);
  transaction.interval = options_.t1;
  client_keys_[transaction.id] = key;
  const Client id = transaction.id;
  if (!wire_.send(side_, transaction.request)) {
    transaction.limit = clock_.after(milliseconds(0), [this, key, id] {
      const bool tell = !clients_.at(key).forgotten;
      end_client(key);
      if (tell) user_.unreachable(id);
    });
    return id;
  }
  if (!wire_.reliable()) arm_client(key);
  transaction.limit = clock_.after(options_.limit * options_.t1, [this, key, id] {
    const bool tell = !clients_.at(key).forgotten;
    end_client(key);
    if (tell) user_.timeout(id);
  });
  return id;
}

/// Timers A and E.
void Transactions::arm_client(const Key& key) {
  ClientTransaction& transaction = clients_.at(key);
  transaction.again = clock_.after(transaction.interval, [this, key] {
    ClientTransaction& again = clients_.at(key);
    static_cast<void>(wire_.send(side_, again.request));
    again.interval *= 2;
    if (again.request.method != Method::invite)
      again.interval =
          again.step == Step::proceeding ? options_.t2 : std::min(again.interval, options_.t2);
    arm_client(key);
  });
}

void Transactions::end_client(const Key& key) {
  ClientTransaction& transaction = clients_.at(key);
  clock_.cancel(transaction.again);
  clock_.cancel(transaction.limit);
  client_keys_.erase(transaction.id);
  clients_.erase(key);
}

/// Timers D, K and M.
void Transactions::linger_client(const Key& key, milliseconds time) {
  ClientTransaction& transaction = clients_.at(key);
  clock_.cancel(transaction.again);
  clock_.cancel(transaction.limit);
  transaction.limit = clock_.after(time, [this, key] { end_client(key); });
}

void Transactions::forget(Client client) {
  const auto found = client_keys_.find(client);
  if (found == client_keys_.end()) return;
  const Key key = found->second;
  ClientTransaction& transaction = clients_.at(key);
  transaction.forgotten = true;
  // An INVITE that rang has no limit of its own (9.1): its user's patience is over, and so is ours
  // when it still has no final response in a while.
  if (transaction.step == Step::proceeding && key.second == Method::invite)
    linger_client(key, 64 * options_.t1);
}

void Transactions::acknowledge(const ClientTransaction& transaction, const Message& response) {
  Message ack;
  ack.method = Method::ack;
  ack.uri = transaction.request.uri;
  ack.call_id = transaction.request.call_id;
  ack.from_tag = transaction.request.from_tag;
  ack.to_tag = response.to_tag;
  ack.cseq = transaction.request.cseq;
  ack.routes = transaction.request.routes;
  ack.branch = transaction.request.branch;  // 17.1.1.3
  ack.host = transaction.request.host;
  ack.origin = transaction.request.text;
  static_cast<void>(wire_.send(side_, ack));
}

void Transactions::receive_response(const Message& response) {
  const Key key{response.branch, response.method};
  const auto found = clients_.find(key);
  if (found == clients_.end()) {
    user_.response(0, response);
    return;
  }
  ClientTransaction& transaction = found->second;
  const Client id = transaction.forgotten ? 0 : transaction.id;
  const bool invite = response.method == Method::invite;
  if (response.status < 200) {
    if (transaction.step > Step::proceeding) return;
    if (invite && transaction.step == Step::trying) {
      clock_.cancel(transaction.again);
      clock_.cancel(transaction.limit);
    }
    transaction.step = Step::proceeding;
    if (id != 0) user_.response(id, response);
    return;
  }
  if (transaction.step == Step::completed) {
    if (invite && !response.success()) acknowledge(transaction, response);
    // A forking proxy passes every 2xx on, even after a failure (16.7).
    if (invite && response.success()) user_.response(0, response);
    return;
  }
  if (transaction.step == Step::accepted) {
    if (response.success()) user_.response(id, response);
    return;
  }
  if (!invite) {
    transaction.step = Step::completed;
    linger_client(key, wire_.reliable() ? milliseconds(0) : options_.t4);
    if (id != 0) user_.response(id, response);
  } else if (response.success()) {
    transaction.step = Step::accepted;
    linger_client(key, 64 * options_.t1);
    user_.response(id, response);
  } else {
    transaction.step = Step::completed;
    acknowledge(transaction, response);
    linger_client(key, wire_.reliable() ? milliseconds(0) : 64 * options_.t1);
    if (id != 0) user_.response(id, response);
  }
}

// ---- servers

void Transactions::receive(const Message& message) {
  if (message.request) {
    receive_request(message);
  } else {
    receive_response(message);
  }
}

void Transactions::receive_request(const Message& request) {
  if (request.method == Method::ack) {
    const Key key{request.branch, Method::invite};
    const auto found = servers_.find(key);
    if (found == servers_.end()) {
      user_.request(request);
    } else if (found->second.step == Step::completed) {
      found->second.step = Step::confirmed;
      const Message invite = found->second.request;
      linger_server(key, wire_.reliable() ? milliseconds(0) : options_.t4);
      user_.failure_acknowledged(invite);
    }
    return;
  }
  const Key key{request.branch, request.method};
  if (const auto found = servers_.find(key); found != servers_.end()) {
    // A repetition: the last answer once more; a 2xx to an INVITE is the user's to repeat.
    if (found->second.has_last && found->second.step != Step::accepted &&
        found->second.step != Step::confirmed)
      static_cast<void>(wire_.send(side_, found->second.last));
    return;
  }
  if (request.method == Method::cancel) {
    ServerTransaction& transaction = servers_[key];
    transaction.request = request;
    const auto invite = servers_.find({request.branch, Method::invite});
    const bool known = invite != servers_.end();
    const Message cancelled = known ? invite->second.request : Message{};
    respond(request, response_to(request, known ? 200 : 481, "cancel"));
    if (known) user_.cancelled(cancelled, request);
    return;
  }
  if (request.method == Method::invite ? !options_.adopts : !options_.stateless)
    open_server(request);
  user_.request(request);
}

void Transactions::adopt(const Message& invite) {
  if (!servers_.contains({invite.branch, invite.method})) open_server(invite);
}

void Transactions::open_server(const Message& request) {
  const Key key{request.branch, request.method};
  ServerTransaction& transaction = servers_[key];
  transaction.request = request;
  if (request.method != Method::invite) return;
  transaction.trying = clock_.after(milliseconds(200), [this, key] {
    ServerTransaction& waiting = servers_.at(key);
    waiting.trying = 0;
    waiting.last = response_to(waiting.request, 100, {});
    waiting.has_last = true;
    static_cast<void>(wire_.send(side_, waiting.last));
  });
}

void Transactions::respond(const Message& request, Message response) {
  const Key key{request.branch, request.method};
  const auto found = servers_.find(key);
  if (found == servers_.end()) {
    static_cast<void>(wire_.send(side_, response));
    return;
  }
  ServerTransaction& transaction = found->second;
  if (transaction.step != Step::proceeding) return;  // one final response is enough
  clock_.cancel(transaction.trying);
  transaction.last = std::move(response);
  transaction.has_last = true;
  static_cast<void>(wire_.send(side_, transaction.last));
  if (!transaction.last.final()) return;
  if (request.method != Method::invite) {
    transaction.step = Step::completed;
    linger_server(key, wire_.reliable() ? milliseconds(0) : 64 * options_.t1);
  } else if (transaction.last.success()) {
    transaction.step = Step::accepted;
    linger_server(key, 64 * options_.t1);
  } else {
    transaction.step = Step::completed;
    transaction.interval = options_.t1;
    if (!wire_.reliable()) repeat_failure(key);
    transaction.limit = clock_.after(options_.limit * options_.t1, [this, key] {
      const Message invite = servers_.at(key).request;
      end_server(key);
      user_.failure_timeout(invite);
    });
  }
}

bool Transactions::open(const Message& invite) const {
  const auto found = servers_.find({invite.branch, invite.method});
  return found != servers_.end() && found->second.step == Step::proceeding;
}

/// Timer G.
void Transactions::repeat_failure(const Key& key) {
  ServerTransaction& transaction = servers_.at(key);
  transaction.again = clock_.after(transaction.interval, [this, key] {
    ServerTransaction& again = servers_.at(key);
    static_cast<void>(wire_.send(side_, again.last));
    again.interval = std::min(2 * again.interval, options_.t2);
    repeat_failure(key);
  });
}

/// Timers I, J and L.
void Transactions::linger_server(const Key& key, milliseconds time) {
  ServerTransaction& transaction = servers_.at(key);
  clock_.cancel(transaction.again);
  clock_.cancel(transaction.limit);
  transaction.limit = clock_.after(time, [this, key] { end_server(key); });
}

void Transactions::end_server(const Key& key) {
  ServerTransaction& transaction = servers_.at(key);
  clock_.cancel(transaction.again);
  clock_.cancel(transaction.limit);
  clock_.cancel(transaction.trying);
  servers_.erase(key);
}

void Transactions::send(Message message) {
  if (message.request && message.branch.empty()) message.branch = branch();
  static_cast<void>(wire_.send(side_, message));
}

}  // namespace switchhook::sip::races
