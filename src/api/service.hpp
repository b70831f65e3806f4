// SPDX-License-Identifier: Apache-2.0
#pragma once

// The port: the one way in which faces reach sessions. Implemented in process on the core, and over
// a socket by the RPC client.

#include "api/messages.hpp"

namespace switchhook::api {

/// Receives one application's stream of replies and events, in order.
/// Threads: called on one thread of the service, never on the stack of submit(); must not block and
/// must not destroy the service. No lock of the service is held.
class ServiceSink {
 public:
  virtual ~ServiceSink() = default;
  virtual void on_reply(Reply reply) = 0;
  virtual void on_event(Event event) = 0;
  /// The service died or was stopped, and another one is looked for: what was handed in is not
  /// answered any more, and what is handed in until on_replaced() is not carried out.
  /// @param why  "the service died", or what it said itself
  virtual void on_interrupted(const std::string& /*why*/) {}
  /// The other one is there. It knows nothing of this application but what it is asked to restore,
  /// which is to be the first that it is asked.
  virtual void on_replaced() {}
  /// The service is gone (connection lost, service stopped): nothing further comes. Called at most
  /// once. Open requests will not be answered.
  virtual void on_disconnected(const Error& why) = 0;
};

/// One application's attachment to the sessions. Destroying it detaches the application (as if it
/// had vanished, unless ShutDown was completed before); after the destructor returned the sink is
/// not called any more.
class SessionService {
 public:
  virtual ~SessionService() = default;

  /// Hands in a command. Never blocks. Threads: any.
  /// @param request  1…0x7fffffff, not in use by an unanswered command.
  /// @return  overloaded or disconnected when it could not be handed in (then no Reply comes);
  ///          otherwise exactly one completed Reply follows, unless suppressed by rule or
  ///          on_disconnected comes first.
  [[nodiscard]] virtual Result<void> submit(RequestId request, Command command) = 0;
};

}  // namespace switchhook::api
