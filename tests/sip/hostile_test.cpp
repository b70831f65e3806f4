// SPDX-License-Identifier: Apache-2.0
// Peers that send rubbish, strays and floods: the provider stays up, keeps nothing, and serves
// calls.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>

#include "tests/sip/harness.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;
constexpr provider::LineNumber kAlice = 0, kBob = 1;

/// A bare UDP socket.
class Raw {
 public:
  explicit Raw(std::uint16_t target)
      : descriptor_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    to_.sin_family = AF_INET;
    to_.sin_port = htons(target);
    ::inet_pton(AF_INET, "127.0.0.1", &to_.sin_addr);
    EXPECT_EQ(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to_), sizeof to_), 0);
    sockaddr_in own{};
    socklen_t size = sizeof own;
    ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&own), &size);
    port_ = ntohs(own.sin_port);
  }
  ~Raw() { ::close(descriptor_); }
  Raw(const Raw&) = delete;
  Raw& operator=(const Raw&) = delete;

  void send(const std::string& text) {
    static_cast<void>(!::send(descriptor_, text.data(), text.size(), 0));
  }
  /// The status of the next response; 0 when none comes.
  int status() {
    pollfd waiting{descriptor_, POLLIN, 0};
    if (::poll(&waiting, 1, 10000) <= 0) return 0;
    char buffer[4096];
    const ssize_t size = ::recv(descriptor_, buffer, sizeof buffer, 0);
    return size > 12 ? std::atoi(buffer + 8) : 0;
  }
  void drain() {
    char buffer[4096];
    while (::recv(descriptor_, buffer, sizeof buffer, MSG_DONTWAIT) > 0) {
    }
  }
  [[nodiscard]] std::string request(const std::string& method, const std::string& user, int n,
                                    const std::string& to_tag = "",
                                    const std::string& body = "") const {
    const std::string where = "127.0.0.1:" + std::to_string(port_);
    return method + " sip:" + user + "@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP " + where +
           ";branch=z9hG4bK" + std::to_string(n) + "\r\nFrom: <sip:raw@" + where +
           ">;tag=raw\r\nTo: <sip:" + user + "@127.0.0.1>" + to_tag + "\r\nCall-ID: raw" +
           std::to_string(n) + "\r\nCSeq: 1 " + method + "\r\nContact: <sip:raw@" + where +
           ">\r\nMax-Forwards: 70\r\n" +
           (body.empty() ? std::string() : std::string("Content-Type: application/sdp\r\n")) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
  sockaddr_in to_{};
};

const std::string kSdp =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0\r\n";

/// A line of its own, so that no rubbish that happens to be a call is mistaken for this one.
Config hostile_config() {
  Config config = test_config();
  config.lines.push_back(LineConfig{.name = "service", .t1 = std::chrono::milliseconds(50)});
  return config;
}

void expect_service(Bench& bench) {
  constexpr provider::LineNumber kService = 2;
  const CallRef caller = bench.make_call(kAlice, "service");
  EXPECT_FALSE(bench.answer(bench.incoming(kService)));
  EXPECT_TRUE(bench.reaches(caller, CallState::connected));
  EXPECT_FALSE(bench.drop(caller));
  EXPECT_EQ(bench.ended(caller).confirmation, Confirmation::confirmed);
}

TEST(SipHostile, EachStrayGetsItsRefusal) {
  Bench bench(hostile_config());
  Raw raw(bench.port());
  const std::vector<std::pair<std::string, int>> cases = {
      {raw.request("INVITE", "nobody", 1, "", kSdp), 404},
      {raw.request("INVITE", "bob", 2, ";tag=made-up", kSdp), 481},
      {raw.request("BYE", "bob", 3, ";tag=1-2"), 481},
      {raw.request("BYE", "bob", 4), 481},
      {raw.request("CANCEL", "bob", 5), 481},
      {raw.request("SUBSCRIBE", "bob", 6), 405},
      {raw.request("FROBNICATE", "bob", 7), 501},
      {raw.request("OPTIONS", "bob", 8), 200},
      {raw.request("OPTIONS", "nobody", 9), 404},
      {raw.request("INVITE", "bob", 10, "", "not a session description"), 400},
      {raw.request("INVITE", "bob", 11, "", "v=0\r\nm=audio 1 RTP/AVP 18\r\n"), 488},
      {raw.request("INFO", "bob", 12, ";tag=ffffffffffffffffffffffffffff-0"), 481}};
  for (const auto& [request, status] : cases) {
    raw.send(request);
    EXPECT_EQ(raw.status(), status) << request.substr(0, 60);
  }
  raw.send(raw.request("ACK", "bob", 13, ";tag=1-2"));  // never answered
  expect_service(bench);
  bench.expect_empty();
}

TEST(SipHostile, AnInviteThatIsRepeatedIsOneCall) {
  Bench bench;
  Raw raw(bench.port());
  for (int i = 0; i < 50; ++i) raw.send(raw.request("INVITE", "bob", 1, "", kSdp));
  const CallRef call = bench.incoming(kBob);
  EXPECT_EQ(raw.status(), 180);
  EXPECT_FALSE(bench.drop(call));
  bench.ended(call);  // nobody acknowledges: unconfirmed after 64*T1
  std::size_t calls = 0;
  for (const provider::Event& event : bench.events().events())
    if (std::holds_alternative<provider::NewCall>(event)) ++calls;
  EXPECT_EQ(calls, 1u);
  bench.expect_empty();
}

TEST(SipHostile, AFloodOfInvitesIsRefusedBeyondTheLimit) {
  Config config = test_config();
  config.calls_unanswered = 20;
  Bench bench(config);
  Raw raw(bench.port());
  int refused = 0;
  for (int i = 0; i < 200; ++i) {
    raw.send(raw.request("INVITE", "bob", i, "", kSdp));
    if (raw.status() == 503) ++refused;
  }
  EXPECT_EQ(refused, 180);
  const provider::LedgerReport report = bench.ledger();
  EXPECT_EQ(report.booked[static_cast<std::size_t>(Resource::provider_calls)], 20);
  EXPECT_EQ(report.found, report.booked);
  bench.expect_empty();
}

TEST(SipHostile, AFloodOfStraysLeavesNothing) {
  Bench bench;
  Raw raw(bench.port());
  const CallRef caller = bench.make_call(kAlice, "bob");
  EXPECT_FALSE(bench.answer(bench.incoming(kBob)));
  ASSERT_TRUE(bench.reaches(caller, CallState::connected));
  for (int i = 0; i < 20000; ++i) {
    raw.send(raw.request(i % 2 == 0 ? "BYE" : "INVITE", i % 2 == 0 ? "bob" : "nobody", i,
                         i % 2 == 0 ? ";tag=1-00000000" : ""));
    if (i % 50 == 0) raw.drain();
  }
  const provider::LedgerReport report = bench.ledger();
  EXPECT_EQ(report.booked[static_cast<std::size_t>(Resource::provider_calls)], 2);
  EXPECT_EQ(report.found, report.booked);
  EXPECT_FALSE(bench.drop(caller));  // the live call is unharmed
  EXPECT_EQ(bench.ended(caller).confirmation, Confirmation::confirmed);
  bench.expect_empty();
}

TEST(SipHostile, RubbishDoesNoHarm) {
  Bench bench(hostile_config());
  Raw raw(bench.port());
  std::mt19937 random(7);
  const std::vector<std::string> seeds = {
      raw.request("INVITE", "bob", 1, "", kSdp), raw.request("BYE", "bob", 2, ";tag=1-2"),
      raw.request("OPTIONS", "bob", 3), raw.request("CANCEL", "bob", 4),
      "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1\r\nFrom: <sip:a@b>;tag=1\r\nTo: "
      "<sip:a@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"};
  for (int i = 0; i < 20000; ++i) {
    std::string text = seeds[random() % seeds.size()];
    for (std::size_t k = random() % 8; k > 0 && !text.empty(); --k) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(at, 1 + random() % 30);
          break;
        case 2:
          text.insert(at, text.substr(random() % text.size(), random() % 60));
          break;
        default:
          text.resize(at);
      }
    }
    raw.send(text);
    if (i % 50 == 0) {
      raw.drain();
      static_cast<void>(bench.ledger());  // keeps step, so that the kernel drops nothing
    }
  }
  expect_service(bench);
  bench.expect_empty();
}

TEST(SipHostile, RubbishOverTcpDoesNoHarm) {
  Bench bench(hostile_config());
  std::mt19937 random(11);
  for (int i = 0; i < 200; ++i) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(bench.port());
    ::inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    ASSERT_EQ(::connect(descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    std::string text = "INVITE sip:bob@x SIP/2.0\r\nVia: SIP/2.0/TCP x\r\nContent-Length: ";
    text += i % 3 == 0 ? "-1" : i % 3 == 1 ? "999999999999" : "10";
    text += "\r\n\r\n";
    for (int k = 0; k < 500; ++k) text.push_back(static_cast<char>(random() % 256));
    static_cast<void>(!::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL));
    ::close(descriptor);
  }
  expect_service(bench);
  bench.expect_empty();
}

}  // namespace
}  // namespace switchhook::sip::test
