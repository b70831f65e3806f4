// SPDX-License-Identifier: Apache-2.0
#include "tests/crash/far_end.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <random>
#include <string_view>

namespace switchhook::test {
namespace {

constexpr int kAgainMs = 500;

std::string body(std::uint16_t port) {
  return "v=0\r\no=far 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio " +
         std::to_string(port) + " RTP/AVP 0 8\r\na=sendrecv\r\n";
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return std::tolower(x) == std::tolower(y);
         });
}

std::string after(const std::string& text, const std::string& mark, const char* until) {
  const std::size_t at = text.find(mark);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + mark.size();
  return text.substr(begin, text.find_first_of(until, begin) - begin);
}

}  // namespace

struct FarEnd::Message {
  std::string first, method, uri, text;
  int status = 0;  // 0 = a request
  std::vector<std::pair<std::string, std::string>> headers;

  explicit Message(std::string all) : text(std::move(all)) {
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t end = std::min(text.find("\r\n", at), text.size());
      const std::string line = text.substr(at, end - at);
      at = end + 2;
      if (line.empty()) break;
      if (first.empty()) {
        first = line;
        continue;
      }
      const std::size_t colon = line.find(':');
      if (colon == std::string::npos) continue;
      const std::size_t value = line.find_first_not_of(" \t", colon + 1);
      add(line.substr(0, line.find_last_not_of(" \t", colon - 1) + 1),
          value == std::string::npos ? "" : line.substr(value));
    }
    if (first.starts_with("SIP/2.0 ")) {
      status = std::atoi(first.c_str() + 8);
      method = cseq_method();
    } else {
      method = first.substr(0, first.find(' '));
      uri = after(first, " ", " ");
    }
  }
  void add(const std::string& name, const std::string& value) {
    static const std::map<std::string, std::string> kShort{
        {"v", "Via"}, {"f", "From"}, {"t", "To"}, {"i", "Call-ID"}, {"m", "Contact"}};
    const auto found = kShort.find(name);
    headers.emplace_back(found == kShort.end() ? name : found->second, value);
  }
  [[nodiscard]] std::string header(const std::string& name) const {
    for (const auto& [each, value] : headers)
      if (same(each, name)) return value;
    return {};
  }
  /// All values, those of one line apart too.
  [[nodiscard]] std::vector<std::string> all(const std::string& name) const {
    std::vector<std::string> out;
    for (const auto& [each, value] : headers) {
      if (!same(each, name)) continue;
      for (std::size_t at = 0; at < value.size();) {
        const std::size_t end = std::min(value.find(',', at), value.size());
        const std::size_t begin = value.find_first_not_of(' ', at);
        out.push_back(value.substr(begin, end - begin));
        at = end + 1;
      }
    }
    return out;
  }
  [[nodiscard]] std::uint32_t cseq() const {
    return static_cast<std::uint32_t>(std::atol(header("CSeq").c_str()));
  }
  [[nodiscard]] std::string cseq_method() const {
    const std::string value = header("CSeq");
    return value.substr(value.find(' ') + 1);
  }
  [[nodiscard]] std::string branch() const { return after(header("Via"), "branch=", ";, "); }
};

FarEnd::FarEnd() {
  socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int buffer = 8 << 20;
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (::bind(socket_, reinterpret_cast<sockaddr*>(&at), size) != 0 ||
      ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size) != 0 ||
      ::pipe2(stop_, O_CLOEXEC) != 0)
    std::abort();
  port_ = ntohs(at.sin_port);
  thread_ = std::thread([this] { work(); });
}

FarEnd::~FarEnd() {
  static_cast<void>(!::write(stop_[1], "x", 1));
  thread_.join();
  ::close(socket_);
  ::close(stop_[0]);
  ::close(stop_[1]);
}

std::string FarEnd::own() const {
  return "127.0.0.1:" + std::to_string(port_);
}
std::string FarEnd::address(const std::string& behaviour) const {
  return "sip:" + behaviour + "@" + own();
}
std::string FarEnd::record_routes() const {
  return "Record-Route: <sip:" + own() + ";lr;hop=1>\r\nRecord-Route: <sip:" + own() +
         ";lr;hop=2>\r\n";
}

void FarEnd::send(const std::string& text, const sockaddr_in& to) const {
  ::sendto(socket_, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

void FarEnd::work() {
  std::array<pollfd, 2> polled{{{socket_, POLLIN, 0}, {stop_[0], POLLIN, 0}}};
  std::vector<char> buffer(65536);
  while (true) {
    const int ready = ::poll(polled.data(), polled.size(), kAgainMs);
    if (polled[1].revents != 0) return;
    if (ready == 0) again();
    if (ready <= 0) continue;
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t got = ::recvfrom(socket_, buffer.data(), buffer.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &size);
    if (got > 16) take(Message(std::string(buffer.data(), static_cast<std::size_t>(got))), from);
  }
}

/// INVITEs that nobody has answered in any way, and answers that nobody has acknowledged.
void FarEnd::again() {
  base::Lock lock(mutex_);
  for (const auto& [id, call] : calls_)
    if (call.calling && call.their_tag.empty() && !call.over) {
      send(call.invite, peers_[id]);
    } else if (!call.calling && call.answered && !call.acknowledged && !call.over) {
      reply(Message(call.invite), peers_[id], 200, &call, true);
    }
}

void FarEnd::take(const Message& message, const sockaddr_in& from) {
  if (message.status == 0)
    request(message, from);
  else
    response(message, from);
}

// ---- what the daemon asks

void FarEnd::reply(const Message& to, const sockaddr_in& at, int status, const Call* call,
                   bool with_body) {
  std::string out = "SIP/2.0 " + std::to_string(status) + " Whatever\r\n";
  for (const auto& [name, value] : to.headers)
    if (same(name, "Via")) out += "Via: " + value + "\r\n";
  std::string to_header = to.header("To");
  if (call != nullptr && status != 100 && to_header.find(";tag=") == std::string::npos)
    to_header += ";tag=" + call->tag;
  out += "From: " + to.header("From") + "\r\nTo: " + to_header +
         "\r\nCall-ID: " + to.header("Call-ID") + "\r\nCSeq: " + to.header("CSeq") + "\r\n";
  if (call != nullptr && call->proxied && to.method == "INVITE" && status > 100)
    out += record_routes();
  if (call != nullptr && status < 300 && status > 100)
    out += "Contact: <sip:far@" + own() + ">\r\n";
  const std::string content = with_body ? body(port_) : "";
  if (with_body) out += "Content-Type: application/sdp\r\n";
  send(out + "Content-Length: " + std::to_string(content.size()) + "\r\n\r\n" + content, at);
}

void FarEnd::invited(const Message& message, const sockaddr_in& from) {
  const std::string id = message.header("Call-ID");
  const auto found = calls_.find(id);
  if (found != calls_.end() && message.header("To").find(";tag=") == std::string::npos) {
    if (message.branch() != found->second.branch) found->second.faults.push_back("a second INVITE");
    if (found->second.answered && found->second.behaviour != "deaf")
      reply(message, from, 200, &found->second, true);
    return;
  }
  if (found != calls_.end()) {  // within the dialog: hold and resume
    check(found->second, message);
    found->second.their_cseq = message.cseq();
    return reply(message, from, 200, &found->second, true);
  }
  Call& call = calls_[id];
  call.call_id = id;
  call.behaviour = after(message.uri, "sip:", "@");
  call.proxied = call.behaviour == "proxied";
  call.tag = "far" + std::to_string(++numbers_);
  call.their_tag = after(message.header("From"), ";tag=", ";>");
  call.target = after(message.header("Contact"), "<", ">");
  call.branch = message.branch();
  call.invite = message.text;
  call.their_cseq = call.invite_cseq = message.cseq();
  peers_[id] = from;
  if (call.behaviour == "silent") return;
  reply(message, from, 100, &call);
  if (call.behaviour == "trying") return;
  reply(message, from, 180, &call);
  if (call.behaviour == "ring") return;
  call.answered = true;
  reply(message, from, 200, &call, true);
}

/// A request within a dialog has to be in it, in order, through the proxies that asked for it.
void FarEnd::check(Call& call, const Message& message) const {
  const auto fault = [&](const std::string& what) {
    call.faults.push_back(message.method + ": " + what);
  };
  if (after(message.header("From"), ";tag=", ";>") != call.their_tag) fault("From tag");
  if (after(message.header("To"), ";tag=", ";>") != call.tag) fault("To tag");
  if (message.method != "ACK" && message.cseq() <= call.their_cseq) fault("CSeq");
  if (message.uri != "sip:far@" + own()) fault("target " + message.uri);
  std::string routes;
  for (const std::string& route : message.all("Route")) routes += after(route, "hop=", ";>");
  // The called one sees the last proxy first, the calling one's set is turned round.
  const std::string wanted = !call.proxied ? "" : call.calling ? "12" : "21";
  if (routes != wanted) fault("routes " + routes);
}

void FarEnd::ended(Call& call, const Message& message, const std::string& how) {
  ++call.ends;
  call.over = true;
  call.end = how;
  call.reason = message.header("Reason");
}

void FarEnd::request(const Message& message, const sockaddr_in& from) {
  base::Lock lock(mutex_);
  if (message.method == "INVITE") return invited(message, from);
  const auto found = calls_.find(message.header("Call-ID"));
  if (found == calls_.end()) {
    if (message.method != "ACK") reply(message, from, 481, nullptr);
    return;
  }
  Call& call = found->second;
  if (message.method == "ACK") {
    if (message.cseq() == call.invite_cseq) call.acknowledged = true;
    return;
  }
  if (call.behaviour == "deaf" && call.acknowledged) return;
  if (message.method == "BYE") {
    if (message.branch() == call.bye_branch) return reply(message, from, 200, &call);
    if (call.over) return reply(message, from, 481, &call);
    check(call, message);
    if (message.header("Reason").empty() && call.by_us) call.faults.push_back("BYE: no Reason");
    call.bye_branch = message.branch();
    ended(call, message, "BYE");
    return reply(message, from, 200, &call);
  }
  if (message.method != "CANCEL") return reply(message, from, 405, &call);
  if (call.answered) return reply(message, from, 200, &call);
  if (call.over) return reply(message, from, 481, &call);
  if (message.branch() != call.branch) call.faults.push_back("CANCEL: branch");
  if (message.cseq() != call.invite_cseq) call.faults.push_back("CANCEL: CSeq");
  if (message.header("To").find(";tag=") != std::string::npos)
    call.faults.push_back("CANCEL: a tag in To");
  reply(message, from, 200, &call);
  reply(Message(call.invite), from, 487, &call);
  ended(call, message, "CANCEL");
}

// ---- calling

void FarEnd::call(const std::string& line, std::uint16_t port, bool proxied) {
  base::Lock lock(mutex_);
  const std::string id = "call" + std::to_string(++numbers_) + "@" + own();
  Call& call = calls_[id];
  call.call_id = id;
  call.calling = true;
  call.proxied = proxied;
  call.behaviour = "caller";
  call.tag = "far" + std::to_string(numbers_);
  call.cseq = call.invite_cseq = 7;
  call.branch = "z9hG4bKfar" + std::to_string(numbers_);
  call.via = "Via: SIP/2.0/UDP " + own() + ";branch=";
  call.from = "From: <sip:far@" + own() + ">;tag=" + call.tag + "\r\n";
  call.target = "sip:" + line + "@127.0.0.1:" + std::to_string(port);
  call.to = "To: <" + call.target + ">";
  const std::string content = body(port_);
  call.invite =
      "INVITE " + call.target + " SIP/2.0\r\n" + call.via + call.branch + "\r\n" +
      (proxied ? record_routes() : "") + call.from + call.to + "\r\nCall-ID: " + id +
      "\r\nCSeq: 7 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:far@" + own() +
      ">\r\nContent-Type: application/sdp\r\nContent-Length: " + std::to_string(content.size()) +
      "\r\n\r\n" + content;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  peers_[id] = to;
  send(call.invite, to);
}

void FarEnd::response(const Message& message, const sockaddr_in& from) {
  base::Lock lock(mutex_);
  const auto found = calls_.find(message.header("Call-ID"));
  if (found == calls_.end() || message.status < 180) return;
  Call& call = found->second;
  if (message.cseq_method() == "BYE") {
    call.over = true;
    return;
  }
  if (message.cseq_method() != "INVITE" || !call.calling) return;
  if (call.their_tag.empty()) call.their_tag = after(message.header("To"), ";tag=", ";>");
  if (message.status < 200) return;
  const std::string rest = call.from + "To: " + message.header("To") +
                           "\r\nCall-ID: " + call.call_id +
                           "\r\nCSeq: 7 ACK\r\nMax-Forwards: 70\r\n" + "Content-Length: 0\r\n\r\n";
  if (message.status < 300) {
    if (!call.answered) call.target = after(message.header("Contact"), "<", ">");
    call.answered = call.acknowledged = true;
    return send("ACK " + call.target + " SIP/2.0\r\n" + call.via + call.branch + "a\r\n" + rest,
                from);
  }
  send("ACK " + call.target + " SIP/2.0\r\n" + call.via + call.branch + "\r\n" + rest, from);
  if (call.over || call.answered) return;
  ended(call, message, std::to_string(message.status));
}

void FarEnd::hang_up() {
  base::Lock lock(mutex_);
  for (auto& [id, call] : calls_) {
    if (!call.answered || call.over || call.by_us) continue;
    call.by_us = true;
    const std::string from = "<sip:far@" + own() + ">;tag=" + call.tag;
    const std::string to = "<sip:them@127.0.0.1>;tag=" + call.their_tag;
    send("BYE " + call.target + " SIP/2.0\r\nVia: SIP/2.0/UDP " + own() + ";branch=z9hG4bKbye" +
             std::to_string(++numbers_) + "\r\nFrom: " + from + "\r\nTo: " + to + "\r\nCall-ID: " +
             id + "\r\nCSeq: 99 BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
         peers_[id]);
  }
}

// ---- the books

std::vector<FarEnd::Call> FarEnd::calls() const {
  base::Lock lock(mutex_);
  std::vector<Call> out;
  for (const auto& [id, call] : calls_) out.push_back(call);
  return out;
}
bool FarEnd::all_over() const {
  base::Lock lock(mutex_);
  return std::all_of(calls_.begin(), calls_.end(),
                     [](const auto& each) { return each.second.over; });
}
std::size_t FarEnd::answered() const {
  base::Lock lock(mutex_);
  return static_cast<std::size_t>(std::count_if(calls_.begin(), calls_.end(), [](const auto& each) {
    return each.second.answered && each.second.acknowledged;
  }));
}
std::size_t FarEnd::over() const {
  base::Lock lock(mutex_);
  return static_cast<std::size_t>(std::count_if(calls_.begin(), calls_.end(),
                                                [](const auto& each) { return each.second.over; }));
}

namespace {

bool is_free(std::uint16_t port, int kind) {
  const int descriptor = ::socket(AF_INET, kind | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = ::bind(descriptor, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
  ::close(descriptor);
  return bound;
}

}  // namespace

std::uint16_t port_to_come_back_to() {
  constexpr std::uint16_t kFirst = 10000, kCount = 6000;
  std::random_device random;
  while (true) {
    const auto port = static_cast<std::uint16_t>(kFirst + random() % kCount);
    if (is_free(port, SOCK_DGRAM) && is_free(port, SOCK_STREAM)) return port;
  }
}

}  // namespace switchhook::test
