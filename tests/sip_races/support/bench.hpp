// SPDX-License-Identifier: Apache-2.0
#pragma once

// A scenario's world: clock, wire, two parties; the invariants that hold in every run; and the
// sweep that plays a scenario with each of its messages lost, late, doubled and reordered in turn,
// over UDP and TCP, in pairs, and in bad weather under seeds. Same input, same run, always.
// Threads: one. Ownership: a bench owns everything in it.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/sip_races/support/peer.hpp"
#include "tests/sip_races/support/phone.hpp"

namespace switchhook::sip::races {

struct Conditions {
  Transport transport = Transport::udp;
  bool stateless = true;  ///< see LayerOptions
  int limit = 65;         ///< the provider gives its layer a little more than 64*T1
  milliseconds latency = Wire::kLatency;
  std::vector<Fault> faults;
  Weather weather;
};
[[nodiscard]] std::string to_string(const Conditions& conditions);

class Bench {
 public:
  explicit Bench(const Conditions& conditions);

  Clock clock;
  Wire wire;

  /// The usage on this side (0 = A, 1 = B).
  Phone& phone(int side, usage::Settings settings = {});
  Peer& peer(int side, const std::string& tag = "peer");
  [[nodiscard]] const Phone* phone_at(int side) const { return phones_[side].get(); }
  [[nodiscard]] const Conditions& conditions() const { return conditions_; }

  void at(std::int64_t ms, Clock::Task task) { clock.at(milliseconds(ms), std::move(task)); }

  /// Plays until nothing is left to do. Every user hangs up at the latest at kPatience.
  static constexpr milliseconds kPatience{60000};
  void play();

  /// What is wrong with this run; empty = nothing.
  [[nodiscard]] std::vector<std::string> violations() const;

 private:
  Conditions conditions_;
  std::unique_ptr<Phone> phones_[2];
  std::unique_ptr<Peer> peers_[2];
  bool drained_ = false;
};

/// The invariants of one phone's run, by the wire's log and the phone's own books (checks.cpp).
void check_phone(const Bench& bench, const Phone& phone, std::vector<std::string>& violations);

/// The called phone rings at once and is answered at `ms`.
void rings_and_answers(Bench& bench, Phone& phone, std::int64_t ms);

struct Scenario {
  std::string name;
  std::function<void(Bench&)> play;
  /// What must have come out when nothing went wrong.
  std::function<void(const Bench&)> drawn;
  /// What must have come out whatever went wrong.
  std::function<void(const Bench&)> always;
  bool udp = true, tcp = true;
};

/// Plays `scenario` under every condition and reports what is wrong by GoogleTest's failures.
void sweep(const Scenario& scenario);
/// Once, with nothing going wrong; for what needs a closer look than a sweep.
void play_once(const Scenario& scenario, const Conditions& conditions = {});

/// How many such messages the side sent; repetitions and other branches' copies are not counted.
/// @param tag  the To tag that they must have, if not empty
std::size_t sent(const Bench& bench, int side, Method method, std::uint16_t status = 0,
                 const std::string& tag = {});

}  // namespace switchhook::sip::races
