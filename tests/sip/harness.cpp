// SPDX-License-Identifier: Apache-2.0
#include "tests/sip/harness.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "daemon/sip_process.hpp"

namespace switchhook::sip::test {

using provider::CallRef;
using provider::Event;

namespace {

template <typename What>
const What* as(const Event& event, CallRef call) {
  const What* what = std::get_if<What>(&event);
  return what != nullptr && what->call == call ? what : nullptr;
}

}  // namespace

void Recorder::post(Event event) {
  {
    base::Lock lock(mutex_);
    events_.push_back(std::move(event));
  }
  changed_.notify_all();
}

bool Recorder::wait(const std::function<bool(const std::vector<Event>&)>& wanted) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  base::Lock lock(mutex_);
  while (!wanted(events_))
    if (changed_.wait_until(mutex_, until) == std::cv_status::timeout) return wanted(events_);
  return true;
}

std::vector<Event> Recorder::events() const {
  base::Lock lock(mutex_);
  return events_;
}

Config test_config() {
  Config config;
  config.port = 0;
  config.rtp_first = config.rtp_last = 0;
  for (LineConfig& line : config.lines) line.t1 = std::chrono::milliseconds(50);
  return config;
}

namespace {

/// With SWITCHHOOK_SIP_PROCESS, all that goes through the harness goes through a process, too: it
/// names a switchhookd.
std::unique_ptr<provider::Provider> provider_for(Config config) {
  const char* program = std::getenv("SWITCHHOOK_SIP_PROCESS");
  if (program == nullptr) return make_provider(std::move(config));
  return daemon::make_sip_process(std::move(config), program, {}, {});
}

}  // namespace

Bench::Bench(Config config, bool keeps_recovery) : provider_(provider_for(std::move(config))) {
  if (keeps_recovery) sink_.keep_recovery();
  if (Result<void> good = provider_->start(sink_); !good) {
    start_error_ = good.error().text();
    return;
  }
  for (const Event& event : sink_.events())
    if (const auto* line = std::get_if<provider::LineAdded>(&event)) {
      const std::string& listens = line->info.listens;
      port_ = static_cast<std::uint16_t>(std::stoul(listens.substr(listens.rfind(':') + 1)));
      provider_->submit(provider::OpenLine{line->line});
    }
  static_cast<void>(ledger());  // it has heard of that
}

Bench::~Bench() = default;

std::optional<Error> Bench::completion(provider::RequestNumber request) {
  std::optional<Error> error;
  const bool came = sink_.wait([&](const std::vector<Event>& events) {
    for (const Event& event : events)
      if (const auto* done = std::get_if<provider::Completed>(&event);
          done != nullptr && done->request == request) {
        error = done->error;
        return true;
      }
    return false;
  });
  if (!came) return Error{Errc::timed_out, "request never completed"};
  return error;
}

std::optional<Error> Bench::request(provider::Command command, provider::RequestNumber number) {
  provider_->submit(std::move(command));
  return completion(number);
}

CallRef Bench::make_call_async(provider::LineNumber line, const std::string& address,
                               UserInfo user_info) {
  const CallRef call{++last_ref_};
  provider_->submit(provider::MakeCall{.call = call,
                                       .request = next_request(),
                                       .line = line,
                                       .address = address,
                                       .user_info = std::move(user_info)});
  return call;
}

CallRef Bench::make_call(provider::LineNumber line, const std::string& address,
                         UserInfo user_info) {
  const CallRef call = make_call_async(line, address, std::move(user_info));
  const std::optional<Error> error = completion(last_request_);
  EXPECT_FALSE(error) << error->text();
  return call;
}

std::optional<Error> Bench::accept(CallRef call) {
  const auto number = next_request();
  return request(provider::Accept{.call = call, .request = number}, number);
}
std::optional<Error> Bench::answer(CallRef call, UserInfo user_info) {
  const auto number = next_request();
  return request(
      provider::Answer{.call = call, .request = number, .user_info = std::move(user_info)}, number);
}
std::optional<Error> Bench::drop(CallRef call, provider::DropWhy why, UserInfo user_info) {
  const auto number = next_request();
  return request(
      provider::Drop{
          .call = call, .request = number, .why = why, .user_info = std::move(user_info)},
      number);
}
std::optional<Error> Bench::hold(CallRef call) {
  const auto number = next_request();
  return request(provider::Hold{.call = call, .request = number}, number);
}
std::optional<Error> Bench::unhold(CallRef call) {
  const auto number = next_request();
  return request(provider::Unhold{.call = call, .request = number}, number);
}
void Bench::close(CallRef call) {
  provider_->submit(provider::CloseCall{call});
}

CallRef Bench::incoming(provider::LineNumber line, std::size_t n) {
  CallRef found;
  const bool came = sink_.wait([&](const std::vector<Event>& events) {
    std::size_t seen = 0;
    for (const Event& event : events)
      if (const auto* call = std::get_if<provider::NewCall>(&event);
          call != nullptr && call->line == line && seen++ == n) {
        found = call->call;
        return true;
      }
    return false;
  });
  EXPECT_TRUE(came) << "no incoming call " << n << " on line " << line;
  return found;
}

provider::NewCall Bench::new_call(CallRef call) {
  for (const Event& event : sink_.events())
    if (const auto* found = as<provider::NewCall>(event, call)) return *found;
  return {};
}

bool Bench::reaches(CallRef call, CallState state) {
  return sink_.wait([&](const std::vector<Event>& events) {
    return std::any_of(events.begin(), events.end(), [&](const Event& event) {
      const auto* changed = as<provider::StateChanged>(event, call);
      return changed != nullptr && changed->state == state;
    });
  });
}

bool Bench::settles(CallRef call, CallState state) {
  return sink_.wait([&](const std::vector<Event>& events) {
    const provider::StateChanged* last = nullptr;
    for (const Event& event : events)
      if (const auto* changed = as<provider::StateChanged>(event, call)) last = changed;
    return last != nullptr && last->state == state;
  });
}

provider::StateChanged Bench::last_state(CallRef call, CallState state) {
  EXPECT_TRUE(reaches(call, state));
  provider::StateChanged out;
  for (const Event& event : sink_.events())
    if (const auto* changed = as<provider::StateChanged>(event, call);
        changed != nullptr && changed->state == state)
      out = *changed;
  return out;
}

std::vector<CallState> Bench::states(CallRef call) const {
  std::vector<CallState> out;
  for (const Event& event : sink_.events())
    if (const auto* changed = as<provider::StateChanged>(event, call))
      out.push_back(changed->state);
  return out;
}

Cause Bench::cause(CallRef call) {
  const provider::StateChanged changed = last_state(call, CallState::disconnected);
  EXPECT_TRUE(changed.cause);
  return changed.cause.value_or(Cause{});
}

provider::Ended Bench::ended(CallRef call) {
  provider::Ended out;
  EXPECT_TRUE(sink_.wait([&](const std::vector<Event>& events) {
    for (const Event& event : events)
      if (const auto* ended = as<provider::Ended>(event, call)) {
        out = *ended;
        return true;
      }
    return false;
  })) << "Ended never came";
  return out;
}

std::size_t Bench::count_ended(CallRef call) const {
  std::size_t out = 0;
  for (const Event& event : sink_.events())
    if (as<provider::Ended>(event, call) != nullptr) ++out;
  return out;
}

std::optional<UserInfo> Bench::user_info(CallRef call) {
  std::optional<UserInfo> out;
  for (const Event& event : sink_.events())
    if (const auto* info = as<provider::InfoChanged>(event, call); info && info->user_info)
      out = info->user_info;
  return out;
}

std::optional<Error> Bench::failed(CallRef call) {
  for (const Event& event : sink_.events())
    if (const auto* done = as<provider::Completed>(event, call); done && done->error)
      return done->error;
  return std::nullopt;
}

bool Bench::line_status(provider::LineNumber line, bool in_service) {
  return sink_.wait([&](const std::vector<Event>& events) {
    return std::any_of(events.begin(), events.end(), [&](const Event& event) {
      const auto* status = std::get_if<provider::LineStatus>(&event);
      return status != nullptr && status->line == line && status->in_service == in_service;
    });
  });
}

provider::LedgerReport Bench::ledger() {
  const std::uint64_t token = ++last_token_;
  provider_->submit(provider::ReportLedger{token});
  provider::LedgerReport out;
  EXPECT_TRUE(sink_.wait([&](const std::vector<Event>& events) {
    for (const Event& event : events)
      if (const auto* report = std::get_if<provider::LedgerReport>(&event);
          report != nullptr && report->token == token) {
        out = *report;
        return true;
      }
    return false;
  }));
  return out;
}

void Bench::expect_empty() {
  std::set<CallRef> closed;
  // A call may still be born of an INVITE that was on its way: until no new one has come.
  for (bool more = true; more;) {
    more = false;
    std::set<CallRef> born;
    for (const Event& event : sink_.events()) {
      if (const auto* call = std::get_if<provider::NewCall>(&event)) born.insert(call->call);
      if (const auto* changed = std::get_if<provider::StateChanged>(&event))
        born.insert(changed->call);
    }
    for (CallRef call : born) {
      if (!closed.insert(call).second) continue;
      more = true;
      close(call);
    }
    for (CallRef call : born) {
      ended(call);
      EXPECT_EQ(count_ended(call), 1u);
    }
  }
  const provider::LedgerReport report = ledger();
  for (std::size_t i = 0; i < kResourceCount; ++i) {
    EXPECT_EQ(report.booked[i], 0) << to_string(static_cast<Resource>(i)) << " booked";
    EXPECT_EQ(report.found[i], 0) << to_string(static_cast<Resource>(i)) << " found";
  }
}

bool Bench::stop() {
  provider_->submit(provider::Stop{});
  return sink_.wait([](const std::vector<Event>& events) {
    return std::any_of(events.begin(), events.end(), [](const Event& event) {
      return std::holds_alternative<provider::Stopped>(event);
    });
  });
}

UserInfo bytes(const std::string& text) {
  return UserInfo(text.begin(), text.end());
}

}  // namespace switchhook::sip::test
