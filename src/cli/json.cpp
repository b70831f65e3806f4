// SPDX-License-Identifier: Apache-2.0
#include "cli/json.hpp"

#include <cstdio>

namespace switchhook::cli {

namespace {

/// Length of the valid UTF-8 sequence at the start of `text`; 0 when there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t i, unsigned low, unsigned high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1, 0x80, 0xbf) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned low = first == 0xe0 ? 0xa0 : 0x80;   // no overlong forms
    const unsigned high = first == 0xed ? 0x9f : 0xbf;  // no surrogates
    return follows(1, low, high) && follows(2, 0x80, 0xbf) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned low = first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
    return follows(1, low, high) && follows(2, 0x80, 0xbf) && follows(3, 0x80, 0xbf) ? 4 : 0;
  }
  return 0;
}

/// A valid sequence of more than one byte, as JSON escapes it.
std::string escaped(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  unsigned code = byte(0) & (0xffU >> (sequence.size() + 1));
  for (std::size_t i = 1; i < sequence.size(); ++i) code = code << 6 | (byte(i) & 0x3fU);
  char out[16];
  if (code < 0x10000)
    std::snprintf(out, sizeof out, "\\u%04x", code);
  else
    std::snprintf(out, sizeof out, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10),
                  0xdc00 + ((code - 0x10000) & 0x3ff));
  return out;
}

std::string json_of(const Party& party) {
  return JsonObject().add("address", party.address).add("name", party.name).text();
}

/// Only what there was.
std::string json_of(const ResourceCounts& counts) {
  JsonObject out;
  for (std::size_t i = 0; i < kResourceCount; ++i)
    if (counts[i] != 0) out.add(to_string(static_cast<Resource>(i)), std::uint64_t{counts[i]});
  return out.text();
}

std::string json_of(const End& end) {
  JsonObject out;
  out.add("origin", to_string(end.origin))
      .add("mode", to_string(end.cause.mode))
      .add("sip_status", std::uint64_t{end.cause.sip_status})
      .add("q850", std::uint64_t{end.cause.q850})
      .add("words", end.cause.words)
      .add("text", to_text(std::optional<End>(end)))
      .add("at", std::chrono::nanoseconds(end.at.wall))
      .add("confirmation", to_string(end.confirmation))
      .add("confirmed_after", std::chrono::nanoseconds(end.confirmed_after))
      .add("sent_times", std::uint64_t{end.sent_times})
      .add("returned_after", std::chrono::nanoseconds(end.returned_after))
      .raw("released", json_of(end.released));
  return out.text();
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      text.remove_prefix(1);
      continue;
    }
    const char c = text[0];
    if (length > 1) {
      // JSON allows what a terminal or a reader could take for something else; escaped it is the same.
      const bool plain = printable(text.substr(0, length)) == text.substr(0, length);
      out += plain ? std::string(text.substr(0, length)) : escaped(text.substr(0, length));
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
    text.remove_prefix(length);
  }
  return out + '"';
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ',';
  members_ += json_string(name);
  members_ += ':';
  members_ += json;
  return *this;
}

JsonObject& JsonObject::add(std::string_view name, std::string_view value) {
  return raw(name, json_string(value));
}

JsonObject& JsonObject::add(std::string_view name, std::uint64_t value) {
  return raw(name, std::to_string(value));
}

JsonObject& JsonObject::add(std::string_view name, std::int64_t value) {
  return raw(name, std::to_string(value));
}

JsonObject& JsonObject::add(std::string_view name, bool value) {
  return raw(name, value ? "true" : "false");
}

JsonObject& JsonObject::add(std::string_view name, std::chrono::nanoseconds value) {
  const long long micros = value / std::chrono::microseconds(1);
  char text[48];
  std::snprintf(text, sizeof text, "%s%lld.%06lld", micros < 0 ? "-" : "",
                (micros < 0 ? -micros : micros) / 1000000,
                (micros < 0 ? -micros : micros) % 1000000);
  return raw(name, text);
}

void JsonArray::add(std::string_view json) {
  if (!items_.empty()) items_ += ',';
  items_ += json;
}

std::string base16(const UserInfo& bytes) {
  std::string out;
  char two[3];
  for (std::uint8_t byte : bytes) {
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(byte));
    out += two;
  }
  return out;
}

std::string json_of(const Record& record) {
  JsonArray timeline;
  for (const TimelineEntry& step : record.timeline) {
    JsonObject entry;
    entry.add("state", to_string(step.state))
        .add("detail", std::uint64_t{step.detail})
        .add("time", step.at.monotonic - record.timeline.front().at.monotonic)
        .add("monotonic", step.at.monotonic)
        .add("at", std::chrono::nanoseconds(step.at.wall));
    timeline.add(entry.text());
  }
  JsonArray holders;
  for (const HolderRecord& holder : record.holders) {
    JsonObject entry;
    entry.add("application", holder.application)
        .add("user", holder.user)
        .add("process", holder.process)
        .add("privilege", to_string(holder.privilege))
        .add("acquired", std::chrono::nanoseconds(holder.acquired.wall));
    if (holder.released)
      entry.add("released", std::chrono::nanoseconds(holder.released->wall));
    else
      entry.raw("released", "null");
    holders.add(entry.text());
  }
  const Moment until = record.end                ? record.end->at
                       : record.timeline.empty() ? Moment{}
                                                 : record.timeline.back().at;
  JsonObject media;
  media.add("packets_sent", record.media_statistics.packets_sent)
      .add("packets_received", record.media_statistics.packets_received)
      .add("packets_lost", record.media_statistics.packets_lost)
      .add("bytes_sent", record.media_statistics.bytes_sent)
      .add("bytes_received", record.media_statistics.bytes_received)
      .add("jitter_us", record.media_statistics.jitter_us);
  JsonObject out;
  out.add("session", record.session)
      .add("call_id", record.call_id)
      .add("line", record.line)
      .add("provider", record.provider)
      .add("provider_call_id", record.provider_call_id)
      .add("direction", to_string(record.direction))
      .add("state", to_string(record.state))
      .raw("calling", json_of(record.parties.calling))
      .raw("called", json_of(record.parties.called))
      .raw("connected", json_of(record.parties.connected))
      .raw("redirecting", json_of(record.parties.redirecting))
      .raw("redirection", json_of(record.parties.redirection))
      .add("media_modes", record.media_modes)
      .add("related_call_id", record.related_call_id)
      .raw("timeline", timeline.text())
      .add("time_to_answer", time_to_answer(record))
      .add("talk_time", talk_time(record, until))
      .add("held_time", held_time(record, until))
      .raw("end", record.end ? json_of(*record.end) : "null")
      .add("user_info_sent", base16(record.user_info_sent))
      .add("user_info_received", base16(record.user_info_received))
      .add("app_specific", record.app_specific)
      .add("application", record.application)
      .add("comment", record.comment)
      .raw("holders", holders.text())
      .raw("media", media.text());
  return out.text();
}

std::string json_of(const LineInfo& line) {
  JsonObject out;
  out.add("id", line.id)
      .add("name", line.name)
      .add("address", line.address)
      .add("provider", line.provider)
      .add("in_service", line.in_service)
      .add("status", line.status)
      .add("calls_max", line.calls_max)
      .add("user_info_max", std::uint64_t{line.user_info_max});
  return out.text();
}

std::string json_of(const Leak& leak) {
  JsonObject out;
  out.add("session", leak.session)
      .add("line", leak.line)
      .add("application", leak.application)
      .add("user", leak.user)
      .add("process", leak.process)
      .add("privilege", to_string(leak.privilege))
      .add("state", to_string(leak.state))
      .add("acquired", std::chrono::nanoseconds(leak.acquired.wall))
      .add("ended", std::chrono::nanoseconds(leak.ended.wall))
      .add("bytes", leak.bytes)
      .add("client_bytes", leak.client_bytes)
      .add("provider_bytes", leak.provider_bytes)
      .add("identifier", leak.identifier)
      .add("connection", leak.connection)
      .add("site", leak.site);
  return out.text();
}

std::string json_of(const AuditReport& report) {
  JsonArray lines;
  for (const LedgerLine& line : report.lines) {
    JsonObject entry;
    entry.add("resource", to_string(line.resource))
        .add("holder", line.holder)
        .add("booked", line.booked)
        .add("found", line.found);
    lines.add(entry.text());
  }
  JsonArray findings;
  for (const std::string& finding : report.findings) findings.add(json_string(finding));
  JsonObject out;
  out.add("clean", report.clean())
      .add("all_zero", report.all_zero())
      .raw("ledgers", lines.text())
      .raw("findings", findings.text());
  return out.text();
}

namespace {

/// Each span that something fell into: its limit in seconds (null: none) and how many.
std::string json_of(const DurationCounts& durations) {
  JsonArray spans;
  for (std::size_t i = 0; i < DurationCounts::kSpans; ++i) {
    if (durations.counts[i] == 0) continue;
    JsonObject span;
    if (i + 1 < DurationCounts::kSpans)
      span.add("within", std::chrono::nanoseconds(DurationCounts::limit(i)));
    else
      span.raw("within", "null");
    spans.add(span.add("count", durations.counts[i]).text());
  }
  return spans.text();
}

std::string json_of(const EndTimes& ends) {
  return JsonObject()
      .raw("acknowledged", json_of(ends.acknowledged))
      .add("unacknowledged", ends.unacknowledged)
      .raw("returned", json_of(ends.returned))
      .raw("released", json_of(ends.released))
      .text();
}

}  // namespace

std::string json_of(const ServiceStatus& status) {
  JsonObject out;
  out.add("version", status.version)
      .add("process", status.process)
      .add("up_seconds", static_cast<std::uint64_t>(status.up.count()))
      .add("applications", status.applications)
      .add("lines", status.lines)
      .add("sessions_live", status.sessions_live)
      .add("sessions_held", status.sessions_held)
      .add("sessions_total", status.sessions_total)
      .add("records_written", status.records_written)
      .add("events_dropped", status.events_dropped)
      .add("late_events", status.late_events)
      .add("socket", status.socket)
      .add("store", status.store)
      .raw("ends", json_of(status.ends))
      .add("heap_bytes", status.heap_bytes);
  return out.text();
}

std::string json_of(const Error& error) {
  return JsonObject().add("code", name_of(error.code)).add("text", error.text()).text();
}

}  // namespace switchhook::cli
