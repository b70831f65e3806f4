// SPDX-License-Identifier: Apache-2.0
#include "providers/exchange/plan.hpp"

#include <set>
#include <string_view>

namespace switchhook::exchange {

std::vector<Extension> Config::default_extensions() {
  using std::chrono::seconds;
  return {{"200", Behaviour::answers, {}},
          {"201", Behaviour::rings, {}},
          {"202", Behaviour::busy, {}},
          {"203", Behaviour::rejects, {}},
          {"204", Behaviour::hangs_up, seconds(1)},
          {"205", Behaviour::answers, seconds(1)},
          {"206", Behaviour::out_of_order, {}},
          {"207", Behaviour::echoes, {}}};
}

std::string dialable(const std::string& address) {
  constexpr std::string_view kIgnored = " -.()/";
  constexpr std::string_view kSigns = "0123456789*#";
  constexpr std::size_t kLongest = 32;
  std::string number;
  for (const char sign : address) {
    if (kIgnored.find(sign) != std::string_view::npos) continue;
    if (kSigns.find(sign) == std::string_view::npos || number.size() == kLongest) return {};
    number.push_back(sign);
  }
  return number;
}

Result<void> Config::validate() const {
  std::set<std::string> seen;
  const auto check = [&](const std::string& number) -> Result<void> {
    if (number.empty() || dialable(number) != number)
      return Error{Errc::invalid_argument, "exchange: \"" + number + "\" is not a number"};
    if (!seen.insert(number).second)
      return Error{Errc::invalid_argument, "exchange: the number " + number + " is given twice"};
    return {};
  };
  for (const std::string& line : lines)
    if (Result<void> good = check(line); !good) return good;
  for (const Extension& extension : extensions) {
    if (Result<void> good = check(extension.number); !good) return good;
    if (extension.delay.count() < 0)
      return Error{Errc::invalid_argument,
                   "exchange: extension " + extension.number + " has a delay below zero"};
  }
  return {};
}

}  // namespace switchhook::exchange
