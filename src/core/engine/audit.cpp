// SPDX-License-Identifier: Apache-2.0
#include "core/engine/audit.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/limits.hpp"
#include "core/engine/access.hpp"
#include "core/engine/memory.hpp"
#include "core/engine/requests.hpp"
#include "core/engine/timers.hpp"

namespace switchhook::core {
namespace {

/// Counts everything again by walking the tables, by another way than it was booked.
void audit_itself(Step& step, api::AuditReport& report) {
  std::int64_t identifiers = 0, requests = 0, timers = 0, sessions = 0, calls = 0;
  step.world.openings.for_each([&](api::OpenId, const Opening& opening) {
    identifiers += static_cast<std::int64_t>(opening.identifiers.count());
  });
  std::vector<std::string> overdue;
  std::int64_t held = 0;
  std::map<api::AppId, std::size_t> emergencies;
  step.world.sessions.for_each([&](api::SessionId, const Session& session) {
    ++sessions;
    held += session.owners + session.monitors;
    requests += static_cast<std::int64_t>(session.requests.count());
    if (!session.returned) ++calls;
    if (session.emergency && session.extras) ++emergencies[session.extras->emergency_of];
    timers += (session.answer_timer != 0) + (session.length_timer != 0) +
              (transfer_under_way(session) != nullptr);
    if (session.extras != nullptr)
      timers += step.world.timers.find(TimerHandle{session.extras->kept_timer}) != nullptr;
    if (session.returned || !(session.overdue || session.drop_overdue)) return;
    if (overdue.size() < limits::kListEntries)
      overdue.push_back(
          "provider " + session.line->provider->name + ": session " +
          std::to_string(session.id.value) +
          (session.overdue ? " was not returned in time" : ": the drop was not answered in time"));
  });
  step.world.apps.for_each([&](api::AppId, const App& app) {
    timers += app.leak_timer != 0;
    if (app.emergencies != emergencies[app.id] || app.emergencies > limits::kEmergencyCalls)
      report.findings.push_back("engine: emergency calls of \"" + app.info->name + "\": booked " +
                                std::to_string(app.emergencies) + ", found " +
                                std::to_string(emergencies[app.id]));
  });
  timers += step.world.answer_timer + step.world.linger_timer;
  const auto line = [&](Resource resource, std::int64_t found) {
    const std::int64_t booked = step.world.ledger.booked(resource);
    report.lines.push_back({resource, "engine", booked, found});
    if (booked != found)
      report.findings.push_back("engine: " + std::string(to_string(resource)) + ": booked " +
                                std::to_string(booked) + ", found " + std::to_string(found));
  };
  line(Resource::identifiers, identifiers);
  line(Resource::sessions, sessions);
  line(Resource::requests, requests);
  line(Resource::engine_timers, timers);
  line(Resource::provider_calls, calls);
  if (held != identifiers)
    report.findings.push_back("engine: sessions know of " + std::to_string(held) +
                              " holders, openings of " + std::to_string(identifiers));
  audit_memory(step.world, report.findings);
  std::move(overdue.begin(), overdue.end(), std::back_inserter(report.findings));
}

}  // namespace

void command(Step& step, const Ask& ask, api::RunAudit&) {
  if (!sees_all(ask.app.info->role))  // it tells of everybody's calls, and asks all providers
    return step.fail(ask, Errc::denied, "an audit is for observers and operators");
  const std::uint64_t token = ++step.world.audits_total;
  Audit& audit = step.world.audits[token];
  audit.app = ask.app.id;
  audit.number = ask.number;
  if (make_up_for_timers(step))
    audit.report.findings.push_back("engine: a timer did not come; what it was for is done now");
  for (auto& [id, provider] : step.world.providers) {
    if (provider.gone) continue;
    audit.waiting.push_back({id, provider.calls_made, provider.calls_closed});
    step.to_provider(provider, provider::ReportLedger{token});
  }
  if (audit.waiting.empty()) return conclude(step, token);
  audit.timer = TimerHandle{set_timer(step, {Timer::Kind::audit, {}, token}, limits::kAuditAnswer)};
}

void report(Step& step, Provider& from, provider::LedgerReport& what) {
  const auto found = step.world.audits.find(what.token);
  if (found == step.world.audits.end()) return;  // its time was up, or who asked is gone
  Audit& audit = found->second;
  const auto wait = std::find_if(audit.waiting.begin(), audit.waiting.end(),
                                 [&](const Audit::Wait& each) { return each.provider == from.id; });
  if (wait == audit.waiting.end()) {
    ++step.world.late;
    return;
  }
  constexpr Resource kKept[] = {Resource::provider_calls, Resource::dialogs,
                                Resource::transactions,   Resource::rtp_ports,
                                Resource::descriptors,    Resource::provider_timers};
  for (const Resource resource : kKept) {
    const std::size_t i = static_cast<std::size_t>(resource);
    audit.report.lines.push_back({resource, from.name, what.booked[i], what.found[i]});
    if (what.booked[i] != what.found[i])
      audit.report.findings.push_back(
          "provider " + from.name + ": " + std::string(to_string(resource)) + ": booked " +
          std::to_string(what.booked[i]) + ", found " + std::to_string(what.found[i]));
  }
  // The provider has seen every command up to the question, and the engine every event up to the
  // answer. Calls made in between are not in its books yet; calls it has returned may stay in them
  // until it is told to close them.
  const auto made = static_cast<std::int64_t>(from.calls_made - wait->calls_made);
  const auto closed = static_cast<std::int64_t>(from.calls_closed - wait->calls_closed);
  const std::int64_t least = std::max<std::int64_t>(0, from.calls_open - made);
  const std::int64_t most = from.calls_open + from.calls_returned + closed;
  const std::int64_t theirs = what.booked[static_cast<std::size_t>(Resource::provider_calls)];
  if (theirs < least || theirs > most)
    audit.report.findings.push_back("provider " + from.name + ": it has " + std::to_string(theirs) +
                                    " calls, the engine knows of " +
                                    std::to_string(from.calls_open));
  if (what.refusals) audit.report.refusals = std::move(what.refusals);
  audit.waiting.erase(wait);
  if (audit.waiting.empty()) conclude(step, what.token);
}

void not_reporting(Step& step, const Provider& provider, const char* why) {
  std::vector<std::uint64_t> complete;
  for (auto& [token, audit] : step.world.audits) {
    const auto is = [&](const Audit::Wait& wait) { return wait.provider == provider.id; };
    if (std::erase_if(audit.waiting, is) == 0) continue;
    audit.report.findings.push_back("provider " + provider.name + ": " + why);
    if (audit.waiting.empty()) complete.push_back(token);
  }
  for (const std::uint64_t token : complete) conclude(step, token);
}

void conclude(Step& step, std::uint64_t token) {
  auto node = step.world.audits.extract(token);
  Audit& audit = node.mapped();
  clear_timer(step, audit.timer.value);
  audit_itself(step, audit.report);
  *step.reply(audit.app, audit.number).result = std::move(audit.report);
}

std::size_t unrecorded(const World& world) {
  std::size_t count = 0;
  world.sessions.for_each([&](api::SessionId, const Session& session) {
    if (!session.recorded && !session.make_failed) ++count;
  });
  return count;
}

}  // namespace switchhook::core
