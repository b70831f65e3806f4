// SPDX-License-Identifier: Apache-2.0
#pragma once

// The calls that an earlier process left in the journal: has each ended at its far end by its
// provider, and makes of each exactly one record. Threads: the host's. Ownership: host, store and
// clock outlive it.

#include <cstddef>
#include <cstdint>
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
  /// Takes them out of the store's journal.
  Orphans(core::EngineHost& host, Store& store, const base::Clock& clock);
  Orphans(const Orphans&) = delete;
  Orphans& operator=(const Orphans&) = delete;

  /// Those of a provider, for it to end from its start on.
  [[nodiscard]] std::vector<provider::EndOrphan> of(const std::string& provider);
  /// After the providers have started: those of none of them can be ended by nobody.
  void begin();
  /// Still being ended. What is when this process dies is left to the next one.
  [[nodiscard]] std::size_t pending() const { return waiting_.size(); }

 private:
  void ended(const provider::OrphanEnded& what);
  void record(const Store::Orphan& orphan, Confirmation confirmation,
              const provider::OrphanEnded& how);

  Store& store_;
  const base::Clock& clock_;
  std::unordered_map<std::uint64_t, Store::Orphan> waiting_;
  std::unordered_set<std::string> providers_;  // that were given theirs
  std::size_t found_ = 0, confirmed_ = 0, gone_ = 0;
};

}  // namespace switchhook::daemon
