// SPDX-License-Identifier: Apache-2.0
#include "simulator/application.hpp"

#include <utility>

#include "base/limits.hpp"
#include "simulator/words.hpp"

namespace switchhook::simulator {
namespace {

/// Numbers that simulated applications dial: lines, all extensions, and some that are none.
const char* const kNumbers[] = {"100", "101", "110", "111", "200", "201",    "202", "203",
                                "204", "205", "206", "207", "999", "nobody", ""};

}  // namespace

SimulatedApplication::SimulatedApplication(World world, std::string name, Habit habit)
    : world_(std::move(world)),
      witness_(world_.violations, std::move(name), world_.entrance.distant()),
      habit_(habit) {
  if (world_.role == api::Role::user) witness_.runs_as_user(world_.user);
  app_ = world_.entrance.attach({.name = witness_.name(),
                                 .user = "simulator " + std::to_string(world_.user),
                                 .process = 1,
                                 .role = world_.role,
                                 .uid = world_.user},
                                *this);
}

void SimulatedApplication::note(bool to_service, const std::string& what) {
  if (world_.ladder == nullptr) return;
  const auto at = world_.clock.now().monotonic;
  if (to_service)
    world_.ladder->note(at, witness_.name(), "engine", what);
  else
    world_.ladder->note(at, "engine", witness_.name(), what);
}

// ---- asking

void SimulatedApplication::ask(api::Command command) {
  const api::RequestId request = ++last_request_;
  if (world_.ladder != nullptr) note(true, std::to_string(request) + " " + words_of(command));
  witness_.asked(request, command);
  world_.entrance.submit(app_, request, std::move(command));
}

void SimulatedApplication::act(Random& random) {
  if (witness_.leaving()) return;
  if (habit_ == Habit::dying && random.chance(2)) return leave(true);
  if (habit_ == Habit::frozen && random.chance(60)) return;
  if (witness_.openings().size() < 2 || random.chance(20)) return open_or_call(random);
  if (habit_ == Habit::racing || habit_ == Habit::hostile) return try_anything(random);
  const auto& held = witness_.held();
  if (held.empty()) return open_or_call(random);
  auto chosen = held.begin();
  std::advance(chosen, static_cast<std::ptrdiff_t>(random.below(held.size())));
  react(random, chosen->first, chosen->second.state);
}

void SimulatedApplication::open_or_call(Random& random) {
  const auto& openings = witness_.openings();
  if (openings.empty() || random.chance(15)) {
    static constexpr std::uint8_t kPrivileges[] = {1, 2, 4, 6};
    static constexpr std::uint32_t kVersions[] = {0x00010004, api::kApiVersion20,
                                                  api::kApiVersionLatest};
    return ask(api::OpenLine{a_line(random), random.pick(kPrivileges), media::kVoice,
                             random.pick(kVersions)});
  }
  auto chosen = openings.begin();
  std::advance(chosen, static_cast<std::ptrdiff_t>(random.below(openings.size())));
  if (random.chance(8)) return ask(api::CloseLine{chosen->first});
  if (random.chance(8)) return ask(api::GetNewCalls{chosen->first});
  api::MakeCall call{.open = chosen->first, .address = number(random)};
  if (random.chance(30)) call.no_answer_timeout = std::chrono::milliseconds(1 + random.below(3000));
  if (random.chance(20)) call.length_limit = std::chrono::milliseconds(1 + random.below(3000));
  if (random.chance(10)) call.user_info = UserInfo(random.below(200), 4);
  ask(std::move(call));
}

void SimulatedApplication::react(Random& random, api::CallId call, CallState state) {
  switch (state) {
    case CallState::offering:
      if (random.chance(30)) return ask(api::AcceptCall{call, {}});
      if (random.chance(20)) return ask(api::DropCall{call, DropReason::rejected, {}});
      return ask(api::AnswerCall{call, {}});
    case CallState::accepted:
      return ask(api::AnswerCall{call, {}});
    case CallState::connected:
      if (random.chance(20)) return ask(api::HoldCall{call});
      if (random.chance(10)) return ask(api::SendDigits{.call = call, .digits = "12"});
      if (random.chance(10)) return transfer(random, call);
      if (random.chance(30)) return ask(api::DropCall{call});
      return ask(api::GetCall{call});
    case CallState::on_hold:
      if (random.chance(20)) return transfer(random, call);
      if (random.chance(30)) return swap(random, call);
      return ask(api::UnholdCall{call});
    case CallState::conferenced:
      if (random.chance(50)) return swap(random, call);
      return ask(api::GetCall{call});
    case CallState::disconnected:
      return ask(api::DropCall{call});
    case CallState::idle:
      if (habit_ == Habit::forgetful) return ask(api::GetCall{call});
      return ask(api::ReleaseCall{call});
    default:
      if (random.chance(20)) return ask(api::DropCall{call});
      if (random.chance(10)) return ask(api::ReleaseCall{call});
      return ask(api::GetCall{call});
  }
}

void SimulatedApplication::try_anything(Random& random) {
  const auto& ever_held = witness_.ever_held();
  api::CallId call;
  if (!foreign_.empty() && random.chance(10))
    call = random.pick(foreign_);
  else if (!ever_held.empty() && random.chance(80))
    call = random.pick(ever_held);
  else
    call = api::CallId{random.chance(50) ? random.next() : random.below(64)};
  if (habit_ == Habit::hostile && random.chance(20)) return insult(random, call);
  switch (random.below(18)) {
    case 0:
      return ask(api::AcceptCall{call, {}});
    case 1:
      return ask(api::AnswerCall{call, {}});
    case 2:
      return ask(api::DropCall{call, DropReason::no_answer, {}});
    case 3:
      return ask(api::ReleaseCall{call});
    case 4:
      return ask(api::HoldCall{call});
    case 5:
      return ask(api::UnholdCall{call});
    case 6:
      return ask(api::SetPrivilege{call, Privilege::owner});
    case 7:
      return ask(api::SetPrivilege{call, Privilege::monitor});
    case 8:
      return ask(api::HandOff{call, "app" + std::to_string(random.below(5)), 0});
    case 9:
      return ask(api::SendDigits{.call = call, .digits = "1#"});
    case 10:
      return ask(api::MonitorDigits{call, digits::kDtmf});
    case 11:
      return ask(api::SetAppSpecific{call, 7});
    case 12:
      return ask(api::ReleaseUserInfo{call});
    case 13:
      return ask(api::SendDigits{.call = call, .digits = ""});
    case 14:
      return transfer(random, call);
    case 15:
      return swap(random, call);
    case 16:
      return trace(random);
    default:
      if (habit_ == Habit::hostile && !sessions_.empty()) return ask(api::HangUp{sessions_.back()});
      return ask(api::GetCall{call});
  }
}

api::LineId SimulatedApplication::a_line(Random& random) const {
  if (world_.favourites != 0 && random.chance(50))
    return static_cast<api::LineId>(world_.lines - 1 - random.below(world_.favourites));
  return static_cast<api::LineId>(random.below(world_.lines));
}

std::string SimulatedApplication::number(Random& random) const {
  if (!world_.numbers.empty() && random.chance(60)) return random.pick(world_.numbers);
  return random.pick(kNumbers);
}

/// To a number, or to a call that it may hold.
void SimulatedApplication::transfer(Random& random, api::CallId call) {
  const auto& held = witness_.held();
  if (held.empty() || random.chance(50))
    return ask(api::TransferCall{.call = call, .address = number(random)});
  auto with = held.begin();
  std::advance(with, static_cast<std::ptrdiff_t>(random.below(held.size())));
  ask(api::TransferCall{.call = call, .with = with->first});
}

/// With what it holds, if it talks; or with anything.
void SimulatedApplication::swap(Random& random, api::CallId on_hold) {
  const auto& held = witness_.held();
  if (held.empty()) return ask(api::SwapHold{.call = on_hold, .with = on_hold});
  auto with = held.begin();
  std::advance(with, static_cast<std::ptrdiff_t>(random.below(held.size())));
  for (const auto& [call, its] : held)
    if (its.state == CallState::connected && random.chance(80))
      return ask(api::SwapHold{.call = call, .with = on_hold});
  ask(api::SwapHold{.call = with->first, .with = on_hold});
}

/// What is legal to send and no well-meaning program would.
void SimulatedApplication::insult(Random& random, api::CallId call) {
  switch (random.below(7)) {
    case 5:  // for help, more often than anybody needs it
      for (std::size_t i = 0; i <= limits::kEmergencyCalls && !witness_.openings().empty(); ++i)
        ask(api::MakeCall{.open = witness_.openings().begin()->first, .address = "201"});
      return;
    case 4: {  // one line again and again
      const api::LineId line = a_line(random);
      for (std::size_t i = 0; i <= limits::kOpeningsOfLine; ++i)
        ask(api::OpenLine{line, 1, media::kVoice, api::kApiVersionLatest});
      return;
    }
    case 0:
      return ask(api::OpenLine{static_cast<api::LineId>(random.next()), 0xff, ~0U, 0});
    case 1:
      return ask(api::CloseLine{api::OpenId{random.next()}});
    case 2:
      return ask(api::MakeCall{.open = api::OpenId{random.next()}, .address = "200"});
    case 3:
      return ask(api::GetNewCalls{api::OpenId{random.next()}});
    default:  // much at once
      for (int i = 0; i < 20; ++i) ask(api::DropCall{call});
  }
}

/// Those of all calls, or of one that it heard of; or none any more.
void SimulatedApplication::trace(Random& random) {
  api::Trace wanted{.on = random.chance(70), .secrets = random.chance(30)};
  if (!sessions_.empty() && random.chance(50)) wanted.session = random.pick(sessions_);
  ask(wanted);
}

void SimulatedApplication::look_at_all() {
  if (witness_.leaving()) return;
  std::vector<api::CallId> calls;
  for (const auto& [call, held] : witness_.held()) calls.push_back(call);
  for (const api::CallId call : calls) ask(api::GetCall{call});
}

void SimulatedApplication::leave(bool vanish) {
  if (witness_.leaving()) return;
  if (!vanish) return ask(api::ShutDown{});
  witness_.vanished();
  note(true, "vanishes");
  world_.entrance.cut(app_, "simulated death");
}

void SimulatedApplication::lose_service() {
  if (!witness_.leaving()) witness_.vanished();
}

// ---- being told

void SimulatedApplication::on_reply(api::Reply reply) {
  if (world_.ladder != nullptr) note(false, words_of(reply));
  if (const auto* made = reply.result ? std::get_if<api::MadeCall>(&*reply.result) : nullptr)
    sessions_.push_back(made->session);
  witness_.hear(reply);
}

void SimulatedApplication::on_event(api::Event event) {
  if (world_.ladder != nullptr) note(false, words_of(event));
  if (const auto* appeared = std::get_if<api::CallAppeared>(&event))
    sessions_.push_back(appeared->session);
  witness_.hear(event);
}

void SimulatedApplication::on_disconnected(const Error& why) {
  world_.violations.report(Invariant::service_stops,
                           witness_.name() + " was disconnected: " + why.text());
}

}  // namespace switchhook::simulator
