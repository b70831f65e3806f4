// SPDX-License-Identifier: Apache-2.0
#pragma once

// Messages for a collector that speaks HEP version 3 (the Homer Encapsulation Protocol, as Homer,
// heplify-server, sngrep and Wireshark read it): one UDP datagram for each. What the collector does
// not take at once is lost, as any datagram may be. Threads: one at a time. Ownership: owns its
// socket.

#include <cstdint>
#include <string>
#include <vector>

#include "providers/sip/config.hpp"
#include "switchhook/types.hpp"

namespace switchhook::sip {

/// The packet of one message. Addresses that cannot be read are 0.0.0.0:0.
[[nodiscard]] std::vector<std::uint8_t> hep_packet(const TracedMessage& message,
                                                   const std::string& text,
                                                   const HepConfig& config);

class HepSender {
 public:
  HepSender() = default;
  ~HepSender();
  HepSender(const HepSender&) = delete;
  HepSender& operator=(const HepSender&) = delete;

  /// Errors: resource_unavailable, invalid_argument.
  [[nodiscard]] Result<void> open(const HepConfig& config);
  [[nodiscard]] bool is_open() const { return socket_ >= 0; }
  /// @param text  of the message; blanked, or as it is
  void send(const TracedMessage& message, const std::string& text);
  [[nodiscard]] bool wants_secrets() const { return config_.secrets; }

 private:
  HepConfig config_;
  int socket_ = -1;
};

}  // namespace switchhook::sip
