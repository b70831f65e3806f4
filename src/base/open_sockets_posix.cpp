// SPDX-License-Identifier: Apache-2.0
#include "base/open_sockets.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <system_error>

namespace switchhook::base {
namespace {

int option(int descriptor, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

std::optional<OpenSocket> socket_at(int descriptor) {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size) != 0)
    return std::nullopt;  // no socket, or closed meanwhile
  OpenSocket out;
  if (own.ss_family == AF_UNIX) {
    constexpr std::size_t kHead = offsetof(sockaddr_un, sun_path);
    const char* path = reinterpret_cast<const sockaddr_un*>(&own)->sun_path;
    if (size > kHead) out.path.assign(path, std::find(path, path + (size - kHead), '\0'));
  } else if (own.ss_family == AF_INET) {
    out.port = ntohs(reinterpret_cast<const sockaddr_in*>(&own)->sin_port);
  } else if (own.ss_family == AF_INET6) {
    out.port = ntohs(reinterpret_cast<const sockaddr_in6*>(&own)->sin6_port);
  }
  if (out.path.empty() && out.port == 0) return std::nullopt;
  out.datagram = option(descriptor, SO_TYPE) == SOCK_DGRAM;
  out.listening = option(descriptor, SO_ACCEPTCONN) == 1;
  return out;
}

}  // namespace

std::vector<OpenSocket> open_sockets() {
  std::vector<OpenSocket> out;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
       it.increment(error))
    if (std::optional<OpenSocket> socket = socket_at(std::atoi(it->path().filename().c_str())))
      out.push_back(std::move(*socket));
  return out;
}

}  // namespace switchhook::base
