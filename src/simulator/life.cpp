// SPDX-License-Identifier: Apache-2.0
#include "simulator/life.hpp"

#include <memory>

#include "base/limits.hpp"
#include "simulator/application.hpp"
#include "simulator/bookkeeper.hpp"
#include "simulator/disk.hpp"
#include "simulator/service.hpp"
#include "simulator/sip/sip_world.hpp"
#include "simulator/tapped_provider.hpp"

namespace switchhook::simulator {
namespace {

using std::chrono::seconds;

/// So many lives, of which in one the applications are behind a wire: that takes its time.
constexpr std::uint64_t kWireEvery = 4;
/// So many, of which in one there is SIP.
constexpr std::uint64_t kSipEvery = 8;
/// In every eighth two users share the lines, among them one observer.
constexpr std::uint64_t kUsersEvery = 8;
/// So many of those, of which in one there is a store, and the daemon dies now and then.
constexpr std::uint64_t kStoreEvery = 2;
constexpr unsigned kDeaths = 3;
/// In one of so many, users may keep little in the service.
constexpr std::uint64_t kScarceEvery = 4;

class Life {
 public:
  explicit Life(const LifeOptions& options) : options_(options) {}

  LifeReport run() {
    begin();
    for (unsigned step = 0; step < options_.steps && violations_.findings().empty(); ++step)
      if (!options_.only || options_.only->contains(step)) try_step(step);
    if (violations_.findings().empty()) end();
    return {options_.seed,        steps_,
            records_.size(),      faults_->injected + more_faults(),
            violations_.digest(), violations_.findings()};
  }

 private:
  /// Each step has its own, so that leaving one out does not change the others.
  [[nodiscard]] Random random_of(std::uint64_t step) const {
    Random mixed(options_.seed * 0x100000001b3u + step);
    return mixed.fork();
  }

  void begin() {
    Random random = random_of(~std::uint64_t{0});
    if (options_.seed % kScarceEvery == 1)
      policy_.memory = {.user = 2000 + random.below(40'000),
                        .application = 2000 + random.below(40'000)};
    if (random.chance(50)) policy_.emergency = {"112", "201", "205", "300@10.0.0.1:5060"};
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
    refuses_ = random.chance(50);
    has_sip_ = options_.seed % kSipEvery == kSipEvery - 1;
    const std::uint64_t among = options_.seed / kSipEvery;
    wire_ = has_sip_ ? among % kWireEvery == 1 : options_.seed % kWireEvery == 0;
    faulty_ = random.fork();
    if (has_sip_)
      sip_ = std::make_unique<SipWorld>(clock_, violations_, random.fork(),
                                        SipWorld::Options{options_.faults, options_.ladder});
    if (has_sip_ && among % kStoreEvery == 1) disk_ = std::make_unique<Disk>(random.fork());
    start_service();
    const unsigned count = 2 + static_cast<unsigned>(random.below(4));
    for (unsigned i = 0; i < count; ++i) attach(random);
  }

  [[nodiscard]] std::uint64_t more_faults() const {
    return (sip_ ? sip_->injected() : 0) + (disk_ ? disk_->injected() : 0) + deaths_;
  }

  // ---- the daemon

  void start_service() {
    service_ = std::make_unique<Service>(
        Service::World{clock_, violations_, wire_, disk_.get(), &books_, refuses_,
                       [this](daemon::Store::Step step) { store_step(step); }});
    service_->host().policy(policy_);
    service_->host().on_record([this](const Record& record) { keep(record); });
    add(std::make_unique<exchange::Exchange>(clock_));
    add(std::make_unique<FaultyProvider>(clock_, faulty_.fork(), faults_,
                                         exchange::Config{.lines = {"110", "111"}}));
    if (sip_) add(sip_->make_provider());
    service_->begin();
  }

  void add(std::unique_ptr<provider::Provider> provider) {
    service_->add(std::make_unique<TappedProvider>(
        std::move(provider), clock_, violations_, options_.ladder,
        [this](const auto& make) { return make.emergency || may_make(make.call); }));
  }

  /// Not while calls are refused; and where they are for the journal's sake, only what it has.
  [[nodiscard]] bool may_make(provider::CallRef call) const {
    return !service_->refused() && (!disk_ || !refuses_ || books_.has(call.value));
  }

  /// It may be the last one that the daemon takes.
  void store_step(daemon::Store::Step step) {
    if (steps_to_death_ == 0 || --steps_to_death_ != 0) return;
    disk_->die();
    sip_->kill();
    // The store's own steps are taken in run() only, which sees that the disk is dead.
    if (step == daemon::Store::Step::before_note || step == daemon::Store::Step::after_note)
      throw Died{};
  }

  void try_step(unsigned step) {
    try {
      one_step(step);
    } catch (const Died&) {
      return_from_death(step);
    }
  }

  /// The daemon is dead; after a while there is another one. Applications come back, or do not.
  void return_from_death(unsigned step) {
    Random random = random_of(std::uint64_t{step} << 32);
    const bool power_cut = !sip_->fair() && random.chance(30);
    if (options_.ladder != nullptr)
      options_.ladder->note(clock_.now().monotonic, "engine",
                            power_cut ? "the power is cut" : "the daemon is killed");
    ++deaths_;
    steps_to_death_ = 0;
    begin_anew(random, power_cut);
  }

  void begin_anew(Random& random, bool power_cut) {
    disk_->die();
    sip_->kill();
    books_.died(power_cut || service_->unsafe());
    for (auto& app : apps_) app->lose_service();
    service_.reset();
    disk_->restart(power_cut);
    violations_.new_boot();
    pass(std::chrono::milliseconds(random.below(5000)));
    start_service();
    const auto before = std::exchange(apps_, {});
    for (const auto& app : before) {
      if (apps_.size() > 1 && random.chance(30)) continue;
      attach(random);
      apps_.back()->know_foreign(app->witness().ever_held());
    }
  }

  // ---- steps

  void attach(Random& random) {
    SimulatedApplication::World world{service_->entrance(), violations_, clock_, options_.ladder};
    if (sip_) {
      world.lines += SipWorld::kLines;
      world.favourites = SipWorld::kLines;
      world.numbers = SipWorld::numbers();
    }
    const std::size_t number = apps_.size();
    if (options_.seed % kUsersEvery == kUsersEvery / 2 - 1) {
      world.role = number % 4 == 3 ? api::Role::observer : api::Role::user;
      world.user = 1 + static_cast<std::uint32_t>(number % 2);
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
    } else if (what < 94) {
      operate(random);
    } else if (what < 95) {
      service_->auditor().ask();
    } else if (what < 96) {
      look_twice(random);
    } else if (sip_ && what < 98) {
      sip_->break_or_mend(random);
    } else if (disk_ && what < 99) {
      disturb(random);
    } else if (apps_.size() < 12) {
      attach(random);
    }
    work();
    service_->entrance().deliver(random);
    work();
  }

  /// What an operator does: a line goes or comes, the service takes no calls for a while, users may
  /// keep more or less, and now and then it is stopped for another one.
  void operate(Random& random) {
    const std::uint64_t what = random.below(100);
    const bool faulty = random.chance(50);
    const std::string provider = faulty ? "faulty" : "exchange";
    const std::string line = (faulty ? "11" : "10") + std::to_string(random.below(2));
    if (what < 30) {
      service_->host().tell_provider(provider, provider::RemoveLine{line, "an operator's wish"});
    } else if (what < 60) {
      service_->host().tell_provider(provider, provider::AddLine{line, {}});
    } else if (what < 80) {
      service_->drain(!service_->refused());
    } else if (what < 90) {
      policy_.memory.user = random.chance(50) ? 0 : 2000 + random.below(100'000);
      service_->host().policy(policy_);
    } else if (disk_) {
      hand_over(random);
    }
  }

  [[nodiscard]] std::size_t openings() const {
    std::size_t count = 0;
    for (const auto& app : apps_) count += app->witness().openings().size();
    return count;
  }

  /// A clean stop, after which another daemon serves: nothing may be lost.
  void hand_over(Random& random) {
    disk_->full(false);
    disk_->failing(0);
    steps_to_death_ = 0;
    settle();
    const std::size_t open = openings();
    service_->host().stop("another one follows", true);
    pass(seconds(90));
    settle();
    if (openings() != open)
      violations_.report(Invariant::service_stops, "a line was closed, though another one follows");
    if (!service_->host().stopped())
      violations_.report(Invariant::service_stops, "it does not stop for another one");
    static_cast<void>(service_->records());  // all is written
    begin_anew(random, false);
  }

  /// The disk is full for a while, or fails; or the daemon dies soon.
  void disturb(Random& random) {
    if (random.chance(50)) {
      if (deaths_ < kDeaths) steps_to_death_ = 1 + static_cast<unsigned>(random.below(60));
      return;
    }
    if (sip_->fair()) return;
    disk_->full(random.chance(40));
    disk_->failing(random.chance(40) ? static_cast<unsigned>(random.below(60)) : 0);
  }

  /// What is on its way arrives, and what comes of it.
  void settle() {
    do work();
    while (service_->entrance().deliver_all());
  }

  /// What has to come to an end by itself has to have done so between the two.
  void look_twice(Random& random) {
    settle();
    service_->auditor().ask();
    pass(2 * limits::kProviderAnswer + seconds(1));
    settle();
    service_->auditor().ask();
    for (auto& app : apps_) app->look_at_all();
    if (random.chance(30)) service_->auditor().reclaim();
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
    const auto of_host = service_ ? service_->next_deadline() : std::nullopt;
    const auto of_sip = sip_ ? sip_->next() : std::nullopt;
    if (!of_host || (of_sip && *of_sip < *of_host)) return of_sip;
    return of_host;
  }

  void work() {
    if (sip_) sip_->run();
    if (!service_) return;
    service_->run();
    if (disk_ && disk_->dead()) throw Died{};
  }

  void end() {
    Random random = random_of(~std::uint64_t{1});
    const bool promises_broken = faults_->lost_completion + faults_->lost_drop != 0;
    faults_->heal();  // so that the life can end
    if (sip_) sip_->heal();
    steps_to_death_ = 0;
    service_->drain(false);
    if (disk_) {
      disk_->full(false);
      disk_->failing(0);
    }
    pass(limits::kTransferAnswer);
    look_twice(random);
    settle();
    for (auto& app : apps_) app->look_at_all();
    settle();
    for (auto& app : apps_) {
      pass(seconds(11));  // every provider answers within 10 s, or the engine goes on without it
      settle();
      if (!app->witness().gone() && app->witness().unanswered_count() != 0)
        violations_.report(Invariant::completed_once,
                           "never completed:" + app->witness().unanswered());
      app->leave(random.chance(50));
    }
    settle();
    pass(seconds(90));  // beyond what a provider may take to return a call
    if (sip_) {
      pass(sip_->patience());
      sip_->check_over();
    }
    service_->auditor().ask();
    pass(seconds(5));
    if (!service_->auditor().answered())
      return violations_.report(Invariant::ledgers_are_real, "the last audit was never answered");
    service_->auditor().check_all_returned(promises_broken);
    service_->auditor().leave();
    service_->host().stop("the life ends", random.chance(50));
    pass(seconds(90));
    if (!service_->host().stopped())
      violations_.report(Invariant::service_stops, "it does not stop");
    if (sip_) pass(std::chrono::hours(1));  // what was removed may wake its loop once for nothing
    if (next_deadline())
      violations_.report(Invariant::service_stops, "something is still due after everything ended");
    if (!disk_) return;
    if (service_->orphans() != 0)
      violations_.report(Invariant::both_ends_end,
                         std::to_string(service_->orphans()) + " orphans are still not ended");
    books_.check(service_->records());
  }

  void keep(const Record& record) {
    const auto wrong = [&](const char* what) {
      violations_.report(Invariant::one_record,
                         "session " + std::to_string(record.session) + ": " + what);
    };
    if (!records_.insert(record.session).second) wrong("two records");
    if (record.timeline.empty()) wrong("a record without a timeline");
    for (std::size_t i = 1; i < record.timeline.size(); ++i)
      if (record.timeline[i - 1].state == CallState::idle) wrong("its record says it left idle");
    if (!record.end)
      violations_.report(Invariant::end_has_a_reason, "a record without an end");
    else if (record.end->confirmation == Confirmation::pending)
      wrong("a record that is not final");
  }

  const LifeOptions options_;
  core::Policy policy_;
  base::ManualClock clock_;
  Violations violations_;
  std::shared_ptr<Faults> faults_ = std::make_shared<Faults>();
  Random faulty_{0};
  bool has_sip_ = false, wire_ = false, refuses_ = false;
  std::unique_ptr<SipWorld> sip_;
  std::unique_ptr<Disk> disk_;
  Bookkeeper books_{violations_};
  unsigned steps_to_death_ = 0, deaths_ = 0;  // steps of the store; 0: not soon
  std::unique_ptr<Service> service_;
  std::vector<std::unique_ptr<SimulatedApplication>> apps_;
  std::set<std::uint64_t> records_;
  std::uint64_t steps_ = 0;
};

}  // namespace

LifeReport live(const LifeOptions& options) {
  return Life(options).run();
}

}  // namespace switchhook::simulator
