// SPDX-License-Identifier: Apache-2.0
#pragma once

// How described values lie in a FlatBuffers buffer: what both its writer and its reader know.
// Where this says more than the descriptions, it keeps the bytes of frames as they are. For the
// codec's own files only. Threads: constants only.

#include <cstring>
#include <type_traits>

#include <flatbuffers/flatbuffers.h>

#include "api/describe/messages.hpp"

namespace switchhook::rpc::flat {

namespace fb = flatbuffers;
namespace d = switchhook::describe;

template <typename T, typename... Of>
inline constexpr bool kOneOf = (std::is_same_v<T, Of> || ...);
/// Of a fixed form, inside of what holds it: a "struct" of the schema.
template <typename T>
inline constexpr bool kFixed = kOneOf<T, Moment, TimelineEntry>;
/// Fields are written by their numbers; others begin with the widest.
template <typename T>
inline constexpr bool kByNumber = kOneOf<T, Record, api::CallStateChanged>;
/// Not written when nothing is in it.
template <typename T>
inline constexpr bool kLeftOut = kOneOf<T, Party, MediaStatistics>;
/// Its lists are written behind the members of them all, and cut where a frame ends.
template <typename T>
inline constexpr bool kPage = kOneOf<T, api::Restore, api::RecordPage, api::LeakList, AuditReport>;

constexpr fb::voffset_t place(unsigned id) {
  return static_cast<fb::voffset_t>((id + 2) * sizeof(fb::voffset_t));
}

// ---- numbers

template <d::Number T>
constexpr auto to_number(const T& value) {
  if constexpr (d::Duration<T>)
    return static_cast<std::int64_t>(value.count());
  else if constexpr (std::is_enum_v<T>)
    return static_cast<std::underlying_type_t<T>>(value);
  else if constexpr (sizeof(T) == 1)  // also bool and char
    return static_cast<std::uint8_t>(value);
  else
    return value;
}
template <d::Number T>
using NumberOf = decltype(to_number(std::declval<const T&>()));

template <d::Wrapped T>
using InsideOf = std::remove_cvref_t<decltype(d::Wrapper<T>::of(std::declval<T&>()))>;

/// What a list of handles is on the wire: a list of their numbers.
template <d::Wrapped T>
using WrappedNumber = NumberOf<InsideOf<T>>;

// ---- what is of a fixed form

struct Extent {
  std::uint8_t size = 0, align = 1;
  constexpr std::size_t add(Extent part) {
    align = std::max(align, part.align);
    const std::size_t at = up_to(part.align);
    size = static_cast<std::uint8_t>(at + part.size);
    return at;
  }
  [[nodiscard]] constexpr std::size_t up_to(std::size_t unit) const {
    return (size + unit - 1) / unit * unit;
  }
};

template <typename T>
constexpr Extent extent_of() {
  if constexpr (d::Number<T>) {
    return {sizeof(NumberOf<T>), sizeof(NumberOf<T>)};
  } else {
    Extent out;
    T value{};
    d::for_each_member(value, [&](const auto&, auto& part) {
      out.add(extent_of<std::remove_cvref_t<decltype(part)>>());
    });
    return {static_cast<std::uint8_t>(out.up_to(out.align)), out.align};
  }
}

template <typename T>
struct alignas(extent_of<T>().align) Fixed {
  std::uint8_t bytes[extent_of<T>().size];
};

template <typename T>
void put_fixed(const T& value, std::uint8_t* to) {
  if constexpr (d::Number<T>) {
    const auto number = fb::EndianScalar(to_number(value));
    std::memcpy(to, &number, sizeof number);
  } else {
    Extent extent;
    d::for_each_member(value, [&](const auto&, const auto& part) {
      put_fixed(part, to + extent.add(extent_of<std::remove_cvref_t<decltype(part)>>()));
    });
  }
}
template <typename T>
Fixed<T> fixed(const T& value) {
  Fixed<T> out{};
  put_fixed(value, out.bytes);
  return out;
}

}  // namespace switchhook::rpc::flat
