// SPDX-License-Identifier: Apache-2.0
#pragma once

// A provider between the engine and the exchange that adds faults: commands and events are delayed,
// so that they cross; sometimes a completion never comes, a line is closed by force, a call is lost
// or reported in an unexpected state, or the provider fails.
// The order within a call is kept, as a provider must. Threads: the host's. Ownership: it owns the
// exchange.

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "provider/provider.hpp"
#include "providers/exchange/exchange.hpp"
#include "simulator/random.hpp"

namespace switchhook::simulator {

/// How bad the world is; in percent where nothing else is said.
struct Faults {
  unsigned delay = 30;           ///< of messages that are late
  unsigned lost_completion = 0;  ///< of completions that never come
  unsigned lost_drop = 0;        ///< of commands to end a call: neither done nor answered
  unsigned forced_close = 0;     ///< of 10,000 commands: a line is closed by force
  unsigned failure = 0;          ///< of 10,000 commands: the provider fails
  unsigned wild = 0;             ///< of 10,000 messages: it says something of a call unasked

  std::uint64_t injected = 0;  ///< so far

  void heal() { delay = lost_completion = lost_drop = forced_close = failure = wild = 0; }
};

class FaultyProvider final : public provider::Provider, private provider::Sink {
 public:
  /// `faults` may be changed from outside at any time: the world gets better or worse.
  FaultyProvider(const base::Clock& clock, Random random, std::shared_ptr<Faults> faults,
                 exchange::Config config);

  [[nodiscard]] std::string name() const override { return "faulty"; }
  [[nodiscard]] Result<void> start(provider::Sink& sink) override;
  void submit(provider::Command command) override;
  [[nodiscard]] std::optional<std::chrono::nanoseconds> next_deadline() const override;
  void advance(const Moment& now) override;

 private:
  void post(provider::Event event) override;
  void carry_out(provider::Command command);
  void hand_over(provider::Event event);
  void say_something();
  void show_message();
  [[nodiscard]] std::chrono::nanoseconds arrival(std::chrono::nanoseconds not_before);

  const base::Clock& clock_;
  Random random_;
  std::shared_ptr<Faults> faults_;
  exchange::Exchange exchange_;
  provider::Sink* sink_ = nullptr;  // (ref)
  bool failed_ = false;
  provider::Trace trace_;
  std::vector<provider::CallRef> calls_;  // that the engine was told of, or told us of; not ended
  // One queue each way keeps every order that a real link would keep.
  std::deque<std::pair<std::chrono::nanoseconds, provider::Command>> commands_;
  std::deque<std::pair<std::chrono::nanoseconds, provider::Event>> events_;
};

}  // namespace switchhook::simulator
