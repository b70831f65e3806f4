// SPDX-License-Identifier: Apache-2.0
// Programs on libtapi3.so and a real daemon: the same calls across the socket, and what a program
// sees when the daemon dies.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/conformance/tapi3/program.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace tapi3_tests {
namespace {

class Tapi3ThroughDaemon : public testing::Test {
 protected:
  Tapi3ThroughDaemon() { ::setenv("SWITCHHOOK_SOCKET", daemon.socket().c_str(), 1); }
  ~Tapi3ThroughDaemon() override { ::unsetenv("SWITCHHOOK_SOCKET"); }
  [[nodiscard]] bool comes_to_zero(const Program& program) const {
    switchhook::test::TestClient auditor(daemon.socket(), "auditor");
    return eventually([&] {
      program.sink->forget();  // each event that still comes holds its call
      return auditor.audit().all_zero();
    });
  }
  switchhook::test::DaemonProcess daemon;
};

TEST_F(Tapi3ThroughDaemon, ACallLivesAndEndsAndLeavesNothing) {
  const Program program;
  {
    const Ptr<ITBasicCallControl> call = program.dial("100", "200");
    EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
    EXPECT_TRUE(reaches(call, CS_DISCONNECTED));
  }
  EXPECT_TRUE(comes_to_zero(program));
}

TEST_F(Tapi3ThroughDaemon, CallObjectsOutliveIt) {
  const Program program;
  {
    const Ptr<ITBasicCallControl> call = program.dial("100", "200");
    daemon.kill();
    daemon.start();
    ASSERT_TRUE(program.sink->wait_for(TE_CALLSTATE, CS_DISCONNECTED));
    EXPECT_EQ(program.sink->of(TE_CALLSTATE).back().cause, CEC_DISCONNECT_FAILED);
    EXPECT_EQ(state_of(call), CS_DISCONNECTED);
    Text called;
    EXPECT_EQ(call.as<ITCallInfo>()->get_CallInfoString(CIS_CALLEDIDNUMBER, called.out()), S_OK);
    EXPECT_EQ(called.ascii(), "200");
    EXPECT_EQ(call->Disconnect(DC_NORMAL), S_FALSE) << "nothing is left to end";
    EXPECT_EQ(program.sink->count(TE_CALLSTATE, CS_DISCONNECTED), 1u);
    // And the program goes on.
    const Ptr<ITBasicCallControl> next = program.dial("100", "200");
    EXPECT_EQ(next->Disconnect(DC_NORMAL), S_OK);
    EXPECT_TRUE(reaches(next, CS_DISCONNECTED));
  }
  EXPECT_TRUE(comes_to_zero(program));
}

TEST_F(Tapi3ThroughDaemon, AKeptAddressIsTheSameLineAfterARestartWithOtherLinesOrIsGone) {
  const auto restart = [this](const std::string& lines) {
    EXPECT_EQ(daemon.stop(), 0);
    daemon.configure("[sip]\nenabled = false\n[exchange]\nlines = [" + lines + "]\n");
    daemon.start();
  };
  restart("\"099\", \"100\"");
  const Program program;
  {
    const Ptr<ITAddress> gone = program.address("099"), kept = program.address("100");
    restart("\"098\", \"100\", \"101\"");  // 101 was there before this program was
    EXPECT_TRUE(program.sink->wait_for(TE_TAPIOBJECT, TE_ADDRESSREMOVE));
    EXPECT_TRUE(program.sink->wait_for(TE_TAPIOBJECT, TE_ADDRESSCREATE, 2));
    const auto calls_from = [](const Ptr<ITAddress>& address, Ptr<ITBasicCallControl>& call) {
      const HRESULT made = address->CreateCall(Text("200").get(), LINEADDRESSTYPE_PHONENUMBER,
                                               TAPIMEDIATYPE_AUDIO, call.out());
      return made == S_OK ? call->Connect(VARIANT_TRUE) : made;
    };
    Ptr<ITBasicCallControl> call, none;
    EXPECT_EQ(calls_from(kept, call), S_OK);
    Text from;
    EXPECT_EQ(call.as<ITCallInfo>()->get_CallInfoString(CIS_CALLERIDNUMBER, from.out()), S_OK);
    EXPECT_EQ(from.ascii(), "100");
    EXPECT_EQ(calls_from(gone, none), TAPI_E_NODEVICE);
    ADDRESS_STATE state = AS_INSERVICE;
    EXPECT_EQ(gone->get_State(&state), TAPI_E_NODEVICE);
    Ptr<ITAddress> again = program.address("100");
    EXPECT_EQ(again.get(), kept.get()) << "one object for one line";
    EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
    EXPECT_TRUE(reaches(call, CS_DISCONNECTED));
  }
  EXPECT_TRUE(comes_to_zero(program));
}

}  // namespace
}  // namespace tapi3_tests
