// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the console shows of the past: the last changes of sessions, lines and the service as events,
// each with a number; the last SIP messages; and how sessions ended, over time. Threads: the observer's
// functions, begin() and end() on the loop's; all else any. Ownership: refers to the host, which outlives it.

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/service.hpp"
#include "base/limits.hpp"
#include "base/mutex.hpp"
#include "core/engine_host.hpp"
#include "core/observer.hpp"

namespace switchhook::daemon {

class Feed final : public core::Observer {
 public:
  /// @param epoch  another one at each start of the daemon
  /// @param messages  so many SIP messages are kept; 0 = none
  Feed(core::EngineHost& host, std::uint64_t epoch, std::string version, std::size_t messages);

  /// Begins to copy SIP messages. After the providers were added.
  void begin();
  void end(const std::string& why);
  /// Why no call may begin; tells it when it is another.
  void refusing(const std::string& why);
  /// Called on the loop's thread when there is something new.
  void on_news(std::function<void()> told) { news_ = std::move(told); }

  void takes(const core::Occurrence& what) override;
  void took() override {}
  void says(const core::Output& what) override;
  [[nodiscard]] bool wants_changes() const override { return true; }
  void changed(const Record& record) override { tell_session(record, false); }

  // ---- events
  /// Where a stream goes on. @param after  the last id that it has had; empty = it is new
  /// @param first  gets what the stream begins with
  [[nodiscard]] std::uint64_t resume(const std::string& after, std::string& first) const;
  /// Appends the events from `next` on, up to so many bytes, and moves `next`.
  void read(std::uint64_t& next, std::string& to, std::size_t bytes) const;
  [[nodiscard]] const std::string& epoch() const { return epoch_; }
  [[nodiscard]] const std::string& version() const { return version_; }

  // ---- messages
  using Messages = std::deque<std::shared_ptr<const TracedMessage>>;
  [[nodiscard]] Messages messages() const;
  [[nodiscard]] bool keeps_messages() const { return messages_max_ != 0; }

  // ---- ends over time
  using Ended = std::map<std::pair<EndOrigin, DisconnectMode>, std::uint64_t>;
  struct Span {
    std::chrono::seconds at{0};  ///< when it began, since 1970 UTC
    Ended ended;
    DurationCounts acknowledged;
    std::uint64_t unacknowledged = 0;
  };
  [[nodiscard]] std::vector<Span> spans() const;

 private:
  /// Hears the messages, as an application does.
  class Ear final : public api::ServiceSink {
   public:
    explicit Ear(Feed& feed) : feed_(feed) {}
    void on_reply(api::Reply) override {}
    void on_event(api::Event event) override;
    void on_disconnected(const Error&) override {}

   private:
    Feed& feed_;  // (ref)
  };
  void tell(const char* event, const std::string& data);
  void tell_session(const Record& record, bool over);
  void tell_line(core::ProviderId provider, const provider::Event& event);
  void count(const Record& record);
  void keep(TracedMessage message);
  [[nodiscard]] std::string id_of(std::uint64_t number) const;

  core::EngineHost& host_;  // (ref)
  const std::string epoch_, version_;
  const std::size_t messages_max_;
  std::function<void()> news_;
  Ear ear_{*this};
  std::optional<api::AppId> app_;  // the loop's, as are those up to the mutex
  std::string refusing_;
  std::map<core::ProviderId, std::string> providers_;
  std::map<std::pair<core::ProviderId, provider::LineNumber>, std::string> lines_;
  mutable base::Mutex mutex_;
  std::deque<std::string> events_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::uint64_t next_ SWITCHHOOK_GUARDED_BY(mutex_) = 1;  ///< number of the next event
  Messages messages_ SWITCHHOOK_GUARDED_BY(mutex_);
  std::size_t message_bytes_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
  std::deque<Span> spans_ SWITCHHOOK_GUARDED_BY(mutex_);
};

}  // namespace switchhook::daemon
