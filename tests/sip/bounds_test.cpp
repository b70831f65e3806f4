// SPDX-License-Identifier: Apache-2.0
// Every message of every connection is bounded, not only the first; what is beyond a bound ends
// that connection and nothing else. Against a real switchhookd, by TCP and by TLS.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <csignal>

#include "tests/sip/certificates.hpp"
#include "tests/sip/peer.hpp"
#include "tests/sip/raw.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/process_memory.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook::sip::test {
namespace {

using switchhook::test::DaemonProcess;
using switchhook::test::eventually;
using switchhook::test::resident_kib;
using switchhook::test::TestClient;

constexpr std::size_t kMessageBytes = 65535;  // the default
constexpr std::size_t kHeadersMax = 1024;

enum class By : std::uint8_t { tcp, tls };

/// A connection that says what it is told to.
class Peer {
 public:
  Peer(By by, std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    ::inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    const timeval patience{10, 0}, moment{0, 300000};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &moment, sizeof moment);
    EXPECT_EQ(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    if (by == By::tcp) return;
    context_ = SSL_CTX_new(TLS_client_method());
    tls_ = SSL_new(context_);
    SSL_set_fd(tls_, descriptor_);
    EXPECT_EQ(SSL_connect(tls_), 1);
  }
  ~Peer() {
    SSL_free(tls_);
    SSL_CTX_free(context_);
    ::close(descriptor_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// False when the other side does not take it any more.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = tls_ != nullptr
                            ? SSL_write(tls_, text.data(),
                                        static_cast<int>(std::min<std::size_t>(text.size(), 16384)))
                            : ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  /// The statuses of so many responses, or of those that came before the end of the connection.
  std::vector<int> statuses(std::size_t wanted) {
    std::vector<int> out;
    while (out.size() < wanted) {
      const std::size_t end = read_.find("\r\n\r\n");
      if (end == std::string::npos) {
        if (!more()) break;
        continue;
      }
      out.push_back(std::atoi(read_.c_str() + 8));
      read_.erase(0, end + 4);
    }
    return out;
  }
  /// Reads until the other side closes; false when it does not.
  bool closed() {
    while (more()) {
    }
    return ended_;
  }

 private:
  bool more() {
    std::string buffer(65536, '\0');
    const ssize_t n = tls_ != nullptr
                          ? SSL_read(tls_, buffer.data(), static_cast<int>(buffer.size()))
                          : ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    ended_ = n == 0 || (n < 0 && errno != EAGAIN);
    if (n <= 0) return false;
    read_.append(buffer, 0, static_cast<std::size_t>(n));
    return true;
  }
  int descriptor_;
  SSL_CTX* context_ = nullptr;
  SSL* tls_ = nullptr;
  std::string read_;
  bool ended_ = false;
};

class Bounds : public testing::TestWithParam<By> {
 protected:
  static std::string options(int n, const std::string& more = "", const std::string& length = "0",
                             const std::string& body = "") {
    return std::string("OPTIONS sip:bob@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/") +
           (GetParam() == By::tls ? "TLS" : "TCP") + " 127.0.0.1;branch=z9hG4bK" +
           std::to_string(n) + "\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:bob@127.0.0.1>\r\n" +
           "Call-ID: bounds" + std::to_string(n) + "\r\nCSeq: 1 OPTIONS\r\n" + more +
           "Content-Length: " + length + "\r\n\r\n" + body;
  }

  /// A message with so many bytes in all, by its body.
  static std::string options_of_size(std::size_t bytes) {
    std::string text;
    for (std::size_t body = bytes - 250; text.size() != bytes; body += bytes - text.size())
      text =
          options(9, "Content-Type: text/plain\r\n", std::to_string(body), std::string(body, 'x'));
    return text;
  }

  Bounds() {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to connections that are closed
    issuer_.equip(folder_.path(), "near.test", issuer_);
    const std::string tls_port = std::to_string(tls_port_);
    daemon_ = std::make_unique<DaemonProcess>(DaemonProcess::Options{
        .config = "[sip]\nport = 0\ntls = true\ntls_port = " + tls_port + "\ntls_folder = \"" +
                  folder_.path() +
                  "\"\n[[sip.line]]\nname = \"alice\"\n[[sip.line]]\nname = \"bob\"\n"});
    const std::string address = daemon_->field("sip");
    port_ = static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
  }
  void TearDown() override { expect_service(); }

  Peer peer() { return {GetParam(), GetParam() == By::tls ? tls_port_ : port_}; }

  /// A whole message on a connection, and then what is beyond a bound: the connection ends.
  void expect_refused(const std::string& what, const std::string& bytes) {
    for (const bool second : {true, false}) {
      SCOPED_TRACE(what + (second ? ", second message" : ", first message"));
      Peer far = peer();
      const bool taken = far.send((second ? options(1) : std::string()) + bytes);
      if (second && taken) {
        const std::vector<int> statuses = far.statuses(1);
        ASSERT_EQ(statuses.size(), 1u);
        EXPECT_EQ(statuses[0], 200);
      }
      EXPECT_TRUE(far.closed());
    }
  }
  /// The daemon lives, answers, and a call goes through.
  void expect_service() {
    Peer far = peer();
    ASSERT_TRUE(far.send(options(2)));
    EXPECT_EQ(far.statuses(1), std::vector<int>{200});
    TestClient app(daemon_->socket(), "app");
    const api::OpenId alice = app.open("alice");
    static_cast<void>(app.open("bob"));
    const api::CallId call = app.call(alice, "bob");
    EXPECT_TRUE(app.reaches(call, CallState::ringback));
    EXPECT_TRUE(app.port().call(api::DropCall{call}));
  }

  switchhook::test::TempFolder folder_;
  Issuer issuer_;
  const std::uint16_t tls_port_ = free_port();
  std::unique_ptr<DaemonProcess> daemon_;
  std::uint16_t port_ = 0;
};

TEST_P(Bounds, ALengthBeyondTheLimitEndsItsConnection) {
  for (const char* length :
       {"70000", "10000000", "1000000000", "2147483647", "2147483648", "4294960000", "4294967000",
        "4294967294", "4294967295", "18446744073709551615", "-1"})
    expect_refused(length, options(3, "", length, "I"));
}

TEST_P(Bounds, ABodyWithoutEndIsNotKept) {
  const std::int64_t before = resident_kib(daemon_->process().pid());
  Peer far = peer();
  ASSERT_TRUE(far.send(options(1) + options(3, "", "300000000")));
  const std::string piece(1 << 20, 'x');
  for (int i = 0; i < 200 && far.send(piece); ++i) {
  }
  EXPECT_TRUE(far.closed());
  EXPECT_LT(resident_kib(daemon_->process().pid()) - before, 32 * 1024);
}

TEST_P(Bounds, ALineOrHeadersWithoutEndAreNotKept) {
  const std::string start = options(1), head = options(3).substr(0, options(3).size() - 2);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "x"},                        // a request line
      {head + "Subject: ", "x"},        // a header
      {head + "Subject: ", "x\r\n x"},  // folded
      {head, "Subject: x\r\n"},         // many of them
      {head, "x:\r\n"},                 // empty ones
      {head + "Supported: a", ",a"},    // a list
      {"SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP x\r\n", "Subject: x\r\n"}};
  for (const auto& [begin, more] : cases) {
    SCOPED_TRACE(begin.substr(0, 20) + "…" +
                 begin.substr(begin.size() > 12 ? begin.size() - 12 : 0) + more);
    const std::int64_t before = resident_kib(daemon_->process().pid());
    Peer far = peer();
    ASSERT_TRUE(far.send(start + begin));
    std::string piece;
    while (piece.size() < (1 << 20)) piece += more;
    for (int i = 0; i < 100 && far.send(piece); ++i) {
    }
    EXPECT_LT(resident_kib(daemon_->process().pid()) - before, 16 * 1024);
  }
}

TEST_P(Bounds, WhatIsWithinTheLimitIsServed) {
  Peer far = peer();
  std::string headers;
  for (std::size_t i = 0; i < kHeadersMax - 6; ++i) headers += "X-Some: value\r\n";  // 6 of its own
  ASSERT_TRUE(
      far.send(options(1) + options_of_size(kMessageBytes) + options(3, headers) + options(4)));
  EXPECT_EQ(far.statuses(4), (std::vector<int>{200, 200, 200, 200}));
}

TEST_P(Bounds, OneByteOrOneHeaderMoreIsRefused) {
  std::string headers;
  for (std::size_t i = 0; i < kHeadersMax - 5; ++i) headers += "X-Some: value\r\n";
  for (const std::string& bad : {options_of_size(kMessageBytes + 1), options(3, headers)}) {
    Peer far = peer();
    ASSERT_TRUE(far.send(options(1) + bad));
    EXPECT_EQ(far.statuses(2), (std::vector<int>{200, 413}));
    EXPECT_TRUE(far.closed());
  }
}

TEST_P(Bounds, MessagesThatComeTogetherOrInPiecesAreTheSame) {
  constexpr int kMany = 300;
  std::string all;
  for (int i = 0; i < kMany; ++i)
    all += options(100 + i, "", std::to_string(i), std::string(static_cast<std::size_t>(i), 'x'));
  Peer together = peer();
  ASSERT_TRUE(together.send(all));
  EXPECT_EQ(together.statuses(kMany), std::vector<int>(kMany, 200));
  Peer pieces = peer();
  for (std::size_t at = 0, size = 1; at < all.size(); at += size, size = size % 1999 + 97)
    ASSERT_TRUE(pieces.send(std::string_view(all).substr(at, size)));
  EXPECT_EQ(pieces.statuses(kMany), std::vector<int>(kMany, 200));
}

INSTANTIATE_TEST_SUITE_P(Each, Bounds, testing::Values(By::tcp, By::tls),
                         [](const auto& by) { return by.param == By::tcp ? "Tcp" : "Tls"; });

/// 15,000 empty headers in one datagram took half a second: the answer would not come within ten.
TEST(DatagramBounds, ManyHeadersCostNothing) {
  DaemonProcess daemon;
  const std::string address = daemon.field("sip");
  Raw raw(static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1))));
  std::string empty, list = "Supported: a", lines;
  for (int i = 0; i < 15000; ++i) empty += "x:\r\n";
  while (list.size() < 60000) list += ",a";
  while (lines.size() < 60000) lines += "Supported: a,b;c\r\n";
  for (int i = 0; i < 20; ++i)
    for (const std::string& headers : {empty, list + "\r\n", lines}) {
      std::string bad = raw.request("OPTIONS", "bob", i);
      raw.send(bad.insert(bad.find("Max-Forwards"), headers));
    }
  raw.send(raw.request("OPTIONS", "alice", 100));
  const std::string answer = raw.message();
  EXPECT_NE(answer.find("Call-ID: raw100\r\n"), std::string::npos)
      << "what is beyond a bound is not answered: " << answer;
}

}  // namespace
}  // namespace switchhook::sip::test
