// SPDX-License-Identifier: Apache-2.0
#include "simulator/application.hpp"

#include <cstdio>
#include <utility>

namespace switchhook::simulator {
namespace {

/// Numbers that simulated applications dial: lines, all extensions, and some that are none.
const char* const kNumbers[] = {"100", "101", "110", "111", "200", "201",    "202", "203",
                                "204", "205", "206", "207", "999", "nobody", ""};
constexpr api::LineId kLines = 4;

std::string describe(api::CallId call) {
  return "call " + std::to_string(call.value);
}

}  // namespace

SimulatedApplication::SimulatedApplication(World world, std::string name, Habit habit)
    : world_(world), name_(std::move(name)), habit_(habit) {
  app_ = world_.host.attach({.name = name_, .user = "simulator", .process = 1}, *this);
}

void SimulatedApplication::accuse(const std::string& what) {
  world_.judge.accuse(name_ + ": " + what);
}

// ---- asking
// --------------------------------------------------------------------------------------

void SimulatedApplication::ask(api::Command command, api::OpenId open, api::CallId call) {
  const api::RequestId request = ++last_request_;
  Asked asked{command, open, false, false, call};
  if (call && !held_.contains(call)) asked.must_fail = true;
  if (world_.trace)
    std::printf("    %s asks %u: command %zu on %s\n", name_.c_str(), request, command.index(),
                describe(call).c_str());
  requests_.emplace(request, std::move(asked));
  world_.host.submit(app_, request, std::move(command));
}

void SimulatedApplication::ask_about(api::CallId call, api::Command command) {
  const auto held = held_.find(call);
  ask(std::move(command), held == held_.end() ? api::OpenId{} : held->second.open, call);
}

void SimulatedApplication::act() {
  if (gone_ || leaving_) return;
  Random& random = world_.random;
  if (habit_ == Habit::dying && random.chance(2)) return leave(true);
  if (openings_.size() < 2 || random.chance(20)) return open_or_call();
  if (habit_ == Habit::racing) return try_anything();
  if (held_.empty()) return open_or_call();
  auto chosen = held_.begin();
  std::advance(chosen, static_cast<std::ptrdiff_t>(random.below(held_.size())));
  react(chosen->first, chosen->second);
}

void SimulatedApplication::open_or_call() {
  Random& random = world_.random;
  if (openings_.empty() || random.chance(15)) {
    static constexpr std::uint8_t kPrivileges[] = {1, 2, 4, 6};
    static constexpr std::uint32_t kVersions[] = {0x00010004, api::kApiVersion20,
                                                  api::kApiVersionLatest};
    return ask(api::OpenLine{static_cast<api::LineId>(random.below(kLines)),
                             random.pick(kPrivileges), media::kVoice, random.pick(kVersions)});
  }
  auto chosen = openings_.begin();
  std::advance(chosen, static_cast<std::ptrdiff_t>(random.below(openings_.size())));
  if (random.chance(8)) return ask(api::CloseLine{chosen->first});
  if (random.chance(8)) return ask(api::GetNewCalls{chosen->first}, chosen->first);
  api::MakeCall call{.open = chosen->first, .address = random.pick(kNumbers)};
  if (random.chance(30)) call.no_answer_timeout = std::chrono::milliseconds(1 + random.below(3000));
  if (random.chance(20)) call.length_limit = std::chrono::milliseconds(1 + random.below(3000));
  if (random.chance(10)) call.user_info = UserInfo(random.below(200), 4);
  ask(std::move(call), chosen->first);
}

void SimulatedApplication::react(api::CallId call, const Held& held) {
  Random& random = world_.random;
  switch (held.state) {
    case CallState::offering:
      if (random.chance(30)) return ask_about(call, api::AcceptCall{call, {}});
      if (random.chance(20)) return ask_about(call, api::DropCall{call, DropReason::rejected, {}});
      return ask_about(call, api::AnswerCall{call, {}});
    case CallState::accepted:
      return ask_about(call, api::AnswerCall{call, {}});
    case CallState::connected:
      if (random.chance(20)) return ask_about(call, api::HoldCall{call});
      if (random.chance(10)) return ask_about(call, api::SendDigits{.call = call, .digits = "12"});
      if (random.chance(30)) return ask_about(call, api::DropCall{call});
      return ask_about(call, api::GetCall{call});
    case CallState::on_hold:
      return ask_about(call, api::UnholdCall{call});
    case CallState::disconnected:
      return ask_about(call, api::DropCall{call});
    case CallState::idle:
      if (habit_ == Habit::forgetful) return ask_about(call, api::GetCall{call});
      return ask_about(call, api::ReleaseCall{call});
    default:
      if (random.chance(20)) return ask_about(call, api::DropCall{call});
      return ask_about(call, api::GetCall{call});
  }
}

void SimulatedApplication::try_anything() {
  Random& random = world_.random;
  api::CallId call;
  if (!foreign_.empty() && random.chance(10))
    call = random.pick(foreign_);
  else if (!ever_held_.empty() && random.chance(80))
    call = random.pick(ever_held_);
  else
    call = api::CallId{random.chance(50) ? random.next() : random.below(64)};
  switch (random.below(13)) {
    case 0:
      return ask_about(call, api::AcceptCall{call, {}});
    case 1:
      return ask_about(call, api::AnswerCall{call, {}});
    case 2:
      return ask_about(call, api::DropCall{call, DropReason::no_answer, {}});
    case 3:
      return ask_about(call, api::ReleaseCall{call});
    case 4:
      return ask_about(call, api::HoldCall{call});
    case 5:
      return ask_about(call, api::UnholdCall{call});
    case 6:
      return ask_about(call, api::SetPrivilege{call, Privilege::owner});
    case 7:
      return ask_about(call, api::SetPrivilege{call, Privilege::monitor});
    case 8:
      return ask_about(call, api::HandOff{call, "app" + std::to_string(random.below(5)), 0});
    case 9:
      return ask_about(call, api::SendDigits{.call = call, .digits = "1#"});
    case 10:
      return ask_about(call, api::MonitorDigits{call, digits::kDtmf});
    case 11:
      return ask_about(call, api::SetAppSpecific{call, 7});
    default:
      return ask_about(call, api::GetCall{call});
  }
}

void SimulatedApplication::leave(bool vanish) {
  if (gone_ || leaving_) return;
  leaving_ = true;
  if (vanish) {
    gone_ = true;
    requests_.clear();
    if (world_.trace) std::printf("    %s vanishes\n", name_.c_str());
    return world_.host.detach(app_, "simulated death");
  }
  requests_.clear();  // suppressed by rule
  openings_.clear();
  held_.clear();
  ask(api::ShutDown{});
}

// ---- being told
// ----------------------------------------------------------------------------------

void SimulatedApplication::on_reply(api::Reply reply) {
  if (gone_) return accuse("a reply after it was gone");
  const auto found = requests_.find(reply.request);
  if (found == requests_.end())
    return accuse("a reply to request " + std::to_string(reply.request) +
                  ", which is not open (completed twice, or suppressed by rule)");
  if (reply.accepted_only) {
    if (std::exchange(found->second.accepted, true)) accuse("a request accepted twice");
    if (found->second.must_fail) accuse("a stale identifier was accepted");
    return;
  }
  const Asked asked = std::move(found->second);
  requests_.erase(found);
  if (asked.must_fail) {
    if (reply.result)
      accuse("a command succeeded on an identifier that it does not hold");
    else if (reply.result.error().code != Errc::stale_handle &&
             reply.result.error().code != Errc::reclaimed)
      accuse("a stale identifier got: " + reply.result.error().text());
    return;
  }
  if (!reply.result) {
    if (std::holds_alternative<api::GetCall>(asked.command) && held_.contains(asked.call))
      accuse("a held identifier does not answer: " + reply.result.error().text());
    return;
  }
  if (const auto* opened = std::get_if<api::OpenedLine>(&*reply.result)) {
    openings_.emplace(opened->open, std::get<api::OpenLine>(asked.command).api_version);
  } else if (const auto* made = std::get_if<api::MadeCall>(&*reply.result)) {
    take_identifier(made->call, asked.open);
  } else if (const auto* list = std::get_if<api::CallList>(&*reply.result)) {
    for (const api::CallId call : list->calls) take_identifier(call, asked.open);
  } else if (const auto* snapshot = std::get_if<api::CallSnapshot>(&*reply.result)) {
    check_snapshot(*snapshot);
  } else if (const auto* close = std::get_if<api::CloseLine>(&asked.command)) {
    forget_opening(close->open);
  } else if (std::holds_alternative<api::ReleaseCall>(asked.command)) {
    held_.erase(asked.call);
    if (openings_[asked.open] < api::kApiVersion20)  // suppressed by rule
      std::erase_if(requests_, [&](const auto& e) { return e.second.call == asked.call; });
  } else if (std::holds_alternative<api::ShutDown>(asked.command)) {
    gone_ = true;
  }
}

void SimulatedApplication::check_snapshot(const api::CallSnapshot& snapshot) {
  const auto held = held_.find(snapshot.call);
  if (held == held_.end()) return accuse("a snapshot of a call that it does not hold");
  const Record& record = snapshot.record;
  if (held->second.state_seen && record.state != held->second.state)
    accuse(describe(snapshot.call) + " is " + std::string(to_string(record.state)) +
           ", the last event said " + std::string(to_string(held->second.state)));
  const bool ended = record.state == CallState::idle || record.state == CallState::disconnected;
  if (ended != record.end.has_value())
    accuse(describe(snapshot.call) + (ended ? " ended without an end" : " has an end and lives"));
}

void SimulatedApplication::take_identifier(api::CallId call, api::OpenId open) {
  if (!call) return accuse("an identifier of zero");
  if (!world_.judge.identifiers.insert(call.value).second)
    accuse(describe(call) + " was given out before");
  held_.emplace(call, Held{.open = open});
  ever_held_.push_back(call);
}

void SimulatedApplication::forget_opening(api::OpenId open) {
  openings_.erase(open);
  std::erase_if(held_, [&](const auto& entry) { return entry.second.open == open; });
  std::erase_if(requests_, [&](const auto& entry) { return entry.second.open == open; });
}

void SimulatedApplication::on_event(api::Event event) {
  if (gone_) return accuse("an event after it was gone");
  if (leaving_) return accuse("an event after it asked to shut down");
  std::visit([this](const auto& e) { heard(e); }, event);
}

void SimulatedApplication::heard(const api::CallAppeared& event) {
  if (!openings_.contains(event.open)) accuse("a call appeared on a line that is not open");
  take_identifier(event.call, event.open);
}

void SimulatedApplication::heard(const api::CallStateChanged& event) {
  if (world_.trace)
    std::printf("      %s hears %s: %s\n", name_.c_str(), describe(event.call).c_str(),
                std::string(to_string(event.state)).c_str());
  world_.judge.hear(event.call.value ^ static_cast<std::uint64_t>(event.at.monotonic.count()));
  world_.judge.hear(static_cast<std::uint64_t>(event.state));
  const auto found = held_.find(event.call);
  if (found == held_.end()) return accuse("a state of " + describe(event.call) + ", not held");
  Held& held = found->second;
  if (held.idle_seen) accuse(describe(event.call) + " left idle");
  if (event.state == CallState::disconnected && std::exchange(held.disconnected_seen, true))
    accuse(describe(event.call) + " was disconnected twice");
  if (held.disconnected_seen && event.state != CallState::idle &&
      event.state != CallState::disconnected)
    accuse(describe(event.call) + " left disconnected, to " + std::string(to_string(event.state)));
  const bool over = event.state == CallState::idle || event.state == CallState::disconnected;
  if (over && (!event.cause || !event.origin))
    accuse(describe(event.call) + " ended without a cause or an origin");
  held.idle_seen = event.state == CallState::idle;
  held.state = event.state;
  held.state_seen = true;
}

void SimulatedApplication::heard(const api::LineClosed& event) {
  if (!openings_.contains(event.open)) accuse("a line closed that was not open");
  forget_opening(event.open);
}

void SimulatedApplication::heard(const api::CallReclaimed& event) {
  if (held_.erase(event.call) == 0) accuse("a call reclaimed that it did not hold");
}

template <typename T>
void SimulatedApplication::heard(const T& event) {
  if constexpr (requires { event.call; }) {
    const auto found = held_.find(event.call);
    if (found == held_.end()) return accuse("an event of " + describe(event.call) + ", not held");
    if (std::is_same_v<T, api::CallInfoChanged> && found->second.idle_seen)
      accuse(describe(event.call) + " changed its information after idle");
  } else if constexpr (requires { event.open; }) {
    if (!openings_.contains(event.open)) accuse("an event of a line that is not open");
  }
}

void SimulatedApplication::on_disconnected(const Error& why) {
  accuse("the service disconnected: " + why.text());
}

std::string SimulatedApplication::unanswered_names() const {
  std::string names;
  for (const auto& [request, asked] : requests_)
    names +=
        " " + std::to_string(request) + "(command " + std::to_string(asked.command.index()) + ")";
  return names;
}

}  // namespace switchhook::simulator
