// SPDX-License-Identifier: Apache-2.0
#include "switchhook/operator.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "cxx/hub.hpp"

namespace switchhook {

namespace {

constexpr auto kPage = static_cast<std::uint32_t>(limits::kListEntries);
constexpr std::uint32_t kRecordsAtOnce = 100000;

Error empty() {
  return Error{Errc::stale_application, "this application object is empty"};
}

Leak public_leak(api::Leak&& leak) {
  Leak out;
  out.session = leak.session;
  out.identifier = leak.call.value;
  out.line = std::move(leak.line);
  out.application = std::move(leak.application);
  out.user = std::move(leak.user);
  out.process = leak.process;
  out.privilege = leak.privilege;
  out.state = leak.state;
  out.acquired = leak.acquired;
  out.ended = leak.ended;
  out.bytes = leak.bytes;
  out.client_bytes = leak.client_bytes;
  out.provider_bytes = leak.provider_bytes;
  out.connection = leak.connection.value;
  out.site = std::move(leak.site);
  return out;
}

}  // namespace

Operator::Operator(const Application& application) : hub_(application.hub_) {}
Operator::~Operator() = default;
Operator::Operator(const Operator&) = default;
Operator& Operator::operator=(const Operator&) = default;

Result<std::vector<Record>> Operator::sessions() const {
  if (!hub_) return empty();
  std::vector<Record> all;
  api::ListSessions command{.after = {}, .limit = kPage};
  while (true) {
    Result<api::RecordPage> page = hub_->client().call_for<api::RecordPage>(command);
    if (!page) return std::move(page).error();
    if (!page->records.empty()) command.after.value = page->records.back().session;
    const bool last = !page->more || page->records.empty();
    for (Record& record : page->records) all.push_back(std::move(record));
    if (last) return all;
  }
}

Result<LeakReport> Operator::leaks(std::size_t most) const {
  if (!hub_) return empty();
  if (most == 0) return Error{Errc::invalid_argument, "at least one leak has to be wanted"};
  LeakReport report;
  api::ListLeaks command;
  while (true) {
    command.limit =
        static_cast<std::uint32_t>(std::min<std::size_t>(kPage, most - report.leaks.size()));
    Result<api::LeakList> list = hub_->client().call_for<api::LeakList>(command);
    if (!list) return std::move(list).error();
    if (!command.after) report.total = list->total;
    if (!list->leaks.empty()) command.after = list->leaks.back().call;
    const bool last = !list->more || list->leaks.empty();
    for (api::Leak& leak : list->leaks) report.leaks.push_back(public_leak(std::move(leak)));
    if (last || report.leaks.size() >= most) break;
  }
  std::stable_sort(report.leaks.begin(), report.leaks.end(), [](const Leak& a, const Leak& b) {
    return a.ended.monotonic < b.ended.monotonic;
  });
  return report;
}

Result<void> Operator::hang_up(std::uint64_t session) {
  if (!hub_) return empty();
  const Result<api::Value> done = hub_->client().call(api::HangUp{api::SessionId{session}});
  if (!done) return done.error();
  return {};
}

Result<std::uint64_t> Operator::reclaim(std::uint64_t session) {
  Result<LeakReport> report = leaks();
  if (!report) return std::move(report).error();
  std::uint64_t count = 0;
  for (const Leak& leak : report->leaks) {
    if (leak.session != session) continue;
    Result<std::uint64_t> reclaimed = reclaim(leak);
    // Its holder released it meanwhile: that is what was wanted.
    if (!reclaimed && reclaimed.error().code != Errc::not_found &&
        reclaimed.error().code != Errc::stale_handle)
      return reclaimed;
    if (reclaimed) count += *reclaimed;
  }
  if (count > 0) return count;
  Result<std::vector<Record>> existing = sessions();
  if (!existing) return std::move(existing).error();
  for (const Record& record : *existing)
    if (record.session == session && !record.end)
      return Error{Errc::invalid_state,
                   "session " + std::to_string(session) + " has not ended; it is not a leak"};
  return Error{Errc::not_found, "nobody holds an ended session " + std::to_string(session)};
}

Result<std::uint64_t> Operator::reclaim(const Leak& leak) {
  if (!hub_) return empty();
  if (leak.identifier == 0) return Error{Errc::not_found, "the leak names no identifier"};
  Result<api::Reclaimed> done =
      hub_->client().call_for<api::Reclaimed>(api::Reclaim{api::CallId{leak.identifier}});
  if (!done) return std::move(done).error();
  return done->count;
}

Result<std::uint64_t> Operator::reclaim_all() {
  if (!hub_) return empty();
  Result<api::Reclaimed> done = hub_->client().call_for<api::Reclaimed>(api::Reclaim{});
  if (!done) return std::move(done).error();
  return done->count;
}

Result<AuditReport> Operator::audit() const {
  if (!hub_) return empty();
  return hub_->client().call_for<AuditReport>(api::RunAudit{});
}

Result<std::vector<Record>> Operator::records(const RecordQuery& query) const {
  if (!hub_) return empty();
  if (query.limit < 1 || query.limit > kRecordsAtOnce)
    return Error{Errc::invalid_argument, "the limit is 1 to " + std::to_string(kRecordsAtOnce)};
  std::vector<Record> all;
  api::RecordQuery command;
  command.line = query.line;
  command.since_wall = query.since;
  command.until_wall = query.until;
  command.session = query.session;
  command.party = query.party;
  command.application = query.application;
  command.provider = query.provider;
  command.origin = query.origin;
  command.newest_first = !query.oldest_first;
  command.after_session = query.after;
  while (true) {
    command.limit = std::min(kPage, query.limit - static_cast<std::uint32_t>(all.size()));
    Result<api::RecordPage> page = hub_->client().call_for<api::RecordPage>(command);
    if (!page) return std::move(page).error();
    const bool last = !page->more || page->records.empty();
    for (Record& record : page->records) all.push_back(std::move(record));
    if (last || all.size() >= query.limit) return all;
    command.after_session = all.back().session;
  }
}

Result<RecordsCheck> Operator::verify_records() const {
  if (!hub_) return empty();
  api::RecordQuery command;
  command.verify = true;
  Result<api::RecordPage> page = hub_->client().call_for<api::RecordPage>(command);
  if (!page) return std::move(page).error();
  return RecordsCheck{page->checked, std::move(page->damaged)};
}

Result<ServiceStatus> Operator::status() const {
  if (!hub_) return empty();
  return hub_->client().call_for<ServiceStatus>(api::GetServiceStatus{});
}

Result<ReloadReport> Operator::reload() {
  if (!hub_) return empty();
  return hub_->client().call_for<ReloadReport>(api::Reload{});
}

Result<void> Operator::drain() {
  if (!hub_) return empty();
  const Result<api::Value> done = hub_->client().call(api::Drain{});
  return done ? Result<void>() : done.error();
}

Result<void> Operator::cancel_drain() {
  if (!hub_) return empty();
  const Result<api::Value> done = hub_->client().call(api::Drain{.cancel = true});
  return done ? Result<void>() : done.error();
}

}  // namespace switchhook
