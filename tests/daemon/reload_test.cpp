// SPDX-License-Identifier: Apache-2.0
// A daemon that takes a changed configuration, by SIGHUP and when an operator asks: lines come and go,
// calls on the others do not notice, and a wrong file changes nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook {
namespace {

using test::DaemonProcess;
using test::eventually;
using test::TestClient;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string kSip = "[sip]\nport = 0\nprocess = \"";

std::string sip_lines(const std::string& process, const std::vector<std::string>& names) {
  std::string text = kSip + process + "\"\n";
  for (const std::string& name : names) text += "[[sip.line]]\nname = \"" + name + "\"\n";
  return text;
}

class Reloaded : public testing::TestWithParam<const char*> {
 protected:
  void write(const std::string& config) {
    std::ofstream(daemon_.folder() / "switchhook.toml") << config;
  }
  Result<ReloadReport> reload(TestClient& by) {
    return by.port().call_for<ReloadReport>(api::Reload{});
  }
  std::vector<LineInfo> lines(TestClient& by) {
    const auto list = by.port().call_for<api::LineList>(api::ListLines{});
    return list ? list->lines : std::vector<LineInfo>{};
  }
  /// "alice", or "alice (gone)".
  std::vector<std::string> names(TestClient& by) {
    std::vector<std::string> all;
    for (const LineInfo& line : lines(by))
      all.push_back(line.name + (line.removed ? " (gone)" : ""));
    return all;
  }
  /// Two SIP lines in a call; the caller's identifier.
  api::CallId talk(TestClient& app, const std::string& from, const std::string& to) {
    const api::OpenId calling = app.open(from);
    static_cast<void>(app.open(to));
    const api::CallId call = app.call(calling, to);
    const auto appeared = app.next_event<api::CallAppeared>();
    EXPECT_TRUE(appeared && app.port().call(api::AnswerCall{.call = appeared->call}));
    EXPECT_TRUE(app.reaches(call, CallState::connected));
    return call;
  }

  DaemonProcess daemon_{{.config = sip_lines(GetParam(), {"alice", "bob", "carol", "dave"})}};
};

INSTANTIATE_TEST_SUITE_P(Sip, Reloaded, testing::Values("daemon", "own"));

TEST_P(Reloaded, LinesComeAndGoAndCallsOnOthersGoOn) {
  TestClient app(daemon_.socket(), "app"), other(daemon_.socket(), "other");
  const api::CallId stays = talk(app, "alice", "bob"), goes = talk(other, "carol", "dave");
  write("[exchange]\nlines = [\"100\", \"102\"]\n" +
        sip_lines(GetParam(), {"alice", "bob", "erin"}));
  const Result<ReloadReport> done = reload(app);
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_THAT(done->changes,
              UnorderedElementsAre("line 101 removed", "line 102 added", "line carol removed",
                                   "line dave removed", "line erin added"));
  EXPECT_THAT(done->needs_restart, IsEmpty());
  EXPECT_TRUE(other.next_event<api::LineClosed>());
  EXPECT_TRUE(app.next_event<api::LineAppeared>());
  EXPECT_TRUE(eventually([&] {
    return testing::Matches(UnorderedElementsAre("100", "101 (gone)", "102", "alice", "bob",
                                                 "carol (gone)", "dave (gone)",
                                                 "erin"))(names(app));
  })) << testing::PrintToString(names(app));
  EXPECT_FALSE(other.look(goes)) << "it went with its line";
  EXPECT_EQ(app.look(stays)->record.state, CallState::connected);
  EXPECT_TRUE(eventually([&] { return other.records().size() == 2; }))
      << "both sides of the call that ended";
  for (const Record& record : other.records()) {
    EXPECT_EQ(record.end->origin, EndOrigin::provider);
    EXPECT_THAT(record.end->cause.words, HasSubstr("not configured any more"));
  }
  // The new line works.
  const api::CallId next = app.call(app.open("erin"), "alice");
  EXPECT_TRUE(app.reaches(next, CallState::ringback) || app.look(next));
  EXPECT_THAT(app.audit().findings, IsEmpty());
}

TEST_P(Reloaded, ALineThatComesBackHasItsNumberAgain) {
  TestClient app(daemon_.socket(), "app");
  const api::LineId before = app.line("carol");
  write(sip_lines(GetParam(), {"alice", "bob", "dave"}));
  ASSERT_TRUE(reload(app));
  ASSERT_TRUE(app.next_event<api::LineRemoved>());
  write(sip_lines(GetParam(), {"alice", "bob", "dave", "carol"}));
  ASSERT_TRUE(reload(app));
  ASSERT_TRUE(app.next_event<api::LineAppeared>());
  EXPECT_EQ(app.line("carol"), before);
  EXPECT_EQ(lines(app).size(), 6u);
  const api::CallId call = talk(app, "carol", "alice");
  EXPECT_TRUE(app.port().call(api::DropCall{call}));
  EXPECT_TRUE(app.reaches(call, CallState::idle));
}

TEST_P(Reloaded, ALineThatKeepsItsAddressKeepsItsCalls) {
  TestClient app(daemon_.socket(), "app");
  const api::CallId call = talk(app, "alice", "bob");
  write(sip_lines(GetParam(), {"bob", "carol", "dave", "alice"}) +
        "password = \"new\"\ncalls_max = 7\n");
  const Result<ReloadReport> done = reload(app);
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_THAT(done->changes, ElementsAre("line alice changed"));
  EXPECT_TRUE(eventually([&] {
    const std::vector<LineInfo> all = lines(app);
    return std::any_of(all.begin(), all.end(), [](const LineInfo& line) {
      return line.name == "alice" && line.calls_max == 7 && !line.removed;
    });
  }));
  EXPECT_EQ(app.look(call)->record.state, CallState::connected);
  EXPECT_TRUE(app.port().call(api::DropCall{call}));
  EXPECT_TRUE(app.reaches(call, CallState::idle));
}

TEST_P(Reloaded, AWrongFileChangesNothingAndIsExplained) {
  TestClient app(daemon_.socket(), "app");
  const api::CallId call = talk(app, "alice", "bob");
  write(sip_lines(GetParam(), {"alice"}) + "t1_ms = 1\n[[limits.line]]\nname = \"nobody\"\n");
  const Result<ReloadReport> refused = reload(app);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
  EXPECT_THAT(refused.error().context,
              HasSubstr("switchhook.toml:6: sip: line \"alice\": t1 must"));
  EXPECT_THAT(refused.error().context, HasSubstr("\n" + (daemon_.folder() / "switchhook.toml") +
                                                 ":8: limits.line: there is no line \"nobody\""));
  daemon_.process().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] {
    return daemon_.log().find("error service: the configuration stays as it was\n") !=
           std::string::npos;
  }));
  EXPECT_THAT(names(app), UnorderedElementsAre("100", "101", "alice", "bob", "carol", "dave"));
  EXPECT_EQ(app.look(call)->record.state, CallState::connected);
}

TEST_P(Reloaded, HangUpSignalDoesTheSame) {
  TestClient app(daemon_.socket(), "app");
  write("[service]\nsilence_s = 61\n" + sip_lines(GetParam(), {"alice", "bob", "carol"}));
  daemon_.process().signal(SIGHUP);
  EXPECT_TRUE(app.next_event<api::LineRemoved>());
  EXPECT_THAT(daemon_.log(), HasSubstr("info service: configuration: line dave removed"));
  EXPECT_THAT(daemon_.log(), HasSubstr("not in force before a restart: service.silence_s"));
  daemon_.process().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] {
    return daemon_.log().find("info service: configuration: no change") != std::string::npos;
  }));
}

using ReloadedOwn = Reloaded;
INSTANTIATE_TEST_SUITE_P(Sip, ReloadedOwn, testing::Values("own"));

TEST_P(ReloadedOwn, TheNextProcessOfTheProviderHasTheLinesAsTheyAre) {
  TestClient app(daemon_.socket(), "app");
  write(sip_lines(GetParam(), {"alice", "carol", "erin", "bob"}));
  ASSERT_TRUE(reload(app));
  ASSERT_TRUE(eventually([&] {
    return testing::Matches(UnorderedElementsAre("100", "101", "alice", "bob", "carol",
                                                 "dave (gone)", "erin"))(names(app));
  })) << testing::PrintToString(names(app));
  std::string child;  // of whichever thread started it
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + daemon_.field("pid") + "/task"))
    child += test::content_of(task.path().string() + "/children");
  ASSERT_NE(child, "");
  ASSERT_EQ(::kill(static_cast<pid_t>(std::stol(child)), SIGKILL), 0);
  ASSERT_TRUE(eventually([&] {
    return daemon_.log().find("the process of provider sip is back") != std::string::npos;
  }));
  EXPECT_THAT(names(app),
              UnorderedElementsAre("100", "101", "alice", "bob", "carol", "dave (gone)", "erin"));
  ASSERT_TRUE(eventually([&] {
    const std::vector<LineInfo> all = lines(app);
    return std::all_of(all.begin(), all.end(),
                       [](const LineInfo& line) { return line.removed != line.in_service; });
  }));
  const api::CallId call = talk(app, "erin", "carol");
  EXPECT_TRUE(app.port().call(api::DropCall{call}));
  EXPECT_TRUE(app.reaches(call, CallState::idle));
}

}  // namespace
}  // namespace switchhook
