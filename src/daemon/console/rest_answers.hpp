// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the files of REST share: answers, and what requests ask for. Threads: any.

#include <charconv>
#include <optional>
#include <string>

#include "base/limits.hpp"
#include "daemon/console/rest.hpp"
#include "switchhook/json.hpp"

namespace switchhook::daemon {

[[nodiscard]] HttpServer::Answer json_answer(std::string text, int status = 200);
[[nodiscard]] HttpServer::Answer error_answer(const Error& error, int status);
/// With the status of its code.
[[nodiscard]] HttpServer::Answer error_answer(const Error& error);
[[nodiscard]] const char* role_name(api::Role role);

/// A number of a path or query. Errors: invalid_argument.
template <typename Number>
[[nodiscard]] Result<Number> number_of(const std::string& name, const std::string& text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || !(number >= 0))
    return Error{Errc::invalid_argument, name + " is not a number"};
  return number;
}

/// A value, with its numbers of 64 bits once more as texts, for readers whose numbers are shorter.
[[nodiscard]] inline std::string with_ids(std::string json, std::uint64_t session,
                                          std::uint64_t identifier = 0) {
  json.back() = ',';
  JsonObject ids;
  ids.add("session_id", std::to_string(session));
  if (identifier != 0) ids.add("identifier_id", std::to_string(identifier));
  return json + ids.text().substr(1);
}

/// A list of values, each as `write` writes it.
template <typename Values, typename Write>
[[nodiscard]] std::string json_list(const Values& values, Write write) {
  std::string out;
  for (const auto& each : values) out += (out.empty() ? "" : ",") + write(each);
  return "[" + out + "]";
}

[[nodiscard]] inline std::string json_records(const std::vector<Record>& records) {
  return json_list(records,
                   [](const Record& each) { return with_ids(to_json(each), each.session); });
}

/// Asks the service on behalf of the request's client.
template <typename Value>
[[nodiscard]] Result<Value> ask(const Rest::Asked& asked, api::Command command) {
  return asked.service().call_for<Value>(std::move(command), {}, limits::kConsoleAnswer);
}
[[nodiscard]] inline Result<void> tell(const Rest::Asked& asked, api::Command command) {
  const Result<api::Value> done =
      asked.service().call(std::move(command), {}, limits::kConsoleAnswer);
  return done ? Result<void>() : done.error();
}

}  // namespace switchhook::daemon
