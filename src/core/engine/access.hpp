// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who may do what: the one table of it, and the ties between applications and calls that it is
// asked with. docs/daemon.md shows the table to users. Threads: the engine's.

#include "core/engine/step.hpp"

namespace switchhook::core {

/// What an application has to do with a call, the strongest first.
enum class Tie : std::uint8_t {
  own,      ///< placed or answered by a program of the same user
  named,    ///< on a line whose users or groups name its user
  offered,  ///< nobody's yet, on a line that names nobody and that it opened as an owner
  none,
};
inline constexpr std::size_t kTieCount = 4;

/// How far it reaches.
enum class Reach : std::uint8_t { nothing, see, control };

inline constexpr Reach kReach[api::kRoleCount][kTieCount] = {
    // own            named            offered          none
    {Reach::control, Reach::control, Reach::control, Reach::nothing},  // user
    {Reach::control, Reach::control, Reach::control, Reach::see},      // observer
    {Reach::control, Reach::control, Reach::control, Reach::control},  // operator
};

[[nodiscard]] constexpr Reach reach_of(api::Role role, Tie tie) {
  return kReach[static_cast<std::size_t>(role)][static_cast<std::size_t>(tie)];
}
/// Lists of sessions, leaks and records show everybody's.
[[nodiscard]] constexpr bool sees_all(api::Role role) {
  return reach_of(role, Tie::none) != Reach::nothing;
}
/// Takes identifiers away from others.
[[nodiscard]] constexpr bool may_reclaim(api::Role role) {
  return reach_of(role, Tie::none) == Reach::control;
}

/// Whether two programs run under one account: by its number, or by its name where a number is not
/// known.
[[nodiscard]] bool same_user(const api::ApplicationInfo& a, const api::ApplicationInfo& b);
[[nodiscard]] bool names(const LineUsers& users, const api::ApplicationInfo& who);

/// @param as_owner  it has the line open as an owner
[[nodiscard]] Tie tie_of(const Session& session, const App& app, bool as_owner);
[[nodiscard]] bool may_see(const Session& session, const Opening& opening);
[[nodiscard]] bool may_control(const Session& session, const Opening& opening);
/// Why the application may not open the line like this; null = it may.
[[nodiscard]] const char* line_refused(const App& app, const Line& line, std::uint8_t privileges);

/// From now on the call belongs to the user of this holder, unless it belongs to somebody.
void claim(Session& session, api::CallId holder);
/// It was not answered after all.
void unclaim(Session& session);
/// It is answered: it belongs to somebody, and the identifiers of those who may not see it any more
/// are taken away.
void settle_claim(Step& step, Session& session);

/// The holder is the one who ends the call now, unless somebody was before.
void note_who_ends(Session& session, Holder& holder);
/// The same of an application that held it.
void note_who_ends(Session& session, const std::shared_ptr<const api::ApplicationInfo>& who);

}  // namespace switchhook::core
