// SPDX-License-Identifier: Apache-2.0
#include "daemon/console/logins.hpp"

#include <openssl/crypto.h>

#include <utility>

#include "base/limits.hpp"
#include "credentials/password_file.hpp"
#include "rpc/platform.hpp"

namespace switchhook::daemon {
namespace {

const Error kUnknown{Errc::denied, "the credential is not valid (any more)"};

/// In a time that does not tell how much of it is right.
bool same(const std::string& a, const std::string& b) {
  return !a.empty() && a.size() == b.size() && ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Visitor holder_of_token() {
  return {"console:token", api::Role::operating};
}

}  // namespace

/// The token that a request shows, as a bearer's or in the cookie.
std::string Logins::shown_by(const HttpServer::Request& request) {
  constexpr std::string_view kBearer = "Bearer ";
  const std::string authorization = request.header("authorization");
  if (authorization.starts_with(kBearer)) return authorization.substr(kBearer.size());
  const std::string cookies = request.header("cookie"), name = std::string(kCookie) + "=";
  for (std::size_t at = 0; at < cookies.size();) {
    const std::size_t end = std::min(cookies.find_first_of(";,", at), cookies.size());
    if (cookies.compare(at, name.size(), name) == 0)
      return cookies.substr(at + name.size(), end - at - name.size());
    at = cookies.find_first_not_of(" ;,", end);
  }
  return {};
}

Result<Logins::Login> Logins::begin(Visitor who, Clock::time_point now) {
  Result<std::string> token = rpc::platform::make_secret();
  if (!token) return token.error();
  base::Lock lock(mutex_);
  if (logins_.size() >= limits::kConsoleLogins) logins_.pop_front();
  logins_.push_back({{std::move(*token), std::move(who)}, now + limits::kConsoleLoginTime});
  return logins_.back().login;
}

Result<Logins::Login> Logins::by_token(const std::string& token, Clock::time_point now) {
  if (!same(token, token_)) return kUnknown;
  return begin(holder_of_token(), now);
}

Result<Logins::Login> Logins::by_password(const std::string& user, const std::string& password,
                                          Clock::time_point now) {
  {
    base::Lock lock(mutex_);
    if (now - failing_since_ >= limits::kConsoleLoginsTime) {
      failing_since_ = now;
      failed_ = 0;
    }
    if (failed_ >= limits::kConsoleLoginsFailed || checking_)
      return Error{Errc::overloaded, checking_ ? "another password is being checked"
                                               : "too many passwords were wrong"};
    checking_ = true;
  }
  const Result<credentials::User> known = credentials::check_password(passwords_, user, password);
  {
    base::Lock lock(mutex_);
    checking_ = false;
    if (!known) ++failed_;
  }
  if (!known) {
    if (known.error().code == Errc::not_found) return Error{Errc::denied, "nobody has a password"};
    return known.error();
  }
  return begin(
      {"console:" + known->name, known->operating ? api::Role::operating : api::Role::observer},
      now);
}

Result<Visitor> Logins::visitor(const HttpServer::Request& request, Clock::time_point now) {
  const std::string token = shown_by(request);
  if (token.empty()) return Error{Errc::denied, "a login or a token is needed"};
  if (same(token, token_)) return holder_of_token();
  base::Lock lock(mutex_);
  std::erase_if(logins_, [&](const Valid& each) { return each.until <= now; });
  for (const Valid& each : logins_)
    if (same(token, each.login.token)) return each.login.who;
  return kUnknown;
}

void Logins::end(const HttpServer::Request& request) {
  const std::string token = shown_by(request);
  base::Lock lock(mutex_);
  std::erase_if(logins_, [&](const Valid& each) { return same(token, each.login.token); });
}

}  // namespace switchhook::daemon
