// SPDX-License-Identifier: Apache-2.0
#pragma once

// The daemon's part in audits. Each audit gets what the journal was counted to have for it. One is
// run by the daemon itself, now and then: what does not agree with reality is told when it is first
// seen and when it is gone, and audits that somebody asks for say since when.
// Threads: the host's. Ownership: host and clock outlive it.

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "core/engine_host.hpp"

namespace switchhook::daemon {

/// One more line of a report; what does not agree is a finding.
void add_line(api::AuditReport& report, api::LedgerLine line);

/// Runs audits: what is outside of the engine is counted first, then the engine is asked. Several may
/// be under way, also of one application.
class Audits {
 public:
  using Counted = std::function<void(std::vector<api::LedgerLine> lines)>;
  /// Counts what is outside of the engine; calls back on the host's thread, from within or later.
  using Count = std::function<void(Counted counted)>;

  Audits(core::EngineHost& host, Count count) : host_(host), count_(std::move(count)) {}

  void run(api::AppId app, api::RequestId request);
  /// The engine's answer to one: adds what was counted for it.
  void amend(api::AppId app, api::RequestId request, api::AuditReport& report);
  /// The application is gone.
  void forget(api::AppId app);

 private:
  core::EngineHost& host_;  // (ref)
  const Count count_;
  /// Of the audits that are under way.
  std::map<std::pair<api::AppId, api::RequestId>, std::vector<api::LedgerLine>> counted_;
};

class SelfAudit final : private api::ServiceSink {
 public:
  /// @param drift  whether it came or went, and the finding in words
  using Tell = std::function<void(bool came, const std::string& finding)>;

  /// Has an audit made for an application, whose sink gets the answer.
  using Audit = std::function<void(api::AppId app, api::RequestId request)>;

  /// @param every  between two audits; 0 = none
  SelfAudit(core::EngineHost& host, Audit audit, const base::Clock& clock,
            std::chrono::seconds every, Tell tell);
  ~SelfAudit() override;
  SelfAudit(const SelfAudit&) = delete;
  SelfAudit& operator=(const SelfAudit&) = delete;

  /// To be called about once a second, not from within the host.
  void tick();
  /// What the last one found.
  [[nodiscard]] std::size_t findings() const { return drifts_.size(); }
  /// Adds since when to what was seen before.
  void amend(api::AuditReport& report) const;

 private:
  void on_reply(api::Reply reply) override;
  void on_event(api::Event) override {}
  void on_disconnected(const Error&) override {}

  core::EngineHost& host_;
  const Audit audit_;
  const base::Clock& clock_;
  const std::chrono::seconds every_;
  const Tell tell_;
  std::chrono::nanoseconds due_;
  std::optional<api::AppId> app_;  // while an audit is under way
  bool answered_ = false;
  struct Drift {
    std::string finding;
    std::chrono::microseconds since{0};  // wall clock
  };
  std::map<std::string, Drift> drifts_;  // by what they are about
};

}  // namespace switchhook::daemon
