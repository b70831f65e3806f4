// SPDX-License-Identifier: Apache-2.0
// An application comes to a new engine with what an earlier one had given it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/engine.hpp"

namespace switchhook::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr api::OpenId kOpen{(std::uint64_t{3} << 32) | 1};
constexpr api::CallId kCall{(std::uint64_t{4} << 32) | 1};
constexpr api::SessionId kSession{(std::uint64_t{5} << 32) | 1};

class Return : public testing::Test {
 protected:
  Return() {
    engine_.begin_at(100);
    apply(ProviderAttached{1, "exchange"});
    LineInfo line;
    line.name = "100";
    apply(ProviderEvent{1, provider::LineAdded{0, line}});
    record_.session = kSession.value;
    record_.line = "100";
    record_.provider = "exchange";
    record_.parties.called = {"bob", "Bob"};
    record_.state = CallState::idle;
    record_.timeline = {{CallState::connected, 0, {}}, {CallState::idle, 0, {}}};
    record_.user_info_received = {7};
    record_.application = "app";
    record_.end.emplace();
    record_.end->origin = EndOrigin::system;
    record_.end->confirmation = Confirmation::pending;
    record_.holders = {{"app", "user", 42, Privilege::owner, {}, {}},
                       {"other", "user", 43, Privilege::monitor, {}, {}}};
  }
  void apply(decltype(Input::what) what) {
    outputs_.clear();
    engine_.apply({{std::chrono::seconds(9), std::chrono::seconds(9000)}, std::move(what)},
                  outputs_);
  }
  api::AppId attach(const std::string& name, std::uint32_t process) {
    const api::AppId app = engine_.new_app();
    apply(AppAttached{app, {.name = name, .user = "user", .process = process}});
    return app;
  }
  api::Restored come_back(api::AppId app, bool over = false, const std::string& line = "100") {
    api::Restore what;
    what.openings = {{kOpen, line, static_cast<std::uint8_t>(Privilege::owner), media::kVoice}};
    what.calls = {{kCall, kOpen, kSession, over}};
    apply(AppReturned{app, 7, what, {record_}});
    return answer<api::Restored>();
  }
  template <typename T>
  T answer() {
    for (const Output& output : outputs_)
      if (const auto* reply = std::get_if<ToAppReply>(&output)) {
        EXPECT_TRUE(reply->reply.result) << reply->reply.result.error().text();
        if (reply->reply.result) return std::get<T>(*reply->reply.result);
      }
    ADD_FAILURE() << "no answer";
    return {};
  }
  template <typename T>
  T ask(api::AppId app, api::Command command) {
    apply(AppCommand{app, 8, std::move(command)});
    return answer<T>();
  }
  api::AuditReport audit(api::AppId app) {
    apply(AppCommand{app, 8, api::RunAudit{}});
    for (const Output& output : Outputs(outputs_))
      if (const auto* out = std::get_if<ToProvider>(&output))
        if (const auto* asked = std::get_if<provider::ReportLedger>(&out->command))
          apply(ProviderEvent{1, provider::LedgerReport{.token = asked->token}});
    return answer<api::AuditReport>();
  }
  std::vector<CallState> states_told() {
    std::vector<CallState> out;
    for (const Output& output : outputs_)
      if (const auto* event = std::get_if<ToAppEvent>(&output))
        if (const auto* state = std::get_if<api::CallStateChanged>(&event->event)) {
          EXPECT_EQ(state->call, kCall);
          EXPECT_EQ(state->origin, EndOrigin::system);
          out.push_back(state->state);
        }
    return out;
  }

  Engine engine_;
  Outputs outputs_;
  Record record_;
};

TEST_F(Return, WhatItHeldIsItsOwnUnderTheSameNumbers) {
  const api::AppId app = attach("app", 42);
  const api::Restored lost = come_back(app);
  EXPECT_THAT(lost.lost_openings, IsEmpty());
  EXPECT_THAT(lost.lost_calls, IsEmpty());
  EXPECT_THAT(states_told(), ElementsAre(CallState::disconnected, CallState::idle));
  const auto look = ask<api::CallSnapshot>(app, api::GetCall{kCall});
  EXPECT_EQ(look.call, kCall);
  EXPECT_EQ(look.open, kOpen);
  EXPECT_EQ(look.record, record_);
  EXPECT_EQ(ask<api::LeakList>(app, api::ListLeaks{}).leaks.front().call, kCall);
  ask<std::monostate>(app, api::ReleaseCall{kCall});
  EXPECT_EQ(ask<api::ServiceStatus>(app, api::GetServiceStatus{}).sessions_held, 0u);
  EXPECT_TRUE(audit(app).clean());
}

TEST_F(Return, WhoEndedItIsStillNamed) {
  record_.end->origin = EndOrigin::local_user;
  record_.ended_by_application = "other";
  record_.ended_by_user = "user";
  const api::AppId app = attach("app", 42);
  come_back(app, true);
  EXPECT_EQ(ask<api::CallSnapshot>(app, api::GetCall{kCall}).record, record_);
}

TEST_F(Return, WhatItHasBeenToldIsNotToldAgain) {
  EXPECT_THAT(come_back(attach("app", 42), true).lost_calls, IsEmpty());
  EXPECT_THAT(states_told(), IsEmpty());
}

TEST_F(Return, HoldersComeBackEachByItself) {
  const api::AppId app = attach("app", 42);
  come_back(app);
  const api::AppId other = attach("other", 43);
  api::Restore what;
  what.openings = {{{kOpen.value + 1}, "100", static_cast<std::uint8_t>(Privilege::monitor), 0}};
  what.calls = {{{kCall.value + 1}, {kOpen.value + 1}, kSession, true}};
  apply(AppReturned{other, 7, what, {}});
  EXPECT_THAT(answer<api::Restored>().lost_calls, IsEmpty());
  const auto look = ask<api::CallSnapshot>(other, api::GetCall{{kCall.value + 1}});
  EXPECT_EQ(look.privilege, Privilege::monitor);
  EXPECT_EQ(look.owners, 1u);
}

TEST_F(Return, AnotherProcessGetsNothing) {
  EXPECT_THAT(come_back(attach("app", 43)).lost_calls, ElementsAre(kCall));
  EXPECT_THAT(come_back(attach("other", 42)).lost_calls, ElementsAre(kCall));
  record_.holders.front().released = Moment{std::chrono::seconds(1), std::chrono::seconds(1)};
  EXPECT_THAT(come_back(attach("app", 42)).lost_calls, ElementsAre(kCall)) << "it had released it";
}

TEST_F(Return, NothingIsGivenTwice) {
  const api::AppId app = attach("app", 42);
  come_back(app);
  const api::Restored again = come_back(attach("app", 42));
  EXPECT_THAT(again.lost_openings, ElementsAre(kOpen));
  EXPECT_THAT(again.lost_calls, ElementsAre(kCall));
}

TEST_F(Return, ALineThatIsThereNoMoreIsLostWithItsCalls) {
  const api::Restored lost = come_back(attach("app", 42), false, "999");
  EXPECT_THAT(lost.lost_openings, ElementsAre(kOpen));
  EXPECT_THAT(lost.lost_calls, ElementsAre(kCall));
}

TEST_F(Return, TheEndAtTheFarEndIsFoundInTheRecord) {
  EXPECT_FALSE(engine_.orphan_ended(kSession.value, *record_.end)) << "nobody holds it yet";
  const api::AppId app = attach("app", 42);
  come_back(app);
  End end = *record_.end;
  end.confirmation = Confirmation::confirmed;
  const std::optional<Record> record = engine_.orphan_ended(kSession.value, end);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->end, end);
  EXPECT_FALSE(record->holders.front().released) << "it holds it still";
  EXPECT_EQ(ask<api::CallSnapshot>(app, api::GetCall{kCall}).record.end, end);
}

}  // namespace
}  // namespace switchhook::core
