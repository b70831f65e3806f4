// SPDX-License-Identifier: Apache-2.0
#include "tests/sip/far_end.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <utility>

namespace switchhook::sip::test {
namespace {

constexpr char kSdp[] =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

std::string with_body(std::string head, bool sdp) {
  if (sdp) head += "Content-Type: application/sdp\r\n";
  const std::string body = sdp ? kSdp : "";
  return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

bool readable(int descriptor, int patience_ms) {
  pollfd waiting{descriptor, POLLIN, 0};
  return ::poll(&waiting, 1, patience_ms) > 0;
}

sockaddr_in address_of(const std::string& text, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  ::inet_pton(AF_INET, text.c_str(), &out.sin_addr);
  return out;
}

}  // namespace

std::string header(const std::string& message, const std::string& name) {
  std::size_t at = message.find("\r\n");
  while (at != std::string::npos && message.compare(at, 4, "\r\n\r\n") != 0) {
    at += 2;
    const std::size_t end = message.find("\r\n", at), colon = message.find(':', at);
    if (colon < end && strcasecmp(message.substr(at, colon - at).c_str(), name.c_str()) == 0)
      return message.substr(colon + 2, end - colon - 2);
    at = end;
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> lies(const std::string& invite) {
  const std::string id = header(invite, "Call-ID"), from = header(invite, "From");
  const std::string tag = from.substr(from.find(";tag="));
  return {{";tag=far", ";tag=other"}, {id, "other"}, {tag, tag + "0"}, {tag, ""}};
}

FarEnd::FarEnd(By by, const std::string& address, std::uint16_t port) : by_(by), address_(address) {
  const int kind = by == By::udp ? SOCK_DGRAM : SOCK_STREAM;
  const int made = ::socket(AF_INET, kind | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in own = address_of(address, port);
  EXPECT_EQ(::bind(made, reinterpret_cast<const sockaddr*>(&own), sizeof own), 0) << address;
  socklen_t size = sizeof own;
  ::getsockname(made, reinterpret_cast<sockaddr*>(&own), &size);
  port_ = ntohs(own.sin_port);
  if (by == By::udp) {
    stream_ = made;
  } else {
    EXPECT_EQ(::listen(made, 16), 0);
    listener_ = made;
  }
}

FarEnd::~FarEnd() {
  close();
  stop_listening();
}

std::string FarEnd::uri() const {
  return "sip:far@" + address_ + ":" + std::to_string(port_) +
         (by_ == By::tcp ? ";transport=tcp" : "");
}

void FarEnd::connect(std::uint16_t port) {
  const sockaddr_in to = address_of("127.0.0.1", port);
  if (by_ == By::tcp) {
    close();
    stream_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  }
  EXPECT_EQ(::connect(stream_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
}

/// One message of what was read; keep-alives before it are taken off.
std::optional<std::string> FarEnd::take() {
  while (read_.compare(0, 2, "\r\n") == 0) {
    read_.erase(0, 2);
    ++keep_alives_;
  }
  const std::size_t head = read_.find("\r\n\r\n");
  if (head == std::string::npos) return std::nullopt;
  std::string length = header(read_, "Content-Length");
  if (length.empty()) length = header(read_, "l");
  const std::size_t size = head + 4 + (length.empty() ? 0 : std::stoul(length));
  if (read_.size() < size) return std::nullopt;
  std::string out = read_.substr(0, size);
  read_.erase(0, size);
  return out;
}

bool FarEnd::more(int patience_ms) {
  if (stream_ < 0) {
    if (listener_ < 0 || !readable(listener_, patience_ms)) return false;
    stream_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  }
  // A new connection is the one to talk over; what comes by the old one is not heard any more.
  std::array<pollfd, 2> waiting = {pollfd{stream_, POLLIN, 0}, pollfd{listener_, POLLIN, 0}};
  if (::poll(waiting.data(), listener_ >= 0 ? 2 : 1, patience_ms) <= 0) return false;
  if (waiting[0].revents == 0) {
    left_.push_back(std::exchange(stream_, -1));
    read_.clear();
    return more(patience_ms);
  }
  std::array<char, 65536> buffer{};
  sockaddr_in from{};
  socklen_t size = sizeof from;
  const ssize_t got = ::recvfrom(stream_, buffer.data(), buffer.size(), 0,
                                 reinterpret_cast<sockaddr*>(&from), &size);
  if (got <= 0) {
    close();
    return listener_ >= 0 && more(patience_ms);
  }
  if (by_ == By::udp) {
    ::connect(stream_, reinterpret_cast<const sockaddr*>(&from), size);
    if (got < 5) {
      ++keep_alives_;
      return true;
    }
  }
  read_.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

std::string FarEnd::receive(int patience_ms) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
  for (;;) {
    if (std::optional<std::string> message = take()) return *message;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !more(static_cast<int>(left.count()))) return {};
  }
}

std::string FarEnd::receive_request(const std::string& method) {
  for (;;) {
    std::string message = receive();
    if (message.empty() || message.compare(0, method.size() + 1, method + " ") == 0) return message;
  }
}

std::string FarEnd::receive_response(const std::string& method, bool provisional) {
  for (;;) {
    std::string message = receive();
    if (message.empty()) return message;
    if (message.compare(0, 8, "SIP/2.0 ") != 0) continue;
    const std::string cseq = header(message, "CSeq");
    if (cseq.substr(cseq.find(' ') + 1) == method && (provisional || message[8] != '1'))
      return message;
  }
}

void FarEnd::send(const std::string& text) {
  static_cast<void>(!::send(stream_, text.data(), text.size(), MSG_NOSIGNAL));
}

std::string FarEnd::response(const std::string& request, int status, bool sdp,
                             const std::string& more_headers) const {
  std::string to = header(request, "To");
  if (to.find(";tag=") == std::string::npos && status != 100) to += ";tag=far";
  return with_body("SIP/2.0 " + std::to_string(status) + " Said\r\nVia: " + header(request, "Via") +
                       "\r\nFrom: " + header(request, "From") + "\r\nTo: " + to + "\r\nCall-ID: " +
                       header(request, "Call-ID") + "\r\nCSeq: " + header(request, "CSeq") +
                       "\r\nContact: <" + uri() + ">\r\n" + more_headers,
                   sdp);
}

void FarEnd::reply(const std::string& to, int status, bool sdp) {
  send(response(to, status, sdp));
}

std::string FarEnd::request(const std::string& method, const std::string& target,
                            const std::string& from, const std::string& to,
                            const std::string& call_id, int cseq, bool sdp) const {
  return with_body(
      method + " " + target + " SIP/2.0\r\nVia: SIP/2.0/" + (by_ == By::udp ? "UDP " : "TCP ") +
          address_ + ":" + std::to_string(port_) + ";branch=z9hG4bK-far-" + std::to_string(port_) +
          "-" + std::to_string(++branch_) + "\r\nMax-Forwards: 70\r\nFrom: " + from +
          "\r\nTo: " + to + "\r\nCall-ID: " + call_id + "\r\nCSeq: " + std::to_string(cseq) + " " +
          method + "\r\nContact: <" + uri() + ">\r\n",
      sdp);
}

void FarEnd::reset() {
  const linger now{1, 0};
  ::setsockopt(stream_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void FarEnd::close() {
  for (const int left : left_) ::close(left);
  left_.clear();
  if (stream_ >= 0) ::close(stream_);
  stream_ = -1;
  read_.clear();
}

void FarEnd::half_close() {
  ::shutdown(stream_, SHUT_WR);
}

void FarEnd::stop_listening() {
  if (listener_ >= 0) ::close(listener_);
  listener_ = -1;
}

bool FarEnd::closed_by_peer() {
  std::array<char, 4096> buffer{};
  while (readable(stream_, 10000))
    if (::recv(stream_, buffer.data(), buffer.size(), 0) <= 0) return true;
  return false;
}

}  // namespace switchhook::sip::test
