// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who a request over HTTP comes from. Three things say so: the token of this start, which is in a
// file of the daemon's user, a login's own token, and the cookie with it. Threads: any. Ownership:
// values.

#include <chrono>
#include <list>
#include <string>

#include "api/messages.hpp"
#include "base/mutex.hpp"
#include "daemon/http_server.hpp"

namespace switchhook::daemon {

struct Visitor {
  std::string user;  ///< with a colon, which no account's name has
  api::Role role = api::Role::observer;
};

class Logins {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr const char* kCookie = "switchhook";

  /// @param token  of this start   @param passwords  the file of users
  Logins(std::string token, std::string passwords)
      : token_(std::move(token)), passwords_(std::move(passwords)) {}

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
    Login login;
    Clock::time_point until;
  };
  [[nodiscard]] Result<Login> begin(Visitor who, Clock::time_point now);
  [[nodiscard]] static std::string shown_by(const HttpServer::Request& request);

  const std::string token_, passwords_;
  base::Mutex mutex_;
  std::list<Valid> logins_ SWITCHHOOK_GUARDED_BY(mutex_);  // the oldest first
  unsigned failed_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
  bool checking_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  Clock::time_point failing_since_ SWITCHHOOK_GUARDED_BY(mutex_);
};

}  // namespace switchhook::daemon
