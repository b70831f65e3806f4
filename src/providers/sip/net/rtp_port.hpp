// SPDX-License-Identifier: Apache-2.0
#pragma once

// A really bound UDP port for a call's audio. Audio itself comes later: what arrives is left in the
// kernel's buffer, which is set so small that an unread call costs a few kilobytes there and no
// more. Ports are taken in turn, so that one that was given back rests as long as possible (late
// packets of an ended call then reach no other call). Threads: the provider's own. Ownership: an
// RtpPort owns its socket and must not outlive the RtpPorts it came from.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "switchhook/error.hpp"

namespace switchhook::sip {

/// Where bound UDP ports come from.
class UdpPorts {
 public:
  virtual ~UdpPorts() = default;
  /// A descriptor, or -1 with errno. @param port  0 = any  @param bound  the one that it became
  [[nodiscard]] virtual int open(const std::string& address, std::uint16_t port,
                                 std::uint16_t& bound) = 0;
  virtual void close(int descriptor) = 0;
  /// Of those that it opened, how many are bound at the moment, counted in the system: the audit
  /// compares the ledger with it. Walks every descriptor.
  [[nodiscard]] virtual std::size_t open_count() const = 0;
};

/// The kernel's.
class SystemUdpPorts final : public UdpPorts {
 public:
  [[nodiscard]] int open(const std::string& address, std::uint16_t port,
                         std::uint16_t& bound) override;
  void close(int descriptor) override;
  [[nodiscard]] std::size_t open_count() const override;

 private:
  std::map<int, std::uint16_t> opened_;  // descriptor to port
};

class RtpPorts;

class RtpPort {
 public:
  RtpPort(RtpPort&& other) noexcept;
  RtpPort& operator=(RtpPort&& other) noexcept;
  RtpPort(const RtpPort&) = delete;
  RtpPort& operator=(const RtpPort&) = delete;
  ~RtpPort();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  friend class RtpPorts;
  RtpPort(RtpPorts* owner, int descriptor, std::uint16_t port)
      : owner_(owner), descriptor_(descriptor), port_(port) {}

  RtpPorts* owner_ = nullptr;  // (ref) nullptr = moved from
  int descriptor_ = -1;        // (owned)
  std::uint16_t port_ = 0;
};

class RtpPorts {
 public:
  static constexpr int kReceiveBytes = 4096;  ///< asked of the kernel for each socket
  static constexpr int kTries = 512;          ///< ports tried for one call

  /// @param udp         outlives it
  /// @param first,last  even ports of this range are used; 0, 0 = any free port
  RtpPorts(UdpPorts& udp, std::string address, std::uint16_t first, std::uint16_t last);

  /// A bound port. Errors: resource_unavailable, with the system's words.
  [[nodiscard]] Result<RtpPort> take();
  [[nodiscard]] std::int64_t taken() const { return taken_; }

 private:
  friend class RtpPort;
  void give_back(int descriptor, std::uint16_t port);

  UdpPorts& udp_;
  std::string address_;
  std::uint32_t first_, count_, next_ = 0;
  std::vector<bool> used_;  // by (port - first) / 2
  std::int64_t taken_ = 0;
};

}  // namespace switchhook::sip
