// SPDX-License-Identifier: Apache-2.0
#pragma once

// The ledger of COM objects: every object that this library made and has not destroyed, and for
// each interface of it how many references the program holds and who took the last one. What the
// program still holds at ITTAPI::Shutdown, or when it exits, is a leak: written where the
// environment variable SWITCHHOOK_TAPI3_LEAKS says ("stderr", or a file to append to), and there to
// be asked for at any time (switchhook_tapi3_leaks).
// Threads: all functions any thread. Ownership: the ledger owns nothing; objects enter and leave.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/mutex.hpp"

namespace switchhook::tapi3 {

class ObjectBase;

/// One interface of one object that is still referenced.
struct LeakLine {
  std::string interface_name;    ///< "ITBasicCallControl"
  std::uint32_t references = 0;  ///< that the program holds on it
  std::string object;            ///< what it is, for people: "call 17"
  std::string acquired_by;       ///< thread, method and call site of the last acquisition
};

class Ledger {
 public:
  /// The process has one, and it is never destroyed: objects may outlive everything else.
  static Ledger& instance();

  void enter(ObjectBase& object);
  void leave(ObjectBase& object);

  /// What the program references, of one owner (an application's `this`) or, with null, of all.
  /// An object whose references are all internal is not listed.
  [[nodiscard]] std::vector<LeakLine> referenced(const void* owner = nullptr) const;
  /// Objects that exist, referenced or not. 0 = everything has been returned.
  [[nodiscard]] std::size_t objects() const;

  /// Writes the lines where SWITCHHOOK_TAPI3_LEAKS says; nothing when there is nothing to say.
  static void report(const std::string& when, const std::vector<LeakLine>& lines);

 private:
  mutable base::Mutex mutex_;
  std::unordered_set<ObjectBase*> objects_ SWITCHHOOK_GUARDED_BY(mutex_);
};

}  // namespace switchhook::tapi3
