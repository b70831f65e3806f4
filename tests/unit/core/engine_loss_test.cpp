// SPDX-License-Identifier: Apache-2.0
// An application dies: what becomes of its calls, by policy; and every order in which the holders
// of a session may let go of it.
#include <algorithm>
#include <numeric>
#include <random>

#include "tests/unit/core/engine_world.hpp"

namespace switchhook::core::test {
namespace {

using Loss = EngineTest;
using ::testing::Contains;
using ::testing::Not;

TEST_F(Loss, EndsWhatWasOwnedAloneUnlessPolicySaysOtherwise) {
  TestApp& a = world.app("A", kOwner);
  TestApp& b = world.app("B", kOwner);
  world.make(a);
  EXPECT_THAT(world.lose(a), Contains("P drop normal"));
  world.give_back();
  EXPECT_EQ(world.records.back().end->origin, EndOrigin::application_lost);
  EXPECT_EQ(world.ask_for<api::LeakList>(b, api::ListLeaks{}).total, 0u);
  world.all_gone();
}

TEST_F(Loss, OffersTheCallToAnotherOwnerOfTheLine) {
  world.policy({.loss = {.action = LossPolicy::Action::offer}});
  TestApp& a = world.app("A", kOwner);
  TestApp& m = world.app("M", kMonitor);
  TestApp& b = world.app("B", kOwner);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.lose(a),
              ElementsAre("B appears as owner", "B connected as owner", "M info owners up",
                          "M info owners down", "B info owners down", "gone"));
  EXPECT_EQ(world.snapshot(b).privilege, Privilege::owner);
  EXPECT_EQ(world.snapshot(m).owners, 1u);
  world.act(b, api::DropCall{b.call});
  world.complete("drop");
  world.report(call, CallState::idle);
  world.ended(call);
  world.act(b, api::ReleaseCall{b.call});
  world.act(m, api::ReleaseCall{m.call});
  world.all_gone();
}

TEST_F(Loss, EndsTheCallThatNobodyElseCouldOwn) {
  world.policy({.loss = {.action = LossPolicy::Action::offer}});
  TestApp& a = world.app("A", kOwner);
  world.app("M", kMonitor);
  world.make(a);
  EXPECT_THAT(world.lose(a), Contains("P drop normal"));
}

TEST_F(Loss, KeepsTheCallUntilItsApplicationComesBack) {
  world.policy({.loss = {.action = LossPolicy::Action::keep, .keep = seconds(30)}});
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  EXPECT_THAT(world.lose(a), ElementsAre("P open line without calls", "gone"))
      << "neither drop nor close";
  world.advance(seconds(20));
  TestApp& again = world.attach("A");
  again.open = {};
  EXPECT_THAT(
      world.act(again, api::OpenLine{0, kOwner, media::kVoice}),
      ElementsAre("P open line", "A open ok", "A appears as owner", "A connected as owner"));
  world.advance(seconds(20));
  EXPECT_EQ(world.snapshot(again).record.state, CallState::connected) << "its time is forgotten";
  world.act(again, api::DropCall{again.call});
  world.complete("drop");
  world.report(call, CallState::idle);
  world.ended(call);
  world.act(again, api::ReleaseCall{again.call});
  world.all_gone();
}

TEST_F(Loss, EndsAKeptCallWhenTheTimeIsUp) {
  world.policy({.loss = {.action = LossPolicy::Action::keep, .keep = seconds(30)}});
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  world.lose(a);
  EXPECT_THAT(world.advance(seconds(29)), IsEmpty());
  EXPECT_THAT(world.advance(seconds(2)), Contains("P drop normal"));
  world.give_back();
  ASSERT_EQ(world.records.size(), 1u);
  EXPECT_EQ(world.records[0].end->origin, EndOrigin::application_lost);
  world.all_gone();
}

TEST_F(Loss, AKeptCallThatTheFarEndEndsIsRecordedAndLeavesNothing) {
  world.policy({.loss = {.action = LossPolicy::Action::keep, .keep = seconds(30)}});
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.lose(a);
  world.report(call, CallState::disconnected, Cause{});
  EXPECT_THAT(world.ended(call), ElementsAre("record"));
  EXPECT_EQ(world.records[0].end->origin, EndOrigin::remote_party);
  EXPECT_THAT(world.advance(seconds(60)), IsEmpty());
  world.all_gone();
}

TEST_F(Loss, AKeptCallIsNotForAnotherNameAndIsWhoeverTakesIt) {
  Policy policy;
  policy.loss_by_line["100"] = {.action = LossPolicy::Action::keep, .keep = seconds(30)};
  policy.loss_by_name["B"] = {.action = LossPolicy::Action::end};
  world.policy(policy);
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a);
  world.lose(a);
  TestApp& b = world.attach("B");
  EXPECT_THAT(world.act(b, api::OpenLine{0, kOwner | kMonitor, media::kVoice}),
              ElementsAre("P open line", "B open ok"));
  b.open = world.answered<api::OpenedLine>().open;
  world.act(b, api::GetNewCalls{b.open});
  world.act(b, api::SetPrivilege{b.call, Privilege::owner});
  EXPECT_THAT(world.advance(seconds(60)), IsEmpty()) << "it is owned again";
  EXPECT_THAT(world.lose(b), Contains("P drop normal")) << "B's own policy";
  world.report(call, CallState::idle);
  world.ended(call);
  world.all_gone();
}

TEST_F(Loss, TheServiceStopsWithACallThatIsKept) {
  world.policy({.loss = {.action = LossPolicy::Action::keep, .keep = seconds(30)}});
  TestApp& a = world.app("A", kOwner);
  world.make(a);
  world.lose(a);
  world.apply(StopAll{"stop"});
  world.give_back();
  EXPECT_EQ(world.records.size(), 1u);
  EXPECT_THAT(world.timers, Not(testing::SizeIs(testing::Gt(1u)))) << "only the stop's own";
}

// ---- every order of letting go

/// One session, `order.size()` holders, which release it in this order at this moment of its life.
void release_in(const std::vector<std::size_t>& order, CallState at) {
  SCOPED_TRACE(testing::PrintToString(order) + " at " + std::string(to_string(at)));
  World world;
  std::vector<TestApp*> apps;
  for (std::size_t i = 0; i < order.size(); ++i)
    apps.push_back(&world.app("A" + std::to_string(i), i == 0 ? kOwner : kOwner | kMonitor));
  const provider::CallRef call = world.make(*apps[0]);
  for (std::size_t i = 2; i < apps.size(); i += 2)  // several own it
    world.act(*apps[i], api::SetPrivilege{apps[i]->call, Privilege::owner});
  if (at != CallState::connected) world.report(call, CallState::disconnected, Cause{});
  if (at == CallState::idle) {
    world.report(call, CallState::idle);
    world.ended(call);
  }
  for (const std::size_t i : order)
    EXPECT_THAT(world.act(*apps[i], api::ReleaseCall{apps[i]->call}),
                Contains(apps[i]->name + " release ok"));
  for (TestApp* app : apps)
    EXPECT_THAT(world.act(*app, api::GetCall{app->call}),
                ElementsAre(app->name + " get call stale_handle"));
  world.all_gone();
  EXPECT_EQ(world.records.size(), 1u);
}

void release_in_all_moments(const std::vector<std::size_t>& order) {
  for (const CallState at : {CallState::connected, CallState::disconnected, CallState::idle})
    release_in(order, at);
}

TEST(ReleaseOrder, OfOneTwoAndThreeHoldersIsFree) {
  for (const std::size_t holders : {1u, 2u, 3u}) {
    std::vector<std::size_t> order(holders);
    std::iota(order.begin(), order.end(), std::size_t{0});
    do {
      release_in_all_moments(order);
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST(ReleaseOrder, OfEightHoldersIsFree) {
  std::vector<std::size_t> order(8);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t turn = 0; turn < order.size(); ++turn) {
    release_in_all_moments(order);
    std::rotate(order.begin(), order.begin() + 1, order.end());
  }
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    std::shuffle(order.begin(), order.end(), random);
    release_in_all_moments(order);
  }
}

}  // namespace
}  // namespace switchhook::core::test
