// SPDX-License-Identifier: Apache-2.0
#pragma once

// The provider's parts put together: lines, calls, orphans and the network, on one loop. Routes
// commands and timers to the part that they are for; recounts and stops all parts. Threads:
// everything on the SIP thread. Ownership: owns all parts; events go to the sink it is given, which
// outlives it.

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "provider/provider.hpp"
#include "providers/sip/call/calls.hpp"
#include "providers/sip/config.hpp"
#include "providers/sip/net/agent.hpp"
#include "providers/sip/net/tap.hpp"
#include "providers/sip/orphans/orphans.hpp"

struct su_root_s;

namespace switchhook::sip {

class Shell {
 public:
  /// What it needs from outside besides sofia-sip; a simulation gives it its own.
  struct Surroundings {
    const base::Clock& clock;
    UdpPorts& udp;
    Random& random;
    std::function<std::optional<bool>(provider::LineNumber)> told = {};  ///< of Lines
  };
  Shell(su_root_s* root, const Config& config, provider::Sink& sink,
        const Surroundings& surroundings);
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  /// Binds, and announces the lines. Errors: resource_unavailable, with the address.
  [[nodiscard]] Result<void> start();
  void execute(const provider::Command& command);
  /// provider::AddLine, once it is read.
  void add_line(const LineConfig& line) {
    if (!stopping_) lines_.add(line);
  }

 private:
  void on(const provider::OpenLine& open) { lines_.use(open.line, open.takes_calls); }
  void on(const provider::CloseLine& close) { lines_.use(close.line, false); }
  void on(const provider::MonitorDigits&) {}
  void on(const provider::AddLine&) {}  // add_line()
  void on(const provider::RemoveLine& remove) { lines_.remove(remove.line, remove.why); }
  void on(const provider::ReportLedger& report);
  void on(const provider::Stop& stop);
  void on(const provider::Trace& trace) { tap_.on(trace); }
  void on(const provider::EndOrphan& orphan) { orphans_.on(orphan); }
  template <typename Command>
  void on(const Command& command) {
    calls_.on(command);
  }

  void on_timer();
  void due(const Timers::Key& key);
  void wake(Timers::Time at);
  void sweep_streams();
  void check_stopped();

  const Config config_;
  provider::Sink& sink_;
  const base::Clock& clock_;
  UdpPorts& udp_;
  RtpPorts ports_;
  Ledger ledger_;
  Timers timers_;
  Timers::Time armed_{0};  // zero: nothing is due
  Timers::Alarm stop_limit_, streams_;
  net::Agent agent_;
  Dialogs dialogs_;
  Lines lines_;
  Calls calls_;
  Orphans orphans_;
  net::Tap tap_;
  bool stopping_ = false, stopped_ = false;
};

}  // namespace switchhook::sip
