// SPDX-License-Identifier: Apache-2.0
// The real `switchhook` against a daemon of the test's own, as a user would use it: the exchange's
// numbers 200 to 207, two exchange lines, and the SIP lines alice and bob on loopback.
#include <fcntl.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include "fixture.hpp"

namespace switchhook {
namespace {

using test::Cli;
using test::Command;
using test::Json;

TEST_F(Cli, CallToANumberThatAnswersAndHangsUpShowsLadderRecordAndRelease) {
  auto call = run({"call", "100", "204"});
  EXPECT_EQ(call->wait(), 0) << call->err();
  const std::string out = call->out();
  std::size_t at = 0;
  for (const char* words :
       {"100 calls 204", "dialing", "connected", "disconnected", "by the remote party: normal",
        "idle", "Record of session", "to ", "204", "ended", "far end", "released."}) {
    at = out.find(words, at);
    ASSERT_NE(at, std::string::npos) << "after the others: " << words << "\n" << out;
  }
  EXPECT_EQ(call->err(), "");
}

TEST_F(Cli, AnswersThoughNobodyReadsItsOutputAndEndsByCtrlC) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  // What nobody reads is full from the beginning.
  ::fcntl(pipe[1], F_SETFL, O_NONBLOCK);
  const std::string some(4096, 'x');
  while (::write(pipe[1], some.data(), some.size()) > 0) continue;
  ::fcntl(pipe[1], F_SETFL, 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe[1], 1);
    ::execl(SWITCHHOOK_CLI, "switchhook", "--socket", socket().c_str(), "answer", "101", nullptr);
    ::_exit(127);
  }
  Application caller = application("caller");
  auto line = caller.open_line("100", Privilege::owner);
  ASSERT_TRUE(line);
  for (int i = 0; i < 3; ++i) {
    auto call = line->call("101");
    while (!call && call.error().code != Errc::disconnected) {
      test::pause();
      call = line->call("101");
    }
    ASSERT_TRUE(call);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    bool connected = false;
    while (!connected && std::chrono::steady_clock::now() < until) {
      const auto event = call->next_event(std::chrono::seconds(1));
      if (!event || !*event) continue;
      connected = (*event)->state == CallState::connected;
      if ((*event)->state != CallState::disconnected) continue;
      call = line->call("101");  // it was not there yet
      ASSERT_TRUE(call);
    }
    EXPECT_TRUE(connected) << "call " << i;
  }
  ::kill(child, SIGINT);
  int status = 0;
  EXPECT_TRUE(test::eventually([&] { return ::waitpid(child, &status, WNOHANG) == child; },
                               std::chrono::seconds(15)));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  for (const int each : pipe) ::close(each);
}

TEST_F(Cli, AnswerWaitsForALineThatWasClosedUnderIt) {
  test::DaemonProcess daemon({.config = "[sip]\nport = 0\nprocess = \"own\"\n"});
  Command answer({SWITCHHOOK_CLI, "--socket", daemon.socket(), "answer", "bob"});
  ASSERT_TRUE(answer.says("Waiting for calls")) << answer.err();
  // The provider's process is the daemon's only child.
  Command children({"/usr/bin/pgrep", "-P", daemon.field("pid")});
  ASSERT_EQ(children.wait(), 0) << children.err();
  const pid_t sip = std::stoi(children.out());
  ::kill(sip, SIGKILL);
  EXPECT_TRUE(answer.says("waiting until it is back")) << answer.out() << answer.err();
  EXPECT_TRUE(answer.says("Line bob is back.")) << answer.out() << answer.err();
  answer.signal(SIGINT);
  EXPECT_EQ(answer.wait(), 130);
}

TEST_F(Cli, RecordsAreVerified) {
  EXPECT_EQ(run({"call", "100", "204"})->wait(), 0);
  const auto verified = run({"records", "--verify"});
  EXPECT_EQ(verified->wait(), 0) << verified->err();
  EXPECT_NE(verified->out().find("1 record was looked at; all are whole."), std::string::npos);
}

struct Ending {
  const char* address;
  int code;
  const char* mode;
};

TEST_F(Cli, CallExitsWithTheReasonWhyItDidNotGetThrough) {
  for (const Ending& ending :
       {Ending{"202", 20, "busy"}, Ending{"203", 22, "reject"}, Ending{"206", 28, "out of order"},
        Ending{"999", 23, "bad address"}}) {
    auto call = run({"call", "100", ending.address, "--json"});
    EXPECT_EQ(call->wait(), ending.code) << ending.address << call->err();
    EXPECT_EQ(event(*call, "record")["record"]["end"]["mode"].string, ending.mode);
  }
}

TEST_F(Cli, NoAnswerRuleEndsACallThatRings) {
  auto call = run({"call", "100", "201", "--no-answer", "200ms", "--json"});
  EXPECT_EQ(call->wait(), 21) << call->err();
  const Json record = event(*call, "record")["record"];
  EXPECT_EQ(record["end"]["origin"].string, "policy");
  EXPECT_EQ(record["state"].string, "idle");
}

TEST_F(Cli, HangupAfterCountsFromTheAnswer) {
  auto call = run({"call", "100", "205", "--hangup-after", "100ms", "--json"});
  EXPECT_EQ(call->wait(), 0) << call->err();
  const Json record = event(*call, "record")["record"];
  EXPECT_EQ(record["end"]["origin"].string, "local user");
  EXPECT_GE(record["talk_time"].number, 0.1);
  EXPECT_GE(record["time_to_answer"].number, 1.0) << "205 answers after one second";
}

TEST_F(Cli, JsonEventsComeInOrderOneObjectPerLine) {
  auto call = run({"call", "100", "200", "--hangup-after", "0s", "--json"});
  EXPECT_EQ(call->wait(), 0) << call->err();
  std::vector<std::string> events;
  double time = 0;
  for (const Json& line : json_lines(*call)) {
    events.push_back(line["event"].string);
    if (events.back() != "state") continue;
    EXPECT_GE(line["time"].number, time);
    time = line["time"].number;
  }
  ASSERT_GE(events.size(), 5u);
  EXPECT_EQ(events.front(), "call");
  EXPECT_EQ(events[events.size() - 2], "record");
  EXPECT_EQ(events.back(), "released");
}

TEST_F(Cli, CtrlCHangsUpShowsTheRecordAndExitsWith130) {
  auto call = run({"call", "100", "201"});
  ASSERT_TRUE(call->says("ringback")) << call->err();
  call->signal(SIGINT);
  EXPECT_EQ(call->wait(), 130) << call->err();
  EXPECT_NE(call->out().find("by the local user: cancelled"), std::string::npos) << call->out();
  EXPECT_NE(call->out().find("Record of session"), std::string::npos);
  EXPECT_NE(call->out().find("released."), std::string::npos);
}

TEST_F(Cli, SigtermDoesTheSameAndExitsWith143) {
  auto call = run({"call", "100", "200"});
  ASSERT_TRUE(call->says("connected")) << call->err();
  call->signal(SIGTERM);
  EXPECT_EQ(call->wait(), 143) << call->err();
  EXPECT_NE(call->out().find("by the local user: normal"), std::string::npos) << call->out();
}

TEST_F(Cli, KilledDuringACallLeavesNothingBehind) {
  auto call = run({"call", "100", "200"});
  ASSERT_TRUE(call->says("connected")) << call->err();
  call->signal(SIGKILL);
  EXPECT_EQ(call->wait(), 128 + SIGKILL);
  EXPECT_TRUE(test::eventually([&] { return run({"audit", "--zero"})->wait() == 0; }));
  auto records = run({"records", "--json"});
  EXPECT_EQ(records->wait(), 0);
  ASSERT_FALSE(json_lines(*records).empty());
  EXPECT_EQ(json_lines(*records).front()["end"]["origin"].string, "application lost");
}

TEST_F(Cli, AnswerTakesACallBetweenTwoSipLines) {
  auto answer = run({"answer", "bob", "--once", "--hangup-after", "100ms"});
  ASSERT_TRUE(answer->says("Waiting for calls")) << answer->err();
  auto call = run({"call", "alice", "bob", "--json"});
  EXPECT_EQ(call->wait(), 0) << call->err() << call->out();
  EXPECT_EQ(answer->wait(), 0) << answer->err();
  const Json record = event(*call, "record")["record"];
  EXPECT_EQ(record["end"]["origin"].string, "remote party");
  EXPECT_EQ(record["provider"].string, "sip");
  EXPECT_NE(answer->out().find("by the local user: normal"), std::string::npos) << answer->out();
  EXPECT_NE(answer->out().find("released."), std::string::npos);
}

TEST_F(Cli, AnswerRejectsWhenToldTo) {
  auto answer = run({"answer", "101", "--once", "--reject", "--json"});
  ASSERT_TRUE(answer->says("waiting")) << answer->err();
  auto call = run({"call", "100", "101"});
  EXPECT_EQ(call->wait(), 22) << call->err() << call->out();
  EXPECT_EQ(answer->wait(), 0) << answer->err();
  EXPECT_EQ(event(*answer, "offered")["from"].string, "100");
}

TEST_F(Cli, AnswerTakesSeveralCallsAtOnceAndCtrlCEndsThemAll) {
  auto answer = run({"answer", "101"});
  ASSERT_TRUE(answer->says("Waiting for calls")) << answer->err();
  auto one = run({"call", "100", "101"});
  auto two = run({"call", "100", "101"});
  ASSERT_TRUE(one->says("connected")) << one->err();
  ASSERT_TRUE(two->says("connected")) << two->err();
  answer->signal(SIGINT);
  EXPECT_EQ(answer->wait(), 130) << answer->err();
  EXPECT_EQ(one->wait(), 0) << one->out();
  EXPECT_EQ(two->wait(), 0) << two->out();
  EXPECT_EQ(run({"audit", "--zero"})->wait(), 0);
}

TEST_F(Cli, LinesListsTheDefaultTelephones) {
  auto lines = run({"lines", "--json"});
  EXPECT_EQ(lines->wait(), 0) << lines->err();
  std::map<std::string, std::string> providers;
  for (const Json& line : json_lines(*lines))
    providers[line["name"].string] = line["provider"].string;
  EXPECT_EQ(providers["100"], "exchange");
  EXPECT_EQ(providers["101"], "exchange");
  EXPECT_EQ(providers["alice"], "sip");
  EXPECT_EQ(providers["bob"], "sip");
  auto table = run({"lines"});
  EXPECT_EQ(table->wait(), 0);
  EXPECT_EQ(table->lines().at(0).substr(0, 4), "LINE");
}

TEST_F(Cli, SessionsShowsALiveCallAndItsHolder) {
  auto call = run({"call", "100", "200"});
  ASSERT_TRUE(call->says("connected")) << call->err();
  auto sessions = run({"sessions", "--json"});
  EXPECT_EQ(sessions->wait(), 0);
  ASSERT_EQ(json_lines(*sessions).size(), 1u) << sessions->out();
  const Json session = json_lines(*sessions).front();
  EXPECT_EQ(session["state"].string, "connected");
  EXPECT_EQ(session["holders"].array.at(0)["application"].string, "switchhook");
  call->signal(SIGINT);
  EXPECT_EQ(call->wait(), 130);
  auto none = run({"sessions"});
  EXPECT_EQ(none->wait(), 0);
  EXPECT_EQ(none->out(), "No sessions.\n");
}

TEST_F(Cli, RecordsAreNewestFirstAndCanBeNarrowed) {
  EXPECT_EQ(run({"call", "100", "202"})->wait(), 20);
  EXPECT_EQ(run({"call", "101", "203"})->wait(), 22);
  auto all = run({"records", "--json"});
  EXPECT_EQ(all->wait(), 0) << all->err();
  ASSERT_EQ(json_lines(*all).size(), 2u) << all->out();
  EXPECT_EQ(json_lines(*all)[0]["line"].string, "101");
  EXPECT_EQ(json_lines(*all)[1]["line"].string, "100");
  auto one = run({"records", "--json", "--line", "100"});
  EXPECT_EQ(one->wait(), 0);
  ASSERT_EQ(json_lines(*one).size(), 1u);
  auto limited = run({"records", "--json", "--limit", "1"});
  EXPECT_EQ(limited->wait(), 0);
  ASSERT_EQ(json_lines(*limited).size(), 1u);
  EXPECT_EQ(json_lines(*limited)[0]["line"].string, "101");
  auto since = run({"records", "--json", "--since", "1h"});
  EXPECT_EQ(since->wait(), 0);
  EXPECT_EQ(json_lines(*since).size(), 2u);
  auto table = run({"records"});
  EXPECT_EQ(table->wait(), 0);
  EXPECT_EQ(table->lines().size(), 3u) << table->out();
}

TEST_F(Cli, LeaksNamesTheHolderAndReleaseTakesTheSessionAway) {
  Application forgetful = application("forgetful \"one\"");
  auto line = forgetful.open_line("100");
  ASSERT_TRUE(line) << line.error().text();
  auto session = line->call("202");
  ASSERT_TRUE(session) << session.error().text();
  ASSERT_TRUE(session->wait_for_record(std::chrono::seconds(20)));

  auto leaks = run({"leaks", "--json"});
  EXPECT_EQ(leaks->wait(), 0) << leaks->err();
  ASSERT_EQ(json_lines(*leaks).size(), 1u) << leaks->out();
  const Json leak = json_lines(*leaks).front();
  EXPECT_EQ(leak["application"].string, "forgetful \"one\"");
  EXPECT_EQ(leak["process"].number, static_cast<double>(::getpid())) << "the kernel's word";
  EXPECT_EQ(leak["site"].string.substr(0, 11), "cli_test+0x") << "where it was acquired";
  EXPECT_GT(leak["connection"].number, 0);
  EXPECT_GT(leak["bytes"].number, 0);
  EXPECT_GT(leak["client_bytes"].number, 0);
  EXPECT_EQ(leak["provider_bytes"].number, 0) << "the provider has returned it";
  EXPECT_EQ(run({"audit", "--zero"})->wait(), 1) << "something is held";
  EXPECT_EQ(run({"audit"})->wait(), 0) << "but the ledgers know it";

  auto release = run({"release", std::to_string(session->record()->session)});
  EXPECT_EQ(release->wait(), 0) << release->err();
  EXPECT_EQ(release->out(), "Released 1 identifier.\n");
  EXPECT_TRUE(test::eventually([&] { return !session->valid(); }));
  EXPECT_EQ(session->record().error().code, Errc::reclaimed);
  auto none = run({"leaks"});
  EXPECT_EQ(none->wait(), 0);
  EXPECT_EQ(none->out(), "No leaks: every ended session was released.\n");
  EXPECT_EQ(run({"audit", "--zero"})->wait(), 0);
}

TEST_F(Cli, LeaksWatchedAreShownAgainUntilItIsInterrupted) {
  Application forgetful = application("forgetful");
  auto line = forgetful.open_line("100");
  ASSERT_TRUE(line) << line.error().text();
  auto session = line->call("202");
  ASSERT_TRUE(session) << session.error().text();
  ASSERT_TRUE(session->wait_for_record(std::chrono::seconds(20)));
  auto watch = run({"leaks", "--json", "--watch", "20ms"});
  EXPECT_TRUE(test::eventually([&] { return watch->lines().size() >= 3; }));
  watch->signal(SIGINT);
  EXPECT_EQ(watch->wait(), 130);
}

TEST_F(Cli, AProgramThatEndsIsToldWhatItDidNotRelease) {
  const std::string file = folder() + "/leaks.txt";
  ::setenv("SWITCHHOOK_LEAKS", file.c_str(), 1);
  {
    Application forgetful = application("forgetful");
    auto line = forgetful.open_line("100");
    ASSERT_TRUE(line) << line.error().text();
    auto held = line->call("202"), released = line->call("202");
    ASSERT_TRUE(held && released);
    ASSERT_TRUE(held->wait_for_end(std::chrono::seconds(20)));
    ASSERT_TRUE(released->wait_for_end(std::chrono::seconds(20)));
    ASSERT_TRUE(released->release());
    ASSERT_TRUE(forgetful.shutdown());
  }
  ::unsetenv("SWITCHHOOK_LEAKS");
  std::ifstream in(file);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_NE(text.find("1 ended session of line 100, acquired at cli_test+0x"), std::string::npos)
      << text;
  EXPECT_NE(text.find("SUMMARY: switchhook: 1 ended session not released, from 1 place"),
            std::string::npos)
      << text;
}

TEST_F(Cli, ReleaseAllLeaksCountsThem) {
  Application forgetful = application("forgetful");
  auto line = forgetful.open_line("100");
  ASSERT_TRUE(line) << line.error().text();
  std::vector<Session> sessions;
  for (int i = 0; i < 3; ++i) {
    auto session = line->call("202");
    ASSERT_TRUE(session) << session.error().text();
    ASSERT_TRUE(session->wait_for_record(std::chrono::seconds(20)));
    sessions.push_back(std::move(*session));
  }
  auto release = run({"release", "--all-leaks", "--json"});
  EXPECT_EQ(release->wait(), 0) << release->err();
  EXPECT_EQ(json_lines(*release).at(0)["reclaimed"].number, 3);
}

TEST_F(Cli, RefusalsTellsWhoCalledALineThatNobodyHasOpen) {
  auto none = run({"refusals"});
  EXPECT_EQ(none->wait(), 0) << none->err();
  EXPECT_NE(none->out().find("No call was refused."), std::string::npos) << none->out();
  auto call = run({"call", "alice", "bob"});
  EXPECT_NE(call->wait(), 0);
  auto shown = run({"refusals"});
  EXPECT_EQ(shown->wait(), 0) << shown->err();
  for (const char* words : {"nobody there", "480", "127.0.0.1", "sip:bob@", "127.0.0.0/24",
                            "1 in all, 1 nobody there."})
    EXPECT_NE(shown->out().find(words), std::string::npos) << words << "\n" << shown->out();
  auto json = run({"refusals", "--json"});
  EXPECT_EQ(json->wait(), 0) << json->err();
  const std::vector<Json> lines = json_lines(*json);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["total"].number, 1);
  EXPECT_EQ(lines[0]["reasons"].array.at(0)["reason"].string, "nobody there");
  EXPECT_EQ(lines[0]["last"].array.at(0)["sip_status"].number, 480);
  auto records = run({"records", "--json", "--all"});
  EXPECT_EQ(records->wait(), 0);
  EXPECT_EQ(json_lines(*records).size(), 1u) << "the caller's alone";
}

TEST_F(Cli, StatusTellsProcessSocketAndCounts) {
  EXPECT_EQ(run({"call", "100", "202"})->wait(), 20);
  auto status = run({"status", "--json"});
  EXPECT_EQ(status->wait(), 0) << status->err();
  const Json now = json_lines(*status).at(0);
  EXPECT_EQ(now["socket"].string, socket());
  EXPECT_EQ(now["sessions_total"].number, 1);
  EXPECT_EQ(now["sessions_live"].number, 0);
  EXPECT_GE(now["lines"].number, 4);
  EXPECT_NE(now["version"].string, "");
  EXPECT_EQ(run({"status"})->wait(), 0);
}

struct Mistake {
  std::vector<std::string> arguments;
  int code;
  const char* words;
};

TEST_F(Cli, MistakesAreNamedInASentenceAndNothingIsLost) {
  for (const Mistake& mistake : std::vector<Mistake>{
           {{}, 2, "subcommand is required"},
           {{"fly"}, 2, "there is no command \"fly\""},
           {{"call", "100"}, 2, "ADDRESS is required"},
           {{"call", "100", "200", "--hangup-after", "5"}, 2, "\"5\" is not a duration"},
           {{"call", "100", "200", "--no-answer", "-5s"}, 2, "--no-answer"},
           {{"call", "nobody", "200"}, 6, "none is named \"nobody\""},
           {{"call", "100", ""}, 2, "address"},
           {{"call", "100", std::string(5000, '1')}, 2, "the address is not valid"},
           {{"answer", "nobody"}, 6, "there is no such line"},
           {{"records", "--limit", "0"}, 2, "--limit"},
           {{"records", "--limit", "x"}, 2, "--limit"},
           {{"records", "--since", "yesterday"}, 2, "\"yesterday\" is not a duration"},
           {{"release"}, 2, "SESSION or --all-leaks"},
           {{"release", "abc"}, 2, "\"abc\" is not the number of a session"},
           {{"release", "12345"}, 6, "session 12345"},
           {{"release", "1", "--all-leaks"}, 2, "--all-leaks"},
           {{"lines", "extra"}, 2, "extra"},
           {{"status", "--colour"}, 2, "--colour"},
       }) {
    auto command = run(mistake.arguments);
    EXPECT_EQ(command->wait(), mistake.code) << command->err() << command->out();
    EXPECT_NE(command->err().find(mistake.words), std::string::npos)
        << mistake.words << " is not in: " << command->err();
    EXPECT_EQ(command->err().substr(0, 12), "switchhook: ") << command->err();
  }
  EXPECT_EQ(run({"audit", "--zero"})->wait(), 0);
}

TEST_F(Cli, HelpOfEveryCommandExitsWithZero) {
  EXPECT_EQ(run({"--help"})->wait(), 0);
  EXPECT_EQ(run({"--version"})->wait(), 0);
  for (const char* command :
       {"call", "answer", "lines", "sessions", "records", "leaks", "release", "audit", "status"}) {
    auto help = run({command, "--help"});
    EXPECT_EQ(help->wait(), 0) << command;
    EXPECT_NE(help->out().find("--json"), std::string::npos) << command;
    EXPECT_NE(help->out().find("Exit status"), std::string::npos) << command;
  }
}

TEST_F(Cli, WithoutAServiceSaysSoAndExitsWith11) {
  Command command({SWITCHHOOK_CLI, "status", "--no-start", "--socket", folder() + "/nothing.sock"});
  EXPECT_EQ(command.wait(), 11) << command.err();
  EXPECT_NE(command.err().find("the service cannot be reached"), std::string::npos);
  Command json(
      {SWITCHHOOK_CLI, "status", "--no-start", "--json", "--socket", folder() + "/nothing.sock"});
  EXPECT_EQ(json.wait(), 11);
  EXPECT_EQ(event(json, "error")["error"]["code"].string, "disconnected");
}

TEST_F(Cli, RecordsAreFilteredExportedAndFollowed) {
  run({"call", "100", "200", "--hangup-after", "1ms"})->wait();
  run({"call", "101", "203"})->wait();
  const auto count = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"records", "--json"});
    auto found = run(more);
    EXPECT_EQ(found->wait(), 0) << found->err();
    return json_lines(*found).size();
  };
  EXPECT_EQ(count({}), 2u);
  EXPECT_EQ(count({"--all"}), 2u);
  EXPECT_EQ(count({"--party", "203"}), 1u);
  EXPECT_EQ(count({"--origin", "local user"}), 1u);
  EXPECT_EQ(count({"--provider", "sip"}), 0u);
  EXPECT_EQ(count({"--application", "switchhook"}), 2u);
  EXPECT_EQ(count({"--until", "1h"}), 0u);
  EXPECT_EQ(run({"records", "--origin", "nobody"})->wait(), 2);

  auto csv = run({"records", "--csv", "--all", "--oldest-first"});
  EXPECT_EQ(csv->wait(), 0);
  ASSERT_EQ(csv->lines().size(), 3u);
  EXPECT_TRUE(csv->lines()[0].starts_with("session,line,provider,")) << csv->lines()[0];
  const auto commas = [](const std::string& line) {
    return std::count(line.begin(), line.end(), ',');
  };
  EXPECT_NE(csv->lines()[1].find(",100,exchange,"), std::string::npos);
  EXPECT_GE(commas(csv->lines()[1]), commas(csv->lines()[0]));
  EXPECT_TRUE(csv->lines()[0].ends_with(",holders,ended_by_application,ended_by_user\r"));
  const std::string user = ::getpwuid(::geteuid())->pw_name;
  EXPECT_TRUE(csv->lines()[1].ends_with(",switchhook," + user + "\r")) << csv->lines()[1];
  EXPECT_TRUE(csv->lines()[2].ends_with(",,\r")) << "the far end refused it: " << csv->lines()[2];
  auto cdr = run({"records", "--cdr-csv", "--all", "--oldest-first"});
  EXPECT_EQ(cdr->wait(), 0) << cdr->err();
  ASSERT_EQ(cdr->lines().size(), 2u) << "no heading";
  EXPECT_TRUE(cdr->lines()[0].starts_with("\"" + user + "\",\"100\",\"200\",\"100\","))
      << cdr->out();
  EXPECT_NE(cdr->lines()[0].find(",\"ANSWERED\",\"DOCUMENTATION\","), std::string::npos);
  auto table = run({"records", "--origin", "local user"});
  EXPECT_EQ(table->wait(), 0);
  EXPECT_NE(table->out().find("by the local user: normal, switchhook (user " + user + ")"),
            std::string::npos)
      << table->out();

  auto follow = run({"records", "--follow", "--json"});
  auto later = run({"records", "--follow", "--json", "--since", "1h"});
  ASSERT_TRUE(test::eventually([&] { return later->lines().size() == 2; }));
  // It shows those that come after it has begun, whenever that is.
  EXPECT_TRUE(test::eventually([&] {
    run({"call", "100", "200", "--hangup-after", "1ms"})->wait();
    return !follow->lines().empty();
  }));
  EXPECT_TRUE(test::eventually([&] { return later->lines().size() >= 3; }));
  for (Command* each : {follow.get(), later.get()}) {
    each->signal(SIGINT);
    EXPECT_EQ(each->wait(), 130);
  }
}

}  // namespace
}  // namespace switchhook
