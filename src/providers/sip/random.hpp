// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where tags, Call-IDs, branches and nonces come from: nobody may predict them. A simulation has
// its own. Threads: the SIP thread. Ownership: outlives the provider's core.

#include <cstdint>
#include <string>

namespace switchhook::sip {

class Random {
 public:
  virtual ~Random() = default;
  [[nodiscard]] virtual std::uint64_t next() = 0;
  /// 128 bits of it, as a word of hexadecimal digits.
  [[nodiscard]] std::string word();
};

/// The system's.
class SystemRandom final : public Random {
 public:
  [[nodiscard]] std::uint64_t next() override;
};

}  // namespace switchhook::sip
