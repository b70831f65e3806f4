// SPDX-License-Identifier: Apache-2.0
#pragma once

// The port over a socket: finds the daemon, or starts the user's own, says hello, and carries
// commands there and replies and events back. Threads: connect() any; the service has one thread of
// its own, on which the sink is called. Ownership: the caller owns the service, and the sink, which
// must outlive it.

#include <chrono>
#include <memory>
#include <string>

#include "api/service.hpp"

namespace switchhook::rpc {

/// Which daemon is wanted, or was found.
enum class Which : std::uint8_t {
  any,   ///< wanted: the user's, or the machine's, or a new one of the user's; found: a named one
  user,  ///< the user's own
  machine,  ///< the machine's
};

/// What a connection was made to.
struct Found {
  Which which = Which::any;
  std::string socket;
  std::string why;  ///< this one: for people
};

struct ConnectOptions {
  std::string name;           ///< the application's name for itself; empty = the program's
  std::string socket;         ///< a path, or "tcp:HOST:PORT"; empty = SWITCHHOOK_SOCKET, or found
  std::string token_file;     ///< for TCP; empty = SWITCHHOOK_TOKEN_FILE
  bool start_service = true;  ///< when none is found, start the user's own
  Which which =
      Which::any;  ///< any = what SWITCHHOOK_SERVICE says (user, machine); not with `socket`
  Found* found = nullptr;              ///< (ref) is told what was found; null = nobody is
  std::uint32_t identifier_bytes = 0;  ///< what the library keeps for each, for lists of leaks
  std::chrono::milliseconds timeout{20000};  ///< for all of it
};

/// Connects and says hello. Without a named socket it tries the user's daemon, then the machine's,
/// and then starts the user's, but not in place of a machine's that this user may not use
/// (docs/daemon.md).
/// Errors: disconnected: nobody there, and none could be started; denied: the token or an access
/// right; version_mismatch; resource_unavailable: too many connections; invalid_argument: the
/// socket's name or the application's; timed_out.
[[nodiscard]] Result<std::unique_ptr<api::SessionService>> connect(const ConnectOptions& options,
                                                                   api::ServiceSink& sink);

}  // namespace switchhook::rpc
