// SPDX-License-Identifier: Apache-2.0
#pragma once

// A provider's process, seen from the daemon: started with its link as descriptor 3 and a counter
// as descriptor 4, by which it is told that a Recovery is safe. It dies with the thread that
// started it. Threads: one. Ownership: owns the process, which ends with the object.

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "switchhook/error.hpp"

namespace switchhook::remote {

inline constexpr int kLinkDescriptor = 3, kSafeDescriptor = 4;

class Child {
 public:
  /// @param program    a path
  /// @param arguments  the first is what it calls itself
  /// @param shared   descriptors that it holds as long as it lives, as a lock
  /// Errors: resource_unavailable, not_found; in words.
  [[nodiscard]] static Result<Child> start(const std::string& program,
                                           const std::vector<std::string>& arguments,
                                           const std::vector<int>& shared);
  Child() = default;
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;

  [[nodiscard]] bool there() const { return pid_ > 0; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int link() const { return link_; }    ///< does not block
  [[nodiscard]] int death() const { return death_; }  ///< readable when it is dead
  void tell_safe() const;                             ///< one more Recovery
  void abort() const;                                 ///< so that it can be seen where it hung
  /// Closes the link, by which it ends, and kills it when it does not end in this time.
  /// @return  how it ended, in words
  std::string end(std::chrono::milliseconds patience);

 private:
  pid_t pid_ = -1;
  int link_ = -1, safe_ = -1, death_ = -1;  // (owned)
};

}  // namespace switchhook::remote
