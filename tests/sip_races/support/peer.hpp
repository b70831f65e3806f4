// SPDX-License-Identifier: Apache-2.0
#pragma once

// The other party where it has to do what our usage never would: a script on the transaction layer.
// It keeps a dialog's tags and numbers, and leaves every decision to the scenario.
// Threads: one. Ownership: owns its layer; bench parts outlive it.

#include <functional>
#include <string>
#include <vector>

#include "simulator/sip/transactions.hpp"
#include "tests/sip_races/support/wire.hpp"

namespace switchhook::sip::races {

class Peer {
 public:
  Peer(Clock& clock, Wire& wire, int side, LayerOptions layer, std::string tag = "peer");

  // ---- the script; what is unset does what a plain telephone would: 200 to anything but INVITE
  std::function<void(const Message& invite)> on_invite;    ///< the initial one
  std::function<void(const Message& request)> on_request;  ///< within a dialog; unset: 200
  std::function<void(const Message& ack)> on_ack;
  std::function<void(const Message& invite, const Message& cancel)> on_cancel;  ///< unset: 487
  std::function<void(const Message& response)> on_response;  ///< unset: a 2xx to INVITE gets an ACK

  /// A request of a dialog with the phone, by what was learnt so far.
  Transactions::Client send(Method method, const std::string& body = {},
                            const std::string& token = {});
  Transactions::Client invite(const std::string& body = "offer");
  Transactions::Client cancel(Transactions::Client invite) { return layer_.cancel(invite, {}); }
  void ack(const Message& response, const std::string& body = {});
  void respond(const Message& request, std::uint16_t status, const std::string& body = {},
               const std::string& tag = {});
  /// Repeats a 2xx until an ACK with its number comes or 64*T1 are over (13.3.1.4).
  void answer(const Message& invite, const std::string& body = "answer",
              const std::string& tag = {});
  Transactions& layer() { return layer_; }

  [[nodiscard]] std::size_t received(Method method) const;
  [[nodiscard]] bool acknowledged(std::uint32_t cseq, const std::string& tag = {}) const;
  [[nodiscard]] const std::vector<Message>& inbox() const { return inbox_; }

  std::string tag, remote_tag, call_id = "call-1";
  std::uint32_t cseq = 100;

 private:
  void repeat(const Message& invite, const Message& response, milliseconds interval,
              milliseconds until);

  Clock& clock_;
  LayerOptions options_;
  std::vector<Message> inbox_;
  Transactions layer_;
};

}  // namespace switchhook::sip::races
