// SPDX-License-Identifier: Apache-2.0
#include "core/engine/leaks.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "core/engine/access.hpp"
#include "core/engine/holders.hpp"
#include "core/engine/memory.hpp"
#include "core/engine/timers.hpp"

namespace switchhook::core {
namespace {

void leak_limit_reached(Step& step, App& app, bool by_age) {
  const Identifier& oldest = *app.leaks.front();
  step.event(app, api::LeakLimitReached{.held = app.leaks_count,
                                        .oldest = oldest.id,
                                        .ended = oldest.session->end.at,
                                        .by_age = by_age,
                                        .action = app.leak_limits->action});
  step.put(Notice{words_of_leaks(app) + (by_age ? ": one of them for too long" : ": too many")});
}

}  // namespace

void leak_begins(Step& step, Identifier& identifier) {
  App& app = *identifier.opening->app;
  if (Chain<Identifier, OfHolder>::chained(identifier)) return;
  identifier.leaked_at = step.now.monotonic;
  app.leaks.push_back(identifier);
  ++app.leaks_count;
  ++step.world.leaks;
  look_at_leaks(step, app);
}

void leak_ends(Step& step, Identifier& identifier) {
  if (!Chain<Identifier, OfHolder>::chained(identifier)) return;
  App& app = *identifier.opening->app;
  app.leaks.remove(identifier);
  --app.leaks_count;
  --step.world.leaks;
  look_at_leaks(step, app);
}

const std::string* site_of(App& app, const std::string& site) {
  if (site.empty() || site.size() > limits::kSiteBytes) return nullptr;
  const auto known = app.sites.find(site);
  if (known != app.sites.end()) return &*known;
  if (app.sites.size() >= limits::kSites) return nullptr;
  book(app, bytes_of_site(site));
  return &*app.sites.insert(site).first;
}

void note_site(Identifier& identifier, const std::string& site) {
  if (identifier.site == nullptr) identifier.site = site_of(*identifier.opening->app, site);
}

void look_at_leaks(Step& step, App& app) {
  if (app.leak_limits == nullptr || app.leaving || std::exchange(app.check_leaks, true)) return;
  step.world.leaking.push_back(app.id);
}

bool takes_more(const App& app) {
  if (app.identifiers >= limits::kIdentifiers || !has_room(app)) return false;
  return !(app.too_many_leaks || app.too_old_leaks) ||
         app.leak_limits->action != LeakAction::refuse_new;
}

std::string why_no_more(const App& app) {
  return has_room(app) ? words_of_leaks(app) : words_of_memory(app);
}

void check_leaks(Step& step, App& app) {
  app.check_leaks = false;
  const LeakLimits& limits = *app.leak_limits;
  const auto too_many = [&] { return limits.count != 0 && app.leaks_count > limits.count; };
  const auto too_old = [&] {
    return limits.age.count() != 0 && !app.leaks.empty() &&
           step.now.monotonic - app.leaks.front()->leaked_at >= limits.age;
  };
  const bool many = too_many(), old = too_old();
  if (many && !std::exchange(app.too_many_leaks, many)) leak_limit_reached(step, app, false);
  if (old && !std::exchange(app.too_old_leaks, old)) leak_limit_reached(step, app, true);
  if (limits.action == LeakAction::reclaim)
    while (too_many() || too_old()) reclaim(step, *app.leaks.front());
  app.too_many_leaks = too_many();
  app.too_old_leaks = too_old();
  app.check_leaks = false;
  // A timer set for one that is gone comes early, finds nothing, and is set again.
  const bool wanted = limits.age.count() != 0 && !app.leaks.empty() && !app.too_old_leaks;
  if (!wanted && app.leak_timer != 0) clear_timer(step, app.leak_timer);
  if (wanted && app.leak_timer == 0)
    app.leak_timer = set_timer(step, {Timer::Kind::leaks, {}, 0, app.id},
                               app.leaks.front()->leaked_at + limits.age - step.now.monotonic);
}

std::string words_of_leaks(const App& app) {
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

void command(Step& step, const Ask& ask, api::ListLeaks& what) {
  const std::size_t size = what.limit == 0
                               ? limits::kListEntries
                               : std::min<std::size_t>(what.limit, limits::kListEntries);
  const bool all = sees_all(ask.app.info->role);
  api::LeakList list;
  const auto shown = [&](const App& app) { return all || same_user(*app.info, *ask.app.info); };
  if (all)
    list.total = step.world.leaks;
  else
    step.world.apps.for_each([&](api::AppId, const App& app) {
      if (app.info != nullptr && shown(app)) list.total += app.leaks_count;
    });
  if (list.total == 0) return step.done(ask, std::move(list));
  step.world.identifiers.for_each_after(what.after, [&](const Identifier& identifier) {
    const Session& session = *identifier.session;
    const App& app = *identifier.opening->app;
    if (!session.over || !shown(app)) return true;
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
         .bytes = bytes_of(session) + std::size_t{kIdentifierBytes},
         .client_bytes = app.info->identifier_bytes,
         .provider_bytes = session.returned ? 0 : session.line->provider->call_bytes,
         .connection = app.id,
         .site = identifier.site != nullptr ? *identifier.site : std::string()});
    return true;
  });
  step.done(ask, std::move(list));
}

}  // namespace switchhook::core
