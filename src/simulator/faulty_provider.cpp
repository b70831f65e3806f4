// SPDX-License-Identifier: Apache-2.0
#include "simulator/faulty_provider.hpp"

#include <algorithm>
#include <utility>

namespace switchhook::simulator {

FaultyProvider::FaultyProvider(const base::Clock& clock, Random random,
                               std::shared_ptr<const Faults> faults)
    : clock_(clock),
      random_(random),
      faults_(std::move(faults)),
      exchange_(clock, {.lines = {"110", "111"}}) {}

Result<void> FaultyProvider::start(provider::Sink& sink) {
  sink_ = &sink;
  return exchange_.start(*this);
}

std::chrono::nanoseconds FaultyProvider::arrival(std::chrono::nanoseconds not_before) {
  auto at = clock_.now().monotonic;
  if (random_.chance(faults_->delay)) at += std::chrono::microseconds(random_.below(300'000));
  return std::max(at, not_before);  // nothing overtakes what went before it
}

void FaultyProvider::submit(provider::Command command) {
  if (failed_) return;
  if (random_.below(10'000) < faults_->failure) {
    failed_ = true;
    commands_.clear();
    events_.clear();
    return sink_->post(provider::Failed{"simulated failure"});
  }
  const auto last = commands_.empty() ? std::chrono::nanoseconds(0) : commands_.back().first;
  const auto at = arrival(last);
  if (commands_.empty() && at <= clock_.now().monotonic) return carry_out(std::move(command));
  commands_.emplace_back(at, std::move(command));
}

void FaultyProvider::carry_out(provider::Command command) {
  if (random_.below(10'000) < faults_->forced_close)
    sink_->post(provider::LineForcedClosed{static_cast<provider::LineNumber>(random_.below(2)),
                                           "simulated"});
  exchange_.submit(std::move(command));
}

void FaultyProvider::post(provider::Event event) {
  if (failed_) return;
  if (const auto* completed = std::get_if<provider::Completed>(&event))
    if (completed->call && random_.chance(faults_->lost_completion)) return;
  const auto last = events_.empty() ? std::chrono::nanoseconds(0) : events_.back().first;
  const auto at = arrival(last);
  if (events_.empty() && at <= clock_.now().monotonic) return sink_->post(std::move(event));
  events_.emplace_back(at, std::move(event));
}

std::optional<std::chrono::nanoseconds> FaultyProvider::next_deadline() const {
  if (failed_) return std::nullopt;
  auto next = exchange_.next_deadline();
  const auto sooner = [&](std::chrono::nanoseconds at) {
    if (!next || at < *next) next = at;
  };
  if (!commands_.empty()) sooner(commands_.front().first);
  if (!events_.empty()) sooner(events_.front().first);
  return next;
}

void FaultyProvider::advance(const Moment& now) {
  while (!failed_ && !commands_.empty() && commands_.front().first <= now.monotonic) {
    provider::Command command = std::move(commands_.front().second);
    commands_.pop_front();
    carry_out(std::move(command));
  }
  exchange_.advance(now);
  while (!failed_ && !events_.empty() && events_.front().first <= now.monotonic) {
    provider::Event event = std::move(events_.front().second);
    events_.pop_front();
    sink_->post(std::move(event));
  }
}

}  // namespace switchhook::simulator
