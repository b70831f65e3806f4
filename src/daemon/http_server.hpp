// SPDX-License-Identifier: Apache-2.0
#pragma once

// A small HTTP server on threads of its own. Its threads, connections, requests and their times are
// bounded by base/limits.hpp: whoever connects beyond that waits in the kernel's queue. A handler
// asks the daemon's loop for copies and waits for them with a deadline; the loop waits for nobody.
// Threads: made and destroyed by one thread; handlers run on the server's. Ownership: owns its
// threads and sockets; a socket's path is removed at the end.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "daemon/http_connection.hpp"
#include "switchhook/error.hpp"

namespace switchhook::daemon {

class HttpServer {
 public:
  struct Request {
    std::string method;
    std::string path;                          ///< decoded
    std::map<std::string, std::string> query;  ///< decoded; of a name that comes twice the first
    std::map<std::string, std::string>
        headers;  ///< names in lower case; one that comes twice with a comma
    std::string body;

    /// Empty where there is none.
    [[nodiscard]] std::string header(const std::string& name) const;
    [[nodiscard]] std::string asked(const std::string& name) const;
  };
  struct Answer {
    int status = 200;
    std::string type, body;
    std::vector<std::pair<std::string, std::string>> headers = {};
    /// Behind the body: appends the next piece; false = there is none.
    std::function<bool(std::string& piece)> more = {};
    /// Gets the connection after the body, to send what it wants.
    std::function<void(std::unique_ptr<HttpConnection>)> take_over = {};
  };
  /// Threads: several at once.
  using Handler = std::function<Answer(const Request& request)>;

  struct Options {
    std::size_t threads = limits::kHttpThreads;
    std::size_t body_bytes = 0;                                     ///< the largest of a request
    std::vector<std::pair<std::string, std::string>> headers = {};  ///< of every answer
    std::shared_ptr<const TlsIdentity> identity = {};               ///< null = without TLS
    /// The body of an answer that the server makes itself, by its status.
    std::function<Answer(int status)> failure = {};
  };

  HttpServer() : HttpServer(Options{}) {}
  explicit HttpServer(Options options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Answers a GET. Before listen().
  void get(const std::string& path, std::function<Answer()> handler);
  /// Answers what no get() does. Before listen().
  void serve(Handler handler);
  /// @param where  "ADDRESS:PORT", or the path of a Unix socket, which only its owner may use;
  ///               port 0 = any free one
  /// @return where it listens. Errors: invalid_argument, failed.
  [[nodiscard]] Result<std::string> listen(const std::string& where);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace switchhook::daemon
