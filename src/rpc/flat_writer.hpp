// SPDX-License-Identifier: Apache-2.0
#pragma once

// Writes any described value into a FlatBuffers buffer. For the codec's own files only. Threads:
// one. Ownership: the builder is its user's.

#include <algorithm>

#include "base/limits.hpp"
#include "rpc/flat.hpp"

namespace switchhook::rpc::flat {

using Ref = fb::Offset<void>;

/// No text on the wire is longer, wherever it comes from.
inline constexpr std::size_t kTextBytes = 4096;
/// A list stops growing here: what follows it, and its last member, still fit into a frame.
inline constexpr std::size_t kCutBytes = limits::kFrameBytes - 1024 * 1024;

template <typename T>
constexpr std::size_t width_of() {
  if constexpr (d::Wrapped<T>)
    return width_of<InsideOf<T>>();
  else if constexpr (d::Number<T>)
    return sizeof(NumberOf<T>);
  else if constexpr (d::Optional<T>)
    return width_of<typename T::value_type>();
  else
    return sizeof(fb::uoffset_t);
}

/// The order in which the members are written into their table.
template <d::Described T>
constexpr auto order_of() {
  constexpr std::size_t kCount = d::member_count<T>;
  std::array<std::size_t, kCount> order{}, rank{};
  std::size_t next = 0;
  std::apply(
      [&](const auto&... member) {
        ((rank[next] =
              kByNumber<T>
                  ? 0xffffu - member.id
                  : width_of<std::remove_cvref_t<decltype(member.of(std::declval<T&>()))>>() << 16 |
                        member.id,
          order[next] = next, ++next),
         ...);
      },
      d::members_of<T>);
  for (std::size_t i = 0; i < kCount; ++i)
    for (std::size_t j = i + 1; j < kCount; ++j)
      if (rank[order[j]] > rank[order[i]]) std::swap(order[i], order[j]);
  return order;
}

class Writer {
 public:
  explicit Writer(fb::FlatBufferBuilder& builder) : b_(builder) {}

  template <d::Described T>
  Ref table(const T& value) {
    constexpr std::size_t kCount = d::member_count<T>;
    std::array<Ref, kCount> refs{};
    std::size_t next = 0;
    bool cut = false;
    if constexpr (kPage<T>) {
      std::array<std::vector<Ref>, kCount> entries;
      d::for_each_member(value, [&](const auto&, const auto& part) {
        if constexpr (d::List<std::remove_cvref_t<decltype(part)>>)
          entries[next] = entries_of(part, cut);
        ++next;
      });
      next = 0;
      d::for_each_member(value, [&](const auto& member, const auto& part) {
        if constexpr (!d::List<std::remove_cvref_t<decltype(part)>>)
          refs[next] = behind(part);
        else if (!member.left_out || !part.empty())
          refs[next] = b_.CreateVector(entries[next]).Union();
        ++next;
      });
    } else {
      d::for_each_member(value,
                         [&](const auto&, const auto& part) { refs[next++] = behind(part); });
    }
    const fb::uoffset_t start = b_.StartTable();
    [[maybe_unused]] static constexpr auto kOrder = order_of<T>();
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (add(std::get<kOrder[I]>(d::members_of<T>), std::get<kOrder[I]>(d::members_of<T>).of(value),
           refs[kOrder[I]]),
       ...);
    }
    (std::make_index_sequence<kCount>());
    if constexpr (requires { value.more; })
      if (cut && !value.more) add_more(value);
    return Ref(b_.EndTable(start));
  }

 private:
  /// What a table only refers to; nothing for what stands in it.
  template <typename T>
  Ref behind(const T& value) {
    if constexpr (d::Wrapped<T>) {
      return behind(d::Wrapper<T>::of(value));
    } else if constexpr (d::Number<T> || kFixed<T>) {
      return {};
    } else if constexpr (d::Optional<T>) {
      return value ? behind(*value) : Ref();
    } else if constexpr (d::Text<T>) {
      return value.empty() ? Ref() : text(value);
    } else if constexpr (d::Octets<T>) {
      return value.empty() ? Ref() : b_.CreateVector(value).Union();
    } else if constexpr (d::Array<T>) {  // nothing at all when all are zero
      return value == T{} ? Ref() : b_.CreateVector(value.data(), value.size()).Union();
    } else if constexpr (d::List<T>) {
      return list(value);
    } else {
      if constexpr (kLeftOut<T>)
        if (value == T{}) return {};
      return table(value);
    }
  }
  Ref text(const std::string& value) {
    return b_.CreateString(value.data(), std::min(value.size(), kTextBytes)).Union();
  }
  template <typename T>
  Ref list(const std::vector<T>& all) {
    if constexpr (d::Wrapped<T>) {
      std::vector<WrappedNumber<T>> numbers;
      numbers.reserve(all.size());
      for (const T& each : all) numbers.push_back(to_number(d::Wrapper<T>::of(each)));
      return b_.CreateVector(numbers).Union();
    } else if constexpr (kFixed<T>) {
      std::vector<Fixed<T>> fixed_ones;
      fixed_ones.reserve(all.size());
      for (const T& each : all) fixed_ones.push_back(fixed(each));
      return b_.CreateVectorOfStructs(fixed_ones).Union();
    } else {
      bool cut = false;
      return b_.CreateVector(entries_of(all, cut, ~std::size_t{0})).Union();
    }
  }
  template <typename T>
  std::vector<Ref> entries_of(const std::vector<T>& all, bool& cut, std::size_t most = kCutBytes) {
    std::vector<Ref> out;
    out.reserve(all.size());
    for (const T& each : all) {
      if (b_.GetSize() > most) {
        cut = true;
        break;
      }
      if constexpr (d::Text<T>)
        out.push_back(text(each));
      else
        out.push_back(table(each));
    }
    return out;
  }

  template <typename Member, typename T>
  void add(const Member& member, const T& value, Ref ref) {
    if constexpr (d::Wrapped<T>) {
      add(member, d::Wrapper<T>::of(value), ref);
    } else if constexpr (d::Number<T>) {
      b_.AddElement<NumberOf<T>>(place(member.id), to_number(value),
                                 static_cast<NumberOf<T>>(member.absent));
    } else if constexpr (kFixed<T>) {
      const Fixed<T> bytes = fixed(value);
      b_.AddStruct(place(member.id), &bytes);
    } else if constexpr (d::Optional<T>) {
      using Inside = typename T::value_type;
      if constexpr (d::Number<Inside>) {
        if (value) b_.AddElement<NumberOf<Inside>>(place(member.id), to_number(*value));
      } else if constexpr (kFixed<Inside>) {
        if (value) add(member, *value, ref);
      } else {
        b_.AddOffset(place(member.id), ref);
      }
    } else {
      b_.AddOffset(place(member.id), ref);
    }
  }
  /// The list was cut: what says whether there is more says so.
  template <typename T>
  void add_more(const T& value) {
    d::for_each_member(value, [&](const auto& member, const auto& part) {
      if (static_cast<const void*>(&part) == &value.more)
        b_.AddElement<std::uint8_t>(place(member.id), 1);
    });
  }

  fb::FlatBufferBuilder& b_;  // (ref)
};

/// Written in a file of their own (flat_write_values.cpp). Nothing for no value.
Ref write(fb::FlatBufferBuilder& builder, const api::Value& value);
Ref write(fb::FlatBufferBuilder& builder, const Record& record);

}  // namespace switchhook::rpc::flat
