// SPDX-License-Identifier: Apache-2.0
// The shell's frame: start, time, registrations, ledger, stop.
#include "providers/sip/shell.hpp"

#define NTA_AGENT_MAGIC_T switchhook::sip::Shell
#include <sofia-sip/nta.h>
#include <sofia-sip/su_wait.h>

#include <algorithm>
#include <functional>

#include "base/limits.hpp"
#include "providers/sip/net/wire.hpp"

namespace switchhook::sip {

using std::chrono::milliseconds;

namespace {

void due(su_root_magic_t*, su_timer_t*, su_timer_arg_t* arg) {
  reinterpret_cast<Shell*>(arg)->on_timer();
}
void before_poll(su_prepoll_magic_t* magic, su_root_t*) {
  reinterpret_cast<Shell*>(magic)->destroy_retired();
}

std::chrono::milliseconds longest_t1(const Config& config) {
  std::chrono::milliseconds longest = usage::Settings{}.t1;
  for (const LineConfig& line : config.lines) longest = std::max(longest, line.t1);
  return longest;
}

}  // namespace

Shell::Shell(su_root_s* root, const Config& config, provider::Sink& sink,
             const Surroundings& surroundings)
    : root_(root),
      config_(config),
      sink_(sink),
      clock_(surroundings.clock),
      udp_(surroundings.udp),
      ports_(surroundings.udp, config.bind_address, config.rtp_first, config.rtp_last),
      tombstones_(64 * longest_t1(config)),
      random_(surroundings.seed) {
  host_ = config_.bind_address.find(':') == std::string::npos ? config_.bind_address
                                                              : "[" + config_.bind_address + "]";
}

Shell::~Shell() {
  for (const std::unique_ptr<Line>& line : lines_) line->transaction.reset();
  calls_.for_each([](CallHandle, Call& call) {
    call.clients.clear();
    call.servers.clear();
    call.connection.take(nullptr);
  });
  destroy_retired();
  su_root_remove_prepoll(root_);
  if (timer_ != nullptr) su_timer_destroy(timer_);
  if (agent_ != nullptr) nta_agent_destroy(agent_);
}

Result<void> Shell::start() {
  if (Result<void> good = bind(); !good) return good;
  timer_ = su_timer_create(su_root_task(root_), 0);
  if (timer_ == nullptr) return {Errc::resource_unavailable, "no timer"};
  su_root_add_prepoll(root_, before_poll, reinterpret_cast<su_prepoll_magic_t*>(this));
  if ((config_.tcp || config_.tls) &&
      (config_.streams_max != 0 || config_.stream_first.count() != 0)) {
    std::vector<std::uint16_t> ports;
    if (config_.tcp) ports.push_back(port_);
    if (config_.tls) ports.push_back(tls_port_);
    streams_.emplace(Streams::Limits{config_.streams_max, config_.stream_first}, std::move(ports));
    sweep_streams();
  }
  for (const LineConfig& config : config_.lines) {
    const std::string own = own_address(config.transport);
    const auto number = static_cast<provider::LineNumber>(lines_.size());
    auto line = std::make_unique<Line>();
    line->config = config;
    const bool account = config.mode == LineMode::account;
    const std::string& towards = account ? config.registrar : config.peer;
    const std::size_t at = towards.rfind('@');
    std::string domain = towards.substr(at == std::string::npos ? towards.find(':') + 1 : at + 1);
    line->domain = towards.empty() ? own : domain.substr(0, domain.find_first_of(";?"));
    line->uri = !config.uri.empty() ? config.uri
                                    : "sip:" + config.name + "@" + (account ? line->domain : own);
    line->contact = contact_of(config.name, config.transport);
    line->settings.t1 = config.t1;
    line->settings.session_expires = config.session_expires;
    line->settings.min_se = config.min_se;
    line->settings.follow_refers = config.refer == ReferPolicy::follow;
    line->settings.credentials = {config.user.empty() ? config.name : config.user, config.password,
                                  config.realm};
    if (config.password.empty()) line->settings.credentials.user.clear();
    line->in_service = !account;
    const std::size_t colon = line->uri.find(':');
    line_by_user_.emplace(line->uri.substr(colon + 1, line->uri.find('@') - colon - 1), number);
    line_by_user_.emplace(config.name, number);

    LineInfo info;
    info.name = config.name;
    info.address = line->uri;
    info.provider = "sip";
    info.in_service = line->in_service;
    info.status = account ? "registering" : "listening on " + own;
    info.calls_max = config.calls_max;
    info.user_info_max = static_cast<std::uint16_t>(limits::kUserInfoBytes);
    if (account) {
      RegistrationSettings& settings = line->registration_settings;
      settings.registrar = config.registrar;
      settings.address = wire::name_addr(line->uri, config.display_name);
      settings.contact = line->contact;
      settings.call_id = std::to_string(random()) + "@" + own;
      settings.local_tag = std::to_string(random());
      settings.next_hop = config.outbound_proxy;
      settings.credentials = line->settings.credentials;
      settings.expires = config.expires;
      settings.t1 = config.t1;
      settings.entropy = random();
      line->registration = std::make_unique<Registration>(settings);
    }
    lines_.push_back(std::move(line));
    tell(provider::LineAdded{number, std::move(info)});
  }
  for (provider::LineNumber i = 0; i < lines_.size(); ++i)
    if (lines_[i]->registration) run_registration(i, Registration::Start{});
  return {};
}

void Shell::execute(const provider::Command& command) {
  std::visit([this](const auto& c) { on(c); }, command);
}

// ---- time

void Shell::add_deadline(const Deadline& deadline) {
  deadlines_.insert(deadline);
  ++booked_timers_;
  arm();
}

void Shell::remove_deadline(const Deadline& deadline) {
  if (deadlines_.erase(deadline) != 0) --booked_timers_;
}

void Shell::set_deadline(CallHandle handle, Call& call, std::uint8_t timer, milliseconds after) {
  clear_deadline(handle, call, timer);
  call.deadlines[timer] = now() + after;
  call.took(Resource::provider_timers);
  add_deadline({call.deadlines[timer], Owner::call, handle.value, timer});
}

void Shell::clear_deadline(CallHandle handle, Call& call, std::uint8_t timer) {
  if (call.deadlines[timer] == Clock::time_point{}) return;
  remove_deadline({call.deadlines[timer], Owner::call, handle.value, timer});
  call.deadlines[timer] = {};
}

/// Sets sofia's timer to the first deadline. One that was removed wakes us once for nothing.
void Shell::arm() {
  if (deadlines_.empty()) return;
  const Clock::time_point first = std::get<0>(*deadlines_.begin());
  if (armed_ != Clock::time_point{} && armed_ <= first) return;
  armed_ = first;
  const auto wait = std::chrono::ceil<milliseconds>(first - now()).count();
  su_timer_set_interval(timer_, due, reinterpret_cast<su_timer_arg_t*>(this),
                        static_cast<su_duration_t>(std::clamp<std::int64_t>(wait, 0, 3600000)));
}

void Shell::on_timer() {
  armed_ = {};
  const Clock::time_point at_most = now();
  while (!deadlines_.empty() && std::get<0>(*deadlines_.begin()) <= at_most) {
    const auto [at, owner, id, timer] = *deadlines_.begin();
    remove_deadline(*deadlines_.begin());
    switch (owner) {
      case Owner::call: {
        const CallHandle handle{id};
        Call* call = calls_.find(handle);
        if (call == nullptr) break;
        call->deadlines[timer] = {};
        if (timer == kFollowTimer) {
          on_follow_timer(handle, *call);
          break;
        }
        if (timer == kHoldTimer) {  // Hold or Unhold took too long for the engine
          call->hold_waits = false;
          if (call->hold_request != 0)
            complete(call->ref, std::exchange(call->hold_request, 0),
                     Error{Errc::timed_out, "the far end has not answered the re-INVITE yet"});
          break;
        }
        run(handle, usage::TimerDue{static_cast<usage::Timer>(timer)});
        break;
      }
      case Owner::line:
        run_registration(static_cast<provider::LineNumber>(id), Registration::TimerDue{});
        break;
      case Owner::shell:
        if (timer == kOrphansTimer) end_orphans();
        if (timer == kStreams) sweep_streams();
        if (timer == kStopLimit && !stopped_) {
          // What is left is given up: the wire was given longer than the protocol asks for.
          std::vector<CallHandle> left;
          calls_.for_each([&](CallHandle handle, Call& call) {
            if (call.usage) left.push_back(handle);
          });
          for (CallHandle handle : left)
            finish(handle, *calls_.find(handle), {Confirmation::unconfirmed, 0});
          for (const std::unique_ptr<Line>& line : lines_) line->registration.reset();
          check_stopped();
        }
        break;
    }
  }
  destroy_retired();
  arm();
}

void Shell::sweep_streams() {
  if (stopped_) return;
  add_deadline({now() + streams_->sweep(now()), Owner::shell, 0, kStreams});
}

// ---- registrations

void Shell::run_registration(provider::LineNumber number, const Registration::Input& input) {
  Line& line = *lines_[number];
  if (!line.registration) return;
  Registration::Outputs out;
  line.registration->apply(input, out);
  const auto clear = [&] {
    for (auto it = deadlines_.begin(); it != deadlines_.end(); ++it)
      if (std::get<1>(*it) == Owner::line && std::get<2>(*it) == number) {
        remove_deadline(*it);
        return;
      }
  };
  bool stopped = false;
  for (const Registration::Output& output : out) {
    if (const auto* send = std::get_if<Registration::SendRegister>(&output)) {
      send_register(line, number, *send);
    } else if (std::get_if<Registration::Forget>(&output) != nullptr) {
      retire(std::move(line.transaction));
    } else if (const auto* set = std::get_if<Registration::SetTimer>(&output)) {
      clear();
      add_deadline({now() + set->after, Owner::line, number, 0});
    } else if (std::get_if<Registration::ClearTimer>(&output) != nullptr) {
      clear();
    } else if (const auto* status = std::get_if<Registration::Status>(&output)) {
      line.in_service = status->registered;
      tell(provider::LineStatus{number, status->registered, status->words});
    } else {
      stopped = true;
    }
  }
  if (stopped) {
    line.registration.reset();
    check_stopped();
  }
}

// ---- ledger and stop

std::size_t Shell::bytes_per_call() {
  return sizeof(Call) + sizeof(usage::Usage) + std::size_t{RtpPorts::kReceiveBytes};
}

void Shell::on(const provider::ReportLedger& report) {
  provider::LedgerReport out;
  out.token = report.token;
  const auto slot = [](auto& table, Resource resource) -> std::int64_t& {
    return table[static_cast<std::size_t>(resource)];
  };
  slot(out.booked, Resource::provider_calls) = booked_calls_;
  slot(out.booked, Resource::dialogs) = booked_dialogs_;
  slot(out.booked, Resource::transactions) = booked_transactions_;
  slot(out.booked, Resource::rtp_ports) = booked_ports_;
  slot(out.booked, Resource::descriptors) = booked_ports_;
  std::int64_t lines_timers = 0;
  calls_.for_each([&](CallHandle, Call& call) {
    if (call.orphan == 0 && !call.leg) ++slot(out.found, Resource::provider_calls);
    if (call.usage) ++slot(out.found, Resource::dialogs);
    slot(out.found, Resource::transactions) +=
        static_cast<std::int64_t>(call.clients.size() + call.servers.size());
  });
  slot(out.found, Resource::rtp_ports) = ports_.taken();
  slot(out.found, Resource::descriptors) = static_cast<std::int64_t>(udp_.open_count());
  for (const Deadline& deadline : deadlines_) {
    if (std::get<1>(deadline) == Owner::call) {
      ++slot(out.found, Resource::provider_timers);
    } else {
      ++lines_timers;
    }
  }
  // A registration's timer exists because of a line, not because of a session.
  slot(out.booked, Resource::provider_timers) = booked_timers_ - lines_timers;
  tell(out);
}

void Shell::on(const provider::Stop&) {
  if (stopping_) return;
  stopping_ = true;
  add_deadline({now() + limits::kProviderLinger, Owner::shell, 0, kStopLimit});
  std::vector<CallHandle> all;
  calls_.for_each([&](CallHandle handle, Call&) { all.push_back(handle); });
  for (CallHandle handle : all)
    if (Call* call = calls_.find(handle); call != nullptr && call->usage)
      end_by_command(handle, *call, provider::DropWhy::stopping, {});
  for (provider::LineNumber i = 0; i < lines_.size(); ++i)
    run_registration(i, Registration::Stop{});
  check_stopped();
}

void Shell::check_stopped() {
  if (!stopping_ || stopped_ || booked_dialogs_ != 0) return;
  for (const std::unique_ptr<Line>& line : lines_)
    if (line->registration) return;
  stopped_ = true;
  for (auto it = deadlines_.begin(); it != deadlines_.end();) {
    const Deadline deadline = *it++;
    if (std::get<1>(deadline) == Owner::shell) remove_deadline(deadline);
  }
  tell(provider::Stopped{});
}

}  // namespace switchhook::sip
