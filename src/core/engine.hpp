// SPDX-License-Identifier: Apache-2.0
#pragma once

// The engine: all rules of a session's life, as one synchronous, deterministic state machine. It
// has no thread, no clock, no socket and no global. Threads: one at a time, the owner's.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/counts.hpp"
#include "core/io.hpp"
#include "core/policy.hpp"

namespace switchhook::core {

class Engine {
 public:
  Engine();
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Handles begin at this generation, so that sessions, identifiers and openings of an earlier
  /// engine do not recur. Before all else.
  void begin_at(std::uint32_t generation);

  /// Lines in the order of their numbers: the name, and whether it is there or was removed.
  using Lines = std::vector<std::pair<std::string, bool>>;
  /// The lines of earlier engines: a line of one of these names gets its number again, and one that
  /// does not come is there as removed. Before any provider is attached.
  void expect_lines(const Lines& lines);
  /// All lines.
  [[nodiscard]] Lines lines() const;

  /// From now on take_changed() has to be called after each step, or after some. Before all else.
  void journal();
  /// Calls changed(call, record) for each session that changed since the last time and is not
  /// recorded yet, in its present state.
  /// @param only  of this session; 0 = of all
  void take_changed(const std::function<void(provider::CallRef, const Record&)>& changed,
                    api::SessionId only = {});

  /// The call of a restored session, left behind by an earlier engine, has ended at its far end:
  /// its holders find that in its end. Its record as it is now; nothing when nobody holds it.
  [[nodiscard]] std::optional<Record> orphan_ended(std::uint64_t session, const End& end);

  /// The session of a provider's call; none: there is no such call.
  [[nodiscard]] api::SessionId session_of(ProviderId provider, provider::CallRef call) const;

  /// Whether there is such a session, and it has not ended.
  [[nodiscard]] bool lives(std::uint64_t session) const;

  /// The record so far of a session that is there: live, or ended and held.
  [[nodiscard]] std::optional<Record> record(std::uint64_t session) const;

  /// Sessions that are not idle.
  [[nodiscard]] std::size_t live() const;

  /// Sessions that the journal is to have: not recorded yet. Counted by walking the table.
  [[nodiscard]] std::size_t unrecorded() const;

  /// Counted by walking the tables of applications and sessions.
  [[nodiscard]] Counts counts() const;

  /// What sites decide. When it changes, timers that run stay as they are.
  void policy(Policy policy);

  /// While `why` is not empty no call begins: those that applications make are refused with it, those
  /// that come are closed.
  void refuse_calls(std::string why);

  /// A name for an application about to attach.
  [[nodiscard]] api::AppId new_app();

  /// One atomic step: applies the input, appends what has to be done to `outputs`.
  void apply(Input input, Outputs& outputs);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace switchhook::core
