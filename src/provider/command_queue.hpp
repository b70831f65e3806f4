// SPDX-License-Identifier: Apache-2.0
#pragma once

// The way of commands to a provider that works on a thread of its own: that thread polls one
// descriptor and takes what came. Bounded by the engine, which waits for an answer to each request;
// nothing is dropped here, because a command that got lost would be a call that never ends.
// Threads: push(), quit() any; take() the provider's own. Ownership: the descriptor.

#include <optional>
#include <vector>

#include "base/mutex.hpp"
#include "provider/provider.hpp"

namespace switchhook::provider {

class CommandQueue {
 public:
  CommandQueue() = default;
  ~CommandQueue();
  CommandQueue(const CommandQueue&) = delete;
  CommandQueue& operator=(const CommandQueue&) = delete;

  /// Once, before the thread begins; push() may come before it. Errors: resource_unavailable.
  [[nodiscard]] Result<void> open();
  /// Readable while there is something to take.
  [[nodiscard]] int descriptor() const { return wake_; }

  void push(Command command);
  void push(const std::vector<EndOrphan>& orphans);
  /// The thread is to end.
  void quit();

  /// Whether the line will take calls, as the last of what waits here says; it may say nothing.
  [[nodiscard]] std::optional<bool> takes_calls(LineNumber line);

  struct Taken {
    std::vector<Command> commands;
    bool quit = false;
  };
  [[nodiscard]] Taken take();

 private:
  void wake() const;

  int wake_ = -1;  // eventfd
  base::Mutex mutex_;
  std::vector<Command> queue_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool quit_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
};

}  // namespace switchhook::provider
