// SPDX-License-Identifier: Apache-2.0
#pragma once

// What stands between the engine and a provider's process that may die and be started again: to the
// engine it is one provider that goes on. It knows the lines, the calls and what ends each at its
// far end. When the process dies, the lines are forced closed; when the next one is there, it is
// told to end what was left, and the engine hears that each of those calls has ended. Pure: what is
// to be said goes into an Out. Threads: one. Ownership: all by value.

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "provider/provider.hpp"

namespace switchhook::remote {

class Relay {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// To be said, in this order: first the events to the engine, then the commands to the process.
  struct Out {
    std::vector<provider::Event> events;
    std::vector<provider::Command> commands;
  };
  /// A call that was not ended by so many processes, because they died, is given up.
  static constexpr unsigned kAttemptsMax = 3;
  /// The same after this time without any process.
  static constexpr std::chrono::seconds kPatience{60};

  /// A process is started. @return  what it has to end first of all
  [[nodiscard]] std::vector<provider::EndOrphan> starts(Out& out);
  /// It serves: from now on it gets commands.
  void serves(Out& out);
  /// It is gone. @param why  in words
  void died(const std::string& why, Time now, Out& out);
  /// It did not come so far that it did anything.
  void did_not_start(const std::string& why, Time now, Out& out);
  /// When tick() has to be called.
  [[nodiscard]] std::optional<Time> next_deadline() const;
  void tick(Time now, Out& out);

  void command(provider::Command&& command, Out& out);
  /// Errors: failed: the process says that it cannot go on; malformed: what it says breaks the
  /// rules of the boundary. It has to be ended then.
  [[nodiscard]] Result<void> event(provider::Event&& event, Out& out);

  /// The lines as they were announced first.
  [[nodiscard]] const std::vector<LineInfo>& announced() const { return announced_; }
  /// What lines were added and removed since the beginning, for the next process.
  [[nodiscard]] const std::vector<provider::Command>& line_changes() const { return line_changes_; }

 private:
  struct Call {
    bool announced = false;  ///< NewCall or MakeCall has named it
    bool orphan = false;     ///< its process is dead
    std::optional<provider::RequestNumber> making;
    std::vector<provider::RequestNumber> pending;  ///< requests, without `making`
    std::string line, recovery, provider_call_id;  ///< as the last Recovery said
    unsigned attempts = 0;                         ///< to end it as an orphan that failed
  };
  struct Line {
    bool open = false, takes_calls = false, gone = false;
  };
  struct Orphan {
    provider::EndOrphan command;
    unsigned attempts = 0;  ///< as of a Call
  };

  [[nodiscard]] provider::CallRef outer(provider::CallRef inner) const;
  [[nodiscard]] std::optional<provider::CallRef> inner(provider::CallRef outer) const;
  void lose_calls(const std::string& why, Out& out);
  void announce(std::uint64_t ref, Call& call, Out& out) const;
  void replay_held(Out& out);
  void report(std::uint64_t token, Out& out) const;
  [[nodiscard]] std::int64_t orphans() const;

  void on(provider::OpenLine& what, Out& out);
  void on(provider::CloseLine& what, Out& out);
  void on(provider::MakeCall& what, Out& out);
  void on(provider::EndOrphan& what, Out& out);
  void on(provider::ReportLedger& what, Out& out);
  void on(provider::AddLine& what, Out& out);
  void on(provider::RemoveLine& what, Out& out);
  void on(provider::Stop& what, Out& out);
  void on(provider::Trace& what, Out& out);
  template <typename OfCall>
  void on(OfCall& what, Out& out);

  using Verdict = Result<void>;
  Verdict heard(provider::LineAdded& what, Out& out);
  Verdict heard(provider::LineGone& what, Out& out);
  Verdict heard(provider::LineForcedClosed& what, Out& out);
  Verdict heard(provider::LineStatus& what, Out& out);
  Verdict heard(provider::NewCall& what, Out& out);
  Verdict heard(provider::Completed& what, Out& out);
  Verdict heard(provider::Ended& what, Out& out);
  Verdict heard(provider::Recovery& what, Out& out);
  Verdict heard(provider::OrphanEnded& what, Out& out);
  Verdict heard(provider::TakeUpAnswered& what, Out& out);
  Verdict heard(provider::LedgerReport& what, Out& out);
  Verdict heard(provider::Failed& what, Out& out);
  Verdict heard(provider::Stopped& what, Out& out);
  Verdict heard(provider::Traced& what, Out& out);
  template <typename OfCall>
  Verdict heard(OfCall& what, Out& out);

  bool starting_ = false, serving_ = false, stopping_ = false;
  provider::Trace trace_;                // as it was asked for last
  std::vector<provider::Command> held_;  // what came while it started
  std::uint64_t incarnation_ = 0;        ///< of the process; part of the calls that it mints
  std::optional<Time> died_at_;
  std::vector<Line> lines_;  // by LineNumber
  std::vector<LineInfo> announced_;
  std::vector<provider::Command> line_changes_;
  std::unordered_map<std::uint64_t, Call> calls_;         // by CallRef, as the engine knows it
  std::unordered_map<std::uint64_t, std::uint64_t> own_;  // orphans among them, by number
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint64_t, Orphan> foreign_;        // of an earlier daemon, by number
  std::unordered_map<std::uint64_t, std::uint64_t> taking_;  // to be taken up: CallRef to number
  std::set<std::uint64_t> reports_;                          // asked for, by token
};

}  // namespace switchhook::remote
