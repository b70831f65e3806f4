// SPDX-License-Identifier: Apache-2.0
#pragma once

// Records as comma-separated values: what `switchhook records --csv` and `--cdr-csv` print. Control
// characters in what came from outside are escaped as printable() does. Threads: plain functions and
// values, any thread. Ownership: by value. Errors: none.

#include <string>
#include <vector>

#include "switchhook/export.hpp"
#include "switchhook/types.hpp"

namespace switchhook {

/// Which columns are written, and how.
enum class CsvColumns : std::uint8_t {
  all,  ///< all that is known: RFC 4180, with a heading; columns may be added at the end
  cdr_csv,  ///< those of Asterisk's cdr_csv, in its manner: texts in quotes, lines end in LF, no heading
};

/// A line of RFC 4180, CR LF included. A text that a spreadsheet would take for a formula gets an
/// apostrophe in front. Threads: any.
[[nodiscard]] SWITCHHOOK_EXPORT std::string csv_line(const std::vector<std::string>& values);

/// The line of names; empty where there is none. Threads: any.
[[nodiscard]] SWITCHHOOK_EXPORT std::string csv_heading(CsvColumns columns = CsvColumns::all);

/// The record as one line, its end included. Threads: any.
[[nodiscard]] SWITCHHOOK_EXPORT std::string to_csv(const Record& record,
                                                   CsvColumns columns = CsvColumns::all);

}  // namespace switchhook
