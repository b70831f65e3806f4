// SPDX-License-Identifier: Apache-2.0
#pragma once

// Described values to bytes and back, for the two ends of a link between processes of one build:
// members in the order of their lists, little-endian, lengths in front of what is long. What is read
// is checked before it is believed. Threads: any. Ownership: all by value.

#include "api/describe/describe.hpp"
#include "providers/remote/codec.hpp"

namespace switchhook::remote {

namespace d = describe;

class Writer {
 public:
  explicit Writer(Bytes& out) : out_(out) {}

  template <typename T>
  void put(const T& value) {
    if constexpr (d::Wrapped<T>) {
      put(d::Wrapper<T>::of(value));
    } else if constexpr (d::Duration<T>) {
      put(static_cast<std::int64_t>(value.count()));
    } else if constexpr (d::Number<T>) {
      auto rest = static_cast<std::uint64_t>(value);
      for (std::size_t i = 0; i < sizeof(T); ++i, rest >>= 8)
        out_.push_back(static_cast<std::uint8_t>(rest & 0xff));
    } else if constexpr (d::Text<T> || d::Octets<T>) {
      put(static_cast<std::uint32_t>(value.size()));
      out_.insert(out_.end(), value.begin(), value.end());
    } else if constexpr (d::List<T> || d::Array<T>) {
      if constexpr (d::List<T>) put(static_cast<std::uint32_t>(value.size()));
      for (const auto& each : value) put(each);
    } else if constexpr (d::Optional<T>) {
      put(value.has_value());
      if (value) put(*value);
    } else if constexpr (d::Choice<T>) {
      static_assert(d::kAlternatives<T> < 256);
      put(static_cast<std::uint8_t>(value.index()));
      std::visit([&](const auto& which) { put(which); }, d::as_variant(value));
    } else {
      d::for_each_member(value, [&](const auto&, const auto& part) { put(part); });
    }
  }

 private:
  Bytes& out_;  // (ref)
};

class Reader {
 public:
  explicit Reader(View in) : in_(in) {}
  [[nodiscard]] bool at_end() const { return in_.empty(); }

  /// False when what is there cannot be such a value; what was read is then of no use.
  template <typename T>
  [[nodiscard]] bool get(T& value) {
    if constexpr (d::Wrapped<T>) {
      return get(d::Wrapper<T>::of(value));
    } else if constexpr (d::Duration<T>) {
      std::int64_t count = 0;
      if (!get(count)) return false;
      value = T(static_cast<typename T::rep>(count));
      return true;
    } else if constexpr (d::Number<T>) {
      if (in_.size() < sizeof(T)) return false;
      std::uint64_t number = 0;
      for (std::size_t i = sizeof(T); i-- > 0;) number = number << 8 | in_[i];
      in_ = in_.subspan(sizeof(T));
      value = static_cast<T>(number);
      if constexpr (std::is_enum_v<T>) return d::is_value(value);
      return !std::is_same_v<T, bool> || number <= 1;
    } else if constexpr (d::Text<T> || d::Octets<T>) {
      std::uint32_t length = 0;
      if (!get(length) || length > in_.size()) return false;
      value.assign(in_.begin(), in_.begin() + length);
      in_ = in_.subspan(length);
      return true;
    } else if constexpr (d::List<T>) {
      std::uint32_t length = 0;
      if (!get(length) || length > in_.size()) return false;  // each takes a byte at least
      value.clear();
      for (std::uint32_t i = 0; i < length; ++i)
        if (!get(value.emplace_back())) return false;
      return true;
    } else if constexpr (d::Array<T>) {
      for (auto& each : value)
        if (!get(each)) return false;
      return true;
    } else if constexpr (d::Optional<T>) {
      bool there = false;
      value.reset();
      return get(there) && (!there || get(value.emplace()));
    } else if constexpr (d::Choice<T>) {
      std::uint8_t place = 0;
      return get(place) && d::choose(value, place, [&](auto& which) { return get(which); });
    } else {
      return d::all_members(value, [&](const auto&, auto& part) { return get(part); });
    }
  }

 private:
  View in_;
};

}  // namespace switchhook::remote
