// SPDX-License-Identifier: Apache-2.0
#include "core/engine/tracing.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/limits.hpp"
#include "core/engine/access.hpp"
#include "core/engine/providers.hpp"

namespace switchhook::core {
namespace {

/// Providers copy messages only while somebody wants them.
void tell_providers(Step& step) {
  provider::Trace wanted{.on = !step.world.tracing.empty()};
  for (const api::AppId app : step.world.tracing)
    wanted.secrets = wanted.secrets || step.world.apps.find(app)->tracing->secrets;
  if (wanted.on == step.world.traced.on && wanted.secrets == step.world.traced.secrets) return;
  step.world.traced = wanted;
  for (const auto& [id, provider] : step.world.providers) step.to_provider(provider, wanted);
}

/// By the call where the provider knows it, otherwise by the call's name in the network: a first
/// provisional answer belongs to no dialog yet, and an answer that comes late to none any more.
bool is_of(const Step& step, const Tracing& tracing, const Provider& from,
           const provider::Traced& what) {
  if (tracing.provider != from.id) return false;
  if (what.call) return what.call == tracing.call;
  const Session* session = step.world.sessions.find(tracing.session);
  const std::string_view call_id = session != nullptr
                                       ? session->texts.get(SessionTexts::provider_call_id)
                                       : std::string_view(tracing.call_id);
  return !call_id.empty() &&
         std::string_view(what.message.call_id).substr(0, limits::kProviderCallIdBytes) == call_id;
}

}  // namespace

void command(Step& step, const Ask& ask, api::Trace& what) {
  if (!may_reclaim(ask.app.info->role))
    return step.fail(ask, Errc::denied, "only an operator may trace");
  if (!what.on) {
    stop_tracing(step, ask.app);
    return step.done(ask);
  }
  Tracing wanted{.session = what.session, .line = std::move(what.line), .secrets = what.secrets};
  if (wanted.session) {
    const Session* session = step.world.sessions.find(wanted.session);
    if (session == nullptr || !session->announced)
      return step.fail(ask, Errc::not_found, "session " + std::to_string(wanted.session.value));
    wanted.provider = session->line->provider->id;
    wanted.call = session->ref;
    wanted.number = session->call_id;
    wanted.call_id = session->texts.get(SessionTexts::provider_call_id);
  }
  const auto named = [&](const Line& line) {
    return line.info.name == wanted.line && !line.info.removed;
  };
  if (!wanted.line.empty() && std::none_of(step.world.lines.begin(), step.world.lines.end(), named))
    return step.fail(ask, Errc::no_such_line, wanted.line);
  if (!ask.app.tracing) step.world.tracing.push_back(ask.app.id);
  ask.app.tracing = std::make_unique<Tracing>(std::move(wanted));
  tell_providers(step);
  step.done(ask);
}

void stop_tracing(Step& step, App& app) {
  if (!app.tracing) return;
  app.tracing.reset();
  std::erase(step.world.tracing, app.id);
  tell_providers(step);
}

void provider_event(Step& step, Provider& from, provider::Traced& what) {
  if (what.line && *what.line < from.lines.size())
    what.message.line = from.lines[*what.line]->info.name;
  const Session* session = what.call ? session_of(step.world, from, what.call) : nullptr;
  if (session != nullptr) {
    what.message.session = session->id.value;
    what.message.number = session->call_id;
    if (what.message.line.empty()) what.message.line = session->line->info.name;
  }
  for (const api::AppId id : step.world.tracing) {
    const App& app = *step.world.apps.find(id);
    const Tracing& wanted = *app.tracing;
    if (wanted.session && !is_of(step, wanted, from, what)) continue;
    if (!wanted.line.empty() && what.message.line != wanted.line) continue;
    TracedMessage message = what.message;
    if (wanted.session) {
      message.session = wanted.session.value;
      message.number = wanted.number;
    }
    // What was not copied as it is, because nobody had asked yet, stays blanked.
    message.secrets = wanted.secrets && !what.secret.empty();
    if (message.secrets) message.text = what.secret;
    step.event(app, std::move(message));
  }
}

}  // namespace switchhook::core
