// SPDX-License-Identifier: Apache-2.0
#include "core/engine/requests.hpp"

#include "base/limits.hpp"
#include "core/engine/memory.hpp"
#include "core/engine/timers.hpp"

namespace switchhook::core {

Request* transfer_under_way(const Session& session) {
  for (Request* request = session.requests.front(); request != nullptr;
       request = Chain<Request, OfSession>::next(*request))
    if (request->kind == RequestKind::transfer) return request;
  return nullptr;
}

Request* drop_under_way(const Session& session) {
  for (Request* request = session.requests.front(); request != nullptr;
       request = Chain<Request, OfSession>::next(*request))
    if (request->kind == RequestKind::drop && !request->joined) return request;
  return nullptr;
}

void answer_drops(Step& step, Session& session, const std::optional<Error>& error) {
  session.requests.for_each([&](Request& request) {
    if (request.kind != RequestKind::drop) return;
    if (request.app != nullptr) answer(step, request, error);
    if (request.joined) erase(step, request);
  });
}

Request* new_request(Step& step, const Ask& ask, RequestKind kind, Session& session,
                     Opening& opening, api::CallId call) {
  const std::size_t reserve = session.emergency ? limits::kEmergencyRequests : 0;
  if (ask.app.requests >= limits::kRequestsInFlight + reserve) {
    step.fail(ask, Errc::overloaded, "too many unanswered requests");
    return nullptr;
  }
  const bool ends = kind == RequestKind::drop && drop_under_way(session) == nullptr;
  if (!has_room(ask.app) && !session.emergency && !ends) {
    step.fail(ask, Errc::overloaded, words_of_memory(ask.app));
    return nullptr;
  }
  Request& request = add_request(step, kind, session);
  request.app = &ask.app;
  ++ask.app.requests;
  if (kind == RequestKind::make)
    keep_session(ask.app, session, kRequestBytes);
  else
    book(ask.app, kRequestBytes);
  request.number = ask.number;
  request.opening = &opening;
  request.call = call;
  opening.requests.push_back(request);
  watch(step, request);
  step.accept(ask);
  return &request;
}

Request& add_request(Step& step, RequestKind kind, Session& session) {
  const RequestHandle handle = step.world.requests.emplace();
  Request& request = *step.world.requests.find(handle);
  request.id = handle;
  request.kind = kind;
  request.session = &session;
  session.requests.push_back(request);
  step.world.ledger.acquire(Resource::requests);
  return request;
}

provider::RequestNumber unheard_number(Step& step) {
  const RequestHandle handle = step.world.requests.emplace();
  step.world.requests.erase(handle);
  return handle.value;
}

void watch(Step& step, Request& request) {
  request.deadline = step.now.monotonic + limits::kProviderAnswer;
  step.world.unanswered.push_back(request);
}

void unwatch(Step& step, Request& request) {
  if (Chain<Request, ByDeadline>::chained(request)) step.world.unanswered.remove(request);
}

void answer(Step& step, Request& request, const std::optional<Error>& error) {
  if (request.app != nullptr) {
    api::Reply& reply = step.reply(request.app->id, request.number);
    if (error) reply.result = *error;
  }
  silence(request);
}

void silence(Request& request) {
  if (request.app != nullptr) {
    --request.app->requests;
    if (request.kind == RequestKind::make)
      leave_session(*request.app, *request.session, kRequestBytes);
    else
      book(*request.app, -kRequestBytes);
  }
  request.app = nullptr;
  if (request.opening != nullptr) request.opening->requests.remove(request);
  request.opening = nullptr;
}

void erase(Step& step, Request& request) {
  silence(request);
  unwatch(step, request);
  clear_timer(step, request.timer);
  Session& session = *request.session;
  if (session.sending_digits == &request) session.sending_digits = nullptr;
  session.requests.remove(request);
  step.world.ledger.give_back(Resource::requests);
  step.world.requests.erase(request.id);
}

}  // namespace switchhook::core
