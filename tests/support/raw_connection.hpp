// SPDX-License-Identifier: Apache-2.0
#pragma once

// A connection that need not keep to the protocol. Threads: the test's. Ownership: its socket.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "rpc/codec.hpp"

namespace switchhook::test {

class RawConnection {
 public:
  /// @param where  a path, or "tcp:HOST:PORT"; a failure fails the test.
  explicit RawConnection(const std::string& where);
  /// On a socket that connect() connects; it becomes the object's.
  explicit RawConnection(int socket) : socket_(socket) {}
  ~RawConnection();
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  /// A failure fails the test. @param where  as above
  void connect(const std::string& where);
  /// Sends all, or as much as the other side takes before it closes.
  void send(const rpc::Bytes& bytes);
  /// As much as can be sent without waiting; 0 when nothing can.
  std::size_t send_some(const rpc::Bytes& bytes);
  /// A frame: rpc::Hello, rpc::Pong, …
  template <typename Frame>
  void send(const Frame& frame) {
    rpc::Bytes bytes;
    encoder_.append(frame, bytes);
    send(bytes);
  }
  void send(api::RequestId number, const api::Command& command);
  /// The next frame; nothing at the end of the connection or of the time.
  std::optional<rpc::Frame> read(std::chrono::milliseconds limit = std::chrono::seconds(20));
  /// Says hello and takes the answer; fails the test when it is not a welcome.
  rpc::HelloAck greet(const std::string& name);
  /// The reason in the goodbye that comes next, before the end.
  std::optional<Error> goodbye();
  /// Whether the other side closes, after whatever it says.
  bool closed_by_peer(std::chrono::milliseconds limit = std::chrono::seconds(20));
  void close();
  [[nodiscard]] int descriptor() const { return socket_; }

 private:
  bool fill(std::chrono::steady_clock::time_point deadline);

  int socket_ = -1;
  rpc::Encoder encoder_;
  rpc::Bytes input_;
  bool ended_ = false;
};

}  // namespace switchhook::test
