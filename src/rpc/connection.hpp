// SPDX-License-Identifier: Apache-2.0
#pragma once

// The client's end of one connection: the hello, then the port. For client.cpp only.
// Threads: open() on the thread that connects; submit() any; all else on the connection's own.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "api/service.hpp"

namespace switchhook::rpc {

/// Where to connect, and who one is.
struct Target {
  std::string path;  ///< of a local socket; empty = TCP
  std::string host;
  std::string port;
  std::string token;
  std::string name;
  std::uint32_t identifier_bytes = 0;
  bool trust_only_own_user = false;  ///< the listener has to be this user, or root
  /// Starts the service again after it died, and waits until it is ready or the deadline has
  /// passed; empty = somebody else does.
  std::function<void(std::chrono::steady_clock::time_point deadline)> start = {};
};

/// Errors: disconnected: nobody listens, or it went away before it answered; denied and the others:
/// in the daemon's words.
[[nodiscard]] Result<std::unique_ptr<api::SessionService>> open_connection(
    const Target& target, api::ServiceSink& sink, std::chrono::steady_clock::time_point deadline);

}  // namespace switchhook::rpc
