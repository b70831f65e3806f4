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

std::vector<Config::Mistake> Config::mistakes() const {
  std::vector<Mistake> all;
  std::set<std::string> seen;
  const auto check = [&](bool extension, std::size_t place, const std::string& number) {
    if (number.empty() || dialable(number) != number)
      all.push_back({extension, place, "\"" + number + "\" is not a number"});
    else if (!seen.insert(number).second)
      all.push_back({extension, place, "the number " + number + " is given twice"});
  };
  for (std::size_t i = 0; i < lines.size(); ++i) check(false, i, lines[i]);
  for (std::size_t i = 0; i < extensions.size(); ++i) {
    check(true, i, extensions[i].number);
    if (extensions[i].delay.count() < 0)
      all.push_back({true, i, "extension " + extensions[i].number + " has a delay below zero"});
  }
  return all;
}

Result<void> Config::validate() const {
  const std::vector<Mistake> all = mistakes();
  if (all.empty()) return {};
  return Error{Errc::invalid_argument, "exchange: " + all.front().what};
}

}  // namespace switchhook::exchange
