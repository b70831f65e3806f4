// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs a program, as a user would, and keeps what it wrote. Threads: one per Command; a thread of
// its own reads. Ownership: the destructor ends the program if it still runs, and waits for it.

#include <map>
#include <string>
#include <thread>
#include <vector>

#include <sys/types.h>

#include "base/mutex.hpp"

namespace switchhook::test {

class Command {
 public:
  using Environment = std::map<std::string, std::string>;

  /// @param environment  added to this process's own.
  explicit Command(std::vector<std::string> arguments, const Environment& environment = {});
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  void signal(int number) const;
  /// Waits until standard output contains `text`. False when the program ended without, or when it
  /// took 30 seconds.
  [[nodiscard]] bool says(const std::string& text);
  /// Waits for the end. @return the exit code; 128 + the number of the signal that ended it.
  int wait();

  /// What was written so far.
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  void read(int out, int err);

  pid_t pid_ = -1;
  int status_ = -1;
  bool reaped_ = false;
  mutable base::Mutex mutex_;
  base::Condition changed_;
  std::string out_ SWITCHHOOK_GUARDED_BY(mutex_), err_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool closed_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  std::thread reader_;
};

}  // namespace switchhook::test
