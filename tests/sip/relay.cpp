// SPDX-License-Identifier: Apache-2.0
#include "tests/sip/relay.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include "tests/sip/far_end.hpp"

namespace switchhook::sip::test {
namespace {

using std::chrono::milliseconds;

constexpr int kLateT1 = 6, kReorderedT1 = 4;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

int bound(int kind, std::uint16_t& port) {
  const int made = ::socket(AF_INET, kind | SOCK_CLOEXEC, 0);
  sockaddr_in own = loopback(0);
  socklen_t size = sizeof own;
  EXPECT_EQ(::bind(made, reinterpret_cast<const sockaddr*>(&own), size), 0);
  ::getsockname(made, reinterpret_cast<sockaddr*>(&own), &size);
  port = ntohs(own.sin_port);
  return made;
}

/// Every `from` that is a whole word, by `to`.
void replace(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;) {
    const std::size_t end = at + from.size();
    if (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) {
      at = end;
    } else {
      text.replace(at, from.size(), to);
      at += to.size();
    }
  }
}

std::string at(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

SSL_CTX* context(const SSL_METHOD* method, const std::string& folder) {
  SSL_CTX* out = SSL_CTX_new(method);
  const std::string own = folder + "/agent.pem";
  EXPECT_EQ(SSL_CTX_use_certificate_chain_file(out, own.c_str()), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey_file(out, own.c_str(), SSL_FILETYPE_PEM), 1);
  return out;
}

/// One whole message off the front of what was read; keep-alives are passed over.
std::optional<std::string> one_message(std::string& read) {
  while (read.compare(0, 2, "\r\n") == 0) read.erase(0, 2);
  const std::size_t head = read.find("\r\n\r\n");
  if (head == std::string::npos) return std::nullopt;
  const std::string length = header(read, "Content-Length");
  const std::size_t size = head + 4 + std::strtoul(length.c_str(), nullptr, 10);
  if (read.size() < size) return std::nullopt;
  std::string out = read.substr(0, size);
  read.erase(0, size);
  return out;
}

}  // namespace

const char* to_string(By by) {
  return by == By::udp ? "udp" : by == By::tcp ? "tcp" : "tls";
}

std::string to_string(const Fault& fault) {
  constexpr std::array<const char*, 6> kWords = {"nothing wrong", "lost",      "late",
                                                 "twice",         "reordered", "cut"};
  const std::string word = kWords[static_cast<std::size_t>(fault.what)];
  if (fault.what == Fault::What::none) return word;
  return "message " + std::to_string(fault.message) + " " + word;
}

Relay::Relay(By by, milliseconds t1, Fault fault, const std::string& folder)
    : by_(by), t1_(t1), fault_(fault) {
  for (Side& side : sides_) {
    side.listener = bound(by == By::udp ? SOCK_DGRAM : SOCK_STREAM, side.port);
    if (by != By::udp) {
      EXPECT_EQ(::listen(side.listener, 16), 0);
    }
  }
  if (by == By::tls) {
    server_ = context(TLS_server_method(), folder);
    client_ = context(TLS_client_method(), folder);
  }
  EXPECT_EQ(::pipe2(wake_, O_CLOEXEC | O_NONBLOCK), 0);
  thread_ = std::thread([this] { work(); });
}

Relay::~Relay() {
  {
    base::Lock lock(mutex_);
    stop_ = true;
  }
  wake();
  thread_.join();
  for (const Side& side : sides_) ::close(side.listener);
  for (const int end : wake_) ::close(end);
  SSL_CTX_free(server_);
  SSL_CTX_free(client_);
}

void Relay::join(int side, std::uint16_t port, bool plain) {
  base::Lock lock(mutex_);
  sides_[side].real = port;
  sides_[side].plain = plain;
}

void Relay::wake() const {
  static_cast<void>(!::write(wake_[1], "x", 1));
}

// ---- what the test asks

void Relay::hold(Which which) {
  base::Lock lock(mutex_);
  while (releasing_) changed_.wait(mutex_);
  hold_ = std::move(which);
}

void Relay::lose(Which which) {
  base::Lock lock(mutex_);
  lose_ = std::move(which);
}

void Relay::forgive() {
  base::Lock lock(mutex_);
  lose_ = {};
}

void Relay::release(Which which) {
  {
    base::Lock lock(mutex_);
    while (releasing_) changed_.wait(mutex_);
    releasing_ = std::move(which);  // by the thread that owns the connections
  }
  wake();
}

bool Relay::holds(int from, milliseconds patience) const {
  const auto until = Clock::now() + patience;
  base::Lock lock(mutex_);
  for (;;) {
    for (const Out& out : held_)
      if (out.from == from) return true;
    if (changed_.wait_until(mutex_, until) == std::cv_status::timeout) return false;
  }
}

bool Relay::saw(const Which& which, milliseconds patience) const {
  const auto until = Clock::now() + patience;
  base::Lock lock(mutex_);
  for (;;) {
    for (const Seen& seen : log_)
      if (which(seen.from, seen.text)) return true;
    if (changed_.wait_until(mutex_, until) == std::cv_status::timeout) return false;
  }
}

std::vector<Relay::Seen> Relay::log() const {
  base::Lock lock(mutex_);
  return log_;
}

// ---- the thread

void Relay::work() {
  sigset_t pipe;  // OpenSSL writes to connections that may be gone
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  for (;;) {
    std::vector<pollfd> polled{
        {wake_[0], POLLIN, 0}, {sides_[0].listener, POLLIN, 0}, {sides_[1].listener, POLLIN, 0}};
    for (const auto& link : links_)
      for (const Leg& leg : link->legs) polled.push_back({leg.descriptor, POLLIN, 0});
    int patience = -1;
    {
      base::Lock lock(mutex_);
      if (stop_) return;
      if (!due_.empty()) {
        const auto left = std::chrono::ceil<milliseconds>(due_.begin()->first - Clock::now());
        patience = std::max(0, static_cast<int>(left.count()));
      }
    }
    ::poll(polled.data(), polled.size(), patience);
    std::array<char, 64> waste{};
    while (::read(wake_[0], waste.data(), waste.size()) > 0) continue;
    let_go();
    std::size_t n = 3;
    for (auto each = links_.begin(); each != links_.end();) {
      bool alive = true;
      for (const int side : {0, 1})
        if (polled[n++].revents != 0 && alive) alive = read_stream(*each, side);
      // What is on its way still arrives: the connection closes with the last of it.
      each = alive ? std::next(each) : links_.erase(each);
    }
    for (const int toward : {0, 1})
      if (polled[static_cast<std::size_t>(1 + toward)].revents != 0)
        by_ == By::udp ? read_datagrams(toward) : accept(toward);
    send_due();
  }
}

/// What came to the port that stands for `toward` is from the other side.
void Relay::read_datagrams(int toward) {
  std::array<char, 65536> buffer{};
  ssize_t got = 0;
  while ((got = ::recv(sides_[toward].listener, buffer.data(), buffer.size(), MSG_DONTWAIT)) > 4)
    take(1 - toward, std::string(buffer.data(), static_cast<std::size_t>(got)), nullptr);
}

bool Relay::handshake(Leg& leg, bool server) const {
  leg.ssl = SSL_new(server ? server_ : client_);
  const timeval patience{5, 0};
  ::setsockopt(leg.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  SSL_set_fd(leg.ssl, leg.descriptor);
  return (server ? SSL_accept(leg.ssl) : SSL_connect(leg.ssl)) == 1;
}

void Relay::accept(int toward) {
  const int from = 1 - toward;
  auto link = std::make_shared<Link>();
  link->from = from;
  Leg& near = link->legs[from];
  Leg& far = link->legs[toward];
  std::uint16_t real = 0;
  bool plain[2];
  {
    base::Lock lock(mutex_);
    real = sides_[toward].real;
    for (const int side : {0, 1}) plain[side] = by_ != By::tls || sides_[side].plain;
  }
  near.descriptor = ::accept4(sides_[toward].listener, nullptr, nullptr, SOCK_CLOEXEC);
  far.descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  for (const Leg& leg : link->legs)
    ::setsockopt(leg.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const sockaddr_in to = loopback(real);
  const bool good =
      ::connect(far.descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 &&
      (plain[from] || handshake(near, true)) && (plain[toward] || handshake(far, false));
  for (Leg& leg : link->legs) ::fcntl(leg.descriptor, F_SETFL, O_NONBLOCK);
  if (good) {
    links_.push_back(std::move(link));
  } else {
    for (Leg& leg : link->legs) close(leg, true);
  }
}

/// False = the connection is over.
bool Relay::read_stream(const std::shared_ptr<Link>& link, int from) {
  Leg& leg = link->legs[from];
  std::array<char, 65536> buffer{};
  for (;;) {
    if (leg.descriptor < 0) return false;
    ssize_t got = 0;
    bool later = false;
    if (leg.ssl != nullptr) {
      got = SSL_read(leg.ssl, buffer.data(), buffer.size());
      later = got <= 0 && SSL_get_error(leg.ssl, static_cast<int>(got)) == SSL_ERROR_WANT_READ;
    } else {
      got = ::recv(leg.descriptor, buffer.data(), buffer.size(), 0);
      later = got < 0 && errno == EAGAIN;
    }
    if (later) return true;
    if (got <= 0) return false;
    leg.read.append(buffer.data(), static_cast<std::size_t>(got));
    while (std::optional<std::string> message = one_message(leg.read)) take(from, *message, link);
  }
}

void Relay::take(int from, std::string text, const std::shared_ptr<Link>& link) {
  base::Lock lock(mutex_);
  log_.push_back({from, text, Clock::now(), false});
  Out out{.from = from, .number = log_.size() - 1, .link = link, .text = std::move(text)};
  if (lose_ && lose_(from, out.text)) {
    // Gone.
  } else if (hold_ && hold_(from, out.text)) {
    held_.push_back(std::move(out));
  } else {
    judge(std::move(out));
  }
  changed_.notify_all();
}

/// Its turn to go, or to go wrong.
void Relay::judge(Out out) {
  const auto now = Clock::now();
  const bool chosen = fault_.what != Fault::What::none && count_++ == fault_.message;
  const int from = out.from;
  switch (chosen ? fault_.what : Fault::What::none) {
    case Fault::What::none:
      schedule(std::move(out), now);
      break;
    case Fault::What::lost:
      return;
    case Fault::What::late:
      schedule(std::move(out), now + kLateT1 * t1_);
      return;
    case Fault::What::twice:
      schedule(out, now);
      schedule(std::move(out), now + t1_ / 2);
      break;
    case Fault::What::reordered:
      out.once = true;  // behind the next one, or at this time
      behind_[from] = out;
      schedule(std::move(out), now + kReorderedT1 * t1_);
      return;
    case Fault::What::cut:
      if (out.link)
        for (Leg& leg : out.link->legs) close(leg, true);
      return;
  }
  if (std::optional<Out> first = std::move(behind_[from])) {
    behind_[from].reset();
    schedule(std::move(*first), now);
  }
}

void Relay::schedule(Out out, Clock::time_point when) {
  if (out.link) when = out.link->stalled = std::max(when, out.link->stalled);
  due_.emplace(when, std::move(out));
}

void Relay::let_go() {
  base::Lock lock(mutex_);
  const Which free = std::exchange(releasing_, {});
  if (!free) return;
  if (hold_)
    hold_ = [free, held = std::move(hold_)](int from, const std::string& text) {
      return held(from, text) && !free(from, text);
    };
  const auto rest = std::stable_partition(
      held_.begin(), held_.end(), [&](const Out& out) { return !free(out.from, out.text); });
  std::vector<Out> freed(std::make_move_iterator(rest), std::make_move_iterator(held_.end()));
  held_.erase(rest, held_.end());
  for (Out& out : freed) judge(std::move(out));
  changed_.notify_all();
}

void Relay::send_due() {
  base::Lock lock(mutex_);
  while (!due_.empty() && due_.begin()->first <= Clock::now()) {
    const Out out = std::move(due_.begin()->second);
    due_.erase(due_.begin());
    deliver(out);
  }
}

void Relay::deliver(const Out& out) {
  if (out.once && log_[out.number].delivered) return;
  const int to = 1 - out.from;
  const std::string text = rewritten(out.from, out.text);
  log_[out.number].delivered = true;
  if (!out.link) {
    const sockaddr_in there = loopback(sides_[to].real);
    ::sendto(sides_[out.from].listener, text.data(), text.size(), 0,
             reinterpret_cast<const sockaddr*>(&there), sizeof there);
    return;
  }
  Leg& leg = out.link->legs[to];
  if (leg.descriptor < 0) {
    log_[out.number].delivered = false;
  } else if (leg.ssl != nullptr) {
    SSL_write(leg.ssl, text.data(), static_cast<int>(text.size()));
  } else {
    static_cast<void>(!::send(leg.descriptor, text.data(), text.size(), MSG_NOSIGNAL));
  }
}

/// Each side knows the other by the port that stands for it here.
std::string Relay::rewritten(int from, std::string text) const {
  const Side& own = sides_[from];
  const Side& other = sides_[1 - from];
  replace(text, at(own.real), at(own.port));
  replace(text, at(other.port), at(other.real));
  if (by_ == By::tls && own.plain != other.plain) {
    const bool secure = own.plain;
    replace(text, secure ? "SIP/2.0/TCP" : "SIP/2.0/TLS", secure ? "SIP/2.0/TLS" : "SIP/2.0/TCP");
    replace(text, secure ? "transport=tcp" : "transport=tls",
            secure ? "transport=tls" : "transport=tcp");
  }
  return text;
}

void Relay::close(Leg& leg, bool reset) {
  if (leg.ssl != nullptr) SSL_free(leg.ssl);
  leg.ssl = nullptr;
  if (leg.descriptor < 0) return;
  const linger now{1, 0};
  if (reset) ::setsockopt(leg.descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(leg.descriptor);
  leg.descriptor = -1;
}

}  // namespace switchhook::sip::test
