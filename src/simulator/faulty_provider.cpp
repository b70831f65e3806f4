// SPDX-License-Identifier: Apache-2.0
#include "simulator/faulty_provider.hpp"

#include <algorithm>
#include <utility>

namespace switchhook::simulator {

FaultyProvider::FaultyProvider(const base::Clock& clock, Random random,
                               std::shared_ptr<Faults> faults, exchange::Config config)
    : clock_(clock),
      random_(random),
      faults_(std::move(faults)),
      exchange_(clock, std::move(config)) {}

Result<void> FaultyProvider::start(provider::Sink& sink) {
  sink_ = &sink;
  return exchange_.start(*this);
}

std::chrono::nanoseconds FaultyProvider::arrival(std::chrono::nanoseconds not_before) {
  auto at = clock_.now().monotonic;
  if (random_.chance(faults_->delay)) {
    ++faults_->injected;
    at += std::chrono::microseconds(random_.below(300'000));
  }
  return std::max(at, not_before);  // nothing overtakes what went before it
}

void FaultyProvider::submit(provider::Command command) {
  if (failed_) return;
  if (random_.below(10'000) < faults_->failure) {
    failed_ = true;
    ++faults_->injected;
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
  if (random_.below(10'000) < faults_->forced_close) {
    ++faults_->injected;
    sink_->post(provider::LineForcedClosed{static_cast<provider::LineNumber>(random_.below(2)),
                                           "simulated"});
  }
  if (const auto* make = std::get_if<provider::MakeCall>(&command)) calls_.push_back(make->call);
  if (const auto* trace = std::get_if<provider::Trace>(&command)) trace_ = *trace;
  if (trace_.on && random_.chance(30)) show_message();
  if (random_.below(10'000) < faults_->wild) say_something();
  if (std::holds_alternative<provider::Drop>(command) && random_.chance(faults_->lost_drop)) {
    ++faults_->injected;
    return;
  }
  exchange_.submit(std::move(command));
}

/// What a provider may say at any time, however unlikely it is.
void FaultyProvider::say_something() {
  if (calls_.empty()) return;
  ++faults_->injected;
  const provider::CallRef call = random_.pick(calls_);
  switch (random_.below(6)) {
    case 0:
      return post(provider::InfoChanged{.call = call, .connected = Party{"1", "one"}});
    case 1:
      return post(provider::DigitReceived{call, '5', digits::kDtmf});
    case 2:
      if (random_.chance(20)) exchange_.submit(provider::CloseCall{call});  // it loses the call
      return;
    default: {
      provider::StateChanged changed{
          .call = call, .state = static_cast<CallState>(random_.below(kCallStateCount))};
      const bool ends =
          changed.state == CallState::disconnected || changed.state == CallState::idle;
      if (ends && random_.chance(80)) return;  // or hardly anything lives for long
      changed.detail = static_cast<std::uint8_t>(random_.below(2));
      if (changed.state == CallState::disconnected) changed.cause = Cause{};
      return post(std::move(changed));
    }
  }
}

/// A message of the network that it has not.
void FaultyProvider::show_message() {
  provider::Traced traced{.message = {.at = clock_.now(), .call_id = "x", .text = "blanked"}};
  if (!calls_.empty()) traced.call = random_.pick(calls_);
  if (trace_.secrets) traced.secret = "secret";
  post(std::move(traced));
}

void FaultyProvider::hand_over(provider::Event event) {
  if (const auto* made = std::get_if<provider::NewCall>(&event)) calls_.push_back(made->call);
  if (const auto* ended = std::get_if<provider::Ended>(&event)) std::erase(calls_, ended->call);
  sink_->post(std::move(event));
}

void FaultyProvider::post(provider::Event event) {
  if (failed_) return;
  if (const auto* completed = std::get_if<provider::Completed>(&event))
    if (completed->call && random_.chance(faults_->lost_completion)) {
      ++faults_->injected;
      return;
    }
  const auto last = events_.empty() ? std::chrono::nanoseconds(0) : events_.back().first;
  const auto at = arrival(last);
  if (events_.empty() && at <= clock_.now().monotonic) return hand_over(std::move(event));
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
  if (random_.below(10'000) < faults_->wild) say_something();
  while (!failed_ && !commands_.empty() && commands_.front().first <= now.monotonic) {
    provider::Command command = std::move(commands_.front().second);
    commands_.pop_front();
    carry_out(std::move(command));
  }
  exchange_.advance(now);
  while (!failed_ && !events_.empty() && events_.front().first <= now.monotonic) {
    provider::Event event = std::move(events_.front().second);
    events_.pop_front();
    hand_over(std::move(event));
  }
}

}  // namespace switchhook::simulator
