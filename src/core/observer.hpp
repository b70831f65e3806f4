// SPDX-License-Identifier: Apache-2.0
#pragma once

// Is told what the engine takes in and says, and changes nothing: the daemon's log of telephony, and
// its console. Threads: the host's. Ownership: the host refers to it; what it is given is valid
// during the call.

#include "core/io.hpp"

namespace switchhook::core {

class Observer {
 public:
  virtual ~Observer() = default;
  /// The engine takes this in next.
  virtual void takes(const Occurrence& what) = 0;
  /// It has; what follows from it is said next.
  virtual void took() = 0;
  virtual void says(const Output& what) = 0;
  /// Whether changed() is to be called, which costs a copy of each record that changes.
  [[nodiscard]] virtual bool wants_changes() const { return false; }
  /// A session that is not recorded yet, as it is now. Once for all its changes of one
  /// EngineHost::run(); of a call that begins, where there is a journal, before that already.
  virtual void changed(const Record&) {}
};

}  // namespace switchhook::core
