// SPDX-License-Identifier: Apache-2.0
#include "core/local_service.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <unordered_map>

#include "base/bounded_queue.hpp"

namespace switchhook::core {
namespace {

constexpr std::size_t kTasksQueued = 65536;
constexpr std::chrono::seconds kStopMax{10};

}  // namespace

/// The engine's thread and the way to it.
class LocalEngine::Impl {
 public:
  using Task = std::function<void()>;

  Impl() : tasks_(kTasksQueued), host_(clock_, [this] { wake(); }) {}
  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> start(Options options) {
    host_.on_record(std::move(options.on_record));
    for (auto& provider : options.providers)
      if (Result<void> added = host_.add_provider(std::move(provider)); !added) return added;
    host_.run();
    thread_ = std::thread([this] { loop(); });
    return {};
  }

  Result<void> post(Task task) {
    if (tasks_.push(std::move(task))) return {};
    if (tasks_.closed()) return Error{Errc::disconnected, "the service stopped"};
    return Errc::overloaded;
  }

  /// Runs on the engine's thread and waits for it. False when the engine has stopped.
  bool run_and_wait(const Task& task) {
    if (std::this_thread::get_id() == thread_.get_id()) {
      task();
      return true;
    }
    auto done = std::make_shared<std::promise<void>>();
    std::future<void> finished = done->get_future();
    // Not dropped when the queue is full: whoever waits has nothing else to do.
    while (!tasks_.push([&task, done] {
      task();
      done->set_value();
    })) {
      if (tasks_.closed()) return false;
      std::this_thread::yield();
    }
    return finished.wait_for(std::chrono::hours(1)) == std::future_status::ready;
  }

  void stop() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    wake();
    thread_.join();
  }

  EngineHost& host() { return host_; }
  std::unordered_map<api::AppId, api::ServiceSink*>& sinks() { return sinks_; }

 private:
  void wake() {
    if (!woken_.exchange(true)) static_cast<void>(tasks_.push([] {}));
  }

  void loop() {
    while (!stopping_) turn();
    host_.stop("the service stops");
    const auto limit = clock_.now().monotonic + kStopMax;
    while (!host_.stopped() && clock_.now().monotonic < limit) turn();
    tasks_.close();
    while (auto task = tasks_.try_pop()) (*task)();
    for (const auto& [app, sink] : sinks_)
      sink->on_disconnected({Errc::disconnected, "the service stopped"});
    sinks_.clear();
  }

  void turn() {
    std::chrono::nanoseconds wait = std::chrono::seconds(1);
    if (const auto next = host_.next_deadline())
      wait = std::clamp(*next - clock_.now().monotonic, std::chrono::nanoseconds(0), wait);
    if (auto task = tasks_.pop(wait)) (*task)();
    woken_ = false;
    while (auto task = tasks_.try_pop()) (*task)();
    host_.run();
  }

  base::SystemClock clock_;
  base::BoundedQueue<Task> tasks_;
  std::atomic<bool> woken_{false};
  std::atomic<bool> stopping_{false};
  EngineHost host_;
  std::unordered_map<api::AppId, api::ServiceSink*> sinks_;  // the engine's thread
  std::thread thread_;
};

namespace {

/// One application's attachment; holds the engine's thread alive, not the engine's state.
class LocalService final : public api::SessionService {
 public:
  using Submit = std::function<Result<void>(api::RequestId, api::Command)>;
  using Detach = std::function<void()>;
  LocalService(Submit submit, Detach detach)
      : submit_(std::move(submit)), detach_(std::move(detach)) {}
  ~LocalService() override { detach_(); }
  Result<void> submit(api::RequestId request, api::Command command) override {
    return submit_(request, std::move(command));
  }

 private:
  const Submit submit_;
  const Detach detach_;
};

}  // namespace

LocalEngine::LocalEngine(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
LocalEngine::~LocalEngine() {
  impl_->stop();
}

Result<std::unique_ptr<LocalEngine>> LocalEngine::start(Options options) {
  auto impl = std::make_shared<Impl>();
  if (Result<void> started = impl->start(std::move(options)); !started) return started.error();
  return std::unique_ptr<LocalEngine>(new LocalEngine(std::move(impl)));  // NOLINT: private
}

std::unique_ptr<api::SessionService> LocalEngine::attach(api::ApplicationInfo info,
                                                         api::ServiceSink& sink) {
  api::AppId app;
  impl_->run_and_wait([&] {
    app = impl_->host().attach(std::move(info), sink);
    impl_->sinks().emplace(app, &sink);
  });
  auto submit = [impl = impl_, app](api::RequestId request, api::Command command) -> Result<void> {
    auto task = [weak = std::weak_ptr<Impl>(impl), app, request, command = std::move(command)] {
      if (const auto alive = weak.lock()) alive->host().submit(app, request, command);
    };
    return impl->post(std::move(task));
  };
  auto detach = [impl = impl_, app] {
    impl->run_and_wait([&] {
      impl->sinks().erase(app);
      impl->host().detach(app, "the application detached");
    });
  };
  return std::make_unique<LocalService>(std::move(submit), std::move(detach));
}

void LocalEngine::on_engine_thread(const std::function<void(EngineHost&)>& what) {
  impl_->run_and_wait([&] { what(impl_->host()); });
}

}  // namespace switchhook::core
