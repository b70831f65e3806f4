// SPDX-License-Identifier: Apache-2.0
#pragma once

// The virtual wire between two parties: delivers after a fixed latency, and on demand loses,
// delays, doubles or reorders chosen transmissions, or breaks. Over "TCP" a message never overtakes
// another. Keeps a log of every transmission, which the invariants are checked against. Threads:
// one. Ownership: owns the log; the clock outlives it.

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "simulator/sip/transactions.hpp"

namespace switchhook::sip::races {

enum class Transport : std::uint8_t { udp, tcp };

enum class FaultKind : std::uint8_t {
  lose,        ///< never arrives
  late,        ///< arrives after its first retransmissions were sent
  very_late,   ///< arrives when everything is long over
  twice,       ///< arrives twice in a row
  twice_late,  ///< arrives in time, and once more when everything is long over
  overtaken,   ///< arrives just after the next message of its direction (at most T1/2 later)
  // TCP only.
  reset,       ///< the connection breaks under it: lost, its sender is told; a new one follows
  refused,     ///< the same, and no new connection can be made any more
  black_hole,  ///< it and everything after it, both ways, vanish silently
};
[[nodiscard]] std::string to_string(FaultKind kind);

struct Fault {
  std::size_t transmission = 0;  ///< index in the log
  FaultKind kind = FaultKind::lose;
};

/// Chances in percent, for runs under a seed.
struct Weather {
  unsigned lose = 0, late = 0, twice = 0, overtaken = 0;
  std::uint64_t seed = 0;
  [[nodiscard]] bool fair() const { return lose + late + twice + overtaken == 0; }
};

struct Transmission {
  milliseconds sent{0};
  int from = 0;  ///< side, 0 or 1
  Message message;
  std::vector<milliseconds> arrived;  ///< empty = lost
  bool told = false;                  ///< the sender learned that it was lost
};

class Wire final : public Link {
 public:
  static constexpr milliseconds kLatency{20};

  Wire(Clock& clock, Transport transport, milliseconds t1, milliseconds latency = kLatency)
      : clock_(clock), transport_(transport), t1_(t1), latency_(latency) {}

  [[nodiscard]] Transport transport() const { return transport_; }
  [[nodiscard]] bool reliable() const override { return transport_ == Transport::tcp; }
  void attach(int side, std::function<void(const Message&)> receive) override {
    receive_[side] = std::move(receive);
  }
  void plan(std::vector<Fault> faults) { faults_ = std::move(faults); }
  void plan(const Weather& weather) {
    weather_ = weather;
    random_.seed(weather.seed);
  }
  /// Makes the wire ask before each transmission: true = lose it.
  void filter(std::function<bool(const Transmission&)> lose) { filter_ = std::move(lose); }

  /// False when the sender learns at once that it cannot be sent.
  bool send(int from, const Message& message) override;

  [[nodiscard]] const std::vector<Transmission>& log() const { return log_; }
  /// The log as a ladder, for a person who has to find out what went wrong.
  [[nodiscard]] std::string ladder() const;

 private:
  void deliver(std::size_t index, milliseconds when);
  [[nodiscard]] unsigned percent() { return static_cast<unsigned>(random_() % 100); }

  Clock& clock_;
  Transport transport_;
  milliseconds t1_, latency_;
  std::function<void(const Message&)> receive_[2];
  std::vector<Fault> faults_;
  Weather weather_;
  std::mt19937_64 random_;
  std::function<bool(const Transmission&)> filter_;
  std::vector<Transmission> log_;
  milliseconds last_arrival_[2] = {milliseconds(0), milliseconds(0)};  // TCP keeps the order
  std::vector<std::size_t> held_[2];  // overtaken ones, until the next is delivered
  bool refused_ = false, black_hole_ = false;
};

}  // namespace switchhook::sip::races
