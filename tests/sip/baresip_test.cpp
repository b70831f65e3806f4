// SPDX-License-Identifier: Apache-2.0
// baresip as a real phone: started with a configuration of its own, steered through its ctrl_tcp
// module (netstrings of JSON).
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "tests/sip/harness.hpp"
#include "tests/sip/peer.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;

class Baresip {
 public:
  explicit Baresip(const std::string& answer_mode) {
    // A port that is free now may be taken by another test before the phone has it.
    for (int tries = 0; tries < 3 && !start(answer_mode); ++tries) continue;
    connection_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(control_);
    ::inet_pton(AF_INET, "127.0.0.1", &where.sin_addr);
    EXPECT_EQ(::connect(connection_, reinterpret_cast<const sockaddr*>(&where), sizeof where), 0);
  }
  ~Baresip() { ::close(connection_); }
  Baresip(const Baresip&) = delete;
  Baresip& operator=(const Baresip&) = delete;

  [[nodiscard]] std::string address() const {
    return "sip:phone@127.0.0.1:" + std::to_string(sip_);
  }
  void command(const std::string& name, const std::string& parameters = {}) {
    const std::string json =
        R"({"command":")" + name + R"(","params":")" + parameters + R"(","token":"t"})";
    const std::string frame = std::to_string(json.size()) + ":" + json + ",";
    EXPECT_EQ(::write(connection_, frame.data(), frame.size()), static_cast<ssize_t>(frame.size()));
  }
  /// Waits for an event of baresip's, e.g. "CALL_CLOSED".
  bool saw(const std::string& event) {
    const std::string wanted = "\"type\":\"" + event + "\"";
    for (;;) {
      const std::size_t found = heard_.find(wanted);
      if (found != std::string::npos) {
        heard_.erase(0, found + wanted.size());
        return true;
      }
      pollfd waiting{connection_, POLLIN, 0};
      char buffer[4096];
      if (::poll(&waiting, 1, 20000) <= 0) return false;
      const ssize_t size = ::read(connection_, buffer, sizeof buffer);
      if (size <= 0) return false;
      heard_.append(buffer, static_cast<std::size_t>(size));
    }
  }

 private:
  bool start(const std::string& answer_mode) {
    process_.reset();
    sip_ = free_port();
    control_ = free_port();
    std::ofstream(dir_.path() / "config")
        << "poll_method epoll\nsip_listen 127.0.0.1:" << sip_
        << "\ncall_local_timeout 60\ncall_max_calls 4\n"
           "audio_player aubridge,out\naudio_source aubridge,in\naudio_alert aubridge,alert\n"
           "module_path /usr/lib/baresip/modules\nmodule g711.so\n"
           "module aubridge.so\nmodule_tmp account.so\nmodule_app menu.so\n"
           "module_app ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:"
        << control_ << "\nrtp_ports 20000-29999\n";
    std::ofstream(dir_.path() / "accounts")
        << "<sip:phone@127.0.0.1:" << sip_ << ">;regint=0;answermode=" << answer_mode << "\n";
    process_ = std::make_unique<Process>(
        std::vector<std::string>{"baresip", "-4", "-f", dir_.path().string()},
        dir_.path() / "output");
    return wait_for_udp(sip_) && wait_for_tcp(control_);
  }

  TempDir dir_;
  std::uint16_t sip_ = 0, control_ = 0;
  std::unique_ptr<Process> process_;
  int connection_ = -1;
  std::string heard_;
};

TEST(Baresip, AnswersAndWeHangUp) {
  Baresip phone("auto");
  Bench bench;
  const CallRef call = bench.make_call(kAlice, phone.address());
  ASSERT_TRUE(bench.reaches(call, CallState::connected));
  EXPECT_TRUE(phone.saw("CALL_ESTABLISHED"));
  EXPECT_FALSE(bench.drop(call));
  EXPECT_TRUE(phone.saw("CALL_CLOSED"));
  EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST(Baresip, AnswersAndHangsUp) {
  Baresip phone("auto");
  Bench bench;
  const CallRef call = bench.make_call(kAlice, phone.address());
  ASSERT_TRUE(bench.reaches(call, CallState::connected));
  ASSERT_TRUE(phone.saw("CALL_ESTABLISHED"));
  phone.command("hangup");
  EXPECT_EQ(bench.cause(call).mode, DisconnectMode::normal);
  EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

provider::RequestNumber transfer_to_bob(Bench& bench, CallRef call) {
  const auto request = bench.next_request();
  bench.submit(provider::Transfer{.call = call,
                                  .request = request,
                                  .address = "sip:bob@127.0.0.1:" + std::to_string(bench.port()),
                                  .with = {}});
  return request;
}

TEST(Baresip, IsTransferredToAnotherLineOfOurs) {
  Baresip phone("auto");
  Bench bench;
  const CallRef call = bench.make_call(kAlice, phone.address());
  ASSERT_TRUE(bench.reaches(call, CallState::connected));
  const auto request = transfer_to_bob(bench, call);
  const CallRef taken = bench.incoming(kBob);
  EXPECT_EQ(bench.new_call(taken).parties.calling.address, phone.address());
  EXPECT_FALSE(bench.answer(taken));
  const std::optional<Error> error = bench.completion(request);
  EXPECT_FALSE(error) << error->text();
  EXPECT_FALSE(bench.drop(call));
  EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  EXPECT_EQ(bench.states(taken).back(), CallState::connected) << "the two talk on";
  EXPECT_FALSE(bench.drop(taken));
  EXPECT_EQ(bench.ended(taken).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST(Baresip, IsNotTransferredToALineThatIsBusy) {
  Baresip phone("auto");
  Bench bench;
  const CallRef call = bench.make_call(kAlice, phone.address());
  ASSERT_TRUE(bench.reaches(call, CallState::connected));
  const auto request = transfer_to_bob(bench, call);
  EXPECT_FALSE(bench.drop(bench.incoming(kBob), provider::DropWhy::rejected));
  EXPECT_TRUE(bench.completion(request));
  EXPECT_EQ(bench.states(call).back(), CallState::connected);
  EXPECT_FALSE(bench.drop(call));
  EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

/// The other way round: the phone sends us on, and our call goes on with whom it named.
TEST(Baresip, TransfersUsToAnotherLine) {
  Baresip phone("auto");
  Config config = test_config();
  config.lines[kAlice].refer = ReferPolicy::follow;
  Bench bench(config);
  const CallRef call = bench.make_call(kAlice, phone.address());
  ASSERT_TRUE(bench.reaches(call, CallState::connected));
  ASSERT_TRUE(phone.saw("CALL_ESTABLISHED"));
  phone.command("transfer", "sip:bob@127.0.0.1:" + std::to_string(bench.port()));
  const CallRef bobs = bench.incoming(kBob);
  ASSERT_TRUE(bobs);
  EXPECT_FALSE(bench.answer(bobs));
  EXPECT_TRUE(phone.saw("CALL_CLOSED")) << "by itself, or by us after 64*T1";
  EXPECT_EQ(bench.states(call).back(), CallState::connected);
  EXPECT_FALSE(bench.drop(call));
  EXPECT_TRUE(bench.reaches(bobs, CallState::disconnected));
  EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST(Baresip, RingsAndIsCancelled) {
  Baresip phone("manual");
  Bench bench;
  const CallRef call = bench.make_call(kAlice, phone.address());
  ASSERT_TRUE(bench.reaches(call, CallState::ringback));
  ASSERT_TRUE(phone.saw("CALL_INCOMING"));
  EXPECT_FALSE(bench.drop(call));
  EXPECT_TRUE(phone.saw("CALL_CLOSED"));
  EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST(Baresip, RefusesTheCall) {
  Baresip phone("manual");
  Bench bench;
  const CallRef call = bench.make_call(kAlice, phone.address());
  ASSERT_TRUE(phone.saw("CALL_INCOMING"));
  phone.command("hangup");
  EXPECT_EQ(bench.cause(call).mode, DisconnectMode::busy);  // it says 486
  EXPECT_EQ(bench.cause(call).sip_status, 486);
  bench.expect_empty();
}

TEST(Baresip, CallsUsAndWeHangUp) {
  Baresip phone("manual");
  Bench bench;
  phone.command("dial", "sip:bob@127.0.0.1:" + std::to_string(bench.port()));
  const CallRef call = bench.incoming(kBob);
  EXPECT_EQ(bench.new_call(call).parties.calling.address, phone.address());
  ASSERT_TRUE(phone.saw("CALL_RINGING"));
  EXPECT_FALSE(bench.answer(call));
  ASSERT_TRUE(phone.saw("CALL_ESTABLISHED"));
  EXPECT_FALSE(bench.drop(call));
  EXPECT_TRUE(phone.saw("CALL_CLOSED"));
  EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST(Baresip, CallsUsAndGivesUp) {
  Baresip phone("manual");
  Bench bench;
  phone.command("dial", "sip:bob@127.0.0.1:" + std::to_string(bench.port()));
  const CallRef call = bench.incoming(kBob);
  ASSERT_TRUE(phone.saw("CALL_RINGING"));
  phone.command("hangup");
  EXPECT_EQ(bench.cause(call).mode, DisconnectMode::cancelled);
  EXPECT_TRUE(bench.settles(call, CallState::idle));
  bench.expect_empty();
}

TEST(Baresip, IsRejected) {
  Baresip phone("manual");
  Bench bench;
  phone.command("dial", "sip:bob@127.0.0.1:" + std::to_string(bench.port()));
  const CallRef call = bench.incoming(kBob);
  EXPECT_FALSE(bench.drop(call, provider::DropWhy::rejected));
  EXPECT_TRUE(phone.saw("CALL_CLOSED"));
  EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST(Baresip, HoldsUsAndIsHeld) {
  Baresip phone("auto");
  Bench bench;
  const CallRef call = bench.make_call(kAlice, phone.address());
  ASSERT_TRUE(bench.reaches(call, CallState::connected));
  ASSERT_TRUE(phone.saw("CALL_ESTABLISHED"));
  phone.command("hold");
  EXPECT_TRUE(bench.events().wait([&](const std::vector<provider::Event>& events) {
    for (const provider::Event& event : events)
      if (const auto* s = std::get_if<provider::StateChanged>(&event);
          s && s->call == call && s->state == CallState::connected &&
          s->detail == static_cast<std::uint8_t>(ConnectedMode::active_held))
        return true;
    return false;
  }));
  phone.command("resume");
  EXPECT_TRUE(bench.events().wait([&](const std::vector<provider::Event>& events) {
    const provider::StateChanged* last = nullptr;
    std::size_t count = 0;
    for (const provider::Event& event : events)
      if (const auto* s = std::get_if<provider::StateChanged>(&event);
          s && s->call == call && s->state == CallState::connected) {
        last = s;
        ++count;
      }
    return count >= 3 && last->detail == static_cast<std::uint8_t>(ConnectedMode::active);
  }));
  EXPECT_FALSE(bench.hold(call));
  EXPECT_TRUE(bench.settles(call, CallState::on_hold));
  EXPECT_FALSE(bench.unhold(call));
  EXPECT_FALSE(bench.drop(call));
  EXPECT_EQ(bench.ended(call).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

}  // namespace
}  // namespace switchhook::sip::test
