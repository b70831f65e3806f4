// SPDX-License-Identifier: Apache-2.0
#pragma once

// The daemon's end of all connections: accepts, says who is there, carries commands to a backend
// and replies and events back, and notices at once when an application is gone. Threads: everything
// on the thread that runs the io_context. Ownership: the io_context and the backend outlive the
// server.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "api/service.hpp"
#include "base/limits.hpp"

namespace asio {
class io_context;
}

namespace switchhook::rpc {

/// What the applications are attached to. The daemon implements it on the engine.
class Backend {
 public:
  virtual ~Backend() = default;
  /// `sink` is called until detach() returns.
  [[nodiscard]] virtual api::AppId attach(api::ApplicationInfo info, api::ServiceSink& sink) = 0;
  virtual void detach(api::AppId app, const std::string& why) = 0;
  virtual void submit(api::AppId app, api::RequestId request, api::Command command) = 0;
  /// After some of the above: do what they entail, then flush() the server.
  virtual void settle() = 0;
};

class Server {
 public:
  struct Options {
    std::string version;      ///< the daemon's, for people
    std::uint64_t epoch = 0;  ///< another one at each start
    std::uint32_t user = 0;   ///< whose daemon it is
    /// Fills in role and groups by the number of the user. Empty: this user and root operate, all
    /// others are users.
    std::function<void(api::ApplicationInfo& who)> describe;
    std::size_t connections = limits::kApplications;
    std::size_t connections_of_user = limits::kApplicationsPerUser;
    std::chrono::milliseconds hello_time = limits::kHelloTime;
    std::chrono::milliseconds heartbeat = limits::kHeartbeat;  ///< over TCP; 0 = none
    /// Of programs on this machine, which the system tells the death of but not that they hang.
    std::chrono::milliseconds local_heartbeat = limits::kSilence / limits::kHeartbeatsMissed;
    std::chrono::milliseconds resume_time = limits::kResumeTime;  ///< 0 = a lost one is gone
    std::chrono::milliseconds restore_time{0};                    ///< see HelloAck.restore_ms
    /// Told what the operator should read in the log; empty = nobody.
    std::function<void(const std::string& words)> notice;
  };
  struct LocalListener {
    std::string path;
    unsigned mode = 0600;
    std::string group;  ///< empty = the process's
  };

  Server(asio::io_context& io, Backend& backend, Options options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens at a path; what lies there from before is removed if nobody listens.
  /// Errors: failed, denied: in words; resource_unavailable: somebody listens there.
  [[nodiscard]] Result<void> listen(const LocalListener& listener);
  /// Listens on 127.0.0.1, for those who know the token. @param port  0 = any free one
  /// @return the port. Errors: failed.
  [[nodiscard]] Result<std::uint16_t> listen_tcp(std::uint16_t port, std::string token);
  /// Nobody new is let in; the path is removed.
  void stop_listening();

  /// Sends what the backend gave to sinks since the last time.
  void flush();
  /// A reply that the backend did not give through a sink. Ignored when the application is gone.
  void reply(api::AppId app, api::Reply reply);
  /// Says why to every application and closes its connection.
  /// @param restores  the next daemon knows what Restore asks for: they wait for it
  void close_all(const Error& why, bool restores = false);

  [[nodiscard]] std::size_t connections() const;
  /// Sockets that it has for them, for those that have not said hello, and for last words.
  [[nodiscard]] std::size_t sockets() const;
  /// Frames on the way to applications that read; for a clean stop.
  [[nodiscard]] bool idle() const;
  [[nodiscard]] std::uint64_t events_dropped() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace switchhook::rpc
