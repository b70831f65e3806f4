// SPDX-License-Identifier: Apache-2.0
#pragma once

// Frames that are well-formed and small, and say much: a list in which every entry is the same
// structure, with one long text in it. No encoder of ours writes them. Threads: none of its own.

#include <cstring>
#include <initializer_list>

#include "rpc/codec.hpp"

namespace switchhook::test {

class RepeatedPart {
 public:
  /// @param frame  with a list that has an entry, which has a text
  /// @param list   the numbers of the fields from the frame to the list
  /// @param text   the number of the field in the entry
  RepeatedPart(rpc::Bytes frame, std::initializer_list<unsigned> list, unsigned text)
      : bytes_(std::move(frame)) {
    std::size_t at = 4;
    for (const unsigned number : list) at = field(follow(at), number);
    list_ = at;
    entry_ = follow(follow(list_) + 4);
    text_ = field(entry_, text) - entry_;
  }

  /// The frame with a list of so many entries instead, and so long a text.
  [[nodiscard]] rpc::Bytes repeated(std::size_t count, std::size_t size) const {
    rpc::Bytes out = bytes_;
    while (out.size() % 4 != 0) out.push_back(0);
    const std::size_t list = out.size();
    out.resize(list + 4 + 4 * count);
    while (out.size() % 8 != entry_ % 8) out.push_back(0);
    const std::size_t entry = out.size();
    out.insert(out.end(), bytes_.begin() + at(entry_), bytes_.begin() + at(entry_ + entry_size()));
    while (out.size() % 4 != 0) out.push_back(0);
    const std::size_t text = out.size();
    out.resize(text + 4 + size + 1, 'A');
    out.back() = 0;

    put(out, list_, list - list_);
    put(out, list, count);
    for (std::size_t i = 0; i < count; ++i) put(out, list + 4 + 4 * i, entry - (list + 4 + 4 * i));
    put(out, entry, entry - vtable(entry_));
    put(out, entry + text_, text - (entry + text_));
    put(out, text, size);
    put(out, 0, out.size() - 4);
    return out;
  }

 private:
  static std::ptrdiff_t at(std::size_t place) { return static_cast<std::ptrdiff_t>(place); }
  static void put(rpc::Bytes& out, std::size_t place, std::size_t value) {
    const auto number = static_cast<std::uint32_t>(value);
    std::memcpy(out.data() + place, &number, sizeof number);
  }
  template <typename Number>
  [[nodiscard]] Number number(std::size_t place) const {
    Number out = 0;
    std::memcpy(&out, bytes_.data() + place, sizeof out);
    return out;
  }
  [[nodiscard]] std::size_t follow(std::size_t place) const {
    return place + number<std::uint32_t>(place);
  }
  [[nodiscard]] std::size_t vtable(std::size_t table) const {
    return static_cast<std::size_t>(at(table) - number<std::int32_t>(table));
  }
  [[nodiscard]] std::size_t field(std::size_t table, unsigned id) const {
    return table + number<std::uint16_t>(vtable(table) + 4 + 2 * std::size_t{id});
  }
  [[nodiscard]] std::size_t entry_size() const { return number<std::uint16_t>(vtable(entry_) + 2); }

  rpc::Bytes bytes_;
  std::size_t list_ = 0, entry_ = 0, text_ = 0;
};

/// A Restore whose openings are all the same one.
inline rpc::Bytes repeated_opening(std::size_t count, std::size_t size) {
  rpc::Bytes bytes;
  static_cast<void>(rpc::Encoder().append(
      1, api::Restore{.openings = {{.open = {1}, .line = "x"}}, .calls = {}}, bytes));
  return RepeatedPart(std::move(bytes), {1, 2, 0}, 1).repeated(count, size);
}

/// A list of lines that are all the same one.
inline rpc::Bytes repeated_line(std::size_t count, std::size_t size) {
  rpc::Bytes bytes;
  LineInfo line;
  line.name = "x";
  rpc::Encoder().append(api::Reply{1, false, api::Value{api::LineList{{line}}}}, bytes);
  return RepeatedPart(std::move(bytes), {1, 4, 0}, 1).repeated(count, size);
}

/// A list of leaks that are all the same one.
inline rpc::Bytes repeated_leak(std::size_t count, std::size_t size) {
  rpc::Bytes bytes;
  api::Leak leak;
  leak.line = "x";
  rpc::Encoder().append(api::Reply{1, false, api::Value{api::LeakList{.leaks = {leak}}}}, bytes);
  return RepeatedPart(std::move(bytes), {1, 4, 0}, 2).repeated(count, size);
}

}  // namespace switchhook::test
