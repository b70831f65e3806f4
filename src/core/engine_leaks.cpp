// SPDX-License-Identifier: Apache-2.0
// The leak ledger: sessions that ended and whose identifiers are still held. Each application has
// a chain of them; limits on their number and age are looked at when a step is done.
#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "core/engine_core.hpp"

namespace switchhook::core {
namespace {

constexpr std::size_t kIdentifierBytes = sizeof(Identifier) + 16;  // and its slot in the table

}  // namespace

// ---- the chain

void EngineCore::leak_begins(Identifier& identifier) {
  App& app = *identifier.opening->app;
  if (Chain<Identifier, OfHolder>::chained(identifier)) return;
  identifier.leaked_at = now_.monotonic;
  app.leaks.push_back(identifier);
  ++app.leaks_count;
  ++leaks_;
  look_at_leaks(app);
}

void EngineCore::leak_ends(Identifier& identifier) {
  if (!Chain<Identifier, OfHolder>::chained(identifier)) return;
  App& app = *identifier.opening->app;
  app.leaks.remove(identifier);
  --app.leaks_count;
  --leaks_;
  look_at_leaks(app);
}

/// Where in the program, as its library says: one text for all that was acquired there.
const std::string* EngineCore::site_of(App& app, const std::string& site) {
  if (site.empty() || site.size() > limits::kSiteBytes) return nullptr;
  const auto known = app.sites.find(site);
  if (known != app.sites.end()) return &*known;
  if (app.sites.size() >= limits::kSites) return nullptr;
  return &*app.sites.insert(site).first;
}

/// The first word counts.
void EngineCore::note_site(Identifier& identifier, const std::string& site) {
  if (identifier.site == nullptr) identifier.site = site_of(*identifier.opening->app, site);
}

// ---- limits

void EngineCore::look_at_leaks(App& app) {
  if (app.leak_limits == nullptr || app.leaving || std::exchange(app.check_leaks, true)) return;
  leaking_.push_back(app.id);
}

bool EngineCore::takes_more(const App& app) {
  if (app.identifiers >= limits::kIdentifiers) return false;
  return !(app.too_many_leaks || app.too_old_leaks) ||
         app.leak_limits->action != LeakAction::refuse_new;
}

void EngineCore::check_leaks(App& app) {
  app.check_leaks = false;
  const LeakLimits& limits = *app.leak_limits;
  const auto too_many = [&] { return limits.count != 0 && app.leaks_count > limits.count; };
  const auto too_old = [&] {
    return limits.age.count() != 0 && !app.leaks.empty() &&
           now_.monotonic - app.leaks.front()->leaked_at >= limits.age;
  };
  const bool many = too_many(), old = too_old();
  if (many && !std::exchange(app.too_many_leaks, many)) leak_limit_reached(app, false);
  if (old && !std::exchange(app.too_old_leaks, old)) leak_limit_reached(app, true);
  if (limits.action == LeakAction::reclaim)
    while (too_many() || too_old()) reclaim(*app.leaks.front());
  app.too_many_leaks = too_many();
  app.too_old_leaks = too_old();
  app.check_leaks = false;
  // A timer set for one that is gone comes early, finds nothing, and is set again.
  const bool wanted = limits.age.count() != 0 && !app.leaks.empty() && !app.too_old_leaks;
  if (!wanted && app.leak_timer != 0) clear_timer(app.leak_timer);
  if (wanted && app.leak_timer == 0)
    app.leak_timer = set_timer({Timer::Kind::leaks, {}, 0, app.id},
                               app.leaks.front()->leaked_at + limits.age - now_.monotonic);
}

void EngineCore::leak_limit_reached(App& app, bool by_age) {
  const Identifier& oldest = *app.leaks.front();
  event(app, api::LeakLimitReached{.held = app.leaks_count,
                                   .oldest = oldest.id,
                                   .ended = oldest.session->end.at,
                                   .by_age = by_age,
                                   .action = app.leak_limits->action});
  put(Notice{words_of_leaks(app) + (by_age ? ": one of them for too long" : ": too many")});
}

/// "dialer" (process 17 of anna) holds 3 ended sessions, the oldest, 5, of line 100, from dial+0x12
std::string EngineCore::words_of_leaks(const App& app) {
  std::string words = "\"" + app.info->name + "\" (process " + std::to_string(app.info->process) +
                      " of " + app.info->user + ") holds " + std::to_string(app.leaks_count) +
                      (app.leaks_count == 1 ? " ended session" : " ended sessions");
  if (app.leaks.empty()) return words;
  const Identifier& oldest = *app.leaks.front();
  words += ", the oldest " + std::to_string(oldest.session->id.value) + " of line " +
           oldest.session->line->info.name;
  if (oldest.site != nullptr) words += ", acquired at " + *oldest.site;
  return words;
}

// ---- the list

void EngineCore::command(const Ask& ask, api::ListLeaks& what) {
  const std::size_t size = what.limit == 0
                               ? limits::kListEntries
                               : std::min<std::size_t>(what.limit, limits::kListEntries);
  const bool all = ask.app.info->operator_rights;
  api::LeakList list;
  list.total = all ? leaks_ : ask.app.leaks_count;
  if (list.total == 0) return done(ask, std::move(list));
  identifiers_.for_each_after(what.after, [&](const Identifier& identifier) {
    const Session& session = *identifier.session;
    const App& app = *identifier.opening->app;
    if (!session.over || (!all && &app != &ask.app)) return true;
    if (list.leaks.size() == size) {
      list.more = true;
      return false;
    }
    const Holder& holder = *identifier.session->holder(identifier.id);
    list.leaks.push_back(
        {.call = identifier.id,
         .session = session.id.value,
         .line = session.line->info.name,
         .application = app.info->name,
         .user = app.info->user,
         .process = app.info->process,
         .privilege = holder.privilege,
         .state = session.state,
         .acquired = holder.acquired,
         .ended = session.end.at,
         .bytes = bytes_of(session) + kIdentifierBytes,
         .client_bytes = app.info->identifier_bytes,
         .provider_bytes = session.returned ? 0 : session.line->provider->call_bytes,
         .connection = app.id,
         .site = identifier.site != nullptr ? *identifier.site : std::string()});
    return true;
  });
  done(ask, std::move(list));
}

}  // namespace switchhook::core
