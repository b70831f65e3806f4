// SPDX-License-Identifier: Apache-2.0
// What is done to sessions that others hold: hanging up, and an identifier for one of them.
#include "tests/unit/core/engine_world.hpp"

namespace switchhook::core::test {
namespace {

using HangUp = EngineTest;

TEST_F(HangUp, EndsACallThatAnotherHoldsAndTheRecordNamesWho) {
  TestApp& a = world.app("A", kOwner);
  TestApp& boss = world.attach("B");
  const provider::CallRef call = world.make(a);
  const api::SessionId session{world.snapshot(a).record.session};
  EXPECT_THAT(world.act(boss, api::HangUp{session}), ElementsAre("B hang up ok", "P drop normal"));
  EXPECT_THAT(world.complete("drop"), IsEmpty());
  EXPECT_THAT(world.report(call, CallState::idle),
              ElementsAre("A idle (normal, local user)", "P close"));
  EXPECT_THAT(world.ended(call), ElementsAre("record"));
  ASSERT_EQ(world.records.size(), 1u);
  const Record& record = world.records[0];
  ASSERT_TRUE(record.end);
  EXPECT_EQ(record.end->origin, EndOrigin::local_user);
  EXPECT_EQ(record.end->cause.words, "hung up by an operator");
  ASSERT_EQ(record.holders.size(), 2u);
  EXPECT_EQ(record.holders[1].application, "B");
  EXPECT_EQ(record.holders[1].user, "user of B");
  EXPECT_TRUE(record.holders[1].released) << "it holds nothing";
  EXPECT_EQ(world.snapshot(a).record.state, CallState::idle) << "its holder keeps its identifier";
  world.act(a, api::ReleaseCall{a.call});
  world.all_gone();
}

TEST_F(HangUp, IsDoneEvenIfTheProviderRefuses) {
  TestApp& a = world.app("A", kOwner);
  TestApp& boss = world.attach("B");
  world.make(a);
  const api::SessionId session{world.snapshot(a).record.session};
  world.act(boss, api::HangUp{session});
  EXPECT_THAT(world.complete("drop", Error{Errc::failed, "no"}),
              ElementsAre("A idle (normal, local user)", "P close"));
}

TEST_F(HangUp, ClearsWhatTheFarEndHasEnded) {
  TestApp& a = world.app("A", kOwner);
  TestApp& boss = world.attach("B");
  const provider::CallRef call = world.make(a);
  const api::SessionId session{world.snapshot(a).record.session};
  world.report(call, CallState::disconnected, Cause{});
  world.act(boss, api::HangUp{session});
  EXPECT_EQ(world.snapshot(a).record.state, CallState::idle);
  EXPECT_EQ(world.snapshot(a).record.end->origin, EndOrigin::remote_party);
  EXPECT_THAT(world.act(boss, api::HangUp{session}), ElementsAre("B hang up invalid_state"));
}

TEST_F(HangUp, JoinsADropThatIsUnderWay) {
  TestApp& a = world.app("A", kOwner);
  TestApp& boss = world.attach("B");
  const provider::CallRef call = world.make(a);
  const api::SessionId session{world.snapshot(a).record.session};
  world.act(a, api::DropCall{a.call});
  EXPECT_THAT(world.act(boss, api::HangUp{session}), ElementsAre("B hang up ok"));
  EXPECT_EQ(world.uncompleted("drop"), 1u);
  world.complete("drop");
  world.report(call, CallState::idle);
  EXPECT_EQ(world.snapshot(a).record.end->cause.words, "") << "it was A that ended it";
}

TEST_F(HangUp, IsForThoseWhoMayControlTheCall) {
  TestApp& a = world.app("A", kOwner);
  TestApp& guest = world.attach("G", false);
  world.make(a);
  const api::SessionId session{world.snapshot(a).record.session};
  EXPECT_THAT(world.act(guest, api::HangUp{session}), ElementsAre("G hang up not_found"));
  EXPECT_THAT(world.act(guest, api::HangUp{}), ElementsAre("G hang up not_found"));
  EXPECT_EQ(world.snapshot(a).record.state, CallState::connected);
}

TEST_F(HangUp, FollowsTheTableOfAccess) {
  const auto program = [&](const std::string& name, std::uint32_t user,
                           api::Role role) -> TestApp& {
    return world.attach({.name = name, .user = "u", .process = 7, .role = role, .uid = user});
  };
  TestApp& anna = program("Anna", 1001, api::Role::user);
  anna.open = world.ask_for<api::OpenedLine>(anna, api::OpenLine{0, kNone, media::kVoice}).open;
  world.make(anna);
  const api::SessionId session{world.snapshot(anna).record.session};
  TestApp& bert = program("Bert", 1002, api::Role::user);
  TestApp& watcher = program("Watcher", 1003, api::Role::observer);
  TestApp& other = program("Other", 1001, api::Role::user);
  EXPECT_THAT(world.act(bert, api::HangUp{session}), ElementsAre("Bert hang up not_found"));
  EXPECT_THAT(world.act(watcher, api::HangUp{session}), ElementsAre("Watcher hang up denied"));
  EXPECT_THAT(world.act(other, api::HangUp{session}),
              ElementsAre("Other hang up ok", "P drop normal"));
  world.complete("drop", Error{Errc::failed, "no"});
  EXPECT_EQ(world.snapshot(anna).record.end->cause.words, "hung up by its user");
}

using NewCalls = EngineTest;

TEST_F(NewCalls, OfOneSessionGiveNoOther) {
  TestApp& a = world.app("A", kOwner);
  TestApp& b = world.app("B", kNone);
  world.make(a);
  world.make(a);
  const api::SessionId session{world.snapshot(a).record.session};
  const auto given = world.ask_for<api::CallList>(b, api::GetNewCalls{b.open, {}, session});
  EXPECT_EQ(given.sessions, std::vector<api::SessionId>{session});
  EXPECT_THAT(
      world.ask_for<api::CallList>(b, api::GetNewCalls{b.open, {}, api::SessionId{77}}).calls,
      IsEmpty());
  EXPECT_EQ(world.ask_for<api::CallList>(b, api::GetNewCalls{b.open, {}, {}}).calls.size(), 1u);
}

}  // namespace
}  // namespace switchhook::core::test
