// SPDX-License-Identifier: Apache-2.0
// What the TAPI 3 face tells when the service does what it seldom does: it is too busy, loses
// events, closes lines, and tells what TAPI 3 has no event for.
#include <gtest/gtest.h>

#include "tapi3/composition.hpp"
#include "tests/conformance/tapi3/program.hpp"
#include "tests/unit/client/fake_service.hpp"

namespace tapi3_tests {
namespace {

namespace api = switchhook::api;
using switchhook::CallState;
using switchhook::Errc;

struct Tapi3OnFake : testing::Test {
  Tapi3OnFake() { switchhook::tapi3::compose(fake->connector()); }

  /// A call from elsewhere, as the program's sink is given it.
  Ptr<ITBasicCallControl> ring(const Program& program, std::uint64_t number) const {
    fake->event(
        api::CallAppeared{api::OpenId{1}, api::CallId{number}, switchhook::Privilege::owner, {}});
    fake->state(api::CallId{number}, CallState::offering);
    return program.offered();
  }
  bool released(std::size_t times) const {
    return eventually([&] { return fake->count<api::ReleaseCall>() == times; });
  }

  std::shared_ptr<switchhook::test::Fake> fake = std::make_shared<switchhook::test::Fake>();
};

TEST_F(Tapi3OnFake, AReleaseThatABusyServiceRefusesIsMadeLater) {
  Program program;
  program.listen("100", true, false);
  Ptr<ITBasicCallControl> call = ring(program, 41);
  fake->refuse<api::ReleaseCall>(4, Errc::overloaded);
  program.sink->forget();
  call.reset();
  EXPECT_TRUE(released(1));
}

TEST_F(Tapi3OnFake, ALineThatABusyServiceDoesNotCloseIsClosedLater) {
  Program program;
  const long cookie = program.listen("100", true, false);
  fake->refuse<api::CloseLine>(4, Errc::overloaded);
  EXPECT_EQ(program.tapi->UnregisterNotifications(cookie), S_OK);
  EXPECT_TRUE(eventually([&] { return fake->count<api::CloseLine>() == 1; }));
}

TEST_F(Tapi3OnFake, AStateThatWasLostIsTold) {
  Program program;
  program.listen("100", true, false);
  const Ptr<ITBasicCallControl> call = ring(program, 41);
  fake->event(api::EventsLost{3});  // among them `connected`, which the snapshot tells
  EXPECT_TRUE(program.sink->wait_for(TE_CALLSTATE, CS_CONNECTED));
  EXPECT_EQ(state_of(call), CS_CONNECTED);
}

TEST_F(Tapi3OnFake, ALimitOfLeaksIsNoEvent) {
  // TAPI 3 has none for it: the daemon's log tells it (docs/decisions/0135).
  Program program;
  program.listen("100", true, false);
  const Ptr<ITBasicCallControl> call = ring(program, 41);
  const auto told = [&] {
    std::size_t count = 0;
    static_cast<void>(program.sink->wait([&](const std::vector<Seen>& all) {
      count = all.size();
      return true;
    }));
    return count;
  };
  const std::size_t before = told();
  fake->event(api::LeakLimitReached{.held = 3, .oldest = api::CallId{41}});
  fake->event(api::LineAppeared{0});  // the TAPI thread has seen both when this one is told
  ASSERT_TRUE(program.sink->wait_for(TE_TAPIOBJECT, TE_ADDRESSCREATE));
  EXPECT_EQ(told(), before + 1);
}

TEST_F(Tapi3OnFake, ALineClosedByTheServiceIsForgottenWithItsLastCall) {
  Program program;
  program.listen("100", true, false);
  Ptr<ITBasicCallControl> call = ring(program, 41);
  fake->event(api::LineClosed{api::OpenId{1}, "maintenance"});
  EXPECT_TRUE(program.sink->wait_for(TE_CALLSTATE, CS_DISCONNECTED));
  EXPECT_TRUE(program.sink->wait_for(TE_TAPIOBJECT, TE_ADDRESSCLOSE));
  Ptr<IEnumCall> calls;
  EXPECT_EQ(program.address("100")->EnumerateCalls(calls.out()), S_OK);
  Ptr<ITCallInfo> still;
  ULONG count = 0;
  EXPECT_EQ(calls->Next(1, still.out(), &count), S_OK) << "until the program lets go of it";
  program.sink->forget();
  still.reset();
  calls.reset();
  call.reset();
  fake->settle();
  EXPECT_EQ(fake->count<api::ReleaseCall>() + fake->count<api::CloseLine>(), 0u)
      << "there is nothing to release and nothing to close";
}

}  // namespace
}  // namespace tapi3_tests
