// SPDX-License-Identifier: Apache-2.0
#pragma once

// A far end under the test's hand: it says, by UDP or TCP, what the test tells it to, when the test
// tells it to, and can lose its connection in each of the ways that connections are lost. Threads:
// one test thread. Ownership: owns its sockets.

#include <cstdint>
#include <deque>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace switchhook::sip::test {

/// The first value of a header of a message as text; empty = not there.
[[nodiscard]] std::string header(const std::string& message, const std::string& name);

/// How a forged request of the dialog that our INVITE began can lie: a piece of the text, and what
/// stands there instead. The far end's own tag is "far"; the last lie leaves our tag away.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> lies(const std::string& invite);

class FarEnd {
 public:
  enum class By : std::uint8_t { udp, tcp };
  friend void PrintTo(By by, std::ostream* out) { *out << (by == By::udp ? "udp" : "tcp"); }
  /// Listens on a free port of `address`, or on `port`.
  explicit FarEnd(By by, const std::string& address = "127.0.0.1", std::uint16_t port = 0);
  ~FarEnd();
  FarEnd(const FarEnd&) = delete;
  FarEnd& operator=(const FarEnd&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string uri() const;  ///< of this far end, with its transport

  /// The next message, also of a connection that is made only now; empty = none came in time.
  /// Keep-alives are passed over, and counted.
  std::string receive(int patience_ms = 10000);
  /// The next request of this method; others before it are dropped.
  std::string receive_request(const std::string& method);
  /// The next response to this method, provisional ones passed over unless `provisional`.
  std::string receive_response(const std::string& method, bool provisional = false);
  [[nodiscard]] int keep_alives() const { return keep_alives_; }

  void send(const std::string& text);
  /// Connects, or sends from now on, to a port of 127.0.0.1.
  void connect(std::uint16_t port);
  [[nodiscard]] bool connected() const { return stream_ >= 0; }
  /// The response to a request that came; `sdp` adds a description.
  [[nodiscard]] std::string response(const std::string& request, int status, bool sdp = false,
                                     const std::string& more = "") const;
  void reply(const std::string& request, int status, bool sdp = false);
  /// A request outside or inside a dialog, of which `to` and `from` are the headers.
  [[nodiscard]] std::string request(const std::string& method, const std::string& uri,
                                    const std::string& from, const std::string& to,
                                    const std::string& call_id, int cseq, bool sdp = false) const;

  void reset();           ///< the connection ends with RST
  void close();           ///< … with FIN
  void half_close();      ///< nothing comes from here any more, but reading goes on
  void stop_listening();  ///< and nobody can connect again
  /// Waits until the other side has closed or reset the connection.
  [[nodiscard]] bool closed_by_peer();

 private:
  [[nodiscard]] bool more(int patience_ms);
  [[nodiscard]] std::optional<std::string> take();

  const By by_;
  const std::string address_;
  std::uint16_t port_ = 0;
  int listener_ = -1, stream_ = -1;  // UDP: stream_ only
  std::vector<int> left_;            // earlier connections
  std::string read_;
  int keep_alives_ = 0;
  mutable int branch_ = 0;
};

}  // namespace switchhook::sip::test
