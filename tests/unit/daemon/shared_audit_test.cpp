// SPDX-License-Identifier: Apache-2.0
// However many ask, one audit is made at a time.
#include "daemon/shared_audit.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "tests/unit/host/host_world.hpp"

namespace switchhook::daemon {
namespace {

using core::test::Script;
using core::test::ScriptedProvider;

class SharedAuditTest : public ::testing::Test {
 protected:
  SharedAuditTest() {
    EXPECT_TRUE(host_.add_provider(std::make_unique<ScriptedProvider>(script_)));
    host_.run();
  }
  void provider_reports() {
    host_.run();
    for (const auto& asked : script_.all<provider::ReportLedger>())
      if (asked.token > reported_) {
        reported_ = asked.token;
        script_.sink->post(provider::LedgerReport{.token = asked.token});
      }
    host_.run();
    audit_.tick();
  }
  /// Answers that were good.
  [[nodiscard]] std::size_t good() const {
    std::size_t count = 0;
    for (const auto& [app, reply] : answers_) count += static_cast<bool>(reply.result);
    return count;
  }
  base::ManualClock clock_;
  core::EngineHost host_{clock_, [] {}};
  Script script_;
  std::vector<std::pair<api::AppId, api::Reply>> answers_;
  std::uint64_t reported_ = 0;
  SharedAudit audit_{
      host_,
      [this](api::AppId app, api::RequestId request) {
        host_.submit(app, request, api::RunAudit{});
      },
      [this](api::AppId app, api::Reply reply) { answers_.emplace_back(app, std::move(reply)); }};
};

TEST_F(SharedAuditTest, AllWhoAskMeanwhileGetTheSameAnswer) {
  for (std::uint64_t i = 1; i <= 500; ++i) audit_.ask({i}, 7);
  EXPECT_EQ(audit_.made(), 1u);
  provider_reports();
  ASSERT_EQ(good(), 500u);
  EXPECT_EQ(answers_.back().first, api::AppId{500});
  EXPECT_EQ(answers_.back().second.request, 7u);
  audit_.ask({1}, 8);
  provider_reports();
  EXPECT_EQ(good(), 501u);
  EXPECT_EQ(audit_.made(), 2u);
}

TEST_F(SharedAuditTest, WhoGoesIsNotAnsweredAndOneAloneIsBounded) {
  for (std::uint32_t i = 1; i <= limits::kAuditsAsked + 1; ++i) audit_.ask({1}, i);
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_EQ(answers_[0].second.result.error().code, Errc::overloaded);
  audit_.ask({2}, 1);
  audit_.forget({1});
  provider_reports();
  ASSERT_EQ(answers_.size(), 2u);
  EXPECT_EQ(answers_[1].first, api::AppId{2});
}

}  // namespace
}  // namespace switchhook::daemon
