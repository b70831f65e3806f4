// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <mutex>

#include "cli/json.hpp"

namespace switchhook::cli {

int exit_code(Errc code) {
  switch (code) {
#define SWITCHHOOK_ERROR(name, number, exit_code, lineerr, hresult, words) \
  case Errc::name:                                                         \
    return exit_code;
#include "switchhook/errors.def"
#undef SWITCHHOOK_ERROR
  }
  return 1;
}

int exit_code(const Record& record) {
  if (!record.end) return exit_code(Errc::failed);
  const bool connected =
      std::any_of(record.timeline.begin(), record.timeline.end(),
                  [](const TimelineEntry& step) { return step.state == CallState::connected; });
  switch (record.end->cause.mode) {
    case DisconnectMode::normal:
      return connected ? 0 : 39;
    case DisconnectMode::busy:
      return 20;
    case DisconnectMode::no_answer:
      return 21;
    case DisconnectMode::reject:
      return 22;
    case DisconnectMode::bad_address:
      return 23;
    case DisconnectMode::unreachable:
      return 24;
    case DisconnectMode::congestion:
      return 25;
    case DisconnectMode::incompatible:
      return 26;
    case DisconnectMode::unavailable:
      return 27;
    case DisconnectMode::out_of_order:
      return 28;
    case DisconnectMode::temporary_failure:
      return 29;
    case DisconnectMode::number_changed:
      return 30;
    case DisconnectMode::do_not_disturb:
      return 31;
    case DisconnectMode::blocked:
      return 32;
    case DisconnectMode::qos_unavailable:
      return 33;
    case DisconnectMode::no_dialtone:
      return 34;
    case DisconnectMode::forwarded:
      return 35;
    case DisconnectMode::pickup:
      return 36;
    case DisconnectMode::cancelled:
      return 37;
    case DisconnectMode::unknown:
      return 38;
  }
  return exit_code(Errc::failed);
}

void print_line(std::string_view line) {
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  std::fwrite(line.data(), 1, line.size(), stdout);
  if (!line.ends_with('\n')) std::fputc('\n', stdout);
  std::fflush(stdout);
}

int report(const Error& error, bool json) {
  if (json) print_line(JsonObject().add("event", "error").raw("error", json_of(error)).text());
  std::fprintf(stderr, "switchhook: %s\n", shown(error.text()).c_str());
  return exit_code(error.code);
}

std::string shown(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return out;
}

void print_table(const std::vector<std::vector<std::string>>& rows, std::string_view none) {
  if (rows.size() < 2) {
    print_line(none);
    return;
  }
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
    }
    print_line(line);
  }
}

std::string span_text(std::chrono::nanoseconds span) {
  using namespace std::chrono;
  if (span < minutes(1)) return seconds_text(span) + " s";
  const auto whole = duration_cast<seconds>(span).count();
  if (span < hours(1))
    return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

std::string wall_text(std::chrono::microseconds wall) {
  const auto time = static_cast<std::time_t>(wall / std::chrono::seconds(1));
  std::tm parts{};
  char text[64] = "-";
  if (localtime_r(&time, &parts) != nullptr)
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  return text;
}

std::chrono::nanoseconds since_wall(std::chrono::microseconds wall) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::max<std::chrono::nanoseconds>(now - wall, std::chrono::nanoseconds(0));
}

}  // namespace switchhook::cli
