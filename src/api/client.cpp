// SPDX-License-Identifier: Apache-2.0
#include "api/client.hpp"

namespace switchhook::api {

/// One request that somebody waits for. Guarded by the client's mutex.
struct Client::Waiter {
  bool until_accepted = false;  ///< start(): the accepted reply is enough
  bool done = false;            ///< the waiting thread may go on
  bool accepted = false;        ///< what follows goes to the listener
  Result<Value> result = Value{};
  Done posted;  ///< post(): who is told; nobody waits
};

Result<std::unique_ptr<Client>> Client::connect(const Connect& connect, Listener listener) {
  std::unique_ptr<Client> client(new Client(std::move(listener)));  // NOLINT: private constructor
  auto service = connect(*client);
  if (!service) return std::move(service).error();
  client->service_ = std::move(*service);
  return client;
}

Client::~Client() {
  service_.reset();
}

bool Client::connected() const {
  base::Lock lock(mutex_);
  return !gone_;
}

void Client::give_up(const Error& why) {
  std::unordered_map<RequestId, std::shared_ptr<Waiter>> open;  // destroyed outside the lock
  {
    base::Lock lock(mutex_);
    if (!gone_) gone_ = why;
    open.swap(waiting_);
  }
  answered_.notify_all();
}

Result<RequestId> Client::submit(Command command, const std::shared_ptr<Waiter>& waiter,
                                 const std::function<void(RequestId)>& numbered) {
  RequestId request = 0;
  {
    base::Lock lock(mutex_);
    if (gone_) return *gone_;
    do {
      last_request_ = last_request_ >= 0x7fffffff ? 1 : last_request_ + 1;
    } while (waiting_.contains(last_request_));
    request = last_request_;
    waiting_.emplace(request, waiter);
  }
  if (numbered) numbered(request);
  if (Result<void> sent = service_->submit(request, std::move(command)); !sent) {
    base::Lock lock(mutex_);
    waiting_.erase(request);
    return sent.error();
  }
  return request;
}

Result<void> Client::wait(const std::shared_ptr<Waiter>& waiter, RequestId request,
                          std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  base::Lock lock(mutex_);
  while (!waiter->done) {
    if (gone_) return *gone_;
    if (answered_.wait_until(mutex_, deadline) == std::cv_status::timeout && !waiter->done) {
      waiting_.erase(request);
      return Errc::timed_out;
    }
  }
  return {};
}

Result<Value> Client::call(Command command, std::chrono::milliseconds timeout) {
  auto waiter = std::make_shared<Waiter>();
  Result<RequestId> request = submit(std::move(command), waiter);
  if (!request) return std::move(request).error();
  if (Result<void> waited = wait(waiter, *request, timeout); !waited) return waited.error();
  return std::move(waiter->result);
}

Result<RequestId> Client::start(Command command, std::chrono::milliseconds timeout,
                                const std::function<void(RequestId)>& numbered) {
  auto waiter = std::make_shared<Waiter>();
  waiter->until_accepted = true;
  Result<RequestId> request = submit(std::move(command), waiter, numbered);
  if (!request) return request;
  if (Result<void> waited = wait(waiter, *request, timeout); !waited) return waited.error();
  base::Lock lock(mutex_);
  if (!waiter->accepted && !waiter->result) return waiter->result.error();
  return request;
}

Result<RequestId> Client::post(Command command, Done done) {
  auto waiter = std::make_shared<Waiter>();
  waiter->posted = std::move(done);
  return submit(std::move(command), waiter);
}

void Client::forget(RequestId request) {
  std::shared_ptr<Waiter> waiter;  // what `done` holds is destroyed outside the lock
  base::Lock lock(mutex_);
  auto found = waiting_.find(request);
  if (found == waiting_.end() || !found->second->posted) return;
  waiter = std::move(found->second);
  waiting_.erase(found);
}

void Client::on_reply(Reply reply) {
  std::optional<Completion> completion;
  std::shared_ptr<Waiter> posted;
  {
    base::Lock lock(mutex_);
    auto found = waiting_.find(reply.request);
    if (found == waiting_.end()) return;  // given up after a timeout
    Waiter& waiter = *found->second;
    if (waiter.posted) {
      if (reply.accepted_only) return;
      posted = std::move(found->second);
      waiting_.erase(found);
    } else if (reply.accepted_only) {
      waiter.accepted = true;
      waiter.done = waiter.until_accepted;
    } else {
      // A started request that was refused is the caller's answer; everything else that completes
      // one, even without having been accepted before, is a notice.
      const bool notice = waiter.until_accepted && (waiter.accepted || reply.result);
      if (notice) {
        waiter.accepted = true;
        completion.emplace(Completion{reply.request, std::move(reply.result)});
      } else {
        waiter.result = std::move(reply.result);
      }
      waiter.done = true;
      waiting_.erase(found);
    }
  }
  if (posted) {
    posted->posted(std::move(reply.result));
    return;
  }
  answered_.notify_all();
  if (completion) listener_(std::move(*completion));
}

void Client::on_event(Event event) {
  listener_(std::move(event));
}

void Client::on_disconnected(const Error& why) {
  std::unordered_map<RequestId, std::shared_ptr<Waiter>> open;  // destroyed outside the lock
  {
    base::Lock lock(mutex_);
    gone_ = why;
    open.swap(waiting_);
  }
  answered_.notify_all();
  listener_(Disconnected{why});
}

}  // namespace switchhook::api
