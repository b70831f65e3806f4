// SPDX-License-Identifier: Apache-2.0
// The calls of a daemon that died, where they went by TCP, directly or behind two proxies that
// record the route: the next daemon ends each at its far end by a connection of its own. By UDP:
// tests/crash.
#include "tests/sip/far_call.hpp"

namespace switchhook::sip::test {
namespace {

using switchhook::test::eventually;

/// Through how many proxies.
class DaemonDeathByTcp : public FarCall, public testing::WithParamInterface<int> {
 protected:
  DaemonDeathByTcp() : FarCall(FarEnd::By::tcp, GetParam()) {}

  void die_and_start() {
    daemon_.kill();
    app_.reset();
    daemon_.start();
  }
  /// Its end in the same dialog, by the same way, and one record that says so.
  void expect_ended(const std::string& method) {
    request_ = far_.receive_request(method);
    EXPECT_NE(request_.find("Reason: Q.850;cause=41"), std::string::npos) << request_;
    if (method == "CANCEL") {
      EXPECT_EQ(header(request_, "Call-ID"), header(invite_, "Call-ID"));
      EXPECT_EQ(cseq_number(request_), cseq_number(invite_));
    } else {
      ASSERT_NO_FATAL_FAILURE(expect_in_dialog());
    }
    far_.reply(request_, 200);
    if (method == "CANCEL") {
      far_.send(far_.response(invite_, 487));
      EXPECT_NE(far_.receive_request("ACK"), "");
    }
    connect();
    EXPECT_TRUE(eventually([&] { return app_->records().size() == 1; }));
    const std::vector<Record> records = app_->records();
    ASSERT_EQ(records.size(), 1u);
    ASSERT_TRUE(records[0].end.has_value());
    EXPECT_EQ(records[0].end->confirmation, Confirmation::confirmed);
    EXPECT_EQ(records[0].end->origin, EndOrigin::system);
    EXPECT_TRUE(eventually([&] { return app_->audit().clean(); }));
  }
};

TEST_P(DaemonDeathByTcp, ACallThatWasUpGetsItsBye) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  die_and_start();
  expect_ended("BYE");
}

TEST_P(DaemonDeathByTcp, ACallOnHoldGetsItsBye) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  ASSERT_NO_FATAL_FAILURE(reoffer<api::HoldCall>(CallState::on_hold));
  die_and_start();
  expect_ended("BYE");
}

TEST_P(DaemonDeathByTcp, ACallThatWasRingingIsCancelled) {
  ASSERT_NO_FATAL_FAILURE(call(180));
  die_and_start();
  expect_ended("CANCEL");
}

INSTANTIATE_TEST_SUITE_P(Proxies, DaemonDeathByTcp, testing::Values(0, 2));

}  // namespace
}  // namespace switchhook::sip::test
