// SPDX-License-Identifier: Apache-2.0
#include "tests/support/raw_connection.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace switchhook::test {
namespace {

using Clock = std::chrono::steady_clock;

int socket_for(const std::string& where) {
  return ::socket(where.starts_with("tcp:") ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

bool connect_to(int fd, const std::string& where) {
  if (where.starts_with("tcp:")) {
    const std::size_t colon = where.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(where.substr(colon + 1))));
    ::inet_pton(AF_INET, where.substr(4, colon - 4).c_str(), &address.sin_addr);
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, where.c_str(), sizeof address.sun_path - 1);
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

RawConnection::RawConnection(const std::string& where) : RawConnection(socket_for(where)) {
  connect(where);
}
void RawConnection::connect(const std::string& where) {
  if (!connect_to(socket_, where)) ADD_FAILURE() << "nobody listens at " << where;
}
RawConnection::~RawConnection() {
  close();
}
void RawConnection::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

void RawConnection::send(const rpc::Bytes& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t size = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) return;
    sent += static_cast<std::size_t>(size);
  }
}

std::size_t RawConnection::send_some(const rpc::Bytes& bytes) {
  const ssize_t size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return size <= 0 ? 0 : static_cast<std::size_t>(size);
}

void RawConnection::send(api::RequestId number, const api::Command& command) {
  rpc::Bytes bytes;
  const Result<void> encoded = encoder_.append(number, command, bytes);
  EXPECT_TRUE(encoded) << (encoded ? "" : encoded.error().text());
  send(bytes);
}

bool RawConnection::fill(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  pollfd ready{socket_, POLLIN, 0};
  if (ended_ || left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0)
    return false;
  std::array<std::uint8_t, 65536> bytes{};
  const ssize_t size = ::recv(socket_, bytes.data(), bytes.size(), 0);
  if (size <= 0) {
    ended_ = true;
    return false;
  }
  input_.insert(input_.end(), bytes.begin(), bytes.begin() + size);
  return true;
}

std::optional<rpc::Frame> RawConnection::read(std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  while (true) {
    const Result<std::size_t> length = rpc::frame_length(input_, 64 * 1024 * 1024);
    if (!length) {
      ADD_FAILURE() << length.error().text();
      return std::nullopt;
    }
    if (*length != 0 && *length <= input_.size()) {
      Result<rpc::Frame> frame = rpc::decode(rpc::View(input_).first(*length));
      input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(*length));
      if (frame) return std::move(*frame);
      ADD_FAILURE() << frame.error().text();
      return std::nullopt;
    }
    if (!fill(deadline)) return std::nullopt;
  }
}

rpc::HelloAck RawConnection::greet(const std::string& name) {
  send(rpc::Hello{.application = name});
  std::optional<rpc::Frame> frame = read();
  if (frame && std::holds_alternative<rpc::HelloAck>(*frame))
    return std::get<rpc::HelloAck>(*frame);
  ADD_FAILURE() << "no welcome";
  return {};
}

std::optional<Error> RawConnection::goodbye() {
  while (std::optional<rpc::Frame> frame = read())
    if (auto* goodbye = std::get_if<rpc::Goodbye>(&*frame)) return std::move(goodbye->why);
  return std::nullopt;
}

bool RawConnection::closed_by_peer(std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  while (!ended_ && Clock::now() < deadline)
    if (fill(deadline)) input_.clear();
  return ended_;
}

}  // namespace switchhook::test
