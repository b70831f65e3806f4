// SPDX-License-Identifier: Apache-2.0
#include "daemon/self_audit.hpp"

#include <array>
#include <ctime>
#include <utility>

namespace switchhook::daemon {
namespace {

constexpr const char* kSince = " (since ";

/// Without what amend() adds, also to the answers that are our own.
std::string plain(const std::string& finding) {
  return finding.substr(0, finding.find(kSince));
}
/// What a finding is about: its numbers may change while it stands.
std::string subject_of(const std::string& finding) {
  return plain(finding).substr(0, finding.find(": booked "));
}

std::string utc_text(std::chrono::microseconds wall) {
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(wall).count();
  std::tm parts{};
  std::array<char, 32> text{};
  if (gmtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
    return "?";
  return text.data();
}

}  // namespace

void add_line(api::AuditReport& report, api::LedgerLine line) {
  if (line.booked != line.found)
    report.findings.push_back(line.holder + ": " + std::string(to_string(line.resource)) +
                              ": booked " + std::to_string(line.booked) + ", found " +
                              std::to_string(line.found));
  report.lines.push_back(std::move(line));
}

void Audits::run(api::AppId app, api::RequestId request) {
  counted_[{app, request}] = {};
  count_([this, app, request](std::vector<api::LedgerLine> lines) {
    const auto counted = counted_.find({app, request});
    if (counted == counted_.end()) return;  // who asked is gone
    counted->second = std::move(lines);
    host_.submit(app, request, api::RunAudit{});
  });
}

void Audits::amend(api::AppId app, api::RequestId request, api::AuditReport& report) {
  auto counted = counted_.extract({app, request});
  if (counted.empty()) return;
  for (api::LedgerLine& line : counted.mapped()) add_line(report, std::move(line));
}

void Audits::forget(api::AppId app) {
  std::erase_if(counted_, [app](const auto& each) { return each.first.first == app; });
}

SelfAudit::SelfAudit(core::EngineHost& host, Audit audit, const base::Clock& clock,
                     std::chrono::seconds every, Tell tell)
    : host_(host),
      audit_(std::move(audit)),
      clock_(clock),
      every_(every),
      tell_(std::move(tell)),
      due_(clock.now().monotonic + every) {}

SelfAudit::~SelfAudit() {
  if (app_) host_.detach(*app_, "the service ends");
}

void SelfAudit::tick() {
  if (app_ && answered_) {
    host_.detach(*app_, "its audit is done");
    app_.reset();
  }
  const auto now = clock_.now().monotonic;
  if (every_.count() == 0 || app_ || now < due_) return;
  due_ = now + every_;
  answered_ = false;
  app_ = host_.attach({.name = "self-audit", .user = "switchhookd"}, *this);
  audit_(*app_, 1);
}

void SelfAudit::on_reply(api::Reply reply) {
  if (reply.accepted_only) return;
  answered_ = true;
  const auto* report = reply.result ? std::get_if<api::AuditReport>(&*reply.result) : nullptr;
  if (report == nullptr) return;
  std::map<std::string, Drift> now;
  for (const std::string& finding : report->findings) {
    const std::string subject = subject_of(finding);
    const auto before = drifts_.find(subject);
    if (before == drifts_.end()) tell_(true, finding);
    now[subject] = {plain(finding),
                    before == drifts_.end() ? clock_.now().wall : before->second.since};
  }
  for (const auto& [subject, drift] : drifts_)
    if (!now.contains(subject)) tell_(false, drift.finding);
  drifts_ = std::move(now);
}

void SelfAudit::amend(api::AuditReport& report) const {
  for (std::string& finding : report.findings)
    if (const auto known = drifts_.find(subject_of(finding)); known != drifts_.end())
      finding += kSince + utc_text(known->second.since) + ", or before)";
}

}  // namespace switchhook::daemon
