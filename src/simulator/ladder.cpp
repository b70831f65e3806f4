// SPDX-License-Identifier: Apache-2.0
#include "simulator/ladder.hpp"

#include <algorithm>

namespace switchhook::simulator {
namespace {

constexpr std::size_t kColumn = 16;

std::string seconds_of(std::chrono::nanoseconds at) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at).count();
  std::string fraction = std::to_string(ms % 1000);
  std::string out =
      std::to_string(ms / 1000) + "." + std::string(3 - fraction.size(), '0') + fraction;
  return std::string(out.size() < 9 ? 9 - out.size() : 0, ' ') + out;
}

}  // namespace

std::vector<std::string> Ladder::cast(std::size_t first) const {
  std::vector<std::string> all;
  for (std::size_t i = first; i < rungs_.size(); ++i)
    for (const std::string* name : {&rungs_[i].from, &rungs_[i].to})
      if (std::find(all.begin(), all.end(), *name) == all.end()) all.push_back(*name);
  return all;
}

std::string Ladder::text(std::size_t most) const {
  const std::size_t first = rungs_.size() > most ? rungs_.size() - most : 0;
  const std::vector<std::string> names = cast(first);
  const auto column = [&](const std::string& name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  std::string out = "          ";
  for (const std::string& name : names) {
    const std::string shown = name.substr(0, kColumn - 2);
    out += shown + std::string(kColumn - shown.size(), ' ');
  }
  out += '\n';
  for (std::size_t i = first; i < rungs_.size(); ++i) {
    const Rung& rung = rungs_[i];
    std::string line(names.size() * kColumn, ' ');
    for (std::size_t c = 0; c < names.size(); ++c) line[c * kColumn] = '|';
    const std::size_t from = column(rung.from) * kColumn, to = column(rung.to) * kColumn;
    const auto [low, high] = std::minmax(from, to);
    for (std::size_t c = low + 1; c < high; ++c) line[c] = '-';
    if (from < to) line[high - 1] = '>';
    if (from > to) line[low + 1] = '<';
    if (from == to) line[from] = '*';
    out += seconds_of(rung.at) + " " + line + " " + rung.what + "\n";
  }
  return out;
}

std::string Ladder::mermaid(std::size_t most) const {
  const std::size_t first = rungs_.size() > most ? rungs_.size() - most : 0;
  std::string out = "sequenceDiagram\n";
  for (const std::string& name : cast(first)) out += "  participant " + name + "\n";
  for (std::size_t i = first; i < rungs_.size(); ++i) {
    const Rung& rung = rungs_[i];
    std::string what = rung.what;
    std::replace(what.begin(), what.end(), ';', ',');
    std::replace(what.begin(), what.end(), '#', '=');
    if (rung.from == rung.to)
      out += "  Note over " + rung.from + ": " + what + "\n";
    else
      out += "  " + rung.from + "->>" + rung.to + ": " + what + "\n";
  }
  return out;
}

}  // namespace switchhook::simulator
