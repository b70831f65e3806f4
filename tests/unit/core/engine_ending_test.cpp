// SPDX-License-Identifier: Apache-2.0
// The two steps of ending: the communication ends, and the identifier is released.
#include "tests/unit/core/engine_world.hpp"

namespace switchhook::core::test {
namespace {

using Ending = EngineTest;

TEST_F(Ending, WholeLifeOfAnOutgoingCall) {
  // "Dropping or being disconnected without releasing leaks" (section 1, terminate-a-session-ovr):
  // the two steps are separate, and nothing is left after both.
  TestApp& a = world.app("A", kOwner | kMonitor);
  EXPECT_THAT(world.act(a, api::MakeCall{.open = a.open, .address = "200"}),
              ElementsAre("A make accepted", "P make"));
  EXPECT_THAT(world.complete("make"), ElementsAre("A make ok"));
  const provider::CallRef call{world.snapshot(a).record.session};
  EXPECT_THAT(world.report(call, CallState::ringback), ElementsAre("A ringback"));
  EXPECT_THAT(world.report(call, CallState::connected), ElementsAre("A connected"));
  EXPECT_THAT(world.act(a, api::DropCall{a.call}), ElementsAre("A drop accepted", "P drop normal"));
  EXPECT_THAT(world.complete("drop"), ElementsAre("A drop ok"));
  EXPECT_THAT(world.report(call, CallState::idle),
              ElementsAre("A idle (normal, local user)", "P close"));
  EXPECT_THAT(world.ended(call), ElementsAre("record"));
  EXPECT_EQ(world.snapshot(a).record.end->cause.mode, DisconnectMode::normal);
  EXPECT_THAT(world.act(a, api::ReleaseCall{a.call}), ElementsAre("A release ok"));
  world.all_gone();
}

}  // namespace
}  // namespace switchhook::core::test
