// SPDX-License-Identifier: Apache-2.0
#pragma once

// One life of the daemon inside a life: its parts, put together as the daemon does it: store,
// journal, engine, orphans, and the way in. Threads: one. Ownership: the life's; all that it is
// given outlives it. Destroying it is its sudden death, when the disk died before.

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/engine_host.hpp"
#include "daemon/orphans.hpp"
#include "daemon/store.hpp"
#include "daemon/store_journal.hpp"
#include "simulator/auditor.hpp"
#include "simulator/bookkeeper.hpp"
#include "simulator/disk.hpp"
#include "simulator/entrance.hpp"

namespace switchhook::simulator {

/// Thrown where the process dies in the middle of something.
struct Died {};

class Service {
 public:
  struct World {
    const base::Clock& clock;
    Violations& violations;
    bool wire = false;            ///< applications are behind one
    Disk* disk = nullptr;         ///< null: no store
    Bookkeeper* books = nullptr;  ///< with a disk
    bool refuses = false;         ///< calls, while the journal is not kept
    /// Of Store::Step, as often as one is taken; may throw Died.
    std::function<void(daemon::Store::Step)> at_step;
  };
  explicit Service(World world);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  void add(std::unique_ptr<provider::Provider> provider);
  /// After all providers.
  void begin();

  [[nodiscard]] core::EngineHost& host() { return host_; }
  [[nodiscard]] Entrance& entrance() { return *entrance_; }
  [[nodiscard]] Auditor& auditor() { return *auditor_; }
  void run();
  [[nodiscard]] std::optional<std::chrono::nanoseconds> next_deadline() const;
  /// Should it die now, what it noted last would be lost.
  [[nodiscard]] bool unsafe() const {
    return store_ && !world_.refuses && !store_->status().unsafe.empty();
  }
  /// No call begins, or they may again.
  void drain(bool on);
  /// Whether calls are refused now.
  [[nodiscard]] const bool& refused() const { return draining_; }
  [[nodiscard]] std::size_t orphans() const { return orphans_ ? orphans_->pending() : 0; }
  /// All records of the store. Call when nothing is to be written any more.
  [[nodiscard]] std::vector<Record> records();

 private:
  World world_;
  std::unique_ptr<daemon::Store> store_;  // outlives the engine, which fills it
  std::optional<daemon::StoreJournal> journal_;
  core::EngineHost host_;
  std::optional<daemon::Orphans> orphans_;
  std::unique_ptr<Entrance> entrance_;
  std::unique_ptr<Auditor> auditor_;
  std::optional<std::chrono::nanoseconds> store_next_;
  bool draining_ = false;
};

}  // namespace switchhook::simulator
