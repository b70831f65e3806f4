// SPDX-License-Identifier: Apache-2.0
#pragma once

// Plain values to bytes and back, for the two ends of a link between processes of one build: fields
// in the order of their declaration, little-endian, lengths in front of what is long. What is read
// is checked before it is believed. A structure takes part by saying how many fields it has: the
// compiler refuses a number that is wrong, so that no field can be forgotten. Threads: any.
// Ownership: all by value.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace switchhook::remote {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

/// How many fields a structure has.
template <typename T>
inline constexpr std::size_t kFields = 0;
/// The first and the last value of an enumeration, which has no gaps.
template <typename T>
inline constexpr T kFirst = T{};
template <typename T>
inline constexpr T kLast = T{};

namespace detail {

/// The fields of a structure, each by reference.
template <typename T>
auto fields(T& value) {
  constexpr std::size_t n = kFields<std::remove_const_t<T>>;
  static_assert(n != 0 || std::is_empty_v<T>, "say how many fields it has");
  if constexpr (n == 0) {
    return std::tuple<>();
  } else if constexpr (n == 1) {
    auto& [a] = value;
    return std::tie(a);
  } else if constexpr (n == 2) {
    auto& [a, b] = value;
    return std::tie(a, b);
  } else if constexpr (n == 3) {
    auto& [a, b, c] = value;
    return std::tie(a, b, c);
  } else if constexpr (n == 4) {
    auto& [a, b, c, d] = value;
    return std::tie(a, b, c, d);
  } else if constexpr (n == 5) {
    auto& [a, b, c, d, e] = value;
    return std::tie(a, b, c, d, e);
  } else if constexpr (n == 6) {
    auto& [a, b, c, d, e, f] = value;
    return std::tie(a, b, c, d, e, f);
  } else if constexpr (n == 7) {
    auto& [a, b, c, d, e, f, g] = value;
    return std::tie(a, b, c, d, e, f, g);
  } else if constexpr (n == 8) {
    auto& [a, b, c, d, e, f, g, h] = value;
    return std::tie(a, b, c, d, e, f, g, h);
  } else if constexpr (n == 10) {
    auto& [a, b, c, d, e, f, g, h, i, j] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j);
  } else if constexpr (n == 21) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v);
  } else if constexpr (n == 20) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u);
  } else if constexpr (n == 22) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v, w] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v, w);
  } else {
    static_assert(n == 23, "another number of fields needs a line here");
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v, w, x] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v, w, x);
  }
}

}  // namespace detail

class Writer {
 public:
  explicit Writer(Bytes& out) : out_(out) {}

  template <typename T>
  void put(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      out_.push_back(value ? 1 : 0);
    } else if constexpr (std::is_enum_v<T>) {
      put(static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::is_integral_v<T>) {
      auto rest = static_cast<std::uint64_t>(value);
      for (std::size_t i = 0; i < sizeof(T); ++i, rest >>= 8)
        out_.push_back(static_cast<std::uint8_t>(rest & 0xff));
    } else if constexpr (requires { typename T::Variant; }) {
      put(static_cast<const typename T::Variant&>(value));
    } else {
      for_each(detail::fields(value));
    }
  }
  void put(const std::string& text) {
    put(static_cast<std::uint32_t>(text.size()));
    out_.insert(out_.end(), text.begin(), text.end());
  }
  template <typename Rep, typename Period>
  void put(const std::chrono::duration<Rep, Period>& duration) {
    put(static_cast<std::int64_t>(duration.count()));
  }
  template <typename T>
  void put(const std::vector<T>& all) {
    put(static_cast<std::uint32_t>(all.size()));
    for (const T& each : all) put(each);
  }
  template <typename T, std::size_t n>
  void put(const std::array<T, n>& all) {
    for (const T& each : all) put(each);
  }
  template <typename T>
  void put(const std::optional<T>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  template <typename... T>
  void put(const std::variant<T...>& value) {
    static_assert(sizeof...(T) < 256);
    put(static_cast<std::uint8_t>(value.index()));
    std::visit([&](const auto& which) { put(which); }, value);
  }

 private:
  template <typename... T>
  void for_each(const std::tuple<T&...>& all) {
    std::apply([&](const auto&... each) { (put(each), ...); }, all);
  }

  Bytes& out_;  // (ref)
};

/// Each function is false when what is there cannot be such a value; what it read is then of no
/// use.
class Reader {
 public:
  explicit Reader(View in) : in_(in) {}
  [[nodiscard]] bool at_end() const { return in_.empty(); }

  template <typename T>
  [[nodiscard]] bool get(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = 0;
      if (!get(byte) || byte > 1) return false;
      value = byte == 1;
      return true;
    } else if constexpr (std::is_enum_v<T>) {
      std::underlying_type_t<T> number = 0;
      if (!get(number)) return false;
      value = static_cast<T>(number);
      return value >= kFirst<T> && value <= kLast<T>;
    } else if constexpr (std::is_integral_v<T>) {
      if (in_.size() < sizeof(T)) return false;
      std::uint64_t number = 0;
      for (std::size_t i = sizeof(T); i-- > 0;) number = number << 8 | in_[i];
      value = static_cast<T>(number);
      in_ = in_.subspan(sizeof(T));
      return true;
    } else if constexpr (requires { typename T::Variant; }) {
      return get(static_cast<typename T::Variant&>(value));
    } else {
      return for_each(detail::fields(value));
    }
  }
  [[nodiscard]] bool get(std::string& text) {
    std::uint32_t length = 0;
    if (!get(length) || length > in_.size()) return false;
    text.assign(in_.begin(), in_.begin() + length);
    in_ = in_.subspan(length);
    return true;
  }
  template <typename Rep, typename Period>
  [[nodiscard]] bool get(std::chrono::duration<Rep, Period>& duration) {
    std::int64_t count = 0;
    if (!get(count)) return false;
    duration = std::chrono::duration<Rep, Period>(static_cast<Rep>(count));
    return true;
  }
  template <typename T>
  [[nodiscard]] bool get(std::vector<T>& all) {
    std::uint32_t length = 0;
    if (!get(length) || length > in_.size()) return false;  // each takes a byte at least
    all.clear();
    for (std::uint32_t i = 0; i < length; ++i)
      if (!get(all.emplace_back())) return false;
    return true;
  }
  template <typename T, std::size_t n>
  [[nodiscard]] bool get(std::array<T, n>& all) {
    for (T& each : all)
      if (!get(each)) return false;
    return true;
  }
  template <typename T>
  [[nodiscard]] bool get(std::optional<T>& value) {
    bool there = false;
    value.reset();
    return get(there) && (!there || get(value.emplace()));
  }
  template <typename... T>
  [[nodiscard]] bool get(std::variant<T...>& value) {
    std::uint8_t index = 0;
    return get(index) && alternative(value, index, std::index_sequence_for<T...>());
  }

 private:
  template <typename... T>
  [[nodiscard]] bool for_each(const std::tuple<T&...>& all) {
    return std::apply([&](auto&... each) { return (get(each) && ...); }, all);
  }
  template <typename V, std::size_t... i>
  [[nodiscard]] bool alternative(V& value, std::uint8_t index, std::index_sequence<i...>) {
    return ((i == index && get(value.template emplace<i>())) || ...);
  }

  View in_;
};

}  // namespace switchhook::remote
