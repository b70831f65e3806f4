// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every invariant that the simulator checks, described in invariants.cpp, and the list of
// violations. Threads: one. Ownership: plain values.

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "switchhook/types.hpp"

namespace switchhook::simulator {

enum class Invariant : std::uint8_t {
  one_record,
  end_seen_once,
  end_has_a_reason,
  identifier_valid_until_release,
  identifier_stale_after_release,
  identifier_means_one_session,
  completed_once,
  accepted_once,
  event_is_for_a_holder,
  terminal_is_terminal,
  idle_is_frozen,
  provider_told_in_order,
  dropped_before_closed,
  drop_ends,
  provider_returns_all,
  ledgers_are_real,
  owned_or_ending,
  memory_bounded_by_the_living,
  service_stops,
  wire_carries_all,
  both_ends_end,
  acknowledged_without_faults,
  call_is_its_users,
  refused_means_refused,
  bounded_by_limits,
};
inline constexpr std::size_t kInvariantCount =
    static_cast<std::size_t>(Invariant::bounded_by_limits) + 1;

[[nodiscard]] std::string_view name_of(Invariant invariant);
/// The promise in a sentence.
[[nodiscard]] std::string_view words_of(Invariant invariant);

/// It is not idle, and no owner is there who could end it.
[[nodiscard]] bool lives_unowned(const Record& record);

struct Finding {
  Invariant invariant = Invariant::one_record;
  std::string what;
  [[nodiscard]] std::string text() const;
};

/// Collects what is wrong with the world. The first finding ends a life.
class Violations {
 public:
  void report(Invariant invariant, std::string what) {
    findings_.push_back({invariant, std::move(what)});
  }
  [[nodiscard]] const std::vector<Finding>& findings() const { return findings_; }
  /// An identifier was given out; none may mean two things.
  void given(std::uint64_t identifier, const std::string& to);
  /// A program of this user placed the session's call.
  void placed(std::uint64_t session, std::uint32_t user) { placed_[session] = user; }
  /// An identifier was given to a program of this user, which may not see others' calls.
  void given_to_user(std::uint64_t session, std::uint32_t user, const std::string& to);
  /// The service died and begins anew: what it gives out now has nothing to do with before.
  void new_boot() { identifiers_.clear(); }
  /// An application releases an identifier. When it was the only owner's, the call may live on
  /// without one: the rules allow it.
  void releases(const std::string& application, std::chrono::nanoseconds at) {
    releases_.emplace(application, at);
  }
  [[nodiscard]] bool was_released(const HolderRecord& holder) const {
    return holder.released && releases_.contains({holder.application, holder.released->monotonic});
  }
  /// Folds what was heard into one number, by which two runs of a life can be compared.
  void hear(std::uint64_t what) { digest_ = (digest_ ^ what) * 0x100000001b3u; }
  [[nodiscard]] std::uint64_t digest() const { return digest_; }

 private:
  std::vector<Finding> findings_;
  std::set<std::uint64_t> identifiers_;
  std::map<std::uint64_t, std::uint32_t> placed_;  // session → user
  std::set<std::pair<std::string, std::chrono::nanoseconds>> releases_;
  std::uint64_t digest_ = 0xcbf29ce484222325u;
};

}  // namespace switchhook::simulator
