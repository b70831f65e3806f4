// SPDX-License-Identifier: Apache-2.0
// The calls of a daemon that died, where they went by TCP, directly or behind two proxies that
// record the route: the next daemon ends each at its far end by a connection of its own. By UDP:
// tests/crash.
#include <gtest/gtest.h>

#include "tests/sip/far_end.hpp"
#include "tests/sip/scripted.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook::sip::test {
namespace {

using switchhook::test::DaemonProcess;
using switchhook::test::eventually;
using switchhook::test::TestClient;

/// Through how many proxies.
class DaemonDeathByTcp : public testing::TestWithParam<int> {
 protected:
  DaemonDeathByTcp() { connect(); }

  void connect() {
    app_ = std::make_unique<TestClient>(daemon_.socket(), "app");
    alice_ = app_->open("alice");
  }
  /// A call, which the far end has answered with this status.
  void call(int status) {
    call_ = app_->call(alice_, far_.uri());
    invite_ = far_.receive_request("INVITE");
    last_cseq_ = cseq_number(invite_);
    std::string routes;
    for (int hop = 1; hop <= GetParam(); ++hop)
      routes += "Record-Route: <" + far_.uri() + ";lr;hop=" + std::to_string(hop) + ">\r\n";
    far_.send(far_.response(invite_, status, status == 200, routes));
    ASSERT_TRUE(app_->reaches(call_, status == 200 ? CallState::connected : CallState::ringback));
    if (status == 200) {
      ASSERT_NE(far_.receive_request("ACK"), "");
    }
  }
  void die_and_start() {
    daemon_.kill();
    app_.reset();
    daemon_.start();
  }
  /// Its end in the same dialog, by the same way, and one record that says so.
  void expect_ended(const std::string& method) {
    const std::string end = far_.receive_request(method);
    ASSERT_NE(end, "");
    EXPECT_EQ(header(end, "Call-ID"), header(invite_, "Call-ID"));
    EXPECT_EQ(header(end, "From"), header(invite_, "From"));
    if (method == "CANCEL") {
      EXPECT_EQ(cseq_number(end), cseq_number(invite_));
    } else {  // behind all that may have been sent and not written down
      EXPECT_GT(cseq_number(end), last_cseq_);
    }
    EXPECT_NE(end.find("Reason: Q.850;cause=41"), std::string::npos) << end;
    const std::size_t last = end.find(";hop=2"), first = end.find(";hop=1");
    if (method == "BYE" && GetParam() == 2) {
      EXPECT_LT(last, first) << "the route set is turned round";
    }
    far_.reply(end, 200);
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

  DaemonProcess daemon_{{.config = "[sip]\nport = 0\n[[sip.line]]\nname = \"alice\"\n"
                                   "transport = \"tcp\"\n"}};
  FarEnd far_{FarEnd::By::tcp};
  std::unique_ptr<TestClient> app_;
  api::OpenId alice_;
  api::CallId call_;
  std::string invite_;
  int last_cseq_ = 0;
};

TEST_P(DaemonDeathByTcp, ACallThatWasUpGetsItsBye) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  die_and_start();
  expect_ended("BYE");
}

TEST_P(DaemonDeathByTcp, ACallOnHoldGetsItsBye) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  ASSERT_TRUE(app_->port().post(api::HoldCall{call_}, [](auto) {}));
  const std::string reinvite = far_.receive_request("INVITE");
  ASSERT_NE(reinvite, "");
  last_cseq_ = cseq_number(reinvite);
  far_.reply(reinvite, 200, true);
  ASSERT_NE(far_.receive_request("ACK"), "");
  ASSERT_TRUE(app_->reaches(call_, CallState::on_hold));
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
