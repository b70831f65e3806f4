// SPDX-License-Identifier: Apache-2.0
#pragma once

// The console: REST and events over HTTP, and the files of the page (docs/rest-api.md). Its threads ask
// the loop; the loop waits for none of them, but at the end. Threads: the loop's. Ownership: the host and
// Inside outlive it.

#include <functional>
#include <memory>
#include <string>

#include "core/engine_host.hpp"
#include "daemon/inside.hpp"
#include "daemon/settings.hpp"

namespace switchhook::daemon {

class Console {
 public:
  /// @param epoch  another one at each start
  Console(core::EngineHost& host, Inside& inside, ConsoleSettings settings, std::uint64_t epoch,
          std::string version);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// Where it listens is appended to `ready`. Errors: as HttpServer::listen().
  [[nodiscard]] Result<void> listen(std::string& ready);
  /// Why no call may begin; empty = it may.
  void refusing(const std::string& why);
  /// The streams are told; before Inside::close_all().
  void stop(const std::string& why);
  /// Nobody is served any more; after it. What it observes of the host it does to the end.
  void close();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace switchhook::daemon
