// SPDX-License-Identifier: Apache-2.0
// The daemon's own audit: drift is told once, with since when, and so is its end.
#include "daemon/self_audit.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "tests/unit/host/host_world.hpp"

namespace switchhook::daemon {
namespace {

using core::test::KeepingSink;
using core::test::Script;
using core::test::ScriptedProvider;
using std::chrono::seconds;

class SelfAuditTest : public ::testing::Test {
 protected:
  SelfAuditTest() {
    EXPECT_TRUE(host_.add_provider(std::make_unique<ScriptedProvider>(script_)));
    host_.amend([this](api::AppId, api::RequestId, api::Value& value) {
      if (auto* report = std::get_if<api::AuditReport>(&value)) audit_.amend(*report);
    });
    host_.run();
    app_ = host_.attach({.name = "app"}, sink_);
  }
  template <typename T>
  T ask(api::Command command) {
    host_.submit(app_, ++request_, std::move(command));
    answer_audits();
    return sink_.value_of<T>(request_);
  }
  /// The provider reports its ledger whenever it is asked to.
  void answer_audits() {
    host_.run();
    for (const auto& asked : script_.all<provider::ReportLedger>())
      if (asked.token > reported_) {
        reported_ = asked.token;
        provider::LedgerReport books{.token = asked.token};
        constexpr auto kCalls = static_cast<std::size_t>(Resource::provider_calls);
        books.booked[kCalls] = books.found[kCalls] = calls_;
        script_.sink->post(books);
      }
    host_.run();
  }
  void pass(seconds time) {
    for (seconds passed{0}; passed < time; passed += seconds(1)) {
      clock_.advance(seconds(1));
      host_.run();
      audit_.tick();
      answer_audits();
    }
  }
  /// A call that ends and is never returned by its provider.
  provider::CallRef lose_a_call() {
    const auto open = ask<api::OpenedLine>(
        api::OpenLine{0, static_cast<std::uint8_t>(Privilege::owner), media::kVoice});
    host_.submit(app_, ++request_, api::MakeCall{.open = open.open, .address = "1"});
    const auto made = script_.all<provider::MakeCall>().back();
    script_.sink->post(provider::Completed{made.call, made.request, {}});
    script_.sink->post(provider::StateChanged{made.call, CallState::idle, 0, Cause{}});
    host_.run();
    ++calls_;
    return made.call;
  }

  base::ManualClock clock_;
  Script script_;
  KeepingSink sink_;
  core::EngineHost host_{clock_, nullptr};
  std::vector<std::string> told_;
  SelfAudit audit_{host_,
                   [this](api::AppId app, api::RequestId request) {
                     host_.submit(app, request, api::RunAudit{});
                   },
                   clock_, seconds(10),
                   [this](bool came, const std::string& finding) {
                     told_.push_back((came ? "came: " : "went: ") + finding);
                   }};
  api::AppId app_;
  api::RequestId request_ = 0;
  std::uint64_t reported_ = 0;
  std::int64_t calls_ = 0;  // that the provider has
};

TEST_F(SelfAuditTest, SaysNothingWhileTheLedgersAgree) {
  pass(seconds(100));
  EXPECT_TRUE(told_.empty());
  EXPECT_FALSE(script_.all<provider::ReportLedger>().empty()) << "it did look";
}

TEST_F(SelfAuditTest, TellsDriftOnceAndItsEndOnce) {
  const provider::CallRef call = lose_a_call();
  pass(std::chrono::duration_cast<seconds>(limits::kProviderLinger) + seconds(30));
  ASSERT_EQ(told_.size(), 1u) << "once, though it was seen again and again";
  EXPECT_NE(told_[0].find("was not returned in time"), std::string::npos) << told_[0];
  const auto report = ask<api::AuditReport>(api::RunAudit{});
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_NE(report.findings[0].find("(since 2023-11-14"), std::string::npos) << report.findings[0];
  script_.sink->post(provider::Ended{.call = call});
  --calls_;
  pass(seconds(20));
  ASSERT_EQ(told_.size(), 2u);
  EXPECT_TRUE(told_[1].starts_with("went: ")) << told_[1];
}

TEST_F(SelfAuditTest, IsNoApplicationBetweenItsAudits) {
  pass(seconds(15));
  EXPECT_EQ(ask<api::ServiceStatus>(api::GetServiceStatus{}).applications, 1u);
}

/// The journal is counted when the test says so.
class AuditsTest : public SelfAuditTest {
 protected:
  AuditsTest() {
    host_.amend([this](api::AppId app, api::RequestId request, api::Value& value) {
      if (auto* report = std::get_if<api::AuditReport>(&value))
        audits_.amend(app, request, *report);
    });
  }
  void counted(std::size_t audit, std::int64_t sessions) {
    counts_.at(audit)({{Resource::sessions, "journal", sessions, sessions}});
  }
  std::int64_t journal_of(api::RequestId request) {
    for (const api::LedgerLine& line : sink_.value_of<api::AuditReport>(request).lines)
      if (line.holder == "journal") return line.found;
    return -1;
  }

  std::vector<Audits::Counted> counts_;
  Audits audits_{host_, [this](Audits::Counted counted) { counts_.push_back(std::move(counted)); }};
};

TEST_F(AuditsTest, TwoAtOnceHaveEachItsOwnCountOfTheJournal) {
  audits_.run(app_, 101);
  audits_.run(app_, 102);
  counted(0, 1);
  counted(1, 2);
  answer_audits();
  EXPECT_EQ(journal_of(101), 1);
  EXPECT_EQ(journal_of(102), 2);
}

TEST_F(AuditsTest, NothingIsKeptForWhoIsGone) {
  audits_.run(app_, 101);
  audits_.forget(app_);
  host_.detach(app_, "gone");
  counted(0, 1);
  answer_audits();
  EXPECT_TRUE(script_.all<provider::ReportLedger>().empty());
}

}  // namespace
}  // namespace switchhook::daemon
