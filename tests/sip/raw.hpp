// SPDX-License-Identifier: Apache-2.0
#pragma once

// A peer that sends what a test writes, byte by byte, over UDP on loopback. Threads: the test's.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace switchhook::sip::test {

/// A bare UDP socket.
class Raw {
 public:
  /// @param own  the address of loopback to send from; own_port 0: any
  explicit Raw(std::uint16_t target, const char* own = "127.0.0.1", std::uint16_t own_port = 0)
      : descriptor_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    to_.sin_family = AF_INET;
    to_.sin_port = htons(target);
    ::inet_pton(AF_INET, "127.0.0.1", &to_.sin_addr);
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_port = htons(own_port);
    ::inet_pton(AF_INET, own, &from.sin_addr);
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&from), sizeof from), 0);
    EXPECT_EQ(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to_), sizeof to_), 0);
    socklen_t size = sizeof from;
    ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&from), &size);
    port_ = ntohs(from.sin_port);
  }
  ~Raw() { ::close(descriptor_); }
  Raw(const Raw&) = delete;
  Raw& operator=(const Raw&) = delete;

  void send(const std::string& text) {
    static_cast<void>(!::send(descriptor_, text.data(), text.size(), 0));
  }
  /// The next message; empty when none comes in this time.
  std::string message(int milliseconds = 10000) {
    pollfd waiting{descriptor_, POLLIN, 0};
    if (::poll(&waiting, 1, milliseconds) <= 0) return {};
    std::string text(65536, '\0');
    const ssize_t size = ::recv(descriptor_, text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }
  /// The status of the next response; 0 when none comes.
  int status() {
    const std::string text = message();
    return text.size() > 12 ? std::atoi(text.c_str() + 8) : 0;
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
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

inline const std::string kSdp =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0\r\n";

}  // namespace switchhook::sip::test
