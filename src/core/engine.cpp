// SPDX-License-Identifier: Apache-2.0
#include "core/engine.hpp"

#include <utility>

#include "base/limits.hpp"
#include "core/engine/applications.hpp"
#include "core/engine/audit.hpp"
#include "core/engine/calls.hpp"
#include "core/engine/ends.hpp"
#include "core/engine/holders.hpp"
#include "core/engine/leaks.hpp"
#include "core/engine/loss.hpp"
#include "core/engine/memory.hpp"
#include "core/engine/operating.hpp"
#include "core/engine/providers.hpp"
#include "core/engine/reports.hpp"
#include "core/engine/restoring.hpp"
#include "core/engine/settling.hpp"
#include "core/engine/step.hpp"
#include "core/engine/timers.hpp"
#include "core/engine/tracing.hpp"

namespace switchhook::core {

struct Engine::State {
  World world;
};

namespace {

void cut_to(std::string& text, std::size_t bytes) {
  if (text.size() > bytes) text.resize(bytes);
}

void on(Step& step, AppAttached& input) {
  App* app = step.world.apps.find(input.app);
  if (app == nullptr || app->info != nullptr) {
    ++step.world.late;
    return;
  }
  if (step.world.attached == limits::kApplications) {
    step.world.apps.erase(input.app);
    step.put(AppGone{input.app});
    return;
  }
  cut_to(input.info.name, limits::kNameBytes);
  cut_to(input.info.user, limits::kNameBytes);
  app->leak_limits = step.world.policy.leaks_of(input.info.name);
  app->info = std::make_shared<const api::ApplicationInfo>(std::move(input.info));
  enter_user(step.world, *app);
  ++step.world.attached;
}

void on(Step& step, AppCommand& input) {
  App* app = step.world.apps.find(input.app);
  if (app == nullptr || app->info == nullptr) {
    ++step.world.late;
    return;
  }
  const Ask ask{*app, input.request};
  if (ask.number == 0 || ask.number > 0x7fffffff)
    return step.fail(ask, Errc::invalid_argument, "the request number is not within 1…0x7fffffff");
  std::visit([&](auto& what) { command(step, ask, what); }, input.command);
}

void on(Step& step, AppReturned& input) {
  App* app = step.world.apps.find(input.app);
  if (app == nullptr || app->info == nullptr) {
    ++step.world.late;
    return;
  }
  restore(step, {*app, input.request}, input.what, input.records);
}

void on(Step& step, AppLost& input) {
  App* app = step.world.apps.find(input.app);
  if (app == nullptr) {
    ++step.world.late;
    return;
  }
  provide_for_calls(step, *app);
  drop_app(step, *app, {EndOrigin::application_lost, "the application was lost"});
}

void on(Step& step, ProviderAttached& input) {
  if (step.world.providers.contains(input.provider)) {
    ++step.world.late;
    return;
  }
  Provider& provider = step.world.providers[input.provider];
  provider.id = input.provider;
  provider.name = std::move(input.name);
  provider.call_bytes = input.call_bytes;
}

void on(Step& step, ProviderEvent& input) {
  const auto found = step.world.providers.find(input.provider);
  if (found == step.world.providers.end() || found->second.gone) {
    ++step.world.late;
    return;
  }
  std::visit([&](auto& what) { provider_event(step, found->second, what); }, input.event);
}

void on(Step& step, ProviderLost& input) {
  const auto found = step.world.providers.find(input.provider);
  if (found != step.world.providers.end()) lose(step, found->second, input.why);
}

void on(Step& step, StopAll& input) {
  if (step.world.stopping) return;
  step.world.stopping = true;
  step.world.stopping_why = input.why.empty() ? "the service is stopping" : std::move(input.why);
  for (Line& line : step.world.lines) {
    if (!input.restores) {
      end_line(step, line, LineEnd::stopping, step.world.stopping_why);
      continue;
    }
    while (Session* session = line.sessions.front()) {
      stop(step, *session);
      SWITCHHOOK_ASSERT(line.sessions.front() != session);
    }
  }
  step.world.restores = input.restores;
  for (auto& [id, provider] : step.world.providers) step.to_provider(provider, provider::Stop{});
  step.put(SetTimer{kStopTimer, step.now.monotonic + limits::kProviderLinger});
}

}  // namespace

Engine::Engine() : state_(std::make_unique<State>()) {}
Engine::~Engine() = default;

void Engine::begin_at(std::uint32_t generation) {
  World& world = state_->world;
  world.apps.begin_at(generation);
  world.openings.begin_at(generation);
  world.identifiers.begin_at(generation);
  world.sessions.begin_at(generation);
}

void Engine::policy(Policy policy) {
  World& world = state_->world;
  world.policy = std::move(policy);
  world.apps.for_each([&world](api::AppId, App& app) {
    if (app.info == nullptr) return;
    app.leak_limits = world.policy.leaks_of(app.info->name);
    if (app.leak_limits == nullptr) app.too_many_leaks = app.too_old_leaks = false;
  });
  for (auto& [key, user] : world.users) set_limits(user, world.policy.memory);
  for (Line& line : world.lines) {
    line.call_limits = world.policy.calls_of(line.info.name);
    line.users = world.policy.users_of(line.info.name);
  }
}

void Engine::expect_lines(const Lines& lines) {
  World& world = state_->world;
  for (const auto& [name, there] : lines) {
    Line& line = world.lines.emplace_back();
    line.info.id = static_cast<api::LineId>(world.lines.size() - 1);
    line.info.name = name;
    line.info.removed = true;
    line.info.in_service = false;
    line.info.status = "not configured any more";
    line.was_there = there;
  }
  world.lines_expected = world.lines.size();
}

Engine::Lines Engine::lines() const {
  Lines all;
  for (const Line& line : state_->world.lines) all.emplace_back(line.info.name, !line.info.removed);
  return all;
}

void Engine::journal() {
  state_->world.journalled = true;
}

std::optional<Record> Engine::orphan_ended(std::uint64_t session, const End& end) {
  return core::orphan_ended(state_->world, session, end);
}
api::SessionId Engine::session_of(ProviderId provider, provider::CallRef call) const {
  const auto from = state_->world.providers.find(provider);
  if (from == state_->world.providers.end()) return {};
  const Session* session = core::session_of(state_->world, from->second, call);
  return session != nullptr ? session->id : api::SessionId{};
}
bool Engine::lives(std::uint64_t session) const {
  return core::lives(state_->world, session);
}
std::optional<Record> Engine::record(std::uint64_t session) const {
  const Session* found = state_->world.sessions.find(api::SessionId{session});
  if (found == nullptr || !found->announced) return std::nullopt;
  return record_of(*found);
}
std::size_t Engine::live() const {
  std::size_t count = 0;
  for (const Line& line : state_->world.lines) count += line.calls;
  return count;
}
std::size_t Engine::unrecorded() const {
  return core::unrecorded(state_->world);
}
void Engine::take_changed(const std::function<void(provider::CallRef, const Record&)>& changed,
                          api::SessionId only) {
  core::take_changed(state_->world, changed, only);
}

Counts Engine::counts() const {
  return core::counts(state_->world);
}

void Engine::refuse_calls(std::string why) {
  state_->world.refusing = std::move(why);
}
api::AppId Engine::new_app() {
  World& world = state_->world;
  const api::AppId id = world.apps.emplace();
  world.apps.find(id)->id = id;
  return id;
}

void Engine::apply(Input input, Outputs& outputs) {
  World& world = state_->world;
  if (!world.started) world.started = input.now.monotonic;
  Step step(world, input.now, outputs);
  // Each input has its function: one without does not compile.
  std::visit([&step](auto& what) { on(step, what); }, input.what);
  finish_step(step);
}

}  // namespace switchhook::core
