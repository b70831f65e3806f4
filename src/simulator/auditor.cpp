// SPDX-License-Identifier: Apache-2.0
#include "simulator/auditor.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace switchhook::simulator {
namespace {

std::int64_t found(const api::AuditReport& report, Resource resource) {
  for (const api::LedgerLine& line : report.lines)
    if (line.holder == "engine" && line.resource == resource) return line.found;
  return 0;
}

}  // namespace

Auditor::Auditor(core::EngineHost& host, const base::Clock& clock, Violations& violations)
    : host_(host), clock_(clock), violations_(violations) {
  app_ = host_.attach({.name = "auditor", .user = "simulator", .process = 2}, *this);
}

void Auditor::ask() {
  host_.submit(app_, ++request_, api::ListSessions{});
  asked_ = ++request_;
  host_.submit(app_, asked_, api::RunAudit{});
}

void Auditor::reclaim() {
  host_.submit(app_, ++request_, api::Reclaim{});
}

void Auditor::on_reply(api::Reply reply) {
  if (reply.accepted_only) return;
  if (!reply.result)
    return violations_.report(Invariant::ledgers_are_real,
                              "no audit: " + reply.result.error().text());
  if (std::holds_alternative<api::Reclaimed>(*reply.result)) return;
  if (const auto* page = std::get_if<api::RecordPage>(&*reply.result)) return check(*page);
  answered_ = reply.request;
  report_ = std::get<api::AuditReport>(std::move(*reply.result));
  check(*report_);
}

void Auditor::check(const api::AuditReport& report) {
  for (const api::LedgerLine& line : report.lines)
    if (line.booked != line.found)
      violations_.report(Invariant::ledgers_are_real,
                         line.holder + " has " + std::to_string(line.booked) + " " +
                             std::string(to_string(line.resource)) + " in its ledger and really " +
                             std::to_string(line.found));
  for (const std::string& finding : report.findings)
    if (finding.starts_with("engine: ") && finding.find(": booked ") != std::string::npos)
      violations_.report(Invariant::ledgers_are_real, finding);
  if (report.refusals) {
    std::uint64_t reasons = 0, networks = report.refusals->other_networks;
    for (const RefusalCount& each : report.refusals->reasons) reasons += each.count;
    for (const NetworkRefusals& each : report.refusals->networks) networks += each.count;
    if (reasons != report.refusals->total || networks != report.refusals->total)
      violations_.report(Invariant::ledgers_are_real, "refused calls are counted in several ways");
  }
  if (!report.clean()) return;  // of a provider that just failed, which is half way through its end
  const std::int64_t reasons =
      found(report, Resource::identifiers) + found(report, Resource::provider_calls);
  if (found(report, Resource::sessions) > reasons)
    violations_.report(Invariant::memory_bounded_by_the_living,
                       std::to_string(found(report, Resource::sessions)) + " sessions, and " +
                           std::to_string(reasons) + " reasons to keep one");
}

/// Its last owner released it while it lived: it may go on, but not disconnected, where nobody
/// could clear it.
bool Auditor::was_let_go(const Record& record) const {
  if (record.state == CallState::disconnected) return false;
  return std::any_of(
      record.holders.begin(), record.holders.end(), [this](const HolderRecord& holder) {
        return holder.privilege == Privilege::owner && violations_.was_released(holder);
      });
}

void Auditor::check(const api::RecordPage& page) {
  const auto now = clock_.now().monotonic;
  std::map<std::uint64_t, std::chrono::nanoseconds> unowned;
  for (const Record& record : page.records) {
    if (!lives_unowned(record) || was_let_go(record)) continue;
    const auto known = unowned_since_.find(record.session);
    const auto since = known == unowned_since_.end() ? now : known->second;
    unowned.emplace(record.session, since);
    // One answer of the provider to the drop, and to MakeCall before.
    if (now - since > 2 * limits::kProviderAnswer)
      violations_.report(Invariant::owned_or_ending, "session " + std::to_string(record.session) +
                                                         " lives without an owner, " +
                                                         std::string(to_string(record.state)));
  }
  unowned_since_ = std::move(unowned);
}

void Auditor::check_all_returned(bool promises_broken) {
  if (!report_)
    return violations_.report(Invariant::ledgers_are_real, "no audit was ever answered");
  std::int64_t overdue = 0;
  for (const std::string& finding : report_->findings)
    if (finding.find("was not returned in time") != std::string::npos) ++overdue;
  if (!promises_broken && !report_->findings.empty())
    violations_.report(Invariant::provider_returns_all, report_->findings.front());
  for (const api::LedgerLine& line : report_->lines) {
    const bool may_be_overdue =
        line.holder == "engine" &&
        (line.resource == Resource::sessions || line.resource == Resource::requests ||
         line.resource == Resource::provider_calls);
    const std::int64_t allowed = may_be_overdue ? overdue : 0;
    if (line.found != allowed || line.booked != allowed)
      violations_.report(Invariant::provider_returns_all,
                         "at the end " + line.holder + " still has " + std::to_string(line.found) +
                             " " + std::string(to_string(line.resource)));
  }
}

}  // namespace switchhook::simulator
