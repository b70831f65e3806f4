// SPDX-License-Identifier: Apache-2.0
#pragma once

// A connection that an HTTP server has accepted, over TLS or not. Nothing here waits but wait().
// Threads: one at a time. Ownership: owns the socket and closes it.

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "switchhook/error.hpp"

typedef struct ssl_ctx_st SSL_CTX;  // NOLINT: OpenSSL's own name
typedef struct ssl_st SSL;          // NOLINT: OpenSSL's own name

namespace switchhook::daemon {

/// A certificate and its key, for all connections of a server. Threads: any.
class TlsIdentity {
 public:
  /// Errors: invalid_argument: one of the files cannot be used, in words.
  [[nodiscard]] static Result<std::shared_ptr<const TlsIdentity>> load(
      const std::string& certificate, const std::string& key);
  ~TlsIdentity();
  TlsIdentity(const TlsIdentity&) = delete;
  TlsIdentity& operator=(const TlsIdentity&) = delete;
  [[nodiscard]] SSL_CTX* get() const { return context_; }

 private:
  explicit TlsIdentity(SSL_CTX* context) : context_(context) {}
  SSL_CTX* const context_;  // (owned)
};

class HttpConnection {
 public:
  using Clock = std::chrono::steady_clock;

  /// @param identity  null = not over TLS
  HttpConnection(int socket, const TlsIdentity* identity);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// How many bytes were taken; 0: none now, see waits_for(); nothing: never again.
  [[nodiscard]] std::optional<std::size_t> read(char* to, std::size_t size);
  [[nodiscard]] std::optional<std::size_t> write(const char* from, std::size_t size);
  /// What the last of these that took nothing waits for: POLLIN or POLLOUT.
  [[nodiscard]] short waits_for() const { return waits_for_; }
  /// Waits for that. False: the time was up first.
  [[nodiscard]] bool wait(Clock::time_point until) const;
  [[nodiscard]] int socket() const { return socket_; }

 private:
  [[nodiscard]] std::optional<std::size_t> result(std::ptrdiff_t done);

  const int socket_;
  SSL* tls_ = nullptr;  // (owned) null = not over TLS
  bool usable_ = true;
  short waits_for_ = 0;
};

}  // namespace switchhook::daemon
