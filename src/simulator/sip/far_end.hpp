// SPDX-License-Identifier: Apache-2.0
#pragma once

// Telephones at the other end of the simulated network: the SIP provider's own shell and usage in
// the other role, with a script instead of an engine. Some answer, some are busy, some ring for
// ever, some hang up, and they call, too. Threads: one. Ownership: the world's; it owns its shell.

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "provider/provider.hpp"
#include "providers/sip/shell.hpp"
#include "simulator/invariants.hpp"
#include "simulator/random.hpp"
#include "simulator/sip/loop.hpp"

namespace switchhook::simulator {

class FarEnd final : private provider::Sink {
 public:
  static constexpr int kTelephones = 8;  ///< 200 to 207

  struct World {
    sip::races::Clock& clock;
    const base::Clock& time;  ///< the same, for the shell
    Network& network;
    Violations& violations;
  };
  /// @param config  its address; the lines are filled in  @param callees  whom it calls
  FarEnd(World world, Random random, int host, sip::Config config,
         std::vector<std::string> callees);
  ~FarEnd();
  FarEnd(const FarEnd&) = delete;
  FarEnd& operator=(const FarEnd&) = delete;

  /// Nothing is lost, late or dead: everybody is heard. @param fair  false: not any more
  void expect_to_be_heard(bool fair) { fair_ = fair; }
  /// Begins to call.
  void begin();
  /// Calls nobody any more, and lets nothing ring for ever.
  void calm();
  void poll();
  /// To the end: every call is over, and everything was returned.
  void check_over();

 private:
  struct Call {
    provider::LineNumber line = 0;
    bool incoming = false, connected = false, over = false, closed = false, held = false;
  };

  void post(provider::Event event) override;
  void on(const provider::NewCall& call);
  void on(const provider::StateChanged& change);
  void on(const provider::Ended& ended);
  void after(std::uint64_t longest_ms, provider::Command command);
  void call_somebody();
  void talk(provider::CallRef ref, const Call& call);

  World world_;
  Random random_;
  SimulatedRandom words_;
  SimulatedUdpPorts udp_;
  Loop loop_;
  std::unique_ptr<sip::Shell> shell_;
  const std::vector<std::string> callees_;
  std::map<std::uint64_t, Call> calls_;
  std::uint64_t last_call_ = 0, last_request_ = 0;
  sip::races::Clock::Id next_call_ = 0;
  provider::LedgerReport ledger_;
  bool calm_ = false, fair_ = false;
};

}  // namespace switchhook::simulator
