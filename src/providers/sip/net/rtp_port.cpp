// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/net/rtp_port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "base/descriptors.hpp"
#include "base/limits.hpp"
#include "base/open_sockets.hpp"

namespace switchhook::sip {
namespace {

socklen_t make_address(const std::string& address, std::uint16_t port, sockaddr_storage& out) {
  std::memset(&out, 0, sizeof out);
  sockaddr_in four{};
  if (inet_pton(AF_INET, address.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    std::memcpy(&out, &four, sizeof four);
    return sizeof four;
  }
  sockaddr_in6 six{};
  if (inet_pton(AF_INET6, address.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    std::memcpy(&out, &six, sizeof six);
    return sizeof six;
  }
  return 0;
}

}  // namespace

int SystemUdpPorts::open(const std::string& address, std::uint16_t port, std::uint16_t& bound) {
  sockaddr_storage where{};
  const socklen_t size = make_address(address, port, where);
  if (size == 0) {
    errno = EADDRNOTAVAIL;
    return -1;
  }
  const int descriptor = ::socket(where.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -1;
  if (base::is_of_the_last(descriptor, limits::kDescriptorsBesideCalls)) {
    ::close(descriptor);  // programs could not connect any more, to hang up for example
    errno = EMFILE;
    return -1;
  }
  const int bytes = RtpPorts::kReceiveBytes;
  static_cast<void>(::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes));
  socklen_t length = sizeof where;
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&where), size) != 0 ||
      ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&where), &length) != 0) {
    const int error = errno;
    ::close(descriptor);
    errno = error;
    return -1;
  }
  bound =
      ntohs(where.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&where)->sin6_port
                                        : reinterpret_cast<const sockaddr_in*>(&where)->sin_port);
  opened_.emplace(descriptor, bound);
  return descriptor;
}

void SystemUdpPorts::close(int descriptor) {
  opened_.erase(descriptor);
  ::close(descriptor);
}

std::size_t SystemUdpPorts::open_count() const {
  std::set<std::uint16_t> ports;
  for (const auto& [descriptor, port] : opened_) ports.insert(port);
  const std::vector<base::OpenSocket> open = base::open_sockets();
  return static_cast<std::size_t>(std::count_if(
      open.begin(), open.end(),
      [&](const base::OpenSocket& each) { return each.datagram && ports.contains(each.port); }));
}

RtpPort::RtpPort(RtpPort&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      port_(std::exchange(other.port_, std::uint16_t{0})) {}

RtpPort& RtpPort::operator=(RtpPort&& other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(port_, other.port_);
  return *this;
}

RtpPort::~RtpPort() {
  if (owner_ != nullptr) owner_->give_back(descriptor_, port_);
}

RtpPorts::RtpPorts(UdpPorts& udp, std::string address, std::uint16_t first, std::uint16_t last)
    : udp_(udp),
      address_(std::move(address)),
      first_(first + (first % 2u)),
      count_(first != 0 && last >= first_ ? (last - first_) / 2u + 1u : 0u),
      used_(count_, false) {}

Result<RtpPort> RtpPorts::take() {
  std::uint16_t bound = 0;
  if (count_ == 0) {
    const int descriptor = udp_.open(address_, 0, bound);
    if (descriptor < 0)
      return {Errc::resource_unavailable, std::string("RTP port: ") + std::strerror(errno)};
    ++taken_;
    return RtpPort(this, descriptor, bound);
  }
  int error = EADDRINUSE;
  int tries = 0;
  for (std::uint32_t i = 0; i < count_ && tries < kTries; ++i) {
    const std::uint32_t slot = next_;
    next_ = next_ + 1 == count_ ? 0 : next_ + 1;
    if (used_[slot]) continue;
    ++tries;
    const int descriptor =
        udp_.open(address_, static_cast<std::uint16_t>(first_ + 2 * slot), bound);
    if (descriptor >= 0) {
      used_[slot] = true;
      ++taken_;
      return RtpPort(this, descriptor, bound);
    }
    error = errno;
    if (error != EADDRINUSE && error != EACCES) break;
  }
  return {Errc::resource_unavailable,
          std::string("no free RTP port in the configured range: ") + std::strerror(error)};
}

void RtpPorts::give_back(int descriptor, std::uint16_t port) {
  udp_.close(descriptor);
  --taken_;
  if (count_ != 0) used_[(port - first_) / 2] = false;
}

}  // namespace switchhook::sip
