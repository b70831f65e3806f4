// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/shell.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/limits.hpp"

namespace switchhook::sip {

using std::chrono::milliseconds;

namespace {

milliseconds longest_t1(const Config& config) {
  milliseconds longest = usage::Settings{}.t1;
  for (const LineConfig& line : config.lines) longest = std::max(longest, line.t1);
  return longest;
}

}  // namespace

Shell::Shell(su_root_s* root, const Config& config, provider::Sink& sink,
             const Surroundings& around)
    : config_(config),
      sink_(sink),
      clock_(around.clock),
      udp_(around.udp),
      ports_(around.udp, config.bind_address, config.rtp_first, config.rtp_last),
      timers_([this] { return clock_.now().monotonic; }, [this](Timers::Time at) { wake(at); }),
      agent_({root, config_, ledger_, around.random, [this] { on_timer(); }}),
      dialogs_(around.random, timers_, 64 * longest_t1(config)),
      lines_({config_, agent_, agent_, sink, timers_, around.random, [this] { check_stopped(); },
              around.told}),
      calls_({config_, clock_, sink, lines_, dialogs_, ledger_, timers_, around.random, ports_,
              agent_}),
      orphans_({config_, clock_, sink, lines_, dialogs_, ledger_, timers_, around.random, ports_,
                agent_},
               calls_),
      tap_({config_, sink, clock_, agent_, lines_, dialogs_, calls_}) {}

Result<void> Shell::start() {
  if (Result<void> good = agent_.start({lines_, dialogs_, calls_, orphans_}); !good) return good;
  if (Result<void> good = tap_.start(); !good) return good;
  sweep_streams();
  lines_.start();
  return {};
}

void Shell::execute(const provider::Command& command) {
  std::visit([this](const auto& c) { on(c); }, command);
  check_stopped();
}

// ---- time

/// Wakes us at the first time that was asked for. One that was given up wakes us once for nothing.
void Shell::wake(Timers::Time at) {
  if (armed_ != Timers::Time{0} && armed_ <= at) return;
  armed_ = at;
  agent_.wake(at - timers_.now());
}

void Shell::on_timer() {
  armed_ = Timers::Time{0};
  const Timers::Time now = timers_.now();
  while (const std::optional<Timers::Key> key = timers_.take(now)) due(*key);
  agent_.destroy_retired();
  check_stopped();
  if (const std::optional<Timers::Time> next = timers_.next()) wake(*next);
}

void Shell::due(const Timers::Key& key) {
  switch (key.of) {
    case Timers::Of::call:
      return calls_.timer_due(key.owner, key.which);
    case Timers::Of::dialog_of_call:
    case Timers::Of::dialog_of_orphan: {
      const bool call = key.of == Timers::Of::dialog_of_call;
      const DialogId id{call ? DialogId::Of::call : DialogId::Of::orphan, key.owner, key.index};
      Dialog* dialog = dialogs_.find(id);
      if (dialog == nullptr) return;
      dialog->timer_over(key.which);
      return dialogs_.feed(id, usage::TimerDue{static_cast<usage::Timer>(key.which)});
    }
    case Timers::Of::line:
      return lines_.timer_over(static_cast<provider::LineNumber>(key.owner));
    case Timers::Of::provider:
      switch (static_cast<ProviderTimer>(key.which)) {
        case ProviderTimer::orphans:
          return orphans_.end_some();
        case ProviderTimer::streams:
          return sweep_streams();
        case ProviderTimer::stop_limit:
          // What is left is abandoned: the protocol allows no longer wait.
          calls_.give_up();
          orphans_.give_up();
          return lines_.give_up();
      }
  }
}

void Shell::sweep_streams() {
  if (stopped_) return;
  if (const auto after = agent_.sweep(Streams::Clock::time_point(timers_.now())))
    streams_ = timers_.set(ProviderTimer::streams, *after);
}

// ---- ledger and stop

void Shell::on(const provider::ReportLedger& report) {
  provider::LedgerReport out;
  out.token = report.token;
  for (const Resource resource :
       {Resource::provider_calls, Resource::dialogs, Resource::transactions, Resource::rtp_ports,
        Resource::descriptors, Resource::provider_timers})
    out.booked[static_cast<std::size_t>(resource)] = ledger_[resource].held();
  calls_.count(out.found);
  orphans_.count(out.found);
  out.found[static_cast<std::size_t>(Resource::rtp_ports)] = ports_.taken();
  out.found[static_cast<std::size_t>(Resource::descriptors)] =
      static_cast<std::int64_t>(udp_.open_count());
  // A registration's timer exists because of a line, not because of a session.
  out.found[static_cast<std::size_t>(Resource::provider_timers)] =
      timers_.count([](const Timers::Key& key) {
        return key.of != Timers::Of::line && key.of != Timers::Of::provider;
      });
  out.refusals = calls_.refusals();
  sink_.post(std::move(out));
}

void Shell::on(const provider::Stop&) {
  if (stopping_) return;
  stopping_ = true;
  stop_limit_ = timers_.set(ProviderTimer::stop_limit, limits::kProviderLinger);
  calls_.stop();
  lines_.stop();
}

void Shell::check_stopped() {
  if (!stopping_ || stopped_ || ledger_[Resource::dialogs].held() != 0 || lines_.registering())
    return;
  stopped_ = true;
  stop_limit_ = {};
  streams_ = {};
  sink_.post(provider::Stopped{});
}

}  // namespace switchhook::sip
