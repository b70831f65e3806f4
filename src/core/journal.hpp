// SPDX-License-Identifier: Apache-2.0
#pragma once

// What has to survive the sudden death of this process, as the host of an engine tells it: each
// call that lives, what its provider needs to end it, and that it is over. Threads: recovery() on
// any provider's, all else on the host's. When a function has returned, what it was told is safe.
// Ownership: whoever implements it outlives the host.

#include <string>

#include "provider/provider.hpp"

namespace switchhook::core {

class Journal {
 public:
  virtual ~Journal() = default;
  virtual void recovery(const std::string& provider, const provider::Recovery& recovery) = 0;
  /// The record so far of a call that lives. Its provider is named in it.
  virtual void changed(provider::CallRef call, const Record& record) = 0;
  /// Its record; the call needs no journal any more.
  virtual void done(provider::CallRef call, const Record& record) = 0;
  /// The record with the times of its release.
  virtual void amended(const Record& record) = 0;
  /// Why no call may begin: what was told last is not safe. Empty = it may.
  [[nodiscard]] virtual std::string objection() const { return {}; }
  /// There never was such a call.
  virtual void make_failed(const std::string& provider, provider::CallRef call) = 0;
};

}  // namespace switchhook::core
