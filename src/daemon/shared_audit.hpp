// SPDX-License-Identifier: Apache-2.0
#pragma once

// One audit at a time, however many ask for one: who asks while one is under way gets the answer of
// that. Threads: the host's. Ownership: the host outlives it.

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "api/service.hpp"
#include "core/engine_host.hpp"

namespace switchhook::daemon {

class SharedAudit final : private api::ServiceSink {
 public:
  /// Has an audit made for an application of the host; the answer comes to that one's sink.
  using Run = std::function<void(api::AppId app, api::RequestId request)>;
  using Answer = std::function<void(api::AppId app, api::Reply reply)>;

  SharedAudit(core::EngineHost& host, Run run, Answer answer);
  ~SharedAudit() override;
  SharedAudit(const SharedAudit&) = delete;
  SharedAudit& operator=(const SharedAudit&) = delete;

  /// Answered by one call of Answer. Errors: overloaded: limits::kAuditsAsked of this application
  /// wait already.
  void ask(api::AppId app, api::RequestId request);
  /// The application is gone.
  void forget(api::AppId app);
  /// To be called now and then, not from within the host: begins what was asked for meanwhile.
  void tick();
  /// How many were made; for tests.
  [[nodiscard]] std::size_t made() const { return made_; }

 private:
  struct Asker {
    api::AppId app;
    api::RequestId request = 0;
  };
  void begin();
  void on_reply(api::Reply reply) override;
  void on_event(api::Event) override {}
  void on_disconnected(const Error&) override {}

  core::EngineHost& host_;
  const Run run_;
  const Answer answer_;
  std::vector<Asker> askers_;
  std::optional<api::AppId> app_;  // by which it asks the engine, while an audit is under way
  bool answered_ = false;
  std::size_t made_ = 0;
};

}  // namespace switchhook::daemon
