// SPDX-License-Identifier: Apache-2.0
#include "tests/sip/name_server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>

namespace switchhook::sip::test {
namespace {

constexpr std::uint16_t kA = 1, kSrv = 33;
constexpr std::size_t kHeader = 12;

void put16(std::string& to, std::size_t value) {
  to.push_back(static_cast<char>(value >> 8 & 0xff));
  to.push_back(static_cast<char>(value & 0xff));
}

void put_name(std::string& to, const std::string& name) {
  std::size_t from = 0;
  while (from < name.size()) {
    const std::size_t dot = std::min(name.find('.', from), name.size());
    to.push_back(static_cast<char>(dot - from));
    to.append(name, from, dot - from);
    from = dot + 1;
  }
  to.push_back('\0');
}

void put_record(std::string& to, std::uint16_t type, const std::string& data) {
  put16(to, 0xc000 | kHeader);  // the name that was asked for
  put16(to, type);
  put16(to, 1);   // IN
  put16(to, 0);   // seconds to live, high and
  put16(to, 60);  // low
  put16(to, data.size());
  to += data;
}

}  // namespace

NameServer::NameServer(Zone zone) : zone_(std::move(zone)) {
  socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&own), sizeof own), 0);
  socklen_t size = sizeof own;
  ::getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &size);
  std::ofstream(resolver_file()) << "nameserver 127.0.0.1\nport " << ntohs(own.sin_port) << "\n";
  thread_ = std::thread([this] { serve(); });
}

NameServer::~NameServer() {
  over_ = true;
  thread_.join();
  ::close(socket_);
}

std::string NameServer::resolver_file() const {
  return dir_.path() / "resolv.conf";
}

void NameServer::serve() {
  while (!over_) {
    pollfd waiting{socket_, POLLIN, 0};
    if (::poll(&waiting, 1, 20) <= 0) continue;
    std::array<char, 512> buffer{};
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t got = ::recvfrom(socket_, buffer.data(), buffer.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &size);
    if (got <= static_cast<ssize_t>(kHeader)) continue;
    ++asked_;
    const std::string out = answer(std::string(buffer.data(), static_cast<std::size_t>(got)));
    static_cast<void>(!::sendto(socket_, out.data(), out.size(), 0,
                                reinterpret_cast<const sockaddr*>(&from), size));
  }
}

std::string NameServer::answer(const std::string& question) const {
  std::string name;
  std::size_t at = kHeader;
  while (at < question.size() && question[at] != '\0') {
    const auto length = static_cast<std::size_t>(static_cast<unsigned char>(question[at]));
    name += (name.empty() ? "" : ".") + question.substr(at + 1, length);
    at += length + 1;
  }
  const std::size_t end = at + 5;
  const unsigned type = at + 2 < question.size() ? static_cast<unsigned char>(question[at + 2]) : 0;
  std::vector<std::string> records;
  if (const auto found = zone_.addresses.find(name); type == kA && found != zone_.addresses.end())
    for (const std::string& address : found->second) {
      std::string data(4, '\0');
      ::inet_pton(AF_INET, address.c_str(), data.data());
      records.push_back(data);
    }
  if (const auto found = zone_.services.find(name); type == kSrv && found != zone_.services.end())
    for (const Service& service : found->second) {
      std::string data;
      put16(data, service.priority);
      put16(data, 1);
      put16(data, service.port);
      put_name(data, service.host);
      records.push_back(data);
    }
  const bool known = zone_.addresses.count(name) != 0 || zone_.services.count(name) != 0;
  std::string out = question.substr(0, 2);
  put16(out, known ? 0x8580 : 0x8583);  // an authoritative answer, or: no such name
  put16(out, 1);
  put16(out, records.size());
  put16(out, 0);
  put16(out, 0);
  out += question.substr(kHeader, end - kHeader);
  for (const std::string& data : records) put_record(out, static_cast<std::uint16_t>(type), data);
  return out;
}

}  // namespace switchhook::sip::test
