// SPDX-License-Identifier: Apache-2.0
#include "cli/table.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>

#include <unistd.h>

#include "cli/output.hpp"

namespace switchhook::cli {

namespace {

bool on_terminal() {
  static const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  return terminal;
}

bool wants_colours() {
  static const bool wanted = [] {
    const char* no = std::getenv("NO_COLOR");
    const char* kind = std::getenv("TERM");
    return on_terminal() && (no == nullptr || *no == '\0') && kind != nullptr &&
           std::string_view(kind) != "dumb";
  }();
  return wanted;
}

std::string painted(const std::string& text, const char* code) {
  return wants_colours() ? std::string("\033[") + code + "m" + text + "\033[0m" : text;
}

std::string heading(std::string name) {
  for (char& c : name)
    c = c == '_' ? ' ' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

struct Range {
  char32_t first, last;
};
constexpr Range kNone[] = {{0x0300, 0x036f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}};
constexpr Range kWide[] = {{0x1100, 0x115f}, {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},
                           {0xf900, 0xfaff}, {0xfe30, 0xfe6f},   {0xff00, 0xff60},
                           {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};

template <std::size_t N>
bool is_in(const Range (&ranges)[N], char32_t c) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [c](const Range& range) { return c >= range.first && c <= range.last; });
}

}  // namespace

Cell::Cell(std::string text, Colour with)
    : shown(text.empty() ? "-" : cli::shown(text)), plain(std::move(text)), colour(with) {}

Cell Cell::number(std::uint64_t number) {
  Cell cell(std::to_string(number));
  cell.right = true;
  return cell;
}

Cell Cell::number(std::int64_t number) {
  Cell cell(std::to_string(number));
  cell.right = true;
  return cell;
}

Cell Cell::time(std::chrono::microseconds wall) {
  Cell cell;
  cell.shown = wall_text(wall);
  cell.plain = wall.count() == 0 ? "" : exact_wall_text(wall);
  return cell;
}

Cell Cell::span(std::chrono::nanoseconds span) {
  Cell cell;
  cell.shown = span_text(span);
  cell.plain = seconds_text(span);
  cell.right = true;
  return cell;
}

Cell Cell::state(CallState state) {
  Colour colour = Colour::waiting;
  if (state == CallState::connected || state == CallState::conferenced) colour = Colour::good;
  if (state == CallState::disconnected || state == CallState::idle) colour = Colour::over;
  return Cell(std::string(to_string(state)), colour);
}

void List::begin_csv() {
  if (!std::exchange(begun_, true)) print_line(csv_line(columns_));
}

void List::add(std::vector<Cell> cells) {
  if (format_ == Format::table) {
    rows_.push_back(std::move(cells));
  } else if (format_ == Format::csv) {
    begin_csv();
    std::vector<std::string> values;
    for (Cell& cell : cells) values.push_back(std::move(cell.plain));
    print_line(csv_line(values));
  }
}

void List::end() {
  if (format_ == Format::csv) begin_csv();
  if (format_ != Format::table) return;
  if (rows_.empty()) return print_line(none_);
  std::vector<std::size_t> widths;
  std::vector<bool> right;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = columns_[i].size();
    for (const auto& row : rows_) width = std::max(width, display_width(row[i].shown));
    widths.push_back(width);
    right.push_back(rows_.front()[i].right);
  }
  const auto put = [&](std::string& line, std::size_t i, const std::string& painted_text,
                       std::size_t width) {
    const std::string space(widths[i] - width, ' ');
    if (i != 0) line += "  ";
    if (right[i]) line += space;
    line += painted_text;
    if (!right[i] && i + 1 < columns_.size()) line += space;
  };
  std::string line;
  for (std::size_t i = 0; i < columns_.size(); ++i)
    put(line, i, bold(heading(columns_[i])), columns_[i].size());
  print_line(line);
  for (const auto& row : rows_) {
    line.clear();
    for (std::size_t i = 0; i < row.size(); ++i)
      put(line, i, coloured(row[i].shown, row[i].colour), display_width(row[i].shown));
    print_line(line);
  }
  rows_.clear();
}

std::size_t display_width(std::string_view utf8) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto first = static_cast<unsigned char>(utf8[i++]);
    char32_t c = first < 0x80   ? first
                 : first < 0xe0 ? first & 0x1f
                 : first < 0xf0 ? first & 0xf
                                : first & 7;
    while (i < utf8.size() && (static_cast<unsigned char>(utf8[i]) & 0xc0) == 0x80)
      c = (c << 6 | (static_cast<unsigned char>(utf8[i++]) & 0x3f)) & 0x1fffff;
    width += is_in(kNone, c) ? 0 : is_in(kWide, c) ? 2 : 1;
  }
  return width;
}

std::string coloured(const std::string& text, Colour colour) {
  switch (colour) {
    case Colour::none:
      return text;
    case Colour::good:
      return painted(text, "32");
    case Colour::waiting:
      return painted(text, "33");
    case Colour::over:
      return painted(text, "2");
  }
  return text;
}

std::string bold(const std::string& text) {
  return painted(text, "1");
}

void clear_screen() {
  if (wants_colours()) print_text("\033[H\033[2J");
}

}  // namespace switchhook::cli
