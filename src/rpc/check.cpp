// SPDX-License-Identifier: Apache-2.0
// The limits of a command's fields, on the values, before a client sends them. Who reads a command
// keeps to the same limits (flat_reader.hpp).
#include <algorithm>

#include "api/describe/messages.hpp"
#include "rpc/codec.hpp"

namespace switchhook::rpc {
namespace {

namespace d = describe;

/// Where a field is; in words only when they are needed.
struct Path {
  const Path* before;
  const char* name;
  [[nodiscard]] std::string text() const {
    return before == nullptr ? name : before->text() + "." + name;
  }
};

/// Whether a value keeps to the limits; `objection` says which one it does not.
template <typename T>
bool keeps_to_limits(const T& value, const Path* path, const d::Limit& limit, Error& objection) {
  const auto measure = [&](std::size_t size, const char* unit) {
    if (limit.most == 0 || size <= limit.most) return true;
    objection = {limit.code, too_many(path->text(), size, limit.most, unit)};
    return false;
  };
  if constexpr (d::Text<T> || d::Octets<T>) {
    return measure(value.size(), "bytes");
  } else if constexpr (d::List<T>) {
    return measure(value.size(), "entries") &&
           std::all_of(value.begin(), value.end(), [&](const auto& each) {
             return keeps_to_limits(each, path, {}, objection);
           });
  } else if constexpr (d::Described<T>) {
    return d::all_members(value, [&](const auto& member, const auto& part) {
      const Path here{path, member.name};
      return keeps_to_limits(part, &here, member.limit, objection);
    });
  } else {
    return true;  // what numbers mean is the engine's business
  }
}

}  // namespace

std::string too_many(std::string_view field, std::size_t size, std::size_t most,
                     std::string_view unit) {
  return std::string(field) + " has " + std::to_string(size) + " " + std::string(unit) +
         ", at most " + std::to_string(most) + " are allowed";
}

Result<void> check(const api::Command& command) {
  Error objection;
  const bool good =
      std::visit([&](const auto& each) { return keeps_to_limits(each, nullptr, {}, objection); },
                 d::as_variant(command));
  if (good) return {};
  return objection;
}

}  // namespace switchhook::rpc
