// SPDX-License-Identifier: Apache-2.0
// A daemon whose account a registrar refuses: the log says so once, with the line's name and what is
// wrong, and again when it is right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "tests/sip/far_end.hpp"
#include "tests/support/count_of.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook::sip {
namespace {

using switchhook::test::count_of;
using switchhook::test::DaemonProcess;
using switchhook::test::eventually;
using switchhook::test::TestClient;
using test::FarEnd;
using testing::HasSubstr;

class RegistrationLog : public testing::TestWithParam<const char*> {
 protected:
  [[nodiscard]] std::string config(const std::string& password) const {
    return std::string("[sip]\nport = 0\nprocess = \"") + GetParam() +
           "\"\n[[sip.line]]\nname = \"alice\"\nmode = \"account\"\nregistrar = \"sip:127.0.0.1:" +
           std::to_string(registrar_.port()) + "\"\npassword = \"" + password + "\"\n";
  }
  /// Challenges, and refuses what is answered to it, as registrars refuse a wrong password.
  void refuse() {
    for (const char* nonce : {"n1", "n2"})
      registrar_.send(
          registrar_.response(registrar_.receive_request("REGISTER"), 401, false,
                              std::string("WWW-Authenticate: Digest realm=\"pbx\", nonce=\"") +
                                  nonce + "\", algorithm=MD5, qop=\"auth\"\r\n"));
  }

  FarEnd registrar_{FarEnd::By::udp};
};
INSTANTIATE_TEST_SUITE_P(Sip, RegistrationLog, testing::Values("daemon", "own"));

TEST_P(RegistrationLog, NamesTheLineWhosePasswordIsWrongOnce) {
  DaemonProcess daemon({.config = config("wrong")});
  refuse();
  const std::string refused = "warning lines: line alice is out of service: not registered: 401 ";
  ASSERT_TRUE(eventually([&] { return count_of(refused, daemon.log()) == 1; })) << daemon.log();
  EXPECT_THAT(daemon.log(), HasSubstr("(user, password or realm is wrong; next try in "));
  EXPECT_EQ(count_of("out of service", daemon.log()), 1u) << daemon.log();
  EXPECT_EQ(count_of("\"wrong\"", daemon.log()), 0u) << "no password in the log";
  daemon.configure(config("right"));
  std::ofstream(daemon.folder() / "switchhook.toml") << config("right");
  TestClient app(daemon.socket(), "app");
  ASSERT_TRUE(app.port().call(api::Reload{}));
  registrar_.send(
      registrar_.response(registrar_.receive_request("REGISTER"), 200, false, "Expires: 600\r\n"));
  EXPECT_TRUE(eventually([&] {
    return count_of("info lines: line alice: registered", daemon.log()) == 1;
  })) << daemon.log();
  daemon.process().signal(SIGTERM);
  registrar_.reply(registrar_.receive_request("REGISTER"), 200);
  EXPECT_EQ(daemon.process().wait(std::chrono::seconds(20)), 0) << "a second signal would kill it";
}

}  // namespace
}  // namespace switchhook::sip
