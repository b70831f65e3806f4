// SPDX-License-Identifier: Apache-2.0
// The daemon's HTTP server over TLS: requests, pieces, connections that are taken over, and peers that
// do not speak TLS.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "daemon/http_server.hpp"
#include "tests/sip/certificates.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/http_client.hpp"

namespace switchhook::daemon {
namespace {

constexpr auto* kRequest = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n";

/// What a server answers over TLS; empty when there is no handshake.
std::string over_tls(int port, const std::string& request) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  EXPECT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(::SSL_CTX_new(::TLS_client_method()),
                                                             ::SSL_CTX_free);
  const std::unique_ptr<SSL, void (*)(SSL*)> tls(::SSL_new(context.get()), ::SSL_free);
  ::SSL_set_fd(tls.get(), socket);
  std::string all;
  if (::SSL_connect(tls.get()) == 1) {
    EXPECT_GT(::SSL_write(tls.get(), request.data(), static_cast<int>(request.size())), 0);
    std::array<char, 4096> some{};
    for (int size = 0; (size = ::SSL_read(tls.get(), some.data(), some.size())) > 0;)
      all.append(some.data(), static_cast<std::size_t>(size));
  }
  ::close(socket);
  return all;
}

class HttpTlsTest : public testing::Test {
 protected:
  HttpTlsTest() {
    const sip::test::Issuer issuer;
    issuer.equip(folder_.path(), "localhost", issuer);
    Result<std::shared_ptr<const TlsIdentity>> identity = TlsIdentity::load(pem_, pem_);
    EXPECT_TRUE(identity);
    HttpServer::Options options;
    if (identity) options.identity = *identity;
    server_ = std::make_unique<HttpServer>(std::move(options));
  }
  void begin(HttpServer::Handler handler) {
    server_->serve(std::move(handler));
    const Result<std::string> at = server_->listen("127.0.0.1:0");
    ASSERT_TRUE(at) << at.error().text();
    port_ = std::atoi(at->c_str() + at->rfind(':') + 1);
  }

  test::TempFolder folder_;
  const std::string pem_ = folder_ / "agent.pem";
  std::unique_ptr<HttpServer> server_;
  int port_ = 0;
};

TEST_F(HttpTlsTest, AnswersOverTlsAndNotWithout) {
  begin([](const HttpServer::Request&) { return HttpServer::Answer{200, "text/plain", "good"}; });
  const std::string answer = over_tls(port_, kRequest);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\ngood")) << answer;
  test::HttpPeer plain(port_);
  EXPECT_TRUE(plain.say(kRequest));
  EXPECT_EQ(plain.hear().find("good"), std::string::npos);
}

TEST_F(HttpTlsTest, LargeAnswersAndPiecesArrive) {
  begin([](const HttpServer::Request&) {
    HttpServer::Answer answer{200, "text/plain", std::string(300000, 'a')};
    answer.more = [left = 3](std::string& piece) mutable {
      piece = std::string(100000, 'b');
      return left-- > 0;
    };
    return answer;
  });
  const std::string answer = over_tls(port_, kRequest);
  EXPECT_EQ(std::count(answer.begin(), answer.end(), 'b'), 300000);
}

TEST_F(HttpTlsTest, AConnectionIsTakenOver) {
  begin([](const HttpServer::Request&) {
    HttpServer::Answer answer{200, "text/event-stream", "first "};
    answer.take_over = [](std::unique_ptr<HttpConnection> connection) {
      const std::string more = "and more";
      EXPECT_EQ(connection->write(more.data(), more.size()).value_or(0), more.size());
    };
    return answer;
  });
  EXPECT_TRUE(over_tls(port_, kRequest).ends_with("first and more"));
}

TEST_F(HttpTlsTest, AnIdentityNeedsACertificateAndItsKey) {
  std::ofstream(folder_ / "empty.pem") << "";
  EXPECT_FALSE(TlsIdentity::load(folder_ / "none.pem", pem_));
  EXPECT_FALSE(TlsIdentity::load(folder_ / "empty.pem", pem_));
  EXPECT_FALSE(TlsIdentity::load(pem_, folder_ / "empty.pem"));
  const sip::test::Issuer other;
  std::filesystem::create_directory(folder_ / "other");
  other.equip(folder_ / "other", "localhost", other);
  EXPECT_FALSE(TlsIdentity::load(pem_, folder_ / "other/agent.pem"));
}

}  // namespace
}  // namespace switchhook::daemon
