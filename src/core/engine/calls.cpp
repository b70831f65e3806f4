// SPDX-License-Identifier: Apache-2.0
#include "core/engine/calls.hpp"

#include <utility>

#include "base/limits.hpp"
#include "core/engine/access.hpp"
#include "core/engine/applications.hpp"
#include "core/engine/ends.hpp"
#include "core/engine/holders.hpp"
#include "core/engine/leaks.hpp"
#include "core/engine/memory.hpp"
#include "core/engine/requests.hpp"
#include "core/engine/settling.hpp"
#include "core/engine/timers.hpp"
#include "core/rules.hpp"

namespace switchhook::core {
namespace {

std::optional<Error> objection(const App& app, const Opening& opening, const api::MakeCall& what) {
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
  if (const char* why = line_refused(app, *opening.line, opening.privileges))
    return Error{Errc::denied, why};
  if (opening.app->info->role == api::Role::observer && !opening.line->users.nobody() &&
      !names(opening.line->users, *app.info))
    return Error{Errc::denied, "the line is others'"};
  if (!line.in_service) return Error{Errc::line_unavailable, line.name};
  return std::nullopt;
}

/// What refuses a call because there are too many, or none may begin: not an emergency call.
std::optional<Error> limit_reached(const World& world, const App& app, const Opening& opening) {
  const LineInfo& line = opening.line->info;
  if (!world.refusing.empty()) return Error{Errc::resource_unavailable, world.refusing};
  if (line.calls_max != 0 && opening.line->calls >= line.calls_max)
    return Error{Errc::call_unavailable, line.name};
  if (world.sessions.size() >= limits::kSessions)
    return Error{Errc::resource_unavailable, "too many sessions"};
  if (!takes_more(app)) return Error{Errc::resource_unavailable, why_no_more(app)};
  if (app.identifiers + app.requests >= limits::kIdentifiers)
    return Error{Errc::resource_unavailable, "the application holds too many calls"};
  if (app.requests >= limits::kRequestsInFlight)
    return Error{Errc::overloaded, "too many unanswered requests"};
  return std::nullopt;
}

/// The room that only emergency calls have.
bool has_reserve(const World& world, const App& app) {
  return world.sessions.size() < limits::kSessions + limits::kEmergencySessions &&
         app.requests < limits::kRequestsInFlight + limits::kEmergencyRequests;
}

bool user_info_fits(Step& step, const Ask& ask, const Line& line, const UserInfo& info) {
  if (info.empty()) return true;
  if (info.size() <= line.info.user_info_max && info.size() <= limits::kUserInfoBytes) return true;
  step.fail(ask, Errc::user_info_too_big,
            "the line sends at most " + std::to_string(line.info.user_info_max) + " bytes");
  return false;
}

Session& new_outgoing(Step& step, const Opening& opening, api::MakeCall& what) {
  Line& line = *opening.line;
  Session& session = new_session(step, line, what.media_modes);
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
  session.enter(CallState::unknown, 0, step.now);
  return session;
}

void make_succeeded(Step& step, Request& request) {
  Session& session = *request.session;
  const App& maker = *request.app;
  session.being_made = false;
  session.announced = true;
  Identifier* identifier = give(step, session, *request.opening, Privilege::owner);
  SWITCHHOOK_ASSERT(identifier != nullptr);  // objection() made sure of the room
  identifier->site = request.site;
  claim(session, identifier->id);
  if (request.app != nullptr)
    step.done({*request.app, request.number}, api::MadeCall{identifier->id, session.id});
  erase(step, request);
  give_to_monitors(step, session, &maker);
  limit_answer(step, session);
  step.line_changed(*session.line, api::LineChange::calls, session.line->calls);
}

/// Our part in the call, or in both, is over: as the application wished.
void transferred(Step& step, Request& request, std::optional<Error>& error) {
  if (!error) {
    const auto leave = [&](Session& session) {
      if (session.over || session.cut) return;
      if (Holder* holder = session.holder(request.call)) note_who_ends(session, *holder);
      request_end(step, session,
                  {EndOrigin::local_user, DisconnectMode::normal, "transferred", true});
      drop_unasked(step, session, provider::DropWhy::normal);
    };
    leave(*request.session);
    // Its far end may have hung up already: it does when it is replaced (RFC 3891 section 3).
    if (Session* with = step.world.sessions.find(request.with)) leave(*with);
  }
  answer(step, request, error);
  erase(step, request);
}

void dropped(Step& step, Request& request, const std::optional<Error>& error) {
  Session& session = *request.session;
  if (request.answered) {
    ++step.world.late;
    return;
  }
  if (session.cut) return erase(step, request);  // a rule asked for it, and the session has ended
  const bool over = session.state == CallState::disconnected;  // the far end was quicker
  if (error && !over && error->code != Errc::stale_handle) {
    answer_drops(step, session, error);
    const bool forced = session.pending_end.forced;
    erase(step, request);
    if (forced) return idle(step, session);  // CloseCall will end it
    session.end_pending = false;
    return;
  }
  answer_drops(step, session);
  if (over || error) return idle(step, session);
  request.answered = true;
}

}  // namespace

Request* book_forwarded(Step& step, const Ask& ask, api::CallId call, SessionInput asks,
                        RequestKind books, const UserInfo* user_info, const std::string* site,
                        OtherCall* other) {
  Identifier* identifier = permitted(step, ask, call, asks, true);
  if (identifier == nullptr) return nullptr;
  Session& session = *identifier->session;
  if (other != nullptr) {
    const Identifier* second = permitted(step, ask, other->call, other->asks, true);
    if (second == nullptr) return nullptr;
    other->session = second->session;
    if (other->session == &session || other->session->line != session.line) {
      step.fail(ask, Errc::invalid_argument, "two calls of one line are needed");
      return nullptr;
    }
  }
  if (user_info != nullptr && !user_info_fits(step, ask, *session.line, *user_info)) return nullptr;
  Request* request = new_request(step, ask, books, session, *identifier->opening, call);
  if (request == nullptr) return nullptr;
  if (books == RequestKind::answer) claim(session, call);
  if (site != nullptr) note_site(*identifier, *site);
  if (user_info != nullptr && !user_info->empty()) {
    session.extra().user_info_sent = *user_info;
    touch(step, session);
  }
  return request;
}

void command(Step& step, const Ask& ask, api::MakeCall& what) {
  Opening* opening = opening_of(step, ask, what.open);
  if (opening == nullptr) return;
  if (step.world.stopping) return step.fail(ask, Errc::line_unavailable, step.world.stopping_why);
  if (std::optional<Error> error = objection(ask.app, *opening, what))
    return step.fail(ask, error->code, std::move(error->context));
  if (!user_info_fits(step, ask, *opening->line, what.user_info)) return;
  const bool emergency =
      step.world.policy.is_emergency(what.address) && ask.app.emergencies < limits::kEmergencyCalls;
  if (std::optional<Error> full = limit_reached(step.world, ask.app, *opening)) {
    if (!emergency || !has_reserve(step.world, ask.app))
      return step.fail(ask, full->code, std::move(full->context));
    step.put(Notice{"an emergency call of \"" + ask.app.info->name + "\" on line " +
                    opening->line->info.name + " is made although: " + full->text()});
  }
  Session& session = new_outgoing(step, *opening, what);
  if (emergency) {
    session.emergency = true;
    session.extra().emergency_of = ask.app.id;
    ++ask.app.emergencies;
  }
  weigh(step.world, session);
  Request& request = *new_request(step, ask, RequestKind::make, session, *opening, {});
  request.site = site_of(ask.app, what.site);
  Provider& provider = *opening->line->provider;
  ++provider.calls_made;
  step.to_provider(provider, provider::MakeCall{.call = session.ref,
                                                .request = request.id.value,
                                                .line = opening->line->number,
                                                .address = std::move(what.address),
                                                .calling = std::move(what.calling),
                                                .media_modes = what.media_modes,
                                                .user_info = std::move(what.user_info),
                                                .emergency = emergency});
}

void made(Step& step, Request& request, std::optional<Error>& error) {
  Session& session = *request.session;
  const SessionInput input = error ? SessionInput::not_made : SessionInput::made;
  switch (session.rule(input).action) {
    case Action::make_succeeded:
      return make_succeeded(step, request);
    case Action::make_failed:
      answer(step, request, error);
      erase(step, request);
      session.make_failed = true;
      return idle(step, session);
    case Action::note:  // it was given up, and there never was a call
      erase(step, request);
      session.end.confirmation = Confirmation::not_applicable;
      return returned(step, session);
    default:  // kept, for it was given up: the provider ends it and says so; see kBranches in
              // transition_table.cpp
      return erase(step, request);
  }
}

void command(Step& step, const Ask& ask, api::TransferCall& what) {
  Identifier* identifier = permitted(step, ask, what.call, SessionInput::ask_transfer, true);
  if (identifier == nullptr) return;
  Session& session = *identifier->session;
  Session* with = nullptr;
  if (what.with) {
    const Identifier* other = permitted(step, ask, what.with, SessionInput::ask_transfer, true);
    if (other == nullptr) return;
    with = other->session;
    if (!what.address.empty() || with == &session)
      return step.fail(ask, Errc::invalid_argument, "to an address, or to another call");
    if (with->line->provider != session.line->provider)
      return step.fail(ask, Errc::unsupported, "the two calls are of different providers");
  } else if (!valid_address(what.address)) {
    return step.fail(ask, Errc::invalid_address);
  }
  if (transfer_under_way(session) != nullptr)
    return step.fail(ask, Errc::invalid_state, "the call is being transferred already");
  Request* request =
      new_request(step, ask, RequestKind::transfer, session, *identifier->opening, what.call);
  if (request == nullptr) return;
  unwatch(step, *request);
  request->timer = set_timer(step, {Timer::Kind::transfer, session.id, 0}, limits::kTransferAnswer);
  if (with != nullptr) request->with = with->id;
  step.to_provider(*session.line->provider,
                   provider::Transfer{session.ref, request->id.value, std::move(what.address),
                                      with != nullptr ? with->ref : provider::CallRef{}});
}

void transfer_due(Step& step, Session& session) {
  if (Request* request = transfer_under_way(session)) {
    answer(step, *request,
           Error{Errc::timed_out, "the provider did not say what became of the transfer"});
    erase(step, *request);
  }
}

void command(Step& step, const Ask& ask, api::DropCall& what) {
  Identifier* identifier = permitted(step, ask, what.call, SessionInput::ask_drop, true);
  if (identifier == nullptr) return;
  Session& session = *identifier->session;
  if (!user_info_fits(step, ask, *session.line, what.user_info)) return;
  if (session.rule(SessionInput::ask_drop).action == Action::clear) {
    // Nothing is left to end; it never waits for anybody.
    step.accept(ask);
    step.done(ask);
    return idle(step, session);
  }
  const bool first = drop_under_way(session) == nullptr;
  Request* request =
      new_request(step, ask, RequestKind::drop, session, *identifier->opening, what.call);
  if (request == nullptr) return;
  if (!first) {  // one drop is enough; all who asked share its answer
    request->joined = true;
    return unwatch(step, *request);
  }
  if (!what.user_info.empty()) session.extra().user_info_sent = what.user_info;
  touch(step, session);
  note_who_ends(session, *session.holder(what.call));
  request_end(step, session,
              {EndOrigin::local_user, mode_of_local_end(session, what.reason), "", false});
  step.to_provider(*session.line->provider,
                   provider::Drop{session.ref, request->id.value, drop_why(session, what.reason),
                                  std::move(what.user_info)});
}

void command(Step& step, const Ask& ask, api::SendDigits& what) {
  Identifier* identifier = permitted(step, ask, what.call, SessionInput::ask_send_digits, true);
  if (identifier == nullptr) return;
  Session& session = *identifier->session;
  const std::uint32_t offered = session.line->info.digit_modes;
  if (offered == 0) return step.fail(ask, Errc::unsupported, "the line sends no digits");
  if ((what.mode != digits::kPulse && what.mode != digits::kDtmf) || (what.mode & offered) == 0)
    return step.fail(ask, Errc::invalid_argument, "the line does not send such digits");
  if (!valid_digits(what.digits, what.mode)) return step.fail(ask, Errc::invalid_digits);
  if (what.duration.count() < 0 || what.duration > limits::kDigitDuration)
    return step.fail(ask, Errc::invalid_argument, "the duration is not within 0…60 s");
  step.done(ask);
  const bool cancels = session.sending_digits != nullptr;
  if (cancels) digits_done(step, *session.sending_digits, true);
  if (what.digits.empty() && !cancels) return;
  provider::RequestNumber number = 0;
  if (what.digits.empty()) {
    number = unheard_number(step);
  } else {
    Request& request = add_request(step, RequestKind::digits, session);
    request.call = what.call;
    request.tag = what.tag;
    session.sending_digits = &request;
    number = request.id.value;
  }
  step.to_provider(
      *session.line->provider,
      provider::SendDigits{session.ref, number, std::move(what.digits), what.mode, what.duration});
}

void digits_done(Step& step, Request& request, bool cancelled) {
  if (const Identifier* identifier = step.world.identifiers.find(request.call))
    step.event(*identifier->opening->app,
               api::DigitsSent{identifier->id, cancelled, request.tag, step.now});
  erase(step, request);
}

void completed(Step& step, Request& request, std::optional<Error>& error) {
  // The identifier is valid all the same: that the provider has lost the call is told by its end.
  if (error && error->code == Errc::stale_handle && request.kind != RequestKind::drop)
    error = Error{Errc::failed, "the provider does not know the call any more"};
  switch (request.kind) {
    case RequestKind::make:
      return made(step, request, error);
    case RequestKind::drop:
      return dropped(step, request, error);
    case RequestKind::digits:
      return digits_done(step, request, error.has_value());
    case RequestKind::transfer:
      return transferred(step, request, error);
    case RequestKind::answer:
      if (error) unclaim(*request.session);
      [[fallthrough]];
    case RequestKind::forwarded:
      answer(step, request, error);
      return erase(step, request);
  }
}

}  // namespace switchhook::core
