// SPDX-License-Identifier: Apache-2.0
#include "daemon/shared_audit.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"

namespace switchhook::daemon {

SharedAudit::SharedAudit(core::EngineHost& host, Run run, Answer answer)
    : host_(host), run_(std::move(run)), answer_(std::move(answer)) {}

SharedAudit::~SharedAudit() {
  if (app_) host_.detach(*app_, "the service ends");
}

void SharedAudit::ask(api::AppId app, api::RequestId request) {
  const auto of_app = std::count_if(askers_.begin(), askers_.end(),
                                    [app](const Asker& asker) { return asker.app == app; });
  if (static_cast<std::size_t>(of_app) >= limits::kAuditsAsked)
    return answer_(app, {request, false, Error{Errc::overloaded, "too many audits asked for"}});
  askers_.push_back({app, request});
  if (!app_) begin();
}

void SharedAudit::forget(api::AppId app) {
  std::erase_if(askers_, [app](const Asker& asker) { return asker.app == app; });
}

void SharedAudit::begin() {
  ++made_;
  answered_ = false;
  app_ = host_.attach({.name = "audit", .user = "switchhookd"}, *this);
  run_(*app_, 1);
}

void SharedAudit::on_reply(api::Reply reply) {
  if (reply.accepted_only || answered_) return;
  answered_ = true;
  // Who asks from now on wants to know how it is from now on.
  for (const Asker& asker : std::exchange(askers_, {}))
    answer_(asker.app, {asker.request, false, reply.result});
}

void SharedAudit::tick() {
  if (!app_ || !answered_) return;
  host_.detach(*app_, "its audit is done");
  app_.reset();
  if (!askers_.empty()) begin();
}

}  // namespace switchhook::daemon
