// SPDX-License-Identifier: Apache-2.0
#pragma once

// Asks for audits and for all sessions, and checks what it is told against the invariants: ledgers
// agree with a recount, nobody is kept without a reason, nothing lives unowned for long. Holds
// nothing itself. Threads: the host's. Ownership: host, violations and clock outlive it.

#include <map>
#include <optional>

#include "base/clock.hpp"
#include "core/engine_host.hpp"
#include "simulator/invariants.hpp"

namespace switchhook::simulator {

class Auditor final : private api::ServiceSink {
 public:
  Auditor(core::EngineHost& host, const base::Clock& clock, Violations& violations);
  void ask();
  /// Takes all that ended away from whoever holds it.
  void reclaim();
  void leave() { host_.detach(app_, "done"); }
  [[nodiscard]] const std::optional<api::AuditReport>& report() const { return report_; }
  [[nodiscard]] bool answered() const { return answered_ == asked_; }
  /// To the end: nothing is left, but for what a provider that broke its promises never returned:
  /// that has to be named in the audit, session by session.
  void check_all_returned(bool promises_broken);

 private:
  void on_reply(api::Reply reply) override;
  void on_event(api::Event) override {}
  void on_disconnected(const Error&) override {}
  void check(const api::AuditReport& report);
  void check(const api::RecordPage& page);
  [[nodiscard]] bool was_let_go(const Record& record) const;

  core::EngineHost& host_;
  const base::Clock& clock_;
  Violations& violations_;
  api::AppId app_;
  api::RequestId request_ = 0, asked_ = 0, answered_ = 0;
  std::optional<api::AuditReport> report_;
  std::map<std::uint64_t, std::chrono::nanoseconds> unowned_since_;  // by session
};

}  // namespace switchhook::simulator
