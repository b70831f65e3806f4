// SPDX-License-Identifier: Apache-2.0
// Session timers (RFC 4028) in virtual time: who refreshes, and that no call outlives a far end
// that is gone, whatever is answered to a refresh. Defects D5, I1, I2.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/sip/virtual_wire.hpp"

namespace switchhook::sip::usage::test {
namespace {

using namespace std::chrono_literals;
using Refresher = SessionTimes::Refresher;
constexpr auto kInterval = 1800s;

bool is_refresh(const Packet& packet) {
  return packet.method == Method::invite && !packet.response && packet.cseq > 1;
}

/// A call that is set up at once; `forge` sees every packet.
struct Call {
  explicit Call(std::function<void(Packet&)> forge = {},
                std::function<bool(const Packet&)> lose = {})
      : wire(
            {.swallow = std::move(lose), .forge = std::move(forge), .session_expires = kInterval}) {
    wire.answer_after(100ms);
    wire.at(0ms, kCaller, Start{"offer", {}});
    wire.run(1s);
    EXPECT_EQ(wire.usage(kCaller).state(), State::confirmed) << wire.ladder();
  }
  [[nodiscard]] int refreshes(int end) const {
    return wire.log(end).invites - (end == kCaller ? 1 : 0);
  }
  void expect_alive() {
    for (int end : {kCaller, kCallee})
      EXPECT_EQ(wire.usage(end).state(), State::confirmed) << wire.ladder();
  }
  void expect_over() {
    for (int end : {kCaller, kCallee}) {
      EXPECT_TRUE(wire.usage(end).finished()) << end << wire.ladder();
      EXPECT_EQ(wire.log(end).finished, 1);
      EXPECT_TRUE(wire.log(end).wrongs.empty()) << wire.log(end).wrongs.front() << wire.ladder();
    }
  }
  VirtualWire wire;
};

TEST(SessionTimer, IsRefreshedByTheCallerAfterHalfTheTimeForAsLongAsTheCallLasts) {
  Call call;
  call.wire.run(4h + 50min);
  call.expect_alive();
  EXPECT_EQ(call.refreshes(kCaller), 19) << "each 900 s";
  EXPECT_EQ(call.refreshes(kCallee), 0);
  for (const Output& report : call.wire.log(kCallee).reports)
    EXPECT_FALSE(std::holds_alternative<ReofferDone>(report));
  call.wire.at(0ms, kCaller, Drop{});
  EXPECT_TRUE(call.wire.run(1h)) << "no timer is left";
  call.expect_over();
  EXPECT_EQ(call.wire.log(kCallee).disconnected, 1);
}

TEST(SessionTimer, IsRefreshedByTheCalleeWhereTheCallerKnowsNothingOfIt) {
  Call call([](Packet& packet) {
    if (!packet.response && packet.to == kCallee) packet.times = {};
  });
  call.wire.run(2h);
  call.expect_alive();
  EXPECT_EQ(call.refreshes(kCaller), 0);
  EXPECT_GE(call.refreshes(kCallee), 7);
}

TEST(SessionTimer, KeepsItsRefresherWhenTheOtherOneReoffers) {
  Call call;
  call.wire.at(10s, kCallee, Reoffer{"hold"});
  call.wire.run(2h);
  call.expect_alive();
  EXPECT_EQ(call.refreshes(kCallee), 1);
  EXPECT_GE(call.refreshes(kCaller), 7);
}

TEST(SessionTimer, EndsTheCallOnBothSidesWhenTheFarEndIsGone) {
  bool gone = false;
  Call call({}, [&](const Packet&) { return gone; });
  gone = true;
  call.wire.run(1h);
  call.expect_over();
  for (int end : {kCaller, kCallee}) {
    EXPECT_EQ(call.wire.log(end).disconnected, 1);
    EXPECT_EQ(call.wire.log(end).byes, 1);
    EXPECT_EQ(call.wire.log(end).confirmation, Confirmation::unconfirmed);
  }
}

TEST(SessionTimer, ARefreshThatIsLostEndsTheCall) {
  Call call({}, [](const Packet& packet) { return is_refresh(packet); });
  call.wire.run(1h);
  call.expect_over();
  EXPECT_EQ(call.wire.log(kCaller).byes + call.wire.log(kCallee).byes, 1)
      << "the refresh that nobody answers ends it: RFC 3261 12.2.1.2";
}

/// I1: whatever the far end answers to a refresh.
TEST(SessionTimer, EveryAnswerToARefreshKeepsTheCallOrEndsIt) {
  constexpr std::uint16_t kAnswers[] = {200, 401, 408, 422, 481, 488, 491,
                                        500, 501, 502, 503, 504, 603};
  for (const std::uint16_t status : kAnswers) {
    SCOPED_TRACE(status);
    Call call([&](Packet& packet) {
      if (packet.method == Method::invite && packet.response && packet.cseq > 1 &&
          packet.status == 200)
        packet.status = status;
    });
    call.wire.run(40min);
    if (status == 200) {
      call.expect_alive();
      continue;
    }
    EXPECT_TRUE(call.wire.usage(kCaller).finished()) << call.wire.ladder();
    EXPECT_EQ(call.wire.log(kCaller).disconnected, 1);
    EXPECT_LE(call.wire.log(kCaller).byes, 1);
    EXPECT_LT(call.refreshes(kCaller), 40) << "tries are bounded";
  }
}

/// A usage alone, its INVITE answered by the test.
class Asker {
 public:
  Asker() {
    settings_.session_expires = kInterval;
    Identity identity;
    identity.call_id = "c";
    identity.local_tag = "us";
    identity.local = identity.remote = "<sip:a@x>";
    identity.target = "sip:a@x";
    usage = std::make_unique<Usage>(settings_, identity);
    feed(Start{"offer", {}});
  }
  void feed(const Input& input) {
    out.clear();
    static_cast<void>(usage->apply(input, out));
    for (const Output& output : out)
      if (const auto* sent = std::get_if<SendRequest>(&output);
          sent != nullptr && sent->request.method == Method::invite)
        invites.push_back(*sent);
  }
  void answer(std::uint16_t status, SessionTimes times) {
    feed(ResponseIn{.transaction = invites.back().transaction,
                    .method = Method::invite,
                    .cseq = invites.back().request.cseq,
                    .status = status,
                    .remote_tag = "t",
                    .body = "sdp",
                    .times = times});
  }
  [[nodiscard]] bool sets(Timer timer) const {
    return std::any_of(out.begin(), out.end(), [timer](const Output& output) {
      const auto* set = std::get_if<SetTimer>(&output);
      return set != nullptr && set->timer == timer;
    });
  }
  std::unique_ptr<Usage> usage;
  Outputs out;
  std::vector<SendRequest> invites;

 private:
  Settings settings_;
};

TEST(SessionTimer, WhatTheAnswerSaysDecidesWhoRefreshes) {
  struct Case {
    SessionTimes answered;
    bool ours, watched;
  };
  const Case cases[] = {
      {{}, false, false},  // the far end knows nothing of session timers
      {{.expires_s = 600, .refresher = Refresher::uac}, true, true},
      {{.expires_s = 600, .refresher = Refresher::uas}, false, true},
      {{.expires_s = 600}, true, true},
  };
  for (const auto& [answered, ours, watched] : cases) {
    Asker asker;
    EXPECT_EQ(asker.invites.back().request.times.expires_s, 1800u);
    EXPECT_TRUE(asker.invites.back().request.times.supported);
    asker.answer(200, answered);
    EXPECT_EQ(asker.sets(Timer::refresh), ours);
    EXPECT_EQ(asker.sets(Timer::unrefreshed), watched);
  }
}

TEST(SessionTimer, AnIntervalThatIsTooShortIsAskedForAgainAFewTimes) {
  Asker asker;
  const std::uint32_t first = asker.invites.back().request.cseq;
  for (std::uint32_t tries = 1; tries <= 3; ++tries) {
    asker.answer(422, {.min_s = 1800 + tries});
    ASSERT_EQ(asker.invites.size(), 1 + tries);
    EXPECT_EQ(asker.invites.back().request.times.expires_s, 1800 + tries);
    EXPECT_EQ(asker.invites.back().request.times.min_s, 1800 + tries);
    EXPECT_EQ(asker.invites.back().request.cseq, first + tries);
  }
  asker.answer(422, {.min_s = 5000});
  EXPECT_EQ(asker.invites.size(), 4u);
  EXPECT_TRUE(asker.usage->finished());
}

TEST(SessionTimer, A422ThatAsksForNoMoreIsARefusal) {
  Asker asker;
  asker.answer(422, {});
  EXPECT_EQ(asker.invites.size(), 1u);
  EXPECT_TRUE(asker.usage->finished());
}

/// D5: the timer's end, our drop and their BYE at every distance from each other.
TEST(SessionTimer, ItsEndADropAndAByeAreOneEndWhateverTheOrder) {
  for (int ms = -40; ms <= 40; ms += 4) {
    Call call({}, [](const Packet& packet) { return is_refresh(packet); });
    const auto end = kInterval - 32s;  // of the callee's patience
    call.wire.at(end + milliseconds(ms) - 1s, kCallee, Drop{});
    call.wire.at(end - 1s, kCaller, Drop{});
    call.wire.run(1h);
    call.expect_over();
    EXPECT_LE(call.wire.log(kCallee).byes, 1);
    EXPECT_LE(call.wire.log(kCaller).byes, 1);
  }
}

TEST(SessionTimer, WhatACallerAsksForIsGrantedWithinOurLimits) {
  struct Case {
    SessionTimes asked;
    std::uint32_t granted;
    Refresher refresher;
  };
  const Case cases[] = {
      {{.expires_s = 600, .supported = true}, 600, Refresher::uac},
      {{.expires_s = 7200, .supported = true}, 1800, Refresher::uac},
      {{.expires_s = 7200, .min_s = 3600, .supported = true}, 3600, Refresher::uac},
      {{.expires_s = 600, .refresher = Refresher::uas, .supported = true}, 600, Refresher::uas},
      {{.expires_s = 600, .refresher = Refresher::uac}, 600, Refresher::uas},
      {{.supported = true}, 1800, Refresher::uas},
      {{}, 1800, Refresher::uas},
  };
  for (const Case& one : cases) {
    Settings settings;
    settings.session_expires = kInterval;
    Identity identity;
    identity.call_id = "c";
    identity.local_tag = "us";
    identity.local = identity.remote = "<sip:a@x>";
    identity.target = "sip:a@x";
    Usage usage(settings, identity);
    Outputs out;
    static_cast<void>(usage.apply(RequestIn{.server = 1,
                                            .method = Method::invite,
                                            .cseq = 1,
                                            .remote_tag = "t",
                                            .body = "sdp",
                                            .times = one.asked},
                                  out));
    static_cast<void>(usage.apply(Answer{"answer", {}}, out));
    const auto answer = std::find_if(out.begin(), out.end(), [](const Output& output) {
      return std::holds_alternative<SendResponse>(output);
    });
    ASSERT_NE(answer, out.end());
    const SessionTimes& times = std::get<SendResponse>(*answer).times;
    EXPECT_EQ(times.expires_s, one.granted);
    EXPECT_EQ(times.refresher, one.refresher);
  }
}

}  // namespace
}  // namespace switchhook::sip::usage::test
