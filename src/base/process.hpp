// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether an object still is in the process that made it. After fork() the child has copies of it:
// its threads are not there, its locks may be held by them, and its socket is the parent's. Threads:
// any.

#include <cstdint>

namespace switchhook::base {

[[nodiscard]] std::uint64_t process_number();

class OwnProcess {
 public:
  OwnProcess() : process_(process_number()) {}
  /// This is a child that was forked after it was made.
  [[nodiscard]] bool forked() const { return process_number() != process_; }

 private:
  std::uint64_t process_;
};

}  // namespace switchhook::base
