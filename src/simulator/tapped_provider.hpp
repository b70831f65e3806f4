// SPDX-License-Identifier: Apache-2.0
#pragma once

// A provider whose commands and events are also shown to a witness, and to a ladder if there is one.
// It changes nothing. Threads: the host's. Ownership: owns the provider; witness and ladder outlive it.

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "simulator/ladder.hpp"
#include "simulator/witness.hpp"
#include "simulator/words.hpp"

namespace switchhook::simulator {

class TappedProvider final : public provider::Provider, private provider::Sink {
 public:
  TappedProvider(std::unique_ptr<provider::Provider> inner, const base::Clock& clock,
                 Violations& violations, Ladder* ladder, MayMake may_make)
      : inner_(std::move(inner)),
        clock_(clock),
        witness_(violations, inner_->name(), std::move(may_make)),
        ladder_(ladder) {}

  [[nodiscard]] std::string name() const override { return inner_->name(); }
  [[nodiscard]] Result<void> start(provider::Sink& sink) override {
    sink_ = &sink;
    return inner_->start(*this);
  }
  void submit(provider::Command command) override {
    witness_.told(command);
    if (ladder_ != nullptr)
      ladder_->note(clock_.now().monotonic, "engine", name(), words_of(command));
    inner_->submit(std::move(command));
  }
  [[nodiscard]] std::optional<std::chrono::nanoseconds> next_deadline() const override {
    return inner_->next_deadline();
  }
  void advance(const Moment& now) override { inner_->advance(now); }

 private:
  void post(provider::Event event) override {
    witness_.tells(event);
    if (ladder_ != nullptr)
      ladder_->note(clock_.now().monotonic, name(), "engine", words_of(event));
    sink_->post(std::move(event));
  }
  [[nodiscard]] bool keeps_recovery() const override { return sink_->keeps_recovery(); }

  std::unique_ptr<provider::Provider> inner_;
  const base::Clock& clock_;
  ProviderWitness witness_;
  Ladder* ladder_;
  provider::Sink* sink_ = nullptr;  // (ref)
};

}  // namespace switchhook::simulator
