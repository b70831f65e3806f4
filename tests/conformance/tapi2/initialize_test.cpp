// SPDX-License-Identifier: Apache-2.0
// lineInitializeEx, lineGetMessage, lineShutdown, lineNegotiateAPIVersion.
#include <poll.h>

#include <thread>

#include "tests/conformance/tapi2/program.hpp"

namespace conformance {
namespace {

using Initialize = Conformance;

void CALLBACK ignore(DWORD, DWORD, DWORD_PTR, DWORD_PTR, DWORD_PTR, DWORD_PTR) {}

struct Arguments {
  HLINEAPP app = 0;
  DWORD lines = 0, version = 0x00020002;
  LINEINITIALIZEEXPARAMS params{};
  Arguments() {
    params.dwTotalSize = sizeof params;
    params.dwOptions = LINEINITIALIZEEXOPTION_USEEVENT;
  }
  LONG call(LINECALLBACK callback = nullptr) {
    return lineInitializeExA(&app, nullptr, callback, "program", &lines, &version, &params);
  }
};

TEST_F(Initialize, TellsTheLinesAndTheHighestVersion) {
  Arguments a;
  ASSERT_EQ(a.call(), 0);
  EXPECT_NE(a.app, 0u);
  EXPECT_EQ(a.app >> 31, 0u) << "a handle never looks like an error";
  EXPECT_EQ(a.lines, 3u);
  EXPECT_EQ(a.version, 0x00030001u);
  EXPECT_EQ(a.params.dwNeededSize, sizeof a.params);
  EXPECT_EQ(a.params.dwUsedSize, sizeof a.params);
  EXPECT_EQ(lineShutdown(a.app), 0);
}

TEST_F(Initialize, RefusesWhatItCannotDo) {
  Arguments a;
  a.params.dwTotalSize = sizeof a.params - 1;
  EXPECT_EQ(a.call(), error(LINEERR_STRUCTURETOOSMALL));
  a.params.dwTotalSize = sizeof a.params;
  a.params.dwOptions = LINEINITIALIZEEXOPTION_USECOMPLETIONPORT;  // exists on Windows only
  EXPECT_EQ(a.call(), error(LINEERR_INVALPARAM));
  a.params.dwOptions = 0;
  EXPECT_EQ(a.call(), error(LINEERR_INVALPARAM));
  a.params.dwOptions = LINEINITIALIZEEXOPTION_USEHIDDENWINDOW;
  EXPECT_EQ(a.call(nullptr), error(LINEERR_INVALPOINTER)) << "a callback is needed";
  a.params.dwOptions = LINEINITIALIZEEXOPTION_USEEVENT;
  a.version = 0x00010002;
  EXPECT_EQ(a.call(), error(LINEERR_INCOMPATIBLEAPIVERSION));
  DWORD number = 0;
  EXPECT_EQ(lineInitializeExA(nullptr, nullptr, ignore, "", &number, &number, nullptr),
            error(LINEERR_INVALPOINTER));
  EXPECT_EQ(lineInitializeExA(&a.app, nullptr, ignore, "", nullptr, &number, nullptr),
            error(LINEERR_INVALPOINTER));
  EXPECT_EQ(lineInitializeExA(&a.app, nullptr, ignore, "", &number, nullptr, nullptr),
            error(LINEERR_INVALPOINTER));
  EXPECT_EQ(a.app, 0u) << "nothing is written on failure";
}

TEST_F(Initialize, WithoutAServiceSaysSo) {
  world.stop();
  Arguments a;
  EXPECT_EQ(a.call(), error(LINEERR_SERVICE_NOT_RUNNING));
  // For TearDown.
  world.~World();
  new (&world) World();
}

TEST_F(Initialize, ByCallbackNeedsNoParameters) {
  HLINEAPP app = 0;
  DWORD lines = 0, version = 0x00020000;
  ASSERT_EQ(lineInitializeExA(&app, nullptr, ignore, nullptr, &lines, &version, nullptr), 0);
  LINEMESSAGE message{};
  EXPECT_EQ(lineGetMessage(app, &message, 0), error(LINEERR_OPERATIONUNAVAIL));
  EXPECT_EQ(lineShutdown(app), 0);
  ASSERT_EQ(lineInitialize(&app, nullptr, ignore, "old", &lines), 0);
  EXPECT_EQ(lineShutdown(app), 0);
}

TEST_F(Initialize, WideNamesAreTheSameNames) {
  Program monitor("monitor");
  const HLINE line = monitor.open(kLine100, LINECALLPRIVILEGE_MONITOR);
  HLINEAPP app = 0;
  DWORD lines = 0, version = 0x00020002;
  LINEINITIALIZEEXPARAMS params{};
  params.dwTotalSize = sizeof params;
  params.dwOptions = LINEINITIALIZEEXOPTION_USEEVENT;
  ASSERT_EQ(lineInitializeExW(&app, nullptr, nullptr, u"Zo\u00eb", &lines, &version, &params), 0);
  HLINE opened = 0;
  ASSERT_EQ(lineOpenW(app, kLine100, &opened, 0x00020002, 0, 0, LINECALLPRIVILEGE_NONE, 0, nullptr),
            0);
  HCALL call = 0;
  ASSERT_GT(lineMakeCallW(opened, &call, u"200", 0, nullptr), 0);
  const HCALL seen = monitor.appeared();
  Roomy<LINECALLINFO> info;
  ASSERT_EQ(lineGetCallInfoA(seen, info.get()), 0);
  EXPECT_EQ(info.text(info.copy().dwAppNameSize, info.copy().dwAppNameOffset), "Zo\xc3\xab");
  Roomy<LINECALLINFO> wide;
  ASSERT_EQ(lineGetCallInfoW(seen, wide.get()), 0);
  const std::u16string name = u"Zo\u00eb";
  ASSERT_EQ(wide.copy().dwAppNameSize, 2 * (name.size() + 1));
  EXPECT_EQ(wide.bytes(wide.copy().dwAppNameSize, wide.copy().dwAppNameOffset),
            std::string(reinterpret_cast<const char*>(name.c_str()), 2 * (name.size() + 1)));
  EXPECT_EQ(lineShutdown(app), 0);
  EXPECT_EQ(lineClose(line), 0);
}

// ---- messages

using Messages = Conformance;

TEST_F(Messages, TheEventIsReadableWhileMessagesWait) {
  Program a("a");
  pollfd waiting{static_cast<int>(reinterpret_cast<intptr_t>(a.event)), POLLIN, 0};
  EXPECT_EQ(::poll(&waiting, 1, 0), 0);
  const HLINE line = a.open(kLine100);
  HCALL call = 0;
  ASSERT_GT(lineMakeCallA(line, &call, "200", 0, nullptr), 0);
  ASSERT_EQ(::poll(&waiting, 1, static_cast<int>(kSoon)), 1);
  a.until_state(LINECALLSTATE_CONNECTED);
  EXPECT_TRUE(a.nothing());
  EXPECT_EQ(::poll(&waiting, 1, 0), 0);
}

TEST_F(Messages, NoneInTimeIsAnError) {
  Program a("a");
  LINEMESSAGE message{};
  EXPECT_EQ(lineGetMessage(a.app, &message, 0), error(LINEERR_OPERATIONFAILED));
  EXPECT_EQ(lineGetMessage(a.app, &message, 5), error(LINEERR_OPERATIONFAILED));
  EXPECT_EQ(lineGetMessage(a.app, nullptr, 0), error(LINEERR_INVALPOINTER));
  EXPECT_EQ(lineGetMessage(a.app + 1, &message, 0), error(LINEERR_INVALAPPHANDLE));
}

TEST_F(Messages, ShuttingDownWakesWhoWaits) {
  // Section 10 row 12: a thread blocked in lineGetMessage gets LINEERR_INVALAPPHANDLE.
  Program a("a");
  const HLINEAPP app = a.app;
  LONG result = 0;
  std::thread waits([&] {
    LINEMESSAGE message{};
    result = lineGetMessage(app, &message, INFINITE);
  });
  EXPECT_EQ(a.shut_down(), 0);
  waits.join();
  EXPECT_EQ(result, error(LINEERR_INVALAPPHANDLE));
  EXPECT_EQ(lineShutdown(app), error(LINEERR_INVALAPPHANDLE));
}

TEST_F(Messages, CarryTheInstanceOfTheirLine) {
  Program a("a");
  const HLINE line =
      a.open(kLine100, LINECALLPRIVILEGE_OWNER, 0x00020002, LINEMEDIAMODE_INTERACTIVEVOICE, 77);
  HCALL call = 0;
  ASSERT_GT(lineMakeCallA(line, &call, "200", 0, nullptr), 0);
  const LINEMESSAGE reply = a.next();
  EXPECT_EQ(reply.dwMessageID, DWORD{LINE_REPLY});
  EXPECT_EQ(reply.dwCallbackInstance, 77u);
  const LINEMESSAGE state = a.next();
  EXPECT_EQ(state.dwMessageID, DWORD{LINE_CALLSTATE});
  EXPECT_EQ(state.hDevice, call);
  EXPECT_EQ(state.dwCallbackInstance, 77u);
}

// ---- versions

using Versions = Conformance;

TEST_F(Versions, AreAgreedUpon) {
  Program a("a");
  DWORD version = 0;
  LINEEXTENSIONID extension;
  std::memset(&extension, 0xff, sizeof extension);
  EXPECT_EQ(lineNegotiateAPIVersion(a.app, 0, 0x00010003, 0x00020002, &version, &extension), 0);
  EXPECT_EQ(version, 0x00020002u);
  EXPECT_EQ(extension.dwExtensionID0, 0u);
  EXPECT_EQ(lineNegotiateAPIVersion(a.app, 0, 0x00010003, 0x00090000, &version, &extension), 0);
  EXPECT_EQ(version, 0x00030001u);
  EXPECT_EQ(lineNegotiateAPIVersion(a.app, 0, 0x00010000, 0x00011000, &version, &extension), 0);
  EXPECT_EQ(version, 0x00010004u) << "a version that exists";
  EXPECT_EQ(lineNegotiateAPIVersion(a.app, 0, 0x00040000, 0x00050000, &version, &extension),
            error(LINEERR_INCOMPATIBLEAPIVERSION));
  EXPECT_EQ(lineNegotiateAPIVersion(a.app, 0, 0x00020000, 0x00010004, &version, &extension),
            error(LINEERR_INCOMPATIBLEAPIVERSION));
  EXPECT_EQ(lineNegotiateAPIVersion(a.app, 3, 0x00010003, 0x00020002, &version, &extension),
            error(LINEERR_BADDEVICEID));
  EXPECT_EQ(lineNegotiateAPIVersion(a.app, 0, 0x00010003, 0x00020002, nullptr, &extension),
            error(LINEERR_INVALPOINTER));
}

}  // namespace
}  // namespace conformance
