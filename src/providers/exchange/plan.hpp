// SPDX-License-Identifier: Apache-2.0
#pragma once

// The numbering plan of the embedded exchange: its lines, and the extensions that behave in a known
// way. Plain values. docs/providers.md lists the default plan, which is kept.

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "switchhook/error.hpp"
#include "switchhook/types.hpp"

namespace switchhook::exchange {

/// What an extension does when it is called.
enum class Behaviour : std::uint8_t {
  answers,       ///< connected after `delay`
  rings,         ///< ringback for ever
  busy,          ///< busy, then disconnected
  rejects,       ///< rings, then refuses after `delay`
  hangs_up,      ///< answers at once, hangs up after `delay`
  out_of_order,  ///< special information, then disconnected
  echoes,        ///< answers at once and sends back the digits that it hears
};

struct Extension {
  std::string number;
  Behaviour behaviour = Behaviour::answers;
  std::chrono::milliseconds delay{0};
  friend bool operator==(const Extension&, const Extension&) = default;
};

struct Config {
  std::vector<std::string> lines = {"100", "101"};  ///< their names and numbers
  std::vector<Extension> extensions = default_extensions();
  std::chrono::milliseconds digit_duration{80};  ///< when a request does not say

  static std::vector<Extension> default_extensions();
  struct Mistake {
    bool extension = false;  ///< of `extensions`, otherwise of `lines`
    std::size_t place = 0;   ///< there
    std::string what;
  };
  [[nodiscard]] std::vector<Mistake> mistakes() const;
  /// The first that is wrong: an empty or doubled number, or one with other signs than 0-9 * #.
  [[nodiscard]] Result<void> validate() const;
};

inline constexpr std::uint16_t kUserInfoMax = 128;

/// 1…32 of 0-9 * #, after spaces and - . ( ) / were taken out; empty when it is not a number.
[[nodiscard]] std::string dialable(const std::string& address);

}  // namespace switchhook::exchange
