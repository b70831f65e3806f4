// SPDX-License-Identifier: Apache-2.0
// Programs on libtapi32.so and a real daemon: the same calls across the socket, over SIP, and what
// a program sees when the daemon goes.
#include <cstdlib>

#include "tests/conformance/tapi2/program.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace conformance {
namespace {

class ThroughDaemon : public ::testing::Test {
 protected:
  ThroughDaemon() { ::setenv("SWITCHHOOK_SOCKET", daemon.socket().c_str(), 1); }
  ~ThroughDaemon() override { ::unsetenv("SWITCHHOOK_SOCKET"); }

  /// The device of this name.
  static DWORD device(const Program& program, const std::string& name) {
    for (DWORD id = 0; id < program.lines; ++id) {
      Roomy<LINEDEVCAPS> caps;
      if (lineGetDevCapsA(program.app, id, 0x00020002, 0, caps.get()) == 0 &&
          caps.text(caps.copy().dwLineNameSize, caps.copy().dwLineNameOffset) == name)
        return id;
    }
    ADD_FAILURE() << "no line " << name;
    return 0;
  }
  switchhook::test::DaemonProcess daemon;
};

/// Its death is final for programs.
class ThroughDaemonOnce : public ThroughDaemon {
 protected:
  ThroughDaemonOnce() {
    daemon.stop();
    daemon.configure("[sip]\nport = 0\n[service]\nrestore_s = 0\n");
    daemon.start();
  }
};

TEST_F(ThroughDaemon, ACallLivesEndsAndIsRead) {
  Program a("a");
  EXPECT_GE(a.lines, 4u);
  const HLINE line = a.open(device(a, "100"));
  const HCALL call = a.call_until(line, "204", LINECALLSTATE_CONNECTED);
  EXPECT_EQ(a.until_state(LINECALLSTATE_DISCONNECTED).dwParam2,
            DWORD_PTR{LINEDISCONNECTMODE_NORMAL});
  EXPECT_EQ(status_of(call).dwCallStateMode, DWORD{LINEDISCONNECTMODE_NORMAL});
  EXPECT_EQ(a.reply_to(lineDrop(call, nullptr, 0)), 0);
  a.until_state(LINECALLSTATE_IDLE);
  Roomy<LINECALLINFO> info;
  ASSERT_EQ(lineGetCallInfoA(call, info.get()), 0);
  EXPECT_EQ(info.text(info.copy().dwCalledIDSize, info.copy().dwCalledIDOffset), "204");
  EXPECT_EQ(info.text(info.copy().dwAppNameSize, info.copy().dwAppNameOffset), "a");
  EXPECT_EQ(lineDeallocateCall(call), 0);
}

TEST_F(ThroughDaemon, AReclaimedHandleHasAnErrorOfItsOwn) {
  Program a("a");
  const HLINE line = a.open(device(a, "100"));
  const HCALL call = a.call_until(line, "204", LINECALLSTATE_DISCONNECTED);
  EXPECT_EQ(a.reply_to(lineDrop(call, nullptr, 0)), 0);
  a.until_state(LINECALLSTATE_IDLE);
  switchhook::test::TestClient operating(daemon.socket(), "operator");
  ASSERT_TRUE(operating.port().call(switchhook::api::Reclaim{}));
  const auto reclaimed = static_cast<LONG>(LINEERR_SWITCHHOOK_RECLAIMED);
  Roomy<LINECALLINFO> info;
  EXPECT_TRUE(switchhook::test::eventually(
      [&] { return lineGetCallInfoA(call, info.get()) == reclaimed; }));
  EXPECT_EQ(lineDrop(call, nullptr, 0), reclaimed);
  EXPECT_EQ(lineDeallocateCall(call), reclaimed);
  EXPECT_EQ(lineDeallocateCall(call + 1), static_cast<LONG>(LINEERR_INVALCALLHANDLE))
      << "what never was a handle is told apart";
}

TEST_F(ThroughDaemon, ASipCallCarriesUserInformationBothWays) {
  Program a("a"), b("b");
  const HLINE alice = a.open(device(a, "alice"));
  b.open(device(b, "bob"));
  struct {
    LINECALLPARAMS params;
    char info[3];
  } with{};
  with.params.dwTotalSize = sizeof with;
  with.params.dwUserUserInfoSize = 3;
  with.params.dwUserUserInfoOffset = sizeof with.params;
  std::memcpy(with.info, "\004ab", 3);
  HCALL call = 0;
  const LONG made = lineMakeCallA(alice, &call, "bob", 0, &with.params);
  ASSERT_EQ(a.reply_to(made), 0);
  const HCALL in = b.appeared();
  b.until_state(LINECALLSTATE_OFFERING);
  Roomy<LINECALLINFO> info;
  ASSERT_EQ(lineGetCallInfoA(in, info.get()), 0);
  EXPECT_EQ(info.bytes(info.copy().dwUserUserInfoSize, info.copy().dwUserUserInfoOffset), "\004ab");
  ASSERT_GT(lineAnswer(in, nullptr, 0), 0);
  a.until_state(LINECALLSTATE_CONNECTED);
  b.until_state(LINECALLSTATE_CONNECTED);
  ASSERT_GT(lineDrop(in, "\004xyz", 4), 0);
  a.until_state(LINECALLSTATE_DISCONNECTED);
  ASSERT_EQ(lineGetCallInfoA(call, info.get()), 0);
  EXPECT_EQ(info.bytes(info.copy().dwUserUserInfoSize, info.copy().dwUserUserInfoOffset),
            "\004xyz");
  a.drop_and_release(call);
  b.until_state(LINECALLSTATE_IDLE);
  EXPECT_EQ(lineDeallocateCall(in), 0);
}

TEST_F(ThroughDaemon, AnOfferedSipCallIsRejected) {
  Program a("a"), b("b");
  const HLINE alice = a.open(device(a, "alice"));
  b.open(device(b, "bob"));
  const HCALL call = a.call(alice, "bob");
  const HCALL in = b.appeared();
  b.until_state(LINECALLSTATE_OFFERING);
  ASSERT_GT(lineDrop(in, nullptr, 0), 0);
  EXPECT_EQ(a.until_state(LINECALLSTATE_DISCONNECTED).dwParam2,
            DWORD_PTR{LINEDISCONNECTMODE_REJECT});
  a.drop_and_release(call);
}

TEST_F(ThroughDaemon, ADropAtAnyMomentOfTheSettingUpEndsTheSipCallOnBothSides) {
  Program a("a"), b("b");
  const HLINE alice = a.open(device(a, "alice"));
  b.open(device(b, "bob"));
  for (const DWORD moment : {DWORD{LINECALLSTATE_RINGBACK}, DWORD{LINECALLSTATE_CONNECTED}}) {
    const HCALL call = a.call(alice, "bob");
    const HCALL in = b.appeared();
    b.until_state(LINECALLSTATE_OFFERING);
    if (moment == LINECALLSTATE_CONNECTED) {
      EXPECT_GT(lineAnswer(in, nullptr, 0), 0);
    }
    a.until_state(moment);
    a.drop_and_release(call);
    b.until_state(LINECALLSTATE_DISCONNECTED);
    if (moment == LINECALLSTATE_CONNECTED) {
      b.drop_and_release(in);
    } else {  // a caller who gave up leaves nothing to clear
      b.until_state(LINECALLSTATE_IDLE);
      EXPECT_EQ(lineDeallocateCall(in), 0);
    }
  }
  for (int i = 0; i < 10; ++i)  // before anything is known of the far end
    a.drop_and_release(a.call(alice, "bob"));
  a.shut_down();
  b.shut_down();
  switchhook::test::TestClient auditor(daemon.socket(), "auditor");
  EXPECT_TRUE(switchhook::test::eventually([&] { return auditor.audit().all_zero(); }));
}

TEST_F(ThroughDaemon, HandlesOutliveIt) {
  Program a("a");
  const HLINE line = a.open(device(a, "100"));
  const HCALL call = a.call_until(line, "200", LINECALLSTATE_CONNECTED);
  daemon.kill();
  daemon.start();
  EXPECT_EQ(a.until_state(LINECALLSTATE_DISCONNECTED).dwParam2,
            DWORD_PTR{LINEDISCONNECTMODE_TEMPFAILURE});
  a.until_state(LINECALLSTATE_IDLE);
  Roomy<LINECALLINFO> info;
  ASSERT_EQ(lineGetCallInfoA(call, info.get()), 0);
  EXPECT_EQ(info.text(info.copy().dwCalledIDSize, info.copy().dwCalledIDOffset), "200");
  EXPECT_EQ(lineDeallocateCall(call), 0);
  EXPECT_EQ(lineDeallocateCall(call), error(LINEERR_INVALCALLHANDLE));
  a.call_until(line, "200", LINECALLSTATE_CONNECTED);
  EXPECT_EQ(lineClose(line), 0);
}

TEST_F(ThroughDaemonOnce, ItsDeathIsToldAndHandlesStaySafe) {
  Program a("a");
  const HLINE line = a.open(device(a, "100"));
  const HCALL call = a.call_until(line, "200", LINECALLSTATE_CONNECTED);
  daemon.kill();
  EXPECT_EQ(a.until(LINE_CLOSE).hDevice, line);
  EXPECT_EQ(a.until(LINE_LINEDEVSTATE).dwParam1, DWORD_PTR{LINEDEVSTATE_REINIT});
  EXPECT_EQ(lineDrop(call, nullptr, 0), error(LINEERR_SERVICE_NOT_RUNNING));
  EXPECT_EQ(lineDeallocateCall(call), 0);
  EXPECT_EQ(lineClose(line), 0);
  EXPECT_EQ(a.shut_down(), 0);
  daemon.start();
  Program again("a");
  const HLINE anew = again.open(device(again, "100"));
  again.call_until(anew, "200", LINECALLSTATE_CONNECTED);
}

}  // namespace
}  // namespace conformance
