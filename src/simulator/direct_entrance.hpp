// SPDX-License-Identifier: Apache-2.0
#pragma once

// The way in without a wire: straight to the host. Threads: the host's. The host outlives it.

#include "core/engine_host.hpp"
#include "simulator/application.hpp"

namespace switchhook::simulator {

class DirectEntrance final : public Entrance {
 public:
  explicit DirectEntrance(core::EngineHost& host) : host_(host) {}
  api::AppId attach(api::ApplicationInfo info, api::ServiceSink& sink) override {
    return host_.attach(std::move(info), sink);
  }
  void submit(api::AppId app, api::RequestId request, api::Command command) override {
    host_.submit(app, request, std::move(command));
  }
  void cut(api::AppId app, const std::string& why) override { host_.detach(app, why); }
  bool may_disconnect() const override { return false; }

 private:
  core::EngineHost& host_;
};

}  // namespace switchhook::simulator
