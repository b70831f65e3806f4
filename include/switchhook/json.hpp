// SPDX-License-Identifier: Apache-2.0
#pragma once

// Values as JSON (RFC 8259), on one line each: what `switchhook --json` prints. A member has the
// name that it has in C++; enumerations are their names; durations and points in time are seconds
// with six decimals, the latter since 1970 UTC; user-user information is hexadecimal digits; what is
// empty is null. Members may be added between versions. What came from outside is escaped, and
// bytes that are not UTF-8 become U+FFFD, so that every text can be parsed. Threads: plain
// functions and values, any thread. Ownership: by value. Errors: none.

#include <string>
#include <string_view>

#include "switchhook/export.hpp"
#include "switchhook/operator.hpp"

namespace switchhook {

/// A text as a JSON string, quotes included. Threads: any.
[[nodiscard]] SWITCHHOOK_EXPORT std::string json_text(std::string_view text);

/// Bytes as hexadecimal digits. Threads: any.
[[nodiscard]] SWITCHHOOK_EXPORT std::string base16(const UserInfo& bytes);

/// A value of the API on one line. Threads: any.
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const Error& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const Moment& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const Cause& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const End& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const Party& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const Parties& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const TimelineEntry& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const MediaStatistics& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const HolderRecord& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const Record& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const LineInfo& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const LineStatus& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const DurationCounts& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const EndTimes& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const LedgerLine& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const Refusals& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const AuditReport& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const ReloadReport& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const ServiceStatus& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const SessionEvent& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const SessionInfo& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const ApplicationEvent& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const Leak& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const LeakReport& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const DigitOptions& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const LineOptions& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const CallOptions& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const RecordQuery& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const RecordsCheck& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const TraceOptions& value);
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_json(const TracedMessage& value);

/// An object that is being written. Threads: one at a time.
class SWITCHHOOK_EXPORT JsonObject {
 public:
  /// A member that is finished JSON.
  JsonObject& raw(std::string_view name, std::string_view json);
  JsonObject& add(std::string_view name, std::string_view text) {
    return raw(name, json_text(text));
  }
  JsonObject& add(std::string_view name, const char* text) {
    return add(name, std::string_view(text));
  }
  JsonObject& add(std::string_view name, std::uint64_t number) {
    return raw(name, std::to_string(number));
  }
  JsonObject& add(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  JsonObject& add(std::string_view name, std::chrono::nanoseconds time);
  [[nodiscard]] std::string text() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

}  // namespace switchhook
