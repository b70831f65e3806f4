// SPDX-License-Identifier: Apache-2.0
#include "core/engine/providers.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "core/engine/applications.hpp"
#include "core/engine/audit.hpp"
#include "core/engine/calls.hpp"
#include "core/engine/ends.hpp"
#include "core/engine/holders.hpp"
#include "core/rules.hpp"

namespace switchhook::core {
namespace {

std::string_view cut_to(const std::string& text, std::size_t bytes) {
  return std::string_view(text).substr(0, bytes);
}

void put_party(SessionTexts::Views& texts, SessionTexts::Field address, const Party& party) {
  texts[address] = cut_to(party.address, limits::kAddressBytes);
  texts[static_cast<std::size_t>(address) + 1] = cut_to(party.name, limits::kNameBytes);
}

Line* line_of(Step& step, Provider& from, provider::LineNumber number) {
  if (number < from.lines.size() && !from.lines[number]->info.removed &&
      from.lines[number]->number == number)
    return from.lines[number];
  ++step.world.late;
  return nullptr;
}

/// Null = of no call, and counted as late.
Session* reported(Step& step, const Provider& from, provider::CallRef ref) {
  Session* session = session_of(step.world, from, ref);
  if (session == nullptr) ++step.world.late;
  return session;
}

/// Shown at once, or kept until what is shown is released. Returns what changed.
std::uint32_t take_user_info(Session& session, UserInfo info) {
  if (info.size() > limits::kUserInfoBytes) info.resize(limits::kUserInfoBytes);
  SessionExtras& extras = session.extra();
  if (!extras.user_info_received.empty()) {
    extras.user_info_next = std::move(info);
    return 0;
  }
  extras.user_info_received = std::move(info);
  return api::change::kUserInfo;
}

/// An end that was asked for here: whether the far end acknowledged it.
void count_acknowledged(Step& step, const provider::Ended& what) {
  if (what.confirmation == Confirmation::confirmed ||
      what.confirmation == Confirmation::already_gone) {
    step.world.end_times.acknowledged.add(what.confirmed_after);
    step.world.acknowledged += what.confirmed_after;
  } else if (what.confirmation == Confirmation::unconfirmed) {
    ++step.world.end_times.unacknowledged;
  }
}

/// The line that is expected by this name or was removed, or a new one after all others.
Line& place_of(World& world, const std::string& name, const Provider& from) {
  const auto expected = std::find_if(world.lines.begin(), world.lines.end(), [&](const Line& line) {
    return line.info.name == name &&
           (line.provider == nullptr || (line.provider == &from && line.info.removed));
  });
  if (expected != world.lines.end()) return *expected;
  Line& line = world.lines.emplace_back();
  line.info.id = static_cast<api::LineId>(world.lines.size() - 1);
  return line;
}

/// It was configured again, and is the same line.
void changed(Step& step, Provider& from, provider::LineAdded& what) {
  Line* line = line_of(step, from, what.line);
  if (line == nullptr || line->info.name != what.info.name) return;
  what.info.id = line->info.id;
  what.info.provider = from.name;
  what.info.media_modes = media_offered(what.info.media_modes);
  const bool news = line->info.in_service != what.info.in_service;
  line->info = std::move(what.info);
  if (news)
    step.line_changed(
        *line,
        line->info.in_service ? api::LineChange::in_service : api::LineChange::out_of_service, 0);
}

}  // namespace

Session* session_of(World& world, const Provider& from, provider::CallRef ref) {
  api::SessionId id{ref.value};
  if (ref.minted_by_provider()) {
    const auto found = from.refs.find(ref.value);
    id = found == from.refs.end() ? api::SessionId{} : found->second;
  }
  Session* session = world.sessions.find(id);
  const bool its = session != nullptr && session->ref == ref && session->line->provider == &from;
  return its ? session : nullptr;
}

void provider_event(Step& step, Provider& from, provider::LineAdded& what) {
  if (what.line < from.lines.size()) return changed(step, from, what);
  if (what.line != from.lines.size() || step.world.stopping) {
    ++step.world.late;
    return;
  }
  Line& line = place_of(step.world, what.info.name, from);
  const api::LineId id = line.info.id;
  line.info = std::move(what.info);
  line.info.id = id;
  line.info.provider = from.name;
  line.info.media_modes = media_offered(line.info.media_modes);
  line.info.removed = false;
  line.provider = &from;
  line.number = what.line;
  line.told_open = line.told_takes_calls = false;
  line.call_limits = step.world.policy.calls_of(line.info.name);
  line.users = step.world.policy.users_of(line.info.name);
  from.lines.push_back(&line);
  step.world.apps.for_each([&](api::AppId, const App& app) {
    if (app.info != nullptr) step.event(app, api::LineAppeared{line.info.id});
  });
}

void provider_event(Step& step, Provider& from, provider::LineGone& what) {
  Line* line = line_of(step, from, what.line);
  if (line == nullptr || step.world.restores) return;
  end_line(step, *line, LineEnd::removed, what.why);
  line->info.removed = true;
  line->info.in_service = false;
  line->info.status = std::move(what.why);
  step.world.apps.for_each([&](api::AppId, const App& app) {
    if (app.info != nullptr) step.event(app, api::LineRemoved{line->info.id});
  });
}

void provider_event(Step& step, Provider& from, provider::LineForcedClosed& what) {
  Line* line = line_of(step, from, what.line);
  if (line != nullptr && !step.world.restores) end_line(step, *line, LineEnd::forced, what.why);
}

void provider_event(Step& step, Provider& from, provider::LineStatus& what) {
  Line* line = line_of(step, from, what.line);
  if (line == nullptr) return;
  line->info.status = std::move(what.status);
  if (line->info.in_service == what.in_service) return;
  line->info.in_service = what.in_service;
  step.line_changed(
      *line, what.in_service ? api::LineChange::in_service : api::LineChange::out_of_service, 0);
}

void lose(Step& step, Provider& provider, const std::string& why) {
  if (provider.gone) return;
  provider.gone = true;
  for (Line* line : provider.lines) {
    if (line->info.removed) continue;
    if (!step.world.restores) end_line(step, *line, LineEnd::provider_lost, why);
    line->info.in_service = false;
    line->info.status = "the provider is gone: " + why;
  }
  step.world.sessions.for_each([&](api::SessionId, Session& session) {
    if (session.line->provider == &provider) returned(step, session);
  });
  not_reporting(step, provider, "is gone");
}

void provider_event(Step& step, Provider& from, provider::Failed& what) {
  lose(step, from, what.why);
}

void provider_event(Step& step, Provider& from, provider::Stopped&) {
  from.stopped = true;
  lose(step, from, "it stopped");
}

void provider_event(Step& step, Provider& from, provider::NewCall& what) {
  if (!what.call.minted_by_provider() || from.refs.contains(what.call.value)) {
    ++step.world.late;
    return;
  }
  Line* line = line_of(step, from, what.line);
  if (line == nullptr || step.world.stopping || !step.world.refusing.empty() ||
      step.world.sessions.size() >= limits::kSessions) {
    step.to_provider(from, provider::CloseCall{what.call});
    return;
  }
  Session& session = new_session(step, *line, what.media_modes);
  session.ref = what.call;
  session.direction = Direction::incoming;
  from.refs.emplace(what.call.value, session.id);
  SessionTexts::Views texts{};
  put_party(texts, SessionTexts::calling_address, what.parties.calling);
  put_party(texts, SessionTexts::called_address, what.parties.called);
  put_party(texts, SessionTexts::connected_address, what.parties.connected);
  put_party(texts, SessionTexts::redirecting_address, what.parties.redirecting);
  put_party(texts, SessionTexts::redirection_address, what.parties.redirection);
  texts[SessionTexts::provider_call_id] =
      cut_to(what.provider_call_id, limits::kProviderCallIdBytes);
  session.texts.set(texts);
  if (!what.user_info.empty()) take_user_info(session, std::move(what.user_info));
}

void provider_event(Step& step, Provider& from, provider::StateChanged& what) {
  Session* session = reported(step, from, what.call);
  if (session == nullptr) return;
  if (static_cast<std::size_t>(what.state) >= kCallStateCount) {
    ++step.world.late;
    return;
  }
  // It may speak for nobody else.
  const EndOrigin origin =
      what.origin == EndOrigin::provider ? EndOrigin::provider : EndOrigin::remote_party;
  switch (session->rule(report_of(what.state)).action) {
    case Action::enter:
      return enter(step, *session, what.state, what.detail);
    case Action::disconnect:
      return disconnect(step, *session, origin,
                        what.cause ? std::move(*what.cause) : cause_unsaid(*session));
    case Action::idle:
      if (what.cause && !session->end_pending)
        set_end(step, *session, origin, std::move(*what.cause));
      return idle(step, *session);
    case Action::absorb:
      return;
    default:  // late; see kBranches in transition_table.cpp
      ++step.world.late;
  }
}

void provider_event(Step& step, Provider& from, provider::InfoChanged& what) {
  Session* session = reported(step, from, what.call);
  if (session == nullptr) return;
  if (session->rule(SessionInput::report_information).action != Action::allow) {
    ++step.world.late;
    return;
  }
  std::uint32_t change = 0;
  SessionTexts::Views texts = session->texts.all();
  const auto party = [&](SessionTexts::Field field, const std::optional<Party>& given) {
    if (!given) return;
    put_party(texts, field, *given);
    change |= api::change::kParties;
  };
  party(SessionTexts::calling_address, what.calling);
  party(SessionTexts::called_address, what.called);
  party(SessionTexts::connected_address, what.connected);
  party(SessionTexts::redirecting_address, what.redirecting);
  party(SessionTexts::redirection_address, what.redirection);
  if (what.provider_call_id) {
    texts[SessionTexts::provider_call_id] =
        cut_to(*what.provider_call_id, limits::kProviderCallIdBytes);
    change |= api::change::kOther;
  }
  if (change != 0) session->texts.set(texts);
  if (what.user_info) change |= take_user_info(*session, std::move(*what.user_info));
  tell_holders(step, *session, change);
}

void provider_event(Step& step, Provider& from, provider::Completed& what) {
  const RequestHandle handle{what.request};
  Request* request = step.world.requests.find(handle);
  if (request == nullptr) {
    // What a closing call leaves is completed by rule, and nobody waits for it any more.
    if (!step.world.requests.issued(handle)) ++step.world.late;
    return;
  }
  const Session& session = *request->session;
  if (session.line->provider != &from || session.ref != what.call || request->joined) {
    ++step.world.late;
    return;
  }
  completed(step, *request, what.error);
}

void provider_event(Step& step, Provider& from, provider::DigitReceived& what) {
  Session* session = reported(step, from, what.call);
  if (session == nullptr) return;
  if (session->rule(SessionInput::report_digit).action != Action::allow) {
    ++step.world.late;
    return;
  }
  for (const Holder& holder : session->holders) {
    if (!holder.call) continue;
    const Identifier& identifier = *step.world.identifiers.find(holder.call);
    if ((identifier.digit_modes & what.mode) != 0)
      step.event(*identifier.opening->app,
                 api::DigitReceived{identifier.id, what.digit, what.mode, step.now});
  }
}

void provider_event(Step& step, Provider& from, provider::Ended& what) {
  Session* session = reported(step, from, what.call);
  if (session == nullptr) return;
  if (session->returned) {
    ++step.world.late;
    return;
  }
  const Action action = session->rule(SessionInput::ended).action;
  if (action == Action::make_failed) {  // it never reported a call: the same as a refusal
    std::optional<Error> error = Error{Errc::failed, "the provider gave the call up"};
    Request* request = session->requests.front();
    while (request->kind != RequestKind::make) request = Chain<Request, OfSession>::next(*request);
    ++from.calls_closed;
    step.to_provider(from, provider::CloseCall{what.call});  // it knows the call: let it forget it
    return made(step, *request, error);
  }
  if (!session->recorded) {
    session->end.confirmation = what.confirmation;
    session->end.confirmed_after = what.confirmed_after;
    session->end.sent_times = what.sent_times;
    session->end.released = what.released;
    if (what.media_statistics != MediaStatistics{})
      session->extra().media_statistics = what.media_statistics;
  }
  if (session->end_pending) count_acknowledged(step, what);
  returned(step, *session);
  if (action == Action::note) return tell_holders(step, *session, api::change::kConfirmation);
  // Live, and nobody ended it: the provider lost it.
  if (!session->end_pending)
    set_end(step, *session, EndOrigin::provider,
            {.mode = DisconnectMode::temporary_failure, .words = "the provider gave the call up"});
  idle(step, *session);
}

void provider_event(Step& step, Provider& from, provider::LedgerReport& what) {
  report(step, from, what);
}

void provider_event(Step& step, Provider&, provider::Recovery&) {
  ++step.world.late;
}
void provider_event(Step& step, Provider&, provider::OrphanEnded&) {
  ++step.world.late;
}
void provider_event(Step& step, Provider&, provider::TakeUpAnswered&) {
  ++step.world.late;
}

}  // namespace switchhook::core
