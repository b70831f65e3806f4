// SPDX-License-Identifier: Apache-2.0
#pragma once

// Writes JSON, one value per line. What came from outside is always escaped, and bytes that are not
// UTF-8 become U+FFFD, so that every line can be parsed. Threads: plain values.

#include <cstdint>
#include <string>
#include <string_view>

#include "switchhook/switchhook.hpp"

namespace switchhook::cli {

/// The text as a JSON string, quotes included.
[[nodiscard]] std::string json_string(std::string_view text);

/// An object that is being written. Each add() names a member; `raw` takes finished JSON.
class JsonObject {
 public:
  JsonObject& add(std::string_view name, std::string_view value);
  JsonObject& add(std::string_view name, const char* value) {
    return add(name, std::string_view(value));
  }
  JsonObject& add(std::string_view name, std::uint64_t value);
  JsonObject& add(std::string_view name, std::int64_t value);
  JsonObject& add(std::string_view name, std::uint32_t value) {
    return add(name, std::uint64_t{value});
  }
  JsonObject& add(std::string_view name, bool value);
  /// Seconds, with microseconds.
  JsonObject& add(std::string_view name, std::chrono::nanoseconds value);
  JsonObject& raw(std::string_view name, std::string_view json);
  [[nodiscard]] std::string text() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

/// A list of finished JSON values.
class JsonArray {
 public:
  void add(std::string_view json);
  [[nodiscard]] std::string text() const { return "[" + items_ + "]"; }

 private:
  std::string items_;
};

/// Bytes as hexadecimal digits.
[[nodiscard]] std::string base16(const UserInfo& bytes);
[[nodiscard]] std::string json_of(const Record& record);
[[nodiscard]] std::string json_of(const LineInfo& line);
[[nodiscard]] std::string json_of(const Leak& leak);
[[nodiscard]] std::string json_of(const AuditReport& report);
[[nodiscard]] std::string json_of(const ServiceStatus& status);
[[nodiscard]] std::string json_of(const Error& error);

}  // namespace switchhook::cli
