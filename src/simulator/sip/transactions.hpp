// SPDX-License-Identifier: Apache-2.0
#pragma once

// A small transaction layer in virtual time: RFC 3261 section 17 with RFC 6026 (2xx to INVITE).
// Retransmits requests over an unreliable wire (timers A, E), gives up (B, F), repeats and absorbs
// (D, K, G, H, I, J, L, M), acknowledges failures of an INVITE, matches CANCEL and answers it.
// A request that belongs to no transaction goes to the user; so does an ACK of a 2xx.
// Threads: one. Ownership: owns its transactions; clock and wire outlive it.

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "simulator/sip/clock.hpp"
#include "simulator/sip/message.hpp"

namespace switchhook::sip::races {

/// What carries messages between the parties.
class Link {
 public:
  virtual ~Link() = default;
  virtual void attach(int side, std::function<void(const Message&)> receive) = 0;
  /// False when the sender learns at once that it cannot be sent.
  virtual bool send(int from, const Message& message) = 0;
  /// Nothing is lost, doubled or overtaken without the sender's knowing.
  [[nodiscard]] virtual bool reliable() const = 0;
};

struct LayerOptions {
  milliseconds t1{500}, t2{4000}, t4{5000};
  int limit = 64;  ///< times T1: timers B, F and H
  /// Other requests than INVITE make no server transaction: each repetition comes to the user
  /// again. So does the provider's shell, which keeps no state for them.
  bool stateless = false;
  /// An INVITE makes none either, until its user takes it by adopt(); refused before, it is
  /// forgotten.
  bool adopts = false;
};

class Transactions {
 public:
  using Client = std::uint32_t;
  struct User {
    std::function<void(const Message& request)> request;
    /// `client` 0 = no transaction waits for it.
    std::function<void(Client client, const Message& response)> response;
    std::function<void(Client client)> timeout, unreachable;
    std::function<void(const Message& invite, const Message& cancel)> cancelled;
    std::function<void(const Message&invite)> failure_acknowledged, failure_timeout;
  };

  Transactions(Clock& clock, Link& wire, int side, LayerOptions options, User user);

  ~Transactions();
  Transactions(const Transactions&) = delete;
  Transactions& operator=(const Transactions&) = delete;

  Client start(Message request);  ///< gives it a branch, if it has none
  Client cancel(Client invite, const std::string& reason);
  void respond(const Message& request, Message response);  ///< by its transaction, if it has one
  void send(Message message);                              ///< without one; an ACK gets a branch
  void adopt(const Message& invite);  ///< keeps it, from now on, as a transaction
  /// Nobody waits for it any more: its responses come as client 0 (2xx) or not at all.
  void forget(Client client);

  /// Whether `invite` still waits for its final response.
  [[nodiscard]] bool open(const Message& invite) const;

  void receive(const Message& message);
  /// Those that still have something to do.
  [[nodiscard]] std::size_t clients() const { return clients_.size(); }
  [[nodiscard]] std::size_t servers() const { return servers_.size(); }

 private:
  enum class Step : std::uint8_t { trying, proceeding, completed, accepted, confirmed };
  using Key = std::pair<std::string, Method>;
  struct ClientTransaction {
    Client id = 0;
    Message request;
    Step step = Step::trying;
    milliseconds interval{0};
    Clock::Id again = 0, limit = 0;
    bool forgotten = false;
  };
  struct ServerTransaction {
    Message request;
    Message last;
    bool has_last = false;
    Step step = Step::proceeding;
    milliseconds interval{0};
    Clock::Id again = 0, limit = 0, trying = 0;
  };

  Client begin(Message request);
  void arm_client(const Key& key);
  void end_client(const Key& key);
  void end_server(const Key& key);
  void linger_client(const Key& key, milliseconds time);
  void linger_server(const Key& key, milliseconds time);
  void open_server(const Message& request);
  void repeat_failure(const Key& key);
  void receive_request(const Message& request);
  void receive_response(const Message& response);
  void acknowledge(const ClientTransaction& transaction, const Message& response);
  [[nodiscard]] std::string branch();

  Clock& clock_;
  Link& wire_;
  int side_;
  LayerOptions options_;
  User user_;
  Client last_client_ = 0;
  std::uint32_t last_branch_ = 0;
  std::map<Key, ClientTransaction> clients_;
  std::map<Client, Key> client_keys_;
  std::map<Key, ServerTransaction> servers_;
};

}  // namespace switchhook::sip::races
