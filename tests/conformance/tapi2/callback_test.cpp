// SPDX-License-Identifier: Apache-2.0
// Callbacks, and programs with several threads.
#include <atomic>
#include <memory>
#include <thread>

#include "tests/conformance/tapi2/program.hpp"
#include "tests/support/eventually.hpp"

namespace conformance {
namespace {

using switchhook::test::eventually;

/// A program that answers each message inside its callback.
struct Reacting {
  std::atomic<int> idle{0}, closed{0}, errors{0};
  std::atomic<bool> shut{false};
  HLINEAPP app = 0;
  std::atomic<HCALL> made{0};
  bool shut_down_at_idle = false;

  static void CALLBACK on_message(DWORD device, DWORD message, DWORD_PTR instance, DWORD_PTR p1,
                                  DWORD_PTR, DWORD_PTR) {
    auto* self = reinterpret_cast<Reacting*>(instance);
    if (self == nullptr || message != LINE_CALLSTATE) return;
    self->on_state(device, static_cast<DWORD>(p1));
  }
  void on_state(HCALL call, DWORD state) {
    // Any function may be called here, about any call.
    LINECALLSTATUS status{};
    status.dwTotalSize = sizeof status;
    if (lineGetCallStatus(call, &status) != 0) ++errors;
    if (state == LINECALLSTATE_OFFERING && lineAnswer(call, nullptr, 0) < 0) ++errors;
    if (state == LINECALLSTATE_DISCONNECTED && lineDrop(call, nullptr, 0) < 0) ++errors;
    if (state == LINECALLSTATE_IDLE) {
      if (!shut_down_at_idle && lineDeallocateCall(call) != 0) ++errors;
      ++idle;
      if (!shut_down_at_idle) return;
      if (lineShutdown(app) != 0) ++errors;
      shut = true;  // the last: from here on the test may be over
    }
  }
  void begin(const char* name, DWORD device) {
    DWORD lines = 0, version = 0x00020002;
    ASSERT_EQ(lineInitializeExA(&app, nullptr, on_message, name, &lines, &version, nullptr), 0);
    HLINE line = 0;
    ASSERT_EQ(lineOpenA(app, device, &line, version > 0x00020002 ? 0x00020002 : version, 0,
                        reinterpret_cast<DWORD_PTR>(this), LINECALLPRIVILEGE_OWNER,
                        LINEMEDIAMODE_INTERACTIVEVOICE, nullptr),
              0);
  }
};

using Callback = Conformance;

TEST_F(Callback, MayCallAnything) {
  Reacting b;
  b.begin("b", kLine101);
  Program a("a");
  const HLINE line = a.open(kLine100);
  constexpr int kCalls = 50;
  for (int i = 0; i < kCalls; ++i) {
    const HCALL call = a.call_until(line, "101", LINECALLSTATE_CONNECTED);
    a.drop_and_release(call);
  }
  EXPECT_TRUE(eventually([&] { return b.idle == kCalls; })) << b.idle;
  EXPECT_EQ(b.errors, 0);
  EXPECT_EQ(lineShutdown(b.app), 0);
}

TEST_F(Callback, MayShutDown) {
  Reacting b;
  b.shut_down_at_idle = true;
  b.begin("b", kLine101);
  Program a("a");
  const HLINE line = a.open(kLine100);
  const HCALL call = a.call_until(line, "101", LINECALLSTATE_CONNECTED);
  a.drop_and_release(call);
  EXPECT_TRUE(eventually([&] { return b.shut.load(); }));
  EXPECT_EQ(b.errors, 0);
  EXPECT_EQ(lineShutdown(b.app), error(LINEERR_INVALAPPHANDLE));
}

TEST_F(Callback, IsNotRunningAfterShutdownReturned) {
  Program a("a");
  const HLINE line = a.open(kLine100);
  for (int i = 0; i < 20; ++i) {
    Reacting b;  // on the stack: a late callback would be seen by the sanitizer
    b.begin("b", kLine101);
    const HCALL call = a.call(line, "101");
    EXPECT_EQ(lineShutdown(b.app), 0);
    EXPECT_EQ(lineDeallocateCall(call), 0);
  }
}

using Threads = Conformance;

TEST_F(Threads, WaitForADropWhileAnotherLetsGo) {
  // The second thread takes the reply although the first released the handle at IDLE.
  Program a("a");
  const HLINE line = a.open(kLine100);
  for (int i = 0; i < 30; ++i) {
    const HCALL call = a.call_until(line, "200", LINECALLSTATE_CONNECTED);
    LONG request = 0;
    std::thread drops([&] { request = lineDrop(call, nullptr, 0); });
    std::thread releases([&] {
      LINECALLSTATUS status{};
      do {
        status.dwTotalSize = sizeof status;
        EXPECT_EQ(lineGetCallStatus(call, &status), 0);
      } while (status.dwCallState != LINECALLSTATE_IDLE);
      EXPECT_EQ(lineDeallocateCall(call), 0);
    });
    drops.join();
    releases.join();
    ASSERT_GT(request, 0);
    EXPECT_EQ(a.until(LINE_REPLY, static_cast<DWORD_PTR>(request)).dwParam2, 0u);
  }
}

TEST_F(Threads, MakeDropReleaseCloseAndShutDownAtOnce) {
  // Whatever the interleaving: documented errors only, and nothing is left in the service.
  for (int round = 0; round < 15; ++round) {
    Program a("a");
    const HLINE line = a.open(kLine100);
    std::atomic<bool> over{false};
    std::vector<std::thread> threads;
    // A handle's place has to last until the line is closed.
    std::vector<std::vector<std::unique_ptr<HCALL>>> places(3);
    for (auto& mine : places)
      threads.emplace_back([&] {
        while (!over) {
          mine.push_back(std::make_unique<HCALL>(0));
          const LONG made = lineMakeCallA(line, mine.back().get(), "200", 0, nullptr);
          if (made >= 0 || made == error(LINEERR_RESOURCEUNAVAIL)) continue;
          EXPECT_TRUE(made == error(LINEERR_INVALLINEHANDLE) ||
                      made == error(LINEERR_INVALAPPHANDLE))
              << std::hex << made;
          over = true;
        }
      });
    std::thread reader([&] {
      LINEMESSAGE message{};
      for (;;) {
        const LONG got = lineGetMessage(a.app, &message, 100);
        if (got == error(LINEERR_OPERATIONFAILED)) continue;
        if (got != 0) return;
        if (message.dwMessageID != LINE_CALLSTATE) continue;
        if (message.dwParam1 == LINECALLSTATE_CONNECTED) {
          lineDrop(message.hDevice, nullptr, 0);
        } else if (message.dwParam1 == LINECALLSTATE_IDLE) {
          lineDeallocateCall(message.hDevice);
        }
      }
    });
    for (int i = 0; i < 200; ++i) std::this_thread::yield();
    if (round % 2 == 0) {
      EXPECT_EQ(lineClose(line), 0);
    }
    const HLINEAPP app = a.app;
    EXPECT_EQ(lineShutdown(app), 0);
    for (std::thread& thread : threads) thread.join();
    reader.join();
    a.app = 0;
  }
}

}  // namespace
}  // namespace conformance
