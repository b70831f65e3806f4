// SPDX-License-Identifier: Apache-2.0
#include "switchhook/json.hpp"

#include <algorithm>
#include <cstdio>

#include "api/describe/public.hpp"
#include "switchhook/text.hpp"

namespace switchhook {
namespace {

namespace d = describe;

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

std::string seconds(std::chrono::nanoseconds time) {
  const long long micros = time / std::chrono::microseconds(1);
  const auto size = static_cast<unsigned long long>(micros < 0 ? -micros : micros);
  char text[48];
  std::snprintf(text, sizeof text, "%s%llu.%06llu", micros < 0 ? "-" : "", size / 1000000,
                size % 1000000);
  return text;
}

std::string json_of(const ResourceCounts& counts);
std::string json_of(const DurationCounts& durations);
std::string json_of(const Moment& moment);
std::string json_of(const Error& error);
template <typename T>
std::string json_of(const T& value);

/// The members of a value, and what can be told from them.
class Members {
 public:
  template <typename T>
  std::string of(const T& value) {
    d::for_each_member(
        value, [&](const auto& member, const auto& part) { add(value, member.name, part); });
    also(value);
    return out_.text();
  }

 private:
  template <typename T, typename Part>
  void add(const T&, std::string_view name, const Part& part) {
    if constexpr (std::is_same_v<Part, std::chrono::seconds>)
      out_.raw(std::string(name) + "_seconds", std::to_string(part.count()));
    else
      out_.raw(name, json_of(part));
  }
  // Where one word has become usual for another.
  void add(const Record&, std::string_view, const MediaStatistics& media) {
    out_.raw("media", json_of(media));
  }
  void add(const AuditReport&, std::string_view, const std::vector<LedgerLine>& lines) {
    out_.raw("ledgers", json_of(lines));
  }
  /// An end is told with its cause as one.
  void add(const End& end, std::string_view, const Cause& cause) {
    d::for_each_member(cause,
                       [&](const auto& member, const auto& part) { add(end, member.name, part); });
  }
  /// Also since the beginning.
  void add(const Record& record, std::string_view name, const Timeline& timeline) {
    std::string steps;
    for (const TimelineEntry& step : timeline) {
      Members entry;
      entry.out_.add("time", step.at.monotonic - record.timeline.front().at.monotonic);
      steps += (steps.empty() ? "" : ",") + entry.of(step);
    }
    out_.raw(name, "[" + steps + "]");
  }

  template <typename T>
  void also(const T&) {}
  void also(const TimelineEntry& step) { out_.add("monotonic", step.at.monotonic); }
  void also(const End& end) { out_.add("text", to_text(std::optional<End>(end))); }
  void also(const AuditReport& report) {
    out_.add("clean", report.clean()).add("all_zero", report.all_zero());
  }
  void also(const Record& record) {
    const Moment until = record.end                ? record.end->at
                         : record.timeline.empty() ? Moment{}
                                                   : record.timeline.back().at;
    out_.add("time_to_answer", time_to_answer(record))
        .add("talk_time", talk_time(record, until))
        .add("held_time", held_time(record, until));
  }

  JsonObject out_;
};

/// Only what there was.
std::string json_of(const ResourceCounts& counts) {
  JsonObject out;
  for (std::size_t i = 0; i < kResourceCount; ++i)
    if (counts[i] != 0) out.add(to_string(static_cast<Resource>(i)), std::uint64_t{counts[i]});
  return out.text();
}

/// Each span that something fell into: its limit in seconds (null: none) and how many.
std::string json_of(const DurationCounts& durations) {
  std::string spans;
  for (std::size_t i = 0; i < DurationCounts::kSpans; ++i) {
    if (durations.counts[i] == 0) continue;
    const bool last = i + 1 == DurationCounts::kSpans;
    JsonObject span;
    span.raw("within", last ? "null" : seconds(DurationCounts::limit(i)));
    spans += (spans.empty() ? "" : ",") + span.add("count", durations.counts[i]).text();
  }
  return "[" + spans + "]";
}

std::string json_of(const Moment& moment) {
  return seconds(moment.wall);
}

std::string json_of(const Error& error) {
  return JsonObject().add("code", name_of(error.code)).add("text", error.text()).text();
}

template <typename T>
std::string json_of(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_same_v<T, char>) {
    return value == 0 ? "null" : json_text({&value, 1});
  } else if constexpr (d::Enumerated<T>) {
    return json_text(d::word_of(value));
  } else if constexpr (d::Duration<T>) {
    return seconds(value);
  } else if constexpr (d::Number<T>) {
    return std::to_string(value);
  } else if constexpr (d::Text<T>) {
    return json_text(value);
  } else if constexpr (d::Octets<T>) {
    return json_text(base16(value));
  } else if constexpr (d::Optional<T>) {
    return value ? json_of(*value) : "null";
  } else if constexpr (d::List<T>) {
    std::string entries;
    for (const auto& each : value) entries += (entries.empty() ? "" : ",") + json_of(each);
    return "[" + entries + "]";
  } else {
    return Members().of(value);
  }
}

}  // namespace

std::string json_text(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const char c = text[0];
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (length > 1) {
      // JSON allows what a terminal or a reader could take for something else; escaped it is the same.
      const bool plain = printable(text.substr(0, length)) == text.substr(0, length);
      out += plain ? std::string(text.substr(0, length)) : escaped(text.substr(0, length));
    } else if (c == '"' || c == '\\') {
      out.append("\\").append(1, c);
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
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out + '"';
}

std::string base16(const UserInfo& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ',';
  members_.append(json_text(name)).append(":").append(json);
  return *this;
}

JsonObject& JsonObject::add(std::string_view name, std::chrono::nanoseconds time) {
  return raw(name, seconds(time));
}

#define SWITCHHOOK_TO_JSON(type)           \
  std::string to_json(const type& value) { \
    return json_of(value);                 \
  }
SWITCHHOOK_TO_JSON(Error)
SWITCHHOOK_TO_JSON(Moment)
SWITCHHOOK_TO_JSON(Cause)
SWITCHHOOK_TO_JSON(End)
SWITCHHOOK_TO_JSON(Party)
SWITCHHOOK_TO_JSON(Parties)
SWITCHHOOK_TO_JSON(TimelineEntry)
SWITCHHOOK_TO_JSON(MediaStatistics)
SWITCHHOOK_TO_JSON(HolderRecord)
SWITCHHOOK_TO_JSON(Record)
SWITCHHOOK_TO_JSON(LineInfo)
SWITCHHOOK_TO_JSON(LineStatus)
SWITCHHOOK_TO_JSON(DurationCounts)
SWITCHHOOK_TO_JSON(EndTimes)
SWITCHHOOK_TO_JSON(LedgerLine)
SWITCHHOOK_TO_JSON(Refusals)
SWITCHHOOK_TO_JSON(AuditReport)
SWITCHHOOK_TO_JSON(ReloadReport)
SWITCHHOOK_TO_JSON(ServiceStatus)
SWITCHHOOK_TO_JSON(SessionEvent)
SWITCHHOOK_TO_JSON(SessionInfo)
SWITCHHOOK_TO_JSON(ApplicationEvent)
SWITCHHOOK_TO_JSON(Leak)
SWITCHHOOK_TO_JSON(LeakReport)
SWITCHHOOK_TO_JSON(DigitOptions)
SWITCHHOOK_TO_JSON(LineOptions)
SWITCHHOOK_TO_JSON(CallOptions)
SWITCHHOOK_TO_JSON(RecordQuery)
SWITCHHOOK_TO_JSON(RecordsCheck)
SWITCHHOOK_TO_JSON(TraceOptions)
SWITCHHOOK_TO_JSON(TracedMessage)
#undef SWITCHHOOK_TO_JSON

}  // namespace switchhook
