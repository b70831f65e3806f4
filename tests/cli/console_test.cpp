// SPDX-License-Identifier: Apache-2.0
// `switchhook console`: where it is, and who may log in.
#include <gmock/gmock.h>

#include "fixture.hpp"
#include "tests/support/http_client.hpp"

namespace switchhook {
namespace {

using test::Cli;
using test::Command;
using test::HttpClient;
using testing::HasSubstr;

class ConsoleCommand : public Cli {
 protected:
  void SetUp() override {
    EXPECT_EQ(daemon().stop(), 0);
    daemon().configure(
        "[sip]\nenabled = false\n[console]\nlisten = \"127.0.0.1:0\"\npasswords = \"" + folder() +
        "/users\"\n");
    daemon().start();
  }
  /// Runs it with this on its standard input.
  [[nodiscard]] std::unique_ptr<Command> fed(const std::string& input, const std::string& words) {
    return std::make_unique<Command>(
        std::vector<std::string>{"/bin/sh", "-c", "printf '%s\\n' \"$1\" | \"$2\" console " + words,
                                 "sh", input, SWITCHHOOK_CLI},
        Command::Environment{{"SWITCHHOOK_SOCKET", socket()}});
  }
  [[nodiscard]] int login(const std::string& body) {
    return HttpClient(daemon().field("console"), {"X-Switchhook: 1"})
        .ask("POST", "/api/v1/login", body)
        .status;
  }
};

TEST_F(ConsoleCommand, ShowsTheAddressWithItsToken) {
  const auto token = run({"console", "--token"});
  ASSERT_EQ(token->wait(), 0) << token->err();
  const std::string secret = token->lines().at(0);
  EXPECT_EQ(login(R"({"token":")" + secret + "\"}"), 200);
  const auto address = run({"console"});
  ASSERT_EQ(address->wait(), 0);
  EXPECT_EQ(address->lines().at(0), daemon().field("console") + "#token=" + secret);
}

TEST_F(ConsoleCommand, SetsAPasswordAndTakesItAway) {
  const std::string body = R"({"user":"anna","password":"correct horse"})";
  const auto set = fed("correct horse", "password anna --operator");
  ASSERT_EQ(set->wait(), 0) << set->err();
  EXPECT_THAT(set->out(), HasSubstr("anna"));
  EXPECT_EQ(login(body), 200);
  EXPECT_EQ(fed("short", "password anna")->wait(), 2);
  EXPECT_EQ(fed("long enough", "password 'no name'")->wait(), 2);
  EXPECT_EQ(run({"console", "password", "anna", "--remove"})->wait(), 0);
  EXPECT_EQ(login(body), 401);
  EXPECT_EQ(run({"console", "password", "anna", "--remove"})->wait(), 6);
}

TEST_F(ConsoleCommand, SaysWhenThereIsNone) {
  EXPECT_EQ(daemon().stop(), 0);
  daemon().configure("[sip]\nenabled = false\n");
  daemon().start();
  const auto none = run({"console"});
  EXPECT_EQ(none->wait(), 6);
  EXPECT_THAT(none->err(), HasSubstr("[console]"));
  EXPECT_EQ(run({"console", "password"})->wait(), 2);
}

}  // namespace
}  // namespace switchhook
