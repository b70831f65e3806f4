// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a value consists of, said once: for each structure that passes the port or the boundary to
// the providers its name and one list of its members, each with its number on the wire, its name and
// its limit. The lists stand in the headers beside this one. Who writes, reads, checks or shows
// values walks over them (docs/architecture.md, "One description of each value"), and knows no
// structure by itself. The order of a list is the order in which the parts of a value are written.
// Threads: constants only.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/handle.hpp"
#include "switchhook/error.hpp"

namespace switchhook::describe {

/// The most that a text, bytes or a list may have.
struct Limit {
  std::size_t most = 0;  ///< bytes, or entries; 0 = no limit of its own
  Errc code = Errc::invalid_argument;
};

/// One member. `Path` leads to it: more than one step where a part of a part counts as a member.
template <auto... Path>
struct Member {
  const char* name;
  std::uint16_t id;  ///< of the field on the wire
  Limit limit = {};
  std::int64_t absent = 0;  ///< what a number is that is not on the wire

  bool left_out = false;  ///< a list that is not written when it is empty

  [[nodiscard]] constexpr Member when_absent(std::int64_t value) const {
    return {name, id, limit, value, left_out};
  }
  [[nodiscard]] constexpr Member left_out_when_empty() const {
    return {name, id, limit, absent, true};
  }
  template <typename T>
  static constexpr auto& of(T& owner) {
    return (owner.*....*Path);
  }
};

template <auto... Path>
constexpr Member<Path...> member(const char* name, std::uint16_t id, Limit limit = {}) {
  return {name, id, limit};
}

/// The last part of a C++ name.
constexpr const char* unqualified(const char* name) {
  const char* last = name;
  for (const char* c = name; *c != '\0'; ++c)
    if (*c == ':') last = c + 1;
  return last;
}

/// kName, and kMembers: a tuple of Member.
template <typename T>
struct Description {};

template <typename T>
concept Described = requires {
  Description<std::remove_const_t<T>>::kMembers;
};

// NOLINTBEGIN(readability-identifier-naming): they are used like functions
template <Described T>
inline constexpr const auto& members_of = Description<std::remove_const_t<T>>::kMembers;
template <Described T>
inline constexpr std::size_t member_count =
    std::tuple_size_v<std::remove_cvref_t<decltype(members_of<T>)>>;
// NOLINTEND(readability-identifier-naming)

/// Calls `visit(member, value of the member)` for each.
template <Described T, typename Visit>
constexpr void for_each_member(T& value, Visit&& visit) {
  std::apply([&](const auto&... member) { (visit(member, member.of(value)), ...); }, members_of<T>);
}
/// The same; stops, and is false, where `visit` is.
template <Described T, typename Visit>
constexpr bool all_members(T& value, Visit&& visit) {
  return std::apply([&](const auto&... member) { return (visit(member, member.of(value)) && ...); },
                    members_of<T>);
}

/// The values of an enumeration: kNames, in their order; and where these are not 0…n-1, kValues.
template <typename T>
struct Enumeration {};

template <typename T>
concept Enumerated = requires {
  Enumeration<T>::kNames;
};

/// Whether there is such a value.
template <Enumerated T>
constexpr bool is_value(T value) {
  if constexpr (requires { Enumeration<T>::kValues; }) {
    for (const T each : Enumeration<T>::kValues)
      if (each == value) return true;
    return false;
  } else {
    return static_cast<std::size_t>(value) < std::size(Enumeration<T>::kNames);
  }
}

/// The name of a value; "?" where there is no such value.
template <Enumerated T>
constexpr std::string_view word_of(T value) {
  const auto& names = Enumeration<T>::kNames;
  for (std::size_t place = 0; place < std::size(names); ++place) {
    T each = static_cast<T>(place);
    if constexpr (requires { Enumeration<T>::kValues; }) each = Enumeration<T>::kValues[place];
    if (each == value) return names[place];
  }
  return "?";
}

/// A structure that stands for what is in it: a handle for its number.
template <typename T>
struct Wrapper {};
template <typename Tag>
struct Wrapper<base::Handle<Tag>> {
  static constexpr auto& of(auto& handle) { return handle.value; }
};
template <typename T>
concept Wrapped = requires(T& value) {
  Wrapper<std::remove_const_t<T>>::of(value);
};

// ---- kinds of types

template <typename T, template <typename...> typename Of>
inline constexpr bool kIs = false;
template <typename... T, template <typename...> typename Of>
inline constexpr bool kIs<Of<T...>, Of> = true;
template <typename T>
concept Duration = kIs<std::remove_const_t<T>, std::chrono::duration>;
template <typename T>
concept Optional = kIs<std::remove_const_t<T>, std::optional>;
/// std::vector; of bytes it is `Octets`.
template <typename T>
concept Octets = std::is_same_v<std::remove_const_t<T>, std::vector<std::uint8_t>>;
template <typename T>
concept List = kIs<std::remove_const_t<T>, std::vector> && !Octets<T>;

template <typename T>
struct IsArray : std::false_type {};
template <typename T, std::size_t N>
struct IsArray<std::array<T, N>> : std::true_type {};
template <typename T>
concept Array = IsArray<std::remove_const_t<T>>::value;

template <typename... T>
std::variant<T...>& as_variant(std::variant<T...>& value) {
  return value;
}
template <typename... T>
const std::variant<T...>& as_variant(const std::variant<T...>& value) {
  return value;
}
/// A variant, or what is derived from one.
template <typename T>
concept Choice = requires(T& value) {
  as_variant(value);
};
template <Choice T>
using VariantOf = std::remove_cvref_t<decltype(as_variant(std::declval<T&>()))>;
template <Choice T>
inline constexpr std::size_t kAlternatives = std::variant_size_v<VariantOf<T>>;

/// Calls `visit` with the std::type_identity of the alternative at this place. False: there is none,
/// or `visit` is false.
template <Choice T, typename Visit>
bool with_alternative(std::size_t place, Visit&& visit) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return (
        (I == place && visit(std::type_identity<std::variant_alternative_t<I, VariantOf<T>>>())) ||
        ...);
  }
  (std::make_index_sequence<kAlternatives<T>>());
}
/// Makes the choice the alternative at this place, and calls `visit` with it. False as above.
template <Choice T, typename Visit>
bool choose(T& value, std::size_t place, Visit&& visit) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return ((I == place && visit(as_variant(value).template emplace<I>())) || ...);
  }
  (std::make_index_sequence<kAlternatives<T>>());
}

template <typename T>
concept Text = std::is_same_v<std::remove_const_t<T>, std::string>;

/// A number, or what is written as one.
template <typename T>
concept Number = std::is_arithmetic_v<std::remove_const_t<T>> ||
    std::is_enum_v<std::remove_const_t<T>> || Duration<T>;

}  // namespace switchhook::describe

/// For the lists only: a member of the structure at hand (`Self`), and a structure with its members.
#define SWITCHHOOK_MEMBER(member_name, ...) member<&Self::member_name>(#member_name, __VA_ARGS__)
#define SWITCHHOOK_DESCRIBE(type, ...)                             \
  template <>                                                      \
  struct Description<type> {                                       \
    using Self = type;                                             \
    static constexpr const char* kName = unqualified(#type);       \
    static constexpr auto kMembers = std::make_tuple(__VA_ARGS__); \
  }
#define SWITCHHOOK_DESCRIBE_EMPTY(type)                      \
  template <>                                                \
  struct Description<type> {                                 \
    static constexpr const char* kName = unqualified(#type); \
    static constexpr auto kMembers = std::tuple<>();         \
  }
