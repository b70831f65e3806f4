// SPDX-License-Identifier: Apache-2.0
// A description lists every member of its structure, once, under its own name and number.
#include <gtest/gtest.h>

#include <set>

#include "api/describe/messages.hpp"
#include "api/describe/provider.hpp"
#include "api/describe/public.hpp"

namespace switchhook::describe {
namespace {

// ---- how many members a structure has: the compiler refuses any other number

template <std::size_t N, typename T>
constexpr bool has_members(const T& value) {
  const auto used = [](const auto&...) { return true; };
  if constexpr (N == 0) {
    return used(value) && std::is_empty_v<T>;
#define SWITCHHOOK_HAS(n, ...)         \
  }                                    \
  else if constexpr (N == n) {         \
    const auto& [__VA_ARGS__] = value; \
    return used(__VA_ARGS__);
    SWITCHHOOK_HAS(1, a)
    SWITCHHOOK_HAS(2, a, b)
    SWITCHHOOK_HAS(3, a, b, c)
    SWITCHHOOK_HAS(4, a, b, c, d)
    SWITCHHOOK_HAS(5, a, b, c, d, e)
    SWITCHHOOK_HAS(6, a, b, c, d, e, f)
    SWITCHHOOK_HAS(7, a, b, c, d, e, f, g)
    SWITCHHOOK_HAS(8, a, b, c, d, e, f, g, h)
    SWITCHHOOK_HAS(9, a, b, c, d, e, f, g, h, i)
    SWITCHHOOK_HAS(10, a, b, c, d, e, f, g, h, i, j)
    SWITCHHOOK_HAS(11, a, b, c, d, e, f, g, h, i, j, k)
    SWITCHHOOK_HAS(12, a, b, c, d, e, f, g, h, i, j, k, l)
    SWITCHHOOK_HAS(13, a, b, c, d, e, f, g, h, i, j, k, l, m)
    SWITCHHOOK_HAS(14, a, b, c, d, e, f, g, h, i, j, k, l, m, n)
    SWITCHHOOK_HAS(15, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o)
    SWITCHHOOK_HAS(16, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
    SWITCHHOOK_HAS(17, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q)
    SWITCHHOOK_HAS(18, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r)
    SWITCHHOOK_HAS(19, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s)
    SWITCHHOOK_HAS(20, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t)
    SWITCHHOOK_HAS(21, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u)
    SWITCHHOOK_HAS(22, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v)
    SWITCHHOOK_HAS(23, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w)
    SWITCHHOOK_HAS(24, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x)
#undef SWITCHHOOK_HAS
  } else {
    static_assert(N == 0, "another number of members needs a line here");
  }
}

/// Parts of a part, as the parties of a record, count as the one member that they are.
template <auto First, auto... Rest>
constexpr bool is_part(const Member<First, Rest...>&) {
  return sizeof...(Rest) != 0;
}
template <Described T>
constexpr std::size_t described_count() {
  return std::apply(
      [](const auto&... member) {
        const std::size_t parts = (std::size_t{0} + ... + (is_part(member) ? 1 : 0));
        return sizeof...(member) - parts + (parts != 0 ? 1 : 0);
      },
      members_of<T>);
}

std::set<std::string> seen;

template <typename T>
void expect_whole();

/// And all that a value refers to.
template <typename T>
void expect_parts() {
  if constexpr (Optional<T> || List<T>) {
    expect_parts<typename T::value_type>();
  } else if constexpr (Choice<T>) {
    for (std::size_t place = 0; place < kAlternatives<T>; ++place)
      with_alternative<T>(place, [](auto type) {
        expect_parts<typename decltype(type)::type>();
        return true;
      });
  } else if constexpr (Described<T> && !Wrapped<T>) {
    expect_whole<T>();
  }
}

template <typename T>
void expect_whole() {
  const T value{};
  if (!seen.insert(typeid(T).name()).second) return;
  EXPECT_TRUE(has_members<described_count<T>()>(value)) << Description<T>::kName;
  std::set<std::string> names;
  std::set<unsigned> numbers;
  std::set<const void*> places;
  for_each_member(value, [&](const auto& member, const auto& part) {
    names.insert(member.name);
    numbers.insert(member.id);
    places.insert(&part);
    expect_parts<std::remove_cvref_t<decltype(part)>>();
  });
  EXPECT_EQ(names.size(), member_count<T>) << Description<T>::kName;
  EXPECT_EQ(places.size(), member_count<T>) << Description<T>::kName;
  ASSERT_EQ(numbers.size(), member_count<T>) << Description<T>::kName;
  // New fields are appended: there are no holes.
  if (!numbers.empty()) {
    EXPECT_EQ(*numbers.rbegin(), member_count<T> - 1) << Description<T>::kName;
  }
}

TEST(Description, IsWholeOfAllThatPassesThePort) {
  expect_parts<api::Command>();
  expect_parts<api::Value>();
  expect_parts<api::Event>();
}

TEST(Description, IsWholeOfAllThatPassesTheBoundaryToTheProviders) {
  expect_parts<provider::Command>();
  expect_parts<provider::Event>();
}

TEST(Description, IsWholeOfTheValuesOfTheApi) {
  expect_parts<SessionEvent>();
  expect_parts<SessionInfo>();
  expect_parts<DigitOptions>();
  expect_parts<LineOptions>();
  expect_parts<CallOptions>();
  expect_parts<ApplicationEvent>();
  expect_parts<LeakReport>();
  expect_parts<RecordQuery>();
}

TEST(Enumeration, KnowsItsValuesAndTheirNames) {
  EXPECT_TRUE(is_value(Privilege::owner));
  EXPECT_FALSE(is_value(static_cast<Privilege>(3)));
  EXPECT_TRUE(is_value(CallState::unknown));
  EXPECT_FALSE(is_value(static_cast<CallState>(kCallStateCount)));
  EXPECT_FALSE(is_value(static_cast<Errc>(0)));
  EXPECT_EQ(word_of(Privilege::monitor), to_string(Privilege::monitor));
  EXPECT_EQ(word_of(DisconnectMode::no_answer), to_string(DisconnectMode::no_answer));
  EXPECT_EQ(word_of(static_cast<CallState>(99)), "?");
}

}  // namespace
}  // namespace switchhook::describe
