// SPDX-License-Identifier: Apache-2.0
// What the TAPI 2 face tells when the service does what it seldom does: it is too busy, loses
// events, and tells what TAPI 2 has no message for.
#include <gtest/gtest.h>

#include "tapi/tapi.h"
#include "tapi2/connect.hpp"
#include "tests/unit/client/fake_service.hpp"

namespace switchhook::tapi2 {
namespace {

std::shared_ptr<test::Fake> the_service;

}  // namespace

Result<std::unique_ptr<api::SessionService>> connect_service(const std::string&,
                                                             api::ServiceSink& sink) {
  return the_service->connector()(sink);
}

namespace {

constexpr DWORD kSoonMs = 20000;  // bounds waits that are expected to end

struct TapiOnFake : testing::Test {
  TapiOnFake() {
    the_service = fake;
    LINEINITIALIZEEXPARAMS params{};
    params.dwTotalSize = sizeof params;
    params.dwOptions = LINEINITIALIZEEXOPTION_USEEVENT;
    DWORD lines = 0, version = 0x00030001;
    EXPECT_EQ(lineInitializeExA(&app, nullptr, nullptr, "test", &lines, &version, &params), 0);
    EXPECT_EQ(lineOpenA(app, 0, &line, version, 0, 0, LINECALLPRIVILEGE_OWNER,
                        LINEMEDIAMODE_INTERACTIVEVOICE, nullptr),
              0);
  }
  ~TapiOnFake() override {
    lineShutdown(app);
    the_service.reset();
  }
  TapiOnFake(const TapiOnFake&) = delete;
  TapiOnFake& operator=(const TapiOnFake&) = delete;

  /// A call that came in; its messages are taken.
  HCALL offer(std::uint64_t number) {
    fake->event(api::CallAppeared{api::OpenId{1}, api::CallId{number}, Privilege::owner, {}});
    fake->state(api::CallId{number}, CallState::offering);
    const LINEMESSAGE appeared = take();
    EXPECT_EQ(appeared.dwMessageID, static_cast<DWORD>(LINE_APPNEWCALL));
    EXPECT_EQ(take().dwMessageID, static_cast<DWORD>(LINE_CALLSTATE));
    return static_cast<HCALL>(appeared.dwParam2);
  }
  LINEMESSAGE take() {
    LINEMESSAGE message{};
    EXPECT_EQ(lineGetMessage(app, &message, kSoonMs), 0);
    return message;
  }
  bool nothing_waits() {
    fake->settle();
    LINEMESSAGE message{};
    return lineGetMessage(app, &message, 0) != 0;
  }

  std::shared_ptr<test::Fake> fake = std::make_shared<test::Fake>();
  HLINEAPP app = 0;
  HLINE line = 0;
};

TEST_F(TapiOnFake, AReleaseThatABusyServiceRefusesIsGoodAndMadeLater) {
  const HCALL call = offer(41);
  fake->refuse<api::ReleaseCall>(3, Errc::overloaded);
  EXPECT_EQ(lineDeallocateCall(call), 0);
  EXPECT_NE(lineDeallocateCall(call), 0) << "its handle means nothing any more";
  for (int i = 0; i < 20000 && fake->count<api::ReleaseCall>() == 0; ++i) fake->settle();
  EXPECT_EQ(fake->count<api::ReleaseCall>(), 1u);
}

TEST_F(TapiOnFake, AStateThatWasLostIsTold) {
  const HCALL call = offer(41);
  fake->event(api::EventsLost{3});  // among them `connected`, which the snapshot tells
  const LINEMESSAGE information = take(), state = take();
  EXPECT_EQ(information.dwMessageID, static_cast<DWORD>(LINE_CALLINFO));
  EXPECT_EQ(information.dwParam1, static_cast<DWORD_PTR>(LINECALLINFOSTATE_OTHER));
  EXPECT_EQ(state.dwMessageID, static_cast<DWORD>(LINE_CALLSTATE));
  EXPECT_EQ(state.hDevice, call);
  EXPECT_EQ(state.dwParam1, static_cast<DWORD_PTR>(LINECALLSTATE_CONNECTED));
}

TEST_F(TapiOnFake, ALimitOfLeaksIsNoMessage) {
  // TAPI 2 has none for it: the daemon's log tells it (docs/decisions/0135).
  offer(41);
  fake->event(api::LeakLimitReached{.held = 3, .oldest = api::CallId{41}});
  EXPECT_TRUE(nothing_waits());
}

TEST_F(TapiOnFake, ALineThatIsClosedWhileItsCallIsMadeAnswersNothing) {
  fake->silence(
      [](const api::Command& command) { return std::holds_alternative<api::MakeCall>(command); });
  HCALL made = 0;
  std::thread accepts([&] {
    while (fake->numbers<api::MakeCall>().empty()) std::this_thread::yield();
    fake->reply(fake->numbers<api::MakeCall>().back(), api::Value{}, true);
  });
  EXPECT_GT(lineMakeCallA(line, &made, "200", 0, nullptr), 0);
  accepts.join();
  EXPECT_EQ(lineClose(line), 0);
  EXPECT_TRUE(nothing_waits()) << "lineClose suppresses what is outstanding";
  EXPECT_EQ(made, 0u);
}

}  // namespace
}  // namespace switchhook::tapi2
