// SPDX-License-Identifier: Apache-2.0
#pragma once

// The port implemented in this process: an engine and its providers on a thread of their own. For
// programs that embed Switchhook, and for tests. Threads: all functions any thread.

#include <functional>
#include <memory>
#include <vector>

#include "api/service.hpp"
#include "core/engine_host.hpp"

namespace switchhook::core {

class LocalEngine {
 public:
  struct Options {
    std::vector<std::unique_ptr<provider::Provider>> providers;
    EngineHost::RecordSink on_record;  ///< called on the engine's thread; may be empty
    /// How long the providers are waited for at the end; what they hold then is recorded as it is.
    std::chrono::milliseconds stop_time = limits::kStopTime;
  };
  [[nodiscard]] static Result<std::unique_ptr<LocalEngine>> start(Options options);
  /// Ends everything in bounded time (Options::stop_time), then stops. Attached applications get
  /// on_disconnected. Not from within a sink.
  ~LocalEngine();

  /// Attaches an application. The returned service detaches it as vanished when it is destroyed,
  /// from any thread; it may outlive the engine and then answers `disconnected`.
  [[nodiscard]] std::unique_ptr<api::SessionService> attach(api::ApplicationInfo info,
                                                            api::ServiceSink& sink);
  /// Runs `what` on the engine's thread and waits for it. Does nothing once the engine has stopped.
  void on_engine_thread(const std::function<void(EngineHost&)>& what);

 private:
  class Impl;
  explicit LocalEngine(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace switchhook::core
