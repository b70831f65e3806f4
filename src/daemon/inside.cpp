// SPDX-License-Identifier: Apache-2.0
#include "daemon/inside.hpp"

#include <asio.hpp>
#include <atomic>
#include <optional>
#include <utility>

#include "base/mutex.hpp"

namespace switchhook::daemon {

/// The mutex is held while the sink is called: whoever closes the link waits until it was.
class Inside::Link {
 public:
  explicit Link(api::ServiceSink& sink) : sink_(&sink) {}

  /// Calls the sink, unless the link was closed. False: it was.
  template <typename Call>
  bool with_sink(Call call) {
    base::Lock lock(mutex_);
    if (sink_ == nullptr) return false;
    call(*sink_);
    return true;
  }
  /// No call of the sink comes any more when this returns. @param why  that the sink is told at the
  /// end. False: it was closed before.
  bool close(const std::optional<Error>& why = {}) {
    closed_ = true;
    base::Lock lock(mutex_);
    if (sink_ != nullptr && why) sink_->on_disconnected(*why);
    return std::exchange(sink_, nullptr) != nullptr;
  }
  /// Also from within the sink.
  [[nodiscard]] bool closed() const { return closed_; }

  api::AppId app;  // the loop's

 private:
  std::atomic<bool> closed_{false};
  base::Mutex mutex_;
  api::ServiceSink* sink_ SWITCHHOOK_GUARDED_BY(mutex_);  // (ref) null = closed
};

namespace {

const Error kGone{Errc::disconnected, "the service stopped"};

}  // namespace

/// What the engine says, on the loop's thread.
class InsideSink final : public api::ServiceSink {
 public:
  explicit InsideSink(std::shared_ptr<Inside::Link> link) : link_(std::move(link)) {}
  void on_reply(api::Reply reply) override {
    link_->with_sink([&](api::ServiceSink& sink) { sink.on_reply(std::move(reply)); });
  }
  void on_event(api::Event event) override {
    link_->with_sink([&](api::ServiceSink& sink) { sink.on_event(std::move(event)); });
  }
  void on_disconnected(const Error&) override {}

 private:
  const std::shared_ptr<Inside::Link> link_;
};

class InsideService final : public api::SessionService {
 public:
  InsideService(Inside& inside, std::shared_ptr<Inside::Link> link)
      : inside_(inside), link_(std::move(link)) {}
  ~InsideService() override {
    if (!link_->close()) return;
    inside_.post([&inside = inside_, link = link_] { inside.detach(*link, "it has detached"); });
  }
  Result<void> submit(api::RequestId request, api::Command command) override {
    if (link_->closed()) return kGone;
    inside_.post([&inside = inside_, link = link_, request, command = std::move(command)] {
      if (!link->app) return;
      inside.backend_.submit(link->app, request, command);
      inside.backend_.settle();
    });
    return {};
  }

 private:
  Inside& inside_;  // (ref)
  const std::shared_ptr<Inside::Link> link_;
};

Inside::~Inside() = default;

void Inside::post(std::function<void()> work) {
  asio::post(io_, std::move(work));
}

Result<std::unique_ptr<api::SessionService>> Inside::attach(api::ApplicationInfo info,
                                                            api::ServiceSink& sink,
                                                            std::shared_ptr<Link>& link) {
  link = std::make_shared<Link>(sink);
  const Result<bool> attached = ask<bool>([this, link = link, info = std::move(info)] {
    if (closed_ || link->closed()) return false;
    auto own = std::make_unique<InsideSink>(link);
    link->app = backend_.attach(info, *own);
    links_.emplace(link->app, Attached{link, std::move(own)});
    backend_.settle();
    return true;
  });
  if (attached && *attached)
    return std::unique_ptr<api::SessionService>(std::make_unique<InsideService>(*this, link));
  // The loop may still come to it, and finds it closed; or has come to it just now.
  link->close();
  post([this, link = link] { detach(*link, "it has given up"); });
  return attached ? kGone : attached.error();
}

void Inside::lose(const std::shared_ptr<Link>& link, const std::string& why) {
  if (!link->close(Error{Errc::disconnected, why})) return;
  post([this, link, why] { detach(*link, why); });
}

void Inside::detach(Link& link, const std::string& why) {
  const auto found = links_.find(link.app);
  if (!link.app || found == links_.end()) return;
  const Attached gone = std::move(found->second);
  links_.erase(found);
  backend_.detach(std::exchange(link.app, {}), why);
  backend_.settle();
}

bool Inside::reply(api::AppId app, api::Reply& reply) {
  const auto found = links_.find(app);
  if (found == links_.end()) return false;
  found->second.sink->on_reply(std::move(reply));
  return true;
}

void Inside::close_all(const Error& why) {
  closed_ = true;
  while (!links_.empty()) {
    const std::shared_ptr<Link> link = links_.begin()->second.link;
    link->close(why);
    detach(*link, why.context);
  }
}

}  // namespace switchhook::daemon
