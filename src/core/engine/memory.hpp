// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the programs of each user keep in the engine, in bytes: applications, openings, identifiers,
// requests, and sessions. A session counts for each identifier of it, and for the request that makes
// it; one that nobody holds any more counts for the user who held it last, until it is gone. Booked
// when it is taken and when it is returned; the audit counts again. Threads: the engine's.

#include "core/engine/step.hpp"

namespace switchhook::core {

/// With the slots and nodes of the tables that they are in.
inline constexpr std::int64_t kOpeningBytes = sizeof(Opening) + sizeof(LineProgram) + 96;
inline constexpr std::int64_t kIdentifierBytes = sizeof(Identifier) + 16;
inline constexpr std::int64_t kRequestBytes = sizeof(Request) + 16;
inline constexpr std::int64_t kReclaimedBytes = 64;  ///< of one that is remembered

inline void book(App& app, std::int64_t bytes) {
  app.bytes += bytes;
  app.user->bytes += bytes;
}
/// Neither the application nor its user has as much as it may have.
[[nodiscard]] inline bool has_room(const App& app) {
  return app.bytes < app.user->application_max && app.user->bytes < app.user->max;
}
/// Far enough below that for the log to tell it anew.
[[nodiscard]] inline bool has_much_room(const App& app) {
  return app.bytes < app.user->application_max / 8 * 7 && app.user->bytes < app.user->max / 8 * 7;
}
/// The programs of "anna" hold 1024 MiB of the service's memory
[[nodiscard]] std::string words_of_memory(const App& app);

/// The application has attached.
void enter_user(World& world, App& app);
/// It goes, and holds nothing else any more.
void leave_user(World& world, App& app);
void set_limits(User& user, const MemoryLimits& limits);
/// What the application costs beside what it holds.
[[nodiscard]] std::int64_t bytes_of(const App& app);
/// Of them, for a place in the program.
[[nodiscard]] inline std::int64_t bytes_of_site(const std::string& site) {
  return static_cast<std::int64_t>(sizeof(std::string) + 48 + site.size());  // with its node
}

/// What a session costs each who keeps it.
[[nodiscard]] std::uint32_t weight_of(const Session& session);
/// The session has changed: those who keep it are charged for what it costs now.
void weigh(World& world, Session& session);
/// The application keeps the session by an identifier, or a request, of so many bytes.
void keep_session(App& app, Session& session, std::int64_t bytes);
/// It does not any more.
void leave_session(App& app, Session& session, std::int64_t bytes);
/// The session goes.
void forget_weight(World& world, Session& session);

/// Adds what is booked otherwise than it is found.
void audit_memory(const World& world, std::vector<std::string>& findings);

}  // namespace switchhook::core
