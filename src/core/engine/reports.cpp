// SPDX-License-Identifier: Apache-2.0
#include "core/engine/reports.hpp"

#include <algorithm>
#include <utility>

#include "api/record_filter.hpp"
#include "base/limits.hpp"
#include "core/engine/access.hpp"
#include "core/engine/holders.hpp"
#include "core/rules.hpp"

namespace switchhook::core {
namespace {

std::size_t page_size(std::uint32_t limit) {
  return limit == 0 ? limits::kListEntries : std::min<std::size_t>(limit, limits::kListEntries);
}

}  // namespace

void command(Step& step, const Ask& ask, api::GetCall& what) {
  const Identifier* identifier =
      permitted(step, ask, what.call, SessionInput::ask_information, false);
  if (identifier == nullptr) return;
  const Session& session = *identifier->session;
  const Privilege privilege = privilege_of(*identifier);
  const std::uint32_t without = session.line->info.digit_modes == 0
                                    ? api::feature::kSendDigits | api::feature::kMonitorDigits
                                    : 0;
  step.done(ask, api::CallSnapshot{.call = identifier->id,
                                   .open = identifier->opening->id,
                                   .line = session.line->info.id,
                                   .record = record_of(session),
                                   .privilege = privilege,
                                   .features = features_of(session, privilege) & ~without,
                                   .owners = session.owners,
                                   .monitors = session.monitors,
                                   .monitored_digits = identifier->digit_modes,
                                   .state_entered = session.timeline.back().at});
}

void command(Step& step, const Ask& ask, api::ListSessions& what) {
  const std::size_t size = page_size(what.limit);
  const auto shown = [&](const Session& session) {
    return reach_of(ask.app.info->role, tie_of(session, ask.app, false)) != Reach::nothing ||
           identifier_in(step, session, ask.app) != nullptr;
  };
  api::RecordPage page;
  step.world.sessions.for_each_after(what.after, [&](const Session& session) {
    const bool wanted = session.state == CallState::idle ? session.held() : session.announced;
    if (!wanted || !shown(session)) return true;
    if (page.records.size() == size) {
      page.more = true;
      return false;
    }
    page.records.push_back(record_of(session));
    return true;
  });
  step.done(ask, std::move(page));
}

void command(Step& step, const Ask& ask, api::RecordQuery& what) {
  const std::size_t size = page_size(what.limit);
  const std::size_t count = step.world.remembered.size();
  // Once the ring is full, step.world.remembered_next is the oldest; before that, 0 is.
  const std::size_t oldest = count == limits::kRecordsRemembered ? step.world.remembered_next : 0;
  const auto at = [&](std::size_t i) -> const Remembered& {
    const std::size_t position = what.newest_first ? count - 1 - i : i;
    return step.world.remembered[(oldest + position) % count];
  };
  std::size_t i = 0;
  if (what.after_session != 0) {
    while (i < count && at(i).id.value != what.after_session) ++i;
    if (i == count)
      return step.fail(ask, Errc::not_found, "the session to go on from is not remembered");
    ++i;
  }
  api::RecordPage page;
  for (; i < count; ++i) {
    const Session& session = at(i).session ? *at(i).session : *step.world.sessions.find(at(i).id);
    const auto mine = [&](const Holder& holder) { return same_user(*holder.who, *ask.app.info); };
    if (!sees_all(ask.app.info->role) &&
        std::none_of(session.holders.begin(), session.holders.end(), mine))
      continue;
    Record record = record_of(session);
    if (!api::matches(what, record)) continue;
    if (page.records.size() == size) {
      page.more = true;
      break;
    }
    page.records.push_back(std::move(record));
  }
  step.done(ask, std::move(page));
}

void command(Step& step, const Ask& ask, api::GetServiceStatus&) {
  api::ServiceStatus status;
  status.up =
      std::chrono::duration_cast<std::chrono::seconds>(step.now.monotonic - *step.world.started);
  status.applications = step.world.attached;
  for (const Line& line : step.world.lines) {
    if (!line.info.removed) ++status.lines;
    status.sessions_live += line.calls;
  }
  step.world.sessions.for_each([&status](api::SessionId, const Session& session) {
    if (session.state == CallState::idle && session.held()) ++status.sessions_held;
  });
  status.sessions_total = step.world.sessions_total;
  status.records_written = step.world.records;
  status.late_events = step.world.late;
  status.ends = step.world.end_times;
  step.done(ask, std::move(status));
}

Counts counts(const World& world) {
  Counts out;
  world.sessions.for_each([&out](api::SessionId, const Session& session) {
    const bool there = session.state == CallState::idle ? session.held() : session.announced;
    if (there) ++out.sessions[static_cast<std::size_t>(session.state)];
  });
  out.ended = world.ended;
  out.ends = world.end_times;
  out.acknowledged = world.acknowledged;
  out.sessions_total = world.sessions_total;
  out.records = world.records;
  out.late_events = world.late;
  out.applications = world.attached;
  world.apps.for_each([&out](api::AppId, const App& app) {
    if (app.info != nullptr && app.leaks_count != 0)
      out.unreleased[app.info->name] += app.leaks_count;
  });
  for (const Line& line : world.lines) {
    if (line.info.removed) continue;
    Counts::Lines& of = out.lines[line.info.provider];
    ++of.there;
    if (line.info.in_service) ++of.in_service;
  }
  return out;
}

}  // namespace switchhook::core
