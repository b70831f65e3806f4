// SPDX-License-Identifier: Apache-2.0
#pragma once

// A small HTTP server on threads of its own. Its threads, connections, requests and their times are
// bounded by base/limits.hpp: whoever connects beyond that waits in the kernel's queue. A handler
// asks the daemon's loop for copies and waits for them with a deadline; the loop waits for nobody.
// Threads: made and destroyed by one thread; handlers run on the server's. Ownership: owns its
// threads and sockets; a socket's path is removed at the end.

#include <functional>
#include <memory>
#include <string>

#include "switchhook/error.hpp"

namespace switchhook::daemon {

class HttpServer {
 public:
  struct Answer {
    int status = 200;
    std::string type, body;
  };
  /// Answers a GET. Threads: several at once.
  using Handler = std::function<Answer()>;

  HttpServer();
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Before listen().
  void get(const std::string& path, Handler handler);
  /// @param where  "ADDRESS:PORT", or the path of a Unix socket, which only its owner may use;
  ///               port 0 = any free one
  /// @return where it listens. Errors: invalid_argument, failed.
  [[nodiscard]] Result<std::string> listen(const std::string& where);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace switchhook::daemon
