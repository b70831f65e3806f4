// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a record is among those that are asked for; the same answer from memory and from the
// store. Threads: any; pure.

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "api/messages.hpp"

namespace switchhook::api {

/// Whether `text` has `part` in it, whatever the case of its letters.
[[nodiscard]] inline bool has_part(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  return part.empty() ||
         std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

/// All that the query says of one record; not its place among them, nor who may see it.
[[nodiscard]] inline bool matches(const RecordQuery& query, const Record& record) {
  const std::chrono::microseconds ended =
      record.end ? record.end->at.wall : std::chrono::microseconds{0};
  const Parties& parties = record.parties;
  const auto has_party = [&query](const Party& party) {
    return has_part(party.address, query.party) || has_part(party.name, query.party);
  };
  return (query.session == 0 || record.session == query.session) &&
         (query.line.empty() || record.line == query.line) &&
         (query.provider.empty() || record.provider == query.provider) &&
         (query.application.empty() || record.application == query.application) &&
         (!query.origin || (record.end && record.end->origin == *query.origin)) &&
         ended >= query.since_wall && (query.until_wall.count() == 0 || ended < query.until_wall) &&
         (has_party(parties.calling) || has_party(parties.called) || has_party(parties.connected) ||
          has_party(parties.redirecting) || has_party(parties.redirection));
}

}  // namespace switchhook::api
