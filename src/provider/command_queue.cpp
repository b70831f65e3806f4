// SPDX-License-Identifier: Apache-2.0
#include "provider/command_queue.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

namespace switchhook::provider {

CommandQueue::~CommandQueue() {
  if (wake_ >= 0) ::close(wake_);
}

Result<void> CommandQueue::open() {
  if (wake_ < 0) wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ < 0) return {Errc::resource_unavailable, "eventfd"};
  return {};
}

void CommandQueue::push(Command command) {
  bool first = false;
  {
    base::Lock lock(mutex_);
    first = queue_.empty();
    queue_.push_back(std::move(command));
  }
  if (first) wake();
}

void CommandQueue::push(const std::vector<EndOrphan>& orphans) {
  for (const EndOrphan& orphan : orphans) push(Command(orphan));
}

void CommandQueue::quit() {
  {
    base::Lock lock(mutex_);
    quit_ = true;
  }
  wake();
}

std::optional<bool> CommandQueue::takes_calls(LineNumber line) {
  std::optional<bool> last;
  base::Lock lock(mutex_);
  for (const Command& command : queue_) {
    const auto* open = std::get_if<OpenLine>(&command);
    const auto* close = std::get_if<CloseLine>(&command);
    if (open != nullptr && open->line == line) last = open->takes_calls;
    if (close != nullptr && close->line == line) last = false;
  }
  return last;
}

CommandQueue::Taken CommandQueue::take() {
  std::uint64_t count = 0;
  static_cast<void>(!::read(wake_, &count, sizeof count));
  base::Lock lock(mutex_);
  return {std::exchange(queue_, {}), quit_};
}

void CommandQueue::wake() const {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_, &one, sizeof one));
}

}  // namespace switchhook::provider
