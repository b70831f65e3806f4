// SPDX-License-Identifier: Apache-2.0
#include "switchhook/text.hpp"

#include <cstdio>
#include <ctime>

#include "base/counted.hpp"
#include "base/printable.hpp"
#include "cxx/words.hpp"

namespace switchhook {

namespace detail {

std::string end_words(const std::optional<EndOrigin>& origin, const Cause& cause) {
  std::string out;
  constexpr std::string_view kOrigins[] = {"by the local user",
                                           "by the remote party",
                                           "by a rule",
                                           "because its application vanished",
                                           "because nobody held it any more",
                                           "by the provider",
                                           "by the service"};
  static_assert(std::size(kOrigins) == kEndOriginCount);
  if (origin) out.append(kOrigins[static_cast<std::size_t>(*origin)]).append(": ");
  out += to_string(cause.mode);
  std::string more;
  if (cause.sip_status != 0) more = "SIP " + std::to_string(cause.sip_status);
  if (cause.q850 != 0) more += (more.empty() ? "Q.850 " : ", Q.850 ") + std::to_string(cause.q850);
  if (!cause.words.empty()) more += (more.empty() ? "" : ", ") + printable(cause.words);
  if (!more.empty()) out += " (" + more + ")";
  return out;
}

namespace {

std::string party_words(const Party& party) {
  if (party.address.empty() && party.name.empty()) return "-";
  if (party.name.empty()) return printable(party.address);
  if (party.address.empty()) return '"' + printable(party.name) + '"';
  return '"' + printable(party.name) + "\" " + printable(party.address);
}

/// "2026-01-31 12:00:00.123"
std::string wall_text(std::chrono::microseconds wall) {
  std::string text = exact_wall_text(wall);
  if (text.size() < 23) return text;
  text[10] = ' ';
  return text.substr(0, 23);
}

std::string bytes_text(const UserInfo& info) {
  constexpr std::size_t kShown = 32;
  std::string out = base::counted(info.size(), "bytes") + " \"";
  for (std::size_t i = 0; i < info.size() && i < kShown; ++i) {
    const auto c = static_cast<char>(info[i]);
    out += c >= 0x20 && c < 0x7f ? c : '?';
  }
  return out + (info.size() > kShown ? "…\"" : "\"");
}

void row(std::string& out, std::string_view label, std::string_view text) {
  out.append("  ").append(label);
  out.append(label.size() < 13 ? 13 - label.size() : 1, ' ').append(text).append("\n");
}

std::string confirmation_words(const End& end) {
  std::string out(to_string(end.confirmation));
  if (end.confirmation == Confirmation::confirmed && end.confirmed_after.count() > 0)
    out += " after " + seconds_text(end.confirmed_after) + " s";
  if (end.sent_times > 1) out += ", sent " + std::to_string(end.sent_times) + " times";
  return out;
}

std::string released_words(const End& end) {
  std::string out;
  for (std::size_t i = 0; i < kResourceCount; ++i) {
    if (end.released[i] == 0) continue;
    out.append(out.empty() ? "" : ", ");
    out.append(base::counted(end.released[i], to_string(static_cast<Resource>(i))));
  }
  return out + "; returned " + seconds_text(end.returned_after) + " s after the end was requested";
}

}  // namespace

}  // namespace detail

std::string seconds_text(std::chrono::nanoseconds time) {
  char text[48] = "";
  const auto millis = std::chrono::round<std::chrono::milliseconds>(time).count();
  std::snprintf(text, sizeof text, "%s%lld.%03lld", millis < 0 ? "-" : "",
                static_cast<long long>(millis < 0 ? -millis : millis) / 1000,
                static_cast<long long>(millis < 0 ? -millis : millis) % 1000);
  return text;
}

std::string exact_wall_text(std::chrono::microseconds wall) {
  const auto time = static_cast<std::time_t>(wall / std::chrono::seconds(1));
  std::tm parts{};
  if (localtime_r(&time, &parts) == nullptr) return "-";
  char text[64] = "", micros[16] = "", offset[16] = "";
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(micros, sizeof micros, ".%06d", static_cast<int>(wall.count() % 1000000));
  std::strftime(offset, sizeof offset, "%z", &parts);
  const std::string zone = offset;
  return text + (micros + zone.substr(0, 3)) + ":" + zone.substr(3);
}

std::string printable(std::string_view text) {
  return base::printable(text);
}

std::string to_text(const std::optional<End>& end) {
  if (!end) return "not ended";
  return detail::end_words(end->origin, end->cause);
}

std::string ended_by_text(const Record& record) {
  std::string out = printable(record.ended_by_application);
  if (!record.ended_by_user.empty()) out += " (user " + printable(record.ended_by_user) + ")";
  return out;
}

std::string to_text(const Record& record) {
  using detail::party_words;
  using detail::row;
  std::string out = "Record of session " + std::to_string(record.session) + "\n";
  row(out, "line",
      printable(record.line) + " (" + printable(record.provider) + "), " +
          std::string(to_string(record.direction)));
  row(out, "from", party_words(record.parties.calling));
  row(out, "to", party_words(record.parties.called));
  if (!record.parties.connected.address.empty() &&
      record.parties.connected != record.parties.called)
    row(out, "connected", party_words(record.parties.connected));
  if (!record.timeline.empty()) {
    row(out, "began", detail::wall_text(record.timeline.front().at.wall));
    const Moment until = record.end ? record.end->at : record.timeline.back().at;
    const std::chrono::nanoseconds talk = talk_time(record, until);
    const bool answered = time_to_answer(record).count() > 0 || talk.count() > 0;
    row(out, "answered",
        answered ? "after " + seconds_text(time_to_answer(record)) + " s, talked " +
                       seconds_text(talk) + " s"
                 : "no");
    if (const auto held = held_time(record, until); held.count() > 0)
      row(out, "on hold", seconds_text(held) + " s");
  }
  row(out, "state", to_string(record.state));
  row(out, "ended", to_text(record.end));
  if (const std::string who = ended_by_text(record); !who.empty()) row(out, "ended by", who);
  if (record.end) row(out, "far end", detail::confirmation_words(*record.end));
  if (record.end && record.end->released != ResourceCounts{})
    row(out, "released", detail::released_words(*record.end));
  if (!record.user_info_sent.empty()) row(out, "sent", detail::bytes_text(record.user_info_sent));
  if (!record.user_info_received.empty())
    row(out, "received", detail::bytes_text(record.user_info_received));
  if (!record.comment.empty()) row(out, "comment", printable(record.comment));
  for (const HolderRecord& holder : record.holders) {
    std::string words = printable(holder.application) + " (process " +
                        std::to_string(holder.process) + ", " +
                        std::string(to_string(holder.privilege)) + ")";
    words += holder.released ? ", released" : ", still held";
    row(out, "holder", words);
  }
  return out;
}

}  // namespace switchhook
