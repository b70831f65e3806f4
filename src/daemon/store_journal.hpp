// SPDX-License-Identifier: Apache-2.0
#pragma once

// The engine's journal is the store. Threads: as the store. Ownership: the store outlives it.

#include <functional>
#include <string>
#include <utility>

#include "core/journal.hpp"
#include "daemon/store.hpp"

namespace switchhook::daemon {

/// The engine's journal is the store.
class StoreJournal final : public core::Journal {
 public:
  /// @param refused  why calls are refused while the store cannot keep them; empty = they are not
  explicit StoreJournal(Store& store, std::function<std::string()> refused = {})
      : store_(store), refused_(std::move(refused)) {}
  void recovery(const std::string& provider, const provider::Recovery& recovery) override {
    store_.note(provider, recovery);
  }
  void changed(provider::CallRef call, const Record& record) override { store_.note(call, record); }
  void done(provider::CallRef call, const Record& record) override { store_.add(call, record); }
  void amended(const Record& record) override { store_.amend(record); }
  void make_failed(const std::string& provider, provider::CallRef call) override {
    store_.forget(provider, call);
  }

  [[nodiscard]] std::string objection() const override {
    return store_.journal_kept() || !refused_ ? std::string() : refused_();
  }

 private:
  Store& store_;
  std::function<std::string()> refused_;
};

}  // namespace switchhook::daemon
