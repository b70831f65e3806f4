// SPDX-License-Identifier: Apache-2.0
#include "rpc/holdings.hpp"

#include <algorithm>
#include <utility>

namespace switchhook::rpc {
namespace {

constexpr auto* kDied = "the service died";

}  // namespace

Holdings::Call* Holdings::find(api::CallId call) {
  const auto found = calls_.find(call);
  return found == calls_.end() ? nullptr : &found->second;
}

void Holdings::asked(api::RequestId request, const api::Command& command) {
  Asked asked;
  if (const auto* open = std::get_if<api::OpenLine>(&command)) {
    asked.what = Asked::What::open;
    asked.how = *open;
  } else if (const auto* close = std::get_if<api::CloseLine>(&command)) {
    asked.what = Asked::What::close;
    asked.open = close->open;
    if (const auto line = lines_.find(close->open); line != lines_.end())
      line->second.closing = true;
  } else if (const auto* release = std::get_if<api::ReleaseCall>(&command)) {
    asked.what = Asked::What::release;
    asked.call = release->call;
    if (Call* call = find(release->call)) call->releasing = true;
  } else if (const auto* make = std::get_if<api::MakeCall>(&command)) {
    asked.what = Asked::What::calls;
    asked.open = make->open;
  } else if (const auto* more = std::get_if<api::GetNewCalls>(&command)) {
    asked.what = Asked::What::calls;
    asked.open = more->open;
  } else if (const auto* drop = std::get_if<api::DropCall>(&command)) {
    asked.what = Asked::What::drop;
    asked.drop = *drop;
  } else if (std::holds_alternative<api::ShutDown>(command)) {
    asked.what = Asked::What::drop;
    for (auto& each : lines_) each.second.closing = true;
  }
  asked_.insert_or_assign(request, asked);
}

void Holdings::answered(const api::Reply& reply) {
  if (reply.accepted_only) return;
  const auto node = asked_.extract(reply.request);
  if (node.empty()) return;
  const Asked& asked = node.mapped();
  if (!reply.result) {
    if (Call* call = find(asked.call)) call->releasing = false;
    if (const auto line = lines_.find(asked.open); line != lines_.end())
      line->second.closing = false;
    return;
  }
  if (const auto* opened = std::get_if<api::OpenedLine>(&*reply.result)) {
    const api::OpenLine& how = asked.how;
    lines_[opened->open] = {opened->line, how.privileges, how.media_modes, how.api_version, false};
  } else if (const auto* made = std::get_if<api::MadeCall>(&*reply.result)) {
    calls_[made->call] = {asked.open, made->session};
  } else if (const auto* list = std::get_if<api::CallList>(&*reply.result)) {
    for (std::size_t i = 0; i < list->calls.size() && i < list->sessions.size(); ++i)
      calls_[list->calls[i]] = {asked.open, list->sessions[i]};
  } else if (asked.what == Asked::What::release) {
    calls_.erase(asked.call);
  } else if (asked.what == Asked::What::close) {
    forget(asked.open);
  }
}

void Holdings::told(const api::Event& event) {
  if (const auto* appeared = std::get_if<api::CallAppeared>(&event)) {
    calls_[appeared->call] = {appeared->open, appeared->session};
  } else if (const auto* state = std::get_if<api::CallStateChanged>(&event)) {
    if (Call* call = find(state->call); call != nullptr && state->state == CallState::idle)
      call->over = true;
  } else if (const auto* closed = std::get_if<api::LineClosed>(&event)) {
    forget(closed->open);
  } else if (const auto* reclaimed = std::get_if<api::CallReclaimed>(&event)) {
    calls_.erase(reclaimed->call);
  }
}

void Holdings::forget(api::OpenId open) {
  lines_.erase(open);
  std::erase_if(calls_, [open](const auto& call) { return call.second.open == open; });
}

std::vector<api::Reply> Holdings::give_up_requests() {
  std::vector<api::Reply> out;
  for (auto& [request, asked] : asked_) {
    using What = Asked::What;
    const bool done =
        asked.what == What::drop || asked.what == What::release || asked.what == What::close;
    api::Reply reply{request, false, api::Value{}};
    if (!done) reply.result = Error{Errc::disconnected, "the service died before it answered"};
    out.push_back(std::move(reply));
    if (asked.what == What::close) forget(asked.open);
    if (asked.what == What::release) calls_.erase(asked.call);
    if (asked.drop) drops_.push_back(std::move(*asked.drop));
  }
  asked_.clear();
  std::sort(out.begin(), out.end(),
            [](const api::Reply& a, const api::Reply& b) { return a.request < b.request; });
  return out;
}

std::vector<api::DropCall> Holdings::unfinished_drops() {
  std::vector<api::DropCall> out = std::exchange(drops_, {});
  std::erase_if(out, [this](const api::DropCall& drop) {
    const Call* call = find(drop.call);
    return call == nullptr || call->over;
  });
  return out;
}

std::vector<api::Restore> Holdings::to_restore(std::size_t calls_at_most) const {
  std::vector<api::Restore> out(1);
  for (const auto& [open, line] : lines_)
    if (!line.closing)
      out.back().openings.push_back(
          {open, line.name, line.privileges, line.media_modes, line.api_version});
  std::vector<api::CallToRestore> calls;
  for (const auto& [id, call] : calls_) {
    const auto line = lines_.find(call.open);
    if (!call.releasing && line != lines_.end() && !line->second.closing)
      calls.push_back({id, call.open, call.session, call.over});
  }
  std::sort(calls.begin(), calls.end(),
            [](const auto& a, const auto& b) { return a.call < b.call; });
  for (const api::CallToRestore& call : calls) {
    if (out.back().calls.size() == calls_at_most) out.emplace_back();
    out.back().calls.push_back(call);
  }
  return out;
}

std::vector<api::Event> Holdings::not_restored(const api::Restored& lost, const Moment& now) {
  std::vector<api::Event> out;
  for (const api::OpenId open : lost.lost_openings) {
    forget(open);
    out.emplace_back(api::LineClosed{open, kDied});
  }
  for (const api::CallId id : lost.lost_calls) {
    const auto node = calls_.extract(id);
    if (node.empty()) continue;  // its line is closed
    if (!node.mapped().over)
      out.emplace_back(api::CallStateChanged{
          .call = id,
          .state = CallState::idle,
          .cause = Cause{.mode = DisconnectMode::temporary_failure, .words = kDied},
          .origin = EndOrigin::system,
          .at = now});
    out.emplace_back(api::CallReclaimed{id});
  }
  return out;
}

}  // namespace switchhook::rpc
