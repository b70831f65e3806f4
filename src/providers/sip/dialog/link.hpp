// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a dialog sees of the network: its own transactions and its connection, and how it is named.
// src/providers/sip/net carries it out on sofia-sip; tests and simulations on networks of their
// own. Threads: the SIP thread. Ownership: a dialog owns its link; with the link's end its
// transactions are given back, and nothing is reported for them any more.

#include <cstddef>
#include <cstdint>
#include <string>

#include "providers/sip/dialog/messages.hpp"

namespace switchhook::sip {

/// Names a dialog by its owner: a call of the engine's, or an orphan.
struct DialogId {
  enum class Of : std::uint8_t { nobody, call, orphan };
  Of of = Of::nobody;
  std::uint64_t owner = 0;
  std::uint8_t index = 0;  ///< which of the owner's
  explicit operator bool() const { return of != Of::nobody; }
  friend bool operator==(const DialogId&, const DialogId&) = default;
};

class Link {
 public:
  virtual ~Link() = default;
  /// False: it cannot be sent at all, and there is no transaction.
  [[nodiscard]] virtual bool send(const usage::SendRequest& send) = 0;
  virtual void send(const usage::SendCancel& send) = 0;
  virtual void send(const usage::SendAck& send) = 0;
  virtual void send(const usage::SendResponse& send) = 0;
  virtual void forget(const usage::Forget& forget) = 0;
  /// Counted again.
  [[nodiscard]] virtual std::size_t transactions() const = 0;
};

}  // namespace switchhook::sip
