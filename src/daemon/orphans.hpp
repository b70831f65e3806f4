// SPDX-License-Identifier: Apache-2.0
#pragma once

// The calls that an earlier process left in the journal: has each ended at its far end by its
// provider, and makes of each exactly one record; or, where that is wanted and the provider can,
// has it taken up and gives it to the engine. Threads: the host's. Ownership: host, store and clock
// outlive it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.hpp"
#include "core/engine_host.hpp"
#include "daemon/store.hpp"

namespace switchhook::daemon {

class Orphans {
 public:
  /// Which calls are to go on, and how long those who held them have to come back.
  struct TakeUp {
    std::function<bool(const Record&)> wanted;  ///< empty = none
    std::chrono::seconds wait{0};
  };
  /// Takes them out of the store's journal.
  Orphans(core::EngineHost& host, Store& store, const base::Clock& clock, TakeUp take_up);
  Orphans(core::EngineHost& host, Store& store, const base::Clock& clock)
      : Orphans(host, store, clock, TakeUp()) {}
  Orphans(const Orphans&) = delete;
  Orphans& operator=(const Orphans&) = delete;

  /// Those of a provider, for it to end from its start on.
  [[nodiscard]] std::vector<provider::EndOrphan> of(const std::string& provider);
  /// After the providers have started: those of none of them can be ended by nobody.
  void begin();
  /// Calls `then`, at once or from within the host's run(): when it is known of each of them
  /// whether it goes on.
  void when_decided(std::function<void()> then);
  /// As far as they are known here, the records of these sessions as those who held them are to
  /// see them: ended. The numbers of the others stay in `sessions`.
  [[nodiscard]] std::vector<Record> take_known(std::vector<std::uint64_t>& sessions) const;
  /// Nobody comes back for any of them any more.
  void forget() { known_.clear(); }
  /// Still being ended. What is when this process dies is left to the next one.
  [[nodiscard]] std::size_t pending() const { return waiting_.size(); }

 private:
  struct Waiting {
    Store::Orphan orphan;
    bool take_up = false;  ///< and it is not known yet whether its provider does
  };
  [[nodiscard]] bool goes_on(const Store::Orphan& orphan) const;
  void answered(const provider::TakeUpAnswered& what);
  void give_up(Waiting& waiting);
  void decided();
  void ended(const provider::OrphanEnded& what);
  void told_all() const;
  void mark_ended(Record& record) const;
  void record(const Store::Orphan& orphan);
  [[nodiscard]] Moment now_for(const Record& record) const;

  core::EngineHost& host_;
  Store& store_;
  const base::Clock& clock_;
  const TakeUp take_up_;
  std::unordered_map<std::uint64_t, Waiting> waiting_;
  std::size_t undecided_ = 0;
  std::vector<std::function<void()>> when_decided_;
  std::unordered_set<std::string> providers_;        // that were given theirs
  std::unordered_map<std::uint64_t, Record> known_;  // by session
  std::size_t found_ = 0, confirmed_ = 0, gone_ = 0, taken_up_ = 0;
};

}  // namespace switchhook::daemon
