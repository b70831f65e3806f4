// SPDX-License-Identifier: Apache-2.0
// The crash matrix: in each state of a call, the daemon dies at each step that its journal takes
// from then on to the call's end, with the SIP provider in it or in a process of its own; or that
// process dies, before and after each event of its own. SWITCHHOOK_LONG=1 takes every step;
// otherwise every fifth.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "tests/crash/far_end.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook {
namespace {

using test::DaemonProcess;
using test::eventually;
using test::FarEnd;
using test::TestClient;

/// An application beside a daemon that may be gone at any moment: a step that fails says no more
/// than that.
class Life {
 public:
  Life(DaemonProcess& daemon, FarEnd& far, std::uint16_t sip)
      : far_(far), sip_(sip), app_(daemon.socket(), "app") {}

  void open() {
    alice_ = app_.open("alice");
    bob_ = app_.open("bob");
  }
  void make(const std::string& behaviour, CallState state) {
    auto made = app_.port().call_for<api::MadeCall>(
        api::MakeCall{.open = alice_, .address = far_.address(behaviour)});
    if (!made) return;
    call_ = made->call;
    reach(state);
  }
  void be_called(bool proxied = false) {
    far_.call("bob", sip_, proxied);
    const auto notice = next([](const test::Notice& n) {
      const auto* event = std::get_if<api::Event>(&n);
      return event != nullptr && std::holds_alternative<api::CallAppeared>(*event);
    });
    if (!notice) return;
    call_ = std::get<api::CallAppeared>(std::get<api::Event>(*notice)).call;
  }
  template <typename Command>
  void ask() {
    static_cast<void>(app_.port().call(Command{call_}));
  }
  void answer() {
    ask<api::AnswerCall>();
    reach(CallState::connected);
  }
  void drop() {
    ask<api::DropCall>();
    reach(CallState::idle);
  }
  void far_hangs_up() {
    far_.hang_up();
    reach(CallState::disconnected);
  }
  void release() { ask<api::ReleaseCall>(); }
  void reach(CallState state) {
    static_cast<void>(next([&](const test::Notice& notice) {
      const auto* event = std::get_if<api::Event>(&notice);
      const auto* changed = event == nullptr ? nullptr : std::get_if<api::CallStateChanged>(event);
      return changed != nullptr && changed->call == call_ && changed->state == state;
    }));
  }

 private:
  /// The daemon is gone, or the lines are closed because the provider's process is.
  static bool is_end(const test::Notice& notice) {
    const auto* event = std::get_if<api::Event>(&notice);
    return std::holds_alternative<test::Disconnected>(notice) ||
           (event != nullptr && std::holds_alternative<api::LineClosed>(*event));
  }
  std::optional<test::Notice> next(const std::function<bool(const test::Notice&)>& wanted) {
    if (gone_) return std::nullopt;
    auto notice = app_.next([&](const test::Notice& n) { return is_end(n) || wanted(n); });
    gone_ = !notice || is_end(*notice);
    if (gone_) return std::nullopt;
    return notice;
  }
  FarEnd& far_;
  const std::uint16_t sip_;
  TestClient app_;
  api::OpenId alice_, bob_;
  api::CallId call_;
  bool gone_ = false;
};

struct Case {
  const char* name;
  std::function<void(Life&)> before;  ///< up to the state
  std::function<void(Life&)> after;   ///< from there on the daemon is mortal
};

std::vector<Case> cases() {
  const auto out = [](const char* behaviour, CallState state) {
    return [=](Life& life) { life.make(behaviour, state); };
  };
  const auto in = [](bool proxied) { return [=](Life& life) { life.be_called(proxied); }; };
  const auto nothing = [](Life&) {};
  const auto end = [](Life& life) {
    life.drop();
    life.release();
  };
  const auto talk = [](Life& life) {
    life.answer();
    life.drop();
    life.release();
  };
  return {
      {"made", nothing,
       [=](Life& life) {
         life.make("answer", CallState::connected);
         end(life);
       }},
      {"silent", out("silent", CallState::dialing), end},
      {"trying", out("trying", CallState::proceeding), end},
      {"ringing", out("ring", CallState::ringback), end},
      {"connected", out("answer", CallState::connected), end},
      {"proxied", out("proxied", CallState::connected),
       [=](Life& life) {
         life.ask<api::HoldCall>();
         end(life);
       }},
      {"held",
       [=](Life& life) {
         life.make("answer", CallState::connected);
         life.ask<api::HoldCall>();
       },
       end},
      {"left", out("answer", CallState::connected),
       [=](Life& life) {
         life.far_hangs_up();
         end(life);
       }},
      {"called", nothing,
       [=](Life& life) {
         life.be_called(true);
         talk(life);
       }},
      {"offered", in(false), talk},
      {"refused", in(false), end},
      {"accepted",
       [](Life& life) {
         life.be_called();
         life.ask<api::AcceptCall>();
       },
       talk},
      {"answered",
       [](Life& life) {
         life.be_called(true);
         life.answer();
       },
       end},
  };
}

enum class Mortal : std::uint8_t { daemon, daemon_with_process, process };

std::string config(std::uint16_t port, Mortal mortal) {
  // The applications are to see at once that the daemon died.
  std::string out = "[service]\nrestore_s = 0\n[sip]\nport = " + std::to_string(port) +
                    "\nprocess = \"" + (mortal == Mortal::daemon ? "daemon" : "own") + "\"\n";
  for (const char* line : {"alice", "bob"})
    out += "[[sip.line]]\nname = \"" + std::string(line) + "\"\nt1_ms = 50\n";
  return out;
}

void PrintTo(const Case& the, std::ostream* out) {
  *out << the.name;
}

class CrashMatrix : public testing::TestWithParam<std::tuple<Case, Mortal>> {};

/// Repeated to the next daemon, where no program had the line open yet: that is no session.
bool offered_to_nobody(const FarEnd::Call& call) {
  return call.calling && call.end == "480";
}

/// All calls are over at their far end, and there is one record of each.
void expect_all_ended(FarEnd& far, TestClient& after) {
  EXPECT_TRUE(eventually([&] { return far.all_over(); }));
  const auto calls = far.calls();
  const auto sessions_at_least =
      std::count_if(calls.begin(), calls.end(), std::not_fn(offered_to_nobody));
  EXPECT_TRUE(eventually([&] { return std::ssize(after.records()) >= sessions_at_least; }));
  std::map<std::string, int> records;
  std::set<std::uint64_t> sessions;
  for (const Record& record : after.records()) {
    ++records[record.provider_call_id];
    EXPECT_TRUE(sessions.insert(record.session).second) << "a second record";
    EXPECT_TRUE(record.end.has_value() && record.state == CallState::idle);
  }
  for (const FarEnd::Call& call : far.calls()) {
    EXPECT_LE(records[call.call_id], 1) << call.call_id;
    EXPECT_TRUE(records[call.call_id] == 1 || offered_to_nobody(call))
        << call.call_id << " ended by " << call.end;
    EXPECT_TRUE(call.over);
    EXPECT_EQ(call.faults, std::vector<std::string>{});
    EXPECT_LE(call.ends, 1);
  }
}

/// One life with a SIP provider's process that dies at a step. False when it lived to the end.
bool live_and_lose(const Case& the, int step) {
  SCOPED_TRACE(std::string(the.name) + ", step " + std::to_string(step));
  FarEnd far;
  const std::uint16_t sip = test::port_to_come_back_to();
  const test::TempFolder folder;
  const std::string armed = folder / "armed";
  DaemonProcess daemon({.config = config(sip, Mortal::process),
                        .environment = {{"DIE_AT", std::to_string(step)},
                                        {"MORTAL", armed},
                                        {"MORTAL_PROCESS", "1"}},
                        .program = SWITCHHOOK_MORTAL});
  const auto died = [&] { return daemon.log().find("it died") != std::string::npos; };
  const bool silent = std::string(the.name) == "silent";
  {
    Life life(daemon, far, sip);
    life.open();
    the.before(life);
    std::ofstream(armed) << "x";
    the.after(life);
    // Nothing more may come; or its end, for a moment.
    eventually(died, std::chrono::milliseconds(150));
  }
  // To one that never said a word nothing is sent until it does, but by another process.
  if (silent && !died()) return false;
  TestClient after(daemon.socket(), "after");
  expect_all_ended(far, after);
  EXPECT_TRUE(eventually([&] { return after.audit().clean(); }));
  return died();
}

/// One life of a daemon that dies at a step. False when it lived to the end.
bool live_and_die(const Case& the, Mortal mortal, int step) {
  SCOPED_TRACE(std::string(the.name) + ", step " + std::to_string(step));
  FarEnd far;
  const std::uint16_t sip = test::port_to_come_back_to();
  const test::TempFolder folder;
  const std::string armed = folder / "armed";
  DaemonProcess daemon({.config = config(sip, mortal),
                        .environment = {{"DIE_AT", std::to_string(step)}, {"MORTAL", armed}},
                        .program = SWITCHHOOK_MORTAL});
  bool died = false, lived = false;
  {
    Life life(daemon, far, sip);
    life.open();
    the.before(life);
    std::ofstream(armed) << "x";
    the.after(life);
    // What is left to do for its journal: at the latest when it stops. A far end that never said a
    // word is not waited for there (9.1 of RFC 3261 forbids to cancel), but by the next one.
    const bool silent = std::string(the.name) == "silent";
    if (daemon.process().wait(std::chrono::milliseconds(150)) < 0) {
      lived = true;
      daemon.process().signal(silent ? SIGKILL : SIGTERM);
    }
    died = daemon.process().wait(std::chrono::seconds(20)) == 128 + SIGKILL && !(silent && lived);
  }
  daemon.start(DaemonProcess::program());
  TestClient after(daemon.socket(), "after");
  expect_all_ended(far, after);
  return died;
}

TEST_P(CrashMatrix, EveryCallIsEndedAndRecordedOnce) {
  const char* thorough = std::getenv("SWITCHHOOK_LONG");
  const int stride = thorough != nullptr && *thorough != 0 ? 1 : 5;
  int deaths = 0;
  const auto& [the, mortal] = GetParam();
  const auto live = [](const Case& one, Mortal who, int step) {
    return who == Mortal::process ? live_and_lose(one, step) : live_and_die(one, who, step);
  };
  for (int step = 1; live(the, mortal, step); step += stride) {
    ++deaths;
    if (HasFailure()) return;
    ASSERT_LT(step, 500);
  }
  EXPECT_GT(deaths, 0);
}

std::string name_of(const testing::TestParamInfo<std::tuple<Case, Mortal>>& each) {
  const auto& [the, mortal] = each.param;
  const char* who = mortal == Mortal::daemon                ? ""
                    : mortal == Mortal::daemon_with_process ? "_daemon_with_process"
                                                            : "_process";
  return std::string(the.name) + who;
}

INSTANTIATE_TEST_SUITE_P(
    States, CrashMatrix,
    testing::Combine(testing::ValuesIn(cases()),
                     testing::Values(Mortal::daemon, Mortal::daemon_with_process, Mortal::process)),
    name_of);

}  // namespace
}  // namespace switchhook
