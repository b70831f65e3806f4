// SPDX-License-Identifier: Apache-2.0
#pragma once

// A TCP connection over loopback for tests. Threads: the test's.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

namespace switchhook::sip::test {

/// A connection that says only what it is told to.
class Stream {
 public:
  explicit Stream(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    ::inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    EXPECT_EQ(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  ~Stream() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Stream(Stream&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Stream& operator=(Stream&&) = delete;
  void send(const std::string& text) const {
    static_cast<void>(!::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL));
  }
  /// Whether it has been closed by the other side, at the latest in this time.
  [[nodiscard]] bool closed(int patience_ms = 0) const {
    pollfd waiting{descriptor_, POLLIN, 0};
    char byte = 0;
    return ::poll(&waiting, 1, patience_ms) > 0 && ::recv(descriptor_, &byte, 1, MSG_PEEK) <= 0;
  }

 private:
  int descriptor_;
};

}  // namespace switchhook::sip::test
