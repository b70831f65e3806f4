// SPDX-License-Identifier: Apache-2.0
#include "core/engine/access.hpp"

#include <algorithm>

#include "core/engine/holders.hpp"

namespace switchhook::core {
namespace {

bool belongs_to_somebody(const Session& session) {
  return std::any_of(session.holders.begin(), session.holders.end(),
                     [](const Holder& each) { return each.claims; });
}

bool contains(const std::vector<std::uint32_t>& all, std::uint32_t one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

Reach reach_of(const Session& session, const Opening& opening) {
  const App& app = *opening.app;
  if (may_reclaim(app.info->role)) return Reach::control;  // whatever the tie
  return reach_of(app.info->role, tie_of(session, app, opening.has(Privilege::owner)));
}

}  // namespace

bool same_user(const api::ApplicationInfo& a, const api::ApplicationInfo& b) {
  if (a.uid != api::kNoUser && b.uid != api::kNoUser) return a.uid == b.uid;
  return a.user == b.user;
}

bool names(const LineUsers& users, const api::ApplicationInfo& who) {
  return contains(users.users, who.uid) ||
         std::any_of(who.groups.begin(), who.groups.end(),
                     [&](std::uint32_t group) { return contains(users.groups, group); });
}

Tie tie_of(const Session& session, const App& app, bool as_owner) {
  for (const Holder& holder : session.holders)
    if (holder.claims && same_user(*holder.who, *app.info)) return Tie::own;
  const LineUsers& users = session.line->users;
  if (!users.nobody()) return names(users, *app.info) ? Tie::named : Tie::none;
  return as_owner && !belongs_to_somebody(session) ? Tie::offered : Tie::none;
}

bool may_see(const Session& session, const Opening& opening) {
  return reach_of(session, opening) != Reach::nothing;
}

bool may_control(const Session& session, const Opening& opening) {
  return reach_of(session, opening) == Reach::control;
}

const char* line_refused(const App& app, const Line& line, std::uint8_t privileges) {
  if (line.users.nobody() || names(line.users, *app.info)) return nullptr;
  switch (reach_of(app.info->role, Tie::none)) {
    case Reach::control:
      return nullptr;
    case Reach::see:
      return privileges == static_cast<std::uint8_t>(Privilege::monitor)
                 ? nullptr
                 : "the line is others'; it may only be monitored";
    case Reach::nothing:
      break;
  }
  return "the line is others'";
}

void claim(Session& session, api::CallId call) {
  if (belongs_to_somebody(session)) return;
  Holder* holder = session.holder(call);
  SWITCHHOOK_ASSERT(holder != nullptr);
  holder->claims = true;
}

void unclaim(Session& session) {
  if (session.answered || session.direction == Direction::outgoing) return;
  for (Holder& each : session.holders) each.claims = false;
}

void settle_claim(Step& step, Session& session) {
  if (!belongs_to_somebody(session))
    for (Holder& each : session.holders)
      each.claims = each.call && each.privilege == Privilege::owner;
  if (!belongs_to_somebody(session)) return;
  std::vector<api::CallId> strangers;
  for (const Holder& each : session.holders) {
    if (!each.call) continue;
    const Identifier& identifier = *step.world.identifiers.find(each.call);
    if (!may_see(session, *identifier.opening)) strangers.push_back(each.call);
  }
  for (const api::CallId call : strangers) reclaim(step, *step.world.identifiers.find(call));
}

void note_who_ends(Session& session, Holder& holder) {
  if (session.end_pending || session.over) return;
  for (Holder& each : session.holders) each.ended_it = false;
  holder.ended_it = true;
}

void note_who_ends(Session& session, const std::shared_ptr<const api::ApplicationInfo>& who) {
  for (Holder& each : session.holders)
    if (each.who == who) return note_who_ends(session, each);
}

}  // namespace switchhook::core
