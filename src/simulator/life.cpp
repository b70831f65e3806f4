// SPDX-License-Identifier: Apache-2.0
#include "simulator/life.hpp"

#include <cstdio>
#include <memory>
#include <set>

#include "simulator/application.hpp"

namespace switchhook::simulator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Asks for audits; holds nothing.
class Auditor final : private api::ServiceSink {
 public:
  Auditor(core::EngineHost& host, Judge& judge) : host_(host), judge_(judge) {
    app_ = host_.attach({.name = "auditor", .user = "simulator", .process = 2}, *this);
  }
  void ask() { host_.submit(app_, ++request_, api::RunAudit{}); }
  void leave() { host_.detach(app_, "done"); }
  [[nodiscard]] const std::optional<api::AuditReport>& report() const { return report_; }
  [[nodiscard]] bool answered() const { return answered_ == request_; }

 private:
  void on_reply(api::Reply reply) override {
    if (reply.accepted_only) return;
    answered_ = reply.request;
    if (!reply.result) return judge_.accuse("audit: " + reply.result.error().text());
    report_ = std::get<api::AuditReport>(*reply.result);
    for (const api::LedgerLine& line : report_->lines)
      if (line.booked != line.found)
        judge_.accuse("audit: " + line.holder + " has " + std::to_string(line.booked) + " " +
                      std::string(to_string(line.resource)) + " in its ledger and really " +
                      std::to_string(line.found));
  }
  void on_event(api::Event) override {}
  void on_disconnected(const Error&) override {}

  core::EngineHost& host_;
  Judge& judge_;
  api::AppId app_;
  api::RequestId request_ = 0, answered_ = 0;
  std::optional<api::AuditReport> report_;
};

class Life {
 public:
  explicit Life(const LifeOptions& options)
      : options_(options), random_(options.seed), host_(clock_, nullptr) {}

  LifeReport run() {
    begin();
    for (unsigned step = 0; step < options_.steps && judge_.findings().empty(); ++step) one_step();
    if (judge_.findings().empty()) end();
    return {options_.seed, steps_, records_.size(), judge_.digest(), judge_.findings()};
  }

 private:
  void begin() {
    host_.on_record([this](const Record& record) { keep(record); });
    Faults& faults = *faults_;
    faults.delay = static_cast<unsigned>(random_.below(80));
    if (random_.chance(30)) faults.lost_completion = static_cast<unsigned>(random_.below(20));
    if (random_.chance(20)) faults.forced_close = static_cast<unsigned>(random_.below(200));
    if (random_.chance(20)) faults.failure = static_cast<unsigned>(random_.below(200));
    auto faulty = std::make_unique<FaultyProvider>(clock_, random_.fork(), faults_);
    must(host_.add_provider(std::make_unique<exchange::Exchange>(clock_)));
    must(host_.add_provider(std::move(faulty)));
    host_.run();
    auditor_ = std::make_unique<Auditor>(host_, judge_);
    const unsigned count = 2 + static_cast<unsigned>(random_.below(4));
    for (unsigned i = 0; i < count; ++i) attach("app" + std::to_string(i));
  }

  void attach(const std::string& name) {
    static constexpr Habit kHabits[] = {Habit::polite, Habit::forgetful, Habit::racing,
                                        Habit::dying};
    apps_.push_back(std::make_unique<SimulatedApplication>(
        SimulatedApplication::World{host_, judge_, random_.fork(), options_.trace}, name,
        random_.pick(kHabits)));
  }

  void one_step() {
    ++steps_;
    const std::uint64_t what = random_.below(100);
    if (what < 60) {
      random_.pick(apps_)->act();
    } else if (what < 90) {
      pass(std::chrono::microseconds(random_.below(400'000)));
    } else if (what < 93) {
      auto& thief = random_.pick(apps_);
      thief->know_foreign(random_.pick(apps_)->ever_held());
    } else if (what < 96) {
      auditor_->ask();
    } else if (apps_.size() < 12) {
      attach("app" + std::to_string(apps_.size()));
    }
    host_.run();
  }

  /// Lets time pass, from one deadline to the next.
  void pass(std::chrono::nanoseconds time) {
    const auto until = clock_.now().monotonic + time;
    while (const auto next = host_.next_deadline()) {
      if (*next > until) break;
      clock_.advance_to(*next);
      host_.run();
    }
    clock_.advance_to(until);
    host_.run();
  }

  void end() {
    promises_broken_ = faults_->lost_completion != 0;
    *faults_ = Faults{.delay = 0};  // the world heals, so that the life can end
    for (auto& app : apps_) {
      pass(seconds(11));  // every provider answers within 10 s, or the engine goes on without it
      if (!app->gone() && app->unanswered() != 0)
        judge_.accuse("requests never completed:" + app->unanswered_names());
      app->leave(random_.chance(50));
    }
    pass(seconds(90));  // beyond what a provider may take to return a call
    auditor_->ask();
    pass(seconds(5));
    if (!auditor_->answered()) return judge_.accuse("the audit was never answered");
    check_all_returned(*auditor_->report());
    auditor_->leave();
    host_.stop("the life ends");
    pass(seconds(90));
    if (!host_.stopped()) judge_.accuse("the service does not stop");
    if (const auto next = host_.next_deadline())
      judge_.accuse("something is still due after everything ended");
  }

  /// Nothing is left, but for what a provider that loses its answers never returned: that has to be
  /// named in the audit, session by session.
  void check_all_returned(const api::AuditReport& report) {
    std::int64_t overdue = 0;
    for (const std::string& finding : report.findings)
      if (finding.find("was not returned in time") != std::string::npos) ++overdue;
    if (!promises_broken_ && !report.findings.empty())
      judge_.accuse("the last audit found: " + report.findings.front());
    for (const api::LedgerLine& line : report.lines) {
      const bool may_be_overdue =
          line.holder == "engine" &&
          (line.resource == Resource::sessions || line.resource == Resource::requests ||
           line.resource == Resource::provider_calls);
      const std::int64_t allowed = may_be_overdue ? overdue : 0;
      if (line.found != allowed || line.booked != allowed)
        judge_.accuse("at the end " + line.holder + " still has " + std::to_string(line.found) +
                      " " + std::string(to_string(line.resource)));
    }
  }

  void keep(const Record& record) {
    if (!records_.insert(record.session).second)
      judge_.accuse("session " + std::to_string(record.session) + " has two records");
    if (!record.end) judge_.accuse("a record without an end");
    if (record.timeline.empty()) judge_.accuse("a record without a timeline");
    for (std::size_t i = 1; i < record.timeline.size(); ++i)
      if (record.timeline[i - 1].state == CallState::idle)
        judge_.accuse("a record whose session left idle");
    if (record.end && record.end->confirmation == Confirmation::pending)
      judge_.accuse("a record that is not final");
  }

  void must(const Result<void>& result) {
    if (!result) judge_.accuse(result.error().text());
  }

  const LifeOptions options_;
  Random random_;
  base::ManualClock clock_;
  Judge judge_;
  core::EngineHost host_;
  std::shared_ptr<Faults> faults_ = std::make_shared<Faults>();
  bool promises_broken_ = false;  // the faulty provider lost answers
  std::unique_ptr<Auditor> auditor_;
  std::vector<std::unique_ptr<SimulatedApplication>> apps_;
  std::set<std::uint64_t> records_;
  std::uint64_t steps_ = 0;
};

}  // namespace

LifeReport live(const LifeOptions& options) {
  return Life(options).run();
}

}  // namespace switchhook::simulator
