// SPDX-License-Identifier: Apache-2.0
#include "tests/support/http_client.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace switchhook::test {

using Clock = std::chrono::steady_clock;

HttpPeer::HttpPeer(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

HttpPeer::~HttpPeer() {
  ::close(socket_);
}

bool HttpPeer::say(const std::string& text) const {
  return ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(text.size());
}

bool HttpPeer::take(Clock::time_point until) {
  pollfd one{socket_, POLLIN, 0};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  if (left <= 0 || ::poll(&one, 1, static_cast<int>(left)) != 1) return false;
  std::array<char, 16384> some{};
  const ssize_t size = ::recv(socket_, some.data(), some.size(), 0);
  if (size <= 0) return false;
  heard_.append(some.data(), static_cast<std::size_t>(size));
  return true;
}

std::string HttpPeer::hear(std::chrono::milliseconds limit) {
  const auto until = Clock::now() + limit;
  while (take(until)) {
  }
  return std::exchange(heard_, {});
}

std::string HttpPeer::hear_until(const std::string& words, std::chrono::milliseconds limit) {
  const auto until = Clock::now() + limit;
  while (true) {
    if (heard_.find(words) != std::string::npos) return std::exchange(heard_, {});
    if (!take(until)) return {};
  }
}

std::string HttpClient::Answer::member(const std::string& name) const {
  std::size_t at = body.find("\"" + name + "\":");
  if (at == std::string::npos) return {};
  at += name.size() + 3;
  if (body[at] != '"') return body.substr(at, body.find_first_of(",}]", at) - at);
  return body.substr(at + 1, body.find('"', at + 1) - at - 1);
}

HttpClient::HttpClient(const std::string& address, Headers headers)
    : port_(std::atoi(address.c_str() + address.rfind(':') + 1)), headers_(std::move(headers)) {}

std::string HttpClient::text_of(const std::string& method, const std::string& path,
                                const std::string& body, const Headers& more) const {
  std::string text = method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port_) +
                     "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  for (const Headers* each : {&headers_, &more})
    for (const std::string& header : *each) text += header + "\r\n";
  return text + "\r\n" + body;
}

HttpClient::Answer HttpClient::ask(const std::string& method, const std::string& path,
                                   const std::string& body, const Headers& more) const {
  HttpPeer peer(port_);
  EXPECT_TRUE(peer.say(text_of(method, path, body, more)));
  const std::string text = peer.hear();
  Answer answer;
  const std::size_t end = text.find("\r\n\r\n");
  if (text.size() < 12 || end == std::string::npos) return answer;
  answer.status = std::atoi(text.c_str() + 9);
  answer.head = text.substr(0, end + 2);
  answer.body = text.substr(end + 4);
  return answer;
}

}  // namespace switchhook::test
