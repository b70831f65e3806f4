// SPDX-License-Identifier: Apache-2.0
// Who may do what with whose calls: each cell of the table in core/engine/access.hpp, what follows
// from it for those who open lines, and the bounds on opening them.
#include <functional>

#include "tests/unit/core/engine_world.hpp"

namespace switchhook::core::test {
namespace {

using api::Role;

constexpr std::uint32_t kAnna = 1001, kBert = 1002, kOperator = 1, kSales = 2001;

class Access : public ::testing::Test {
 protected:
  TestApp& program(const std::string& name, std::uint32_t user, Role role,
                   std::vector<std::uint32_t> groups = {}) {
    return world_.attach({.name = name,
                          .user = "user " + std::to_string(user),
                          .process = 7,
                          .role = role,
                          .uid = user,
                          .groups = std::move(groups)});
  }
  TestApp& opened(const std::string& name, std::uint32_t user, Role role,
                  std::uint8_t privileges = kOwner) {
    TestApp& app = program(name, user, role);
    app.open = world_.ask_for<api::OpenedLine>(app, how(privileges)).open;
    return app;
  }
  static api::OpenLine how(std::uint8_t privileges) { return {0, privileges, media::kVoice}; }
  Errc refusal(TestApp& app, api::Command command) {
    const Result<api::Value> value = world_.ask(app, std::move(command));
    EXPECT_FALSE(value.has_value());
    return value ? Errc::failed : value.error().code;
  }
  void line_is_of(LineUsers users) {
    Policy policy;
    policy.users_by_line["100"] = std::move(users);
    world_.policy(std::move(policy));
  }
  bool takes_new_call(TestApp& app) {
    const auto list = world_.ask_for<api::CallList>(app, api::GetNewCalls{app.open});
    if (!list.calls.empty()) app.call = list.calls.front();
    return !list.calls.empty();
  }
  bool lists_it(TestApp& app) {
    return !world_.ask_for<api::RecordPage>(app, api::ListSessions{}).records.empty();
  }
  bool becomes_owner(TestApp& app) {
    return world_.ask(app, api::SetPrivilege{app.call, Privilege::owner}).has_value();
  }
  /// In the last step.
  std::size_t reclaimed_from(const TestApp& app) {
    std::size_t count = 0;
    for (const Output& output : world_.last)
      if (const auto* event = std::get_if<ToAppEvent>(&output))
        count += event->app == app.id && std::holds_alternative<api::CallReclaimed>(event->event);
    return count;
  }
  std::size_t line_changes_for(const TestApp& app) {
    std::size_t count = 0;
    for (const Output& output : world_.last)
      if (const auto* event = std::get_if<ToAppEvent>(&output))
        count += event->app == app.id && std::holds_alternative<api::LineChanged>(event->event);
    return count;
  }
  World world_;
};

// ---- the cells

/// What an application of this role may do: nothing, see, or control.
void expect(bool sees, bool controls, bool got_it, const std::function<bool()>& control) {
  EXPECT_EQ(got_it, sees);
  if (got_it) {
    EXPECT_EQ(control(), controls);
  }
}

class AccessOf : public Access, public ::testing::WithParamInterface<Role> {};

TEST_P(AccessOf, ACallOfItsOwnUserIsControlled) {
  TestApp& maker = opened("maker", kAnna, Role::user);
  TestApp& app = opened("app", kAnna, GetParam());
  world_.make(maker);
  EXPECT_TRUE(lists_it(app));
  expect(true, true, takes_new_call(app), [&] { return becomes_owner(app); });
}

TEST_P(AccessOf, ACallOnALineThatNamesItsUserIsControlled) {
  line_is_of({{kAnna}, {}});
  TestApp& maker = opened("maker", kOperator, Role::operating);
  TestApp& app = opened("app", kAnna, GetParam());
  world_.make(maker);
  EXPECT_TRUE(lists_it(app));
  expect(true, true, takes_new_call(app), [&] { return becomes_owner(app); });
}

TEST_P(AccessOf, ACallThatIsNobodysYetIsControlledByWhoOpenedAsOwner) {
  opened("first", kBert, Role::user);
  TestApp& app = opened("app", kAnna, GetParam());
  world_.offer();
  expect(true, true, takes_new_call(app), [&] { return becomes_owner(app); });
}

TEST_P(AccessOf, ACallOfAnotherUserDependsOnTheRole) {
  TestApp& maker = opened("maker", kBert, Role::user);
  TestApp& app = opened("app", kAnna, GetParam());
  world_.make(maker);
  EXPECT_EQ(lists_it(app), GetParam() != Role::user);
  expect(GetParam() != Role::user, GetParam() == Role::operating, takes_new_call(app),
         [&] { return becomes_owner(app); });
}

TEST_P(AccessOf, AnEndedCallOfAnotherIsReclaimedByAnOperatorOnly) {
  TestApp& maker = opened("maker", kBert, Role::user);
  TestApp& app = opened("app", kAnna, GetParam());
  const provider::CallRef call = world_.make(maker);
  world_.bring(call, CallState::disconnected);
  const auto leaks = world_.ask_for<api::LeakList>(app, api::ListLeaks{});
  EXPECT_EQ(leaks.total, GetParam() == Role::user ? 0u : 1u);
  const auto taken = world_.ask_for<api::Reclaimed>(app, api::Reclaim{});
  EXPECT_EQ(taken.count, GetParam() == Role::operating ? 1u : 0u);
}

TEST_P(AccessOf, ALineOfOthersIsOpenedByRole) {
  line_is_of({{kBert}, {}});
  TestApp& app = program("app", kAnna, GetParam());
  EXPECT_EQ(world_.ask(app, how(kOwner)).has_value(), GetParam() == Role::operating);
  EXPECT_EQ(world_.ask(app, how(kNone)).has_value(), GetParam() == Role::operating);
  EXPECT_EQ(world_.ask(app, how(kMonitor)).has_value(), GetParam() != Role::user);
}

INSTANTIATE_TEST_SUITE_P(Roles, AccessOf,
                         ::testing::Values(Role::user, Role::observer, Role::operating));

// ---- whose a call is

TEST_F(Access, AGroupNamesItsUsers) {
  line_is_of({{}, {kSales}});
  TestApp& in = program("in", kAnna, Role::user, {kSales});
  TestApp& out = program("out", kBert, Role::user, {kSales + 1});
  EXPECT_TRUE(world_.ask(in, how(kOwner)).has_value());
  EXPECT_EQ(refusal(out, how(kOwner)), Errc::denied);
}

TEST_F(Access, ALineOfOthersRingsOnlyWithThem) {
  TestApp& stranger = opened("stranger", kBert, Role::user, kOwner | kMonitor);
  line_is_of({{kAnna}, {}});  // it had opened the line before
  opened("its", kAnna, Role::user);
  EXPECT_THAT(world_.report(world_.new_call(), CallState::offering),
              ElementsAre("its appears as owner", "its offering as owner"));
  EXPECT_EQ(refusal(stranger, api::MakeCall{.open = stranger.open, .address = "1"}), Errc::denied);
}

TEST_F(Access, AMonitorIsNotToldOfAnotherUsersCalls) {
  TestApp& maker = opened("maker", kAnna, Role::user);
  opened("other", kBert, Role::user, kMonitor);
  opened("same", kAnna, Role::user, kMonitor);
  opened("observer", kBert, Role::observer, kMonitor);
  world_.act(maker, api::MakeCall{.open = maker.open, .address = "200"});
  EXPECT_THAT(world_.complete("make"),
              ElementsAre("maker make ok", "same appears as monitor", "same unknown as monitor",
                          "observer appears as monitor", "observer unknown as monitor"));
}

TEST_F(Access, OnceAnsweredTheCallBelongsToThatUser) {
  TestApp& first = opened("first", kAnna, Role::user, kOwner | kMonitor);
  TestApp& second = opened("second", kBert, Role::user, kOwner | kMonitor);
  const provider::CallRef call = world_.offer();
  ASSERT_TRUE(becomes_owner(second)) << "it was offered to both";
  world_.act(second, api::AnswerCall{second.call});
  EXPECT_EQ(refusal(first, api::DropCall{first.call}), Errc::denied);
  world_.complete("answer");
  world_.report(call, CallState::connected);
  EXPECT_EQ(reclaimed_from(first), 1u);
  EXPECT_EQ(reclaimed_from(second), 0u);
  EXPECT_FALSE(takes_new_call(first));
  EXPECT_FALSE(lists_it(first));
  EXPECT_TRUE(lists_it(second));
}

TEST_F(Access, AnAnswerThatFailedLeavesTheCallToAll) {
  TestApp& first = opened("first", kAnna, Role::user, kOwner | kMonitor);
  TestApp& second = opened("second", kBert, Role::user, kOwner | kMonitor);
  world_.offer();
  ASSERT_TRUE(becomes_owner(second));
  world_.act(second, api::AnswerCall{second.call});
  world_.complete("answer", Error{Errc::failed, "no"});
  world_.act(first, api::AnswerCall{first.call});
  EXPECT_EQ(world_.uncompleted("answer"), 1u);
}

TEST_F(Access, ACallIsNotHandedToAnotherUser) {
  TestApp& maker = opened("maker", kAnna, Role::user);
  opened("other", kBert, Role::user);
  world_.make(maker);
  EXPECT_EQ(refusal(maker, api::HandOff{maker.call, "other", 0}), Errc::target_not_found);
  EXPECT_EQ(refusal(maker, api::HandOff{maker.call, "", media::kVoice}), Errc::target_self);
  opened("same", kAnna, Role::user);
  EXPECT_TRUE(world_.ask(maker, api::HandOff{maker.call, "same", 0}).has_value());
}

TEST_F(Access, AnObserverPlacesNoCallsOnALineOfOthers) {
  line_is_of({{kBert}, {}});
  TestApp& observer = opened("observer", kAnna, Role::observer, kMonitor);
  EXPECT_EQ(refusal(observer, api::MakeCall{.open = observer.open, .address = "1"}), Errc::denied);
}

// ---- who ended it

class WhoEnded : public Access {
 protected:
  /// The call is over: what its record says, and that those who still hold it read the same.
  std::string named(provider::CallRef call, TestApp& looking) {
    world_.report(call, CallState::idle);
    world_.ended(call);
    EXPECT_EQ(world_.records.size(), 1u);
    if (world_.records.empty()) return "no record";
    const Record& record = world_.records.front();
    if (looking.call) {
      const Record now = world_.snapshot(looking).record;
      EXPECT_EQ(now.ended_by_application, record.ended_by_application);
      EXPECT_EQ(now.ended_by_user, record.ended_by_user);
    }
    return record.ended_by_application + ", " + record.ended_by_user;
  }
};

TEST_F(WhoEnded, IsNamedByProgramAndUser) {
  TestApp& maker = opened("maker", kAnna, Role::user);
  const provider::CallRef call = world_.make(maker);
  world_.act(maker, api::DropCall{maker.call});
  EXPECT_EQ(world_.snapshot(maker).record.ended_by_application, "") << "it has not ended";
  world_.complete("drop");
  EXPECT_EQ(named(call, maker), "maker, user 1001");
}

TEST_F(WhoEnded, IsNotWhoPlacedTheCall) {
  for (const auto& [user, role] : {std::pair(kAnna, Role::user), {kOperator, Role::operating}}) {
    SCOPED_TRACE(user);
    world_.records.clear();
    TestApp& maker = opened("maker " + std::to_string(user), kAnna, Role::user);
    TestApp& other = opened("other " + std::to_string(user), user, role, kMonitor);
    const provider::CallRef call = world_.make(maker);
    ASSERT_TRUE(takes_new_call(other) || other.call);
    ASSERT_TRUE(becomes_owner(other));
    world_.act(other, api::DropCall{other.call});
    world_.act(maker, api::DropCall{maker.call});  // too late to be the one
    world_.complete("drop");
    EXPECT_EQ(named(call, maker), other.name + ", user " + std::to_string(user));
    EXPECT_EQ(world_.records.front().application, maker.name);
  }
}

TEST_F(WhoEnded, IsNobodyWhereTheFarEndDid) {
  TestApp& maker = opened("maker", kAnna, Role::user);
  const provider::CallRef call = world_.make(maker);
  world_.act(maker, api::DropCall{maker.call});
  world_.report(call, CallState::disconnected, Cause{});
  EXPECT_EQ(named(call, maker), ", ");
}

TEST_F(WhoEnded, IsTheOneWhoSucceeded) {
  TestApp& maker = opened("maker", kAnna, Role::user);
  TestApp& other = opened("other", kAnna, Role::user, kMonitor);
  const provider::CallRef call = world_.make(maker);
  ASSERT_TRUE(becomes_owner(other));
  world_.act(maker, api::DropCall{maker.call});
  world_.complete("drop", Error{Errc::failed, "no"});
  world_.act(other, api::DropCall{other.call});
  world_.complete("drop");
  EXPECT_EQ(named(call, maker), "other, user 1001");
}

TEST_F(WhoEnded, IsTheLastToLetGo) {
  TestApp& maker = opened("maker", kAnna, Role::user);
  const provider::CallRef call = world_.make(maker);
  world_.act(maker, api::ReleaseCall{maker.call});
  maker.call = {};
  EXPECT_EQ(named(call, maker), "maker, user 1001");
}

TEST_F(WhoEnded, IsTheOneThatWasLost) {
  TestApp& maker = opened("maker", kAnna, Role::user);
  const provider::CallRef call = world_.make(maker);
  world_.lose(maker);
  maker.call = {};
  EXPECT_EQ(named(call, maker), "maker, user 1001");
}

TEST_F(WhoEnded, IsTheOneThatDidNotComeBack) {
  world_.policy({.loss = {.action = LossPolicy::Action::keep, .keep = seconds(30)}});
  TestApp& maker = opened("maker", kAnna, Role::user);
  const provider::CallRef call = world_.make(maker);
  world_.lose(maker);
  maker.call = {};
  world_.advance(seconds(31));
  EXPECT_EQ(named(call, maker), "maker, user 1001");
  EXPECT_EQ(world_.records.front().end->origin, EndOrigin::application_lost);
}

// ---- bounds on opening a line

TEST_F(Access, EveryMonitorThatOpenedTheLineGetsItsCalls) {
  std::vector<TestApp*> monitors;
  for (std::size_t i = 0; i < limits::kMonitorsOfLine; ++i)
    monitors.push_back(&opened("m" + std::to_string(i), kAnna, Role::operating, kMonitor));
  TestApp& more = program("more", kAnna, Role::operating);
  EXPECT_EQ(refusal(more, how(kMonitor)), Errc::resource_unavailable);
  EXPECT_TRUE(world_.ask(*monitors.front(), how(kMonitor)).has_value()) << "it monitors already";
  opened("owner", kAnna, Role::operating);
  const Words words = world_.report(world_.new_call(), CallState::offering);
  EXPECT_EQ(words.size(), 2 * (limits::kMonitorsOfLine + 1));
  world_.act(*monitors.back(), api::CloseLine{monitors.back()->open});
  EXPECT_TRUE(world_.ask(more, how(kMonitor)).has_value());
}

TEST_F(Access, WhoFindsNoPlaceIsToldSo) {
  for (std::size_t i = 0; i < limits::kMonitorsOfLine; ++i)
    opened("m" + std::to_string(i), kAnna, Role::operating, kMonitor);
  opened("owner", kAnna, Role::operating);
  TestApp& more = opened("more", kAnna, Role::operating);
  world_.offer();
  EXPECT_EQ(refusal(more, api::GetNewCalls{more.open}), Errc::resource_unavailable);
}

TEST_F(Access, AProgramOpensALineOnlySoOften) {
  TestApp& app = program("app", kAnna, Role::operating);
  for (std::size_t i = 0; i < limits::kOpeningsOfLine; ++i)
    ASSERT_TRUE(world_.ask(app, how(kOwner)).has_value());
  EXPECT_EQ(refusal(app, how(kOwner)), Errc::resource_unavailable);
}

TEST_F(Access, ALineChangeIsToldOnceToEachProgram) {
  TestApp& many = program("many", kAnna, Role::operating);
  for (int i = 0; i < 10; ++i) many.open = world_.ask_for<api::OpenedLine>(many, how(kOwner)).open;
  TestApp& other = opened("other", kBert, Role::operating);
  EXPECT_EQ(line_changes_for(many), 1u) << "opened";
  EXPECT_EQ(line_changes_for(other), 0u) << "not of what it did itself";
  world_.act(other, api::CloseLine{other.open});
  EXPECT_EQ(line_changes_for(many), 1u) << "closed";
  other.open = world_.ask_for<api::OpenedLine>(other, how(kOwner)).open;
  world_.lose(many);
  EXPECT_EQ(line_changes_for(other), 1u) << "ten openings closed in one step";
}

TEST_F(Access, AProgramWithoutItsFirstOpeningIsStillTold) {
  TestApp& many = program("many", kAnna, Role::operating);
  const api::OpenId first = world_.ask_for<api::OpenedLine>(many, how(kOwner)).open;
  const api::OpenId second = world_.ask_for<api::OpenedLine>(many, how(kOwner)).open;
  world_.act(many, api::CloseLine{first});
  world_.post(provider::LineStatus{0, false, "down"});
  ASSERT_EQ(line_changes_for(many), 1u);
  for (const Output& output : world_.last)
    if (const auto* event = std::get_if<ToAppEvent>(&output))
      if (const auto* changed = std::get_if<api::LineChanged>(&event->event))
        EXPECT_EQ(changed->open, second);
}

}  // namespace
}  // namespace switchhook::core::test
