// SPDX-License-Identifier: Apache-2.0
#pragma once

// A service that does what a test says, on a thread of its own, for what the real one does seldom:
// lose events, refuse for overload, close lines, vanish. Answers the usual commands by itself and
// remembers all. Threads: any. Ownership: the test and the client's service share the Fake.

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "api/service.hpp"
#include "base/bounded_queue.hpp"
#include "client/attachment.hpp"

namespace switchhook::test {

class Fake : public std::enable_shared_from_this<Fake> {
 public:
  /// Nothing = no answer at all.
  using Answer = std::function<std::optional<Result<api::Value>>(const api::Command&)>;

  /// Asked first; when it gives a value, that is the answer.
  void answer_with(Answer answer) {
    base::Lock lock(mutex_);
    answer_ = std::move(answer);
  }
  /// Commands for which this holds are not answered.
  void silence(std::function<bool(const api::Command&)> which) {
    base::Lock lock(mutex_);
    silenced_ = std::move(which);
  }
  /// The next commands of this kind are refused when they are handed in.
  template <typename Command>
  void refuse(int times, Errc code) {
    base::Lock lock(mutex_);
    refusal_ = [times, code](const api::Command& command) mutable -> std::optional<Errc> {
      if (!std::holds_alternative<Command>(command) || times == 0) return std::nullopt;
      --times;
      return code;
    };
  }

  template <typename Command>
  [[nodiscard]] std::size_t count() const {
    base::Lock lock(mutex_);
    std::size_t count = 0;
    for (const api::Command& command : seen_)
      if (std::holds_alternative<Command>(command)) ++count;
    return count;
  }

  /// The numbers that commands of this kind were handed in with.
  template <typename Command>
  [[nodiscard]] std::vector<api::RequestId> numbers() const {
    base::Lock lock(mutex_);
    std::vector<api::RequestId> found;
    for (std::size_t i = 0; i < seen_.size(); ++i)
      if (std::holds_alternative<Command>(seen_[i])) found.push_back(numbers_[i]);
    return found;
  }
  /// The last command of this kind.
  template <typename Command>
  [[nodiscard]] Command last() const {
    base::Lock lock(mutex_);
    for (auto at = seen_.rbegin(); at != seen_.rend(); ++at)
      if (const auto* found = std::get_if<Command>(&*at)) return *found;
    return {};
  }

  /// Answers by hand: what was asked while it was silent, or late.
  void reply(api::RequestId request, Result<api::Value> result, bool accepted_only = false) {
    run([=](api::ServiceSink& sink) { sink.on_reply({request, accepted_only, result}); });
  }
  void event(api::Event event) {
    run([event = std::move(event)](api::ServiceSink& sink) { sink.on_event(event); });
  }
  void state(api::CallId call, CallState state, std::optional<Cause> cause = {}) {
    api::CallStateChanged changed;
    changed.call = call;
    changed.state = state;
    if (cause) {
      changed.cause = cause;
      changed.origin = EndOrigin::remote_party;
    }
    event(changed);
  }
  void vanish(const std::string& why) {
    run([why](api::ServiceSink& sink) { sink.on_disconnected(Error{Errc::disconnected, why}); });
  }
  /// Runs on the service's thread, after all that was sent before.
  void run(std::function<void(api::ServiceSink&)> what) {
    ASSERT_TRUE(work_.push(std::move(what)));
  }
  /// Waits until all that was sent before has been handled.
  void settle() {
    // Shared: the service's thread may still be inside push() when pop() returns.
    auto done = std::make_shared<base::BoundedQueue<int>>(1);
    run([done](api::ServiceSink&) { static_cast<void>(done->push(1)); });
    static_cast<void>(done->pop());
  }

  [[nodiscard]] client::Connect connector() {
    return [self = shared_from_this()](
               api::ServiceSink& sink) -> Result<std::unique_ptr<api::SessionService>> {
      return std::unique_ptr<api::SessionService>(std::make_unique<Service>(self, sink));
    };
  }

 private:
  class Service final : public api::SessionService {
   public:
    Service(std::shared_ptr<Fake> fake, api::ServiceSink& sink)
        : fake_(std::move(fake)), thread_([self = fake_, &sink] {
            while (auto work = self->work_.pop()) (*work)(sink);
          }) {}
    ~Service() override {
      fake_->work_.close();
      thread_.join();
    }
    Result<void> submit(api::RequestId request, api::Command command) override {
      return fake_->take(request, std::move(command));
    }

   private:
    std::shared_ptr<Fake> fake_;
    std::thread thread_;
  };

  Result<void> take(api::RequestId request, api::Command command) {
    Answer answer;
    {
      base::Lock lock(mutex_);
      if (refusal_)
        if (std::optional<Errc> code = refusal_(command)) return *code;
      seen_.push_back(command);
      numbers_.push_back(request);
      answer = answer_;
      if (silenced_ && silenced_(command)) return {};
    }
    auto work = [this, request, command = std::move(command),
                 answer = std::move(answer)](api::ServiceSink& sink) {
      std::optional<Result<api::Value>> value = answer ? answer(command) : std::nullopt;
      if (!value) value = usual(command);
      if (!silent.load()) sink.on_reply({request, false, std::move(*value)});
    };
    if (!work_.push(std::move(work))) return Errc::disconnected;
    return {};
  }

  Result<api::Value> usual(const api::Command& command) {
    if (std::holds_alternative<api::ListLines>(command)) {
      LineInfo info;
      info.name = info.address = "100";
      return api::Value{api::LineList{{info}}};
    }
    if (std::holds_alternative<api::OpenLine>(command))
      return api::Value{api::OpenedLine{api::OpenId{++opened_}}};
    if (std::holds_alternative<api::MakeCall>(command))
      return api::Value{api::MadeCall{api::CallId{++made_}}};
    if (const auto* get = std::get_if<api::GetCall>(&command)) {
      api::CallSnapshot snapshot;
      snapshot.call = get->call;
      snapshot.record.state = CallState::connected;
      return api::Value{snapshot};
    }
    return api::Value{};
  }

 public:
  std::atomic<bool> silent = false;  ///< no command is answered any more

 private:
  mutable base::Mutex mutex_;
  Answer answer_;
  std::function<bool(const api::Command&)> silenced_;
  std::function<std::optional<Errc>(const api::Command&)> refusal_;
  std::vector<api::Command> seen_;
  std::vector<api::RequestId> numbers_;  // theirs
  std::uint64_t opened_ = 0, made_ = 0;  // service thread
  base::BoundedQueue<std::function<void(api::ServiceSink&)>> work_{100000};
};

}  // namespace switchhook::test
