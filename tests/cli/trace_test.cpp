// SPDX-License-Identifier: Apache-2.0
// `switchhook trace` against a daemon whose SIP provider has a process of its own: who may, what is
// shown of whom, what is blanked, what other programs read of the capture file, and the collector.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "command.hpp"
#include "fixture.hpp"
#include "tests/support/count_of.hpp"

namespace switchhook {
namespace {

using test::Cli;
using test::Command;
using test::count_of;
using test::DaemonProcess;
using test::eventually;
using test::Json;

constexpr auto kSoon = std::chrono::seconds(20);
constexpr int kDenied = 13;  // docs/cli.md
constexpr auto* kConfig =
    "[sip]\nport = 0\nprocess = \"own\"\n"
    "[[sip.line]]\nname = \"alice\"\n[[sip.line]]\nname = \"bob\"\n[[sip.line]]\nname = "
    "\"carol\"\n";

/// Datagrams that come to a free port.
class Collector {
 public:
  Collector() : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    const timeval limit{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Collector() { ::close(socket_); }
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  [[nodiscard]] std::string port() const { return std::to_string(port_); }
  /// All up to the first that has this text; empty when it does not come.
  std::vector<std::string> until(const std::string& text) {
    std::vector<std::string> all;
    std::array<char, 65536> buffer{};
    while (true) {
      const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (size <= 0) return {};
      all.emplace_back(buffer.data(), static_cast<std::size_t>(size));
      if (all.back().find(text) != std::string::npos) return all;
    }
  }

 private:
  const int socket_;
  std::uint16_t port_ = 0;
};

class TraceTest : public testing::Test {
 protected:
  void begin(const std::string& more = "") {
    daemon_ = std::make_unique<DaemonProcess>(DaemonProcess::Options{.config = kConfig + more});
    auto made = Application::connect({.name = "program", .socket = daemon_->socket()});
    ASSERT_TRUE(made) << made.error().text();
    program_ = std::move(*made);
    for (const char* name : {"alice", "bob"}) {
      auto line = program_.open_line(name, Privilege::owner);
      ASSERT_TRUE(line) << line.error().text();
      (name == std::string("alice") ? alice_ : bob_) = std::move(*line);
    }
  }
  std::unique_ptr<Command> run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), SWITCHHOOK_CLI);
    return std::make_unique<Command>(
        std::move(arguments), Command::Environment{{"SWITCHHOOK_SOCKET", daemon_->socket()}});
  }
  /// A trace that has begun.
  std::unique_ptr<Command> trace(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "trace");
    auto command = run(std::move(arguments));
    EXPECT_TRUE(command->says("MESSAGE")) << command->err();
    return command;
  }
  /// alice calls bob, who answers; both ends are held here.
  void call() {
    auto made = alice_.call("bob");
    ASSERT_TRUE(made) << made.error().text();
    caller_ = std::move(*made);
    auto came = bob_.next_call(kSoon);
    ASSERT_TRUE(came) << came.error().text();
    callee_ = std::move(*came);
    ASSERT_TRUE(callee_.answer());
    ASSERT_TRUE(caller_.wait_for(CallState::connected, kSoon));
  }
  void hang_up() {
    ASSERT_TRUE(caller_.drop());
    ASSERT_TRUE(caller_.wait_for_record(kSoon));
    ASSERT_TRUE(callee_.wait_for_end(kSoon));
  }
  static std::string number(const Session& session) {
    auto record = session.record();
    return record ? std::to_string(record->call_id) : "?";
  }
  static int end(Command& command) {
    command.signal(SIGINT);
    return command.wait();
  }

  std::unique_ptr<DaemonProcess> daemon_;
  Application program_;
  Line alice_, bob_;
  Session caller_, callee_;
};

TEST_F(TraceTest, ShowsTheMessagesOfACallAsALadder) {
  begin();
  auto shown = trace({});
  call();
  hang_up();
  ASSERT_TRUE(shown->says("200 OK (BYE)"));
  EXPECT_EQ(end(*shown), 130);
  const std::string out = shown->out();
  // Each message is sent by one line of this daemon and received by another.
  for (const char* words : {" INVITE sip:bob@", " 180 Ringing (INVITE) ", " 200 OK (INVITE) ",
                            " ACK sip:", " BYE sip:"})
    EXPECT_GE(count_of(words, out), 2u) << words << "\n" << out;
  EXPECT_NE(out.find("->  127.0.0.1:"), std::string::npos) << out;
  EXPECT_NE(out.find("<-"), std::string::npos) << out;
  EXPECT_NE(out.find("  alice  "), std::string::npos) << out;
  EXPECT_NE(out.find("  bob  "), std::string::npos) << out;
}

TEST_F(TraceTest, BlanksBodiesUnlessSecretsAreAskedFor) {
  begin();
  auto blanked = trace({"--messages"});
  auto whole = trace({"--messages", "--secrets"});
  call();
  hang_up();
  ASSERT_TRUE(blanked->says("200 OK (BYE)"));
  ASSERT_TRUE(whole->says("200 OK (BYE)"));
  end(*blanked);
  end(*whole);
  EXPECT_NE(blanked->out().find("Content-Type: application/sdp"), std::string::npos);
  EXPECT_EQ(blanked->out().find("m=audio"), std::string::npos) << blanked->out();
  EXPECT_NE(blanked->out().find("xxxxxxxx"), std::string::npos);
  EXPECT_NE(whole->out().find("m=audio"), std::string::npos) << whole->out();
}

TEST_F(TraceTest, OfASessionOrALineShowsItsMessagesOnly) {
  begin();
  call();
  auto of_caller = trace({"--session", number(caller_)});
  auto of_carol = trace({"--line", "carol"});
  auto of_bob = trace({"--line", "bob", "--count", "2"});
  hang_up();
  EXPECT_EQ(of_bob->wait(), 0) << "it ends by itself";
  EXPECT_EQ(count_of("  bob  ", of_bob->out()), 2u) << of_bob->out();
  ASSERT_TRUE(of_caller->says("200 OK (BYE)"));
  end(*of_caller);
  EXPECT_EQ(of_caller->lines().size(), 3u)
      << "a heading, a BYE and its answer: " << of_caller->out();
  EXPECT_EQ(count_of("  alice  " + number(caller_), of_caller->out()), 2u) << of_caller->out();
  end(*of_carol);
  EXPECT_EQ(of_carol->out().find("127.0.0.1"), std::string::npos) << of_carol->out();
  auto none = run({"trace", "--session", "4711"});
  EXPECT_NE(none->wait(), 0);
  EXPECT_NE(none->err().find("session 4711"), std::string::npos) << none->err();
  auto nobodys = run({"trace", "--line", "nobody"});
  EXPECT_NE(nobodys->wait(), 0);
  EXPECT_NE(nobodys->err().find("nobody"), std::string::npos) << nobodys->err();
}

TEST_F(TraceTest, GoesOnWhenTheProvidersProcessDied) {
  begin();
  auto shown = trace({});
  Command children({"/usr/bin/pgrep", "-P", daemon_->field("pid")});
  ASSERT_EQ(children.wait(), 0) << children.err();
  ::kill(std::stoi(children.out()), SIGKILL);
  EXPECT_TRUE(eventually([&] {  // a call to nobody is refused by the next process
    auto line = program_.open_line("alice");
    auto made = line ? line->call("nobody") : Result<Session>(line.error());
    if (made) static_cast<void>(made->wait_for_record(kSoon));
    return shown->out().find("404 Not Found (INVITE)") != std::string::npos;
  })) << shown->out();
  end(*shown);
}

TEST_F(TraceTest, TheCaptureFileIsReadByTsharkAndIsItsOwnersAlone) {
  begin();
  const std::string file = daemon_->folder() / "trace.pcap";
  auto shown = trace({"--pcap", file});
  auto piped = run({"trace", "--pcap", "-", "--count", "4"});
  ASSERT_TRUE(eventually([&] { return piped->out().size() >= 24; })) << "the file's head";
  call();
  hang_up();
  ASSERT_TRUE(shown->says("200 OK (BYE)"));
  end(*shown);
  EXPECT_EQ(piped->wait(), 0);
  EXPECT_EQ(piped->out().substr(0, 4), "\xd4\xc3\xb2\xa1") << "and nothing else is written";
  struct stat how {};
  ASSERT_EQ(::stat(file.c_str(), &how), 0);
  EXPECT_EQ(how.st_mode & 0777, 0600u);
  const std::string port = daemon_->field("sip").substr(daemon_->field("sip").rfind(':') + 1);
  Command tshark({"/usr/bin/tshark", "-r", file, "-o", "ip.check_checksum:TRUE", "-o",
                  "udp.check_checksum:TRUE", "-d", "udp.port==" + port + ",sip", "-T", "fields",
                  "-e", "sip.Method", "-e", "sip.Status-Code", "-e", "ip.checksum.status", "-e",
                  "udp.checksum.status"});
  ASSERT_EQ(tshark.wait(), 0) << tshark.err();
  const std::vector<std::string> lines = tshark.lines();
  EXPECT_GE(lines.size(), 12u) << tshark.out();
  for (const std::string& line : lines)
    EXPECT_TRUE(line.ends_with("\t1\t1")) << "a wrong checksum: " << line;
  for (const char* what : {"INVITE\t\t", "\t180\t", "\t200\t", "ACK\t\t", "BYE\t\t"})
    EXPECT_NE(tshark.out().find(what), std::string::npos) << what << "\n" << tshark.out();
}

TEST_F(TraceTest, TheCaptureFileIsReadBySngrep) {
  begin();
  const std::string file = daemon_->folder() / "trace.pcap",
                    again = daemon_->folder() / "again.pcap";
  auto shown = trace({"--pcap", file});
  call();
  hang_up();
  ASSERT_TRUE(shown->says("200 OK (BYE)"));
  end(*shown);
  Command sngrep({"/usr/bin/sngrep", "-N", "-q", "-I", file, "-O", again});
  ASSERT_EQ(sngrep.wait(), 0) << sngrep.err();
  EXPECT_NE(test::content_of(again).find("INVITE sip:bob@"), std::string::npos)
      << "sngrep writes the SIP messages that it has understood";
}

TEST_F(TraceTest, ACollectorGetsEveryMessageBlanked) {
  Collector collector;
  begin("[trace]\nhep = \"localhost:" + collector.port() +
        "\"\ncapture_id = 77\npassword = \"for the collector\"\n");
  call();
  hang_up();
  const std::vector<std::string> packets = collector.until("INVITE sip:bob@");
  ASSERT_FALSE(packets.empty());
  const std::vector<std::string> more = collector.until("BYE sip:");
  ASSERT_FALSE(more.empty());
  for (const std::string& packet : packets) {
    EXPECT_EQ(packet.substr(0, 4), "HEP3");
    EXPECT_NE(packet.find("for the collector"), std::string::npos);
    EXPECT_NE(packet.find(std::string("\0\x0c\0\x0a\0\0\0\x4d", 8)), std::string::npos);
    EXPECT_EQ(packet.find("m=audio"), std::string::npos);
  }
}

TEST_F(TraceTest, SngrepListensAsACollector) {
  const std::string port = Collector().port();  // free again
  test::TempFolder folder;
  const std::string file = folder / "heard.pcap";
  Command sngrep({"/usr/bin/sngrep", "-N", "-q", "-L", "udp:127.0.0.1:" + port, "-O", file});
  begin("[trace]\nhep = \"127.0.0.1:" + port + "\"\n");
  ASSERT_TRUE(eventually([&] {  // it takes a moment to listen
    auto made = alice_.call("nobody");
    EXPECT_TRUE(made && made->wait_for_record(kSoon));
    return test::content_of(file).find("INVITE sip:nobody@") != std::string::npos;
  }));
  sngrep.signal(SIGTERM);
  static_cast<void>(sngrep.wait());
}

TEST_F(TraceTest, ACollectorGetsBodiesWhereTheConfigurationSaysSo) {
  Collector collector;
  begin("[trace]\nhep = \"127.0.0.1:" + collector.port() + "\"\nsecrets = true\n");
  call();
  EXPECT_FALSE(collector.until("m=audio").empty());
  hang_up();
}

TEST_F(TraceTest, AnOtherUserIsRefused) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to be another user";
  begin("[service]\nsocket_mode = \"666\"\n");
  ::chmod(daemon_->folder().path().c_str(), 0755);
  Command refused({"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                   SWITCHHOOK_CLI, "trace"},
                  {{"SWITCHHOOK_SOCKET", daemon_->socket()}});
  EXPECT_EQ(refused.wait(), kDenied) << refused.out() << refused.err();
  EXPECT_NE(refused.err().find("only an operator may trace"), std::string::npos) << refused.err();
}

}  // namespace
}  // namespace switchhook
