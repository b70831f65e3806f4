// SPDX-License-Identifier: Apache-2.0
#include "simulator/sip/sip_world.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace switchhook::simulator {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr seconds kSession{90};  // the shortest that session timers allow
constexpr seconds kLongSession{1800};

}  // namespace

/// The SIP provider with its shell, and a queue instead of its thread.
class SimulatedSip final : public provider::Provider {
 public:
  SimulatedSip(SipWorld& world, sip::Config config)
      : world_(world),
        config_(std::move(config)),
        words_(world.random_.fork()),
        loop_(world.events_, world.network_, world.near_host_, world.random_.fork()) {
    world_.provider_ = this;
  }
  ~SimulatedSip() override {
    world_.events_.cancel(drain_);
    if (world_.provider_ == this) world_.provider_ = nullptr;
  }
  SimulatedSip(const SimulatedSip&) = delete;
  SimulatedSip& operator=(const SimulatedSip&) = delete;

  [[nodiscard]] std::string name() const override { return "sip"; }
  [[nodiscard]] Result<void> start(provider::Sink& sink) override {
    if (Result<void> good = config_.validate(); !good) return good;
    const sip::Shell::Surroundings around{world_.time_, udp_, words_};
    shell_ = std::make_unique<sip::Shell>(loop_.root(), config_, sink, around);
    Result<void> good = shell_->start();
    if (good) drain();  // what was inherited
    return good;
  }
  [[nodiscard]] bool inherit(const std::vector<provider::EndOrphan>& orphans) override {
    commands_.insert(commands_.end(), orphans.begin(), orphans.end());
    return true;
  }
  void submit(provider::Command command) override {
    commands_.push_back(std::move(command));
    if (drain_ != 0) return;
    const auto now = std::chrono::floor<milliseconds>(world_.clock_.now().monotonic);
    drain_ = world_.events_.at(now + milliseconds(world_.random_.below(4)), [this] {
      drain_ = 0;
      drain();
    });
  }
  void kill() { loop_.dead = true; }
  void poll() {
    if (loop_.before_poll) loop_.before_poll();
  }

 private:
  void drain() {
    for (; !commands_.empty(); commands_.pop_front())  // its transports have no messages to show
      if (!std::holds_alternative<provider::Trace>(commands_.front()))
        shell_->execute(commands_.front());
  }

  SipWorld& world_;
  const sip::Config config_;
  SimulatedRandom words_;
  SimulatedUdpPorts udp_;
  Loop loop_;
  std::unique_ptr<sip::Shell> shell_;
  std::deque<provider::Command> commands_;
  sip::races::Clock::Id drain_ = 0;
};

SipWorld::SipWorld(const base::Clock& clock, Violations& violations, Random random, Options options)
    : clock_(clock),
      random_(random),
      network_(events_, random_.fork(), weather_, options.ladder),
      t1_(random_.chance(50) ? 100 : 500),
      fair_(!options.faults || random_.chance(25)),
      near_host_(network_.add_host("10.0.0.1", "sip")),
      far_host_(network_.add_host("10.0.0.2", "far end")) {
  events_.pass_until(std::chrono::floor<milliseconds>(clock.now().monotonic));
  if (!fair_) {
    if (random_.chance(70)) weather_.lost = static_cast<unsigned>(random_.below(40));
    if (random_.chance(50)) weather_.doubled = static_cast<unsigned>(random_.below(30));
    if (random_.chance(50)) weather_.late = static_cast<unsigned>(random_.below(40));
    weather_.longest = milliseconds(1 + random_.below(300));
    weather_.late_by = milliseconds(1 + random_.below(random_.chance(20) ? 40'000 : 3000));
  }
  std::vector<std::string> callees;
  for (const char* user : {"300", "301", "300", "nobody"})
    callees.push_back(std::string("sip:") + user + "@" + network_.address_of(near_host_));
  far_ =
      std::make_unique<FarEnd>(FarEnd::World{events_, time_, network_, violations}, random_.fork(),
                               far_host_, config(far_host_, {{}}), std::move(callees));
  far_->expect_to_be_heard(fair_);
  far_->begin();
}

SipWorld::~SipWorld() = default;

const std::vector<std::string>& SipWorld::numbers() {
  static const std::vector<std::string> kNumbers{"200",
                                                 "201",
                                                 "202",
                                                 "203",
                                                 "204",
                                                 "205",
                                                 "206",
                                                 "207",
                                                 "208",
                                                 "300@10.0.0.1:5060",
                                                 "301@10.0.0.1:5060"};
  return kNumbers;
}

sip::Config SipWorld::config(int host, std::vector<sip::LineConfig> lines) const {
  sip::Config config;
  config.bind_address = network_.address_of(host);
  config.tcp = false;
  config.lines = std::move(lines);
  for (sip::LineConfig& line : config.lines) {
    line.t1 = t1_;
    line.session_expires = fair_ ? kLongSession : kSession;
    line.min_se = kSession;
  }
  return config;
}

std::unique_ptr<provider::Provider> SipWorld::make_provider() {
  const std::string peer = "sip:" + network_.address_of(far_host_) + ":5060";
  return std::make_unique<SimulatedSip>(
      *this, config(near_host_, {{.name = "300", .peer = peer}, {.name = "301", .peer = peer}}));
}

std::optional<std::chrono::nanoseconds> SipWorld::next() const {
  const std::optional<milliseconds> next = events_.next();
  if (!next) return std::nullopt;
  return std::max<std::chrono::nanoseconds>(*next, clock_.now().monotonic);
}

void SipWorld::run() {
  const auto now = std::chrono::floor<milliseconds>(clock_.now().monotonic);
  for (auto next = events_.next(); next && *next <= now; next = events_.next()) {
    events_.pass_until(*next);
    if (provider_ != nullptr) provider_->poll();
    far_->poll();
  }
  events_.pass_until(now);
}

void SipWorld::kill() {
  far_->expect_to_be_heard(false);
  if (provider_ != nullptr) provider_->kill();
}

void SipWorld::break_or_mend(Random& random) {
  if (fair_) return;
  if (random.chance(40))
    network_.part(near_host_, far_host_);
  else
    network_.rejoin();
}

void SipWorld::heal() {
  network_.rejoin();
  weather_.heal();
  far_->calm();
}

std::chrono::nanoseconds SipWorld::patience() const {
  // Without faults only the parties themselves may end a call: session timers are off.
  return 3 * 64 * t1_ + (fair_ ? seconds(0) : kSession + weather_.late_by);
}

}  // namespace switchhook::simulator
