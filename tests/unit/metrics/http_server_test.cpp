// SPDX-License-Identifier: Apache-2.0
// The daemon's HTTP server: what it answers, and what a peer cannot do to it.
#include "daemon/http_server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/limits.hpp"

namespace switchhook::daemon {
namespace {

using Clock = std::chrono::steady_clock;

class Client {
 public:
  explicit Client(const std::string& where) {
    if (where.find('/') != std::string::npos) {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      std::strncpy(address.sun_path, where.c_str(), sizeof address.sun_path - 1);
      open(AF_UNIX, address);
    } else {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port =
          htons(static_cast<std::uint16_t>(std::atoi(where.c_str() + where.rfind(':') + 1)));
      open(AF_INET, address);
    }
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  void say(const std::string& text) const {
    static_cast<void>(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL));
  }
  /// All until the server closes the connection.
  [[nodiscard]] std::string hear() const {
    std::string all;
    std::array<char, 4096> some{};
    for (ssize_t size = 0; (size = ::recv(socket_, some.data(), some.size(), 0)) > 0;)
      all.append(some.data(), static_cast<std::size_t>(size));
    return all;
  }

 private:
  template <typename Address>
  void open(int family, const Address& address) {
    socket_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0)
        << std::strerror(errno);
    const timeval limit{30, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  int socket_ = -1;
};

constexpr auto* kGet = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

class HttpServerTest : public testing::Test {
 protected:
  void begin(const std::string& where = "127.0.0.1:0") {
    server_.get("/metrics", [this] {
      ++asked_;
      return HttpServer::Answer{200, "text/plain", "the metrics\n"};
    });
    const Result<std::string> listening = server_.listen(where);
    ASSERT_TRUE(listening) << listening.error().text();
    where_ = *listening;
  }
  [[nodiscard]] std::string get() const {
    const Client client(where_);
    client.say(kGet);
    return client.hear();
  }

  std::atomic<int> asked_ = 0;
  std::string where_;
  HttpServer server_;
};

TEST_F(HttpServerTest, AnswersAndClosesTheConnection) {
  begin();
  const std::string answer = get();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nthe metrics\n")) << answer;
  EXPECT_EQ(asked_, 1);
}

TEST_F(HttpServerTest, KnowsNoOtherPathAndNoOtherMethod) {
  begin();
  for (const char* request :
       {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET /../etc/passwd HTTP/1.1\r\n\r\n",
        "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"}) {
    const Client client(where_);
    client.say(request);
    EXPECT_EQ(client.hear().substr(0, 10), "HTTP/1.1 4") << request;
  }
  EXPECT_EQ(asked_, 0);
}

TEST_F(HttpServerTest, ListensAtAPathThatOnlyItsOwnerMayUseAndRemovesIt) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("http_server_test." + std::to_string(::getpid()));
  {
    HttpServer first;
    first.get("/metrics", [] { return HttpServer::Answer{200, "text/plain", "first\n"}; });
    ASSERT_TRUE(first.listen(path));
    struct stat how {};
    ASSERT_EQ(::stat(path.c_str(), &how), 0);
    EXPECT_EQ(how.st_mode & 0777, 0600u);
    const Client client(path);
    client.say(kGet);
    EXPECT_TRUE(client.hear().ends_with("first\n"));
    HttpServer second;
    EXPECT_FALSE(second.listen(path)) << "somebody listens there";
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(HttpServerTest, TakesThePlaceOfOneThatDied) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("http_server_dead." + std::to_string(::getpid()));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(dead);
  begin(path);
  EXPECT_TRUE(get().ends_with("the metrics\n"));
}

TEST_F(HttpServerTest, RefusesWhereItCannotListen) {
  begin();
  for (const std::string& where : {where_, std::string("127.0.0.1"),
                                   std::string("/no/such/folder/s"), "/" + std::string(200, 'x')}) {
    HttpServer other;
    EXPECT_FALSE(other.listen(where)) << where;
  }
}

TEST_F(HttpServerTest, ARequestWithoutAnEndIsGivenUpWhenItIsTooLong) {
  begin();
  const Client client(where_);
  client.say("GET /metrics HTTP/1.1\r\n");
  const auto began = Clock::now();
  for (std::size_t said = 0; said < 4 * limits::kHttpRequestBytes; said += 1000)
    client.say("X: " + std::string(995, 'x') + "\r\n");
  static_cast<void>(client.hear());
  EXPECT_LT(Clock::now() - began, limits::kHttpTime) << "by its size, before its time";
  EXPECT_EQ(asked_, 0);
  EXPECT_TRUE(get().ends_with("the metrics\n"));
}

TEST_F(HttpServerTest, WhoHasNoBodiesAnswersARequestWithOneBeforeItsBodyComes) {
  begin();
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "PRI"})
    for (const char* body : {"Transfer-Encoding: chunked", "Content-Length: 1000"}) {
      const Client client(where_);
      const auto began = Clock::now();
      client.say(method + std::string(" /metrics HTTP/1.1\r\nHost: x\r\n") + body + "\r\n\r\n");
      EXPECT_EQ(client.hear().substr(0, 12), "HTTP/1.1 404") << method << " " << body;
      EXPECT_LT(Clock::now() - began, limits::kHttpTime / 2) << method << " " << body;
    }
}

/// 1 MiB of zeros as zlib compresses it to 1 KiB.
std::string compressed() {
  constexpr std::string_view kBegin(
      "\x78\xda\xed\xc1\x31\x01\x00\x00\x00\xc2\xa0\xf5\x4f\x6d\x08\x5f\xa0", 17),
      kEnd("\x3e\x03\x00\xf0\x00\x01", 6);
  return std::string(kBegin) + std::string(1039 - kBegin.size() - kEnd.size(), '\0') +
         std::string(kEnd);
}

TEST(HttpServerWithBodies, TakesNoneThatUnfolds) {
  HttpServer::Options options;
  options.body_bytes = limits::kHttpRequestBytes;
  HttpServer server(std::move(options));
  std::atomic<std::size_t> taken = 0;
  server.serve([&](const HttpServer::Request& request) {
    taken = request.body.size();
    return HttpServer::Answer{200, "text/plain", "taken\n"};
  });
  const Result<std::string> where = server.listen("127.0.0.1:0");
  ASSERT_TRUE(where) << where.error().text();
  const auto post = [&](const std::string& header, const std::string& body) {
    const Client client(*where);
    client.say("POST / HTTP/1.1\r\nHost: x\r\n" + header +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.hear().substr(0, 12);
  };
  for (const char* encoding : {"gzip", "deflate", "br", "identity"})
    EXPECT_EQ(post("Content-Encoding: " + std::string(encoding) + "\r\n", compressed()),
              "HTTP/1.1 415")
        << encoding;
  EXPECT_EQ(post("Content-Type: multipart/form-data; boundary=x\r\n", "--x--\r\n"), "HTTP/1.1 415");
  EXPECT_EQ(taken, 0u);
  EXPECT_EQ(post("", "plain"), "HTTP/1.1 200");
  EXPECT_EQ(taken, 5u);
}

TEST_F(HttpServerTest, EndsAtOnceWhoeverIsConnected) {
  auto server = std::make_unique<HttpServer>();
  const Result<std::string> where = server->listen("127.0.0.1:0");
  ASSERT_TRUE(where) << where.error().text();
  std::vector<std::unique_ptr<Client>> silent;
  for (std::size_t i = 0; i < 3 * limits::kHttpThreads; ++i)
    silent.push_back(std::make_unique<Client>(*where));
  const auto began = Clock::now();
  server.reset();
  EXPECT_LT(Clock::now() - began, limits::kHttpTime / 2);
}

TEST_F(HttpServerTest, ThoseWhoSayNothingAreClosedInTimeAndTheNextIsServed) {
  begin();
  const auto began = Clock::now();
  std::vector<std::unique_ptr<Client>> silent;
  for (std::size_t i = 0; i < limits::kHttpThreads; ++i)
    silent.push_back(std::make_unique<Client>(where_));
  EXPECT_TRUE(get().ends_with("the metrics\n")) << "as soon as one of them is given up";
  EXPECT_LT(Clock::now() - began, 3 * limits::kHttpTime);
}

}  // namespace
}  // namespace switchhook::daemon
