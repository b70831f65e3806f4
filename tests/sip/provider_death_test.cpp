// SPDX-License-Identifier: Apache-2.0
// The SIP provider in a process of its own, which dies: its calls end, here and at their far ends,
// with one record each; its lines close and come back; what it is none of the business of goes on.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

#include "tests/sip/far_end.hpp"
#include "tests/sip/scripted.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook::sip::test {
namespace {

namespace fs = std::filesystem;
using switchhook::test::DaemonProcess;
using switchhook::test::eventually;
using switchhook::test::TestClient;

/// The line in which the system tells how a process is; empty when it is not there.
std::string stat_of(const std::string& process) {
  std::string line;
  std::ifstream file("/proc/" + process + "/stat");
  std::getline(file, line);
  return line;
}

/// The processes that a process has started and that have not ended.
std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string stat = stat_of(name);
    const std::size_t end = stat.rfind(')');  // of the name, which may have spaces
    if (end == std::string::npos) continue;
    std::istringstream rest(stat.substr(end + 1));
    char state = 0;
    pid_t its_parent = 0;
    rest >> state >> its_parent;
    if (its_parent == parent && state != 'Z') found.push_back(static_cast<pid_t>(std::stol(name)));
  }
  return found;
}

/// Whether a process is there, and no zombie.
bool lives(pid_t process) {
  const std::string stat = stat_of(std::to_string(process));
  return !stat.empty() && stat.find(") Z") == std::string::npos;
}

std::size_t count_in(const std::string& text, const std::string& words) {
  std::size_t count = 0;
  for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1))
    ++count;
  return count;
}

class ProviderDeath : public testing::Test {
 protected:
  explicit ProviderDeath(FarEnd::By by = FarEnd::By::udp, bool store = true)
      : daemon_({.config = std::string("[sip]\nport = 0\nprocess = \"own\"\n[[sip.line]]\n") +
                           "name = \"alice\"\nt1_ms = 50\ntransport = \"" +
                           (by == FarEnd::By::udp ? "udp" : "tcp") + "\"\n",
                 .store = store}),
        far_(by) {
    connect();
  }

  void connect() {
    app_ = std::make_unique<TestClient>(daemon_.socket(), "app");
    alice_ = app_->open("alice");
  }
  [[nodiscard]] pid_t child() {
    const std::vector<pid_t> all = children_of(daemon_.process().pid());
    return all.size() == 1 ? all[0] : 0;
  }
  void kill_child(int signal = SIGABRT) {
    const pid_t process = child();
    ASSERT_GT(process, 0);
    ASSERT_EQ(::kill(process, signal), 0);
    ASSERT_TRUE(eventually([&] { return !lives(process); }));
  }
  [[nodiscard]] std::uint16_t port() const {
    const std::string sip = daemon_.field("sip");
    return static_cast<std::uint16_t>(std::stoul(sip.substr(sip.rfind(':') + 1)));
  }
  /// A call, which the far end has answered with this status.
  void call(int status) {
    call_ = app_->call(alice_, far_.uri());
    invite_ = far_.receive_request("INVITE");
    last_cseq_ = cseq_number(invite_);
    far_.send(far_.response(invite_, status, status == 200));
    ASSERT_TRUE(app_->reaches(call_, status == 200 ? CallState::connected : CallState::ringback));
    if (status == 200) {
      ASSERT_NE(far_.receive_request("ACK"), "");
    }
  }
  /// A call from the far end, offered to the application.
  void be_called() {
    far_.connect(port());
    const std::string uri = "sip:alice@127.0.0.1:" + std::to_string(port());
    invite_ = far_.request("INVITE", uri, "<" + far_.uri() + ">;tag=caller", "<" + uri + ">",
                           "provider-death@test", 1, true);
    far_.send(invite_);
    const auto appeared = app_->next_event<api::CallAppeared>();
    ASSERT_TRUE(appeared);
    call_ = appeared->call;
  }
  void expect_closed() {
    const auto closed = app_->next_event<api::LineClosed>();
    ASSERT_TRUE(closed);
    EXPECT_EQ(closed->open.value, alice_.value);
    EXPECT_NE(closed->why.find("process"), std::string::npos) << closed->why;
    EXPECT_FALSE(app_->look(call_)) << "closing a line takes its identifiers";
  }
  /// The line serves again: it can be opened, and a call works.
  void expect_back() {
    ASSERT_TRUE(eventually([&] { return in_service(); }));
    alice_ = app_->open("alice");
    ASSERT_NO_FATAL_FAILURE(call(200));
    ASSERT_TRUE(app_->post(api::DropCall{call_}, [](auto) {}));
    const std::string bye = far_.receive_request("BYE");
    ASSERT_NE(bye, "");
    far_.reply(bye, 200);
    EXPECT_TRUE(app_->reaches(call_, CallState::idle));
    const auto snapshot = app_->look(call_);
    ASSERT_TRUE(snapshot);
    last_session_ = snapshot->record.session;
    EXPECT_TRUE(app_->port().call(api::ReleaseCall{call_}));
  }
  [[nodiscard]] bool in_service() {
    const auto status =
        app_->port().call_for<api::LineStatus>(api::GetLineStatus{.line = app_->line("alice")});
    return status && status->info.in_service;
  }
  std::string expect_end(const std::string& method) {
    std::string end = far_.receive_request(method);
    EXPECT_NE(end, "");
    EXPECT_EQ(header(end, "Call-ID"), header(invite_, "Call-ID"));
    EXPECT_NE(end.find("Reason: Q.850;cause=41"), std::string::npos) << end;
    if (method == "BYE") {
      EXPECT_GT(cseq_number(end), last_cseq_);
    }
    return end;
  }
  Record expect_one_record(Confirmation confirmation = Confirmation::confirmed) {
    EXPECT_TRUE(eventually([&] { return app_->records().size() == 1; }));
    const std::vector<Record> records = app_->records();
    EXPECT_EQ(records.size(), 1u);
    if (records.size() != 1 || !records[0].end) return {};
    EXPECT_EQ(records[0].end->origin, EndOrigin::provider);
    EXPECT_EQ(records[0].end->cause.mode, DisconnectMode::temporary_failure);
    EXPECT_NE(records[0].end->cause.words.find("process"), std::string::npos)
        << records[0].end->cause.words;
    EXPECT_EQ(records[0].end->confirmation, confirmation);
    EXPECT_EQ(records[0].state, CallState::idle);
    return records[0];
  }
  void expect_clean() {
    EXPECT_TRUE(eventually([&] { return app_->audit().clean(); }));
  }

  DaemonProcess daemon_;
  FarEnd far_;
  std::unique_ptr<TestClient> app_;
  api::OpenId alice_;
  api::CallId call_;
  std::string invite_;
  int last_cseq_ = 0;
  std::uint64_t last_session_ = 0;  ///< of the call that worked again
};

TEST_F(ProviderDeath, ACallThatWasUpGetsItsByeAndTheLineIsBack) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  ASSERT_NO_FATAL_FAILURE(kill_child());
  ASSERT_NO_FATAL_FAILURE(expect_closed());
  far_.reply(expect_end("BYE"), 200);
  EXPECT_EQ(expect_one_record().provider_call_id, header(invite_, "Call-ID"));
  ASSERT_NO_FATAL_FAILURE(expect_back());
  expect_clean();
  EXPECT_TRUE(eventually([&] { return app_->records().size() == 2; }));
  EXPECT_NE(daemon_.log().find("it died (signal 6"), std::string::npos) << daemon_.log();
}

class ProviderDeathByTcp : public ProviderDeath {
 protected:
  ProviderDeathByTcp() : ProviderDeath(FarEnd::By::tcp) {}
};

TEST_F(ProviderDeathByTcp, ACallThatWasUpGetsItsBye) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  ASSERT_NO_FATAL_FAILURE(kill_child(SIGKILL));
  far_.reply(expect_end("BYE"), 200);
  expect_one_record();
  ASSERT_NO_FATAL_FAILURE(expect_back());
  expect_clean();
}

TEST_F(ProviderDeath, ACallThatWasRingingIsCancelled) {
  ASSERT_NO_FATAL_FAILURE(call(180));
  ASSERT_NO_FATAL_FAILURE(kill_child());
  ASSERT_NO_FATAL_FAILURE(expect_closed());
  far_.reply(expect_end("CANCEL"), 200);
  far_.send(far_.response(invite_, 487));
  EXPECT_NE(far_.receive_request("ACK"), "");
  expect_one_record();
  expect_clean();
}

TEST_F(ProviderDeath, ACallThatWasOfferedIsRefused) {
  ASSERT_NO_FATAL_FAILURE(be_called());
  ASSERT_NO_FATAL_FAILURE(kill_child());
  ASSERT_NO_FATAL_FAILURE(expect_closed());
  std::string refusal;
  EXPECT_TRUE(eventually([&] {
    refusal = far_.receive_response("INVITE");
    return status_of(refusal) == 480;
  })) << refusal;
  const std::string uri = "sip:alice@127.0.0.1:" + std::to_string(port());
  std::string ack = far_.request("ACK", uri, header(refusal, "From"), header(refusal, "To"),
                                 header(refusal, "Call-ID"), 1);
  ack.replace(ack.find(branch_of(ack)), branch_of(ack).size(), branch_of(invite_));
  far_.send(ack);
  EXPECT_EQ(expect_one_record().direction, Direction::incoming);
  expect_clean();
}

TEST_F(ProviderDeath, AFarEndThatForgotTheCallSaysSo) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  ASSERT_NO_FATAL_FAILURE(kill_child());
  far_.reply(expect_end("BYE"), 481);
  expect_one_record(Confirmation::already_gone);
  expect_clean();
}

TEST_F(ProviderDeath, TheNextProcessDiesAndTheOneAfterItEndsTheCall) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  ASSERT_NO_FATAL_FAILURE(kill_child());
  expect_end("BYE");  // and nothing is said to it
  ASSERT_NO_FATAL_FAILURE(kill_child());
  // The second process may have died before the daemon heard that it was there; and its BYEs come
  // first.
  const auto recorded = [&] {
    for (int look = 0; look < 30 && app_->records().empty(); ++look)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return !app_->records().empty();
  };
  do far_.reply(expect_end("BYE"), 200);
  while (!recorded() && !HasFailure());
  expect_one_record();
  ASSERT_NO_FATAL_FAILURE(expect_back());
  expect_clean();
}

TEST_F(ProviderDeath, AMadeCallThatNothingWentOutOfIsNoCall) {
  const pid_t process = child();
  ASSERT_EQ(::kill(process, SIGSTOP), 0);
  ASSERT_TRUE(eventually(
      [&] { return stat_of(std::to_string(process)).find(") T") != std::string::npos; }));
  ASSERT_TRUE(app_->post(api::MakeCall{.open = alice_, .address = far_.uri()}, [](auto) {}));
  ASSERT_EQ(::kill(process, SIGKILL), 0);
  EXPECT_TRUE(app_->next_event<api::LineClosed>());
  // Refused, or given up before it was: the engine may have heard of the line first.
  ASSERT_NO_FATAL_FAILURE(expect_back());
  const std::vector<Record> records = app_->records();
  EXPECT_LE(records.size(), 2u);
  for (const Record& record : records) {
    if (record.session == last_session_) continue;
    EXPECT_EQ(record.end->confirmation, Confirmation::not_applicable);
  }
  expect_clean();
}

TEST_F(ProviderDeath, OtherProvidersGoOn) {
  const api::OpenId extension = app_->open("100");
  const api::CallId other = app_->call(extension, "200");
  ASSERT_TRUE(app_->reaches(other, CallState::connected));
  ASSERT_NO_FATAL_FAILURE(call(200));
  ASSERT_NO_FATAL_FAILURE(kill_child());
  ASSERT_NO_FATAL_FAILURE(expect_closed());
  const auto snapshot = app_->look(other);
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->record.state, CallState::connected);
  far_.reply(expect_end("BYE"), 200);
  expect_one_record();
  EXPECT_TRUE(app_->port().call(api::DropCall{other}));
}

/// A UDP port of 127.0.0.1 that somebody else has now.
class TakenPort {
 public:
  explicit TakenPort(std::uint16_t port)
      : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    own.sin_port = htons(port);
    taken_ = ::bind(socket_, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0;
  }
  ~TakenPort() { ::close(socket_); }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;
  [[nodiscard]] bool taken() const { return taken_; }

 private:
  const int socket_;
  bool taken_ = false;
};

TEST_F(ProviderDeath, AProcessThatCannotStartIsTriedAgainAndAgainButNotAllTheTime) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  std::optional<TakenPort> taken;
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually([&] {  // in the pause before the next one is started
    if (const pid_t process = child(); process > 0) ::kill(process, SIGKILL);
    return taken.emplace(port()).taken();
  }));
  EXPECT_TRUE(eventually([&] { return count_in(daemon_.log(), "sip: it does not start") >= 3; }));
  // Each pause is twice as long as the one before: 100, 200, 400 ms.
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(700));
  EXPECT_FALSE(in_service());
  const api::OpenId again = app_->open("alice");
  const auto made =
      app_->port().call_for<api::MadeCall>(api::MakeCall{.open = again, .address = far_.uri()});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::line_unavailable);
  taken.reset();
  far_.reply(expect_end("BYE"), 200);
  expect_one_record();
  ASSERT_NO_FATAL_FAILURE(expect_back());
  expect_clean();
}

TEST_F(ProviderDeath, AStopOfTheDaemonEndsTheCallsAndTheProcess) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  const pid_t process = child();
  daemon_.process().signal(SIGTERM);
  far_.reply(far_.receive_request("BYE"), 200);
  EXPECT_EQ(daemon_.process().wait(std::chrono::seconds(20)), 0) << daemon_.log();
  EXPECT_FALSE(lives(process));
  app_.reset();
  daemon_.start();
  connect();
  const std::vector<Record> records = app_->records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].end->origin, EndOrigin::system);
  EXPECT_EQ(records[0].end->confirmation, Confirmation::confirmed);
}

TEST_F(ProviderDeathByTcp, TheDaemonsDeathIsItsProcesssDeath) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  const pid_t process = child();
  daemon_.kill();
  EXPECT_TRUE(eventually([&] { return !lives(process); }));
  app_.reset();
  daemon_.start();
  far_.reply(expect_end("BYE"), 200);
  connect();
  EXPECT_TRUE(eventually([&] { return app_->records().size() == 1; }));
  const std::vector<Record> records = app_->records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].end->origin, EndOrigin::system);
  EXPECT_EQ(records[0].end->confirmation, Confirmation::confirmed);
}

TEST_F(ProviderDeathByTcp, ADaemonThatDiesWithItsProcessLosesNoCall) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  ASSERT_NO_FATAL_FAILURE(kill_child(SIGKILL));
  daemon_.kill();
  app_.reset();
  daemon_.start();
  // The BYE of the process in between may have gone out, too.
  far_.reply(expect_end("BYE"), 200);
  connect();
  EXPECT_TRUE(eventually([&] {
    const std::string again = far_.receive(1);
    if (!again.empty()) far_.reply(again, 200);
    return app_->records().size() == 1;
  }));
  EXPECT_TRUE(app_->records()[0].end.has_value());
  expect_clean();
}

class ProviderDeathWithoutStore : public ProviderDeath {
 protected:
  ProviderDeathWithoutStore() : ProviderDeath(FarEnd::By::udp, false) {}
};

TEST_F(ProviderDeathWithoutStore, TheCallsAreEndedAllTheSame) {
  ASSERT_NO_FATAL_FAILURE(call(200));
  ASSERT_NO_FATAL_FAILURE(kill_child());
  far_.reply(expect_end("BYE"), 200);
  expect_one_record();
  ASSERT_NO_FATAL_FAILURE(expect_back());
}

TEST(ProviderDeathOfAnAccount, TheFreePortThatItGotStaysTheSame) {
  FarEnd registrar(FarEnd::By::udp);
  DaemonProcess daemon({.config = "[sip]\nport = 0\nprocess = \"own\"\n[[sip.line]]\n"
                                  "name = \"alice\"\nmode = \"account\"\nt1_ms = 50\n"
                                  "registrar = \"sip:127.0.0.1:" +
                                  std::to_string(registrar.port()) + "\"\n"});
  const std::string first = registrar.receive_request("REGISTER");
  EXPECT_NE(header(first, "Contact").find(daemon.field("sip")), std::string::npos) << first;
  const std::vector<pid_t> children = children_of(daemon.process().pid());
  ASSERT_EQ(children.size(), 1u);
  ASSERT_EQ(::kill(children[0], SIGKILL), 0);
  std::string next;
  do next = registrar.receive_request("REGISTER");
  while (!next.empty() && header(next, "Call-ID") == header(first, "Call-ID"));
  EXPECT_EQ(header(next, "Contact"), header(first, "Contact"));
}

}  // namespace
}  // namespace switchhook::sip::test
