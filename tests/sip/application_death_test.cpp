// SPDX-License-Identifier: Apache-2.0
// An application dies, in each state of a call, in each way, with each kind of company: its far end
// is told, and there is one record; or the call goes on with whoever owns it, too.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "tests/sip/far_end.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/raw_connection.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook::sip::test {
namespace {

using switchhook::test::DaemonProcess;
using switchhook::test::eventually;
using switchhook::test::RawConnection;
using switchhook::test::TestClient;

enum class At : std::uint8_t { calling, ringing, connected, held, offered, accepted, answered };
enum class Death : std::uint8_t { kill, abort, close, freeze };
enum class Company : std::uint8_t { none, monitor, owner };

bool comes_in(At at) {
  return at == At::offered || at == At::accepted || at == At::answered;
}
CallState state_at(At at) {
  constexpr std::array<CallState, 7> kStates = {
      CallState::dialing,  CallState::ringback, CallState::connected, CallState::on_hold,
      CallState::offering, CallState::accepted, CallState::connected};
  return kStates[static_cast<std::size_t>(at)];
}

/// The application, in a process of its own: brings a call so far, and does what it is told by a
/// letter. Only system calls and our own code; no test framework.
class Program {
 public:
  Program(const std::string& socket, At at, const std::string& dials) {
    std::array<int, 2> down{}, up{};
    EXPECT_EQ(::pipe(down.data()), 0);
    EXPECT_EQ(::pipe(up.data()), 0);
    pid_ = ::fork();
    if (pid_ == 0) live(socket, at, dials, down[0], up[1]);
    ::close(down[0]);
    ::close(up[1]);
    tell_ = down[1];
    hear_ = up[0];
  }
  ~Program() {
    if (pid_ > 0) end(Death::kill);
    ::close(tell_);
    ::close(hear_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// It has come so far.
  [[nodiscard]] bool done() const {
    char c = 0;
    return ::read(hear_, &c, 1) == 1;
  }
  /// Makes "second" an owner.
  [[nodiscard]] bool share() const { return ::write(tell_, "s", 1) == 1 && done(); }
  void end(Death way) {
    if (way == Death::close) {  // it lives on, without its connection
      EXPECT_EQ(::write(tell_, "c", 1), 1);
      EXPECT_TRUE(done());
      return;
    }
    if (way == Death::freeze) {  // it is there, and will never read again
      ::kill(pid_, SIGSTOP);
      return;
    }
    ::kill(pid_, way == Death::kill ? SIGKILL : SIGABRT);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  [[noreturn]] static void live(const std::string& socket, At at, const std::string& dials,
                                int told, int say) {
    RawConnection connection(socket);
    connection.greet("victim");
    api::RequestId number = 0;
    api::CallId call;
    const auto until = [&](CallState wanted) {
      while (const auto frame = connection.read()) {
        const auto* event = std::get_if<api::Event>(&*frame);
        const auto* state = event != nullptr ? std::get_if<api::CallStateChanged>(event) : nullptr;
        if (state == nullptr || state->state != wanted) continue;
        call = state->call;
        return;
      }
      ::_exit(1);
    };
    connection.send(++number,
                    api::OpenLine{.line = 0, .privileges = 4, .media_modes = media::kVoice});
    const auto opened = connection.read();
    if (!opened) ::_exit(1);
    const auto open = std::get<api::OpenedLine>(*std::get<api::Reply>(*opened).result).open;
    if (comes_in(at)) {
      static_cast<void>(!::write(say, "o", 1));
      until(CallState::offering);
      if (at != At::offered) connection.send(++number, api::AcceptCall{call});
      if (at != At::offered) until(CallState::accepted);
      if (at == At::answered) connection.send(++number, api::AnswerCall{call});
      if (at == At::answered) until(CallState::connected);
    } else {
      connection.send(++number, api::MakeCall{.open = open, .address = dials});
      until(at == At::held ? CallState::connected : state_at(at));
      if (at == At::held) connection.send(++number, api::HoldCall{call});
      if (at == At::held) until(CallState::on_hold);
    }
    static_cast<void>(!::write(say, "p", 1));
    char c = 0;
    while (::read(told, &c, 1) == 1) {
      if (c == 's') {
        connection.send(++number, api::HandOff{call, "second", 0});
        while (const auto frame = connection.read()) {
          const auto* reply = std::get_if<api::Reply>(&*frame);
          if (reply != nullptr && reply->request == number) break;
        }
      } else {
        connection.close();
      }
      static_cast<void>(!::write(say, "d", 1));
    }
    ::_exit(0);
  }

  pid_t pid_ = -1;
  int tell_ = -1, hear_ = -1;
};

/// A daemon with one line, the far end, and the call between them.
class World {
 public:
  explicit World(At at, const std::string& lost = "", const std::string& process = "daemon")
      : at_(at),
        daemon_({.config = "[exchange]\nenabled = false\n" + lost +
                           "[sip]\nport = 0\nprocess = \"" + process +
                           "\"\n[[sip.line]]\nname = \"alice\"\nt1_ms = 50\n"}),
        looking_(daemon_.socket(), "looking") {}

  void bring(Program& program) {
    if (comes_in(at_)) {
      ASSERT_TRUE(program.done());  // the line is open
      const std::string sip = daemon_.field("sip");
      far_.connect(static_cast<std::uint16_t>(std::stoi(sip.substr(sip.rfind(':') + 1))));
      invite_ = request("INVITE", "", 1);
      far_.send(invite_);
      if (at_ == At::answered) {
        answer_ = far_.receive_response("INVITE");
        far_.send(request("ACK", ";tag=" + tag(), 1));
      }
    } else {
      invite_ = far_.receive_request("INVITE");
      if (at_ == At::ringing) far_.reply(invite_, 180);
      if (at_ == At::connected || at_ == At::held) {
        far_.reply(invite_, 200, true);
        EXPECT_NE(far_.receive_request("ACK"), "");
      }
      if (at_ == At::held) {
        far_.reply(far_.receive_request("INVITE"), 200, true);
        EXPECT_NE(far_.receive_request("ACK"), "");
      }
    }
    EXPECT_TRUE(program.done());
  }

  /// The far end is told, once, and says that it knows.
  void expect_end() {
    if (at_ == At::offered || at_ == At::accepted) {
      const std::string refusal = far_.receive_response("INVITE");
      EXPECT_GE(refusal.substr(8, 1), "4") << refusal;
      answer_ = refusal;
      far_.send(request("ACK", ";tag=" + tag(), 1));
      return;
    }
    if (at_ == At::calling) far_.reply(invite_, 180);  // before it nothing may be cancelled
    const bool early = at_ == At::calling || at_ == At::ringing;
    const std::string end = far_.receive_request(early ? "CANCEL" : "BYE");
    ASSERT_NE(end, "");
    far_.reply(end, 200);
    if (!early) return;
    far_.reply(invite_, 487);
    EXPECT_NE(far_.receive_request("ACK"), "");
  }
  void expect_record(EndOrigin origin) {
    EXPECT_TRUE(eventually([&] { return looking_.records().size() == 1; }));
    const Record record = looking_.records().at(0);
    ASSERT_TRUE(record.end);
    EXPECT_EQ(record.end->origin, origin);
    EXPECT_EQ(record.end->confirmation, Confirmation::confirmed);
    EXPECT_TRUE(eventually([&] { return looking_.audit().clean(); }));
    EXPECT_EQ(looking_.status().sessions_live, 0u);
  }
  [[nodiscard]] bool alone() {
    return eventually([&] { return looking_.status().applications == 1; });
  }

  DaemonProcess& daemon() { return daemon_; }
  FarEnd& far() { return far_; }
  TestClient& looking() { return looking_; }

 private:
  [[nodiscard]] std::string tag() const {
    const std::string to = header(answer_, "To");
    return to.substr(to.find(";tag=") + 5);
  }
  [[nodiscard]] std::string request(const std::string& method, const std::string& to_tag,
                                    int cseq) {
    std::string text =
        far_.request(method, "sip:alice@127.0.0.1", "<sip:far@there>;tag=far",
                     "<sip:alice@here>" + to_tag, "far-calls", cseq, method == "INVITE");
    if (method != "ACK" || at_ == At::answered) return text;
    // The ACK of a refusal belongs to the INVITE's transaction.
    const std::string via = header(text, "Via");
    return text.replace(text.find(via), via.size(), header(invite_, "Via"));
  }

  const At at_;
  DaemonProcess daemon_;
  TestClient looking_;
  FarEnd far_{FarEnd::By::udp};
  std::string invite_, answer_;
};

class ApplicationDeath : public testing::TestWithParam<At> {
 protected:
  void die(Death way, Company company, const std::string& process = "daemon") {
    SCOPED_TRACE("way " + std::to_string(static_cast<int>(way)) + ", company " +
                 std::to_string(static_cast<int>(company)) + ", process " + process);
    World world(GetParam(), way == Death::freeze ? "[service]\nsilence_s = 2\n" : "", process);
    Program program(world.daemon().socket(), GetParam(), world.far().uri());
    world.bring(program);
    std::optional<TestClient> second;
    api::CallId call;
    if (company != Company::none) {
      second.emplace(world.daemon().socket(), "second");
      const api::OpenId open = second->open("alice", company == Company::owner ? 4 : 2);
      if (company == Company::owner) {
        ASSERT_TRUE(program.share());
        const auto appeared = second->next_event<api::CallAppeared>();
        ASSERT_TRUE(appeared);
        call = appeared->call;
      } else {
        const auto calls = second->port().call_for<api::CallList>(api::GetNewCalls{open});
        ASSERT_TRUE(calls && calls->calls.size() == 1);
        call = calls->calls.front();
      }
    }
    program.end(way);
    if (company == Company::owner) {
      EXPECT_TRUE(eventually([&] { return world.looking().status().applications == 2; }));
      const auto snapshot = second->look(call);
      ASSERT_TRUE(snapshot);
      EXPECT_FALSE(snapshot->record.end) << "another one owns it, too";
      EXPECT_EQ(snapshot->record.state, state_at(GetParam()));
      EXPECT_EQ(snapshot->owners, 1u);
      EXPECT_TRUE(second->post(api::DropCall{call}, [](auto) {}));
      world.expect_end();
      EXPECT_TRUE(second->port().call(api::ReleaseCall{call}));
      return world.expect_record(EndOrigin::local_user);
    }
    world.expect_end();
    if (second) {
      EXPECT_TRUE(second->reaches(call, CallState::idle)) << "a monitor sees the end";
      EXPECT_TRUE(second->port().call(api::ReleaseCall{call}));
    } else {
      EXPECT_TRUE(world.alone());
    }
    world.expect_record(EndOrigin::application_lost);
  }
};

TEST_P(ApplicationDeath, EndsWhatItOwnedAloneAndNothingElse) {
  for (const Death way : {Death::kill, Death::abort, Death::close})
    for (const Company company : {Company::none, Company::monitor, Company::owner})
      die(way, company);
  die(Death::freeze, Company::none);
  const char* thorough = std::getenv("SWITCHHOOK_LONG");
  if (thorough == nullptr || *thorough == 0) return;
  die(Death::freeze, Company::monitor);
  die(Death::freeze, Company::owner);
  for (const Death way : {Death::kill, Death::abort, Death::close, Death::freeze})
    for (const Company company : {Company::none, Company::monitor, Company::owner})
      die(way, company, "own");
}

std::string name_of(const testing::TestParamInfo<At>& at) {
  constexpr std::array<const char*, 7> kNames = {"calling", "ringing",  "connected", "held",
                                                 "offered", "accepted", "answered"};
  return kNames[static_cast<std::size_t>(at.param)];
}
INSTANTIATE_TEST_SUITE_P(States, ApplicationDeath,
                         testing::Values(At::calling, At::ringing, At::connected, At::held,
                                         At::offered, At::accepted, At::answered),
                         name_of);

TEST(ApplicationReturn, TakesUpAConnectedCallThatWasKept) {
  World world(At::connected, "[lost]\naction = \"keep\"\nkeep_s = 600\n");
  {
    Program program(world.daemon().socket(), At::connected, world.far().uri());
    world.bring(program);
    program.end(Death::kill);
  }
  EXPECT_TRUE(world.alone());
  EXPECT_EQ(world.looking().status().sessions_live, 1u);
  TestClient again(world.daemon().socket(), "victim");
  static_cast<void>(again.open("alice"));
  const auto appeared = again.next_event<api::CallAppeared>();
  ASSERT_TRUE(appeared);
  EXPECT_EQ(again.look(appeared->call)->record.state, CallState::connected);
  EXPECT_TRUE(again.port().call(api::DropCall{appeared->call}));
  const std::string bye = world.far().receive_request("BYE");
  ASSERT_NE(bye, "");
  world.far().reply(bye, 200);
  EXPECT_TRUE(again.port().call(api::ReleaseCall{appeared->call}));
  world.expect_record(EndOrigin::local_user);
}

TEST(ApplicationReturn, WhoDoesNotReturnInTimeHasItsCallEnded) {
  World world(At::connected, "[lost]\naction = \"keep\"\nkeep_s = 1\n");
  Program program(world.daemon().socket(), At::connected, world.far().uri());
  world.bring(program);
  program.end(Death::kill);
  world.expect_end();
  world.expect_record(EndOrigin::application_lost);
}

TEST(ApplicationReturn, AnotherOneIsOfferedTheCall) {
  World world(At::connected, "[lost]\naction = \"offer\"\n");
  Program program(world.daemon().socket(), At::connected, world.far().uri());
  world.bring(program);
  TestClient other(world.daemon().socket(), "other");
  static_cast<void>(other.open("alice"));
  program.end(Death::kill);
  const auto appeared = other.next_event<api::CallAppeared>();
  ASSERT_TRUE(appeared);
  EXPECT_TRUE(other.port().call(api::DropCall{appeared->call}));
  const std::string bye = world.far().receive_request("BYE");
  ASSERT_NE(bye, "");
  world.far().reply(bye, 200);
  EXPECT_TRUE(other.port().call(api::ReleaseCall{appeared->call}));
  world.expect_record(EndOrigin::local_user);
}

}  // namespace
}  // namespace switchhook::sip::test
