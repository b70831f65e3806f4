// SPDX-License-Identifier: Apache-2.0
// Calls of one program, changed by the command line: hung up, held, transferred, sent digits; and
// lists in all their forms.
#include <csignal>
#include <fstream>

#include "fixture.hpp"

namespace switchhook {
namespace {

using test::Cli;
using test::Command;
using test::Json;

constexpr auto kSoon = std::chrono::seconds(20);

class Control : public Cli {
 protected:
  void SetUp() override {
    program_ = application("program");
    auto line = program_.open_line("100");
    ASSERT_TRUE(line) << line.error().text();
    line_ = std::move(*line);
  }
  Session call(const std::string& number) {
    auto made = line_.call(number);
    EXPECT_TRUE(made) << made.error().text();
    if (!made) return {};
    EXPECT_TRUE(made->wait_for(CallState::connected, kSoon));
    return std::move(*made);
  }
  /// Ended, and still held.
  Session ended_call() {
    auto made = line_.call("202");  // busy
    EXPECT_TRUE(made) << made.error().text();
    if (!made) return {};
    EXPECT_TRUE(made->wait_for_record(kSoon));
    return std::move(*made);
  }
  static std::string short_number(const Session& session) {
    auto record = session.record();
    return record ? std::to_string(record->call_id) : "?";
  }
  static std::string long_number(const Session& session) {
    auto record = session.record();
    return record ? std::to_string(record->session) : "?";
  }

  Application program_;
  Line line_;
};

TEST_F(Control, HangupEndsACallThatAnotherProgramHolds) {
  Session session = call("200");
  auto hangup = run({"hangup", short_number(session)});
  EXPECT_EQ(hangup->wait(), 0) << hangup->err();
  EXPECT_EQ(hangup->out(), "Session " + short_number(session) +
                               " ended by the local user: normal (hung up by an operator).\n");
  ASSERT_TRUE(session.wait_for(CallState::idle, kSoon)) << "its holder sees the end";
  auto record = session.record();
  ASSERT_TRUE(record && record->end);
  EXPECT_EQ(record->end->origin, EndOrigin::local_user);
  ASSERT_EQ(record->holders.size(), 2u);
  EXPECT_EQ(record->holders[1].application, "switchhook") << "who ended it";

  auto again = run({"hangup", short_number(session)});
  EXPECT_EQ(again->wait(), 3) << again->err();
  EXPECT_NE(again->err().find("the call is idle"), std::string::npos) << again->err();
}

TEST_F(Control, HangupTakesSeveralAndLongNumbers) {
  Session first = call("200"), second = call("200");
  auto hangup = run({"hangup", long_number(first), "999", short_number(second), "--json"});
  EXPECT_EQ(hangup->wait(), 6) << "one of them was not there";
  EXPECT_NE(hangup->err().find("session 999"), std::string::npos) << hangup->err();
  EXPECT_TRUE(first.wait_for_end(kSoon));
  EXPECT_TRUE(second.wait_for_end(kSoon));
  EXPECT_EQ(event(*hangup, "record")["record"]["end"]["origin"].string, "local user");
}

TEST_F(Control, HoldAndUnholdChangeTheStateAndLeaveTheCallToItsHolder) {
  Session session = call("200");
  auto hold = run({"hold", short_number(session)});
  EXPECT_EQ(hold->wait(), 0) << hold->err();
  EXPECT_EQ(hold->out(), "Session " + short_number(session) + " is on hold.\n");
  EXPECT_TRUE(session.wait_for(CallState::on_hold, kSoon));
  auto twice = run({"hold", short_number(session)});
  EXPECT_EQ(twice->wait(), 3) << twice->err();
  auto unhold = run({"unhold", short_number(session), "--json"});
  EXPECT_EQ(unhold->wait(), 0) << unhold->err();
  EXPECT_EQ(json_lines(*unhold).at(0)["event"].string, "unheld");
  EXPECT_TRUE(session.wait_for(CallState::connected, kSoon));
  auto info = session.info();
  ASSERT_TRUE(info);
  EXPECT_EQ(info->owners, 1u) << "the command's identifier was released";
  EXPECT_EQ(info->monitors, 0u);
}

TEST_F(Control, TransferToAnAddressAndToAnotherSession) {
  Session blind = call("200");
  auto to_address = run({"transfer", short_number(blind), "205"});
  EXPECT_EQ(to_address->wait(), 0) << to_address->err();
  EXPECT_TRUE(blind.wait_for(CallState::idle, kSoon));

  Session first = call("200"), second = call("200");
  auto attended = run({"transfer", short_number(first), "--with", short_number(second)});
  EXPECT_EQ(attended->wait(), 0) << attended->err();
  EXPECT_TRUE(first.wait_for(CallState::idle, kSoon));
  EXPECT_TRUE(second.wait_for(CallState::idle, kSoon));

  EXPECT_EQ(run({"transfer", "1"})->wait(), 2);
  EXPECT_EQ(run({"transfer", "1", "200", "--with", "2"})->wait(), 2);
}

TEST_F(Control, DigitsAreSentAndRefusedWhenTheyAreNone) {
  Session session = call("200");
  auto digits = run({"digits", short_number(session), "12#"});
  EXPECT_EQ(digits->wait(), 0) << digits->err();
  EXPECT_EQ(digits->out(), "Session " + short_number(session) + " was sent the digits.\n");
  auto wrong = run({"digits", short_number(session), "12x"});
  EXPECT_EQ(wrong->wait(), 2) << wrong->err();
  EXPECT_EQ(session.info()->owners, 1u);
}

TEST_F(Control, SessionsHaveShortNumbersEverywhere) {
  Session session = ended_call();
  const std::string number = short_number(session);
  EXPECT_LT(number.size(), 5u);
  const auto first_word = [](const Command& command) {
    const auto lines = command.lines();
    std::string row = lines.size() > 1 ? lines[1] : "";
    row.erase(0, row.find_first_not_of(' '));
    return row.substr(0, row.find(' '));
  };
  auto sessions = run({"sessions"}), leaks = run({"leaks"}), records = run({"records"});
  for (Command* each : {sessions.get(), leaks.get(), records.get()}) {
    EXPECT_EQ(each->wait(), 0) << each->err();
    EXPECT_EQ(first_word(*each), number) << each->out();
  }
  auto record = run({"records", "--session", number, "--json"});
  EXPECT_EQ(record->wait(), 0) << record->err();
  EXPECT_EQ(std::to_string(static_cast<std::uint64_t>(json_lines(*record).at(0)["session"].number)),
            long_number(session));
  auto release = run({"release", number});
  EXPECT_EQ(release->wait(), 0) << release->err();
}

TEST_F(Control, SessionsAreWatchedUntilInterrupted) {
  Session session = call("200");
  auto watch = run({"sessions", "--watch", "20ms"});
  EXPECT_TRUE(test::eventually([&] {
    const std::string out = watch->out();
    return std::count(out.begin(), out.end(), '\n') > 6;
  }));
  EXPECT_EQ(watch->lines().at(0).find("SESSION"), 0u) << "no control sequences outside a terminal";
  watch->signal(SIGINT);
  EXPECT_EQ(watch->wait(), 130);
  auto once_a_second = run({"sessions", "--watch"});
  EXPECT_TRUE(once_a_second->says("connected"));
  once_a_second->signal(SIGINT);
  EXPECT_EQ(once_a_second->wait(), 130);
  EXPECT_EQ(run({"sessions", "--watch", "often"})->wait(), 2);
}

TEST_F(Control, EveryListHasAHeadingAndCsv) {
  Session ended = ended_call();
  for (const char* list : {"lines", "sessions", "records", "leaks", "audit"}) {
    auto csv = run({list, "--csv"});
    EXPECT_EQ(csv->wait(), 0) << list << csv->err();
    const std::string out = csv->out();
    ASSERT_GE(csv->lines().size(), 2u) << list;
    for (const std::string& line : csv->lines()) EXPECT_TRUE(line.ends_with('\r')) << line;
    const std::string heading = csv->lines()[0];
    EXPECT_EQ(heading.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_,\r"),
              std::string::npos)
        << heading;
    auto table = run({list});
    EXPECT_EQ(table->wait(), 0) << list;
    EXPECT_EQ(table->lines().at(0).find_first_of("abcdefghijklmnopqrstuvwxyz\033"),
              std::string::npos)
        << table->lines().at(0);
  }
  ended = {};
  auto empty = run({"leaks", "--csv"});
  EXPECT_EQ(empty->wait(), 0);
  EXPECT_EQ(empty->lines().size(), 1u) << "a heading alone: " << empty->out();
}

/// The members that docs/cli.md promises of an object: what stands in backquotes in its row.
std::vector<std::string> documented(const std::string& object) {
  std::ifstream in(SWITCHHOOK_SOURCE_DIR "/docs/cli.md");
  std::vector<std::string> members;
  for (std::string line; std::getline(in, line);) {
    const std::size_t second = line.find(" | ");
    if (!line.starts_with("| `" + object + "`") || second == std::string::npos) continue;
    members.clear();  // the table of commands stands before
    for (std::size_t at = line.find('`', second); at != std::string::npos;) {
      const std::size_t end = line.find('`', at + 1);
      members.push_back(line.substr(at + 1, end - at - 1));
      at = line.find('`', end + 1);
    }
  }
  std::erase_if(members,
                [](const std::string& each) { return each == "address" || each == "name"; });
  return members;
}

TEST_F(Control, JsonHasWhatIsDocumented) {
  Session ended = ended_call();
  const auto first = [&](const char* command) {
    auto run_now = run({command, "--json"});
    EXPECT_EQ(run_now->wait(), 0) << command << run_now->err();
    const std::vector<Json> lines = json_lines(*run_now);
    EXPECT_FALSE(lines.empty()) << command;
    return lines.empty() ? Json() : lines.front();
  };
  const auto has = [](const std::string& object, const Json& value) {
    const std::vector<std::string> members = documented(object);
    EXPECT_GE(members.size(), 2u) << object;
    for (const std::string& member : members)
      EXPECT_TRUE(value.object.contains(member)) << object << " has no " << member;
  };
  for (const char* command : {"lines", "leaks", "audit", "status"}) has(command, first(command));
  for (const char* command : {"sessions", "records"}) {
    const Json record = first(command);
    has("sessions", record);
    has("end", record["end"]);
    has("timeline", record["timeline"].array.at(0));
    has("holders", record["holders"].array.at(0));
  }
  has("ledgers", first("audit")["ledgers"].array.at(0));
}

TEST_F(Control, WhatCannotBeWrittenIsAnError) {
  for (const std::string arguments :
       {"lines", "lines --csv", "records --csv", "status --json", "--help", "audit"}) {
    Command full({"/bin/sh", "-c", std::string(SWITCHHOOK_CLI) + " " + arguments + " >/dev/full"},
                 {{"SWITCHHOOK_SOCKET", socket()}});
    EXPECT_EQ(full.wait(), 1) << arguments;
    EXPECT_NE(full.err().find("not all could be written: No space left on device"),
              std::string::npos)
        << arguments << ": " << full.err();
  }
  Command watched(
      {"/bin/sh", "-c", std::string(SWITCHHOOK_CLI) + " sessions --watch 10ms >/dev/full"},
      {{"SWITCHHOOK_SOCKET", socket()}});
  EXPECT_EQ(watched.wait(), 1) << "it does not go on for ever";
}

TEST_F(Control, ColoursAreForTerminalsThatWantThem) {
  if (::access("/usr/bin/script", X_OK) != 0) GTEST_SKIP() << "script(1) makes the terminal";
  const auto on_terminal = [&](const std::string& set) {
    Command command({"/usr/bin/script", "-qec", set + " " + SWITCHHOOK_CLI + " lines", "/dev/null"},
                    {{"SWITCHHOOK_SOCKET", socket()}, {"TERM", "xterm"}, {"NO_COLOR", ""}});
    EXPECT_EQ(command.wait(), 0) << command.err();
    return command.out();
  };
  EXPECT_NE(on_terminal("").find("\033[1mLINE\033[0m"), std::string::npos);
  EXPECT_EQ(on_terminal("NO_COLOR=1").find('\033'), std::string::npos);
  EXPECT_EQ(on_terminal("TERM=dumb").find('\033'), std::string::npos);
}

TEST_F(Cli, AnApplicationConnectsByOptionsOrByName) {
  auto by_socket = Application::connect({.socket = socket()});
  ASSERT_TRUE(by_socket) << by_socket.error().text();
  EXPECT_EQ(by_socket->service().kind, ServiceKind::any);
  EXPECT_EQ(by_socket->service().socket, socket());
  EXPECT_EQ(by_socket->service().why, "its socket was named");
  ::setenv("SWITCHHOOK_SOCKET", socket().c_str(), 1);
  const std::string name = "by name";
  for (auto by_name : {&name}) {
    auto application = Application::connect(*by_name);
    ASSERT_TRUE(application) << application.error().text();
    EXPECT_EQ(application->service().why, "SWITCHHOOK_SOCKET names it");
  }
  EXPECT_TRUE(Application::connect("a literal"));
  EXPECT_TRUE(Application::connect({}));
  ::unsetenv("SWITCHHOOK_SOCKET");
  EXPECT_EQ(Application::connect({.socket = socket(), .service = ServiceKind::user}).error().code,
            Errc::invalid_argument);
  EXPECT_EQ(Application().service().socket, "");
}

TEST_F(Control, StatusSaysWhichDaemonAndWhy) {
  auto status = run({"status"});
  EXPECT_EQ(status->wait(), 0) << status->err();
  EXPECT_NE(status->out().find("daemon            the one that was named"), std::string::npos)
      << status->out();
  EXPECT_NE(status->out().find("SWITCHHOOK_SOCKET names it"), std::string::npos) << status->out();
  auto json = run({"status", "--json"});
  EXPECT_EQ(json->wait(), 0);
  EXPECT_EQ(json_lines(*json).at(0)["service"].string, "named");
  EXPECT_EQ(run({"status", "--user", "--system"})->wait(), 2);
  EXPECT_EQ(run({"status", "--user", "--socket", "x"})->wait(), 2);
}

}  // namespace
}  // namespace switchhook
