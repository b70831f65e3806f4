// SPDX-License-Identifier: Apache-2.0
#include "core/engine/memory.hpp"

#include <limits>
#include <map>
#include <utility>

#include "base/limits.hpp"

namespace switchhook::core {
namespace {

/// What an application may trace is named by at most these.
constexpr std::size_t kSessionCost = 128;  // its nodes in tables, and the allocator's
constexpr std::int64_t kApplicationCost =
    sizeof(App) + sizeof(Tracing) + 2 * limits::kNameBytes + sizeof(api::ApplicationInfo) + 128;

UserKey key_of(const api::ApplicationInfo& who) {
  return {who.uid, who.uid == api::kNoUser ? who.user : std::string()};
}

std::int64_t bytes_of(const api::ApplicationInfo& who) {
  return static_cast<std::int64_t>(sizeof(who) + who.name.size() + who.user.size() +
                                   who.groups.size() * sizeof(std::uint32_t));
}

void forget_if_empty(World& world, const User& user) {
  if (user.bytes == 0) world.users.erase(world.users.find(user.key));
}

}  // namespace

void set_limits(User& user, const MemoryLimits& limits) {
  constexpr auto kAny = std::numeric_limits<std::int64_t>::max();
  user.max = limits.user == 0 ? kAny : static_cast<std::int64_t>(limits.user);
  user.application_max =
      limits.application == 0 ? kAny : static_cast<std::int64_t>(limits.application);
}

std::string words_of_memory(const App& app) {
  const bool whole_user = app.user->bytes >= app.user->max;
  const auto bytes = whole_user ? app.user->bytes : app.bytes;
  return (whole_user ? "the programs of \"" + app.info->user : "\"" + app.info->name) + "\" hold " +
         std::to_string(bytes >> 10) + " KiB of the service's memory, as much as they may";
}

void enter_user(World& world, App& app) {
  const UserKey key = key_of(*app.info);
  const auto [place, is_new] = world.users.try_emplace(key);
  app.user = &place->second;
  if (is_new) {
    app.user->key = key;
    set_limits(*app.user, world.policy.memory);
  }
  book(app, bytes_of(app));
}

void leave_user(World& world, App& app) {
  if (app.user == nullptr) return;
  book(app, -bytes_of(app));
  forget_if_empty(world, *app.user);
}

std::int64_t bytes_of(const App& app) {
  std::int64_t bytes = kApplicationCost + bytes_of(*app.info);
  for (const std::string& site : app.sites) bytes += bytes_of_site(site);
  if (app.reclaimed)
    bytes += kReclaimedBytes * static_cast<std::int64_t>(app.reclaimed->order.size());
  return bytes;
}

std::uint32_t weight_of(const Session& session) {
  std::size_t bytes = bytes_of(session) + kSessionCost;
  if (!session.returned) bytes += session.line->provider->call_bytes;
  if (session.holders.size() > std::size_t{session.owners} + session.monitors)
    for (const Holder& holder : session.holders)  // what they were is kept for the record
      if (!holder.call) bytes += static_cast<std::size_t>(bytes_of(*holder.who));
  return static_cast<std::uint32_t>(bytes);
}

void weigh(World& world, Session& session) {
  const std::uint32_t now = weight_of(session);
  if (now == session.weight) return;
  const std::int64_t more = std::int64_t{now} - std::int64_t{session.weight};
  session.weight = now;
  if (session.left_by != nullptr) session.left_by->bytes += more;
  for (const Holder& holder : session.holders)
    if (holder.call) book(*world.identifiers.find(holder.call)->opening->app, more);
  session.requests.for_each([&](Request& request) {
    if (request.kind == RequestKind::make && request.app != nullptr) book(*request.app, more);
  });
}

void keep_session(App& app, Session& session, std::int64_t bytes) {
  if (User* const before = std::exchange(session.left_by, nullptr)) before->bytes -= session.weight;
  book(app, bytes + session.weight);
}

void leave_session(App& app, Session& session, std::int64_t bytes) {
  book(app, -(bytes + session.weight));
  if (session.held()) return;
  session.left_by = app.user;
  app.user->bytes += session.weight;
}

void forget_weight(World& world, Session& session) {
  User* const user = std::exchange(session.left_by, nullptr);
  if (user == nullptr) return;
  user->bytes -= session.weight;
  forget_if_empty(world, *user);
}

void audit_memory(const World& world, std::vector<std::string>& findings) {
  const auto differ = [&findings](const std::string& whose, std::int64_t booked,
                                  std::int64_t found) {
    if (booked != found)
      findings.push_back("engine: memory of " + whose + ": booked " + std::to_string(booked) +
                         ", found " + std::to_string(found));
  };
  std::map<const App*, std::int64_t> of_apps;
  std::map<const User*, std::int64_t> of_users;
  world.apps.for_each([&](api::AppId, const App& app) {
    if (app.info != nullptr) of_apps[&app] = bytes_of(app);
  });
  world.openings.for_each(
      [&](api::OpenId, const Opening& opening) { of_apps[opening.app] += kOpeningBytes; });
  world.identifiers.for_each([&](api::CallId, const Identifier& identifier) {
    of_apps[identifier.opening->app] += kIdentifierBytes + weight_of(*identifier.session);
  });
  world.requests.for_each([&](RequestHandle, const Request& request) {
    if (request.app == nullptr) return;
    of_apps[request.app] += kRequestBytes;
    if (request.kind == RequestKind::make) of_apps[request.app] += weight_of(*request.session);
  });
  world.sessions.for_each([&](api::SessionId, const Session& session) {
    if (session.left_by != nullptr) of_users[session.left_by] += weight_of(session);
  });
  for (const auto& [app, bytes] : of_apps) {
    differ("\"" + app->info->name + "\"", app->bytes, bytes);
    of_users[app->user] += bytes;
  }
  for (const auto& [key, user] : world.users)
    differ("user " + std::to_string(key.first) + " " + key.second, user.bytes, of_users[&user]);
}

}  // namespace switchhook::core
