// SPDX-License-Identifier: Apache-2.0
// Redialling without end on lines whose registrations come and go: calls are made and dropped as
// fast as they are taken, in every stage, while their lines lose their registrars and find them
// again. Each call ends once, and nothing is left.
#include <atomic>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "base/mutex.hpp"
#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"
#include "tests/sip/scripted.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;
using provider::Event;
constexpr provider::LineNumber kLines = 64;
constexpr std::size_t kInFlight = 30;

/// Registrar of all lines, and whoever they call.
class Exchange {
 public:
  Exchange() : thread_([this] { serve(); }) {}
  ~Exchange() {
    over_ = true;
    thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return far_.port(); }
  [[nodiscard]] std::string uri() const { return far_.uri(); }

 private:
  void serve() {
    std::mt19937 random(3);
    std::map<std::string, std::string> invites;  // that are not answered
    while (!over_) {
      const std::string request = far_.receive(50);
      if (is_request(request, "REGISTER")) {
        if (random() % 3 == 0) {
          far_.reply(request, 503);
        } else {
          far_.send(far_.response(request, 200, false, "Expires: 1\r\n"));
        }
      } else if (is_request(request, "INVITE")) {
        take_invite(request, random() % 4, invites);
      } else if (is_request(request, "CANCEL")) {
        far_.reply(request, 200);
        const auto invite = invites.find(header(request, "Call-ID"));
        if (invite == invites.end()) continue;
        far_.reply(invite->second, 487);
        invites.erase(invite);
      } else if (is_request(request, "BYE")) {
        far_.reply(request, 200);
      }
    }
  }
  void take_invite(const std::string& invite, unsigned kind,
                   std::map<std::string, std::string>& invites) {
    if (kind == 0) return far_.reply(invite, 486);
    far_.reply(invite, 180);
    if (kind == 1) return far_.reply(invite, 200, true);
    invites[header(invite, "Call-ID")] = invite;  // rings until it is cancelled
  }

  FarEnd far_{FarEnd::By::udp};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

/// Takes the provider's events one by one.
class Queue final : public provider::Sink {
 public:
  void post(Event event) override {
    {
      base::Lock lock(mutex_);
      events_.push_back(std::move(event));
    }
    came_.notify_all();
  }
  std::optional<Event> next() {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    base::Lock lock(mutex_);
    while (events_.empty())
      if (came_.wait_until(mutex_, until) == std::cv_status::timeout) return std::nullopt;
    Event event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

 private:
  base::Mutex mutex_;
  base::Condition came_;
  std::deque<Event> events_ SWITCHHOOK_GUARDED_BY(mutex_);
};

Config storm_config(std::uint16_t registrar) {
  Config config = test_config();
  config.lines.clear();
  for (provider::LineNumber i = 0; i < kLines; ++i)
    config.lines.push_back(LineConfig{.name = "line" + std::to_string(i),
                                      .mode = LineMode::account,
                                      .registrar = "sip:127.0.0.1:" + std::to_string(registrar),
                                      .t1 = std::chrono::milliseconds(50)});
  return config;
}

class Storm {
 public:
  explicit Storm(std::size_t cycles) : cycles_(cycles) {}

  void run() {
    const std::unique_ptr<provider::Provider> provider =
        make_provider(storm_config(exchange_.port()));
    ASSERT_TRUE(provider->start(queue_));
    provider_ = provider.get();
    while (!enough() || !live_.empty()) {
      while (!enough() && live_.size() < kInFlight) make();
      const std::optional<Event> event = queue_.next();
      ASSERT_TRUE(event) << made_ << " made, " << ended_ << " ended, " << refused_ << " refused";
      std::visit([this](const auto& what) { on(what); }, *event);
    }
    EXPECT_GT(refused_, 0u) << "no line was ever out of service";
    expect_nothing_left();
    provider_->submit(provider::Stop{});
    for (std::optional<Event> event; (event = queue_.next());)
      if (std::holds_alternative<provider::Stopped>(*event)) return;
    ADD_FAILURE() << "never stopped";
  }

 private:
  void make() {
    const CallRef call{++made_};
    provider_->submit(provider::MakeCall{.call = call,
                                         .request = made_,
                                         .line = static_cast<provider::LineNumber>(made_ % kLines),
                                         .address = exchange_.uri()});
    live_.insert(call.value);
    if (random_() % 3 == 0) drop(call);  // before anything has come of it
  }
  void drop(CallRef call) {
    if (!dropped_.insert(call.value).second) return;
    provider_->submit(provider::Drop{.call = call, .request = kDrops + call.value});
  }

  void on(const provider::Completed& done) {
    if (done.request > kDrops || !done.error) return;
    EXPECT_EQ(done.error->code, Errc::line_unavailable) << done.error->text();
    EXPECT_EQ(live_.erase(done.call.value), 1u);
    ++refused_;
  }
  void on(const provider::StateChanged& changed) {
    if (changed.state == CallState::dialing) return;
    if (changed.state == CallState::disconnected || random_() % 2 == 0 ||
        changed.state == CallState::connected || changed.state == CallState::ringback)
      drop(changed.call);
  }
  void on(const provider::Ended& ended) {
    EXPECT_EQ(live_.erase(ended.call.value), 1u) << "ended twice";
    EXPECT_NE(ended.confirmation, Confirmation::unconfirmed);
    provider_->submit(provider::CloseCall{ended.call});
    dropped_.erase(ended.call.value);
    ++ended_;
  }
  void on(const provider::LineStatus& status) {
    if (status.in_service && ++came_[status.line] == 2) ++back_;
  }
  template <typename Other>
  void on(const Other&) {}

  void expect_nothing_left() {
    provider_->submit(provider::ReportLedger{1});
    for (std::optional<Event> event; (event = queue_.next());)
      if (const auto* report = std::get_if<provider::LedgerReport>(&*event)) {
        EXPECT_EQ(report->booked, decltype(report->booked){});
        EXPECT_EQ(report->found, decltype(report->found){});
        return;
      }
    ADD_FAILURE() << "no ledger";
  }

  /// Calls were made, and a good part of the lines was lost and has come back.
  [[nodiscard]] bool enough() const { return ended_ >= cycles_ && back_ >= kLines / 4; }

  static constexpr provider::RequestNumber kDrops = 1u << 30;
  const std::size_t cycles_;
  Exchange exchange_;
  Queue queue_;
  provider::Provider* provider_ = nullptr;  // (ref)
  std::mt19937 random_{5};
  std::set<std::uint64_t> live_, dropped_;
  std::map<provider::LineNumber, int> came_;
  std::size_t made_ = 0, ended_ = 0, refused_ = 0, back_ = 0;
};

TEST(RedialStorm, OnLinesWhoseRegistrationsComeAndGoLeavesNothing) {
  const char* wanted = std::getenv("SWITCHHOOK_LONG");
  Storm storm(wanted != nullptr && *wanted != 0 ? 100000 : 5000);
  storm.run();
}

}  // namespace
}  // namespace switchhook::sip::test
