// SPDX-License-Identifier: Apache-2.0
#pragma once

// What takes the place of sofia-sip's loop, timers, transports and transactions under the SIP
// provider's shell: this file's functions of sofia-sip's names (loop.cpp) are linked instead of the
// library's. Its parser, its messages and all else are the library's own, so each message becomes a
// text, travels over the simulated network and is parsed again. Threads: one. Ownership: clock and
// network outlive the loop, the loop outlives the shell.

#include <functional>
#include <set>

#include "providers/sip/net/rtp_port.hpp"
#include "providers/sip/random.hpp"
#include "simulator/random.hpp"
#include "simulator/sip/clock.hpp"
#include "simulator/sip/network.hpp"

struct su_root_s;

namespace switchhook::simulator {

class Loop {
 public:
  Loop(sip::races::Clock& its_clock, Network& its_network, int its_host, Random its_random);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// For the shell, which only hands it on.
  [[nodiscard]] su_root_s* root();

  sip::races::Clock& clock;
  Network& network;
  const int host;
  Random random;                      ///< for branches and tags
  std::function<void()> before_poll;  ///< the shell wants to be called now and then
  bool dead = false;                  ///< its process was killed: nothing leaves any more
};

/// What a life's seed gives instead of the system's randomness.
class SimulatedRandom final : public sip::Random {
 public:
  explicit SimulatedRandom(simulator::Random random) : random_(random) {}
  [[nodiscard]] std::uint64_t next() override { return random_.next(); }

 private:
  simulator::Random random_;
};

/// UDP ports of a host that does not exist.
class SimulatedUdpPorts final : public sip::UdpPorts {
 public:
  [[nodiscard]] int open(const std::string& address, std::uint16_t port,
                         std::uint16_t& bound) override;
  void close(int descriptor) override { open_.erase(descriptor); }
  [[nodiscard]] std::size_t open_count() const override { return open_.size(); }

 private:
  int last_ = 0;
  std::set<int> open_;
};

}  // namespace switchhook::simulator
