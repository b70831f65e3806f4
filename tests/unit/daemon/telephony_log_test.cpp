// SPDX-License-Identifier: Apache-2.0
// What the log tells of telephony: each change once, who did it, and no secrets.
#include "daemon/telephony_log.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/limits.hpp"
#include "daemon/log.hpp"
#include "tests/support/count_of.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/unit/host/host_world.hpp"

namespace switchhook::daemon {
namespace {

using core::test::KeepingSink;
using testing::HasSubstr;
using testing::Not;

class TelephonyLogTest : public core::test::ObservedHost<base::ManualClock> {
 protected:
  TelephonyLogTest() : file_(::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT, 0600)) {
    log::begin({}, {.descriptor = file_});
    begin(log_);
  }
  ~TelephonyLogTest() override {
    log::begin({.level = "off"});
    ::close(file_);
  }
  TelephonyLogTest(const TelephonyLogTest&) = delete;
  TelephonyLogTest& operator=(const TelephonyLogTest&) = delete;

  [[nodiscard]] std::string written() const { return test::content_of(folder_ / "log"); }
  [[nodiscard]] std::size_t lines_with(const std::string& words) const {
    return test::count_of(words, written());
  }

  const test::TempFolder folder_;
  const int file_;
  TelephonyLog log_{host_, clock_};
};

TEST_F(TelephonyLogTest, TellsARegistrationThatFailsOnceForEachChange) {
  for (int i = 0; i < 3; ++i) post(provider::LineStatus{0, false, "not registered: 401"});
  EXPECT_EQ(lines_with("warning lines: line 300 is out of service: not registered: 401"), 1u);
  post(provider::LineStatus{0, false, "not registered: no response"});
  EXPECT_EQ(lines_with("out of service"), 2u);
  for (const char* next : {"300", "600"})
    post(provider::LineStatus{0, false, std::string("403 Forbidden (next try in ") + next + " s)"});
  EXPECT_EQ(lines_with("403 Forbidden (next try in 300 s)"), 1u);
  EXPECT_EQ(lines_with("out of service"), 3u);
  post(provider::LineStatus{0, true, "registered"});
  post(provider::LineStatus{0, true, "registered"});
  EXPECT_EQ(lines_with("info lines: line 300: registered"), 1u);
  post(provider::LineGone{0, "not configured any more"});
  EXPECT_EQ(lines_with("line 300 is gone: not configured any more"), 1u);
}

TEST_F(TelephonyLogTest, TellsBeginAndEndOfACallWithCauseWhoAndHowLong) {
  const auto make = connected();
  const std::string session = std::to_string(make.call.value);
  EXPECT_EQ(lines_with("session " + session + " begins: line 300 calls 555 for \"dialer\""), 1u);
  clock_.advance(std::chrono::milliseconds(2500));
  host_.submit(app_, 3, api::DropCall{.call = sink_.value_of<api::MadeCall>(2).call});
  post(provider::Completed{make.call, script_.all<provider::Drop>().back().request, {}});
  post(provider::StateChanged{make.call, CallState::idle, 0, {}});
  post(provider::Ended{.call = make.call, .confirmation = Confirmation::confirmed});
  EXPECT_EQ(lines_with("session " + session +
                       " of line 300 has ended by local user (\"dialer\" of "
                       "anna): normal; 2.5 s; far end confirmed"),
            1u)
      << written();
}

TEST_F(TelephonyLogTest, TellsIncomingCallsAndThoseThatWereNotMade) {
  post(provider::NewCall{.call = {provider::CallRef::kMintedByProvider | 1},
                         .parties = {.calling = {.address = "777", .name = {}}}});
  EXPECT_EQ(lines_with(" begins: line 300 is called by 777"), 1u) << written();
  call(2, "555");
  const auto make = script_.all<provider::MakeCall>().back();
  post(provider::Completed{make.call, make.request, Error{Errc::failed, "no route"}});
  EXPECT_EQ(lines_with("was not made: the operation failed: no route"), 1u) << written();
}

TEST_F(TelephonyLogTest, TellsNothingOfWhatAProviderReportsAgainOrOfNoCall) {
  const provider::NewCall incoming{.call = {provider::CallRef::kMintedByProvider | 1}};
  post(incoming);
  post(incoming);
  EXPECT_EQ(lines_with(" begins: "), 1u) << written();
  call(2, "555");
  const auto given_up = script_.all<provider::MakeCall>().back();
  post(provider::Ended{.call = given_up.call});
  EXPECT_EQ(lines_with("was not made: the provider gave it up"), 1u) << written();
  post(provider::Completed{given_up.call, given_up.request, Error{Errc::failed, "late"}});
  log::begin({.level = "debug"}, {.descriptor = file_});
  post(provider::DigitReceived{{4711}, '8'});
  EXPECT_THAT(written(), Not(HasSubstr("late")));
  EXPECT_EQ(lines_with("digit"), 0u) << written();
}

TEST_F(TelephonyLogTest, TellsWhichProgramsComeAndGo) {
  EXPECT_EQ(lines_with("info programs: \"dialer\" (process 17 of anna) is here"), 1u);
  host_.detach(app_, "it crashed");
  EXPECT_EQ(lines_with("\"dialer\" (process 17 of anna) is lost: it crashed"), 1u);
  KeepingSink second, own;
  const api::AppId other = host_.attach({.name = "b", .user = "c", .process = 18}, second);
  host_.submit(other, 1, api::ShutDown{});
  EXPECT_EQ(lines_with("\"b\" (process 18 of c) has left"), 1u);
  static_cast<void>(host_.attach({.name = "self-audit", .user = "switchhookd"}, own));
  EXPECT_EQ(lines_with("self-audit"), 0u) << "a part of the daemon";
}

TEST_F(TelephonyLogTest, TellsWhatOperatorsDidAndWhetherItWorked) {
  const auto make = connected();
  KeepingSink sink;
  const api::AppId boss = host_.attach({.name = "switchhook", .user = "root", .process = 9}, sink);
  const std::string number = std::to_string(make.call.value);
  host_.submit(boss, 1, api::HangUp{{make.call.value}});
  host_.submit(boss, 2, api::HangUp{{12345}});
  host_.submit(boss, 3, api::Reclaim{});
  EXPECT_EQ(
      lines_with("info operators: \"switchhook\" (process 9 of root) asked to hang up session " +
                 number + ": done"),
      1u)
      << written();
  EXPECT_EQ(lines_with("asked to hang up session 12345: "), 1u);
  EXPECT_EQ(lines_with("asked to reclaim all ended sessions: 0 identifiers"), 1u);
}

TEST_F(TelephonyLogTest, TellsALimitOnceAMinute) {
  host_.refuse_calls("the journal cannot be kept");
  for (int i = 2; i < 12; ++i) call(static_cast<api::RequestId>(i), "555");
  EXPECT_EQ(lines_with("warning limits: a call of \"dialer\" was refused: "), 1u) << written();
  clock_.advance(limits::kRefusalsQuiet);
  call(12, "555");
  EXPECT_EQ(lines_with("(10 in all since this was said last)"), 1u) << written();
  post(provider::NewCall{.call = {provider::CallRef::kMintedByProvider | 1}});
  EXPECT_EQ(lines_with("a call to line 300 was refused"), 1u);
}

TEST_F(TelephonyLogTest, TellsOfAnEmergencyCallWhatWouldHaveRefusedIt) {
  host_.refuse_calls("the service ends");
  call(2, "sip:112@example.org");
  EXPECT_EQ(
      lines_with("warning limits: an emergency call of \"dialer\" on line 300 is made although: "),
      1u)
      << written();
  EXPECT_EQ(lines_with("warning calls: session "), 1u);
  EXPECT_EQ(lines_with("; an emergency call"), 1u);
}

TEST_F(TelephonyLogTest, TellsDigitsOnlyWhereTheyAreAskedFor) {
  const auto make = connected();
  const api::CallId held = sink_.value_of<api::MadeCall>(2).call;
  log::begin({.level = "debug"}, {.descriptor = file_});
  host_.submit(app_, 3, api::SendDigits{.call = held, .digits = "4711", .mode = digits::kDtmf});
  post(provider::DigitReceived{make.call, '8'});
  EXPECT_THAT(written(), Not(HasSubstr("4711")));
  EXPECT_EQ(lines_with("4 digits sent"), 1u) << written();
  EXPECT_EQ(lines_with("1 digit received"), 1u);
  log_.tell_digits(true);
  host_.submit(app_, 4, api::SendDigits{.call = held, .digits = "4711", .mode = digits::kDtmf});
  EXPECT_EQ(lines_with("digits 4711 sent"), 1u);
}

}  // namespace
}  // namespace switchhook::daemon
