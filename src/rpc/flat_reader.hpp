// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads any described value from a FlatBuffers buffer, in two steps: verify() looks whether every
// part lies inside of the buffer; then a Reader copies, within a budget. For the codec's own files
// only. Threads: one. Ownership: the buffer is its user's.

#include <algorithm>

#include "base/limits.hpp"
#include "rpc/codec.hpp"
#include "rpc/flat.hpp"

namespace switchhook::rpc::flat {

// ---- verifying

/// What a table refers to, or holds: as much as the verifier has to know, as data, so that one
/// function verifies all.
enum class Form : std::uint8_t { inside, text, numbers, texts, tables, table };
struct TableForm;
struct FieldForm {
  fb::voffset_t place;
  Form form;
  std::uint8_t size;   ///< of what is inside, or of each in a list
  std::uint8_t align;  ///< of what is inside
  const TableForm* (*table)();
};
struct TableForm {
  const FieldForm* fields;
  std::size_t count;
};

template <d::Described T>
const TableForm* form_of();

template <typename T>
constexpr FieldForm field_form(unsigned id) {
  if constexpr (d::Wrapped<T>) {
    return field_form<InsideOf<T>>(id);
  } else if constexpr (d::Optional<T>) {
    return field_form<typename T::value_type>(id);
  } else if constexpr (d::Number<T> || kFixed<T>) {
    constexpr Extent kExtent = extent_of<T>();
    return {place(id), Form::inside, kExtent.size, kExtent.align, nullptr};
  } else if constexpr (d::Text<T>) {
    return {place(id), Form::text, 0, 0, nullptr};
  } else if constexpr (d::Octets<T> || d::Array<T> || d::List<T>) {
    using Entry = typename T::value_type;
    if constexpr (d::Wrapped<Entry>)
      return {place(id), Form::numbers, sizeof(WrappedNumber<Entry>), 0, nullptr};
    else if constexpr (d::Number<Entry> || kFixed<Entry>)
      return {place(id), Form::numbers, extent_of<Entry>().size, 0, nullptr};
    else if constexpr (d::Text<Entry>)
      return {place(id), Form::texts, 0, 0, nullptr};
    else
      return {place(id), Form::tables, 0, 0, form_of<Entry>};
  } else {
    return {place(id), Form::table, 0, 0, form_of<T>};
  }
}

template <d::Described T>
constexpr auto fields_of() {
  return std::apply(
      [](const auto&... member) {
        return std::array<FieldForm, sizeof...(member)>{
            field_form<std::remove_cvref_t<decltype(member.of(std::declval<T&>()))>>(member.id)...};
      },
      d::members_of<T>);
}
template <d::Described T>
const TableForm* form_of() {
  static constexpr auto kFields = fields_of<T>();
  static constexpr TableForm kForm{kFields.data(), kFields.size()};
  return &kForm;
}

/// Whether every part of the table lies inside of the buffer. Absent is good.
bool verify(const fb::Table* table, const TableForm& form, fb::Verifier& verifier);

template <d::Described T>
bool verify(const fb::Table* table, fb::Verifier& verifier) {
  return verify(table, *form_of<T>(), verifier);
}

// ---- reading

/// What is wrong is remembered, by the path to the first field that is; what was read is then not
/// used. No more is made than the budget allows, which is asked before anything is copied: a buffer
/// can name one part many times.
class Reader {
 public:
  /// Commands keep to the limits of their texts; of a list the limit always counts.
  enum class What { command, other };

  /// @param size  of the whole buffer
  Reader(std::size_t size, What what)
      : left_(std::min(size * limits::kDecodedPerByte, limits::kDecodedBytes)), what_(what) {}
  [[nodiscard]] bool exhausted() const { return exhausted_; }
  [[nodiscard]] std::optional<Error> take_objection() {
    return std::exchange(objection_, std::nullopt);
  }

  template <d::Described T>
  void table(const fb::Table* from, T& to) {
    if (from == nullptr) return;
    d::for_each_member(to, [&](const auto& member, auto& part) {
      path_[depth_++] = member.name;
      field(*from, member, part);
      --depth_;
    });
  }

 private:
  template <typename Member, typename T>
  void field(const fb::Table& from, const Member& member, T& to) {
    const fb::voffset_t at = place(member.id);
    if constexpr (d::Wrapped<T>) {
      field(from, member, d::Wrapper<T>::of(to));
    } else if constexpr (d::Number<T>) {
      number(from.GetField<NumberOf<T>>(at, static_cast<NumberOf<T>>(member.absent)), to);
    } else if constexpr (kFixed<T>) {
      if (const auto* bytes = from.GetStruct<const std::uint8_t*>(at)) fixed_from(bytes, to);
    } else if constexpr (d::Optional<T>) {
      using Inside = typename T::value_type;
      to.reset();
      if (!from.CheckField(at)) return;
      if constexpr (std::is_enum_v<Inside>)  // 0 is "unset" where it is no value
        if (from.GetField<NumberOf<Inside>>(at, 0) == 0 && !d::is_value(Inside{0})) return;
      field(from, member, to.emplace());
    } else if constexpr (d::Text<T>) {
      const auto* text = from.GetPointer<const fb::String*>(at);
      if (text != nullptr && within(member.limit, text->size(), "bytes") && afford(text->size(), 1))
        to.assign(text->c_str(), text->size());
    } else if constexpr (d::Octets<T>) {
      const auto* bytes = from.GetPointer<const fb::Vector<std::uint8_t>*>(at);
      if (bytes != nullptr && within(member.limit, bytes->size(), "bytes") &&
          afford(bytes->size(), 1))
        to.assign(bytes->begin(), bytes->end());
    } else if constexpr (d::Array<T>) {
      const auto* all = from.GetPointer<const fb::Vector<NumberOf<typename T::value_type>>*>(at);
      to = {};
      if (all == nullptr) return;
      if (all->size() > to.size()) return object();
      for (fb::uoffset_t i = 0; i < all->size(); ++i) to[i] = number_in(*all, i);
    } else if constexpr (d::List<T>) {
      list(from, member, to);
    } else {
      table(from.GetPointer<const fb::Table*>(at), to);
    }
  }

  template <typename Member, typename T>
  void list(const fb::Table& from, const Member& member, std::vector<T>& to) {
    const fb::voffset_t at = place(member.id);
    const auto each_of = [&](const auto* all, const auto& read) {
      if (all == nullptr || !within_list(member.limit, all->size()) ||
          !afford(all->size(), sizeof(T)))
        return;
      to.resize(all->size());
      for (fb::uoffset_t i = 0; i < all->size() && good(); ++i) read(*all, i, to[i]);
    };
    if constexpr (d::Wrapped<T>) {
      each_of(from.GetPointer<const fb::Vector<WrappedNumber<T>>*>(at),
              [&](const auto& all, fb::uoffset_t i, T& entry) {
                number(number_in(all, i), d::Wrapper<T>::of(entry));
              });
    } else if constexpr (kFixed<T>) {
      each_of(from.GetPointer<const fb::Vector<const Fixed<T>*>*>(at),
              [&](const auto& all, fb::uoffset_t i, T& entry) {
                fixed_from(all.Data() + i * sizeof(Fixed<T>), entry);
              });
    } else if constexpr (d::Text<T>) {
      each_of(from.GetPointer<const fb::Vector<fb::Offset<fb::String>>*>(at),
              [&](const auto& all, fb::uoffset_t i, T& entry) {
                if (afford(all.Get(i)->size(), 1))
                  entry.assign(all.Get(i)->c_str(), all.Get(i)->size());
              });
    } else {
      each_of(from.GetPointer<const fb::Vector<fb::Offset<fb::Table>>*>(at),
              [&](const auto& all, fb::uoffset_t i, T& entry) { table(all.Get(i), entry); });
    }
  }

  /// The verifier looks at where a list begins, not at where its first number lies.
  template <typename Number>
  static Number number_in(const fb::Vector<Number>& all, fb::uoffset_t i) {
    Number number = 0;
    std::memcpy(&number, all.Data() + i * sizeof number, sizeof number);
    return fb::EndianScalar(number);
  }
  template <typename From, d::Number T>
  void number(From from, T& to) {
    to = static_cast<T>(from);
    if constexpr (std::is_enum_v<T> && !std::is_same_v<T, Errc>)  // those may be of a later version
      if (!d::is_value(to)) object();
  }
  template <typename T>
  void fixed_from(const std::uint8_t* from, T& to) {
    if constexpr (d::Number<T>) {
      NumberOf<T> bytes{};
      std::memcpy(&bytes, from, sizeof bytes);
      number(fb::EndianScalar(bytes), to);
    } else {
      Extent extent;
      d::for_each_member(to, [&](const auto& member, auto& part) {
        path_[depth_++] = member.name;
        fixed_from(from + extent.add(extent_of<std::remove_cvref_t<decltype(part)>>()), part);
        --depth_;
      });
    }
  }

  [[nodiscard]] bool good() const { return !objection_ && !exhausted_; }
  [[nodiscard]] std::string path() const {
    std::string out = path_[0];
    for (std::size_t i = 1; i < depth_; ++i) out.append(".").append(path_[i]);
    return out;
  }
  void object() {
    if (!objection_)
      objection_ = Error{what_ == What::command ? Errc::invalid_argument : Errc::malformed,
                         path() + " has a value that does not exist"};
  }
  bool within(const d::Limit& limit, std::size_t size, const char* unit) {
    if (what_ != What::command || limit.most == 0 || size <= limit.most) return good();
    if (!objection_) objection_ = Error{limit.code, too_many(path(), size, limit.most, unit)};
    return false;
  }
  bool within_list(const d::Limit& limit, std::size_t size) {
    if (limit.most == 0 || size <= limit.most) return good();
    if (!objection_)
      objection_ = Error{what_ == What::command ? limit.code : Errc::malformed,
                         too_many(path(), size, limit.most, "entries")};
    return false;
  }
  /// Before so much is made.
  bool afford(std::size_t count, std::size_t size) {
    if (!good()) return false;
    exhausted_ = count > left_ / size;
    if (!exhausted_) left_ -= count * size;
    return !exhausted_;
  }

  std::size_t left_;  // bytes that may still be made
  const What what_;
  bool exhausted_ = false;
  std::optional<Error> objection_;
  std::array<const char*, limits::kFrameDepth> path_{};
  std::size_t depth_ = 0;
};

// What is of one kind is read in a file of its own (flat_read.cpp, flat_read_values.cpp).

/// Reads the alternative at this place. False: there is none.
bool read(Reader& reader, const fb::Table& from, std::size_t place, api::Command& to);
bool read(Reader& reader, const fb::Table& from, std::size_t place, api::Value& to);
bool read(Reader& reader, const fb::Table& from, std::size_t place, api::Event& to);
void read(Reader& reader, const fb::Table& from, Record& to);

template <d::Choice T>
bool read_choice(Reader& reader, const fb::Table& from, std::size_t place, T& to) {
  return d::choose(to, place, [&](auto& each) {
    if constexpr (d::Described<std::remove_reference_t<decltype(each)>>) reader.table(&from, each);
    return true;
  });
}

}  // namespace switchhook::rpc::flat
