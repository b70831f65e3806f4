// SPDX-License-Identifier: Apache-2.0
// Every example does what it says, as a program of its own against a daemon.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "fixture.hpp"
#include "tests/support/count_of.hpp"

namespace switchhook {
namespace {

using test::Cli;
using test::Command;

class Example : public Cli {
 protected:
  [[nodiscard]] std::unique_ptr<Command> start(const std::string& name,
                                               std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), std::string(SWITCHHOOK_EXAMPLES_DIR "/") + name);
    return std::make_unique<Command>(std::move(arguments),
                                     Command::Environment{{"SWITCHHOOK_SOCKET", socket()}});
  }
};

TEST_F(Example, HelloCallShowsStatesAndRecord) {
  auto hello = start("cxx/hello_call");
  EXPECT_EQ(hello->wait(), 0) << hello->err();
  for (const char* words : {"connected\n", "disconnected\n", "Record of session", "hello_call"})
    EXPECT_NE(hello->out().find(words), std::string::npos) << words << "\n" << hello->out();
}

std::string all_of(const std::string& file) {
  std::ifstream in(std::string(SWITCHHOOK_SOURCE_DIR "/") + file);
  return std::string(std::istreambuf_iterator<char>(in), {});
}
std::string code_of(const std::string& file) {
  const std::string program = all_of(file);
  return program.substr(program.find("#include"));
}

TEST(HelloCall, StandsInTheReadmeAsItIs) {
  const std::string program = all_of("examples/cxx/hello_call.cpp");
  EXPECT_NE(all_of("README.md").find(code_of("examples/cxx/hello_call.cpp")), std::string::npos);
  EXPECT_LE(std::count(program.begin(), program.end(), '\n'), 40) << "it fits on one screen";
}

TEST_F(Example, TheSameProgramInEachApiSaysHowTheCallEnded) {
  const std::string page = all_of("docs/choosing-an-api.md");
  const struct {
    const char *file, *arguments, *normal, *busy;
  } programs[] = {{"with_cxx.cpp", "100", "ended: normal\n", "ended: busy\n"},
                  {"with_tapi2.c", "0", "ended: 0x1\n", "ended: 0x20\n"},
                  {"with_tapi3.cpp", "100", "ended: 1\n", "ended: 2\n"}};
  for (const auto& [file, line, normal, busy] : programs) {
    SCOPED_TRACE(file);
    const std::string name = std::string("choosing/") + file;
    auto answered = start(name.substr(0, name.find('.')), {line, "204"});
    auto refused = start(name.substr(0, name.find('.')), {line, "202"});
    EXPECT_EQ(answered->wait(), 0) << answered->err();
    EXPECT_EQ(answered->out(), normal);
    EXPECT_EQ(refused->wait(), 0) << refused->err();
    EXPECT_EQ(refused->out(), busy);
    EXPECT_NE(page.find(code_of("examples/" + name)), std::string::npos) << "not in the page as is";
  }
}

TEST_F(Example, HelloCallSaysWhatIsWrong) {
  auto hello = start("cxx/hello_call", {"nobody", "200"});
  EXPECT_EQ(hello->wait(), 1);
  EXPECT_NE(hello->err().find("nobody"), std::string::npos) << hello->err();
}

TEST_F(Example, ThreeEndingsComeOutAsTheyShould) {
  auto endings = start("cxx/three_endings", {"--socket", socket()});
  EXPECT_EQ(endings->wait(), 0) << endings->out() << endings->err();
  std::size_t at = 0;
  for (const char* words :
       {"Call 1", "ringback", "connected", "idle, normal", "by the local user: normal",
        "the session was released", "Call 2", "by the remote party: normal", "Call 3",
        "by a rule: no answer", "Call 4", "Leak report: 1 found", "\"three_endings, alice\"",
        "Reclaimed: 1", "was reclaimed", "Audit", "All ledgers are zero", "All was as it should"}) {
    at = endings->out().find(words, at);
    ASSERT_NE(at, std::string::npos) << "after the others: " << words << "\n" << endings->out();
  }
  EXPECT_EQ(endings->out().find("NOT AS IT SHOULD"), std::string::npos) << endings->out();
}

TEST_F(Example, ThreeEndingsRefusesWrongArguments) {
  EXPECT_EQ(start("cxx/three_endings", {"--what"})->wait(), 2);
}

TEST_F(Example, AnsweringMachineAnswersAndHangsUpInTime) {
  auto machine = start("cxx/answering_machine", {"bob", "1", "2"});
  ASSERT_TRUE(machine->says("waiting for calls")) << machine->err();
  for (int i = 0; i < 2; ++i) {
    auto call = run({"call", "alice", "bob"});
    EXPECT_EQ(call->wait(), 0) << call->out() << call->err();
    EXPECT_NE(call->out().find("by the remote party: normal"), std::string::npos) << call->out();
  }
  EXPECT_EQ(machine->wait(), 0) << machine->out() << machine->err();
  EXPECT_EQ(run({"audit", "--zero"})->wait(), 0);
}

TEST_F(Example, NightPorterGoesOnWhenTheServiceIsRestarted) {
  auto porter = start("cxx/night_porter", {"101", "3"});
  ASSERT_TRUE(porter->says("on duty")) << porter->err();
  std::size_t calls = 0;
  const auto ended = [&] { return test::count_of("call from 100 ended", porter->out()); };
  const auto call = [&] {
    auto calling = run({"call", "100", "101", "--hangup-after", "50ms"});
    EXPECT_EQ(calling->wait(), 0) << calling->out() << calling->err();
    ++calls;
    // Not before may the service go: the record that the porter waits for would go with it.
    EXPECT_TRUE(test::eventually([&] { return ended() == calls; })) << porter->out();
  };
  call();
  daemon().stop();
  daemon().start();  // on purpose: it goes on as after a death
  EXPECT_TRUE(test::eventually([&] {
    auto lines = run({"lines", "--json"});
    return lines->wait() == 0 && porter->out().rfind("on duty") != std::string::npos &&
           Operator(application("looks")).status()->applications >= 2;
  }));
  call();
  daemon().kill();
  daemon().start();  // it died: the library goes on by itself
  EXPECT_TRUE(
      test::eventually([&] { return Operator(application("looks")).status()->applications >= 2; }));
  call();
  EXPECT_EQ(porter->wait(), 0) << porter->out() << porter->err();
  EXPECT_EQ(ended(), 3u) << porter->out();
}

TEST_F(Example, NightPorterGivesUpWhatWaitingDoesNotHelp) {
  auto porter = start("cxx/night_porter", {"nobody"});
  EXPECT_EQ(porter->wait(), 1);
  EXPECT_NE(porter->err().find("there is no such line"), std::string::npos) << porter->err();
}

TEST_F(Example, CoroutineServesSeveralCallsOnOneThread) {
  if (::access(SWITCHHOOK_EXAMPLES_DIR "/cxx/coroutine", X_OK) != 0)
    GTEST_SKIP() << "Asio has no coroutines with this compiler (clang with libstdc++)";
  auto coroutine = start("cxx/coroutine", {"101", "2"});
  ASSERT_TRUE(coroutine->says("waiting for calls")) << coroutine->err();
  auto first = run({"call", "100", "101", "--hangup-after", "200ms"});
  auto second = run({"call", "100", "101", "--hangup-after", "50ms"});
  EXPECT_EQ(first->wait(), 0) << first->out() << first->err();
  EXPECT_EQ(second->wait(), 0) << second->out() << second->err();
  EXPECT_EQ(coroutine->wait(), 0) << coroutine->err();
  EXPECT_NE(coroutine->out().find("state: connected"), std::string::npos) << coroutine->out();
}

TEST_F(Example, MonitorSeesACallOfAnotherProgram) {
  auto monitor = start("cxx/monitor", {"100", "1"});
  ASSERT_TRUE(monitor->says("watching line 100")) << monitor->err();
  EXPECT_EQ(run({"call", "100", "200", "--hangup-after", "100ms"})->wait(), 0);
  EXPECT_EQ(monitor->wait(), 0) << monitor->err();
  EXPECT_NE(monitor->out().find("connected"), std::string::npos) << monitor->out();
  EXPECT_NE(monitor->out().find("by the local user: normal"), std::string::npos) << monitor->out();
}

}  // namespace
}  // namespace switchhook
