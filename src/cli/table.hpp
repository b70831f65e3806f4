// SPDX-License-Identifier: Apache-2.0
#pragma once

// Lists as all commands write them: a table for people, with a heading and aligned columns, or CSV
// (RFC 4180) for programs. JSON is written by the commands, one object for each entry.
// Threads: plain values.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "switchhook/csv.hpp"
#include "switchhook/switchhook.hpp"

namespace switchhook::cli {

enum class Format : std::uint8_t { table, csv, json };

/// Only where standard output is a terminal that knows colours, and NO_COLOR is not set.
enum class Colour : std::uint8_t { none, good, waiting, over };

/// One value: for people, and in CSV.
struct Cell {
  /// A text, perhaps from outside; "-" for people when there is none.
  Cell(std::string text, Colour with = Colour::none);       // NOLINT: implicit
  Cell(std::string_view text) : Cell(std::string(text)) {}  // NOLINT: implicit
  Cell(const char* text) : Cell(std::string(text)) {}       // NOLINT: implicit
  static Cell number(std::uint64_t number);
  static Cell number(std::int64_t number);
  /// A point in time, local, with its offset.
  static Cell time(std::chrono::microseconds wall);
  /// How long: "3 min 20 s", in CSV seconds.
  static Cell span(std::chrono::nanoseconds span);
  static Cell state(CallState state);

  std::string shown, plain;
  Colour colour = Colour::none;
  bool right = false;  ///< numbers stand under each other

 private:
  Cell() = default;
};

class List {
 public:
  /// @param columns  their names in CSV; in a table in capitals
  /// @param none     what is said for people when the list is empty
  List(Format format, std::vector<std::string> columns, std::string none)
      : format_(format), columns_(std::move(columns)), none_(std::move(none)) {}

  [[nodiscard]] Format format() const { return format_; }
  /// As many cells as columns. CSV is written at once.
  void add(std::vector<Cell> cells);
  /// Writes the table; of an empty one in CSV the heading.
  void end();

 private:
  void begin_csv();

  const Format format_;
  const std::vector<std::string> columns_;
  const std::string none_;
  std::vector<std::vector<Cell>> rows_;
  bool begun_ = false;
};

/// How many columns of a terminal the text takes: combining characters none, wide ones two.
[[nodiscard]] std::size_t display_width(std::string_view utf8);
/// The text in that colour, when colours are wanted.
[[nodiscard]] std::string coloured(const std::string& text, Colour colour);
/// The text in bold, when colours are wanted.
[[nodiscard]] std::string bold(const std::string& text);
/// On a terminal: what was written before is taken off the screen, for lists that are repeated.
void clear_screen();

}  // namespace switchhook::cli
