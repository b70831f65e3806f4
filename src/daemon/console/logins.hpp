// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who a request over HTTP comes from. Three things say so: the token of this start, which is in a
// file of the daemon's user, a login's own token, and the cookie with it. Logins outlive the daemon in a
// file that has SHA-256 of their tokens. That of a user ends when the password is set again. Threads:
// any. Ownership: values.

#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include "api/messages.hpp"
#include "base/mutex.hpp"
#include "credentials/password_file.hpp"
#include "daemon/http_server.hpp"

namespace switchhook::daemon {

struct Visitor {
  std::string user;  ///< with a colon, which no account's name has
  api::Role role = api::Role::observer;
};

class Logins {
 public:
  using Clock = std::chrono::system_clock;
  static constexpr const char* kCookie = "switchhook";

  /// @param token  of this start   @param passwords  the file of users
  /// @param kept  the file of logins; empty = they end with this object
  Logins(std::string token, std::string passwords, std::string kept = {});

  struct Login {
    std::string token;
    Visitor who;
  };
  /// Errors: denied; overloaded: too many have failed, or another password is being checked; failed.
  [[nodiscard]] Result<Login> by_token(const std::string& token, Clock::time_point now);
  [[nodiscard]] Result<Login> by_password(const std::string& user, const std::string& password,
                                          Clock::time_point now);
  /// Errors: denied: it has no credential, or none that is valid.
  [[nodiscard]] Result<Visitor> visitor(const HttpServer::Request& request, Clock::time_point now);
  void end(const HttpServer::Request& request);

 private:
  struct Valid {
    std::string hash;  ///< of its token
    std::string user;  ///< the name; empty = it began with the token of a start
    std::string stamp;
    std::chrono::seconds until;  ///< since 1970
  };
  [[nodiscard]] Result<Login> begin(const credentials::User& user, Clock::time_point now);
  [[nodiscard]] std::optional<Visitor> visitor_of(const Valid& login) const;
  void load() SWITCHHOOK_REQUIRES(mutex_);
  void save() const SWITCHHOOK_REQUIRES(mutex_);
  [[nodiscard]] static std::string shown_by(const HttpServer::Request& request);

  const std::string token_, passwords_, kept_;
  base::Mutex mutex_;
  std::deque<Valid> logins_ SWITCHHOOK_GUARDED_BY(mutex_);  // the oldest first
  unsigned failed_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
  bool checking_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  Clock::time_point failing_since_ SWITCHHOOK_GUARDED_BY(mutex_);
};

}  // namespace switchhook::daemon
