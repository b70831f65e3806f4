// SPDX-License-Identifier: Apache-2.0
#pragma once

// Values of the port in which no field has its default, and a comparison of any two, so that a
// field that the codec forgets is noticed, also one that is added later. Threads: none of its own.

#include <chrono>
#include <concepts>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "api/messages.hpp"

namespace switchhook::test {

// ---- the fields of an aggregate

struct Anything {
  template <typename T>
  operator T() const;  // NOLINT: implicit by intent
};
template <typename T, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires {
    T{(static_cast<void>(I), Anything{})...};
  };
}
template <typename T, std::size_t N = 16>
constexpr std::size_t field_count() {
  if constexpr (takes<T>(std::make_index_sequence<N>()))
    return N;
  else if constexpr (N > 0)
    return field_count<T, N - 1>();
  else
    return 0;
}

/// References to all fields, as a tuple.
template <typename T>
auto fields(T& t) {
  constexpr std::size_t kCount = field_count<std::remove_const_t<T>>();
  static_assert(kCount <= 15, "one more line is needed below");
  if constexpr (kCount == 0) {
    return std::tie();
  } else if constexpr (kCount == 1) {
    auto& [a] = t;
    return std::tie(a);
  } else if constexpr (kCount == 2) {
    auto& [a, b] = t;
    return std::tie(a, b);
  } else if constexpr (kCount == 3) {
    auto& [a, b, c] = t;
    return std::tie(a, b, c);
  } else if constexpr (kCount == 4) {
    auto& [a, b, c, d] = t;
    return std::tie(a, b, c, d);
  } else if constexpr (kCount == 5) {
    auto& [a, b, c, d, e] = t;
    return std::tie(a, b, c, d, e);
  } else if constexpr (kCount == 6) {
    auto& [a, b, c, d, e, f] = t;
    return std::tie(a, b, c, d, e, f);
  } else if constexpr (kCount == 7) {
    auto& [a, b, c, d, e, f, g] = t;
    return std::tie(a, b, c, d, e, f, g);
  } else if constexpr (kCount == 8) {
    auto& [a, b, c, d, e, f, g, h] = t;
    return std::tie(a, b, c, d, e, f, g, h);
  } else if constexpr (kCount == 9) {
    auto& [a, b, c, d, e, f, g, h, i] = t;
    return std::tie(a, b, c, d, e, f, g, h, i);
  } else if constexpr (kCount == 10) {
    auto& [a, b, c, d, e, f, g, h, i, j] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j);
  } else if constexpr (kCount == 11) {
    auto& [a, b, c, d, e, f, g, h, i, j, k] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k);
  } else if constexpr (kCount == 12) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l);
  } else if constexpr (kCount == 13) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m);
  } else if constexpr (kCount == 14) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
  } else if constexpr (kCount == 15) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = t;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
  } else {
    static_assert(kCount == 0, "so many fields have no line here yet");
  }
}

// ---- filling

class Filler {
 public:
  void operator()(bool& to) { to = !to; }
  void operator()(std::string& to) { to = "text " + std::to_string(++n_); }
  void operator()(char& to) { to = '#'; }
  template <std::integral T>
  void operator()(T& to) {
    to = static_cast<T>(to + ++n_);
  }
  template <typename T>
  requires std::is_enum_v<T>
  void operator()(T& to) {
    // 1 is a value of every enumeration here; where it is the default, 2 is one.
    to = static_cast<T>(to == static_cast<T>(1) ? 2 : 1);
  }
  template <typename Rep, typename Period>
  void operator()(std::chrono::duration<Rep, Period>& to) {
    to = std::chrono::duration<Rep, Period>(++n_);
  }
  template <typename Tag>
  void operator()(base::Handle<Tag>& to) {
    to.value = (std::uint64_t{7} << 32) | ++n_;
  }
  template <typename T>
  void operator()(std::vector<T>& to) {
    to.resize(2);
    for (T& each : to) (*this)(each);
  }
  template <typename T, std::size_t N>
  void operator()(std::array<T, N>& to) {
    for (T& each : to) (*this)(each);
  }
  template <typename T>
  void operator()(std::optional<T>& to) {
    (*this)(to.emplace());
  }
  void operator()(Record& r) {
    (*this)(r.session);
    (*this)(r.call_id);
    (*this)(r.related_call_id);
    for (std::string* text :
         {&r.line, &r.provider, &r.provider_call_id, &r.application, &r.comment})
      (*this)(*text);
    (*this)(r.direction);
    (*this)(r.media_modes);
    for (Party* party : {&r.parties.calling, &r.parties.called, &r.parties.connected,
                         &r.parties.redirecting, &r.parties.redirection})
      (*this)(*party);
    (*this)(r.state);
    (*this)(r.detail);
    (*this)(r.timeline);
    (*this)(r.end);
    (*this)(r.user_info_received);
    (*this)(r.user_info_sent);
    (*this)(r.app_specific);
    (*this)(r.holders);
    (*this)(r.media_statistics);
  }
  void operator()(HolderRecord& h) {
    (*this)(h.application);
    (*this)(h.user);
    (*this)(h.process);
    (*this)(h.privilege);
    (*this)(h.acquired);
    (*this)(h.released);
  }
  void operator()(api::CallStateChanged& e) {
    (*this)(e.call);
    (*this)(e.state);
    (*this)(e.detail);
    (*this)(e.cause);
    (*this)(e.origin);
    (*this)(e.privilege);
    (*this)(e.at);
  }
  template <typename T>
  requires(std::is_aggregate_v<T>&& std::is_class_v<T>) void operator()(T& to) {
    std::apply([this](auto&... field) { ((*this)(field), ...); }, fields(to));
  }

 private:
  std::uint8_t n_ = 0;
};

template <typename T>
T filled() {
  T value{};
  Filler()(value);
  return value;
}

template <typename Variant, std::size_t N>
Variant filled_alternative() {
  using T = std::variant_alternative_t<N, Variant>;
  if constexpr (std::is_same_v<T, std::monostate>)
    return Variant(std::in_place_index<N>);
  else
    return Variant(std::in_place_index<N>, filled<T>());
}

/// One filled value of every alternative, in their order.
template <typename Variant, std::size_t... I>
std::vector<Variant> all_of(std::index_sequence<I...>) {
  return {filled_alternative<Variant, I>()...};
}
template <typename Variant>
std::vector<Variant> all_of() {
  return all_of<Variant>(std::make_index_sequence<std::variant_size_v<Variant>>());
}

// ---- comparing

template <typename T>
bool same(const T& a, const T& b);

template <typename T>
bool same_list(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!same(a[i], b[i])) return false;
  return true;
}
inline bool same_state(const api::CallStateChanged& a, const api::CallStateChanged& b) {
  return a.call == b.call && a.state == b.state && a.detail == b.detail && a.cause == b.cause &&
         a.origin == b.origin && a.privilege == b.privilege && a.at == b.at;
}

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};
template <typename T>
struct IsVariant : std::false_type {};
template <typename... T>
struct IsVariant<std::variant<T...>> : std::true_type {};
template <typename T>
requires requires {
  typename T::Variant;
}
struct IsVariant<T> : std::true_type {};

template <typename T>
bool same(const T& a, const T& b) {
  if constexpr (IsVector<T>::value) {
    return same_list(a, b);
  } else if constexpr (IsVariant<T>::value) {
    return a.index() == b.index() && std::visit(
                                         [&b](const auto& content) {
                                           using C = std::decay_t<decltype(content)>;
                                           return same(content, std::get<C>(b));
                                         },
                                         a);
  } else if constexpr (std::is_same_v<T, api::CallStateChanged>) {
    return same_state(a, b);
  } else if constexpr (std::equality_comparable<T>) {
    return a == b;
  } else {
    return std::apply(
        [&b](const auto&... left) {
          return std::apply([&left...](const auto&... right) { return (same(left, right) && ...); },
                            fields(b));
        },
        fields(a));
  }
}

}  // namespace switchhook::test
