// SPDX-License-Identifier: Apache-2.0
#pragma once

// The provider's network on sofia-sip's nta layer (parser, transports, transactions): carries out
// what the dialogs and registrations want sent, and gives them what comes. Runs nta as a
// transaction layer without its user agent core (NTATAG_UA(0), NTATAG_STATELESS(1)): every request
// that belongs to no transaction comes to on_message(), where strays are refused without state; a
// 2xx and its ACK are the usage's business. Threads: everything on the SIP thread. Ownership: owns
// agent, timer and connections; links belong to their dialogs, and end before it.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "providers/sip/call/calls.hpp"
#include "providers/sip/net/hosts.hpp"
#include "providers/sip/net/streams.hpp"

struct msg_s;
struct sip_s;
struct nta_agent_s;
struct nta_incoming_s;
struct nta_outgoing_s;
struct su_root_s;
struct tport_s;
struct su_timer_s;

namespace switchhook::sip {
class Orphans;
}

namespace switchhook::sip::net {

struct ClientTransaction;
struct ServerTransaction;
class SofiaLink;

/// A connection, while a call or a registration needs it; it may close at any time.
class Connection {
 public:
  Connection() = default;
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  void take(tport_s* tport);            ///< a reference of the caller's
  [[nodiscard]] tport_s* open() const;  ///< nullptr: none, or closed

 private:
  tport_s* tport_ = nullptr;  // (ref)
};

class Agent final : public Network, public Registrar, public Addresses {
 public:
  struct Surroundings {
    su_root_s* root = nullptr;
    const Config& config;
    Ledger& ledger;
    Random& random;
    std::function<void()> due;  ///< the time given to wake() has come
  };
  explicit Agent(Surroundings around);
  ~Agent() override;
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  /// Whom what comes is for.
  struct Above {
    Lines& lines;
    Dialogs& dialogs;
    Calls& calls;
    Orphans& orphans;
  };
  /// Binds. Errors: resource_unavailable, with the address.
  [[nodiscard]] Result<void> start(const Above& above);
  /// Calls `due` after this time, instead of what was asked for before.
  void wake(std::chrono::nanoseconds after);
  /// Looks after the connections that others made, and those by which lines are registered.
  /// @return how long the next time may wait; none = there is nothing to look after
  [[nodiscard]] std::optional<std::chrono::milliseconds> sweep(Streams::Clock::time_point now);
  /// Whether messages that come keep the text that they were read from.
  void keep_text(bool keep);
  /// What is answered without a transaction of its own has no more use of it.
  void destroy_retired();

  /// Where a request is sent to; empty = where its routes or its target say. @param secure  what
  /// began by TLS does not go on in the clear because a Contact or a route leaves that open
  [[nodiscard]] std::string next_hop(const usage::Request& request, bool secure);

  [[nodiscard]] std::unique_ptr<Link> make_link(const DialogId& id,
                                                provider::LineNumber line) override;
  void send(provider::LineNumber line, const Registration::SendRegister& send) override;
  void forget(provider::LineNumber line) override;
  [[nodiscard]] std::string address(Transport transport) const override;

  // Entered by sofia-sip's callbacks; public for them alone.
  int on_message(msg_s* msg, sip_s* sip);
  int on_response(ClientTransaction& transaction, const sip_s* sip);
  int on_ack_or_cancel(ServerTransaction& transaction, const sip_s* sip);
  void on_timer() { around_.due(); }

 private:
  friend class SofiaLink;
  /// A request that is answered, if at all, while it is being handled.
  struct Current {
    msg_s* msg = nullptr;
    DialogId dialog;
    usage::TransactionId id = 0;
  };

  [[nodiscard]] Result<void> bind();
  [[nodiscard]] bool create_agent();
  [[nodiscard]] Result<void> listen(const std::string& protocol, std::uint16_t& port);

  void on_request(msg_s* msg, sip_s* sip);
  void on_initial_invite(msg_s* msg, sip_s* sip);
  void on_dialog_request(msg_s* msg, sip_s* sip, const DialogId& id, SofiaLink& link);
  void note_flow(const ClientTransaction& transaction, const sip_s* sip);
  void on_stray_response(msg_s* msg, sip_s* sip);
  void on_late_answer(msg_s* msg, sip_s* sip);
  enum class Asked : std::uint8_t { nobody, line };  // whom a request that keeps no state is for
  void refuse(msg_s* msg, int status, const char* phrase, const char* header = nullptr,
              Asked asked = Asked::nobody);
  bool refuse_extensions(msg_s* msg, const sip_s* sip, bool timers);
  void answer_orphan(const DialogId& id, const usage::SendResponse& send);
  [[nodiscard]] SofiaLink* link_of(const DialogId& id);
  [[nodiscard]] std::string branch_of(const usage::Request& request) const;

  /// Gives a transaction back. sofia-sip may be at work on it further down the stack (a response,
  /// while whose ACK is sent the connection breaks, and with it all other requests), so it is
  /// destroyed by destroy_retired(), which runs in no callback of nta's.
  void retire(std::unique_ptr<ClientTransaction> transaction);
  void retire(std::unique_ptr<ServerTransaction> transaction);

  Surroundings around_;
  const std::uint64_t secret_ = around_.random.next();  // of the tags of what keeps no state
  std::optional<Above> above_;
  nta_agent_s* agent_ = nullptr;  // (owned)
  su_timer_s* timer_ = nullptr;   // (owned)
  std::string host_;              // for URIs: with brackets if IPv6
  std::uint16_t port_ = 0, tls_port_ = 0;
  std::optional<Streams> streams_;  // with TCP or TLS
  Hosts hosts_;
  Current current_;
  std::map<provider::LineNumber, std::unique_ptr<ClientTransaction>> registrations_;
  struct Flow {
    Connection connection;
    unsigned sweeps = 0;  // that have found it open
  };
  std::map<provider::LineNumber, Flow> flows_;  // by which lines are registered
  std::vector<std::unique_ptr<ClientTransaction>> retired_clients_;
  std::vector<std::unique_ptr<ServerTransaction>> retired_servers_;
};

/// A request of ours in the transaction layer.
struct ClientTransaction {
  ClientTransaction(Agent& owner, usage::TransactionId its_id) : agent(owner), id(its_id) {}
  ~ClientTransaction();
  ClientTransaction(const ClientTransaction&) = delete;
  ClientTransaction& operator=(const ClientTransaction&) = delete;
  Agent& agent;
  DialogId dialog;                // none: of a registration
  provider::LineNumber line = 0;  // of the registration
  usage::TransactionId id = 0;
  bool retired = false;
  Counter::Token booked;
  nta_outgoing_s* orq = nullptr;  // (owned)
};

/// An INVITE of the far end in the transaction layer.
struct ServerTransaction {
  ServerTransaction(Agent& owner, usage::TransactionId its_id) : agent(owner), id(its_id) {}
  ~ServerTransaction();
  ServerTransaction(const ServerTransaction&) = delete;
  ServerTransaction& operator=(const ServerTransaction&) = delete;
  Agent& agent;
  DialogId dialog;
  usage::TransactionId id = 0;
  bool retired = false;
  Counter::Token booked;
  nta_incoming_s* irq = nullptr;  // (owned)
};

/// A dialog's transactions with sofia-sip.
class SofiaLink final : public Link {
 public:
  SofiaLink(Agent& agent, const DialogId& id, provider::LineNumber its_line)
      : line(its_line), agent_(agent), id_(id) {
    secure = agent_.above_->lines[line].config.transport == Transport::tls;
  }
  ~SofiaLink() override;
  SofiaLink(const SofiaLink&) = delete;
  SofiaLink& operator=(const SofiaLink&) = delete;

  [[nodiscard]] bool send(const usage::SendRequest& send) override;
  void send(const usage::SendCancel& send) override;
  void send(const usage::SendAck& send) override;
  void send(const usage::SendResponse& send) override;
  void forget(const usage::Forget& forget) override;
  [[nodiscard]] std::size_t transactions() const override {
    return clients_.size() + servers_.size();
  }

  /// An INVITE that came becomes a transaction. nullptr: it cannot.
  ServerTransaction* add_server(msg_s* msg, sip_s* sip);
  [[nodiscard]] usage::TransactionId next_server() { return ++last_server_; }
  /// By TLS, requests of ours inside a dialog go over the connection by which the far end's latest
  /// message came: its Contact is mostly a bare address, for which it has no certificate.
  void note_connection(msg_s* msg, const sip_s* sip);

  const provider::LineNumber line;
  std::string source;   ///< the IP address of the first message of the far end
  bool secure = false;  ///< by TLS, and not otherwise whatever a Contact or a route says

 private:
  std::unique_ptr<ClientTransaction> client(usage::TransactionId id);

  Agent& agent_;
  const DialogId id_;
  std::vector<std::unique_ptr<ClientTransaction>> clients_;
  std::vector<std::unique_ptr<ServerTransaction>> servers_;
  usage::TransactionId last_server_ = 0;
  Connection connection_;
};

/// The IP address from which a message came.
[[nodiscard]] std::string source_of(msg_s* msg);
[[nodiscard]] Transport transport_of(const sip_s* sip);

}  // namespace switchhook::sip::net
