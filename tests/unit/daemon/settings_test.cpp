// SPDX-License-Identifier: Apache-2.0
// The configuration file: every setting arrives, every mistake is named with its line.
#include "daemon/settings.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "tests/support/daemon_process.hpp"

namespace switchhook::daemon {
namespace {

std::string complaint(const std::string& text) {
  Settings settings;
  const Result<void> good = read_text(text, "f", settings);
  return good ? "none" : good.error().context;
}

TEST(Settings, HaveDefaultsThatNeedNoFile) {
  Settings settings;
  ASSERT_TRUE(read_text("", "f", settings));
  EXPECT_TRUE(settings.exchange_enabled);
  EXPECT_TRUE(settings.sip_enabled);
  EXPECT_EQ(settings.sip.bind_address, "127.0.0.1");
  ASSERT_EQ(settings.sip.lines.size(), 2u);
  EXPECT_EQ(settings.sip.lines[0].name, "alice");
  EXPECT_EQ(settings.sip.lines[1].name, "bob");
  EXPECT_EQ(settings.exchange.lines, (std::vector<std::string>{"100", "101"}));
  EXPECT_FALSE(settings.sip_port_given);
  EXPECT_FALSE(settings.tcp_port);
  complete(settings);
  EXPECT_EQ(*settings.socket_mode, 0600u);
  EXPECT_FALSE(settings.socket.empty());
}

TEST(Settings, OfTheSystemsDaemonAreAtTheirPlaces) {
  Settings settings;
  settings.system = true;
  complete(settings);
  EXPECT_EQ(settings.socket, "/run/switchhook/switchhook.sock");
  EXPECT_EQ(*settings.store, "/var/lib/switchhook/records.db");
  EXPECT_EQ(*settings.socket_mode, 0660u);
}

TEST(Settings, AllArrive) {
  const test::TempFolder folder;
  std::ofstream(folder / "secret") << "from a file\n";
  ASSERT_EQ(::chmod((folder / "secret").c_str(), 0600), 0);
  Settings s;
  const Result<void> good = read_text(R"(
[service]
socket = "/a/socket"
socket_mode = "0640"
socket_group = "staff"
tcp_port = 4711
token_file = "/a/token"
store = "/a/store.db"
idle_exit_s = 30
resume_s = 3
silence_s = 90
log_level = "debug"

[exchange]
enabled = false
lines = ["1", "2", "3"]
digit_duration_ms = 50
[[exchange.extension]]
number = "9"
behaviour = "hangs_up"
delay_ms = 250

[sip]
enabled = true
process = "own"
bind_address = "127.0.0.2"
port = 5070
udp = true
tcp = true
rtp_first = 20000
rtp_last = 20100
calls_max = 10
calls_unanswered = 5
message_bytes = 8192
user_agent = "Test"
[[sip.line]]
name = "carol"
display_name = "Carol C"
uri = "sip:carol@example.org"
mode = "account"
transport = "tcp"
registrar = "sip:registrar.example.org"
user = "cc"
password = "pw"
realm = "r"
outbound_proxy = "sip:proxy.example.org"
expires_s = 300
t1_ms = 200
session_expires_s = 600
min_se_s = 120
reject_code = 486
refer = "follow"
ring_on_offer = false
calls_max = 3
[[sip.line]]
name = "dave"
peer = "sip:pbx.example.org:5080"
accept_from = ["127.0.0.1", "::1"]
strict_source = true
password_file = ")" + (folder / "secret") +
                                          R"("
)",
                                      "f", s);
  ASSERT_TRUE(good) << good.error().context;
  EXPECT_EQ(s.socket, "/a/socket");
  EXPECT_EQ(*s.socket_mode, 0640u);
  EXPECT_EQ(s.socket_group, "staff");
  EXPECT_EQ(*s.tcp_port, 4711);
  EXPECT_EQ(s.token_file, "/a/token");
  EXPECT_EQ(*s.store, "/a/store.db");
  EXPECT_EQ(s.idle_exit, std::chrono::seconds(30));
  EXPECT_EQ(s.resume_time, std::chrono::seconds(3));
  EXPECT_EQ(s.silence_time, std::chrono::seconds(90));
  EXPECT_EQ(s.log.level, "debug");
  EXPECT_FALSE(s.exchange_enabled);
  EXPECT_EQ(s.exchange.lines.size(), 3u);
  EXPECT_EQ(s.exchange.digit_duration, std::chrono::milliseconds(50));
  ASSERT_EQ(s.exchange.extensions.size(), 1u);
  EXPECT_EQ(s.exchange.extensions[0].number, "9");
  EXPECT_EQ(s.exchange.extensions[0].behaviour, exchange::Behaviour::hangs_up);
  EXPECT_EQ(s.exchange.extensions[0].delay, std::chrono::milliseconds(250));
  EXPECT_EQ(s.sip_process, SipProcess::own);
  EXPECT_EQ(s.sip.bind_address, "127.0.0.2");
  EXPECT_EQ(s.sip.port, 5070);
  EXPECT_TRUE(s.sip_port_given);
  EXPECT_EQ(s.sip.rtp_first, 20000);
  EXPECT_EQ(s.sip.rtp_last, 20100);
  EXPECT_EQ(s.sip.calls_max, 10u);
  EXPECT_EQ(s.sip.calls_unanswered, 5u);
  EXPECT_EQ(s.sip.message_bytes, 8192u);
  EXPECT_EQ(s.sip.user_agent, "Test");
  ASSERT_EQ(s.sip.lines.size(), 2u);
  const sip::LineConfig& carol = s.sip.lines[0];
  EXPECT_EQ(carol.name, "carol");
  EXPECT_EQ(carol.display_name, "Carol C");
  EXPECT_EQ(carol.uri, "sip:carol@example.org");
  EXPECT_EQ(carol.mode, sip::LineMode::account);
  EXPECT_EQ(carol.transport, sip::Transport::tcp);
  EXPECT_EQ(carol.registrar, "sip:registrar.example.org");
  EXPECT_EQ(carol.user, "cc");
  EXPECT_EQ(carol.password, "pw");
  EXPECT_EQ(carol.realm, "r");
  EXPECT_EQ(carol.outbound_proxy, "sip:proxy.example.org");
  EXPECT_EQ(carol.expires, std::chrono::seconds(300));
  EXPECT_EQ(carol.t1, std::chrono::milliseconds(200));
  EXPECT_EQ(carol.session_expires, std::chrono::seconds(600));
  EXPECT_EQ(carol.min_se, std::chrono::seconds(120));
  EXPECT_EQ(carol.reject_code, 486);
  EXPECT_EQ(carol.refer, sip::ReferPolicy::follow);
  EXPECT_FALSE(carol.ring_on_offer);
  EXPECT_EQ(carol.calls_max, 3u);
  EXPECT_EQ(s.sip.lines[1].peer, "sip:pbx.example.org:5080");
  EXPECT_EQ(s.sip.lines[1].accept_from.size(), 2u);
  EXPECT_TRUE(s.sip.lines[1].strict_source);
  EXPECT_EQ(s.sip.lines[1].password, "from a file");
}

TEST(Settings, OfLeaksAreForAllAndByName) {
  Settings settings;
  const Result<void> good = read_text(
      "[leaks]\ncount = 5\nage_s = 60\naction = \"refuse-new\"\n"
      "[[leaks.application]]\nname = \"dialer\"\ncount = 9\naction = \"reclaim\"\n",
      "f", settings);
  ASSERT_TRUE(good) << good.error().context;
  const core::LeakLimits& all = settings.policy.leaks;
  EXPECT_EQ(all.count, 5u);
  EXPECT_EQ(all.age, std::chrono::seconds(60));
  EXPECT_EQ(all.action, LeakAction::refuse_new);
  const core::LeakLimits* dialer = settings.policy.leaks_of("dialer");
  ASSERT_NE(dialer, nullptr);
  EXPECT_EQ(dialer->count, 9u);
  EXPECT_EQ(dialer->age.count(), 0);
  EXPECT_EQ(dialer->action, LeakAction::reclaim);
  EXPECT_EQ(settings.policy.leaks_of("another"), &settings.policy.leaks);
  EXPECT_EQ(complaint("[leaks]\naction = \"shout\"\n"),
            "f:2: leaks.action is \"shout\"; it can be: warn, refuse-new, reclaim");
  EXPECT_EQ(complaint("[[leaks.application]]\ncount = 1\n"), "f:1: leaks.application needs a name");
}

TEST(Settings, OfLostApplicationsAreByLineAndByName) {
  using Action = core::LossPolicy::Action;
  Settings settings;
  const Result<void> good = read_text(
      "[lost]\naction = \"keep\"\nkeep_s = 5\n[[lost.line]]\nname = \"100\"\n"
      "action = \"offer\"\n[[lost.application]]\nname = \"dialer\"\n",
      "f", settings);
  ASSERT_TRUE(good) << good.error().context;
  EXPECT_EQ(settings.policy.loss_of("x", "101").action, Action::keep);
  EXPECT_EQ(settings.policy.loss_of("x", "101").keep, std::chrono::seconds(5));
  EXPECT_EQ(settings.policy.loss_of("x", "100").action, Action::offer);
  EXPECT_EQ(settings.policy.loss_of("dialer", "100").action, Action::end);
  EXPECT_EQ(complaint("[[lost.line]]\n"), "f:1: lost.line needs a name");
}

TEST(Settings, OfCallLimitsAreForAllAndByLine) {
  using std::chrono::seconds;
  Settings settings;
  EXPECT_EQ(settings.policy.calls_of("100").ring, seconds(180)) << "the default";
  const Result<void> good = read_text(
      "[limits]\nno_answer_s = 60\nlength_s = 3600\n[[limits.line]]\nname = \"100\"\n"
      "ring_s = 0\nlength_s = 10\n",
      "f", settings);
  ASSERT_TRUE(good) << good.error().context;
  EXPECT_EQ(settings.policy.calls_of("101").no_answer, seconds(60));
  EXPECT_EQ(settings.policy.calls_of("101").ring, seconds(180));
  EXPECT_EQ(settings.policy.calls_of("100").ring, seconds(0));
  EXPECT_EQ(settings.policy.calls_of("100").length, seconds(10));
  EXPECT_EQ(settings.policy.calls_of("100").no_answer, seconds(60)) << "what it does not say";
  EXPECT_EQ(complaint("[[limits.line]]\nname = \"100\"\n[[limits.line]]\nname = \"100\"\n"),
            "f:3: limits.line: \"100\" is given twice");
  EXPECT_EQ(complaint("[limits]\nring_s = -1\n"), "f:2: limits.ring_s must be 0 to 31622400");
}

TEST(Settings, OfAccessNameGroupsAndWhoseLinesAre) {
  Settings settings;
  const Result<void> good = read_text(
      "[access]\noperators = [\"ops\"]\nobservers = [\"chiefs\"]\n[[access.line]]\nname = \"100\"\n"
      "users = [\"anna\", \"17\"]\ngroups = [\"sales\"]\n",
      "f", settings);
  ASSERT_TRUE(good) << good.error().context;
  EXPECT_EQ(settings.access.operators, std::vector<std::string>{"ops"});
  EXPECT_EQ(settings.access.observers, std::vector<std::string>{"chiefs"});
  ASSERT_TRUE(settings.access.lines.contains("100"));
  EXPECT_EQ(settings.access.lines["100"].users, (std::vector<std::string>{"anna", "17"}));
  EXPECT_EQ(settings.access.lines["100"].groups, std::vector<std::string>{"sales"});
  EXPECT_EQ(complaint("[access]\noperators = \"ops\"\n"),
            "f:2: access.operators must be a list of texts");
}

TEST(Settings, SipHasAProcessOfItsOwnInTheMachinesDaemonUnlessOneSaysOtherwise) {
  for (const bool system : {false, true}) {
    Settings usual;
    usual.system = system;
    complete(usual);
    EXPECT_EQ(usual.sip_process, system ? SipProcess::own : SipProcess::daemon);
    Settings said;
    said.system = system;
    ASSERT_TRUE(read_text(system ? "[sip]\nprocess = \"daemon\"\n" : "[sip]\nprocess = \"own\"\n",
                          "f", said));
    complete(said);
    EXPECT_EQ(said.sip_process, system ? SipProcess::daemon : SipProcess::own);
  }
}

TEST(Settings, MistakesAreNamed) {
  EXPECT_EQ(complaint("[service]\nsocket_mode = \"9\"\n"),
            "f:2: service.socket_mode must be three octal digits in quotes, as \"660\"");
  EXPECT_EQ(complaint("[service]\nsocket_mode = 660\n"),
            "f:2: service.socket_mode must be three octal digits in quotes, as \"660\"");
  EXPECT_EQ(complaint("[service]\nstore = 5\n"), "f:2: service.store must be a text in quotes");
  EXPECT_EQ(complaint("[service]\ntcp_port = 65536\n"), "f:2: service.tcp_port must be 0 to 65535");
  EXPECT_EQ(complaint("[service]\ntcp_port = -1\n"), "f:2: service.tcp_port must be 0 to 65535");
  EXPECT_EQ(complaint("service = 1\n"), "f:1: service must be a table");
  EXPECT_EQ(complaint("[exchange]\nlines = \"100\"\n"),
            "f:2: exchange.lines must be a list of texts");
  EXPECT_EQ(complaint("[exchange]\nlines = [\"100\",\n 101]\n"),
            "f:3: exchange.lines has a member that is not a text");
  EXPECT_EQ(complaint("[exchange]\nenabled = 1\n"), "f:2: exchange.enabled must be true or false");
  EXPECT_EQ(complaint("\n\n[extra]\n"), "f:3: there is no setting \"extra\"");
  EXPECT_EQ(complaint("[sip]\nline = [1]\n"), "f:2: sip.line has a member that is not a table");
  EXPECT_EQ(complaint("[sip]\n[[sip.line]]\nname = \"a\"\nnmae = \"b\"\n"),
            "f:4: there is no setting \"sip.line.nmae\"");
}

TEST(Settings, AddressesHaveAHostAndAPort) {
  for (const char* wrong : {"9464", "127.0.0.1:abc", "127.0.0.1:99999", "127.0.0.1:-1", "::1:80"}) {
    EXPECT_EQ(complaint("[metrics]\nlisten = \"" + std::string(wrong) + "\"\n"),
              "f:2: metrics.listen is \"" + std::string(wrong) +
                  "\"; it can be HOST:PORT or the path of a Unix socket");
    EXPECT_EQ(complaint("[trace]\nhep = \"" + std::string(wrong) + "\"\n"),
              "f:2: trace.hep is \"" + std::string(wrong) + "\"; it can be HOST:PORT");
  }
  for (const char* right : {"127.0.0.1:9464", "[::1]:0", "/run/switchhook/metrics.sock"})
    EXPECT_EQ(complaint("[metrics]\nlisten = \"" + std::string(right) + "\"\n"), "none");
}

TEST(Settings, OtherMachinesReachTheConsoleByTlsOnly) {
  for (const char* near :
       {"127.0.0.1:9465", "[::1]:9465", "localhost:0", "/run/switchhook/console"})
    EXPECT_EQ(complaint("[console]\nlisten = \"" + std::string(near) + "\"\n"), "none");
  for (const std::string far : {"0.0.0.0:9465", "192.0.2.1:9465", "pbx.example.org:9465"}) {
    const std::string listen = "[console]\nlisten = \"" + far + "\"\n";
    EXPECT_EQ(complaint(listen),
              "f:2: console.listen is \"" + far +
                  "\"; other machines may reach it by TLS only: certificate, key");
    EXPECT_EQ(complaint(listen + "certificate = \"c\"\n"),
              "f:2: console.listen needs both a certificate and its key for TLS");
    EXPECT_EQ(complaint(listen + "certificate = \"c\"\nkey = \"k\"\n"), "none");
  }
  EXPECT_EQ(complaint("[console]\nmessages = -1\n"), "f:2: console.messages must be 0 to 100000");
}

TEST(Settings, WhatAProviderObjectsToIsPassedOnWithItsPlace) {
  EXPECT_EQ(complaint("\n[sip]\nbind_address = \"0.0.0.0\"\n").substr(0, 9), "f:3: sip:");
  EXPECT_EQ(complaint("[sip]\n[[sip.line]]\nname = \"a\"\n[[sip.line]]\nname = \"b\"\nt1_ms = 5\n"),
            "f:6: sip: line \"b\": t1 must be 10 to 10000 milliseconds");
  EXPECT_EQ(complaint("[sip]\n[[sip.line]]\nname = \"a\"\nmode = \"account\"\n"),
            "f:2: sip: line \"a\": an account needs a registrar")
      << "what is not there is missing in its table";
  EXPECT_EQ(complaint("[exchange]\nlines = [\"1\",\n \"x\"]\n"),
            "f:3: exchange: \"x\" is not a number");
  EXPECT_EQ(complaint("[exchange]\n[[exchange.extension]]\nnumber = \"7\"\n"
                      "[[exchange.extension]]\nnumber = \"7\"\n"),
            "f:4: exchange: the number 7 is given twice");
}

TEST(Settings, AllMistakesAreNamedAtOnceInTheirOrder) {
  EXPECT_EQ(complaint("[sip]\nport = -1\n[service]\ncolour = 1\n[limits]\nring_s = \"x\"\n"),
            "f:2: sip.port must be 0 to 65535\nf:4: there is no setting \"service.colour\"\n"
            "f:6: limits.ring_s must be a whole number");
  std::string many = "[service]\n";
  for (int i = 0; i < 150; ++i) many += "x" + std::to_string(i) + " = 1\n";
  const std::string said = complaint(many);
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 100);
  EXPECT_TRUE(said.ends_with("\nf: and 50 more mistakes")) << said;
}

/// Reading what somebody has put in the file's place ends, and at once.
TEST(Settings, HostileFilesAreRefused) {
  constexpr std::size_t kMany = 1 << 20;
  for (const std::string& text :
       {"a = " + std::string(kMany, '['), std::string(kMany, '['), "a = " + std::string(kMany, '{'),
        "\"" + std::string(kMany, '.'), std::string(kMany, '\0'), std::string(kMany, '\xff')})
    EXPECT_LT(complaint(text).size(), 4096u);
  const std::string fifo = ::testing::TempDir() + "switchhook-fifo-" + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  Settings settings;
  EXPECT_EQ(read_file(fifo, settings).error().context, fifo + " is no file");
  EXPECT_EQ(read_file("/dev/zero", settings).error().context, "/dev/zero is larger than 4 MiB");
  ::unlink(fifo.c_str());
}

TEST(Settings, ATableForALineThatIsNotThereIsAMistake) {
  EXPECT_EQ(complaint("[[limits.line]]\nname = \"100\"\n[[lost.line]]\nname = \"alice\"\n"),
            "none");
  EXPECT_EQ(complaint("[[limits.line]]\nname = \"099\"\n[[access.line]]\nname = \"x\"\n"),
            "f:2: limits.line: there is no line \"099\"\nf:4: access.line: there is no line \"x\"");
  EXPECT_EQ(complaint("[exchange]\nenabled = false\n[[lost.line]]\nname = \"100\"\n"),
            "f:4: lost.line: there is no line \"100\"");
}

TEST(Settings, APasswordMayBeACredentialOfTheService) {
  const test::TempFolder folder;
  std::ofstream(folder / "carol") << "from systemd\n";
  const std::string text = "[sip]\n[[sip.line]]\nname = \"a\"\npassword_credential = \"carol\"\n";
  ::unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_TRUE(complaint(text).starts_with("f:4: sip.line.password_credential cannot be used: "));
  ::setenv("CREDENTIALS_DIRECTORY", folder.path().c_str(), 1);
  Settings settings;
  EXPECT_TRUE(read_text(text, "f", settings));
  EXPECT_EQ(settings.sip.lines[0].password, "from systemd");
  EXPECT_TRUE(complaint("[sip]\n[[sip.line]]\nname = \"a\"\npassword_credential = \"../x\"\n")
                  .starts_with("f:4: "));
  EXPECT_TRUE(complaint("[sip]\n[[sip.line]]\nname = \"a\"\npassword = \"x\"\n"
                        "password_credential = \"carol\"\n")
                  .starts_with("f:5: "))
      << "one of them";
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST(Settings, APasswordInAFileThatEverybodyReadsIsWarnedOf) {
  const test::TempFolder folder;
  const std::string file = folder / "f.toml";
  std::ofstream(file) << "[sip]\n[[sip.line]]\nname = \"a\"\npassword = \"x\"\n";
  for (const mode_t mode : {0644u, 0640u}) {
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
    Settings settings;
    ASSERT_TRUE(read_file(file, settings));
    EXPECT_EQ(settings.warnings.size(), mode == 0644u ? 1u : 0u);
    if (mode == 0644u) {
      EXPECT_TRUE(settings.warnings[0].starts_with(file + ":4: "));
    }
  }
}

TEST(Settings, OfTheLogAreBySubject) {
  Settings settings;
  ASSERT_TRUE(
      read_text("[service]\nlog_level = \"warn\"\n[log]\nformat = \"json\"\ndigits = true\n"
                "calls = \"debug\"\n",
                "f", settings));
  EXPECT_EQ(settings.log.level, "warn");
  EXPECT_EQ(settings.log.format, log::Format::json);
  EXPECT_TRUE(settings.log.digits);
  EXPECT_EQ(settings.log.levels[static_cast<std::size_t>(log::Subject::calls)], "debug");
  EXPECT_EQ(settings.log.levels[static_cast<std::size_t>(log::Subject::lines)], "");
  EXPECT_EQ(complaint("[log]\ncalls = \"loud\"\n"),
            "f:2: log.calls is \"loud\"; it can be: debug, info, warn, error, off");
}

TEST(Settings, EmergencyNumbersAreFoundInAddresses) {
  Settings settings;
  EXPECT_TRUE(settings.policy.is_emergency("112"));
  EXPECT_TRUE(settings.policy.is_emergency("sip:911@example.org:5060"));
  EXPECT_TRUE(settings.policy.is_emergency("tel:112;phone-context=x"));
  EXPECT_FALSE(settings.policy.is_emergency("1123"));
  EXPECT_FALSE(settings.policy.is_emergency("sip:bob@112"));
  ASSERT_TRUE(read_text("[emergency]\nnumbers = [\"110\"]\n", "f", settings));
  EXPECT_TRUE(settings.policy.is_emergency("110"));
  EXPECT_FALSE(settings.policy.is_emergency("112"));
}

TEST(Settings, ASecretThatOthersCanReadIsRefused) {
  const test::TempFolder folder;
  std::ofstream(folder / "secret") << "open\n";
  ASSERT_EQ(::chmod((folder / "secret").c_str(), 0644), 0);
  const std::string said = complaint("[sip]\n[[sip.line]]\nname = \"a\"\npassword_file = \"" +
                                     (folder / "secret") + "\"\n");
  EXPECT_TRUE(said.starts_with("f:4: sip.line.password_file cannot be used: ")) << said;
}

TEST(Settings, ADatabaseIsNamedAsLibpqTakesItAndItsPasswordStandsElsewhere) {
  const test::TempFolder folder;
  std::ofstream(folder / "secret") << "s3cret\n";
  ASSERT_EQ(::chmod((folder / "secret").c_str(), 0600), 0);
  const std::string file = "password_file = \"" + (folder / "secret") + "\"\n";
  Settings s;
  const Result<void> good =
      read_text("[records]\npostgresql = \"host=db dbname=calls\"\ntimeout_s = 3\n" + file, "f", s);
  ASSERT_TRUE(good) << good.error().context;
  EXPECT_EQ(s.postgresql.conninfo, "host=db dbname=calls");
  EXPECT_EQ(s.postgresql.password, "s3cret");
  EXPECT_EQ(s.postgresql.timeout_s, 3u);
  EXPECT_TRUE(
      complaint("[records]\npostgresql = \"host=db nothing=1\"\n")
          .starts_with("f:2: records.postgresql is no conninfo: invalid connection option"));
  EXPECT_EQ(complaint("[records]\npostgresql = \"postgresql://u:p@db/calls\"\n" + file),
            "f:3: records.password_file is one password more than there can be");
  EXPECT_EQ(complaint("[records]\ntimeout_s = 0\n"), "f:2: records.timeout_s must be 1 to 600");
}

}  // namespace
}  // namespace switchhook::daemon
