// SPDX-License-Identifier: Apache-2.0
// What providers report. A provider may be late, wrong or gone: whatever does not fit is counted
// and dropped.
#include <utility>

#include "base/limits.hpp"
#include "core/engine_core.hpp"

namespace switchhook::core {
namespace {

std::string_view cut_to(const std::string& text, std::size_t bytes) {
  return std::string_view(text).substr(0, bytes);
}

void put_party(SessionTexts::Views& texts, SessionTexts::Field address, const Party& party) {
  texts[address] = party.address;
  texts[static_cast<std::size_t>(address) + 1] = cut_to(party.name, limits::kNameBytes);
}

}  // namespace

// ---- lines

Line* EngineCore::line_of(Provider& from, provider::LineNumber number) {
  if (number < from.lines.size() && !from.lines[number]->info.removed) return from.lines[number];
  ++late_;
  return nullptr;
}

void EngineCore::provider_event(Provider& from, provider::LineAdded& what) {
  if (what.line != from.lines.size() || stopping_) {
    ++late_;
    return;
  }
  Line& line = lines_.emplace_back();
  line.info = std::move(what.info);
  line.info.id = static_cast<api::LineId>(lines_.size() - 1);
  line.info.provider = from.name;
  line.info.removed = false;
  line.provider = &from;
  line.number = what.line;
  line.call_limits = policy_.calls_of(line.info.name);
  from.lines.push_back(&line);
  apps_.for_each([&](api::AppId, const App& app) {
    if (app.info != nullptr) event(app, api::LineAppeared{line.info.id});
  });
}

void EngineCore::provider_event(Provider& from, provider::LineGone& what) {
  Line* line = line_of(from, what.line);
  if (line == nullptr) return;
  end_line(*line, LineEnd::removed, what.why);
  line->info.removed = true;
  line->info.in_service = false;
  line->info.status = std::move(what.why);
  apps_.for_each([&](api::AppId, const App& app) {
    if (app.info != nullptr) event(app, api::LineRemoved{line->info.id});
  });
}

void EngineCore::provider_event(Provider& from, provider::LineForcedClosed& what) {
  if (Line* line = line_of(from, what.line)) end_line(*line, LineEnd::forced, what.why);
}

void EngineCore::provider_event(Provider& from, provider::LineStatus& what) {
  Line* line = line_of(from, what.line);
  if (line == nullptr) return;
  line->info.status = std::move(what.status);
  if (line->info.in_service == what.in_service) return;
  line->info.in_service = what.in_service;
  line_changed(*line,
               what.in_service ? api::LineChange::in_service : api::LineChange::out_of_service, 0);
}

/// The provider is gone: nobody answers any more, and nothing of its is held any more.
void EngineCore::lose(Provider& provider, const std::string& why) {
  if (provider.gone) return;
  provider.gone = true;
  for (Line* line : provider.lines) {
    if (line->info.removed) continue;
    end_line(*line, LineEnd::provider_lost, why);
    line->info.in_service = false;
    line->info.status = "the provider is gone: " + why;
  }
  sessions_.for_each([&](api::SessionId, Session& session) {
    if (session.line->provider == &provider) returned(session);
  });
  not_reporting(provider, "is gone");
}

void EngineCore::provider_event(Provider& from, provider::Failed& what) {
  lose(from, what.why);
}

void EngineCore::provider_event(Provider& from, provider::Stopped&) {
  from.stopped = true;
  lose(from, "it stopped");
}

// ---- calls

Session* EngineCore::session_of(Provider& from, provider::CallRef ref) {
  api::SessionId id{ref.value};
  if (ref.minted_by_provider()) {
    const auto found = from.refs.find(ref.value);
    id = found == from.refs.end() ? api::SessionId{} : found->second;
  }
  Session* session = sessions_.find(id);
  if (session != nullptr && session->ref == ref && session->line->provider == &from) return session;
  ++late_;
  return nullptr;
}

void EngineCore::provider_event(Provider& from, provider::NewCall& what) {
  if (!what.call.minted_by_provider() || from.refs.contains(what.call.value)) {
    ++late_;
    return;
  }
  Line* line = line_of(from, what.line);
  if (line == nullptr || stopping_ || sessions_.size() >= limits::kSessions) {
    to_provider(from, provider::CloseCall{what.call});
    return;
  }
  Session& session = new_session(*line, what.media_modes);
  session.ref = what.call;
  session.direction = Direction::incoming;
  from.refs.emplace(what.call.value, session.id);
  SessionTexts::Views texts{};
  put_party(texts, SessionTexts::calling_address, what.parties.calling);
  put_party(texts, SessionTexts::called_address, what.parties.called);
  put_party(texts, SessionTexts::connected_address, what.parties.connected);
  put_party(texts, SessionTexts::redirecting_address, what.parties.redirecting);
  put_party(texts, SessionTexts::redirection_address, what.parties.redirection);
  texts[SessionTexts::provider_call_id] = what.provider_call_id;
  session.texts.set(texts);
  if (!what.user_info.empty()) take_user_info(session, std::move(what.user_info));
}

void EngineCore::provider_event(Provider& from, provider::StateChanged& what) {
  Session* session = session_of(from, what.call);
  if (session == nullptr) return;
  if (static_cast<std::size_t>(what.state) >= kCallStateCount) {
    ++late_;
    return;
  }
  switch (session->rule(report_of(what.state)).action) {
    case Action::enter:
      return enter(*session, what.state, what.detail);
    case Action::disconnect:
      return disconnect(*session, EndOrigin::remote_party,
                        what.cause ? std::move(*what.cause) : cause_unsaid(*session));
    case Action::idle:
      if (what.cause && !session->end_pending)
        set_end(*session, EndOrigin::remote_party, std::move(*what.cause));
      return idle(*session);
    case Action::absorb:
      return;
    default:
      ++late_;
      return;
  }
}

/// Shown at once, or kept until what is shown is released. Returns what changed.
std::uint32_t EngineCore::take_user_info(Session& session, UserInfo info) {
  if (info.size() > limits::kUserInfoBytes) info.resize(limits::kUserInfoBytes);
  SessionExtras& extras = session.extra();
  if (!extras.user_info_received.empty()) {
    extras.user_info_next = std::move(info);
    return 0;
  }
  extras.user_info_received = std::move(info);
  return api::change::kUserInfo;
}

void EngineCore::provider_event(Provider& from, provider::InfoChanged& what) {
  Session* session = session_of(from, what.call);
  if (session == nullptr) return;
  if (session->rule(SessionInput::report_information).action != Action::allow) {
    ++late_;
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
    texts[SessionTexts::provider_call_id] = *what.provider_call_id;
    change |= api::change::kOther;
  }
  if (change != 0) session->texts.set(texts);
  if (what.user_info) change |= take_user_info(*session, std::move(*what.user_info));
  tell_holders(*session, change);
}

void EngineCore::provider_event(Provider& from, provider::Completed& what) {
  const RequestHandle handle{what.request};
  Request* request = requests_.find(handle);
  if (request == nullptr) {
    // What a closing call leaves is completed by rule, and nobody waits for it any more.
    if (!requests_.issued(handle)) ++late_;
    return;
  }
  const Session& session = *request->session;
  if (session.line->provider != &from || session.ref != what.call || request->joined) {
    ++late_;
    return;
  }
  completed(*request, what.error);
}

void EngineCore::provider_event(Provider& from, provider::DigitReceived& what) {
  Session* session = session_of(from, what.call);
  if (session == nullptr) return;
  if (session->rule(SessionInput::report_digit).action != Action::allow) {
    ++late_;
    return;
  }
  for (const Holder& holder : session->holders) {
    if (!holder.call) continue;
    const Identifier& identifier = *identifiers_.find(holder.call);
    if ((identifier.digit_modes & what.mode) != 0)
      event(*identifier.opening->app,
            api::DigitReceived{identifier.id, what.digit, what.mode, now_});
  }
}

void EngineCore::provider_event(Provider& from, provider::Ended& what) {
  Session* session = session_of(from, what.call);
  if (session == nullptr) return;
  if (session->returned) {
    ++late_;
    return;
  }
  const Action action = session->rule(SessionInput::ended).action;
  if (action == Action::make_failed) {  // it never said that there was a call: as good as a refusal
    std::optional<Error> error = Error{Errc::failed, "the provider gave the call up"};
    Request* request = session->requests.front();
    while (request->kind != RequestKind::make) request = Chain<Request, OfSession>::next(*request);
    ++from.calls_closed;
    to_provider(from, provider::CloseCall{what.call});  // it knows the call: let it forget it
    return made(*request, error);
  }
  if (!session->recorded) {
    session->end.confirmation = what.confirmation;
    session->end.confirmed_after = what.confirmed_after;
    session->end.sent_times = what.sent_times;
    session->end.released = what.released;
    if (what.media_statistics != MediaStatistics{})
      session->extra().media_statistics = what.media_statistics;
  }
  if (session->end_pending) count_acknowledged(what);
  returned(*session);
  if (action == Action::note) return tell_holders(*session, api::change::kConfirmation);
  // Live, and nobody ended it: the provider lost it.
  if (!session->end_pending)
    set_end(*session, EndOrigin::provider,
            {.mode = DisconnectMode::temporary_failure, .words = "the provider gave the call up"});
  idle(*session);
}

/// An end that was wanted here: whether the far end said that it knows.
void EngineCore::count_acknowledged(const provider::Ended& what) {
  if (what.confirmation == Confirmation::confirmed ||
      what.confirmation == Confirmation::already_gone)
    end_times_.acknowledged.add(what.confirmed_after);
  else if (what.confirmation == Confirmation::unconfirmed)
    ++end_times_.unacknowledged;
}

void EngineCore::provider_event(Provider& from, provider::LedgerReport& what) {
  report(from, what);
}

}  // namespace switchhook::core
