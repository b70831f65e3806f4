// SPDX-License-Identifier: Apache-2.0
#pragma once

// INVITEs that were offered to no line: they are no calls, and leave no record. They are counted by
// reason and by network, and the last ones are remembered, for the operator. However many come, the
// memory for them is bounded. Pure. Threads: the SIP thread. Ownership: by value.

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "switchhook/types.hpp"

namespace switchhook::sip {

/// The network of an IP address: the first 24 bits of an IPv4 address, the first 64 of an IPv6
/// address. What is no address is its own network.
[[nodiscard]] std::string network_of(const std::string& address);

/// Its texts cut at the limits of a record's.
[[nodiscard]] Refusal bounded(Refusal refusal);

class RefusalBook {
 public:
  /// One that is bounded.
  void note(Refusal refusal);
  [[nodiscard]] Refusals report() const;

 private:
  struct Network {
    std::uint64_t count = 0;
    Moment last;
  };
  void count_network(const std::string& network, const Moment& at);

  std::uint64_t total_ = 0, other_networks_ = 0;
  std::array<std::uint64_t, kRefusalReasonNames.size()> reasons_{};
  std::unordered_map<std::string, Network> networks_;
  std::deque<Refusal> last_;  // the newest in front
};

}  // namespace switchhook::sip
