// SPDX-License-Identifier: Apache-2.0
// The calls of a daemon that died, where they went by TLS with certificates that are checked, or by
// IPv6: the next daemon ends each at its far end, a provider of ours, over connections of its own.
#include <gtest/gtest.h>

#include <ostream>

#include "tests/sip/certificates.hpp"
#include "tests/sip/harness.hpp"
#include "tests/sip/name_server.hpp"
#include "tests/sip/peer.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;
using switchhook::test::DaemonProcess;
using switchhook::test::eventually;
using switchhook::test::TestClient;

enum class By : std::uint8_t { tls, udp6, tcp6, tls_by_name };
void PrintTo(By by, std::ostream* out) {
  constexpr const char* kNames[] = {"tls", "udp6", "tcp6", "tls_by_name"};
  *out << kNames[static_cast<std::size_t>(by)];
}
const std::string kName = "far.test";

class DaemonDeathBy : public testing::TestWithParam<By> {
 protected:
  DaemonDeathBy() {
    if (tls()) {
      // The name that is checked is what a Contact has: an address.
      issuer_.equip(near_folder_.path(), "127.0.0.1", issuer_);
      issuer_.equip(far_folder_.path(), by_ == By::tls ? "127.0.0.1" : kName, issuer_);
    }
    far_ = std::make_unique<Bench>(far_config());
    daemon_ = std::make_unique<DaemonProcess>(DaemonProcess::Options{.config = daemon_config()});
    connect();
  }

  Config far_config() const {
    Config config = test_config();
    config.bind_address = host();
    for (LineConfig& line : config.lines) line.transport = transport();
    if (tls()) {
      config.udp = config.tcp = false;
      config.tls = true;
      config.tls_port = 0;
      config.tls_folder = far_folder_.path();
    }
    return config;
  }
  /// Its ports stay the same when it starts again, as its far ends expect of it.
  std::string daemon_config() const {
    const std::string name = tls() ? "tls" : by_ == By::udp6 ? "udp" : "tcp";
    return "[sip]\nbind_address = \"" + host() + "\"\nresolver_file = \"" + names_.resolver_file() +
           "\"\nport = " + std::to_string(port_) +
           (tls() ? "\ntls = true\ntls_port = " + std::to_string(tls_port_) + "\ntls_folder = \"" +
                        near_folder_.path().string() + "\""
                  : "") +
           "\n[[sip.line]]\nname = \"alice\"\ntransport = \"" + name + "\"\nt1_ms = 50\n";
  }
  [[nodiscard]] bool tls() const { return by_ == By::tls || by_ == By::tls_by_name; }
  [[nodiscard]] std::string host() const { return tls() ? "127.0.0.1" : "::1"; }
  [[nodiscard]] Transport transport() const {
    return tls() ? Transport::tls : by_ == By::udp6 ? Transport::udp : Transport::tcp;
  }
  [[nodiscard]] std::string uri(const std::string& user, std::uint16_t port) const {
    return "sip:" + user + "@" +
           (by_ == By::tls_by_name ? kName
            : tls()                ? host()
                                   : "[" + host() + "]") +
           ":" + std::to_string(port) +
           (tls()             ? ";transport=tls"
            : by_ == By::tcp6 ? ";transport=tcp"
                              : "");
  }

  void connect() {
    app_ = std::make_unique<TestClient>(daemon_->socket(), "app");
    alice_ = app_->open("alice");
  }
  void die_and_start() {
    daemon_->kill();
    app_.reset();
    daemon_->start();
  }
  /// Alice's call to bob, who is at the far end.
  void call(bool answered) {
    call_ = app_->call(alice_, uri("bob", far_->port()));
    there_ = far_->incoming(kBob);
    ASSERT_TRUE(app_->reaches(call_, CallState::ringback));
    if (!answered) return;
    ASSERT_FALSE(far_->answer(there_));
    ASSERT_TRUE(app_->reaches(call_, CallState::connected));
    ASSERT_TRUE(far_->reaches(there_, CallState::connected));
  }
  /// The far end hears of its end, and one record says that it did.
  void expect_ended() {
    EXPECT_EQ(far_->cause(there_).mode, DisconnectMode::temporary_failure);
    connect();
    EXPECT_TRUE(eventually([&] { return app_->records().size() == 1; }));
    const std::vector<Record> records = app_->records();
    ASSERT_EQ(records.size(), 1u);
    ASSERT_TRUE(records[0].end.has_value());
    EXPECT_EQ(records[0].end->confirmation, Confirmation::confirmed);
    EXPECT_EQ(records[0].end->origin, EndOrigin::system);
    EXPECT_TRUE(eventually([&] { return app_->audit().clean(); }));
    EXPECT_EQ(far_->count_ended(there_), 1u);
    far_->expect_empty();
  }

  const By by_ = GetParam();
  const std::uint16_t port_ = free_port(), tls_port_ = free_port();
  TempDir near_folder_, far_folder_;
  Issuer issuer_;
  NameServer names_{{.addresses = {{kName, {"127.0.0.1"}}}, .services = {}}};
  std::unique_ptr<Bench> far_;
  std::unique_ptr<DaemonProcess> daemon_;
  std::unique_ptr<TestClient> app_;
  api::OpenId alice_;
  api::CallId call_;
  CallRef there_;
};

TEST_P(DaemonDeathBy, ACallThatWasUpGetsItsBye) {
  ASSERT_NO_FATAL_FAILURE(call(true));
  die_and_start();
  expect_ended();
}

TEST_P(DaemonDeathBy, ACallOnHoldGetsItsBye) {
  ASSERT_NO_FATAL_FAILURE(call(true));
  ASSERT_TRUE(app_->post(api::HoldCall{call_}, [](auto) {}));
  ASSERT_TRUE(app_->reaches(call_, CallState::on_hold));
  die_and_start();
  expect_ended();
}

TEST_P(DaemonDeathBy, ACallThatWasRingingIsCancelled) {
  ASSERT_NO_FATAL_FAILURE(call(false));
  die_and_start();
  expect_ended();
}

TEST_P(DaemonDeathBy, ACallThatTheFarEndMadeGetsItsBye) {
  there_ = far_->make_call(kAlice, uri("alice", tls() ? tls_port_ : port_));
  const auto appeared = app_->next_event<api::CallAppeared>();
  ASSERT_TRUE(appeared && app_->port().call(api::AnswerCall{appeared->call}));
  ASSERT_TRUE(far_->reaches(there_, CallState::connected));
  ASSERT_TRUE(app_->reaches(appeared->call, CallState::connected));
  die_and_start();
  expect_ended();
}

/// The way of the INVITE had a name and a certificate for it. The BYE's is the Contact's address,
/// for which there is none: it is not sent to whoever is there, and the record says that nobody
/// heard.
class DaemonDeathByTlsName : public DaemonDeathBy {};

TEST_P(DaemonDeathByTlsName, ABareAddressInTheContactIsNotTrustedByANewConnection) {
  ASSERT_NO_FATAL_FAILURE(call(true));
  die_and_start();
  connect();
  EXPECT_TRUE(eventually([&] { return app_->records().size() == 1; }));
  const std::vector<Record> records = app_->records();
  ASSERT_EQ(records.size(), 1u);
  ASSERT_TRUE(records[0].end.has_value());
  EXPECT_EQ(records[0].end->confirmation, Confirmation::unconfirmed);
  EXPECT_TRUE(eventually([&] { return app_->audit().clean(); }));
  EXPECT_EQ(far_->states(there_).back(), CallState::connected);
  far_->expect_empty();  // its own BYE finds nobody who knows the call
}

INSTANTIATE_TEST_SUITE_P(Tls, DaemonDeathByTlsName, testing::Values(By::tls_by_name));
INSTANTIATE_TEST_SUITE_P(Transports, DaemonDeathBy, testing::Values(By::tls, By::udp6, By::tcp6));

}  // namespace
}  // namespace switchhook::sip::test
