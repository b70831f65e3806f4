// SPDX-License-Identifier: Apache-2.0
// What a changed configuration comes to: what is in force, what providers are told, what has to wait.
#include "daemon/reload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/sip_process.hpp"

namespace switchhook::daemon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Settings read(const std::string& text) {
  Settings settings;
  const Result<void> good = read_text(text, "f", settings);
  EXPECT_TRUE(good) << good.error().context;
  return settings;
}

/// "exchange + 102", "sip - bob": what the providers are told.
std::vector<std::string> told(const Reload& news) {
  std::vector<std::string> words;
  for (const auto& [provider, command] : news.commands) {
    if (const auto* added = std::get_if<provider::AddLine>(&command))
      words.push_back(provider + " + " + added->line);
    if (const auto* removed = std::get_if<provider::RemoveLine>(&command))
      words.push_back(provider + " - " + removed->line);
  }
  return words;
}

TEST(ReloadOfSettings, NothingNewIsNoChange) {
  const Settings now = read("");
  const Reload news = reload(now, read(""));
  EXPECT_THAT(news.report.changes, IsEmpty());
  EXPECT_THAT(news.report.needs_restart, IsEmpty());
  EXPECT_THAT(told(news), IsEmpty());
}

TEST(ReloadOfSettings, LinesComeChangeAndGo) {
  const Settings now = read("[[sip.line]]\nname = \"alice\"\n[[sip.line]]\nname = \"bob\"\n");
  const Reload news = reload(now, read("[exchange]\nlines = [\"101\", \"102\"]\n"
                                       "[[sip.line]]\nname = \"carol\"\n"
                                       "[[sip.line]]\nname = \"alice\"\npassword = \"x\"\n"));
  EXPECT_THAT(told(news), ElementsAre("exchange - 100", "exchange + 102", "sip - bob",
                                      "sip + carol", "sip + alice"));
  EXPECT_THAT(news.report.changes,
              ElementsAre("line 100 removed", "line 102 added", "line bob removed",
                          "line carol added", "line alice changed"));
  EXPECT_THAT(news.report.needs_restart, IsEmpty());
  const auto& alice = std::get<provider::AddLine>(news.commands.back().second);
  const Result<sip::LineConfig> line = read_sip_line(alice.config);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->password, "x");
  EXPECT_FALSE(read_sip_line("nonsense"));
  EXPECT_THAT(reload(news.settings, Settings(news.settings)).report.changes, IsEmpty());
}

TEST(ReloadOfSettings, PolicyIsInForceAtOnce) {
  const Reload news =
      reload(read(""), read("[limits]\nring_s = 5\n[leaks]\ncount = 3\n[lost]\naction = \"keep\"\n"
                            "[emergency]\nnumbers = [\"110\"]\n[log]\ncalls = \"off\"\n[access]\n"
                            "operators = [\"root\"]\n[service]\nidle_exit_s = 9\n"));
  EXPECT_THAT(
      news.report.changes,
      ElementsAre("[log] changed", "[service] changed", "[limits] changed", "[leaks] changed",
                  "[lost] changed", "[emergency] changed", "[access] changed"));
  EXPECT_THAT(news.report.needs_restart, IsEmpty());
  EXPECT_EQ(news.settings.policy.calls.ring, std::chrono::seconds(5));
  EXPECT_EQ(news.settings.policy.emergency, std::vector<std::string>{"110"});
}

TEST(ReloadOfSettings, WhatNeedsARestartIsNamedAsOftenAsItIsAsked) {
  Settings now = read("");
  const char* text =
      "[service]\nstore = \"/a\"\ntcp_port = 5\n[exchange]\ndigit_duration_ms = 9\n"
      "[sip]\nport = 5070\nkeep_alive_s = 1\ntls_port = 5099\n";
  for (int i = 0; i < 2; ++i) {
    const Reload news = reload(now, read(text));
    EXPECT_THAT(news.report.needs_restart,
                ElementsAre("service.tcp_port", "service.store", "exchange.digit_duration_ms",
                            "sip.port", "sip.tls_port", "sip.keep_alive_s"));
    EXPECT_THAT(news.report.changes, IsEmpty());
    now = news.settings;
  }
  EXPECT_EQ(now.sip.port, 5060);
}

TEST(ReloadOfSettings, ALineOfATransportThatIsNotThereYetWaits) {
  const Settings now = read("[sip]\ntcp = false\n[[sip.line]]\nname = \"alice\"\n");
  const Reload news =
      reload(now, read("[[sip.line]]\nname = \"alice\"\n[[sip.line]]\nname = \"bob\"\n"
                       "transport = \"tcp\"\n"));
  EXPECT_THAT(news.report.needs_restart, ElementsAre("sip.tcp", "sip.line bob (its transport)"));
  EXPECT_THAT(told(news), IsEmpty());
}

TEST(ReloadOfSettings, AProviderThatIsSwitchedOnWaitsForTheRestart) {
  const Settings now = read("[exchange]\nenabled = false\n");
  const Reload news = reload(now, read("[exchange]\nlines = [\"1\"]\n"));
  EXPECT_THAT(news.report.needs_restart, ElementsAre("exchange.enabled"));
  EXPECT_THAT(told(news), IsEmpty());
}

}  // namespace
}  // namespace switchhook::daemon
