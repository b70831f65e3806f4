// SPDX-License-Identifier: Apache-2.0
#include "daemon/http_connection.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace switchhook::daemon {

Result<std::shared_ptr<const TlsIdentity>> TlsIdentity::load(const std::string& certificate,
                                                             const std::string& key) {
  SSL_CTX* context = ::SSL_CTX_new(::TLS_server_method());
  if (context == nullptr) return Errc::no_memory;
  std::shared_ptr<const TlsIdentity> identity(new TlsIdentity(context));  // NOLINT: private
  ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  ::SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  ::ERR_clear_error();
  if (::SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
    return Error{Errc::invalid_argument, certificate + " is no certificate that can be used"};
  if (::SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_check_private_key(context) != 1)
    return Error{Errc::invalid_argument, key + " is not the key of " + certificate};
  return identity;
}

TlsIdentity::~TlsIdentity() {
  ::SSL_CTX_free(context_);
}

HttpConnection::HttpConnection(int socket, const TlsIdentity* identity) : socket_(socket) {
  usable_ = ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK) == 0 &&
            ::fcntl(socket, F_SETFD, FD_CLOEXEC) == 0;
  if (identity == nullptr) return;
  tls_ = ::SSL_new(identity->get());
  usable_ = usable_ && tls_ != nullptr && ::SSL_set_fd(tls_, socket) == 1;
  if (usable_) ::SSL_set_accept_state(tls_);  // the handshake is a part of the first read
}

HttpConnection::~HttpConnection() {
  if (tls_ != nullptr && usable_) ::SSL_shutdown(tls_);
  ::SSL_free(tls_);
  ::ERR_clear_error();
  ::shutdown(socket_, SHUT_RDWR);
  ::close(socket_);
}

/// What a call of the system, or of OpenSSL, that did not fail has done, and otherwise why it did.
std::optional<std::size_t> HttpConnection::result(std::ptrdiff_t done) {
  if (done > 0) return static_cast<std::size_t>(done);
  if (tls_ != nullptr) {
    const int why = ::SSL_get_error(tls_, static_cast<int>(done));
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
      waits_for_ = why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
      return 0;
    }
  } else if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    return 0;
  }
  usable_ = false;
  return std::nullopt;
}

std::optional<std::size_t> HttpConnection::read(char* to, std::size_t size) {
  if (!usable_) return std::nullopt;
  waits_for_ = POLLIN;
  size = std::min<std::size_t>(size, std::numeric_limits<int>::max());
  if (tls_ == nullptr) return result(::recv(socket_, to, size, MSG_DONTWAIT));
  ::ERR_clear_error();
  return result(::SSL_read(tls_, to, static_cast<int>(size)));
}

std::optional<std::size_t> HttpConnection::write(const char* from, std::size_t size) {
  if (!usable_) return std::nullopt;
  waits_for_ = POLLOUT;
  size = std::min<std::size_t>(size, std::numeric_limits<int>::max());
  if (tls_ == nullptr) return result(::send(socket_, from, size, MSG_NOSIGNAL | MSG_DONTWAIT));
  ::ERR_clear_error();
  return result(::SSL_write(tls_, from, static_cast<int>(size)));
}

bool HttpConnection::wait(Clock::time_point until) const {
  pollfd one{socket_, waits_for_, 0};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return left > 0 && ::poll(&one, 1, static_cast<int>(left)) == 1;
}

}  // namespace switchhook::daemon
