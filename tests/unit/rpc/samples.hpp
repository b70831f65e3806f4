// SPDX-License-Identifier: Apache-2.0
#pragma once

// Values of whatever is described (api/describe): such in which no field has its default, random
// ones, and a comparison of any two. A field that a description lacks is found by
// tests/unit/api/describe_test.cpp. Threads: none of its own.

#include <random>

#include "api/describe/messages.hpp"
#include "rpc/frames.hpp"

namespace switchhook::test {

namespace d = describe;

// ---- filling

/// How many fields a table had when the frames beside this file were recorded; those added since are
/// left empty where a sample is to be as it was then.
template <typename T>
inline constexpr std::uint16_t kRecordedFields = 0xffff;
template <>
inline constexpr std::uint16_t kRecordedFields<Record> = 24;
template <>
inline constexpr std::uint16_t kRecordedFields<LineInfo> = 10;
template <>
inline constexpr std::uint16_t kRecordedFields<api::RecordQuery> = 11;
template <>
inline constexpr std::uint16_t kRecordedFields<api::RecordPage> = 2;
template <>
inline constexpr std::uint16_t kRecordedFields<AuditReport> = 2;
template <>
inline constexpr std::uint16_t kRecordedFields<api::GetNewCalls> = 2;
template <>
inline constexpr std::uint16_t kRecordedFields<ServiceStatus> = 15;
inline constexpr std::size_t kRecordedCommands = 28, kRecordedValues = 13, kRecordedEvents = 12;
enum class Fields : bool { all, recorded };

/// Walks over a value and asks `Derived` for each number, text, size and choice in it.
template <typename Derived>
class Walker {
 public:
  template <typename T>
  void operator()(T& to) {
    if constexpr (d::Wrapped<T>)
      (*this)(d::Wrapper<T>::of(to));
    else if constexpr (d::Number<T> || d::Text<T>)
      self().fill(to);
    else if constexpr (d::Optional<T>)
      self().there() ? (*this)(to.emplace()) : to.reset();
    else if constexpr (d::Array<T>)
      for (auto& each : to) (*this)(each);
    else if constexpr (d::List<T> || d::Octets<T>)
      for (auto& each : (to.resize(self().size()), to)) (*this)(each);
    else
      d::for_each_member(to, [&](const auto& member, auto& part) {
        if (fields_ == Fields::all || member.id < kRecordedFields<T>) (*this)(part);
      });
  }

 protected:
  explicit Walker(Fields fields = Fields::all) : fields_(fields) {}

 private:
  Derived& self() { return static_cast<Derived&>(*this); }
  Fields fields_;
};

/// Every field another than it was, and than the one before.
class Filler : public Walker<Filler> {
 public:
  explicit Filler(Fields fields = Fields::all) : Walker(fields) {}

  template <typename T>
  void fill(T& to) {
    if constexpr (d::Text<T>)
      to = "text " + std::to_string(++n_);
    else if constexpr (std::is_same_v<T, bool>)
      to = !to;
    else if constexpr (std::is_same_v<T, char>)
      to = '#';
    else if constexpr (std::is_enum_v<T>)  // 1 is a value of all; where it is the default, 2 is one
      to = static_cast<T>(to == static_cast<T>(1) ? 2 : 1);
    else if constexpr (d::Duration<T>)
      to = T(++n_);
    else if constexpr (sizeof(T) == 8)
      to = static_cast<T>((std::uint64_t{7} << 32) | ++n_);
    else
      to = static_cast<T>(to + ++n_);
  }
  bool there() { return true; }
  std::size_t size() { return 2; }

 private:
  std::uint8_t n_ = 0;
};

/// Whatever a value can be, within the limits of the protocol; often what it is by default.
class Shuffler : public Walker<Shuffler> {
 public:
  explicit Shuffler(unsigned seed) : random_(seed) {}

  template <typename T>
  void fill(T& to) {
    if constexpr (d::Text<T>) {
      to.resize(size() * 8);
      for (char& c : to) c = static_cast<char>(random_());
    } else if (random_() % 4 == 0) {
      to = T{};
      if constexpr (d::Enumerated<T>) any_of(to);
    } else if constexpr (std::is_same_v<T, bool>) {
      to = random_() % 2 == 0;
    } else if constexpr (d::Enumerated<T>) {
      any_of(to);
    } else if constexpr (d::Duration<T>) {
      to = T(static_cast<typename T::rep>(number()));
    } else {
      to = static_cast<T>(number());
    }
  }
  bool there() { return random_() % 2 == 0; }
  std::size_t size() { return random_() % 4; }

 private:
  template <d::Enumerated T>
  void any_of(T& to) {
    const std::size_t place = random_() % std::size(d::Enumeration<T>::kNames);
    if constexpr (requires { d::Enumeration<T>::kValues; })
      to = d::Enumeration<T>::kValues[place];
    else
      to = static_cast<T>(place);
  }
  /// Of any width.
  std::uint64_t number() {
    return (std::uint64_t{random_()} << 32 | random_()) >> (random_() % 64);
  }

  std::mt19937 random_;
};

template <typename T>
T filled(Fields fields = Fields::all) {
  T value{};
  Filler filler(fields);
  filler(value);
  return value;
}

/// One value of every alternative, in their order, each made by `fill`.
template <d::Choice Variant, typename Fill>
std::vector<Variant> each_of(Fill fill) {
  std::vector<Variant> all(d::kAlternatives<Variant>);
  for (std::size_t place = 0; place < all.size(); ++place)
    d::choose(all[place], place, [&](auto& content) {
      if constexpr (d::Described<std::remove_reference_t<decltype(content)>>) fill(content);
      return true;
    });
  return all;
}
template <d::Choice Variant>
std::vector<Variant> all_of(Fields fields = Fields::all) {
  return each_of<Variant>([fields](auto& content) {
    Filler filler(fields);
    filler(content);
  });
}
/// The same seed gives the same values.
template <d::Choice Variant>
std::vector<Variant> random_of(unsigned seed) {
  Shuffler shuffler(seed);
  return each_of<Variant>([&](auto& content) { shuffler(content); });
}

// ---- comparing

template <typename T>
bool same(const T& a, const T& b) {
  if constexpr (d::Choice<T>) {
    return a.index() == b.index() &&
           std::visit(
               [&b](const auto& content) {
                 return same(content, std::get<std::decay_t<decltype(content)>>(d::as_variant(b)));
               },
               d::as_variant(a));
  } else if constexpr (d::List<T>) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const auto& x, const auto& y) { return same(x, y); });
  } else if constexpr (d::Optional<T>) {
    return a.has_value() == b.has_value() && (!a || same(*a, *b));
  } else if constexpr (d::Described<T>) {
    return std::apply(
        [&](const auto&... member) { return (same(member.of(a), member.of(b)) && ...); },
        d::members_of<T>);
  } else {
    return a == b;
  }
}

}  // namespace switchhook::test
