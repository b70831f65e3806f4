// SPDX-License-Identifier: Apache-2.0
#include "daemon/console/logins.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/limits.hpp"
#include "rpc/platform.hpp"
#include "switchhook/json.hpp"

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

Visitor holder_of(const credentials::User& user) {
  return {"console:" + user.name, user.operating ? api::Role::operating : api::Role::observer};
}

std::string hash_of(const std::string& token) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> bits{};
  ::SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), bits.data());
  return base16({bits.begin(), bits.end()});
}

std::chrono::seconds since_1970(Logins::Clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch());
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

Logins::Logins(std::string token, std::string passwords, std::string kept)
    : token_(std::move(token)), passwords_(std::move(passwords)), kept_(std::move(kept)) {
  base::Lock lock(mutex_);
  load();
}

/// A line each: hash, end, stamp, user. No user's name is a colon: that stands for none.
void Logins::load() {
  std::ifstream file(kept_);
  for (std::string line; logins_.size() < limits::kConsoleLogins && std::getline(file, line);) {
    std::istringstream in(line);
    Valid login;
    long long until = 0;
    if (!(in >> login.hash >> until >> login.stamp >> login.user)) continue;
    login.until = std::chrono::seconds(until);
    if (login.user == ":") login.user.clear();
    logins_.push_back(std::move(login));
  }
}

/// Where they cannot be kept they end with the daemon.
void Logins::save() const {
  if (kept_.empty()) return;
  std::ostringstream text;
  for (const Valid& each : logins_)
    text << each.hash << ' ' << each.until.count() << ' ' << (each.user.empty() ? ":" : each.stamp)
         << ' ' << (each.user.empty() ? ":" : each.user) << '\n';
  static_cast<void>(rpc::platform::write_secret(kept_, text.str()).has_value());
}

Result<Logins::Login> Logins::begin(const credentials::User& user, Clock::time_point now) {
  Result<std::string> token = rpc::platform::make_secret();
  if (!token) return token.error();
  base::Lock lock(mutex_);
  if (logins_.size() >= limits::kConsoleLogins) logins_.pop_front();
  logins_.push_back(
      {hash_of(*token), user.name, user.stamp, since_1970(now + limits::kConsoleLoginTime)});
  save();
  return Login{std::move(*token), user.name.empty() ? holder_of_token() : holder_of(user)};
}

/// Nobody, if the password was set again since, or the user is gone.
std::optional<Visitor> Logins::visitor_of(const Valid& login) const {
  if (login.user.empty()) return holder_of_token();
  const Result<credentials::User> user = credentials::find_user(passwords_, login.user);
  if (!user || user->stamp != login.stamp) return std::nullopt;
  return holder_of(*user);
}

Result<Logins::Login> Logins::by_token(const std::string& token, Clock::time_point now) {
  if (!same(token, token_)) return kUnknown;
  return begin({}, now);
}

Result<Logins::Login> Logins::by_password(const std::string& user, const std::string& password,
                                          Clock::time_point now) {
  {
    base::Lock lock(mutex_);
    if (now - failing_since_ >= limits::kConsoleLoginsTime || now < failing_since_) {
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
  return begin(*known, now);
}

Result<Visitor> Logins::visitor(const HttpServer::Request& request, Clock::time_point now) {
  const std::string token = shown_by(request);
  if (token.empty()) return Error{Errc::denied, "a login or a token is needed"};
  if (same(token, token_)) return holder_of_token();
  const std::string hash = hash_of(token);
  base::Lock lock(mutex_);
  // A clock that was set back makes none longer.
  std::erase_if(logins_, [&, at = since_1970(now)](const Valid& each) {
    return each.until <= at || each.until > at + limits::kConsoleLoginTime;
  });
  for (const Valid& each : logins_)
    if (same(hash, each.hash))
      if (std::optional<Visitor> who = visitor_of(each)) return std::move(*who);
  return kUnknown;
}

void Logins::end(const HttpServer::Request& request) {
  const std::string hash = hash_of(shown_by(request));
  base::Lock lock(mutex_);
  if (std::erase_if(logins_, [&](const Valid& each) { return same(hash, each.hash); }) != 0) save();
}

}  // namespace switchhook::daemon
