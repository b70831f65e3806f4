// SPDX-License-Identifier: Apache-2.0
// Who is shown the messages of the network, and which; and what providers are told of it.
#include "tests/unit/core/engine_world.hpp"

namespace switchhook::core::test {
namespace {

class Tracing : public EngineTest {
 protected:
  /// What the last step said to the provider.
  [[nodiscard]] std::vector<provider::Trace> told() const {
    std::vector<provider::Trace> out;
    for (const Output& output : world.last)
      if (const auto* to = std::get_if<ToProvider>(&output))
        if (const auto* trace = std::get_if<provider::Trace>(&to->command)) out.push_back(*trace);
    return out;
  }
  /// Who was shown what when the provider posted this.
  std::vector<std::pair<api::AppId, TracedMessage>> show(provider::Traced traced) {
    world.post(std::move(traced));
    std::vector<std::pair<api::AppId, TracedMessage>> out;
    for (const Output& output : world.last)
      if (const auto* to = std::get_if<ToAppEvent>(&output))
        if (const auto* message = std::get_if<TracedMessage>(&to->event))
          out.emplace_back(to->app, *message);
    return out;
  }
  static provider::Traced traced(provider::CallRef call = {}, const std::string& call_id = "id") {
    provider::Traced out{.call = call, .secret = "secret"};
    out.message.call_id = call_id;
    out.message.text = "blanked";
    return out;
  }
};

TEST_F(Tracing, IsAnOperatorsAlone) {
  for (const api::Role role : {api::Role::user, api::Role::observer}) {
    TestApp& app = world.attach(
        {.name = "A" + std::to_string(static_cast<int>(role)), .user = "somebody", .role = role});
    const Result<api::Value> answer = world.ask(app, api::Trace{});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::denied);
    EXPECT_TRUE(told().empty());
  }
  EXPECT_TRUE(show(traced()).empty());
}

TEST_F(Tracing, ProvidersCopyOnlyWhileSomebodyWantsItAndSecretsOnlyWhileTheyAreWanted) {
  TestApp& a = world.attach("A");
  TestApp& b = world.attach("B");
  EXPECT_TRUE(world.ask(a, api::Trace{}));
  ASSERT_EQ(told().size(), 1u);
  EXPECT_TRUE(told()[0].on && !told()[0].secrets);
  EXPECT_TRUE(world.ask(b, api::Trace{.secrets = true}));
  ASSERT_EQ(told().size(), 1u);
  EXPECT_TRUE(told()[0].on && told()[0].secrets);
  world.lose(b);
  ASSERT_EQ(told().size(), 1u);
  EXPECT_TRUE(told()[0].on && !told()[0].secrets);
  EXPECT_TRUE(world.ask(a, api::Trace{.on = false}));
  ASSERT_EQ(told().size(), 1u);
  EXPECT_FALSE(told()[0].on);
  EXPECT_TRUE(show(traced()).empty()) << "what was on its way is shown to nobody";
}

TEST_F(Tracing, SecretsAreShownToWhoAskedForThem) {
  TestApp& a = world.attach("A");
  TestApp& b = world.attach("B");
  ASSERT_TRUE(world.ask(a, api::Trace{}));
  ASSERT_TRUE(world.ask(b, api::Trace{.secrets = true}));
  const auto shown = show(traced());
  ASSERT_EQ(shown.size(), 2u);
  for (const auto& [app, message] : shown) {
    EXPECT_EQ(message.text, app == b.id ? "secret" : "blanked");
    EXPECT_EQ(message.secrets, app == b.id);
  }
  provider::Traced early = traced();
  early.secret.clear();
  EXPECT_EQ(show(early)[1].second.text, "blanked") << "copied before they were asked for";
  EXPECT_FALSE(show(early)[1].second.secrets);
}

TEST_F(Tracing, OfALineShowsItsMessages) {
  TestApp& a = world.attach("A");
  const std::string name = world.ask_for<api::LineList>(a, api::ListLines{}).lines[0].name;
  ASSERT_TRUE(world.ask(a, api::Trace{.line = name}));
  EXPECT_TRUE(show(traced()).empty()) << "of no line";
  provider::Traced its = traced();
  its.line = 0;
  ASSERT_EQ(show(its).size(), 1u);
  EXPECT_EQ(show(its)[0].second.line, name);
  its.line = 77;
  EXPECT_TRUE(show(its).empty()) << "a line that the provider does not have";
  const Result<api::Value> none = world.ask(a, api::Trace{.line = "nobody's"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::no_such_line);
  EXPECT_EQ(show(traced()).size(), 0u) << "what was asked for before stays";
}

TEST_F(Tracing, OfASessionShowsItsMessagesAlsoThoseThatBelongToNoDialog) {
  TestApp& a = world.app("A", kOwner);
  TestApp& boss = world.attach("B");
  const provider::CallRef call = world.make(a);
  world.post(provider::InfoChanged{.call = call, .provider_call_id = "id of the call"});
  const Record record = world.snapshot(a).record;
  ASSERT_TRUE(world.ask(boss, api::Trace{.session = api::SessionId{record.session}}));
  EXPECT_TRUE(show(traced({}, "another")).empty());
  EXPECT_TRUE(show(traced(provider::CallRef{call.value + 1}, "id of the call")).empty());
  EXPECT_TRUE(show(traced({}, "")).empty());
  ASSERT_EQ(show(traced(call)).size(), 1u);
  EXPECT_EQ(show(traced(call))[0].second.session, record.session);
  EXPECT_EQ(show(traced(call))[0].second.number, record.call_id);
  EXPECT_EQ(show(traced({}, "id of the call")).size(), 1u) << "a provisional answer without a tag";
  const Result<api::Value> none = world.ask(boss, api::Trace{.session = api::SessionId{999}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::not_found);
}

TEST_F(Tracing, OfASessionGoesOnAfterItIsGone) {
  TestApp& a = world.app("A", kOwner);
  TestApp& boss = world.attach("B");
  const provider::CallRef call = world.make(a);
  const Record record = world.snapshot(a).record;
  ASSERT_TRUE(world.ask(boss, api::Trace{.session = api::SessionId{record.session}}));
  world.act(a, api::DropCall{a.call});
  world.complete("drop");
  world.report(call, CallState::idle);
  world.act(a, api::ReleaseCall{a.call});
  world.ended(call);
  const auto last = show(traced(call));
  ASSERT_EQ(last.size(), 1u) << "the answer to a BYE that came late";
  EXPECT_EQ(last[0].second.session, record.session);
  EXPECT_EQ(last[0].second.number, record.call_id);
}

}  // namespace
}  // namespace switchhook::core::test
