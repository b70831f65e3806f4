// SPDX-License-Identifier: Apache-2.0
#pragma once

// switchhookd without its command line: one loop thread that carries the engine, the providers
// without a thread of their own, and all connections. Threads: all functions the one that calls
// run(). Ownership: owns everything it starts.

#include <memory>
#include <string>

#include "daemon/settings.hpp"

namespace switchhook::daemon {

class Daemon {
 public:
  explicit Daemon(Settings settings);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// Opens the store, starts the providers, listens.
  /// @return  the line that says so: "ready socket=… sip=… tcp=… pid=…". Errors: in words.
  [[nodiscard]] Result<std::string> start();
  /// Serves until SIGTERM, SIGINT, SIGHUP or the end of idleness; then ends and records every
  /// session, in limits::kStopTime at most.
  /// @return  whether all of that was possible
  bool run();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace switchhook::daemon
