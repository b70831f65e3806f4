// SPDX-License-Identifier: Apache-2.0
#include "cli/duration.hpp"

#include <cmath>
#include <cstdlib>
#include <string>

namespace switchhook::cli {

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const std::size_t digits = text.find_first_not_of("0123456789.");
  if (digits == 0 || digits == std::string_view::npos || text[0] == '.') return std::nullopt;
  const std::string number(text.substr(0, digits));
  if (number.find('.') != number.rfind('.') || number.back() == '.' || number.size() > 12)
    return std::nullopt;
  const std::string_view unit = text.substr(digits);
  double scale = 0;
  if (unit == "ms") scale = 1;
  if (unit == "s") scale = 1000;
  if (unit == "m") scale = 60 * 1000;
  if (unit == "h") scale = 60 * 60 * 1000;
  if (scale == 0) return std::nullopt;
  const double value = std::round(std::strtod(number.c_str(), nullptr) * scale);
  constexpr double kMax = 1000.0 * 60 * 60 * 1000;
  if (!(value >= 0 && value <= kMax)) return std::nullopt;
  return std::chrono::milliseconds(static_cast<long long>(value));
}

}  // namespace switchhook::cli
