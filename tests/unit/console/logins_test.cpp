// SPDX-License-Identifier: Apache-2.0
// Who a request comes from: the token, logins, passwords and how often they may be wrong.
#include "daemon/console/logins.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/limits.hpp"
#include "credentials/password_file.hpp"
#include "tests/support/daemon_process.hpp"

namespace switchhook::daemon {
namespace {

using Clock = Logins::Clock;

HttpServer::Request with(const std::string& header, const std::string& value) {
  HttpServer::Request request{"GET", "/", {}, {}, {}};
  request.headers[header] = value;
  return request;
}

class LoginsTest : public testing::Test {
 protected:
  [[nodiscard]] api::Role role_of(const std::string& bearer) {
    const Result<Visitor> who = logins_.visitor(with("authorization", "Bearer " + bearer), now_);
    return who ? who->role : api::Role::user;
  }
  test::TempFolder folder_;
  const std::string file_ = folder_ / "passwords";
  Logins logins_{"the-token", file_};
  Clock::time_point now_{std::chrono::hours(1)};
};

TEST_F(LoginsTest, TheTokenIsAnOperator) {
  EXPECT_EQ(role_of("the-token"), api::Role::operating);
  for (const char* wrong : {"", "the-toke", "the-token2", "x"})
    EXPECT_EQ(role_of(wrong), api::Role::user);
  EXPECT_FALSE(logins_.visitor(with("authorization", "Basic the-token"), now_));
  EXPECT_FALSE(logins_.by_token("", now_));
  EXPECT_FALSE(logins_.by_token("no", now_));
}

TEST_F(LoginsTest, ALoginIsShownAsBearerOrCookieUntilItEnds) {
  const Result<Logins::Login> login = logins_.by_token("the-token", now_);
  ASSERT_TRUE(login);
  EXPECT_EQ(role_of(login->token), api::Role::operating);
  const HttpServer::Request request = with("cookie", "a=b; switchhook=" + login->token + "; c=d");
  EXPECT_TRUE(logins_.visitor(request, now_));
  EXPECT_FALSE(logins_.visitor(with("cookie", "xswitchhook=" + login->token), now_));
  EXPECT_TRUE(logins_.visitor(request, now_ + limits::kConsoleLoginTime - std::chrono::seconds(1)));
  EXPECT_FALSE(logins_.visitor(request, now_ + limits::kConsoleLoginTime));
  const Result<Logins::Login> other = logins_.by_token("the-token", now_);
  ASSERT_TRUE(other);
  logins_.end(with("cookie", "switchhook=" + other->token));
  EXPECT_FALSE(logins_.visitor(with("cookie", "switchhook=" + other->token), now_));
}

TEST_F(LoginsTest, ThereAreSoManyLoginsAndTheOldestMakesRoom) {
  const Result<Logins::Login> first = logins_.by_token("the-token", now_);
  ASSERT_TRUE(first);
  for (std::size_t i = 1; i < limits::kConsoleLogins; ++i)
    ASSERT_TRUE(logins_.by_token("the-token", now_));
  EXPECT_EQ(role_of(first->token), api::Role::operating);
  ASSERT_TRUE(logins_.by_token("the-token", now_));
  EXPECT_EQ(role_of(first->token), api::Role::user);
}

TEST_F(LoginsTest, AUserHasTheRoleThatWasGivenWithThePassword) {
  ASSERT_TRUE(credentials::set_password(file_, {"anna", true}, "correct horse"));
  ASSERT_TRUE(credentials::set_password(file_, {"bert", false}, "battery staple"));
  struct stat info {};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(test::content_of(file_).find("horse"), std::string::npos);
  const Result<Logins::Login> anna = logins_.by_password("anna", "correct horse", now_);
  const Result<Logins::Login> bert = logins_.by_password("bert", "battery staple", now_);
  ASSERT_TRUE(anna && bert);
  EXPECT_EQ(anna->who.user, "console:anna");
  EXPECT_EQ(anna->who.role, api::Role::operating);
  EXPECT_EQ(bert->who.role, api::Role::observer);
  EXPECT_FALSE(logins_.by_password("anna", "battery staple", now_));
  ASSERT_TRUE(credentials::set_password(file_, {"anna", false}, "another one"));
  EXPECT_FALSE(logins_.by_password("anna", "correct horse", now_));
  EXPECT_TRUE(logins_.by_password("anna", "another one", now_));
  ASSERT_TRUE(credentials::remove_user(file_, "anna"));
  EXPECT_FALSE(credentials::remove_user(file_, "anna"));
  EXPECT_FALSE(logins_.by_password("anna", "another one", now_));
  EXPECT_TRUE(logins_.by_password("bert", "battery staple", now_));
}

TEST_F(LoginsTest, ALoginEndsWhenThePasswordIsSetAnewOrTheUserRemoved) {
  ASSERT_TRUE(credentials::set_password(file_, {"anna", true}, "correct horse"));
  ASSERT_TRUE(credentials::set_password(file_, {"bert", true}, "battery staple"));
  const Result<Logins::Login> anna = logins_.by_password("anna", "correct horse", now_);
  const Result<Logins::Login> bert = logins_.by_password("bert", "battery staple", now_);
  ASSERT_TRUE(anna && bert);
  EXPECT_EQ(role_of(anna->token), api::Role::operating);
  ASSERT_TRUE(credentials::set_password(file_, {"anna", false}, "correct horse"));
  EXPECT_EQ(role_of(anna->token), api::Role::user) << "she is an observer by now";
  ASSERT_TRUE(credentials::remove_user(file_, "bert"));
  EXPECT_EQ(role_of(bert->token), api::Role::user);
}

TEST_F(LoginsTest, LoginsOutliveTheDaemonAndTheirTokensAreNotWritten) {
  ASSERT_TRUE(credentials::set_password(file_, {"anna", false}, "correct horse"));
  ASSERT_TRUE(credentials::set_password(file_, {"-", false}, "correct horse"));
  const std::string kept = folder_ / "logins";
  std::string anna, dash, token, over;
  {
    Logins before("the-token", file_, kept);
    anna = before.by_password("anna", "correct horse", now_)->token;
    dash = before.by_password("-", "correct horse", now_)->token;
    token = before.by_token("the-token", now_)->token;
    over = before.by_token("the-token", now_)->token;
    before.end(with("authorization", "Bearer " + over));
  }
  EXPECT_EQ(test::content_of(kept).find(anna), std::string::npos);
  struct stat info {};
  ASSERT_EQ(::stat(kept.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  Logins after("another-token", file_, kept);
  const auto role = [&](const std::string& shown, Clock::time_point now) {
    const Result<Visitor> who = after.visitor(with("authorization", "Bearer " + shown), now);
    return who ? who->role : api::Role::user;
  };
  EXPECT_EQ(role(anna, now_), api::Role::observer);
  EXPECT_EQ(role(dash, now_), api::Role::observer);
  EXPECT_EQ(role(token, now_), api::Role::operating);
  EXPECT_EQ(role(over, now_), api::Role::user);
  EXPECT_EQ(role("the-token", now_), api::Role::user) << "the token is of one start";
  EXPECT_EQ(role(anna, now_ + limits::kConsoleLoginTime), api::Role::user);
}

TEST_F(LoginsTest, AFileThatOthersMayReadIsNotUsed) {
  ASSERT_TRUE(credentials::set_password(file_, {"anna", true}, "correct horse"));
  ASSERT_EQ(::chmod(file_.c_str(), 0640), 0);
  EXPECT_FALSE(logins_.by_password("anna", "correct horse", now_));
}

TEST_F(LoginsTest, NamesAndPasswordsHaveBounds) {
  for (const char* name : {"", "a:b", "a\nb", "a b"})
    EXPECT_FALSE(credentials::set_password(file_, {name, true}, "long enough")) << name;
  EXPECT_FALSE(credentials::set_password(file_, {"anna", true}, "short"));
  EXPECT_FALSE(credentials::set_password(file_, {"anna", true}, std::string(300, 'x')));
}

TEST_F(LoginsTest, WrongPasswordsCloseTheLoginForAWhile) {
  for (unsigned i = 0; i < limits::kConsoleLoginsFailed; ++i) {
    const Result<Logins::Login> wrong = logins_.by_password("anna", "guess", now_);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, Errc::denied);
  }
  ASSERT_TRUE(credentials::set_password(file_, {"anna", true}, "correct horse"));
  const Result<Logins::Login> closed = logins_.by_password("anna", "correct horse", now_);
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, Errc::overloaded);
  EXPECT_TRUE(logins_.by_token("the-token", now_)) << "the token is no password";
  EXPECT_TRUE(logins_.by_password("anna", "correct horse", now_ + limits::kConsoleLoginsTime));
}

}  // namespace
}  // namespace switchhook::daemon
