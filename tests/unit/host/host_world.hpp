// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tests of the host share: a provider that does what the test says, and a sink that keeps
// what it is told; and a host with both, with something that observes it. Threads: the provider's sink
// any, all else the test's. Ownership: the script outlives the provider, which belongs to the host.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/service.hpp"
#include "core/engine_host.hpp"
#include "provider/provider.hpp"

namespace switchhook::core::test {

inline constexpr auto kOwner = static_cast<std::uint8_t>(Privilege::owner);

/// What a ScriptedProvider did and is to do; stays when the provider is gone.
struct Script {
  std::optional<Error> refuses_to_start;
  unsigned lines = 1;
  std::optional<std::chrono::nanoseconds> deadline;
  std::function<void(const provider::Command&)> on_command;
  std::function<void()> on_destruction;

  provider::Sink* sink = nullptr;  ///< (ref) the host's, for the test to post to
  std::vector<provider::Command> commands;
  std::vector<std::chrono::nanoseconds> advances;
  bool destroyed = false;

  template <typename T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const provider::Command& command : commands)
      if (const T* content = std::get_if<T>(&command)) found.push_back(*content);
    return found;
  }
};

class ScriptedProvider final : public provider::Provider {
 public:
  explicit ScriptedProvider(Script& script) : script_(script) {}
  ~ScriptedProvider() override {
    if (script_.on_destruction) script_.on_destruction();
    script_.destroyed = true;
  }
  [[nodiscard]] std::string name() const override { return "scripted"; }
  [[nodiscard]] Result<void> start(provider::Sink& sink) override {
    script_.sink = &sink;
    for (unsigned line = 0; line < script_.lines; ++line)
      sink.post(provider::LineAdded{line, {.name = std::to_string(300 + line)}});
    if (script_.refuses_to_start) return *script_.refuses_to_start;
    return {};
  }
  void submit(provider::Command command) override {
    script_.commands.push_back(command);
    if (script_.on_command) script_.on_command(command);
  }
  [[nodiscard]] std::optional<std::chrono::nanoseconds> next_deadline() const override {
    return script_.deadline;
  }
  void advance(const Moment& now) override {
    script_.deadline.reset();
    script_.advances.push_back(now.monotonic);
  }

 private:
  Script& script_;  // (ref)
};

/// Keeps what it is told, and does what the test wants when it is told it.
class KeepingSink : public api::ServiceSink {
 public:
  std::function<void(const api::Reply&)> then_reply;
  std::function<void(const api::Event&)> then_event;
  std::vector<api::Reply> replies;
  std::vector<api::Event> events;
  std::vector<Error> disconnections;
  int depth = 0, deepest = 0;

  void on_reply(api::Reply reply) override {
    const Inside inside(*this);
    replies.push_back(reply);
    if (then_reply) then_reply(reply);
  }
  void on_event(api::Event event) override {
    const Inside inside(*this);
    events.push_back(event);
    if (then_event) then_event(event);
  }
  void on_disconnected(const Error& why) override { disconnections.push_back(why); }

  /// The completed reply to a request; nullptr when there is none.
  [[nodiscard]] const api::Reply* reply_to(api::RequestId request) const {
    for (const api::Reply& reply : replies)
      if (reply.request == request && !reply.accepted_only) return &reply;
    return nullptr;
  }
  template <typename T>
  [[nodiscard]] T value_of(api::RequestId request) const {
    const api::Reply* reply = reply_to(request);
    if (reply == nullptr || !reply->result) return {};
    const T* content = std::get_if<T>(&*reply->result);
    return content == nullptr ? T{} : *content;
  }
  /// The states of a call, in words.
  [[nodiscard]] std::string states(api::CallId call) const {
    std::string words;
    for (const api::Event& event : events)
      if (const auto* state = std::get_if<api::CallStateChanged>(&event);
          state && state->call == call)
        words += (words.empty() ? "" : ", ") + std::string(to_string(state->state));
    return words;
  }

 private:
  struct Inside {
    explicit Inside(KeepingSink& of) : sink(of) {
      sink.deepest = std::max(sink.deepest, ++sink.depth);
    }
    ~Inside() { --sink.depth; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    KeepingSink& sink;
  };
};

/// A fixture: a host whose first line "dialer" has opened, and what observes that.
template <typename Clock>
class ObservedHost : public testing::Test {
 protected:
  void begin(Observer& observer) {
    host_.observe(observer);
    EXPECT_TRUE(host_.add_provider(std::make_unique<ScriptedProvider>(script_)));
    host_.run();
    app_ = host_.attach({.name = "dialer", .user = "anna", .process = 17}, sink_);
    host_.submit(app_, 1, api::OpenLine{0, kOwner, media::kVoice});
    open_ = sink_.template value_of<api::OpenedLine>(1).open;
  }
  void post(provider::Event event) {
    script_.sink->post(std::move(event));
    host_.run();
  }
  void call(api::RequestId request, const std::string& address) {
    host_.submit(app_, request, api::MakeCall{.open = open_, .address = address});
    host_.run();
  }
  provider::MakeCall connected() {
    call(2, "555");
    const auto make = script_.template all<provider::MakeCall>().back();
    post(provider::Completed{make.call, make.request, {}});
    post(provider::StateChanged{make.call, CallState::connected, 0, {}});
    return make;
  }

  Clock clock_;
  Script script_;
  KeepingSink sink_;
  EngineHost host_{clock_, [] {}};
  api::AppId app_;
  api::OpenId open_;
};

}  // namespace switchhook::core::test
