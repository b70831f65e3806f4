// SPDX-License-Identifier: Apache-2.0
#include "simulator/sip/far_end.hpp"

#include <utility>
#include <variant>

namespace switchhook::simulator {

using std::chrono::milliseconds;

namespace {

/// What a telephone does when it is called; its number says which.
enum class Manner : std::uint8_t {
  answers,
  answers_late,
  busy,
  rings_for_ever,
  answers_and_hangs_up,
  unpredictable,
  holds,
  refuses_late,
};

sip::Config with_telephones(sip::Config config) {
  const sip::LineConfig model = config.lines.front();
  config.lines.clear();
  for (int i = 0; i < FarEnd::kTelephones; ++i) {
    sip::LineConfig line = model;
    line.name = std::to_string(200 + i);
    line.reject_code = i % 2 == 0 ? 486 : 603;
    config.lines.push_back(std::move(line));
  }
  return config;
}

}  // namespace

FarEnd::FarEnd(World world, Random random, int host, sip::Config config,
               std::vector<std::string> callees)
    : world_(world),
      random_(random),
      words_(random_.fork()),
      loop_(world.clock, world.network, host, random_.fork()),
      callees_(std::move(callees)) {
  provider::Sink& sink = *this;
  const sip::Shell::Surroundings around{world.time, udp_, words_};
  shell_ =
      std::make_unique<sip::Shell>(loop_.root(), with_telephones(std::move(config)), sink, around);
  if (const Result<void> started = shell_->start(); !started)
    world_.violations.report(Invariant::both_ends_end, "no far end: " + started.error().text());
  for (provider::LineNumber line = 0; line < provider::LineNumber{kTelephones}; ++line)
    shell_->execute(provider::OpenLine{line});
}

FarEnd::~FarEnd() {
  world_.clock.cancel(next_call_);
  loop_.dead = true;
}

/// One command, some time from now.
void FarEnd::after(std::uint64_t longest_ms, provider::Command command) {
  world_.clock.after(milliseconds(random_.below(longest_ms + 1)),
                     [this, command = std::move(command)] { shell_->execute(command); });
}

void FarEnd::begin() {
  next_call_ = world_.clock.after(milliseconds(random_.below(6000)), [this] {
    call_somebody();
    begin();
  });
}

void FarEnd::call_somebody() {
  const provider::CallRef ref{++last_call_};
  const auto line = static_cast<provider::LineNumber>(random_.below(kTelephones));
  calls_[ref.value] = {.line = line};
  shell_->execute(provider::MakeCall{
      .call = ref, .request = ++last_request_, .line = line, .address = random_.pick(callees_)});
  if (random_.chance(40)) after(4000, provider::Drop{ref, ++last_request_});  // thinks better of it
}

void FarEnd::calm() {
  calm_ = true;
  world_.clock.cancel(next_call_);
  for (const auto& [number, call] : calls_)
    if (!call.connected && !call.over)
      after(5000, provider::Drop{provider::CallRef{number}, ++last_request_});
}

void FarEnd::poll() {
  if (loop_.before_poll) loop_.before_poll();
}

// ---- what its shell tells

void FarEnd::post(provider::Event event) {
  if (const auto* call = std::get_if<provider::NewCall>(&event)) return on(*call);
  if (const auto* change = std::get_if<provider::StateChanged>(&event)) return on(*change);
  if (const auto* ended = std::get_if<provider::Ended>(&event)) return on(*ended);
  if (const auto* ledger = std::get_if<provider::LedgerReport>(&event)) ledger_ = *ledger;
  const auto* completed = std::get_if<provider::Completed>(&event);
  if (completed == nullptr || !completed->error) return;
  const auto found = calls_.find(completed->call.value);
  // A call that never was: nothing else comes of it.
  if (found != calls_.end() && !found->second.incoming && !found->second.connected &&
      completed->error->code == Errc::call_unavailable)
    calls_.erase(found);
}

void FarEnd::on(const provider::NewCall& call) {
  calls_[call.call.value] = {.line = call.line, .incoming = true};
  const provider::Command answer = provider::Answer{call.call, ++last_request_, {}};
  const provider::Command refuse =
      provider::Drop{call.call, ++last_request_, provider::DropWhy::rejected, {}};
  if (calm_) return after(1000, refuse);
  switch (static_cast<Manner>(call.line)) {
    case Manner::answers:
    case Manner::holds:
      return after(20, answer);
    case Manner::answers_late:
    case Manner::answers_and_hangs_up:
      return after(5000, answer);
    case Manner::busy:
      return after(0, refuse);
    case Manner::rings_for_ever:
      return;
    case Manner::unpredictable:
      if (random_.chance(60)) after(3000, answer);
      if (random_.chance(40)) after(3000, refuse);
      return;
    case Manner::refuses_late:
      return after(4000, refuse);
  }
}

void FarEnd::on(const provider::StateChanged& change) {
  const auto found = calls_.find(change.call.value);
  if (found == calls_.end()) return;
  Call& call = found->second;
  if (change.state == CallState::connected && !std::exchange(call.connected, true))
    talk(change.call, call);
  if (fair_ && change.cause && change.cause->words == "the answer was never acknowledged")
    world_.violations.report(Invariant::acknowledged_without_faults, "a far end's answer");
  if (change.state != CallState::disconnected && change.state != CallState::idle) return;
  call.over = true;
  if (!std::exchange(call.closed, true)) after(2000, provider::CloseCall{change.call});
}

void FarEnd::talk(provider::CallRef ref, const Call& call) {
  const auto manner = static_cast<Manner>(call.line);
  if (manner == Manner::holds) {
    after(3000, provider::Hold{ref, ++last_request_});
    after(6000, provider::Unhold{ref, ++last_request_});
  }
  if (manner == Manner::answers_and_hangs_up)
    after(3000, provider::Drop{ref, ++last_request_});
  else if (random_.chance(40))
    after(20'000, provider::Drop{ref, ++last_request_});
}

void FarEnd::on(const provider::Ended& ended) {
  const auto found = calls_.find(ended.call.value);
  if (found == calls_.end())
    return world_.violations.report(Invariant::both_ends_end, "a far end's call ended twice");
  if (!found->second.over)
    world_.violations.report(Invariant::both_ends_end, "a far end's call ended without being over");
  calls_.erase(found);
}

void FarEnd::check_over() {
  for (const auto& [number, call] : calls_)
    world_.violations.report(Invariant::both_ends_end,
                             "the far end " + std::to_string(200 + call.line) + " still has call " +
                                 std::to_string(number) +
                                 (call.over ? ", which is over" : ", and talks on"));
  shell_->execute(provider::ReportLedger{1});
  for (std::size_t i = 0; i < kResourceCount; ++i)
    if (ledger_.booked[i] != 0 || ledger_.found[i] != 0)
      world_.violations.report(Invariant::both_ends_end,
                               "the far end keeps " + std::to_string(ledger_.booked[i]) + " " +
                                   std::string(to_string(static_cast<Resource>(i))) + ", found " +
                                   std::to_string(ledger_.found[i]));
}

}  // namespace switchhook::simulator
