// SPDX-License-Identifier: Apache-2.0
#pragma once

// The TCP and TLS connections that others made to us, and the two limits that sofia-sip has none
// for: how many there may be, and how long one may be silent. sofia-sip tells nobody of a
// connection it accepts, so they are looked up among this process's descriptors, by the port they
// are bound to, and ended by a shutdown, which sofia-sip reads as the far end's.
// Threads: the SIP thread only, which alone opens and closes sockets with these ports.
// Ownership: owns what it remembers of each; the sockets are sofia-sip's.

#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

namespace switchhook::sip {

class Streams {
 public:
  using Clock = std::chrono::steady_clock;
  struct Limits {
    std::uint32_t at_once = 0;           ///< 0 = any number
    std::chrono::milliseconds first{0};  ///< without a message since it was made; 0 = for ever
  };
  /// @param ports  on which connections are accepted
  Streams(Limits limits, std::vector<std::uint16_t> ports);

  /// A message came from there.
  void heard(const sockaddr* from);
  /// Ends those that are too many, the newest first, and before others those that have said
  /// nothing; and those that have said nothing for too long.
  /// @return how long the next one may wait
  std::chrono::milliseconds sweep(Clock::time_point now);

  [[nodiscard]] std::size_t open() const { return streams_.size(); }  ///< at the last sweep
  [[nodiscard]] std::uint64_t ended() const { return ended_; }        ///< by a limit, so far

 private:
  /// The far end's address and port.
  using Peer = std::array<std::uint8_t, 18>;
  struct Stream {
    Clock::time_point since{};
    bool heard = false;
    bool ended = false;
    int descriptor = -1;
    std::uint64_t seen = 0;  // the sweep that saw it last
  };
  [[nodiscard]] static bool key_of(const sockaddr* address, Peer& out);
  [[nodiscard]] bool ours(int descriptor) const;
  void look(Clock::time_point now);
  void end(Stream& stream);

  const Limits limits_;
  const std::vector<std::uint16_t> ports_;
  std::map<Peer, Stream> streams_;
  std::uint64_t sweeps_ = 0, ended_ = 0;
};

}  // namespace switchhook::sip
