// SPDX-License-Identifier: Apache-2.0
#pragma once

// Races at the end of a session, played on the wire: real providers, or one and a script, on both
// sides of a relay; what must hold in every run; and the sweep that plays a race over UDP, TCP and
// TLS, with each message lost, late, doubled and reordered in turn, or the connection reset at it.
// A part of them in an ordinary run, all of them with SWITCHHOOK_LONG=1. Threads: a race is played
// by one thread; several are played at once. Ownership: a World owns everything in it.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/sip/harness.hpp"
#include "tests/sip/relay.hpp"
#include "tests/sip/scripted.hpp"

namespace switchhook::sip::test {

inline constexpr std::chrono::milliseconds kRaceT1{20};  ///< 64 of them are 1.28 s

struct Conditions {
  By by = By::udp;
  Fault fault;
  [[nodiscard]] bool fair() const { return fault.what == Fault::What::none; }
};
[[nodiscard]] std::string to_string(const Conditions& conditions);

/// Whether the whole of the long form is wanted.
[[nodiscard]] bool long_form();

class World {
 public:
  World(const Conditions& conditions, const std::string& certificates);

  const Conditions conditions;
  Relay relay;

  /// The party of this side: 0 calls, 1 is called.
  Bench& phone(int side);
  Scripted& peer(int side);
  [[nodiscard]] provider::CallRef call(int side) const { return calls_[side]; }

  // Steps. False = the call is over already, as it may be when something went wrong on the wire.
  /// Phone 0 has called; phone 1 (or a script) has it; and phone 0 knows, if it is to.
  bool ring(bool heard = true);
  /// Phone 1 answers, and both (of those that are phones) are connected.
  bool answer();
  bool talk() { return ring() && answer(); }
  /// Without waiting for what comes of it.
  void drop(int side);
  void hold(int side);
  void answer_async();
  /// The phone has been told of this state, or of the end.
  bool reaches(int side, CallState state);
  /// Waits for the call's end, unless the connection is cut, which may have lost the BYE for good.
  void over(int side);
  /// Waits for what the relay holds or sees. Without it the test fails, unless something is cut.
  bool holds(int from);
  bool saw(const Relay::Which& which);

  /// What must hold at the end of every run; words for what does not.
  [[nodiscard]] std::vector<std::string> violations();
  [[nodiscard]] std::string ladder() const;
  /// The log holds a message of `side` like this.
  [[nodiscard]] bool sent(int side, const std::string& method, int status = 0) const;
  /// The same, and waits for it: what ended a call is told before it has passed the relay.
  [[nodiscard]] bool sends(int side, const std::string& method, int status = 0) const;
  [[nodiscard]] std::size_t count(int side, const std::string& method) const;  ///< distinct ones

 private:
  [[nodiscard]] bool cut() const { return conditions.fault.what == Fault::What::cut; }
  [[nodiscard]] std::chrono::milliseconds patience() const;
  void check_side(int side, std::vector<std::string>& wrong) const;

  const std::string certificates_;
  std::unique_ptr<Bench> phones_[2];
  std::unique_ptr<Scripted> peers_[2];
  provider::CallRef calls_[2];
};

// Which messages are held or lost.
[[nodiscard]] Relay::Which requests(int from, const std::string& method);
[[nodiscard]] Relay::Which reinvites(int from);
[[nodiscard]] Relay::Which responses(int from, const std::string& method, int status_class);
[[nodiscard]] Relay::Which either(Relay::Which one, Relay::Which other);

struct Race {
  std::string name;
  std::function<void(World&)> play;
  /// What must have come out when nothing went wrong.
  std::function<void(World&)> drawn = {};
  bool streams = true;  ///< by TCP and TLS, too
};
void sweep(const Race& race);

}  // namespace switchhook::sip::test
