// SPDX-License-Identifier: Apache-2.0
#pragma once

// The world of the exhaustion: an engine, two applications, a provider with one call, and the
// messages between engine and provider that have not arrived yet. It does one
// step at a time, as its caller says. Threads: one.

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/engine.hpp"
#include "simulator/ladder.hpp"
#include "simulator/witness.hpp"

namespace switchhook::simulator {

/// Where the call stands when the endings begin.
enum class Phase : std::uint8_t {
  making,  ///< MakeCall is on its way
  dialing,
  ringback,
  connected,  ///< outgoing
  on_hold,
  offering,      ///< incoming
  answered,      ///< incoming, connected
  disconnected,  ///< the far end hung up, nobody has cleared it
};
inline constexpr std::size_t kPhases = static_cast<std::size_t>(Phase::disconnected) + 1;

/// What the second application is to the call.
enum class Second : std::uint8_t { none, monitor, owner };
inline constexpr std::size_t kSeconds = 3;

enum class Ending : std::uint8_t {
  none,
  a_drops,
  a_gives_up,  ///< its ownership
  a_releases,
  a_closes_line,
  a_shuts_down,
  a_vanishes,
  b_drops,
  b_gives_up,
  b_releases,
  b_closes_line,
  b_shuts_down,
  b_vanishes,
  far_end_hangs_up,
  provider_says_idle,
  provider_loses_it,
  line_closed_by_force,
  line_gone,
  provider_fails,
  no_answer_limit,
  length_limit,
  service_stops,
  operator_reclaims,
  operator_hangs_up,
};
inline constexpr std::size_t kEndings = static_cast<std::size_t>(Ending::operator_hangs_up) + 1;

[[nodiscard]] std::string_view to_string(Phase phase);
[[nodiscard]] std::string_view to_string(Second second);
[[nodiscard]] std::string_view to_string(Ending ending);

class SmallWorld {
 public:
  SmallWorld(Violations& violations, Ladder* ladder);

  /// Brings the call to the phase, all messages delivered but those that make it the phase.
  void begin(Phase phase, Second second);
  /// Whether it can happen now.
  [[nodiscard]] bool possible(Ending ending) const;
  void happen(Ending ending);
  [[nodiscard]] bool command_under_way() const { return !commands_.empty(); }
  [[nodiscard]] bool event_under_way() const { return !events_.empty(); }
  void deliver_command();
  void deliver_event();
  /// Everybody goes, time passes, everything has to be returned.
  void finish();
  /// All that can be seen of the world, as one number.
  [[nodiscard]] std::uint64_t state();
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

 private:
  struct App {
    App(Violations& violations, const char* name) : witness(violations, name) {}
    api::AppId id;
    Witness witness;
    api::OpenId open;
    api::CallId call;
    api::RequestId last = 0;
    std::optional<api::AuditReport> audit;
    // What the inspector was told last.
    std::vector<Record> sessions;
    std::string seen;
  };

  void apply(decltype(core::Input::what) what);
  void carry_out(core::Output& output);
  App* app_of(api::AppId id);
  void attach(App& app);
  void open(App& app, Privilege privilege);
  void ask(App& app, api::Command command);
  void post(provider::Event event);
  void report(CallState state, std::optional<Cause> cause = {});
  void react(const provider::Command& command);
  void complete(provider::RequestNumber request, bool good = true);
  void deliver_all();
  void look();
  void pass(std::chrono::nanoseconds time);
  void keep(const Record& record);
  void note(const std::string& from, const std::string& to, const std::string& what);

  Violations& violations_;
  Ladder* ladder_;  // (ref) may be null
  core::Engine engine_;
  core::Outputs outputs_;
  Moment now_{std::chrono::seconds(1), std::chrono::seconds(1)};
  std::map<std::uint64_t, std::chrono::nanoseconds> timers_;
  App a_, b_, inspector_;
  ProviderWitness provider_;
  std::deque<provider::Command> commands_;
  std::deque<provider::Event> events_;
  provider::CallRef call_;
  // the provider's side
  bool has_call_ = false;
  bool provider_gone_ = false;
  bool line_gone_ = false;
  bool let_go_ = false;  ///< released by an owner: it may live on without one
  CallState reported_ = CallState::unknown;
  std::set<std::uint64_t> records_;
  bool born_ = false;
  bool stopped_ = false, stopping_ = false;
  std::uint64_t steps_ = 0;
};

}  // namespace switchhook::simulator
