// SPDX-License-Identifier: Apache-2.0
#pragma once

// A DNS server on loopback that answers from a table, for names with several addresses. Threads:
// answers on one of its own. Ownership: owns socket, thread and the resolver file it writes.

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/sip/peer.hpp"

namespace switchhook::sip::test {

class NameServer {
 public:
  struct Service {
    std::uint16_t priority, port;
    std::string host;
  };
  struct Zone {
    std::map<std::string, std::vector<std::string>> addresses;  ///< IPv4, in their order
    std::map<std::string, std::vector<Service>> services;       ///< SRV
  };
  explicit NameServer(Zone zone);
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  /// A file in the form of resolv.conf that leads here.
  [[nodiscard]] std::string resolver_file() const;
  [[nodiscard]] int asked() const { return asked_.load(); }

 private:
  void serve();
  [[nodiscard]] std::string answer(const std::string& question) const;

  const Zone zone_;
  TempDir dir_;
  int socket_ = -1;
  std::atomic<bool> over_{false};
  std::atomic<int> asked_{0};
  std::thread thread_;
};

}  // namespace switchhook::sip::test
