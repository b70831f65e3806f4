// SPDX-License-Identifier: Apache-2.0
#pragma once

// A client of HTTP for tests: one request a connection, as raw as the test wants. Threads: the test's.

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace switchhook::test {

/// A TCP connection to 127.0.0.1.
class HttpPeer {
 public:
  explicit HttpPeer(int port);
  ~HttpPeer();
  HttpPeer(const HttpPeer&) = delete;
  HttpPeer& operator=(const HttpPeer&) = delete;

  /// False: the other side has closed, or does not read.
  bool say(const std::string& text) const;
  /// All until the other side closes, or the time is up.
  [[nodiscard]] std::string hear(std::chrono::milliseconds limit = std::chrono::seconds(15));
  /// The same until this is in it; empty when it does not come.
  [[nodiscard]] std::string hear_until(const std::string& words,
                                       std::chrono::milliseconds limit = std::chrono::seconds(15));

 private:
  bool take(std::chrono::steady_clock::time_point until);
  int socket_ = -1;
  std::string heard_;
};

/// Of the daemon's console, as the ready line names it: "http://127.0.0.1:PORT/".
class HttpClient {
 public:
  struct Answer {
    int status = 0;
    std::string head, body;
    /// A member of an object that is a text, a number or a truth, without quotes.
    [[nodiscard]] std::string member(const std::string& name) const;
  };
  using Headers = std::vector<std::string>;  ///< "Name: value"

  HttpClient(const std::string& address, Headers headers);
  /// With those of the constructor.
  [[nodiscard]] Answer ask(const std::string& method, const std::string& path,
                           const std::string& body = {}, const Headers& more = {}) const;
  [[nodiscard]] std::string text_of(const std::string& method, const std::string& path,
                                    const std::string& body = {}, const Headers& more = {}) const;
  [[nodiscard]] int port() const { return port_; }

 private:
  int port_ = 0;
  Headers headers_;
};

}  // namespace switchhook::test
