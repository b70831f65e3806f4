// SPDX-License-Identifier: Apache-2.0
#pragma once

// A std::variant of many alternatives as a class with a name. Its copying, moving and destruction
// are compiled once, in one file, instead of in each file that uses it; it can be declared without
// its alternatives; its name in symbols is short. std::visit, std::get_if and
// std::holds_alternative take it as any variant.
//   class Shape : public std::variant<Circle, Square> {
//     SWITCHHOOK_VARIANT_MEMBERS(Shape)
//   };
//   SWITCHHOOK_DEFINE_VARIANT_MEMBERS(Shape)  // in one source file
// Threads: plain values.

#include <utility>
#include <variant>

#define SWITCHHOOK_VARIANT_MEMBERS(Class) \
 public:                                  \
  using Variant = variant;                \
  using variant::variant;                 \
  using variant::operator=;               \
  Class();                                \
  ~Class();                               \
  Class(const Class& other);              \
  Class(Class&& other) noexcept;          \
  Class& operator=(const Class& other);   \
  Class& operator=(Class&& other) noexcept;

#define SWITCHHOOK_DEFINE_VARIANT_MEMBERS(Class)                                            \
  static_assert(                                                                            \
      noexcept(Class::Variant(std::declval<Class::Variant>())) /* moving may not throw */); \
  Class::Class() = default;                                                                 \
  Class::~Class() = default;                                                                \
  Class::Class(const Class& other) = default;                                               \
  Class::Class(Class&& other) noexcept = default;                                           \
  Class& Class::operator=(const Class& other) = default;                                    \
  Class& Class::operator=(Class&& other) noexcept = default;

/// Such a class counts as the variant that it is.
template <typename Class>
requires requires {
  typename Class::Variant;
}
struct std::variant_size<Class> : std::variant_size<typename Class::Variant> {};
template <std::size_t I, typename Class>
requires requires {
  typename Class::Variant;
}
struct std::variant_alternative<I, Class> : std::variant_alternative<I, typename Class::Variant> {};
