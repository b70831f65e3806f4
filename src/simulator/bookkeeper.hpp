// SPDX-License-Identifier: Apache-2.0
#pragma once

// Remembers, across deaths of the daemon, which sessions the journal has, and counts their records
// at the end. It is between the engine and the store, and changes nothing. Threads: one.
// Ownership: the life's; the violations outlive it.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "core/journal.hpp"
#include "daemon/store_journal.hpp"
#include "simulator/invariants.hpp"

namespace switchhook::simulator {

class Bookkeeper final : public core::Journal {
 public:
  explicit Bookkeeper(Violations& violations) : violations_(violations) {}

  /// A process begins: what it notes goes to this journal, which outlives it.
  void begin(core::Journal& journal) {
    journal_ = &journal;
    ++boot_;
  }
  /// A batch is to be written, of all that was noted; or once more, as it was, because it failed.
  void committing() {
    if (!batch_) batch_ = must_;
  }
  /// It is on the disk.
  void committed() {
    safe_ = batch_.value_or(safe_);
    batch_.reset();
  }
  /// The process is dead. @param lost  what was not committed may be lost, too
  void died(bool lost);
  /// To the end: what the store has.
  void check(const std::vector<Record>& records) const;
  /// Whether the journal has the session, or should have.
  [[nodiscard]] bool has(std::uint64_t session) const { return must_.contains(session); }
  [[nodiscard]] std::size_t sessions() const { return may_.size(); }

 private:
  using Key = std::tuple<std::uint32_t, std::string, std::uint64_t>;

  void recovery(const std::string& provider, const provider::Recovery& recovery) override;
  void changed(provider::CallRef call, const Record& record) override;
  void done(provider::CallRef call, const Record& record) override;
  void amended(const Record& record) override { journal_->amended(record); }
  void make_failed(const std::string& provider, provider::CallRef call) override;
  [[nodiscard]] std::string objection() const override { return journal_->objection(); }
  void expect(const Record& record);
  void noted(provider::CallRef call, const Record& record);

  Violations& violations_;
  core::Journal* journal_ = nullptr;  // (ref)
  std::uint32_t boot_ = 0;
  std::map<Key, std::uint64_t> calls_;         // of which a provider or the engine spoke; session
  std::set<std::uint64_t> may_, must_, safe_;  // sessions that may, must, must whatever happens
  std::optional<std::set<std::uint64_t>> batch_;  // of must_, being written
  std::map<std::uint64_t, std::uint32_t> boots_;  // by session
};

}  // namespace switchhook::simulator
