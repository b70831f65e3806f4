// SPDX-License-Identifier: Apache-2.0
#pragma once

// Text in the JSON of `--describe`. Threads: plain functions.

#include <string>

namespace switchhook::reference {

/// Text as a JSON string, quotes included. The texts are the program's own: ASCII or UTF-8.
[[nodiscard]] inline std::string json_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out + '"';
}

}  // namespace switchhook::reference
