// SPDX-License-Identifier: Apache-2.0
#pragma once

// The way in to the service: straight to the engine's host, or over a simulated wire. Threads: the
// host's. Ownership: host, violations and clock outlive it; the sinks outlive it, unless they were cut.

#include <map>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "core/engine_host.hpp"
#include "simulator/invariants.hpp"
#include "simulator/random.hpp"

namespace switchhook::simulator {

class Entrance {
 public:
  Entrance(core::EngineHost& host, Violations& violations, const base::Clock& clock)
      : host_(host), violations_(violations), clock_(clock) {}
  virtual ~Entrance() = default;
  Entrance(const Entrance&) = delete;
  Entrance& operator=(const Entrance&) = delete;

  [[nodiscard]] virtual api::AppId attach(api::ApplicationInfo info, api::ServiceSink& sink) = 0;
  virtual void submit(api::AppId app, api::RequestId request, api::Command command) = 0;
  /// The application is gone without a word; its sink is not called any more.
  virtual void cut(api::AppId app, const std::string& why) = 0;
  /// Whether what is asked and told takes time to arrive.
  [[nodiscard]] virtual bool distant() const = 0;
  /// A part of what is on its way arrives.
  virtual void deliver(Random& random) = 0;
  /// All that is on its way arrives. @return whether there was anything.
  virtual bool deliver_all() = 0;

 protected:
  api::AppId enter(api::ApplicationInfo info, api::ServiceSink& sink) {
    std::string name = info.name;
    const api::AppId app = host_.attach(std::move(info), sink);
    names_.emplace(app, std::move(name));
    return app;
  }
  void hand_in(api::AppId app, api::RequestId request, api::Command command) {
    if (std::holds_alternative<api::ReleaseCall>(command))
      violations_.releases(names_.at(app), clock_.now().monotonic);
    host_.submit(app, request, std::move(command));
  }
  void leave(api::AppId app, const std::string& why) { host_.detach(app, why); }
  [[nodiscard]] const std::string& name_of(api::AppId app) const { return names_.at(app); }
  [[nodiscard]] Violations& violations() { return violations_; }

 private:
  core::EngineHost& host_;
  Violations& violations_;
  const base::Clock& clock_;
  std::map<api::AppId, std::string> names_;
};

/// Without a wire.
class DirectEntrance final : public Entrance {
 public:
  using Entrance::Entrance;
  api::AppId attach(api::ApplicationInfo info, api::ServiceSink& sink) override {
    return enter(std::move(info), sink);
  }
  void submit(api::AppId app, api::RequestId request, api::Command command) override {
    hand_in(app, request, std::move(command));
  }
  void cut(api::AppId app, const std::string& why) override { leave(app, why); }
  bool distant() const override { return false; }
  void deliver(Random&) override {}
  bool deliver_all() override { return false; }
};

}  // namespace switchhook::simulator
