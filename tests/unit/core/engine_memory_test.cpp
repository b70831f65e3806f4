// SPDX-License-Identifier: Apache-2.0
// What the programs of a user may keep in the engine: each way to take memory ends at the limit,
// the heap grows by no more than what is counted, and what is returned is not counted any more.
#include <malloc.h>

#include <functional>

#include "tests/unit/core/engine_world.hpp"

extern "C" std::size_t __sanitizer_get_current_allocated_bytes() __attribute__((weak));

namespace switchhook::core::test {
namespace {

constexpr std::int64_t kLimit = 512 * 1024;

std::int64_t heap() {
  if (__sanitizer_get_current_allocated_bytes != nullptr)
    return static_cast<std::int64_t>(__sanitizer_get_current_allocated_bytes());
  const struct mallinfo2 info = mallinfo2();
  return static_cast<std::int64_t>(info.uordblks + info.hblkhd);
}

/// An engine of which only the last answer is kept.
class Bare {
 public:
  Bare() {
    engine_.policy({.memory = {.user = kLimit}});
    apply(ProviderAttached{0, "test", 0});
    for (provider::LineNumber line = 0; line < 64; ++line)
      post(provider::LineAdded{
          line, {.name = std::to_string(line), .address = "1", .user_info_max = 1024}});
    app = attach("hog");
    open = take<api::OpenedLine>(api::OpenLine{0, kOwner, media::kVoice})->open;
    for (std::size_t i = 0; i <= limits::kRecordsRemembered; ++i) {  // what is always there
      end_call();
      ask(api::ReleaseCall{call});
    }
    call = {};
  }

  api::AppId attach(std::string name) {
    const api::AppId id = engine_.new_app();
    apply(AppAttached{id, {.name = std::move(name), .user = "user", .uid = 7, .groups = groups}});
    return id;
  }
  void apply(Occurrence what) {
    outputs_.clear();
    engine_.apply({{seconds(1), seconds(1)}, std::move(what)}, outputs_);
    for (const Output& output : outputs_) {
      if (const auto* reply = std::get_if<ToAppReply>(&output))
        if (!reply->reply.accepted_only || !reply->reply.result) answer = reply->reply.result;
      if (const auto* command = std::get_if<ToProvider>(&output))
        if (const auto* make = std::get_if<provider::MakeCall>(&command->command)) made = *make;
    }
  }
  void post(provider::Event event) { apply(ProviderEvent{0, std::move(event)}); }
  /// Whether it was not refused; one that is only accepted is not.
  bool ask(api::Command command) {
    answer = api::Value{};
    apply(AppCommand{app, ++last_, std::move(command)});
    return answer.has_value();
  }
  template <typename T>
  std::optional<T> take(api::Command command) {
    if (!ask(std::move(command))) return std::nullopt;
    return std::get<T>(*answer);
  }
  bool make(api::MakeCall how) {
    how.open = open;
    if (!ask(std::move(how))) return false;
    post(provider::Completed{made.call, made.request, {}});
    call = std::get<api::MadeCall>(*answer).call;
    return true;
  }
  bool end_call(std::string site = {}) {
    if (!make({.address = "2", .site = std::move(site)})) return false;
    post(provider::StateChanged{.call = made.call, .state = CallState::idle});
    post(provider::Ended{.call = made.call});
    return true;
  }
  [[nodiscard]] api::AuditReport audit() {
    const api::AppId asker = engine_.new_app();
    apply(AppAttached{asker, {.name = "auditor"}});
    apply(AppCommand{asker, 1, api::RunAudit{}});
    provider::LedgerReport none{.token = ++audits_};
    const auto live = static_cast<std::int64_t>(engine_.live());
    none.booked[static_cast<std::size_t>(Resource::provider_calls)] = live;
    none.found = none.booked;
    post(none);
    return std::get<api::AuditReport>(*answer);
  }

  api::AppId app;
  api::OpenId open;
  api::CallId call;
  provider::MakeCall made;
  Result<api::Value> answer = api::Value{};
  std::vector<std::uint32_t> groups;

 private:
  Engine engine_;
  Outputs outputs_;
  api::RequestId last_ = 0;
  std::uint64_t audits_ = 0;
};

struct Way {
  const char* name;
  std::function<bool(Bare&)> take;  ///< a little more; false = it was refused
};

const std::string kLong(1024, 'x');

const Way kWays[] = {
    {"calls", [](Bare& bare) { return bare.make({.address = "2"}); }},
    {"long_calls",
     [](Bare& bare) {
       return bare.make({.address = kLong,
                         .calling = {kLong, std::string(256, 'n')},
                         .comment = kLong,
                         .user_info = UserInfo(1024, 1)});
     }},
    {"ended_calls",
     [](Bare& bare) {
       static int site = 0;
       return bare.end_call(std::to_string(++site) + std::string(200, 's'));
     }},
    {"calls_that_grow",
     [](Bare& bare) {
       if (!bare.make({.address = "2"})) return false;
       bare.post(provider::InfoChanged{
           .call = bare.made.call, .connected = Party{kLong, {}}, .user_info = UserInfo(1024, 1)});
       for (int i = 0; i < 64; ++i)
         bare.post(provider::StateChanged{
             .call = bare.made.call,
             .state = i % 2 == 0 ? CallState::connected : CallState::on_hold});
       return true;
     }},
    {"calls_left_behind",
     [](Bare& bare) {
       if (!bare.ask(api::MakeCall{.open = bare.open, .address = kLong})) return false;
       bare.ask(api::CloseLine{bare.open});
       const auto opened = bare.take<api::OpenedLine>(api::OpenLine{0, kOwner, media::kVoice});
       if (opened) bare.open = opened->open;
       return opened.has_value();
     }},
    {"openings",
     [](Bare& bare) {
       static api::LineId line = 0;
       line = (line + 1) % 64;
       return bare.ask(api::OpenLine{line, kOwner, media::kVoice});
     }},
    {"requests",
     [](Bare& bare) {
       if (!bare.call) {
         bare.make({.address = "2"});
         bare.post(provider::StateChanged{.call = bare.made.call, .state = CallState::connected});
       }
       return bare.ask(api::HoldCall{bare.call});
     }},
    {"programs",
     [](Bare& bare) {
       bare.groups.resize(1024);
       bare.app = bare.attach(std::string(256, 'p'));
       return bare.ask(api::OpenLine{0, kOwner, media::kVoice});
     }},
};

class MemoryOf : public ::testing::TestWithParam<Way> {};

/// The heap is what counts, so the count is right within the allocator's own ways.
TEST_P(MemoryOf, AUserEndsAtTheLimitAndIsWhatWasCounted) {
  Bare bare;
  const std::int64_t before = heap();
  int taken = 0;
  while (GetParam().take(bare) && taken < 100000) ++taken;
  const std::int64_t growth = heap() - before;
  ASSERT_FALSE(bare.answer);
  EXPECT_NE(bare.answer.error().context.find("hold 5"),
            std::string::npos)  // 512 KiB and little more
      << bare.answer.error().text();
  const bool is_request = std::string(GetParam().name) == "requests";
  EXPECT_EQ(bare.answer.error().code, is_request ? Errc::overloaded : Errc::resource_unavailable);
  std::printf("%s: %d, %lld bytes of heap for %lld\n", GetParam().name, taken,
              static_cast<long long>(growth), static_cast<long long>(kLimit));
  EXPECT_LT(growth, kLimit * 5 / 4);
  EXPECT_GT(growth, kLimit / 2);
  const api::AuditReport report = bare.audit();
  for (const std::string& finding : report.findings)
    EXPECT_EQ(finding.find("memory"), std::string::npos) << finding;
}

INSTANTIATE_TEST_SUITE_P(Ways, MemoryOf, ::testing::ValuesIn(kWays),
                         [](const auto& one) { return std::string(one.param.name); });

class MemoryLimit : public EngineTest {
 protected:
  TestApp& program(const std::string& name, std::uint32_t uid, std::uint8_t privileges) {
    TestApp& app =
        world.attach({.name = name, .user = "user", .role = api::Role::user, .uid = uid});
    app.open =
        world.ask_for<api::OpenedLine>(app, api::OpenLine{0, privileges, media::kVoice}).open;
    return app;
  }
  /// Calls until one is refused.
  std::vector<api::CallId> fill(TestApp& app) {
    std::vector<api::CallId> calls;
    while (true) {
      const Words words = world.act(
          app,
          api::MakeCall{.open = app.open, .address = "200", .comment = std::string(1000, 'c')});
      if (words.front() == "A make resource_unavailable") return calls;
      world.complete("make");
      calls.push_back(app.call);
    }
  }
};

TEST_F(MemoryLimit, IsOfAllProgramsOfAUserAndNotOfOthers) {
  world.policy({.memory = {.user = 40000}});
  TestApp& a = program("A", 7, kOwner);
  TestApp& second = program("B", 7, kOwner);
  TestApp& other = program("C", 8, kOwner);
  std::vector<api::CallId> calls = fill(a);
  ASSERT_GT(calls.size(), 5u);
  ASSERT_EQ(world.notices.size(), 1u);
  EXPECT_NE(world.notices[0].find("the programs of \"user\" hold "), std::string::npos);
  EXPECT_THAT(world.act(second, api::MakeCall{.open = second.open, .address = "200"}),
              ElementsAre("B make resource_unavailable"));
  // An incoming call goes to who may take it.
  const provider::CallRef incoming = world.offer();
  EXPECT_TRUE(other.call);
  world.report(incoming, CallState::idle);
  world.act(other, api::ReleaseCall{other.call});
  // What is there can be ended, and then there is room again.
  a.call = calls[0];
  world.report({world.snapshot(a).record.session}, CallState::connected);
  EXPECT_THAT(world.act(a, api::HoldCall{calls[0]}), ElementsAre("A hold overloaded"));
  EXPECT_THAT(world.act(a, api::DropCall{calls[0]}),
              ElementsAre("A drop accepted", "P drop normal"));
  world.complete("drop");
  for (const api::CallId call : calls) world.act(a, api::ReleaseCall{call});
  world.give_back();
  EXPECT_EQ(fill(a).size(), calls.size());
  EXPECT_EQ(world.notices.size(), 2u) << "it began anew";
  world.act(a, api::ShutDown{});
  world.all_gone();
}

TEST_F(MemoryLimit, IsOfOneProgramToo) {
  world.policy({.memory = {.user = 400000, .application = 20000}});
  TestApp& a = program("A", 7, kOwner);
  TestApp& second = program("B", 7, kOwner);
  fill(a);
  EXPECT_NE(world.notices.at(0).find("\"A\" hold "), std::string::npos) << world.notices[0];
  EXPECT_THAT(world.act(second, api::MakeCall{.open = second.open, .address = "200"}),
              ElementsAre("B make accepted", "P make"));
  world.act(a, api::ShutDown{});
  world.act(second, api::ShutDown{});
  world.all_gone();
}

TEST_F(MemoryLimit, RefusesNoEmergencyCall) {
  world.policy({.memory = {.user = 20000}});
  TestApp& a = program("A", 7, kOwner);
  fill(a);
  EXPECT_THAT(world.act(a, api::MakeCall{.open = a.open, .address = "112"}),
              ElementsAre("A make accepted", "P make"));
  world.complete("make");
  world.act(a, api::ShutDown{});
  world.all_gone();
}

/// A line with monitors: each of them keeps the session, and who goes last is charged to the end.
TEST_F(MemoryLimit, CountsASessionForEachWhoKeepsIt) {
  world.policy({.memory = {.user = 30000}});
  TestApp& a = program("A", 7, kOwner);
  TestApp& monitor = program("M", 8, kMonitor);
  TestApp& auditor = world.attach("auditor");
  const provider::CallRef call = world.offer();
  world.act(a, api::AnswerCall{a.call});
  world.report(call, CallState::connected);
  EXPECT_TRUE(world.audit(auditor).findings.empty());
  world.act(a, api::ShutDown{});
  world.act(monitor, api::ShutDown{});
  world.all_gone();
}

}  // namespace
}  // namespace switchhook::core::test
