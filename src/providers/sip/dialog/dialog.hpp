// SPDX-License-Identifier: Apache-2.0
#pragma once

// A dialog at work: its usage with its link to the network, its timers and its RTP port, all of
// which end with it. Pure but for the link. Threads: the SIP thread. Ownership: owns all of these;
// the ledger, timers and settings outlive it.

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "provider/provider.hpp"
#include "providers/sip/dialog/link.hpp"
#include "providers/sip/dialog/usage.hpp"
#include "providers/sip/ledger.hpp"
#include "providers/sip/net/rtp_port.hpp"
#include "providers/sip/timers.hpp"

namespace switchhook::sip {

class Dialog {
 public:
  struct Parts {
    Ledger& ledger;
    Timers& timers;
    Counter& line_calls;  ///< of its line
  };
  /// `usage` and `link` are there.
  Dialog(const DialogId& id, const Parts& parts, std::unique_ptr<usage::Usage> usage,
         std::unique_ptr<Link> link);

  /// Feeds the usage, and carries out what concerns the wire and the timers.
  /// @param note  is called before anything leaves
  /// @param reports  what it reports is appended
  /// @param next  what is to be fed next because of it is appended
  void apply(const usage::Input& input, const std::function<void()>& note, usage::Outputs& reports,
             std::vector<usage::Input>& next);
  void count_transaction() { ++taken_[static_cast<std::size_t>(Resource::transactions)]; }
  /// Errors: resource_unavailable.
  [[nodiscard]] Result<void> take_port(RtpPorts& ports);
  void timer_over(std::uint8_t timer) { alarms_[timer] = {}; }

  [[nodiscard]] const usage::Usage& usage() const { return *usage_; }
  [[nodiscard]] std::uint16_t port() const { return port_ ? port_->port() : std::uint16_t{0}; }
  [[nodiscard]] Link& link() const { return *link_; }
  [[nodiscard]] const ResourceCounts& taken() const { return taken_; }
  /// Whether what recovery() says was said already; it is from now on.
  [[nodiscard]] bool noted();

  std::string invite;  ///< offered: their INVITE as it came, for the journal

 private:
  const DialogId id_;
  Parts parts_;
  ResourceCounts taken_{};
  Counter::Token line_, booked_, port_booked_, descriptor_booked_;
  std::unique_ptr<usage::Usage> usage_;
  std::unique_ptr<Link> link_;
  std::optional<RtpPort> port_;
  struct Set {
    Timers::Alarm alarm;
    Counter::Token booked;
  };
  std::array<Set, usage::kTimerCount> alarms_;
  std::uint32_t noted_ = 0;  // the usage's revision that the journal has
};

}  // namespace switchhook::sip
