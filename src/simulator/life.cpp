// SPDX-License-Identifier: Apache-2.0
#include "simulator/life.hpp"

#include <memory>

#include "base/limits.hpp"
#include "simulator/application.hpp"
#include "simulator/auditor.hpp"
#include "simulator/entrance.hpp"
#include "simulator/sip/sip_world.hpp"
#include "simulator/tapped_provider.hpp"
#include "simulator/wire_entrance.hpp"

namespace switchhook::simulator {
namespace {

using std::chrono::seconds;

/// So many lives, of which in one the applications are behind a wire: that takes its time.
constexpr std::uint64_t kWireEvery = 4;
/// So many, of which in one there is SIP.
constexpr std::uint64_t kSipEvery = 8;

class Life {
 public:
  explicit Life(const LifeOptions& options) : options_(options), host_(clock_, nullptr) {
    if (options.seed % kWireEvery == 0)
      entrance_ = std::make_unique<WireEntrance>(host_, judge_, clock_);
    else
      entrance_ = std::make_unique<DirectEntrance>(host_, judge_, clock_);
  }

  LifeReport run() {
    begin();
    for (unsigned step = 0; step < options_.steps && judge_.findings().empty(); ++step)
      if (!options_.only || options_.only->contains(step)) one_step(step);
    if (judge_.findings().empty()) end();
    return {options_.seed,   steps_,           records_.size(), faults_->injected + sip_faults(),
            judge_.digest(), judge_.findings()};
  }

 private:
  /// Each step has its own, so that leaving one out does not change the others.
  [[nodiscard]] Random random_of(std::uint64_t step) const {
    Random mixed(options_.seed * 0x100000001b3u + step);
    return mixed.fork();
  }

  void begin() {
    host_.on_record([this](const Record& record) { keep(record); });
    Random random = random_of(~std::uint64_t{0});
    Faults& faults = *faults_;
    if (options_.faults) {
      faults.delay = static_cast<unsigned>(random.below(80));
      if (random.chance(30)) faults.lost_completion = static_cast<unsigned>(random.below(20));
      if (random.chance(30)) faults.lost_drop = static_cast<unsigned>(random.below(60));
      if (random.chance(20)) faults.forced_close = static_cast<unsigned>(random.below(200));
      if (random.chance(20)) faults.failure = static_cast<unsigned>(random.below(200));
      if (random.chance(40)) faults.wild = static_cast<unsigned>(random.below(3000));
    } else {
      faults.delay = 0;
    }
    add(std::make_unique<exchange::Exchange>(clock_));
    add(std::make_unique<FaultyProvider>(clock_, random.fork(), faults_,
                                         exchange::Config{.lines = {"110", "111"}}));
    if (options_.seed % kSipEvery == kSipEvery - 1) {
      sip_ = std::make_unique<SipWorld>(clock_, judge_, random.fork(),
                                        SipWorld::Options{options_.faults, options_.ladder});
      add(sip_->make_provider());
    }
    host_.run();
    auditor_ = std::make_unique<Auditor>(host_, clock_, judge_);
    const unsigned count = 2 + static_cast<unsigned>(random.below(4));
    for (unsigned i = 0; i < count; ++i) attach(random);
  }

  [[nodiscard]] std::uint64_t sip_faults() const { return sip_ ? sip_->injected() : 0; }

  void add(std::unique_ptr<provider::Provider> provider) {
    const Result<void> added = host_.add_provider(
        std::make_unique<TappedProvider>(std::move(provider), clock_, judge_, options_.ladder));
    if (!added) judge_.accuse(Invariant::service_stops, added.error().text());
  }

  void attach(Random& random) {
    SimulatedApplication::World world{*entrance_, judge_, clock_, options_.ladder};
    if (sip_) {
      world.lines += SipWorld::kLines;
      world.favourites = SipWorld::kLines;
      world.numbers = SipWorld::numbers();
    }
    apps_.push_back(std::make_unique<SimulatedApplication>(
        std::move(world), "app" + std::to_string(apps_.size()), random.pick(kHabits)));
  }

  void one_step(unsigned step) {
    ++steps_;
    Random random = random_of(step);
    const std::uint64_t what = random.below(100);
    if (what < 60) {
      random.pick(apps_)->act(random);
    } else if (what < 90) {
      pass(std::chrono::microseconds(random.below(400'000)));
    } else if (what < 93) {
      auto& thief = random.pick(apps_);
      thief->know_foreign(random.pick(apps_)->witness().ever_held());
    } else if (what < 95) {
      auditor_->ask();
    } else if (what < 96) {
      look_twice(random);
    } else if (sip_ && what < 98) {
      sip_->break_or_mend(random);
    } else if (apps_.size() < 12) {
      attach(random);
    }
    work();
    entrance_->deliver(random);
    work();
  }

  /// What is on its way arrives, and what comes of it.
  void settle() {
    do work();
    while (entrance_->deliver_all());
  }

  /// What has to come to an end by itself has to have done so between the two.
  void look_twice(Random& random) {
    settle();
    auditor_->ask();
    pass(2 * limits::kProviderAnswer + seconds(1));
    settle();
    auditor_->ask();
    for (auto& app : apps_) app->look_at_all();
    if (random.chance(30)) auditor_->reclaim();
  }

  /// Lets time pass, from one deadline to the next.
  void pass(std::chrono::nanoseconds time) {
    const auto until = clock_.now().monotonic + time;
    while (const auto next = next_deadline()) {
      if (*next > until) break;
      clock_.advance_to(*next);
      work();
    }
    clock_.advance_to(until);
    work();
  }

  [[nodiscard]] std::optional<std::chrono::nanoseconds> next_deadline() const {
    const auto of_host = host_.next_deadline();
    const auto of_sip = sip_ ? sip_->next() : std::nullopt;
    if (!of_host || (of_sip && *of_sip < *of_host)) return of_sip;
    return of_host;
  }

  void work() {
    if (sip_) sip_->run();
    host_.run();
  }

  void end() {
    Random random = random_of(~std::uint64_t{1});
    const bool promises_broken = faults_->lost_completion + faults_->lost_drop != 0;
    faults_->heal();  // so that the life can end
    if (sip_) sip_->heal();
    pass(limits::kTransferAnswer);
    look_twice(random);
    settle();
    for (auto& app : apps_) app->look_at_all();
    settle();
    for (auto& app : apps_) {
      pass(seconds(11));  // every provider answers within 10 s, or the engine goes on without it
      settle();
      if (!app->witness().gone() && app->witness().unanswered_count() != 0)
        judge_.accuse(Invariant::completed_once, "never completed:" + app->witness().unanswered());
      app->leave(random.chance(50));
    }
    settle();
    pass(seconds(90));  // beyond what a provider may take to return a call
    if (sip_) {
      pass(sip_->patience());
      sip_->check_over();
    }
    auditor_->ask();
    pass(seconds(5));
    if (!auditor_->answered())
      return judge_.accuse(Invariant::ledgers_are_real, "the last audit was never answered");
    auditor_->check_all_returned(promises_broken);
    auditor_->leave();
    host_.stop("the life ends");
    pass(seconds(90));
    if (!host_.stopped()) judge_.accuse(Invariant::service_stops, "it does not stop");
    if (next_deadline())
      judge_.accuse(Invariant::service_stops, "something is still due after everything ended");
  }

  void keep(const Record& record) {
    const auto wrong = [&](const char* what) {
      judge_.accuse(Invariant::one_record,
                    "session " + std::to_string(record.session) + ": " + what);
    };
    if (!records_.insert(record.session).second) wrong("two records");
    if (record.timeline.empty()) wrong("a record without a timeline");
    for (std::size_t i = 1; i < record.timeline.size(); ++i)
      if (record.timeline[i - 1].state == CallState::idle) wrong("its record says it left idle");
    if (!record.end)
      judge_.accuse(Invariant::end_has_a_reason, "a record without an end");
    else if (record.end->confirmation == Confirmation::pending)
      wrong("a record that is not final");
  }

  const LifeOptions options_;
  base::ManualClock clock_;
  Judge judge_;
  std::shared_ptr<Faults> faults_ = std::make_shared<Faults>();
  std::unique_ptr<SipWorld> sip_;
  core::EngineHost host_;
  std::unique_ptr<Entrance> entrance_;
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
