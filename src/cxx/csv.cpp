// SPDX-License-Identifier: Apache-2.0
#include "switchhook/csv.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <utility>

#include "switchhook/json.hpp"
#include "switchhook/text.hpp"

namespace switchhook {
namespace {

using Columns = std::vector<std::pair<std::string, std::string>>;

const TimelineEntry* answer_of(const Record& record) {
  const auto found =
      std::find_if(record.timeline.begin(), record.timeline.end(),
                   [](const TimelineEntry& step) { return step.state == CallState::connected; });
  return found == record.timeline.end() ? nullptr : &*found;
}

Moment began(const Record& record) {
  return record.timeline.empty() ? Moment{} : record.timeline.front().at;
}

Moment until(const Record& record) {
  if (record.end) return record.end->at;
  return record.timeline.empty() ? Moment{} : record.timeline.back().at;
}

std::string holders_of(const Record& record) {
  std::string holders;
  for (const HolderRecord& holder : record.holders) {
    if (!holders.empty()) holders += "; ";
    holders += holder.application + " (" + holder.user + ", " + std::to_string(holder.process) +
               ", " + std::string(to_string(holder.privilege)) + ", " +
               (holder.released ? "released " + exact_wall_text(holder.released->wall) : "held") +
               ")";
  }
  return holders;
}

/// Name and value of every column, in order.
Columns columns_of(const Record& record) {
  const Parties& parties = record.parties;
  const End end = record.end.value_or(End{});
  return {
      {"session", std::to_string(record.session)},
      {"line", record.line},
      {"provider", record.provider},
      {"provider_call_id", record.provider_call_id},
      {"direction", std::string(to_string(record.direction))},
      {"calling", parties.calling.address},
      {"calling_name", parties.calling.name},
      {"called", parties.called.address},
      {"called_name", parties.called.name},
      {"connected", parties.connected.address},
      {"redirecting", parties.redirecting.address},
      {"redirection", parties.redirection.address},
      {"began", exact_wall_text(began(record).wall)},
      {"ended", exact_wall_text(end.at.wall)},
      {"time_to_answer", answer_of(record) != nullptr ? seconds_text(time_to_answer(record)) : ""},
      {"talk_time", seconds_text(talk_time(record, until(record)))},
      {"held_time", seconds_text(held_time(record, until(record)))},
      {"origin", std::string(to_string(end.origin))},
      {"mode", std::string(to_string(end.cause.mode))},
      {"sip_status", std::to_string(end.cause.sip_status)},
      {"q850", std::to_string(end.cause.q850)},
      {"words", end.cause.words},
      {"confirmation", std::string(to_string(end.confirmation))},
      {"confirmed_after", seconds_text(end.confirmed_after)},
      {"sent_times", std::to_string(end.sent_times)},
      {"returned_after", seconds_text(end.returned_after)},
      {"application", record.application},
      {"app_specific", std::to_string(record.app_specific)},
      {"user_info_sent", base16(record.user_info_sent)},
      {"user_info_received", base16(record.user_info_received)},
      {"comment", record.comment},
      {"holders", holders_of(record)},
      {"ended_by_application", record.ended_by_application},
      {"ended_by_user", record.ended_by_user}};
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' ? "\"\"" : std::string(1, c));
  return out + "\"";
}

std::string csv_value(const std::string& raw) {
  const std::string text = printable(raw);
  if (!text.empty() && std::string("=+-@").find(text.front()) != std::string::npos)
    return quoted("'" + text);
  return text.find_first_of(",\"\r\n") == std::string::npos ? text : quoted(text);
}

// ---- Asterisk's columns

/// What Asterisk calls the number: the user of a SIP address.
std::string number_of(const std::string& address) {
  std::size_t begin = 0;
  for (const char* scheme : {"sip:", "sips:", "tel:"})
    if (address.starts_with(scheme)) begin = address.find(':') + 1;
  return begin == 0 ? address : address.substr(begin, address.find_first_of("@;?", begin) - begin);
}

std::string cdr_time(const Moment& at) {
  const auto time = static_cast<std::time_t>(at.wall / std::chrono::seconds(1));
  std::tm parts{};
  char text[32] = "";
  if (time == 0 || localtime_r(&time, &parts) == nullptr) return {};
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  return quoted(text);
}

std::string cdr_seconds(const Moment& from, const Moment& to) {
  return std::to_string((to.monotonic - from.monotonic) / std::chrono::seconds(1));
}

const char* disposition(const Record& record) {
  if (answer_of(record) != nullptr) return "ANSWERED";
  switch (record.end ? record.end->cause.mode : DisconnectMode::unknown) {
    case DisconnectMode::busy:
      return "BUSY";
    case DisconnectMode::normal:
    case DisconnectMode::no_answer:
    case DisconnectMode::cancelled:
    case DisconnectMode::pickup:
    case DisconnectMode::forwarded:
      return "NO ANSWER";
    default:
      return "FAILED";
  }
}

/// "SIP/alice-0000001a", as Asterisk names channels.
std::string channel_of(const Record& record) {
  std::string out;
  for (const char c : record.provider)
    out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  char number[16];
  std::snprintf(number, sizeof number, "-%08x", record.call_id);
  return out + "/" + record.line + number;
}

std::string to_cdr_csv(const Record& record) {
  const Party& calling = record.parties.calling;
  const std::string source = number_of(calling.address);
  const Moment start = began(record), end = until(record);
  const TimelineEntry* answer = answer_of(record);
  const auto text = [](const std::string& raw) { return quoted(printable(raw)); };
  return text(record.holders.empty() ? "" : record.holders.front().user) + "," + text(source) +
         "," + text(number_of(record.parties.called.address)) + "," + text(record.line) + "," +
         text(calling.name.empty() ? source : "\"" + calling.name + "\" <" + source + ">") + "," +
         text(channel_of(record)) + ",\"\"," + text(record.application) + ",\"\"," +
         cdr_time(start) + "," + (answer == nullptr ? "" : cdr_time(answer->at)) + "," +
         cdr_time(end) + "," + cdr_seconds(start, end) + "," +
         (answer == nullptr ? "0" : cdr_seconds(answer->at, end)) + "," +
         quoted(disposition(record)) + ",\"DOCUMENTATION\"," +
         quoted(std::to_string(record.session)) + "," + text(record.provider_call_id) + "\n";
}

}  // namespace

std::string csv_line(const std::vector<std::string>& values) {
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i)
    out.append(i == 0 ? "" : ",").append(csv_value(values[i]));
  return out + "\r\n";
}

std::string csv_heading(CsvColumns columns) {
  if (columns == CsvColumns::cdr_csv) return {};
  std::vector<std::string> names;
  for (auto& [name, value] : columns_of({})) names.push_back(name);
  return csv_line(names);
}

std::string to_csv(const Record& record, CsvColumns columns) {
  if (columns == CsvColumns::cdr_csv) return to_cdr_csv(record);
  std::vector<std::string> values;
  for (auto& [name, value] : columns_of(record)) values.push_back(std::move(value));
  return csv_line(values);
}

}  // namespace switchhook
