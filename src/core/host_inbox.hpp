// SPDX-License-Identifier: Apache-2.0
#pragma once

// What providers post, on its way to the host of an engine. Threads: post() on any provider's, all
// else on the host's. Ownership: the sinks share the inbox with the host.

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "base/mutex.hpp"
#include "core/engine_host.hpp"
#include "core/io.hpp"
#include "core/journal.hpp"

namespace switchhook::core {

/// What providers post, until the host takes it in. Shared with the providers' sinks, which may
/// live on other threads. The gate of a provider is closed before the provider is destroyed: from
/// then on nothing of it is taken in, and nothing that it had posted is left.
class Inbox {
 public:
  Inbox(EngineHost::Wake wake, std::size_t limit) : wake_(std::move(wake)), limit_(limit) {}

  void open(ProviderId provider) {
    base::Lock lock(mutex_);
    if (gates_.size() <= provider) gates_.resize(provider + 1);
    gates_[provider].open = true;
  }

  void post(ProviderId provider, provider::Event event) {
    bool first = false;
    {
      base::Lock lock(mutex_);
      Gate& gate = gates_[provider];
      if (!gate.open) return;
      if (auto* traced = std::get_if<provider::Traced>(&event)) {
        if (gate.traced == limits::kTracesQueued) {
          ++gate.missed;
          return;
        }
        ++gate.traced;
        traced->message.missed += std::exchange(gate.missed, 0);
      }
      if (gate.queued >= limit_) {
        // It posts faster than the engine can take in, and to lose one event is to lose a call: it
        // has failed, and what it posted last means nothing any more.
        shut(provider);
        event = provider::Failed{"it posted more events than can be taken in"};
      }
      ++gate.queued;
      first = events_.empty();
      events_.push_back({provider, std::move(event)});
    }
    // One wake-up for all that is posted until the host looks.
    if (first && wake_) wake_();
  }

  std::deque<ProviderEvent> take() {
    base::Lock lock(mutex_);
    for (Gate& gate : gates_) gate.queued = gate.traced = 0;
    return std::exchange(events_, {});
  }
  void close(ProviderId provider) {
    base::Lock lock(mutex_);
    shut(provider);
  }

 private:
  struct Gate {
    bool open = false;
    std::size_t queued = 0;
    std::size_t traced = 0;    // of those, messages that are only shown
    std::uint64_t missed = 0;  // of these, left out since the last one
  };
  void shut(ProviderId provider) SWITCHHOOK_REQUIRES(mutex_) {
    gates_[provider] = {};
    std::erase_if(events_, [&](const ProviderEvent& e) { return e.provider == provider; });
  }

  const EngineHost::Wake wake_;
  const std::size_t limit_;  // of one provider
  base::Mutex mutex_;
  std::deque<ProviderEvent> events_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::vector<Gate> gates_ SWITCHHOOK_GUARDED_BY(mutex_);  // by ProviderId
};

class ProviderSink final : public provider::Sink {
 public:
  ProviderSink(std::shared_ptr<Inbox> inbox, ProviderId id, Journal* journal, std::string name)
      : inbox_(std::move(inbox)), id_(id), journal_(journal), name_(std::move(name)) {}
  void post(provider::Event event) override {
    // Not queued: it has to be safe when this returns (rule 9 of the boundary).
    if (const auto* recovery = std::get_if<provider::Recovery>(&event)) {
      if (journal_ != nullptr) journal_->recovery(name_, *recovery);
      return;
    }
    inbox_->post(id_, std::move(event));
  }
  [[nodiscard]] bool keeps_recovery() const override { return journal_ != nullptr; }

 private:
  const std::shared_ptr<Inbox> inbox_;
  const ProviderId id_;
  Journal* const journal_;  // (ref) may be null
  const std::string name_;
};

}  // namespace switchhook::core
