// SPDX-License-Identifier: Apache-2.0
#pragma once

// All that a life has of SIP: the network, the far ends, and the provider that belongs to the
// engine: the real one but for its loop (loop.hpp). Its thread runs whenever time passes. Threads:
// one. Ownership: the life's; providers that it makes must not outlive it.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "provider/provider.hpp"
#include "simulator/sip/far_end.hpp"
#include "simulator/sip/network.hpp"

namespace switchhook::simulator {

class SimulatedSip;

class SipWorld {
 public:
  struct Options {
    bool faults = true;
    Ladder* ladder = nullptr;
  };
  SipWorld(const base::Clock& clock, Violations& violations, Random random, Options options);
  ~SipWorld();
  SipWorld(const SipWorld&) = delete;
  SipWorld& operator=(const SipWorld&) = delete;

  /// The engine's provider. A new one takes the place of one that is gone.
  [[nodiscard]] std::unique_ptr<provider::Provider> make_provider();

  /// When something happens next by itself.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> next() const;
  /// What happens until now, happens.
  void run();
  /// The engine's process dies: nothing of it leaves any more.
  void kill();
  /// Nothing is lost or late here, so that what should happen has to.
  [[nodiscard]] bool fair() const { return fair_; }
  /// Somewhere a link breaks, or all are whole again.
  void break_or_mend(Random& random);
  /// The network carries everything again, and nobody calls.
  void heal();
  /// How long it takes, healed, until the last call that one side alone had is over.
  [[nodiscard]] std::chrono::nanoseconds patience() const;
  void check_over() { far_->check_over(); }
  [[nodiscard]] std::uint64_t injected() const { return weather_.injected; }

  static const std::vector<std::string>& numbers();
  static constexpr unsigned kLines = 2;

 private:
  friend class SimulatedSip;
  /// The world's time for those that want a clock of ours.
  class Time final : public base::Clock {
   public:
    explicit Time(const sip::races::Clock& clock) : clock_(clock) {}
    [[nodiscard]] Moment now() const override { return {clock_.now(), clock_.now()}; }

   private:
    const sip::races::Clock& clock_;
  };
  [[nodiscard]] sip::Config config(int host, std::vector<sip::LineConfig> lines) const;

  const base::Clock& clock_;
  Random random_;
  Weather weather_;
  sip::races::Clock events_;
  Time time_{events_};
  Network network_;
  std::chrono::milliseconds t1_;
  const bool fair_;
  int near_host_, far_host_;
  std::unique_ptr<FarEnd> far_;
  SimulatedSip* provider_ = nullptr;  // (ref)
};

}  // namespace switchhook::simulator
