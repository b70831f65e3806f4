// SPDX-License-Identifier: Apache-2.0
#include "client/holdings.hpp"

#include <algorithm>
#include <utility>

#include "base/cases.hpp"

namespace switchhook::client {
Identifier* Holdings::find(api::CallId call) {
  const auto found = calls_.find(call);
  return found == calls_.end() ? nullptr : &found->second;
}

Opening* Holdings::find(api::OpenId open) {
  const auto found = lines_.find(open);
  return found == lines_.end() ? nullptr : &found->second;
}

bool Holdings::release_suppresses(api::CallId call) {
  const Identifier* held = find(call);
  const Opening* line = held == nullptr ? nullptr : find(held->open);
  return line != nullptr && line->how.api_version < api::kApiVersion20;
}

// ---- the stream

Asked Holdings::asking(const api::Command& command) {
  using What = Asked::What;
  Asked asked;
  // A command that names an opening or an identifier belongs to that opening.
  std::visit(
      [&](const auto& any) {
        if constexpr (requires { any.open; }) asked.open = any.open;
        if constexpr (requires { any.call; }) {
          asked.call = any.call;
          if (const Identifier* held = find(any.call)) asked.open = held->open;
        }
      },
      command);
  if (const auto* open = std::get_if<api::OpenLine>(&command)) {
    asked.what = What::open;
    asked.how = *open;
  } else if (std::holds_alternative<api::CloseLine>(command)) {
    asked.what = What::close;
    if (Opening* line = find(asked.open)) line->closing = true;
  } else if (std::holds_alternative<api::ReleaseCall>(command)) {
    asked.what = What::release;
    if (Identifier* held = find(asked.call)) held->releasing = true;
  } else if (std::holds_alternative<api::MakeCall>(command) ||
             std::holds_alternative<api::GetNewCalls>(command)) {
    asked.what = What::calls;
  } else if (const auto* drop = std::get_if<api::DropCall>(&command)) {
    asked.what = What::drop;
    asked.drop = *drop;
  } else if (std::holds_alternative<api::ShutDown>(command)) {
    asked.what = What::drop;
    for (auto& [id, line] : lines_) line.closing = true;
  }
  return asked;
}

void Holdings::answered(const Asked& asked, const Result<api::Value>& result) {
  using What = Asked::What;
  const auto add = [&](api::CallId call, api::SessionId session) {
    Identifier& held = calls_[call];
    held.open = asked.open;
    held.session = session;
  };
  if (!result) {
    Identifier* held = asked.what == What::release ? find(asked.call) : nullptr;
    if (held != nullptr) held->releasing = false;
    Opening* line = asked.what == What::close ? find(asked.open) : nullptr;
    if (line != nullptr) line->closing = false;
  } else if (const auto* opened = std::get_if<api::OpenedLine>(&*result)) {
    Opening& line = lines_[opened->open];
    line.name = opened->line;
    line.how = asked.how;
  } else if (const auto* made = std::get_if<api::MadeCall>(&*result)) {
    add(made->call, made->session);
  } else if (const auto* list = std::get_if<api::CallList>(&*result)) {
    for (std::size_t i = 0; i < list->calls.size(); ++i)
      add(list->calls[i], i < list->sessions.size() ? list->sessions[i] : api::SessionId{});
  } else if (asked.what == What::release) {
    forget(asked.call);
  } else if (asked.what == What::close) {
    forget(asked.open);
  }
}

void Holdings::told(const api::Event& event) {
  const auto nothing_held = [](const auto&) {};
  std::visit(
      base::Cases{
          [&](const api::CallAppeared& appeared) {
            Identifier& held = calls_[appeared.call];
            held.open = appeared.open;
            held.session = appeared.session;
          },
          [&](const api::CallStateChanged& changed) {
            if (Identifier* held = find(changed.call)) held->state = changed.state;
          },
          [&](const api::LineClosed& closed) {
            std::vector<api::CallId> its;
            for (const auto& [call, held] : calls_)
              if (held.open == closed.open) its.push_back(call);
            for (const api::CallId call : its) become_stale(call);
            Opening* line = find(closed.open);
            if (line != nullptr && line->object)
              line->gone = true;
            else
              lines_.erase(closed.open);
          },
          [&](const api::CallReclaimed& reclaimed) { become_stale(reclaimed.call); },
          [&](const api::CallInfoChanged& any) { nothing_held(any); },
          [&](const api::LineChanged& any) { nothing_held(any); },
          [&](const api::LineAppeared& any) { nothing_held(any); },
          [&](const api::LineRemoved& any) { nothing_held(any); },
          [&](const api::DigitReceived& any) { nothing_held(any); },
          [&](const api::DigitsSent& any) { nothing_held(any); },
          [&](const api::LeakLimitReached& any) { nothing_held(any); },
          [&](const api::EventsLost& any) { nothing_held(any); },  // the attachment asks again
          [&](const api::TracedMessage& any) { nothing_held(any); },
      },
      event);
}

std::vector<api::OpenId> Holdings::openings_beside(api::OpenId open) const {
  std::vector<api::OpenId> beside;
  const auto known = lines_.find(open);
  if (known == lines_.end()) return beside;
  for (const auto& [other, opening] : lines_)
    if (other != open && !opening.gone && opening.name == known->second.name)
      beside.push_back(other);
  std::sort(beside.begin(), beside.end());
  return beside;
}

// ---- letting go

void Holdings::become_stale(api::CallId call) {
  Identifier* held = find(call);
  if (held == nullptr) return;
  if (!held->object || held->releasing)
    forget(call);
  else
    held->gone = true;
}

void Holdings::forget(api::CallId call) {
  const auto node = calls_.extract(call);
  if (!node.empty()) drop(std::move(node.mapped().object));
}

void Holdings::forget(api::OpenId open) {
  const auto node = lines_.extract(open);
  if (!node.empty()) drop(std::move(node.mapped().object));
  std::erase_if(calls_, [&](const auto& each) {
    if (each.second.open != open) return false;
    drop(each.second.object);
    return true;
  });
}

void Holdings::lose_all() {
  std::erase_if(calls_, [](const auto& each) { return !each.second.object; });
  for (auto& [call, held] : calls_) held.gone = true;
  for (auto& [open, line] : lines_) line.gone = true;
}

void Holdings::forget_all() {
  for (auto& [call, held] : calls_) drop(std::move(held.object));
  for (auto& [open, line] : lines_) drop(std::move(line.object));
  calls_.clear();
  lines_.clear();
  drops_.clear();
}

// ---- after the service died, or was stopped

Result<api::Value> Holdings::give_up(Asked&& asked, const char* when) {
  using What = Asked::What;
  if (asked.what != What::drop && asked.what != What::release && asked.what != What::close)
    return Error{Errc::disconnected, why_ + when};
  Result<api::Value> done = api::Value{};
  answered(asked, done);
  if (asked.drop) drops_.push_back(std::move(*asked.drop));
  return done;
}

std::vector<api::DropCall> Holdings::unfinished_drops() {
  std::vector<api::DropCall> out = std::exchange(drops_, {});
  std::erase_if(out, [this](const api::DropCall& drop) {
    const Identifier* held = find(drop.call);
    return held == nullptr || !held->held() || held->state == CallState::idle;
  });
  return out;
}

std::vector<api::Restore> Holdings::to_restore(std::size_t calls_at_most) const {
  std::vector<api::Restore> out(1);
  const auto open = [](const Opening& line) { return !line.closing && !line.gone; };
  for (const auto& [id, line] : lines_)
    if (open(line))
      out.back().openings.push_back(
          {id, line.name, line.how.privileges, line.how.media_modes, line.how.api_version});
  std::vector<api::CallToRestore> calls;
  for (const auto& [id, held] : calls_) {
    const auto line = lines_.find(held.open);
    if (held.held() && line != lines_.end() && open(line->second))
      calls.push_back({id, held.open, held.session, held.state == CallState::idle});
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
  for (const api::OpenId open : lost.lost_openings) out.emplace_back(api::LineClosed{open, why_});
  for (const api::CallId id : lost.lost_calls) {
    const Identifier* held = find(id);
    if (held == nullptr || held->gone) continue;
    if (std::count(lost.lost_openings.begin(), lost.lost_openings.end(), held->open) != 0)
      continue;  // its line is closed
    if (held->state != CallState::idle)
      out.emplace_back(api::CallStateChanged{
          .call = id,
          .state = CallState::idle,
          .cause = Cause{.mode = DisconnectMode::temporary_failure, .words = why_},
          .origin = EndOrigin::system,
          .at = now});
    out.emplace_back(api::CallReclaimed{id});
  }
  return out;
}

}  // namespace switchhook::client
