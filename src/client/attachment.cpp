// SPDX-License-Identifier: Apache-2.0
// The attachment itself: requests, and its end. What is held is in attachment_holdings.cpp.
#include "client/attachment.hpp"

#include "client/deadline.hpp"

namespace switchhook::client {
namespace {

Error shut_down_error() {
  return {Errc::stale_application, "the application was shut down"};
}

}  // namespace

// ---- beginning

std::shared_ptr<Attachment> Attachment::make() {
  return {new Attachment, [](Attachment* gone) {  // NOLINT: private constructor
            if (!gone->process_.forked()) std::default_delete<Attachment>()(gone);
          }};
}

Error Attachment::forked_error() {
  return {Errc::disconnected, "this process was forked from the one that connected"};
}

Result<void> Attachment::attach(const Connect& connect, Listener listener) {
  listener_ = std::move(listener);
  auto service = connect(*this);
  if (!service) return std::move(service).error();
  base::Lock lock(mutex_);
  service_ = std::move(*service);
  return {};
}

Result<std::shared_ptr<Attachment>> Attachment::attached(const Connect& connect,
                                                         Listener listener) {
  auto made = make();
  if (Result<void> good = made->attach(connect, std::move(listener)); !good) return good.error();
  return made;
}

std::optional<Error> Attachment::unusable_now() const {
  if (down_) return shut_down_error();
  return gone_;
}

std::optional<Error> Attachment::unusable() const {
  if (process_.forked()) return forked_error();
  base::Lock lock(mutex_);
  return unusable_now();
}

void Attachment::count_from(api::RequestId last) {
  base::Lock lock(mutex_);
  requests_.count_from(last);
}

// ---- handing in

/// @return the number. An error: nothing was handed in, and no answer comes.
Result<api::RequestId> Attachment::hand_in(api::Command command, const SharedRequest& request,
                                           bool although_down) {
  if (process_.forked()) return forked_error();
  api::RequestId number = 0;
  api::SessionService* service = nullptr;
  std::optional<Result<api::Value>> given_up;
  Objects dropped;  // destroyed without the lock
  {
    base::Lock lock(mutex_);
    if (std::optional<Error> why = unusable_now(); why && !(although_down && !gone_)) return *why;
    if (!service_) return Error{Errc::disconnected, "there is no service yet"};
    request->asked = holdings_.asking(command);
    if (interrupted_) {
      given_up = holdings_.give_up(std::move(request->asked), ", and no other one is there yet");
      dropped = holdings_.take_dropped();
    }
    number = requests_.add(request);
    if (given_up) requests_.take(number);
    if (!given_up) ++handing_in_;  // keeps the service
    service = service_.get();
  }
  if (given_up) {
    finish(number, request, std::move(*given_up));
    return number;
  }
  Result<void> sent = service->submit(number, std::move(command));
  base::Lock lock(mutex_);
  if (--handing_in_ == 0) handed_in_.notify_all();
  if (sent) return number;
  if (!requests_.take(number)) return number;  // answered by the loss of the service
  holdings_.answered(request->asked, sent.error());
  return sent.error();
}

Result<void> Attachment::wait(const SharedRequest& request, std::chrono::milliseconds timeout) {
  const auto deadline = deadline_in(timeout);
  base::Lock lock(mutex_);
  while (!request->done) {
    if (request->answering) {
      request->changed.wait(mutex_);
    } else if (request->changed.wait_until(mutex_, deadline) == std::cv_status::timeout &&
               !request->done && !request->answering) {
      request->given_up = true;  // and stays on the list: what the answer gives is undone
      return Error{Errc::timed_out, "the service did not answer"};
    }
  }
  return {};
}

Result<api::Value> Attachment::call(api::Command command, Arrived arrived,
                                    std::chrono::milliseconds timeout) {
  auto request = std::make_shared<Request>();
  request->arrived = std::move(arrived);
  if (Result<api::RequestId> number = hand_in(std::move(command), request); !number)
    return std::move(number).error();
  if (Result<void> waited = wait(request, timeout); !waited) return waited.error();
  return std::move(request->result);
}

Result<api::RequestId> Attachment::start(api::Command command, Told told,
                                         std::chrono::milliseconds timeout) {
  auto request = std::make_shared<Request>();
  request->kind = Request::Kind::start;
  request->told = std::move(told);
  Result<api::RequestId> number = hand_in(std::move(command), request);
  if (!number) return number;
  if (Result<void> waited = wait(request, timeout); !waited) return waited.error();
  base::Lock lock(mutex_);
  if (!request->accepted && !request->result) return request->result.error();
  return number;
}

Result<void> Attachment::post(api::Command command, Told told) {
  auto request = std::make_shared<Request>();
  request->kind = Request::Kind::post;
  request->told = std::move(told);
  if (Result<api::RequestId> number = hand_in(std::move(command), request); !number)
    return std::move(number).error();
  return {};
}

// ---- the stream, on the service thread

void Attachment::on_reply(api::Reply reply) {
  SharedRequest request;
  Requests::Numbered suppressed;  // destroyed without the lock, as these
  Objects dropped;
  bool unwanted = false;
  {
    base::Lock lock(mutex_);
    if (gone_) return;
    if (reply.accepted_only) {
      request = requests_.find(reply.request);
      if (!request || request->kind != Request::Kind::start) return;
      request->accepted = request->done = true;
      request->changed.notify_all();
      return;
    }
    request = requests_.take(reply.request);
    if (!request) return;  // its line was closed, or its service died
    const Asked& asked = request->asked;
    if (reply.result && asked.what == Asked::What::close) {
      // Closing suppresses what is outstanding there, also what was handed in since it began:
      //   thread A: finds the line open
      //   thread B: begins to close it, and ends what waits there
      //   thread A: hands in a MakeCall
      //   thread B: hands in the CloseLine
      suppressed = requests_.take_of(asked.open);
      end_waits(suppressed, {Errc::stale_line, "the line was closed"});
    } else if (reply.result && asked.what == Asked::What::release &&
               holdings_.release_suppresses(asked.call)) {
      suppressed = requests_.take_of(asked.call);
      end_waits(suppressed, {Errc::stale_handle, "the call was released"});
    }
    holdings_.answered(asked, reply.result);
    dropped = holdings_.take_dropped();
    request->answering = true;
    unwanted = request->given_up;
  }
  if (unwanted)
    undo(reply.result);
  else
    finish(reply.request, request, std::move(reply.result));
}

/// Tells the answer to whoever is to know it.
void Attachment::finish(api::RequestId number, const SharedRequest& request,
                        Result<api::Value> result) {
  using Kind = Request::Kind;
  // A started request that was refused is the answer of who started it; all else that completes
  // one, even without having been accepted before, is told.
  const bool refused = request->kind == Kind::start && !request->accepted && !result;
  if (request->kind != Kind::call && !refused) {
    if (request->told) request->told(number, std::move(result));
    result = api::Value{};
  } else if (result && request->arrived) {
    request->arrived(*result);
  }
  base::Lock lock(mutex_);
  request->result = std::move(result);
  request->done = true;
  request->changed.notify_all();
}

void Attachment::end_waits(const Requests::Numbered& requests, const Error& why) {
  for (const auto& [number, request] : requests) {
    if (request->done) continue;
    request->result = why;
    request->done = true;
    request->changed.notify_all();
  }
}

/// Nobody waits for it any more: what the answer gave must not live on without a holder.
void Attachment::undo(const Result<api::Value>& result) {
  if (!result) return;
  if (const auto* made = std::get_if<api::MadeCall>(&*result)) let_go(made->call);
  if (const auto* opened = std::get_if<api::OpenedLine>(&*result)) let_go(opened->open);
  if (const auto* list = std::get_if<api::CallList>(&*result))
    for (const api::CallId call : list->calls) let_go(call);
}

void Attachment::on_disconnected(const Error& why) {
  Error error{Errc::disconnected, why.code == Errc::disconnected ? why.context : why.text()};
  Requests::Numbered open;
  Objects dropped;
  {
    base::Lock lock(mutex_);
    if (gone_) return;
    gone_ = error;
    open = requests_.take_all();
    for (const auto& [number, request] : open) request->answering = true;
    holdings_.lose_all();
    dropped = holdings_.take_dropped();
    later_.clear();
  }
  for (const auto& [number, request] : open)
    if (!request->given_up &&
        (request->kind == Request::Kind::call || request->kind == Request::Kind::start))
      finish(number, request, error);
  if (listener_.lost) listener_.lost(error);
}

// ---- the end

Result<void> Attachment::shut_down() {
  if (process_.forked()) return forked_error();
  Requests::Numbered open;
  bool first = false, lost = false;
  {
    base::Lock lock(mutex_);
    first = !std::exchange(down_, true);
    lost = gone_.has_value() || !service_;
    if (first) open = requests_.take_all();
    end_waits(open, shut_down_error());
    later_.clear();
  }
  open.clear();
  if (!first) return {};
  Result<void> told;
  if (!lost) {
    auto request = std::make_shared<Request>();
    const Result<api::RequestId> number = hand_in(api::ShutDown{}, request, true);
    told = number ? wait(request, kShutDownAnswer) : Result<void>(number.error());
    base::Lock lock(mutex_);
    if (told && !request->result) told = request->result.error();
  }
  std::unique_ptr<api::SessionService> service;
  {
    base::Lock lock(mutex_);
    while (handing_in_ != 0) handed_in_.wait(mutex_);
    service = std::move(service_);
  }
  service.reset();  // when this returns nothing is told any more
  listener_ = {};   // with what it owns
  return told;
}

void Attachment::stop() {
  if (process_.forked()) return;
  dispatcher_.stop();
  Objects dropped;  // destroyed without the lock
  base::Lock lock(mutex_);
  holdings_.forget_all();
  dropped = holdings_.take_dropped();
}

Attachment::~Attachment() {
  dispatcher_.stop();
  std::unique_ptr<api::SessionService> service;
  {
    base::Lock lock(mutex_);
    service = std::move(service_);
  }
  // Gone here, while all that it may still call is there.
}

}  // namespace switchhook::client
