// SPDX-License-Identifier: Apache-2.0
// The leak ledger: pages, call sites, and the limits of an application with each of their actions.
#include "tests/unit/core/engine_world.hpp"

namespace switchhook::core::test {
namespace {

class LeakLimit : public EngineTest {
 protected:
  /// A's calls that ended and that it still holds, the oldest first.
  std::vector<api::CallId> end_calls(TestApp& app, int count) {
    std::vector<api::CallId> calls;
    for (int i = 0; i < count; ++i) {
      const provider::CallRef call = world.make(app);
      calls.push_back(app.call);
      world.report(call, CallState::idle);
      world.ended(call);
    }
    return calls;
  }
  void release_all(TestApp& app, const std::vector<api::CallId>& calls) {
    for (const api::CallId call : calls) world.act(app, api::ReleaseCall{call});
  }
};

TEST_F(LeakLimit, WarnsOnceWhenThereAreTooManyAndAgainAfterThereWereFewEnough) {
  world.policy({.leaks = {.count = 2, .action = LeakAction::warn}});
  TestApp& a = world.app("A", kOwner);
  std::vector<api::CallId> calls = end_calls(a, 2);
  EXPECT_TRUE(world.notices.empty()) << "so many are fine";
  const provider::CallRef third = world.make(a);
  calls.push_back(a.call);
  EXPECT_THAT(world.report(third, CallState::idle),
              ElementsAre("A idle (normal, remote party)", "P close", "A holds too many, 3"));
  ASSERT_EQ(world.notices.size(), 1u);
  EXPECT_NE(world.notices[0].find("\"A\" (process 7 of user of A) holds 3 ended sessions"),
            std::string::npos)
      << world.notices[0];
  world.ended(third);
  calls.push_back(end_calls(a, 1).front());
  EXPECT_EQ(world.notices.size(), 1u) << "not again while it goes on";
  world.act(a, api::ReleaseCall{calls[0]});
  world.act(a, api::ReleaseCall{calls[1]});
  calls.push_back(end_calls(a, 1).front());
  EXPECT_EQ(world.notices.size(), 2u) << "it began again";
  release_all(a, {calls[2], calls[3], calls[4]});
  world.all_gone();
}

TEST_F(LeakLimit, RefusesNewCallsUntilEnoughAreReleased) {
  world.policy({.leaks = {.count = 1, .action = LeakAction::refuse_new}});
  TestApp& a = world.app("A", kOwner | kMonitor);
  const std::vector<api::CallId> calls = end_calls(a, 2);
  EXPECT_THAT(world.act(a, api::MakeCall{.open = a.open, .address = "200"}),
              ElementsAre("A make resource_unavailable"));
  EXPECT_THAT(world.act(a, api::GetNewCalls{a.open}),
              ElementsAre("A new calls resource_unavailable"));
  // An incoming call goes to who may take it.
  TestApp& b = world.app("B", kOwner);
  const provider::CallRef incoming = world.offer();
  EXPECT_EQ(world.snapshot(b).privilege, Privilege::owner);
  EXPECT_EQ(world.snapshot(b).monitors, 0u) << "A would have monitored it";
  world.report(incoming, CallState::idle);
  world.ended(incoming);
  world.act(b, api::ReleaseCall{b.call});
  world.act(a, api::ReleaseCall{calls[0]});
  const provider::CallRef next = world.make(a);
  world.report(next, CallState::idle);
  world.ended(next);
  release_all(a, {a.call, calls[1]});
  world.all_gone();
}

TEST_F(LeakLimit, ACallAcceptedBeforeTheLimitIsStillMade) {
  world.policy({.leaks = {.count = 1, .action = LeakAction::refuse_new}});
  TestApp& a = world.app("A", kOwner);
  std::vector<api::CallId> calls = end_calls(a, 1);
  const provider::CallRef other = world.make(a);
  calls.push_back(a.call);
  world.act(a, api::MakeCall{.open = a.open, .address = "200"});
  world.report(other, CallState::idle);  // now it is over the limit
  world.ended(other);
  EXPECT_THAT(world.complete("make"), testing::Contains("A make ok"));
  calls.push_back(a.call);
  world.act(a, api::DropCall{a.call});
  world.give_back();
  release_all(a, calls);
}

TEST_F(LeakLimit, ReclaimsTheOldestAndTheirIdentifiersSayWhy) {
  world.policy({.leaks = {.count = 2, .action = LeakAction::reclaim}});
  TestApp& a = world.app("A", kOwner);
  const std::vector<api::CallId> calls = end_calls(a, 4);
  EXPECT_THAT(world.act(a, api::GetCall{calls[0]}), ElementsAre("A get call reclaimed"));
  EXPECT_THAT(world.act(a, api::ReleaseCall{calls[1]}), ElementsAre("A release reclaimed"));
  EXPECT_THAT(world.act(a, api::GetCall{calls[2]}), ElementsAre("A get call ok"));
  EXPECT_EQ(world.ask_for<api::LeakList>(a, api::ListLeaks{}).total, 2u);
  release_all(a, {calls[2], calls[3]});
  world.all_gone();
}

TEST_F(LeakLimit, ByAgeReclaimsWhenTheTimeIsUpAndSetsNoTimerWithoutLeaks) {
  world.policy({.leaks = {.age = seconds(60), .action = LeakAction::reclaim}});
  TestApp& a = world.app("A", kOwner);
  const std::size_t resting = world.timers.size();
  const api::CallId first = end_calls(a, 1).front();
  world.advance(seconds(30));
  const api::CallId second = end_calls(a, 1).front();
  EXPECT_THAT(world.advance(seconds(31)), ElementsAre("A holds too long, 2", "A reclaimed"));
  EXPECT_THAT(world.act(a, api::GetCall{first}), ElementsAre("A get call reclaimed"));
  EXPECT_THAT(world.act(a, api::GetCall{second}), ElementsAre("A get call ok"));
  EXPECT_THAT(world.advance(seconds(30)), ElementsAre("A holds too long, 1", "A reclaimed"));
  EXPECT_EQ(world.timers.size(), resting);
  world.all_gone();
}

TEST_F(LeakLimit, OfANamedApplicationIsItsOwn) {
  Policy policy;
  policy.leaks = {.count = 1, .action = LeakAction::reclaim};
  policy.leaks_by_name["B"] = {};  // no limits
  world.policy(policy);
  TestApp& b = world.app("B", kOwner);
  const std::vector<api::CallId> calls = end_calls(b, 3);
  EXPECT_EQ(world.ask_for<api::LeakList>(b, api::ListLeaks{}).total, 3u);
  release_all(b, calls);
  world.all_gone();
}

TEST_F(LeakLimit, AnApplicationThatGoesIsNamedInTheLogWithWhatItLeft) {
  TestApp& a = world.app("A", kOwner);
  const provider::CallRef call = world.make(a, true, "dialer+0x12 (dial)");
  world.report(call, CallState::idle);
  world.ended(call);
  world.act(a, api::ShutDown{});
  ASSERT_EQ(world.notices.size(), 1u);
  EXPECT_NE(world.notices[0].find("acquired at dialer+0x12 (dial)"), std::string::npos)
      << world.notices[0];
}

using LeakList = LeakLimit;

TEST_F(LeakList, IsPagedAndEachEntrySaysWhereItWasAcquiredAndWhatIsKept) {
  TestApp& a = world.app("A", kOwner);
  std::vector<api::CallId> calls;
  for (const char* site : {"one", "two", "one", "", "two"}) {
    const provider::CallRef call = world.make(a, true, site);
    calls.push_back(a.call);
    world.report(call, CallState::idle);
    if (calls.size() != 5) world.ended(call);
  }
  api::ListLeaks command{.limit = 2};
  std::vector<api::Leak> all;
  const api::LeakList page = world.ask_for<api::LeakList>(a, command);
  EXPECT_EQ(page.total, 5u);
  EXPECT_TRUE(page.more);
  all = page.leaks;
  command = {.limit = 100, .after = page.leaks.back().call};
  world.act(a, api::ReleaseCall{page.leaks.back().call});
  const api::LeakList rest = world.ask_for<api::LeakList>(a, command);
  EXPECT_EQ(rest.total, 4u) << "one was released between the pages";
  EXPECT_FALSE(rest.more);
  all.insert(all.end(), rest.leaks.begin(), rest.leaks.end());
  ASSERT_EQ(all.size(), 5u);
  const char* sites[] = {"one", "two", "one", "", "two"};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(all[i].call, calls[i]);
    EXPECT_EQ(all[i].site, sites[i]);
    EXPECT_EQ(all[i].connection, a.id);
    EXPECT_EQ(all[i].client_bytes, 11u);
    EXPECT_EQ(all[i].provider_bytes, i == 4 ? 99u : 0u) << "what is returned costs nothing there";
  }
}

}  // namespace
}  // namespace switchhook::core::test
