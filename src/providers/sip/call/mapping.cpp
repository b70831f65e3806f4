// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/call/mapping.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/limits.hpp"

namespace switchhook::sip::mapping {
namespace {

using enum DisconnectMode;

struct StatusRow {
  std::uint16_t status;
  DisconnectMode mode;
  std::uint16_t q850;  // RFC 3398 8.2.6.1; 0 = it names none
};
// Sorted by status. Those that depend on more than the status are corrected in mode_of_status.
constexpr std::array kStatuses = {
    StatusRow{300, forwarded, 0},       StatusRow{301, number_changed, 0},
    StatusRow{302, forwarded, 0},       StatusRow{305, forwarded, 0},
    StatusRow{380, forwarded, 0},       StatusRow{400, unavailable, 41},
    StatusRow{401, blocked, 21},        StatusRow{402, blocked, 21},
    StatusRow{403, blocked, 21},        StatusRow{404, bad_address, 1},
    StatusRow{405, incompatible, 63},   StatusRow{406, incompatible, 79},
    StatusRow{407, blocked, 21},        StatusRow{408, unreachable, 102},
    StatusRow{410, number_changed, 22}, StatusRow{413, unavailable, 127},
    StatusRow{414, unavailable, 127},   StatusRow{415, incompatible, 79},
    StatusRow{416, bad_address, 127},   StatusRow{420, incompatible, 127},
    StatusRow{421, incompatible, 127},  StatusRow{423, unavailable, 127},
    StatusRow{433, blocked, 0},         StatusRow{436, blocked, 0},
    StatusRow{437, blocked, 0},         StatusRow{438, blocked, 0},
    StatusRow{470, blocked, 0},         StatusRow{480, unreachable, 18},
    StatusRow{481, unavailable, 41},    StatusRow{482, unreachable, 25},
    StatusRow{483, unreachable, 25},    StatusRow{484, bad_address, 28},
    StatusRow{485, bad_address, 1},     StatusRow{486, busy, 17},
    StatusRow{487, cancelled, 0},       StatusRow{488, incompatible, 0},
    StatusRow{491, unavailable, 0},     StatusRow{493, incompatible, 0},
    StatusRow{494, incompatible, 0},    StatusRow{500, temporary_failure, 41},
    StatusRow{501, incompatible, 79},   StatusRow{502, temporary_failure, 38},
    StatusRow{503, congestion, 41},     StatusRow{504, temporary_failure, 102},
    StatusRow{505, incompatible, 127},  StatusRow{513, incompatible, 127},
    StatusRow{580, qos_unavailable, 0}, StatusRow{600, busy, 17},
    StatusRow{603, reject, 21},         StatusRow{604, bad_address, 1},
    StatusRow{606, incompatible, 0},    StatusRow{607, reject, 21},
    StatusRow{608, blocked, 21},
};
static_assert(std::is_sorted(kStatuses.begin(), kStatuses.end(),
                             [](const StatusRow& a, const StatusRow& b) {
                               return a.status < b.status;
                             }));

const StatusRow* find_status(std::uint16_t status) {
  const auto row =
      std::lower_bound(kStatuses.begin(), kStatuses.end(), status,
                       [](const StatusRow& a, std::uint16_t wanted) { return a.status < wanted; });
  return row != kStatuses.end() && row->status == status ? &*row : nullptr;
}

struct CauseRow {
  std::uint16_t cause;
  DisconnectMode mode;
  std::uint16_t status;  // RFC 3398 7.2.4.1; 0 = it names none
};
constexpr std::array kCauses = {
    CauseRow{1, bad_address, 404},
    CauseRow{2, unreachable, 404},
    CauseRow{3, unreachable, 404},
    CauseRow{16, normal, 0},
    CauseRow{17, busy, 486},
    CauseRow{18, no_answer, 408},
    CauseRow{19, no_answer, 480},
    CauseRow{20, unreachable, 480},
    CauseRow{21, reject, 403},
    CauseRow{22, number_changed, 410},
    CauseRow{23, forwarded, 410},
    CauseRow{26, pickup, 404},
    CauseRow{27, out_of_order, 502},
    CauseRow{28, bad_address, 484},
    CauseRow{29, reject, 501},
    CauseRow{31, normal, 480},
    CauseRow{34, congestion, 503},
    CauseRow{38, temporary_failure, 503},
    CauseRow{41, temporary_failure, 503},
    CauseRow{42, congestion, 503},
    CauseRow{44, congestion, 0},
    CauseRow{47, congestion, 503},
    CauseRow{49, qos_unavailable, 0},
    CauseRow{50, blocked, 0},
    CauseRow{55, blocked, 403},
    CauseRow{57, blocked, 403},
    CauseRow{58, congestion, 503},
    CauseRow{65, incompatible, 488},
    CauseRow{69, incompatible, 0},
    CauseRow{70, incompatible, 488},
    CauseRow{79, incompatible, 501},
    CauseRow{87, blocked, 403},
    CauseRow{88, incompatible, 503},
    CauseRow{102, temporary_failure, 504},
    CauseRow{111, unavailable, 500},
    CauseRow{127, unavailable, 500},
};

const CauseRow* find_cause(std::uint16_t cause) {
  const auto row = std::find_if(kCauses.begin(), kCauses.end(),
                                [&](const CauseRow& r) { return r.cause == cause; });
  return row != kCauses.end() ? &*row : nullptr;
}

/// A cause that says more than a status does. "Normal, unspecified" and "interworking" do not.
bool specific(std::uint16_t cause) {
  return cause != 0 && cause != 16 && cause != 31 && cause != 127 && find_cause(cause) != nullptr;
}

/// TAPI's modes for a call that was up are those whose meaning allows "was disconnected".
DisconnectMode mid_call(DisconnectMode mode) {
  switch (mode) {
    case normal:
    case temporary_failure:
    case qos_unavailable:
    case out_of_order:
    case unknown:
    case unavailable:
      return mode;
    case congestion:
      return temporary_failure;
    case incompatible:
    case blocked:
      return unavailable;
    case pickup:
    case forwarded:
    case reject:
    case busy:
    case no_answer:
    case bad_address:
    case unreachable:
    case no_dialtone:
    case number_changed:
    case do_not_disturb:
    case cancelled:
      return normal;
  }
  return normal;
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return std::tolower(static_cast<unsigned char>(x)) ==
                  std::tolower(static_cast<unsigned char>(y));
         });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Splits at `separator` outside quotes; at most `most` parts, the rest is dropped.
std::vector<std::string_view> split(std::string_view text, char separator, std::size_t most) {
  std::vector<std::string_view> out;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size() && out.size() < most; ++i) {
    if (i == text.size() || (!quoted && text[i] == separator)) {
      out.push_back(trim(text.substr(begin, i - begin)));
      begin = i + 1;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (quoted && text[i] == '\\') {
      ++i;
    }
  }
  return out;
}

std::string unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out.push_back(text[i]);
  }
  return out;
}

/// One word as RFC 3261 section 25.1 allows it.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos;
  });
}

std::string words_of(const usage::Disconnected& end, const std::vector<Reason>& reasons) {
  for (const Reason& reason : reasons)
    if (!reason.text.empty()) return reason.text;
  return end.phrase;
}

DisconnectMode mode_of_end(const usage::Disconnected& end, const Cause& cause, bool alerted) {
  using By = usage::Disconnected::By;
  switch (end.by) {
    case By::response:
      if (specific(cause.q850)) return mode_of_q850(cause.q850);
      return mode_of_status(end.status, {alerted, end.retry_after, end.phrase});
    case By::bye:
      if (cause.q850 != 0) return mid_call(mode_of_q850(cause.q850));
      if (cause.sip_status >= 300) return mid_call(mode_of_status(cause.sip_status, {}));
      return normal;
    case By::cancel:
      if (cause.sip_status == 200 || cause.q850 == 26) return pickup;
      if (specific(cause.q850)) return mode_of_q850(cause.q850);
      if (cause.sip_status == 600 || cause.sip_status == 603) return reject;
      if (cause.sip_status == 408) return no_answer;
      return cancelled;
    case By::no_response:
      return alerted ? no_answer : unreachable;
    case By::transport:
      return unreachable;
    case By::expired:
      return no_answer;
    case By::no_ack:
      return unreachable;
    case By::dialog_lost:
      return temporary_failure;
  }
  return unknown;
}

}  // namespace

std::vector<Reason> parse_reasons(const std::vector<std::string>& values) {
  std::vector<Reason> out;
  for (const std::string& value : values)
    for (std::string_view one : split(value, ',', kReasons)) {
      if (out.size() >= kReasons) return out;
      const std::vector<std::string_view> parts = split(one, ';', 16);
      if (parts.empty() || !is_token(parts.front())) continue;
      Reason reason{std::string(parts.front()), 0, {}};
      bool good = true;
      for (std::size_t i = 1; i < parts.size(); ++i) {
        const std::size_t equal = parts[i].find('=');
        if (equal == std::string_view::npos) continue;
        const std::string_view name = trim(parts[i].substr(0, equal));
        const std::string_view text = trim(parts[i].substr(equal + 1));
        if (same(name, "cause")) {
          unsigned number = 0;
          good = !text.empty() && text.size() <= 3;
          for (char c : text) {
            good = good && c >= '0' && c <= '9';
            number = number * 10 + static_cast<unsigned>(c - '0');
          }
          reason.cause = good ? static_cast<std::uint16_t>(number) : std::uint16_t{0};
        } else if (same(name, "text")) {
          reason.text = unquote(text).substr(0, limits::kWordsBytes);
        }
      }
      if (good) out.push_back(std::move(reason));
    }
  return out;
}

std::string format_reason(const Reason& reason) {
  std::string out = reason.protocol;
  if (reason.cause != 0) out += ";cause=" + std::to_string(reason.cause);
  if (!reason.text.empty()) {
    out += ";text=\"";
    for (char c : reason.text) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) continue;
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
    out += '"';
  }
  return out;
}

std::optional<UserInfo> parse_user_to_user(std::string_view value) {
  const std::vector<std::string_view> values = split(value, ',', 1);
  if (values.empty()) return std::nullopt;
  const std::vector<std::string_view> parts = split(values.front(), ';', 16);
  if (parts.empty() || parts.front().empty()) return std::nullopt;
  bool hex = parts.front().front() != '"';  // the isdn-uui package's default (RFC 7434)
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::size_t equal = parts[i].find('=');
    if (equal == std::string_view::npos || !same(trim(parts[i].substr(0, equal)), "encoding"))
      continue;
    if (!same(trim(parts[i].substr(equal + 1)), "hex")) return std::nullopt;
    hex = true;
  }
  const std::string data = unquote(parts.front());
  if (!hex) {
    if (data.size() > limits::kUserInfoBytes) return std::nullopt;
    return UserInfo(data.begin(), data.end());
  }
  if (data.size() % 2 != 0 || data.size() / 2 > limits::kUserInfoBytes) return std::nullopt;
  UserInfo out;
  out.reserve(data.size() / 2);
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  for (std::size_t i = 0; i < data.size(); i += 2) {
    const int high = digit(data[i]), low = digit(data[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return out;
}

std::string format_user_to_user(const UserInfo& info) {
  if (info.empty()) return {};
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (std::uint8_t byte : info) {
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
  return out.append(";encoding=hex;purpose=isdn-uui;content=isdn-uui");
}

DisconnectMode mode_of_status(std::uint16_t status, const StatusContext& context) {
  if (status == 408) return context.alerted ? no_answer : unreachable;
  if (status == 480) {
    std::string phrase(context.phrase);
    for (char& c : phrase) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (phrase.find("do not disturb") != std::string::npos) return do_not_disturb;
    return context.alerted ? no_answer : unreachable;
  }
  if (status == 503 && context.retry_after) return temporary_failure;
  if (const StatusRow* row = find_status(status)) return row->mode;
  if (status >= 600) return reject;
  if (status >= 500) return temporary_failure;
  if (status >= 400) return unavailable;
  if (status >= 300) return forwarded;
  return unknown;
}

DisconnectMode mode_of_q850(std::uint16_t cause) {
  const CauseRow* row = find_cause(cause);
  return row != nullptr ? row->mode : unavailable;
}

std::uint16_t q850_of_status(std::uint16_t status) {
  const StatusRow* row = find_status(status);
  return row != nullptr ? row->q850 : std::uint16_t{0};
}

std::uint16_t status_of_q850(std::uint16_t cause) {
  const CauseRow* row = find_cause(cause);
  return row != nullptr && row->status != 0 ? row->status : std::uint16_t{500};
}

std::string phrase_of(std::uint16_t status, const std::string& given) {
  if (!given.empty()) return given;
  constexpr std::pair<std::uint16_t, const char*> kUsual[] = {{180, "Ringing"},
                                                              {181, "Call Is Being Forwarded"},
                                                              {182, "Queued"},
                                                              {183, "Session Progress"},
                                                              {200, "OK"},
                                                              {408, "Request Timeout"},
                                                              {487, "Request Terminated"},
                                                              {488, "Not Acceptable Here"},
                                                              {503, "Service Unavailable"}};
  for (const auto& [code, words] : kUsual)
    if (code == status) return words;
  return {};
}

bool ends_dialog(std::uint16_t status) {
  constexpr std::uint16_t kEnding[] = {404, 405, 408, 410, 416, 480, 481, 482,
                                       483, 484, 485, 489, 501, 502, 604};
  return std::binary_search(std::begin(kEnding), std::end(kEnding), status);
}

Cause cause_of(const usage::Disconnected& end, bool alerted) {
  const std::vector<Reason> reasons = parse_reasons(end.reasons);
  Cause cause;
  cause.sip_status = end.status;
  for (const Reason& reason : reasons) {
    if (same(reason.protocol, "Q.850") && cause.q850 == 0) cause.q850 = reason.cause;
    if (same(reason.protocol, "SIP") && cause.sip_status == 0) cause.sip_status = reason.cause;
  }
  cause.mode = mode_of_end(end, cause, alerted);
  cause.words = words_of(end, reasons).substr(0, limits::kWordsBytes);
  if (cause.words.empty()) {
    using By = usage::Disconnected::By;
    if (end.by == By::no_response) cause.words = "no response";
    if (end.by == By::expired) cause.words = "the invitation expired";
    if (end.by == By::no_ack) cause.words = "the answer was never acknowledged";
    if (end.by == By::dialog_lost) cause.words = "the far end does not know the call any more";
  }
  return cause;
}

EndOrigin origin_of(const usage::Disconnected& end) {
  using By = usage::Disconnected::By;
  switch (end.by) {
    case By::response:
    case By::bye:
    case By::cancel:
    case By::expired:
      return EndOrigin::remote_party;
    case By::dialog_lost:
      // What was answered is the far end's word; 408 stands for no answer.
      return end.status == 408 ? EndOrigin::provider : EndOrigin::remote_party;
    case By::no_response:
    case By::transport:
    case By::no_ack:
      break;
  }
  return EndOrigin::provider;
}

usage::Drop drop_of(provider::DropWhy why, std::uint16_t reject_code, bool answered) {
  usage::Drop drop;
  Reason reason{"Q.850", 16, "Normal call clearing"};
  switch (why) {
    case provider::DropWhy::normal:
      drop.status = reject_code;
      break;
    case provider::DropWhy::rejected:
      drop.status = reject_code;
      if (!answered) reason = {"Q.850", 21, "Call rejected"};
      break;
    case provider::DropWhy::no_answer:
      drop.status = 480;
      if (!answered) reason = {"Q.850", 19, "No answer"};
      break;
    case provider::DropWhy::no_owner:
      drop.status = 480;
      if (!answered) reason = {"Q.850", 20, "Nobody there to take the call"};
      break;
    case provider::DropWhy::stopping:
      drop.status = 480;
      reason = {"Q.850", 41, "Service stops"};
      break;
    case provider::DropWhy::length_limit:
      drop.status = 480;
      reason.text = "Length limit reached";
      break;
  }
  drop.reason = format_reason(reason);
  return drop;
}

}  // namespace switchhook::sip::mapping
