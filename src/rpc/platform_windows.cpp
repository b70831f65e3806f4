// SPDX-License-Identifier: Apache-2.0
// The client half's part: a program on Windows reaches a service by TCP, on this machine or another
// (SWITCHHOOK_SOCKET=tcp:HOST:PORT). Its local sockets tell nobody who the peer is, and no daemon
// runs here, so neither is trusted or started.
#include <winsock2.h>
#include <ws2tcpip.h>
// After winsock2.h.
#include <windows.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>

#include "rpc/platform.hpp"

namespace switchhook::rpc::platform {
namespace {

constexpr std::size_t kSecretBytes = 256;
constexpr int kTcpMaxRt = 5;  // TCP_MAXRT, which mingw-w64 does not have

SOCKET socket_of(std::intptr_t socket) {
  return static_cast<SOCKET>(socket);
}

Error no_daemon() {
  return {Errc::unsupported,
          "no switchhookd runs on Windows; SWITCHHOOK_SOCKET=tcp:HOST:PORT names one elsewhere"};
}

}  // namespace

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string program_name() {
  std::array<wchar_t, 1024> path{};
  const DWORD size = ::GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
  const wchar_t* name = path.data() + size;
  while (name != path.data() && name[-1] != L'\\') --name;
  std::array<char, 3 * path.size()> text{};
  const int bytes = ::WideCharToMultiByte(CP_UTF8, 0, name, -1, text.data(),
                                          static_cast<int>(text.size()), nullptr, nullptr);
  return bytes <= 1 ? "application" : text.data();
}

std::uint32_t process_id() {
  return ::GetCurrentProcessId();
}
std::uint32_t user_id() {
  return 0;
}
std::string user_name(std::uint32_t) {
  return environment("USERNAME");
}

std::string user_directory() {
  return environment("LOCALAPPDATA") + "\\switchhook";
}
std::string user_socket() {
  return user_directory() + "\\switchhook.sock";
}
std::string system_socket() {
  return environment("PROGRAMDATA") + "\\switchhook\\switchhook.sock";
}

Result<void> check_private_directory(const std::string& path) {
  return Error{Errc::not_found, path + " is not used on Windows"};
}
Result<void> make_private_directory(const std::string&) {
  return no_daemon();
}

std::optional<Peer> peer_of(int) {
  return std::nullopt;
}

std::ptrdiff_t send_now(std::intptr_t socket, const void* data, std::size_t size) {
  u_long at_once = 1;
  ::ioctlsocket(socket_of(socket), static_cast<long>(FIONBIO), &at_once);
  const int sent = ::send(socket_of(socket), static_cast<const char*>(data),
                          static_cast<int>(std::min<std::size_t>(size, 1 << 30)), 0);
  if (sent >= 0) return sent;
  const int error = ::WSAGetLastError();
  return error == WSAEWOULDBLOCK || error == WSAENOBUFS ? 0 : -1;
}

void keep_from_children(std::intptr_t socket) {
  ::SetHandleInformation(reinterpret_cast<HANDLE>(socket), HANDLE_FLAG_INHERIT, 0);
}

void set_tcp_user_timeout(std::intptr_t socket, std::chrono::milliseconds timeout) {
  const auto seconds = static_cast<DWORD>(timeout.count() / 1000);
  ::setsockopt(socket_of(socket), IPPROTO_TCP, kTcpMaxRt, reinterpret_cast<const char*>(&seconds),
               sizeof seconds);
}

/// The folder's access list says who else may read it; by default only the user may.
Result<std::string> read_secret(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Errc::not_found, "cannot read " + path};
  std::string secret(kSecretBytes + 1, '\0');
  file.read(secret.data(), static_cast<std::streamsize>(secret.size()));
  secret.resize(static_cast<std::size_t>(file.gcount()));
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  if (secret.empty() || secret.size() > kSecretBytes)
    return Error{Errc::failed, path + " does not hold a secret of 1…256 bytes"};
  return secret;
}

// Nothing interrupts a thread here.
SignalShield::SignalShield() = default;
SignalShield::~SignalShield() = default;

FileLock::~FileLock() = default;
Result<FileLock> FileLock::take(const std::string&, std::chrono::milliseconds) {
  return no_daemon();
}
Result<void> start_user_daemon(const std::string&, std::chrono::milliseconds) {
  return no_daemon();
}

}  // namespace switchhook::rpc::platform
