// SPDX-License-Identifier: Apache-2.0
#pragma once

// A descriptor that is readable while something waits, for programs that poll. One .cpp for each
// operating system; on Windows there is none. Threads: ring() any; the others one at a time.

#include <memory>

namespace switchhook::client {

class Doorbell {
 public:
  /// Null when the system has none, or no descriptor is left.
  static std::unique_ptr<Doorbell> make();
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  /// Ownership: the doorbell's.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  void ring() const;
  void silence() const;

 private:
  explicit Doorbell(int descriptor) : descriptor_(descriptor) {}

  const int descriptor_;  // (owned)
};

}  // namespace switchhook::client
