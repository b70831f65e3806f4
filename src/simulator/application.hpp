// SPDX-License-Identifier: Apache-2.0
#pragma once

// A simulated application: it does what its habit makes it do; its witness checks what it is told.
// Threads: the host's. Ownership: it belongs to its life; entrance, violations and ladder outlive it.

#include <string>
#include <vector>

#include "api/service.hpp"
#include "base/clock.hpp"
#include "simulator/entrance.hpp"
#include "simulator/ladder.hpp"
#include "simulator/random.hpp"
#include "simulator/witness.hpp"

namespace switchhook::simulator {

enum class Habit : std::uint8_t {
  polite,     ///< answers, clears what was disconnected, releases what is idle
  forgetful,  ///< the same, but releases nothing before it goes
  racing,     ///< asks for anything at any time, also with identifiers that are none
  dying,      ///< polite, and gone without a word at a random moment
  frozen,     ///< polite, and often does not react at all
  hostile,    ///< racing, with what no well-meaning program would send, and much of it
};
inline constexpr Habit kHabits[] = {Habit::polite, Habit::forgetful, Habit::racing,
                                    Habit::dying,  Habit::frozen,    Habit::hostile};

class SimulatedApplication final : private api::ServiceSink {
 public:
  struct World {
    Entrance& entrance;
    Violations& violations;
    const base::Clock& clock;
    Ladder* ladder = nullptr;          ///< null = nobody looks
    unsigned lines = 4;                ///< how many there are
    unsigned favourites = 0;           ///< of which the last are used as often as all others
    std::vector<std::string> numbers;  ///< that they dial, besides the usual ones
    api::Role role = api::Role::operating;
    std::uint32_t user = 1;  ///< whose it is
  };
  SimulatedApplication(World world, std::string name, Habit habit);

  /// Does one thing, or nothing. Call between steps of the host.
  void act(Random& random);
  /// Asks for everything that it holds.
  void look_at_all();
  /// The service died: nothing that it has of it means anything any more.
  void lose_service();
  /// Goes: politely by ShutDown, or by vanishing.
  void leave(bool vanish);
  [[nodiscard]] const Witness& witness() const { return witness_; }
  /// Identifiers of others, to misuse.
  void know_foreign(std::vector<api::CallId> calls) { foreign_ = std::move(calls); }

 private:
  void on_reply(api::Reply reply) override;
  void on_event(api::Event event) override;
  void on_disconnected(const Error& why) override;

  void ask(api::Command command);
  void open_or_call(Random& random);
  void react(Random& random, api::CallId call, CallState state);
  void try_anything(Random& random);
  void transfer(Random& random, api::CallId call);
  void swap(Random& random, api::CallId on_hold);
  void trace(Random& random);
  [[nodiscard]] api::LineId a_line(Random& random) const;
  [[nodiscard]] std::string number(Random& random) const;
  void insult(Random& random, api::CallId call);
  void note(bool to_service, const std::string& what);

  World world_;
  Witness witness_;
  Habit habit_;
  api::AppId app_;
  api::RequestId last_request_ = 0;
  std::vector<api::CallId> foreign_;
  std::vector<api::SessionId> sessions_;  // it heard of
};

}  // namespace switchhook::simulator
