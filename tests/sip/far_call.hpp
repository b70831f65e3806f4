// SPDX-License-Identifier: Apache-2.0
#pragma once

// A call of a daemon's application to a far end under the test's hand, directly or behind proxies
// that record the route, of which the daemon is to die. Threads: the test's. Ownership: owns all.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/sip/far_end.hpp"
#include "tests/sip/peer.hpp"
#include "tests/sip/scripted.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook::sip::test {

class FarCall : public testing::Test {
 protected:
  using DaemonProcess = switchhook::test::DaemonProcess;
  using TestClient = switchhook::test::TestClient;

  /// @param hops  proxies  @param line,service,sip  more of the configuration of each
  FarCall(FarEnd::By by, int hops, const std::string& line = "", const std::string& service = "",
          const std::string& sip = "")
      : by_(by),
        hops_(hops),
        daemon_({.config = "[service]\n" + service +
                           "[sip]\nport = " + std::to_string(free_port()) + "\n" + sip +
                           "[[sip.line]]\n"
                           "name = \"alice\"\ntransport = \"" +
                           (by == FarEnd::By::udp ? "udp" : "tcp") + "\"\n" + line}),
        far_(by) {
    connect();
  }

  void connect() {
    app_ = std::make_unique<TestClient>(daemon_.socket(), "app");
    alice_ = app_->open("alice");
  }
  ~FarCall() override {
    if (HasFailure()) ADD_FAILURE() << daemon_.log();
  }

  /// A call, which the far end has answered with this status.
  void call(int status) {
    call_ = app_->call(alice_, far_.uri());
    invite_ = far_.receive_request("INVITE");
    last_cseq_ = cseq_number(invite_);
    std::string routes;
    for (int hop = 1; hop <= hops_; ++hop)
      routes += "Record-Route: <" + far_.uri() + ";lr;hop=" + std::to_string(hop) + ">\r\n";
    far_.send(far_.response(invite_, status, status == 200, routes));
    ASSERT_TRUE(app_->reaches(call_, status == 200 ? CallState::connected : CallState::ringback));
    if (status == 200) {
      ASSERT_NE(far_.receive_request("ACK"), "");
    }
  }
  /// Asks for it, and has the far end agree.
  template <typename Command>
  void reoffer(CallState state) {
    ASSERT_TRUE(app_->post(Command{call_}, [](auto) {}));
    ASSERT_NO_FATAL_FAILURE(expect_offer());
    far_.reply(request_, 200, true);
    ASSERT_NE(far_.receive_request("ACK"), "");
    ASSERT_TRUE(app_->reaches(call_, state));
  }
  /// The next INVITE in the dialog, which may be preceded by the last one again.
  void expect_offer() {
    do request_ = far_.receive_request("INVITE");
    while (!request_.empty() && cseq_number(request_) == last_cseq_);
    expect_in_dialog();
  }
  /// What came last came in the same dialog and by the same way.
  void expect_in_dialog() {
    ASSERT_NE(request_, "");
    EXPECT_EQ(header(request_, "Call-ID"), header(invite_, "Call-ID"));
    EXPECT_EQ(header(request_, "From"), header(invite_, "From"));
    EXPECT_GT(cseq_number(request_), last_cseq_);
    last_cseq_ = cseq_number(request_);
    if (hops_ == 2) {
      EXPECT_LT(request_.find(";hop=2"), request_.find(";hop=1")) << "the route set turned round";
    }
  }

  const FarEnd::By by_;
  const int hops_;
  DaemonProcess daemon_;
  FarEnd far_;
  std::unique_ptr<TestClient> app_;
  api::OpenId alice_;
  api::CallId call_;
  std::string invite_, request_;
  int last_cseq_ = 0;
};

}  // namespace switchhook::sip::test
