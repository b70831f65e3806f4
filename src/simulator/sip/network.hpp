// SPDX-License-Identifier: Apache-2.0
#pragma once

// A simulated network of hosts: datagrams are delayed, lost, doubled and reordered by a seed, and
// hosts cannot reach each other for a while. Threads: one. Ownership: the clock, and
// the ladder if there is one, outlive it.

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "simulator/ladder.hpp"
#include "simulator/random.hpp"
#include "simulator/sip/clock.hpp"
#include "simulator/sip/transactions.hpp"

namespace switchhook::simulator {

/// How bad the network is; in percent of the messages where nothing else is said.
struct Weather {
  unsigned lost = 0, doubled = 0;
  unsigned late = 0;  ///< and thereby overtaken
  std::chrono::milliseconds longest{20}, late_by{2000};

  std::uint64_t injected = 0;  ///< faults so far

  void heal() { lost = doubled = late = 0; }
};

class Network final : public sip::races::Link {
 public:
  using milliseconds = std::chrono::milliseconds;

  Network(sip::races::Clock& clock, Random random, Weather& weather, Ladder* ladder)
      : clock_(clock), random_(random), weather_(weather), ladder_(ladder) {}

  /// @param address  an IPv4 address  @param name  what a ladder calls it  @return its number
  int add_host(std::string address, std::string name);
  [[nodiscard]] const std::string& address_of(int host) const { return at(host).address; }
  /// -1 = nobody.
  [[nodiscard]] int find(const std::string& address) const;

  void attach(int host, std::function<void(const sip::races::Message&)> receive) override;
  bool send(int from, const sip::races::Message& message) override;
  [[nodiscard]] bool reliable() const override { return false; }

  /// The two cannot reach each other until rejoin().
  void part(int one, int other) { parted_.insert(std::minmax(one, other)); }
  void rejoin() { parted_.clear(); }

 private:
  struct Host {
    std::string address, name;
    std::function<void(const sip::races::Message&)> receive;
  };
  [[nodiscard]] const Host& at(int host) const { return hosts_[static_cast<std::size_t>(host)]; }
  void deliver(int from, const sip::races::Message& message);
  void note(int from, int to, const sip::races::Message& message, const char* fate);

  sip::races::Clock& clock_;
  Random random_;
  Weather& weather_;
  Ladder* ladder_;
  std::vector<Host> hosts_;
  std::set<std::pair<int, int>> parted_;
};

}  // namespace switchhook::simulator
