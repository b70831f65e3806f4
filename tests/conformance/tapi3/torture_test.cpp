// SPDX-License-Identifier: Apache-2.0
// Reference counts under load: many threads live calls through the exchange and query, copy and
// release random interfaces of them in random order, also inside the event handler; at the end no
// object, no identifier and no ledger entry is left. The number of lives is
// SWITCHHOOK_TORTURE_LIVES (the soak test sets 1,000,000).
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>

#include "tests/conformance/tapi3/world.hpp"

namespace tapi3_tests {
namespace {

/// References of one thread on its call, through whatever interface.
class Handful {
 public:
  explicit Handful(std::uint32_t seed) : random_(seed) {}
  void begin(Ptr<IUnknown> call) {
    held_.clear();
    held_.push_back(std::move(call));
  }
  /// Queries, copies and releases; never the last one.
  void shuffle(int times) {
    static const IID* const kInterfaces[] = {
        &IID_IUnknown,        &IID_IDispatch,          &IID_ITCallInfo,
        &IID_ITCallInfo2,     &IID_ITBasicCallControl, &IID_ITBasicCallControl2,
        &IID_ITStreamControl, &IID_IEnumCall /* it has none */};
    for (int i = 0; i < times; ++i) {
      const std::size_t at = random_() % held_.size();
      switch (random_() % 4) {
        case 0:
        case 1: {
          Ptr<IUnknown> other;
          const IID& iid = *kInterfaces[random_() % 8];
          if (held_[at]->QueryInterface(iid, other.out_void()) == S_OK) held_.push_back(other);
          break;
        }
        case 2:
          held_.push_back(held_[at]);
          break;
        default:
          if (held_.size() > 1) {
            std::swap(held_[at], held_.back());
            held_.pop_back();
          }
      }
      if (held_.size() > 16) held_.resize(4);
    }
  }
  [[nodiscard]] Ptr<ITBasicCallControl> control() { return any().as<ITBasicCallControl>(); }
  [[nodiscard]] Ptr<ITCallInfo> info() { return any().as<ITCallInfo>(); }
  void end() {
    std::shuffle(held_.begin(), held_.end(), random_);
    while (!held_.empty()) held_.pop_back();
  }
  std::mt19937& random() { return random_; }

 private:
  Ptr<IUnknown>& any() { return held_[random_() % held_.size()]; }
  std::mt19937 random_;
  std::vector<Ptr<IUnknown>> held_;
};

/// Does in the handler what a careless program might: keeps some events and calls for a while.
class Jumble final : public tapi3::EventSink {
 protected:
  void on_event(TAPI_EVENT, IDispatch* event) override {
    kept_[next_++ % kept_.size()] = Ptr<IDispatch>(event);
  }
  void on_call_state(ITCallStateEvent* event) override {
    Ptr<ITCallInfo> call;
    if (SUCCEEDED(event->get_Call(call.out()))) calls_[next_ % calls_.size()] = call;
  }

 private:
  std::array<Ptr<IDispatch>, 7> kept_;
  std::array<Ptr<ITCallInfo>, 5> calls_;
  std::size_t next_ = 0;
};

long lives_wanted() {
  const char* wanted = std::getenv("SWITCHHOOK_TORTURE_LIVES");
  return wanted != nullptr ? std::atol(wanted) : 2000;
}

TEST(Tapi3Torture, ReferenceCountsComeToZero) {
  World world;
  {
    tapi3::Apartment apartment;
    Ptr<ITTAPI> tapi;
    ASSERT_EQ(tapi3::create(tapi), S_OK);
    ASSERT_EQ(tapi->Initialize(), S_OK);
    ASSERT_EQ(tapi->put_EventFilter(TE_CALLSTATE | TE_CALLNOTIFICATION | TE_CALLINFOCHANGE), S_OK);
    Ptr<Jumble> sink = tapi3::make_sink<Jumble>();
    tapi3::Connection connection(tapi.get(), sink.get());
    ASSERT_EQ(connection.result(), S_OK);
    // The program monitors its own line's calls of others: nobody's, but the path is open.
    long cookie = 0;
    ASSERT_EQ(
        tapi->RegisterCallNotifications(tapi3::find_address(tapi.get(), "101").get(), VARIANT_TRUE,
                                        VARIANT_FALSE, TAPIMEDIATYPE_AUDIO, 0, &cookie),
        S_OK);
    constexpr int kThreads = 6;
    const long wanted = lives_wanted();
    std::atomic<long> lives{0};
    std::atomic<long> failures{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        Handful handful(static_cast<std::uint32_t>(1000 + t));
        Ptr<ITAddress> address = tapi3::find_address(tapi.get(), t % 2 == 0 ? "100" : "101");
        const Text to("200");
        while (lives.fetch_add(1) < wanted) {
          Ptr<ITBasicCallControl> call;
          if (address->CreateCall(to.get(), LINEADDRESSTYPE_PHONENUMBER, TAPIMEDIATYPE_AUDIO,
                                  call.out()) != S_OK) {
            ++failures;
            continue;
          }
          handful.begin(Ptr<IUnknown>(call.get()));
          call.reset();
          handful.shuffle(12);
          if (handful.random()() % 16 == 0) {  // never connected
            handful.end();
            continue;
          }
          const bool wait = handful.random()() % 2 == 0;
          if (handful.control()->Connect(wait ? VARIANT_TRUE : VARIANT_FALSE) != S_OK) ++failures;
          handful.shuffle(12);
          CALL_STATE state = CS_IDLE;
          if (handful.info()->get_CallState(&state) != S_OK) ++failures;
          if (handful.random()() % 8 != 0) {  // some are released alive
            if (FAILED(handful.control()->Disconnect(DC_NORMAL))) ++failures;
            handful.shuffle(8);
          }
          handful.end();
        }
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(failures.load(), 0);
    connection.end();
    EXPECT_EQ(tapi->Shutdown(), S_OK);
  }
  EXPECT_TRUE(eventually([] { return switchhook_tapi3_objects() == 0; }))
      << switchhook_tapi3_objects();
  EXPECT_EQ(switchhook_tapi3_leaks(nullptr, nullptr), 0u);
  EXPECT_TRUE(world.comes_to_zero());
}

// Two programs, one of them watching the other: every call has two objects in one process.
TEST(Tapi3Torture, WithAMonitorOfEveryCallNothingIsLeft) {
  World world;
  {
    Program owner;
    owner.sink->keep_calls(false);
    Program monitor;
    monitor.sink->keep_calls(false);
    monitor.listen("100", false, true);
    const long wanted = std::min(lives_wanted(), 500L);
    std::vector<std::thread> threads;
    std::atomic<long> lives{0};
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        Ptr<ITAddress> address = owner.address("100");
        const Text to("200");
        while (lives.fetch_add(1) < wanted) {
          Ptr<ITBasicCallControl> call;
          EXPECT_EQ(address->CreateCall(to.get(), LINEADDRESSTYPE_PHONENUMBER, TAPIMEDIATYPE_AUDIO,
                                        call.out()),
                    S_OK);
          EXPECT_EQ(call->Connect(VARIANT_TRUE), S_OK);
          EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
        }
      });
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_TRUE(eventually([] { return switchhook_tapi3_objects() == 0; }));
  EXPECT_TRUE(world.comes_to_zero());
}

}  // namespace
}  // namespace tapi3_tests
