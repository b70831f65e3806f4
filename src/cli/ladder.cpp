// SPDX-License-Identifier: Apache-2.0
#include "cli/ladder.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "cli/output.hpp"
#include "cli/table.hpp"

namespace switchhook::cli {
namespace {

constexpr std::size_t kEnd = 22, kArrow = 44;  // columns
constexpr std::size_t kTime = 15;              // "12:00:01.123456"

/// Up to the end of a line, whichever it is.
std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find_first_of("\r\n"));
}

/// The method in CSeq, which says what a response answers.
std::string_view method_of(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = first_line(text);
    const std::size_t colon = line.find(':');
    const auto same = [](char a, char b) {
      return std::tolower(static_cast<unsigned char>(a)) == b;
    };
    std::string_view name = line.substr(0, colon);
    while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
    constexpr std::string_view kCSeq = "cseq";
    if (colon != std::string_view::npos &&
        std::equal(name.begin(), name.end(), kCSeq.begin(), kCSeq.end(), same))
      return line.substr(line.find_last_of(" \t:") + 1);
    text.remove_prefix(line.size());
    text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
  }
  return {};
}

/// "INVITE sip:bob@example.org", "200 OK (INVITE)"
std::string words_of(const TracedMessage& message) {
  constexpr std::string_view kVersion = "SIP/2.0";
  std::string_view line = first_line(message.text);
  if (line.starts_with(kVersion)) {
    line.remove_prefix(std::min(kVersion.size() + 1, line.size()));
    const std::string_view method = method_of(message.text);
    return shown(line) + (method.empty() ? "" : " (" + shown(method) + ")");
  }
  if (line.ends_with(kVersion)) line.remove_suffix(kVersion.size() + 1);
  return shown(line);
}

std::string padded(std::string text, std::size_t width) {
  const std::size_t has = display_width(text);
  return has < width ? text + std::string(width - has, ' ') : text;
}

std::string arrow(const TracedMessage& message) {
  std::string words = words_of(message);
  constexpr std::size_t kMost = kArrow - 8;
  if (display_width(words) > kMost) {
    while (display_width(words) > kMost - 3) {  // a whole character at a time
      do words.pop_back();
      while (!words.empty() && (static_cast<unsigned char>(words.back()) & 0xc0) == 0x80);
    }
    words += "...";
  }
  const std::size_t rest = kArrow - display_width(words) - 3;
  const std::string before(rest / 2, '-'), after(rest - rest / 2, '-');
  return message.sent ? before + " " + words + " " + after + ">"
                      : "<" + before + " " + words + " " + after;
}

}  // namespace

std::string ladder_heading() {
  return bold(padded("TIME", kTime) + "  " + padded("HERE", kEnd) + "  " +
              padded("MESSAGE", kArrow) + "  " + padded("THERE", kEnd) + "  LINE  SESSION");
}

std::string ladder_text(const TracedMessage& message) {
  const std::string time = exact_wall_text(message.at.wall);  // "2026-01-31T12:00:00.123456+01:00"
  const std::size_t day = time.find('T') + 1;
  const auto dash = [](const std::string& text) { return text.empty() ? "-" : shown(text); };
  const bool udp = message.transport == "udp";
  return time.substr(day, kTime) + "  " + padded(shown(message.local), kEnd) + "  " +
         arrow(message) + "  " +
         padded(shown(message.remote) + (udp ? "" : " " + shown(message.transport)), kEnd) + "  " +
         dash(message.line) + "  " + (message.number == 0 ? "-" : std::to_string(message.number));
}

std::string message_text(const TracedMessage& message) {
  std::string out;
  for (std::string_view text = message.text; !text.empty();) {
    const std::string_view line = first_line(text);
    out += "    " + shown(line) + "\n";
    text.remove_prefix(line.size());
    text.remove_prefix(text.starts_with("\r\n") ? 2 : std::min<std::size_t>(1, text.size()));
  }
  if (message.cut != 0) out += "    (" + std::to_string(message.cut) + " bytes more)\n";
  return out;
}

std::string missed_text(std::uint64_t count) {
  return "(" + std::to_string(count) + (count == 1 ? " message is" : " messages are") +
         " left out: they came too fast)";
}

}  // namespace switchhook::cli
