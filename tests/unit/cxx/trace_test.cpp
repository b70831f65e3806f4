// SPDX-License-Identifier: Apache-2.0
// Messages of the network through the C++ API: what a program does not take, and services that go.
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "on_fake.hpp"
#include "switchhook/operator.hpp"

namespace switchhook {
namespace {

using test::OnFake;

constexpr auto kSoon = std::chrono::seconds(20);
constexpr auto kNow = std::chrono::milliseconds(0);

TracedMessage message(const std::string& text) {
  TracedMessage out;
  out.text = text;
  return out;
}

/// Another service takes the place of the one that died, and has the line that was open.
void replace(const OnFake& on, bool refuses) {
  on.fake->answer_with([refuses](const api::Command& command) -> std::optional<Result<api::Value>> {
    if (std::holds_alternative<api::Restore>(command)) return api::Value{api::Restored{}};
    if (refuses && std::holds_alternative<api::Trace>(command)) return Error{Errc::denied, "no"};
    return std::nullopt;
  });
  on.fake->run([](api::ServiceSink& sink) { sink.on_interrupted("the service died"); });
  on.fake->run([](api::ServiceSink& sink) { sink.on_replaced(); });
  on.fake->settle();
}

TEST(Trace, AsksForWhatIsWantedAndEndsWithItsObject) {
  OnFake on;
  const Operator service(on.application);
  {
    auto trace = service.trace({.session = 7, .line = "100", .secrets = true});
    ASSERT_TRUE(trace) << trace.error().text();
    const auto asked = on.fake->last<api::Trace>();
    EXPECT_TRUE(asked.on && asked.secrets);
    EXPECT_EQ(asked.session.value, 7u);
    EXPECT_EQ(asked.line, "100");
    auto second = service.trace();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::invalid_state);
    on.fake->event(message("one"));
    auto next = trace->next(kSoon);
    ASSERT_TRUE(next && *next);
    EXPECT_EQ((*next)->text, "one");
    EXPECT_FALSE(*trace->next(kNow)) << "no further one";
  }
  on.fake->settle();
  EXPECT_FALSE(on.fake->last<api::Trace>().on);
  on.fake->event(message("late"));
  EXPECT_TRUE(service.trace()) << "another may begin";
}

TEST(Trace, CountsWhatAProgramDoesNotTake) {
  OnFake on;
  auto trace = Operator(on.application).trace();
  ASSERT_TRUE(trace);
  for (std::size_t i = 0; i < limits::kTracesQueued; ++i) on.fake->event(message("kept"));
  TracedMessage left_out = message("left out");
  left_out.missed = 5;  // before it, on its way to here
  on.fake->event(left_out);
  on.fake->settle();
  for (std::size_t i = 0; i < limits::kTracesQueued; ++i) {
    auto next = trace->next(kNow);
    ASSERT_TRUE(next && *next);
    EXPECT_EQ((*next)->missed, 0u);
  }
  on.fake->event(message("last"));
  auto last = trace->next(kSoon);
  ASSERT_TRUE(last && *last);
  EXPECT_EQ((*last)->text, "last");
  EXPECT_EQ((*last)->missed, 6u);
}

TEST(Trace, IsAskedForAgainOfTheNextService) {
  OnFake on;
  auto trace = Operator(on.application).trace({.line = "100"});
  ASSERT_TRUE(trace);
  replace(on, false);
  EXPECT_EQ(on.fake->count<api::Trace>(), 2u);
  EXPECT_EQ(on.fake->last<api::Trace>().line, "100");
  on.fake->event(message("of the next one"));
  auto next = trace->next(kSoon);
  ASSERT_TRUE(next && *next);
}

TEST(Trace, CanBeginAgainWhatHasNotBeenAnsweredYet) {
  OnFake on;
  const Operator service(on.application);
  auto first = service.trace();
  ASSERT_TRUE(first);
  on.fake->silence(
      [](const api::Command& command) { return std::holds_alternative<api::Trace>(command); });
  replace(on, false);
  EXPECT_EQ(on.fake->count<api::Trace>(), 2u) << "asked for again, and not answered";
  { const Trace gone = std::move(*first); }
  on.fake->silence({});
  EXPECT_TRUE(service.trace());
}

TEST(Trace, SaysWhyTheNextServiceRefuses) {
  OnFake on;
  auto trace = Operator(on.application).trace();
  ASSERT_TRUE(trace);
  replace(on, true);
  auto next = trace->next(kSoon);
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code, Errc::denied);
}

TEST(Trace, EndsWithTheServiceAndWithTheApplication) {
  OnFake on;
  auto trace = Operator(on.application).trace();
  ASSERT_TRUE(trace);
  on.fake->vanish("it stopped");
  auto next = trace->next(kSoon);
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code, Errc::disconnected);

  OnFake other;
  auto second = Operator(other.application).trace();
  ASSERT_TRUE(second);
  EXPECT_TRUE(other.application.shutdown());
  next = second->next(kSoon);
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code, Errc::stale_application);
  const Trace moved = std::move(*second);
  EXPECT_EQ(second->next(kNow).error().code, Errc::stale_application) << "an empty object";
}

TEST(Trace, IsRefusedAsTheServiceSays) {
  OnFake on;
  on.fake->answer_with([](const api::Command& command) -> std::optional<Result<api::Value>> {
    if (std::holds_alternative<api::Trace>(command)) return Error{Errc::denied, "no"};
    return std::nullopt;
  });
  auto trace = Operator(on.application).trace();
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().code, Errc::denied);
  on.fake->answer_with({});
  EXPECT_TRUE(Operator(on.application).trace()) << "a refused one is none";
}

}  // namespace
}  // namespace switchhook
