// SPDX-License-Identifier: Apache-2.0
#include "api/leak_summary.hpp"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>
#include <utility>

namespace switchhook::api {
namespace {

const char* destination() {
  const char* where = std::getenv("SWITCHHOOK_LEAKS");
  return where == nullptr || *where == '\0' ? nullptr : where;
}

std::string sessions(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " ended session" : " ended sessions");
}

}  // namespace

bool leaks_wanted() {
  return destination() != nullptr;
}

std::string leak_summary(const std::string& when, const std::vector<Unreleased>& unreleased) {
  if (unreleased.empty()) return {};
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  for (const Unreleased& each : unreleased) ++places[{each.site, each.line}];
  std::string text = "switchhook: not released at " + when + ":\n";
  for (const auto& [place, count] : places)
    text += "    " + sessions(count) + " of line " + place.second + ", acquired at " +
            (place.first.empty() ? "a place not known" : place.first) + "\n";
  text += "SUMMARY: switchhook: " + sessions(unreleased.size()) + " not released, from " +
          std::to_string(places.size()) + (places.size() == 1 ? " place\n" : " places\n");
  return text;
}

void report_unreleased(const std::string& when, const std::vector<Unreleased>& unreleased) {
  const char* where = destination();
  if (where == nullptr || unreleased.empty()) return;
  const bool to_stderr = std::string_view(where) == "stderr";
  std::FILE* out = to_stderr ? stderr : std::fopen(where, "a");
  if (out == nullptr) return;
  std::fputs(leak_summary(when, unreleased).c_str(), out);
  if (!to_stderr) std::fclose(out);
}

}  // namespace switchhook::api
