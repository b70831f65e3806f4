// SPDX-License-Identifier: Apache-2.0
#include "core/engine.hpp"

#include "core/engine_core.hpp"

namespace switchhook::core {

struct Engine::State {
  EngineCore core;
};

Engine::Engine() : state_(std::make_unique<State>()) {}
Engine::~Engine() = default;

void Engine::begin_at(std::uint32_t generation) {
  state_->core.begin_at(generation);
}

void Engine::policy(Policy policy) {
  state_->core.policy(std::move(policy));
}

void Engine::journal() {
  state_->core.journal();
}

std::optional<Record> Engine::orphan_ended(std::uint64_t session, const End& end) {
  return state_->core.orphan_ended(session, end);
}
bool Engine::lives(std::uint64_t session) const {
  return state_->core.lives(session);
}
std::size_t Engine::unrecorded() const {
  return state_->core.unrecorded();
}
void Engine::take_changed(const std::function<void(provider::CallRef, const Record&)>& changed) {
  state_->core.take_changed(changed);
}

api::AppId Engine::new_app() {
  return state_->core.new_app();
}

void Engine::apply(Input input, Outputs& outputs) {
  state_->core.apply(input, outputs);
}

}  // namespace switchhook::core
