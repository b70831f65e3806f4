// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which events a program wants, kind by kind and value by value (a TE_CALLSTATE with CS_CONNECTED).
// The TAPI object has one, each address has one that begins as a copy of that, each call one that
// begins as a copy of its address's. Threads: guarded by its owner's lock. Ownership: a value.

#include <array>
#include <cstdint>

#include "tapi3/com/com.hpp"

namespace switchhook::tapi3 {

class EventFilter {
 public:
  /// All values of the kinds whose bits are set, and of no others.
  void set_mask(std::uint32_t mask) {
    for (std::size_t kind = 0; kind < values_.size(); ++kind)
      values_[kind] = ((mask >> kind) & 1u) != 0 ? ~0u : 0u;
  }
  /// The kinds of which at least one value is wanted.
  [[nodiscard]] std::uint32_t mask() const {
    std::uint32_t mask = 0;
    for (std::size_t kind = 0; kind < values_.size(); ++kind)
      if (values_[kind] != 0) mask |= 1u << kind;
    return mask;
  }
  /// @param value  of the kind's own enumeration; kAll for all of them.
  /// False when `kind` is not exactly one kind, or `value` is not one.
  bool set(std::uint32_t kind, long value, bool wanted) {
    if (!valid(kind, value)) return false;
    std::uint32_t& values = values_[place(kind)];
    const std::uint32_t bits = value == kAll ? ~0u : 1u << value;
    values = wanted ? values | bits : values & ~bits;
    return true;
  }
  [[nodiscard]] bool wants(std::uint32_t kind, long value) const {
    if (!valid(kind, value)) return false;
    const std::uint32_t values = values_[place(kind)];
    return value == kAll ? values == ~0u : ((values >> value) & 1u) != 0;
  }
  static constexpr long kAll = -1;
  [[nodiscard]] static bool valid(std::uint32_t kind, long value) {
    return kind != 0 && (kind & (kind - 1)) == 0 && place(kind) < kKinds && value >= kAll &&
           value < 32;
  }

 private:
  static constexpr std::size_t kKinds = 26;
  [[nodiscard]] static std::size_t place(std::uint32_t kind) {
    return static_cast<std::size_t>(__builtin_ctz(kind));
  }
  std::array<std::uint32_t, kKinds> values_{};
};

}  // namespace switchhook::tapi3
