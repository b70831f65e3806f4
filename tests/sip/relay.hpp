// SPDX-License-Identifier: Apache-2.0
#pragma once

// The wire between two sides of a test, 0 and 1, by UDP, TCP or TLS: each sees the other only
// through it. It keeps a log of every message, loses, delays, doubles and reorders the one it is
// told to, resets a connection instead of delivering it, and holds messages back until the test has
// seen that they cross. Threads: its own for the sockets; all functions any. Ownership: its
// sockets.

#include <openssl/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.hpp"

namespace switchhook::sip::test {

enum class By : std::uint8_t { udp, tcp, tls };
[[nodiscard]] const char* to_string(By by);

struct Fault {
  /// `reordered`: behind the next message of this direction. `cut`: the connection is reset.
  enum class What : std::uint8_t { none, lost, late, twice, reordered, cut };
  What what = What::none;
  int message = 0;  ///< which, counted from 0 as they come to the wire
};
[[nodiscard]] std::string to_string(const Fault& fault);

class Relay {
 public:
  using Clock = std::chrono::steady_clock;
  /// What a message is, and from which side it comes.
  using Which = std::function<bool(int from, const std::string& text)>;
  struct Seen {
    int from;
    std::string text;
    Clock::time_point at;
    bool delivered;  ///< false = lost, cut off, or still on its way
  };

  /// @param t1       how long late is: six of them
  /// @param folder   where agent.pem and cafile.pem are, for TLS
  Relay(By by, std::chrono::milliseconds t1, Fault fault, const std::string& folder);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// The port of 127.0.0.1 that stands for `side`.
  [[nodiscard]] std::uint16_t port(int side) const { return sides_[side].port; }
  /// Where `side` really is. `plain`: it speaks TCP where the other one speaks TLS.
  void join(int side, std::uint16_t port, bool plain = false);

  /// From now on these are held back until release(), each repetition too.
  void hold(Which which);
  /// These are lost, until forgive().
  void lose(Which which);
  void forgive();
  void release() {
    release([](int, const std::string&) { return true; });
  }
  /// Of what is held back, these; the others stay.
  void release(Which which);
  /// Waits until a message from this side is held; false = none came in this time.
  [[nodiscard]] bool holds(int from, std::chrono::milliseconds patience) const;
  /// Waits until a message like this was seen (held and lost ones too); false = none came.
  [[nodiscard]] bool saw(const Which& which, std::chrono::milliseconds patience) const;
  [[nodiscard]] std::vector<Seen> log() const;

 private:
  struct Side {
    std::uint16_t port = 0, real = 0;
    int listener = -1;  // UDP: the socket itself
    bool plain = false;
  };
  struct Leg {
    int descriptor = -1;
    SSL* ssl = nullptr;
    std::string read;
  };
  struct Link {  // a connection that `from` made, and the one we made for it
    Link() = default;
    ~Link() {
      for (Leg& leg : legs) close(leg, false);
    }
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    int from = 0;
    Leg legs[2];  // by side
    Clock::time_point stalled{};
  };
  struct Out {
    int from = 0;
    std::size_t number = 0;  // in the log
    bool once = false;       // not if it was delivered meanwhile
    std::shared_ptr<Link> link;
    std::string text;
  };

  void work();
  void accept(int toward);
  bool handshake(Leg& leg, bool server) const;
  void read_datagrams(int toward);
  bool read_stream(const std::shared_ptr<Link>& link, int from);
  void take(int from, std::string text, const std::shared_ptr<Link>& link);
  void judge(Out out) SWITCHHOOK_REQUIRES(mutex_);
  void let_go() SWITCHHOOK_EXCLUDES(mutex_);
  void schedule(Out out, Clock::time_point at) SWITCHHOOK_REQUIRES(mutex_);
  void deliver(const Out& out) SWITCHHOOK_REQUIRES(mutex_);
  void send_due();
  [[nodiscard]] std::string rewritten(int from, std::string text) const;
  void wake() const;
  static void close(Leg& leg, bool reset);

  const By by_;
  const std::chrono::milliseconds t1_;
  const Fault fault_;
  SSL_CTX* server_ = nullptr;
  SSL_CTX* client_ = nullptr;
  Side sides_[2];
  int wake_[2] = {-1, -1};
  std::list<std::shared_ptr<Link>> links_;  // the thread's

  mutable base::Mutex mutex_;
  mutable base::Condition changed_;
  bool stop_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  Which releasing_ SWITCHHOOK_GUARDED_BY(mutex_);  // empty: nothing to do
  int count_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
  Which hold_ SWITCHHOOK_GUARDED_BY(mutex_), lose_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::vector<Out> held_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::optional<Out> behind_[2] SWITCHHOOK_GUARDED_BY(mutex_);  // reordered, by its sender
  std::multimap<Clock::time_point, Out> due_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::vector<Seen> log_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace switchhook::sip::test
