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
  };
  [[nodiscard]] static Result<std::unique_ptr<LocalEngine>> start(Options options);
  /// Ends everything in bounded time, then stops. Attached services get on_disconnected.
  ~LocalEngine();

  /// Attaches an application. The returned service must not outlive the engine's destructor call
  /// being made from another thread while in use; destroyed services detach as vanished.
  [[nodiscard]] std::unique_ptr<api::SessionService> attach(api::ApplicationInfo info,
                                                            api::ServiceSink& sink);
  /// Runs `what` on the engine's thread and waits for it.
  void on_engine_thread(const std::function<void(EngineHost&)>& what);

 private:
  class Impl;
  explicit LocalEngine(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace switchhook::core
