// SPDX-License-Identifier: Apache-2.0
#pragma once

// A world for the engine: applications, one scripted provider, a clock that moves when told. Each
// act returns, in words and in order, what came out of the engine:
//
//   "A drop accepted"   the accepted reply to A's drop        "P drop normal"  a provider command
//   "A drop ok"         its completed reply                   "record"         a record was made
//   "A idle (normal, local user)"                             an event: a state of A's call
//   "A offering as owner"   a state with a newly given privilege, after "A appears as owner"
//   "A info owners_down"    changed information
//
// Line changes and timers are left out of the words. Whatever the test is about, after each step
// the world also checks what must always hold: one completed reply per request and none out of
// the blue, no event for a stale identifier, none after idle, one record per session, nothing to
// the provider about a call that was closed. `all_gone()` checks that every ledger is at zero.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "core/engine.hpp"

namespace switchhook::core::test {

using Words = std::vector<std::string>;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

inline constexpr std::uint8_t kOwner = static_cast<std::uint8_t>(Privilege::owner);
inline constexpr std::uint8_t kMonitor = static_cast<std::uint8_t>(Privilege::monitor);
inline constexpr std::uint8_t kNone = static_cast<std::uint8_t>(Privilege::none);

/// An application of the test.
struct TestApp {
  api::AppId id;
  std::string name;
  api::OpenId open;  ///< its (last) opening
  api::CallId call;  ///< its (last) identifier
};

class World {
 public:
  /// With one provider, named "test", and its line 0, named "100". Its lines take 32 bytes of
  /// user-user information.
  World();

  /// Before the first application.
  void policy(Policy policy) { engine_.policy(std::move(policy)); }
  void refuse_calls(const std::string& why) { engine_.refuse_calls(why); }

  // ---- applications
  TestApp& attach(const std::string& name, bool operator_rights = true);
  TestApp& attach(api::ApplicationInfo info);
  /// Attaches and opens the line.
  TestApp& app(const std::string& name, std::uint8_t privileges,
               std::uint32_t version = api::kApiVersionLatest,
               std::uint32_t media_modes = media::kVoice, api::LineId line = 0);
  /// Submits a command and returns what came out.
  Words act(TestApp& app, api::Command command);
  /// Submits a command and returns its completed reply, which must come in the same step.
  Result<api::Value> ask(TestApp& app, api::Command command);
  template <typename T>
  T ask_for(TestApp& app, api::Command command) {
    Result<api::Value> value = ask(app, std::move(command));
    EXPECT_TRUE(value.has_value()) << (value ? "" : value.error().text());
    return value ? std::get<T>(*value) : T{};
  }
  /// The value of that kind which a completed reply of the last step carried.
  template <typename T>
  T answered() const {
    for (const Output& output : last)
      if (const auto* reply = std::get_if<ToAppReply>(&output))
        if (reply->reply.result)
          if (const T* value = std::get_if<T>(&*reply->reply.result)) return *value;
    ADD_FAILURE() << "no such value was answered";
    return T{};
  }
  Words lose(TestApp& app);
  api::CallSnapshot snapshot(TestApp& app) {
    return ask_for<api::CallSnapshot>(app, api::GetCall{app.call});
  }

  // ---- the provider
  Words post(provider::Event event, ProviderId provider = 0);
  /// A call of the provider's, announced but without a state.
  provider::CallRef new_call(std::uint32_t media_modes = media::kVoice,
                             provider::LineNumber line = 0);
  Words report(provider::CallRef call, CallState state, std::uint8_t detail = 0);
  Words report(provider::CallRef call, CallState state, Cause cause);
  /// Completes the oldest uncompleted request of that command ("drop", "answer", …).
  Words complete(const std::string& what, std::optional<Error> error = std::nullopt);
  Words ended(provider::CallRef call, Confirmation confirmation = Confirmation::confirmed);
  /// Completes what is open and gives back every call the engine has closed.
  void give_back();
  /// Whether a right provider could report Ended: the call was born and has not ended.
  [[nodiscard]] bool may_end(provider::CallRef call) const {
    return born_refs_.contains(call.value) && !ended_refs_.contains(call.value);
  }
  [[nodiscard]] std::size_t uncompleted(const std::string& what) const;

  // ---- usual beginnings
  /// The maker's call, connected if wanted; apps that monitor the line get theirs.
  provider::CallRef make(TestApp& maker, bool connect = true, const std::string& site = {});
  /// An incoming call, offered.
  provider::CallRef offer(std::uint32_t media_modes = media::kVoice);
  /// Brings the call to a state by reports of the provider.
  void bring(provider::CallRef call, CallState state);

  // ---- time and everything else
  Words advance(std::chrono::nanoseconds by);
  Words apply(decltype(Input::what) what);
  /// None that is set now will ever come.
  void lose_timers() { due_.clear(); }
  Moment now() const { return now_; }

  /// The engine's own count of things it ignored because they came late or fit nothing.
  std::uint64_t late(TestApp& any);
  api::AuditReport audit(TestApp& any);
  /// Gives everything back and checks that every ledger is at zero and no timer runs.
  void all_gone();

  Outputs last;                      ///< of the last step, as they came
  std::vector<std::string> notices;  ///< for the operator's log
  std::vector<Record> records;       ///< all that were made
  std::set<std::uint64_t> timers;
  bool stopped = false;

 private:
  struct Command {
    provider::CallRef call;
    std::string what;
  };
  Words run(Input input);
  void take(const Output& output, Words& words);
  void take(const ToAppReply& out, Words& words);
  void take(const ToAppEvent& out, Words& words);
  void take(const ToProvider& out, Words& words);
  TestApp* by_id(api::AppId id);

  Engine engine_;
  Moment now_{seconds(1), seconds(1700000000)};
  std::map<std::string, TestApp> apps_;
  api::RequestId last_request_ = 0;
  std::uint64_t last_ref_ = 0;

  struct Asked {
    api::AppId app;
    std::string what;
    bool accepted = false;
    api::Command command;
  };
  std::map<api::RequestId, Asked> asked_;                           // not completed yet
  std::map<provider::RequestNumber, Command> commanded_;            // not completed yet
  std::set<std::uint64_t> idle_calls_, stale_calls_, known_calls_;  // identifiers
  std::set<std::uint64_t> closed_refs_, born_refs_, ended_refs_, recorded_;
  std::map<std::uint64_t, std::chrono::nanoseconds> due_;
  std::set<std::uint64_t> gone_apps_;
};

/// The base of the tests.
class EngineTest : public ::testing::Test {
 protected:
  World world;
};

}  // namespace switchhook::core::test
