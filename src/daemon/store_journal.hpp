// SPDX-License-Identifier: Apache-2.0
#pragma once

// The engine's journal is the store. Threads: as the store. Ownership: the store outlives it.

#include "core/journal.hpp"
#include "daemon/store.hpp"

namespace switchhook::daemon {

/// The engine's journal is the store.
class StoreJournal final : public core::Journal {
 public:
  explicit StoreJournal(Store& store) : store_(store) {}
  void recovery(const std::string& provider, const provider::Recovery& recovery) override {
    store_.note(provider, recovery);
  }
  void changed(provider::CallRef call, const Record& record) override { store_.note(call, record); }
  void done(provider::CallRef call, const Record& record) override { store_.add(call, record); }
  void amended(const Record& record) override { store_.amend(record); }
  void make_failed(const std::string& provider, provider::CallRef call) override {
    store_.forget(provider, call);
  }

 private:
  Store& store_;
};

}  // namespace switchhook::daemon
