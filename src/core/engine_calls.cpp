// SPDX-License-Identifier: Apache-2.0
// What applications ask of calls and only the provider can do: each such request that passes its
// checks is accepted, handed on, and completed exactly once, unless closing the line suppresses it.
#include <utility>

#include "base/limits.hpp"
#include "core/engine_core.hpp"

namespace switchhook::core {

// ---- making a call

std::optional<Error> EngineCore::objection(const App& app, const Opening& opening,
                                           const api::MakeCall& what) const {
  const LineInfo& line = opening.line->info;
  using std::chrono::milliseconds;
  if (!valid_address(what.address))
    return Error{Errc::invalid_address, "1…1024 bytes without control characters are needed"};
  if (!what.calling.address.empty() && !valid_address(what.calling.address))
    return Error{Errc::invalid_address, "the calling address"};
  if (what.calling.name.size() > limits::kNameBytes ||
      what.called_party.size() > limits::kNameBytes || what.comment.size() > limits::kCommentBytes)
    return Error{Errc::invalid_argument, "a name or the comment is too long"};
  if (what.no_answer_timeout < milliseconds{0} || what.no_answer_timeout > limits::kRuleTime ||
      what.length_limit < milliseconds{0} || what.length_limit > limits::kRuleTime)
    return Error{Errc::invalid_argument, "a time limit is not within 0…366 days"};
  if (what.media_modes == 0 || (what.media_modes & ~line.media_modes) != 0)
    return Error{Errc::invalid_argument, "the line does not carry these media modes"};
  if (!line.in_service) return Error{Errc::line_unavailable, line.name};
  if (line.calls_max != 0 && opening.line->calls >= line.calls_max)
    return Error{Errc::call_unavailable, line.name};
  if (sessions_.size() >= limits::kSessions)
    return Error{Errc::resource_unavailable, "too many sessions"};
  if (!takes_more(app)) return Error{Errc::resource_unavailable, words_of_leaks(app)};
  if (app.identifiers + app.requests >= limits::kIdentifiers)
    return Error{Errc::resource_unavailable, "the application holds too many calls"};
  return std::nullopt;
}

bool EngineCore::user_info_fits(const Ask& ask, const Line& line, const UserInfo& info) {
  if (info.empty()) return true;
  if (info.size() <= line.info.user_info_max && info.size() <= limits::kUserInfoBytes) return true;
  fail(ask, Errc::user_info_too_big,
       "the line sends at most " + std::to_string(line.info.user_info_max) + " bytes");
  return false;
}

Session& EngineCore::new_outgoing(const Opening& opening, api::MakeCall& what) {
  Line& line = *opening.line;
  Session& session = new_session(line, what.media_modes);
  session.ref = {session.id.value};
  session.being_made = true;
  session.first_owner = opening.app->info;
  session.app_specific = what.app_specific;
  SessionTexts::Views texts{};
  texts[SessionTexts::calling_address] =
      what.calling.address.empty() ? line.info.address : what.calling.address;
  texts[SessionTexts::calling_name] = what.calling.name;
  texts[SessionTexts::called_address] = what.address;
  texts[SessionTexts::called_name] = what.called_party;
  texts[SessionTexts::comment] = what.comment;
  session.texts.set(texts);
  if (!what.user_info.empty()) session.extra().user_info_sent = what.user_info;
  if (what.no_answer_timeout.count() != 0) session.extra().no_answer_limit = what.no_answer_timeout;
  if (what.length_limit.count() != 0) session.extra().length_limit = what.length_limit;
  session.enter(CallState::unknown, 0, now_);
  return session;
}

void EngineCore::command(const Ask& ask, api::MakeCall& what) {
  Opening* opening = opening_of(ask, what.open);
  if (opening == nullptr) return;
  if (std::optional<Error> error = objection(ask.app, *opening, what))
    return fail(ask, error->code, std::move(error->context));
  if (!user_info_fits(ask, *opening->line, what.user_info)) return;
  if (ask.app.requests >= limits::kRequestsInFlight)
    return fail(ask, Errc::overloaded, "too many unanswered requests");
  Session& session = new_outgoing(*opening, what);
  Request& request = *new_request(ask, RequestKind::make, session, *opening, {});
  request.site = site_of(ask.app, what.site);
  Provider& provider = *opening->line->provider;
  ++provider.calls_made;
  to_provider(provider, provider::MakeCall{.call = session.ref,
                                           .request = request.id.value,
                                           .line = opening->line->number,
                                           .address = std::move(what.address),
                                           .calling = std::move(what.calling),
                                           .media_modes = what.media_modes,
                                           .user_info = std::move(what.user_info)});
}

void EngineCore::made(Request& request, std::optional<Error>& error) {
  Session& session = *request.session;
  const SessionInput input = error ? SessionInput::not_made : SessionInput::made;
  switch (session.rule(input).action) {
    case Action::make_succeeded:
      return make_succeeded(request);
    case Action::make_failed:
      answer(request, std::move(*error));
      erase(request);
      session.make_failed = true;
      return idle(session);
    case Action::note:  // it was given up, and there never was a call
      erase(request);
      session.end.confirmation = Confirmation::not_applicable;
      return returned(session);
    default:  // it was given up: the provider ends it and says so
      erase(request);
      return;
  }
}

void EngineCore::make_succeeded(Request& request) {
  Session& session = *request.session;
  const App& maker = *request.app;
  session.being_made = false;
  session.announced = true;
  Identifier* identifier = give(session, *request.opening, Privilege::owner);
  SWITCHHOOK_ASSERT(identifier != nullptr);  // objection() made sure of the room
  identifier->site = request.site;
  answer(request, api::Value{api::MadeCall{identifier->id, session.id}});
  erase(request);
  give_to_monitors(session, &maker);
  limit_answer(session);
  line_changed(*session.line, api::LineChange::calls, session.line->calls);
}

// ---- requests on calls

void EngineCore::command(const Ask& ask, api::AcceptCall& what) {
  Identifier* identifier = permitted(ask, what.call, SessionInput::ask_accept, true);
  if (identifier == nullptr) return;
  Session& session = *identifier->session;
  if (!user_info_fits(ask, *session.line, what.user_info)) return;
  if (Request* request =
          new_request(ask, RequestKind::accept, session, *identifier->opening, what.call)) {
    note_site(*identifier, what.site);
    if (!what.user_info.empty()) session.extra().user_info_sent = what.user_info;
    to_provider(*session.line->provider,
                provider::Accept{session.ref, request->id.value, std::move(what.user_info)});
  }
}

void EngineCore::command(const Ask& ask, api::AnswerCall& what) {
  Identifier* identifier = permitted(ask, what.call, SessionInput::ask_answer, true);
  if (identifier == nullptr) return;
  Session& session = *identifier->session;
  if (!user_info_fits(ask, *session.line, what.user_info)) return;
  if (Request* request =
          new_request(ask, RequestKind::answer, session, *identifier->opening, what.call)) {
    note_site(*identifier, what.site);
    if (!what.user_info.empty()) session.extra().user_info_sent = what.user_info;
    to_provider(*session.line->provider,
                provider::Answer{session.ref, request->id.value, std::move(what.user_info)});
  }
}

void EngineCore::command(const Ask& ask, api::HoldCall& what) {
  Identifier* identifier = permitted(ask, what.call, SessionInput::ask_hold, true);
  if (identifier == nullptr) return;
  Session& session = *identifier->session;
  if (Request* request =
          new_request(ask, RequestKind::hold, session, *identifier->opening, what.call))
    to_provider(*session.line->provider, provider::Hold{session.ref, request->id.value});
}

void EngineCore::command(const Ask& ask, api::UnholdCall& what) {
  Identifier* identifier = permitted(ask, what.call, SessionInput::ask_unhold, true);
  if (identifier == nullptr) return;
  Session& session = *identifier->session;
  if (Request* request =
          new_request(ask, RequestKind::unhold, session, *identifier->opening, what.call))
    to_provider(*session.line->provider, provider::Unhold{session.ref, request->id.value});
}

// ---- transfer

void EngineCore::command(const Ask& ask, api::TransferCall& what) {
  Identifier* identifier = permitted(ask, what.call, SessionInput::ask_transfer, true);
  if (identifier == nullptr) return;
  Session& session = *identifier->session;
  Session* with = nullptr;
  if (what.with) {
    const Identifier* other = permitted(ask, what.with, SessionInput::ask_transfer, true);
    if (other == nullptr) return;
    with = other->session;
    if (!what.address.empty() || with == &session)
      return fail(ask, Errc::invalid_argument, "to an address, or to another call");
    if (with->line->provider != session.line->provider)
      return fail(ask, Errc::unsupported, "the two calls are of different providers");
  } else if (!valid_address(what.address)) {
    return fail(ask, Errc::invalid_address);
  }
  if (transfer_under_way(session) != nullptr)
    return fail(ask, Errc::invalid_state, "the call is being transferred already");
  Request* request =
      new_request(ask, RequestKind::transfer, session, *identifier->opening, what.call);
  if (request == nullptr) return;
  unwatch(*request);
  request->timer = set_timer({Timer::Kind::transfer, session.id, 0}, limits::kTransferAnswer);
  if (with != nullptr) request->with = with->id;
  to_provider(*session.line->provider,
              provider::Transfer{session.ref, request->id.value, std::move(what.address),
                                 with != nullptr ? with->ref : provider::CallRef{}});
}

Request* EngineCore::transfer_under_way(const Session& session) {
  for (Request* request = session.requests.front(); request != nullptr;
       request = Chain<Request, OfSession>::next(*request))
    if (request->kind == RequestKind::transfer) return request;
  return nullptr;
}

/// Our part in the call, or in both, is over: as the application wished.
void EngineCore::transferred(Request& request, std::optional<Error>& error) {
  if (!error) {
    const auto leave = [this](Session& session) {
      if (session.over || session.cut) return;
      request_end(session, {EndOrigin::local_user, DisconnectMode::normal, "transferred", true});
      drop_unasked(session, provider::DropWhy::normal);
    };
    leave(*request.session);
    // Its far end may have hung up already: it does when it is replaced (RFC 3891 section 3).
    if (Session* with = sessions_.find(request.with)) leave(*with);
  }
  answer(request, error ? Result<api::Value>(std::move(*error)) : api::Value{});
  erase(request);
}

void EngineCore::transfer_due(Session& session) {
  if (Request* request = transfer_under_way(session)) {
    answer(*request, {Errc::timed_out, "the provider did not say what became of the transfer"});
    erase(*request);
  }
}

// ---- drop

void EngineCore::command(const Ask& ask, api::DropCall& what) {
  Identifier* identifier = permitted(ask, what.call, SessionInput::ask_drop, true);
  if (identifier == nullptr) return;
  Session& session = *identifier->session;
  if (!user_info_fits(ask, *session.line, what.user_info)) return;
  if (session.rule(SessionInput::ask_drop).action == Action::clear) {
    // Nothing is left to end; it never waits for anybody.
    accept(ask);
    done(ask);
    return idle(session);
  }
  const bool first = drop_under_way(session) == nullptr;
  Request* request = new_request(ask, RequestKind::drop, session, *identifier->opening, what.call);
  if (request == nullptr) return;
  if (!first) {  // one drop is enough; all who asked share its answer
    request->joined = true;
    return unwatch(*request);
  }
  if (!what.user_info.empty()) session.extra().user_info_sent = what.user_info;
  request_end(session, {EndOrigin::local_user, mode_of_local_end(session, what.reason), "", false});
  to_provider(*session.line->provider,
              provider::Drop{session.ref, request->id.value, drop_why(session, what.reason),
                             std::move(what.user_info)});
}

Request* EngineCore::drop_under_way(const Session& session) {
  for (Request* request = session.requests.front(); request != nullptr;
       request = Chain<Request, OfSession>::next(*request))
    if (request->kind == RequestKind::drop && !request->joined) return request;
  return nullptr;
}

/// Answers all who asked for the drop. The one the provider works on stays, to wait for idle.
void EngineCore::answer_drops(Session& session, const Result<api::Value>& result) {
  session.requests.for_each([&](Request& request) {
    if (request.kind != RequestKind::drop) return;
    if (request.app != nullptr) answer(request, Result<api::Value>(result));
    if (request.joined) erase(request);
  });
}

void EngineCore::dropped(Request& request, const std::optional<Error>& error) {
  Session& session = *request.session;
  if (request.answered) {
    ++late_;
    return;
  }
  if (session.cut) return erase(request);  // a rule asked, and has had its way already
  const bool over = session.state == CallState::disconnected;  // the far end was quicker
  if (error && !over && error->code != Errc::stale_handle) {
    answer_drops(session, *error);
    const bool forced = session.pending_end.forced;
    erase(request);
    if (forced) return idle(session);  // CloseCall will end it
    session.end_pending = false;
    return;
  }
  answer_drops(session, api::Value{});
  if (over || error) return idle(session);
  request.answered = true;
}

// ---- digits

void EngineCore::command(const Ask& ask, api::SendDigits& what) {
  Identifier* identifier = permitted(ask, what.call, SessionInput::ask_send_digits, true);
  if (identifier == nullptr) return;
  Session& session = *identifier->session;
  if (what.mode != digits::kPulse && what.mode != digits::kDtmf)
    return fail(ask, Errc::invalid_argument, "digits are sent as pulses or as DTMF");
  if (!valid_digits(what.digits, what.mode)) return fail(ask, Errc::invalid_digits);
  if (what.duration.count() < 0 || what.duration > limits::kDigitDuration)
    return fail(ask, Errc::invalid_argument, "the duration is not within 0…60 s");
  done(ask);
  const bool cancels = session.sending_digits != nullptr;
  if (cancels) digits_done(*session.sending_digits, true);
  if (what.digits.empty() && !cancels) return;
  provider::RequestNumber number = 0;
  if (what.digits.empty()) {
    number = unheard_number();
  } else {
    Request& request = add_request(RequestKind::digits, session);
    request.call = what.call;
    request.tag = what.tag;
    session.sending_digits = &request;
    number = request.id.value;
  }
  to_provider(
      *session.line->provider,
      provider::SendDigits{session.ref, number, std::move(what.digits), what.mode, what.duration});
}

void EngineCore::digits_done(Request& request, bool cancelled) {
  if (const Identifier* identifier = identifiers_.find(request.call))
    event(*identifier->opening->app, api::DigitsSent{identifier->id, cancelled, request.tag, now_});
  erase(request);
}

// ---- requests as such

/// A request of an application that passed its checks: accepted, and to be answered in time.
Request* EngineCore::new_request(const Ask& ask, RequestKind kind, Session& session,
                                 Opening& opening, api::CallId call) {
  if (ask.app.requests >= limits::kRequestsInFlight) {
    fail(ask, Errc::overloaded, "too many unanswered requests");
    return nullptr;
  }
  Request& request = add_request(kind, session);
  request.app = &ask.app;
  ++ask.app.requests;
  request.number = ask.number;
  request.opening = &opening;
  request.call = call;
  opening.requests.push_back(request);
  watch(request);
  accept(ask);
  return &request;
}

Request& EngineCore::add_request(RequestKind kind, Session& session) {
  const RequestHandle handle = requests_.emplace();
  Request& request = *requests_.find(handle);
  request.id = handle;
  request.kind = kind;
  request.session = &session;
  session.requests.push_back(request);
  ledger_.acquire(Resource::requests);
  return request;
}

/// A number for a command whose completion nobody waits for.
provider::RequestNumber EngineCore::unheard_number() {
  const RequestHandle handle = requests_.emplace();
  requests_.erase(handle);
  return handle.value;
}

void EngineCore::watch(Request& request) {
  request.deadline = now_.monotonic + limits::kProviderAnswer;
  unanswered_.push_back(request);
}

void EngineCore::unwatch(Request& request) {
  if (Chain<Request, ByDeadline>::chained(request)) unanswered_.remove(request);
}

void EngineCore::answer(Request& request, Result<api::Value>&& result) {
  if (request.app != nullptr) reply(request.app->id, request.number, std::move(result));
  silence(request);
}

void EngineCore::silence(Request& request) {
  if (request.app != nullptr) --request.app->requests;
  request.app = nullptr;
  if (request.opening != nullptr) request.opening->requests.remove(request);
  request.opening = nullptr;
}

void EngineCore::erase(Request& request) {
  silence(request);
  unwatch(request);
  clear_timer(request.timer);
  Session& session = *request.session;
  if (session.sending_digits == &request) session.sending_digits = nullptr;
  session.requests.remove(request);
  ledger_.give_back(Resource::requests);
  requests_.erase(request.id);
}

void EngineCore::completed(Request& request, std::optional<Error>& error) {
  // The identifier is valid all the same: that the provider has lost the call is told by its end.
  if (error && error->code == Errc::stale_handle && request.kind != RequestKind::drop)
    error = Error{Errc::failed, "the provider does not know the call any more"};
  switch (request.kind) {
    case RequestKind::make:
      return made(request, error);
    case RequestKind::drop:
      return dropped(request, error);
    case RequestKind::digits:
      return digits_done(request, error.has_value());
    case RequestKind::transfer:
      return transferred(request, error);
    case RequestKind::accept:
    case RequestKind::answer:
    case RequestKind::hold:
    case RequestKind::unhold:
      answer(request, error ? Result<api::Value>(std::move(*error)) : api::Value{});
      return erase(request);
  }
}

}  // namespace switchhook::core
