// SPDX-License-Identifier: Apache-2.0
#pragma once

// Serves /metrics: asks the loop for a copy of the values, and writes it as text on a thread of the
// HTTP server. Threads: the loop's, but for what says otherwise. Ownership: the io_context outlives it.

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "daemon/http_server.hpp"
#include "daemon/metrics.hpp"

namespace asio {
class io_context;
}

namespace switchhook::daemon {

class MetricsServer {
 public:
  using Clock = std::chrono::steady_clock;
  /// Copies what the daemon knows; what the process and this object know is filled in. On the loop's
  /// thread.
  using Measure = std::function<Measured()>;

  MetricsServer(asio::io_context& io, Measure measure) : io_(io), measure_(std::move(measure)) {}

  /// @param where  as HttpServer::listen(); empty = nowhere
  /// @param ready  where it listens is appended to it. Errors: as HttpServer::listen().
  [[nodiscard]] Result<void> listen(const std::string& where, std::string& ready);
  /// An application has asked for the command of this place.
  void asked(std::size_t command) { ++requests_[command]; }
  /// The loop came so late to something that was due.
  void late(Clock::duration by) { lag_ = std::max(lag_, by); }

 private:
  HttpServer::Answer answer();  // on a thread of the HTTP server
  const Measured& copy(Clock::time_point asked);

  asio::io_context& io_;  // (ref)
  const Measure measure_;
  const Clock::time_point started_ = Clock::now();
  decltype(Measured::requests) requests_{};
  Measured measured_;
  std::optional<Clock::time_point> measured_at_;
  Clock::duration lag_{0};  // the longest since it was measured
  HttpServer http_;         // asks the loop: the first to go
};

}  // namespace switchhook::daemon
