// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace switchhook::daemon {

Supervisor::Supervisor() {
  const char* address = std::getenv("NOTIFY_SOCKET");
  const char* watchdog = std::getenv("WATCHDOG_USEC");
  // Three times within what it allows: one that is late does no harm.
  if (watchdog != nullptr) every_ = std::chrono::microseconds(std::atoll(watchdog) / 3);
  if (address != nullptr && (address[0] == '/' || address[0] == '@') &&
      std::strlen(address) < sizeof(sockaddr_un::sun_path)) {
    address_ = address;
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  }
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("WATCHDOG_USEC");
  ::unsetenv("WATCHDOG_PID");
}

Supervisor::~Supervisor() {
  if (socket_ >= 0) ::close(socket_);
}

void Supervisor::lives(std::chrono::steady_clock::time_point now) {
  if (every_.count() <= 0 || now < next_) return;
  next_ = now + every_;
  say("WATCHDOG=1");
}

void Supervisor::say(const char* words) const {
  if (socket_ < 0) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';  // an abstract one
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  static_cast<void>(::sendto(socket_, words, std::strlen(words), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&to), size));
}

}  // namespace switchhook::daemon
