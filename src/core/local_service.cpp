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
constexpr const char* kStopped = "the service stopped";

}  // namespace

/// The engine's thread, and how others reach it.
class LocalEngine::Impl {
 public:
  using Task = std::function<void()>;
  using Time = std::chrono::nanoseconds;

  Impl() : tasks_(kTasksQueued), host_(clock_, [this] { wake(); }) {}
  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> start(Options options) {
    stop_time_ = options.stop_time;
    host_.on_record(std::move(options.on_record));
    for (auto& provider : options.providers)
      if (Result<void> added = host_.add_provider(std::move(provider)); !added) return added;
    host_.run();
    thread_ = std::thread([this] { loop(); });
    return {};
  }

  Result<void> post(Task task) {
    if (tasks_.push(std::move(task))) return {};
    if (tasks_.closed()) return Error{Errc::disconnected, kStopped};
    return Errc::overloaded;
  }

  /// Runs on the engine's thread and waits for it. False when the engine has stopped: then no sink
  /// is called any more.
  bool run_and_wait(const Task& task) {
    if (std::this_thread::get_id() == engine_thread_) {
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
    finished.wait();
    return true;
  }

  /// On the engine's thread.
  api::AppId attach(api::ApplicationInfo info, api::ServiceSink& sink) {
    if (gone_) {
      sink.on_disconnected({Errc::disconnected, kStopped});
      return {};
    }
    const api::AppId app = host_.attach(std::move(info), sink);
    sinks_.emplace(app, &sink);
    return app;
  }
  /// On the engine's thread.
  void detach(api::AppId app) {
    sinks_.erase(app);
    host_.detach(app, "the application detached");
  }

  void stop() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    wake();
    thread_.join();
  }

  EngineHost& host() { return host_; }

 private:
  void wake() {
    if (!woken_.exchange(true)) static_cast<void>(tasks_.push([] {}));
  }

  void loop() {
    engine_thread_ = std::this_thread::get_id();
    while (!stopping_) turn();
    host_.stop("the service stops");
    const auto limit = clock_.now().monotonic + stop_time_;
    while (!host_.stopped() && clock_.now().monotonic < limit) turn(limit);
    if (!host_.stopped()) {  // what they still hold is recorded as it is
      host_.abandon_providers("it did not stop in time");
      host_.run();
    }
    // Before the queue is closed, so that who detaches meanwhile waits until its sink was told;
    // one by one, because a sink may detach, its own application or another.
    gone_ = true;
    while (!sinks_.empty()) {
      const auto told = sinks_.extract(sinks_.begin());
      host_.detach(told.key(), kStopped);
      told.mapped()->on_disconnected({Errc::disconnected, kStopped});
    }
    tasks_.close();
    while (auto task = tasks_.try_pop()) (*task)();
    engine_thread_ = std::thread::id();  // the system may give the name to another thread
  }

  /// Waits for something to do, not beyond `latest`, and does it.
  void turn(std::optional<std::chrono::nanoseconds> latest = std::nullopt) {
    const auto due = host_.next_deadline();
    if (due && (!latest || *due < *latest)) latest = due;
    const auto now = clock_.now().monotonic;
    if (auto task = latest ? tasks_.pop(std::max(*latest - now, Time(0))) : tasks_.pop()) (*task)();
    while (auto task = tasks_.try_pop()) (*task)();
    // After the last task was taken, which may have been a wake-up, and before run(), which takes
    // in what it was for: every later wake-up is queued.
    woken_ = false;
    host_.run();
  }

  base::SystemClock clock_;
  base::BoundedQueue<Task> tasks_;
  std::atomic<bool> woken_{false};
  std::atomic<bool> stopping_{false};
  std::chrono::nanoseconds stop_time_{0};
  EngineHost host_;
  std::unordered_map<api::AppId, api::ServiceSink*> sinks_;  // the engine's thread
  bool gone_ = false;                                        // the engine's thread
  std::atomic<std::thread::id> engine_thread_{};
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
  impl_->run_and_wait([&] { app = impl_->attach(std::move(info), sink); });
  auto submit = [impl = impl_, app](api::RequestId request, api::Command command) -> Result<void> {
    auto task = [weak = std::weak_ptr<Impl>(impl), app, request, command = std::move(command)] {
      if (const auto alive = weak.lock()) alive->host().submit(app, request, command);
    };
    return impl->post(std::move(task));
  };
  auto detach = [impl = impl_, app] { impl->run_and_wait([&] { impl->detach(app); }); };
  return std::make_unique<LocalService>(std::move(submit), std::move(detach));
}

void LocalEngine::on_engine_thread(const std::function<void(EngineHost&)>& what) {
  impl_->run_and_wait([&] { what(impl_->host()); });
}

}  // namespace switchhook::core
