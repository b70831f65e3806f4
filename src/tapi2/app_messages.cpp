// SPDX-License-Identifier: Apache-2.0
// The stream of the service, turned into messages; and how the program takes them.
#include <algorithm>
#include <cstring>

#include "base/limits.hpp"
#include "tapi2/app.hpp"

namespace switchhook::tapi2 {
namespace {

constexpr DWORD kUnwanted = 0xffffffff;  // marks a message; none has this number

}  // namespace

// ---- the service's thread

void App::on_notice(api::Notice notice) {
  bool lost = false;
  {
    base::Lock lock(mutex_);
    if (down_) return;
    if (const auto* event = std::get_if<api::Event>(&notice)) {
      on_event(*event);
    } else if (auto* completion = std::get_if<api::Completion>(&notice)) {
      on_completion(std::move(*completion));
    } else if (const auto* gone = std::get_if<api::Disconnected>(&notice)) {
      on_lost(gone->why);
      lost = true;
    }
  }
  arrived_.notify_all();
  if (lost) answered_.notify_all();
}

void App::on_event(const api::Event& event) {
  if (const auto* appeared = std::get_if<api::CallAppeared>(&event)) {
    on_appeared(*appeared);
  } else if (const auto* state = std::get_if<api::CallStateChanged>(&event)) {
    on_state(*state);
  } else if (const auto* info = std::get_if<api::CallInfoChanged>(&event)) {
    const Call* call = call_of(info->call);
    const DWORD changed = info_state_of(info->what);
    if (call != nullptr && changed != 0) tell(*call, LINE_CALLINFO, changed, 0, 0);
  } else if (const auto* digit = std::get_if<api::DigitReceived>(&event)) {
    if (const Call* call = call_of(digit->call))
      tell(*call, LINE_MONITORDIGITS, static_cast<unsigned char>(digit->digit), digit->mode,
           call->line->version < kVersion20 ? 0 : tick_count());
  } else if (const auto* sent = std::get_if<api::DigitsSent>(&event)) {
    if (const Call* call = call_of(sent->call))
      tell(*call, LINE_GENERATE, sent->cancelled ? LINEGENERATETERM_CANCEL : LINEGENERATETERM_DONE,
           0, call->line->version < kVersion20 ? 0 : tick_count());
  } else if (const auto* reclaimed = std::get_if<api::CallReclaimed>(&event)) {
    if (const Call* call = call_of(reclaimed->call)) {
      Process::get().calls.reclaim(call->handle);
      forget(*call, false);
    }
  } else if (const auto* closed = std::get_if<api::LineClosed>(&event)) {
    if (const std::shared_ptr<Line> line = line_of(closed->open)) {
      forget(*line, false);
      tell(*line, LINE_CLOSE, 0, 0, 0);
    }
  } else if (const auto* changed = std::get_if<api::LineChanged>(&event)) {
    on_line_changed(*changed);
  } else if (const auto* added = std::get_if<api::LineAppeared>(&event)) {
    on_lines_added(added->line);
  } else if (const auto* removed = std::get_if<api::LineRemoved>(&event)) {
    // Before 2.0 LINE_CLOSE, which came first, is all there is to say.
    if (settings_.version >= kVersion20) tell(LINE_REMOVE, removed->line, 0, 0);
  } else if (std::holds_alternative<api::EventsLost>(event)) {
    // States are never lost. What else a call may have told is to be read again.
    for (const auto& [id, call] : calls_) tell(*call, LINE_CALLINFO, LINECALLINFOSTATE_OTHER, 0, 0);
  }
}

void App::on_appeared(const api::CallAppeared& event) {
  const std::shared_ptr<Line> line = line_of(event.open);
  if (!line) return;
  const std::shared_ptr<Call> call = adopt(event.call, line, true);
  if (call) announce(*call, event.privilege);
}

/// A handle that the program did not ask for. Before 2.0 it learns it from the state that follows.
void App::announce(const Call& call, Privilege privilege) {
  const Line& line = *call.line;
  if (line.version < kVersion20) return;
  tell(line, LINE_APPNEWCALL, 0, call.handle, privilege_of(privilege));
  messages_.back().call = call.handle;
}

void App::on_state(const api::CallStateChanged& event) {
  Call* call = call_of(event.call);
  if (call == nullptr) return;            // released a moment ago
  if (!call->known && event.privilege) {  // handed off to the program, before it asked again
    call->known = true;
    announce(*call, *event.privilege);
  }
  if (event.state == CallState::disconnected || event.state == CallState::idle) call->over = true;
  tell(*call, LINE_CALLSTATE, state_of(event.state),
       mode_of(event.state, event.detail, event.cause, call->line->version),
       event.privilege ? privilege_of(*event.privilege) : 0);
}

void App::on_line_changed(const api::LineChanged& event) {
  const std::shared_ptr<Line> line = line_of(event.open);
  if (!line) return;
  DWORD what = 0, detail = 0, count = 0, address = 0;
  switch (event.what) {
    case api::LineChange::in_service:
      what = LINEDEVSTATE_INSERVICE;
      break;
    case api::LineChange::out_of_service:
      what = LINEDEVSTATE_OUTOFSERVICE;
      break;
    case api::LineChange::opened:
      what = LINEDEVSTATE_OPEN;
      break;
    case api::LineChange::closed:
      what = LINEDEVSTATE_CLOSE;
      break;
    case api::LineChange::ringing:
      what = LINEDEVSTATE_RINGING;
      detail = 1;  // the only ring mode
      count = event.count == 0 ? 0 : event.count - 1;
      break;
    case api::LineChange::calls:
      what = LINEDEVSTATE_NUMCALLS;
      address = LINEADDRESSSTATE_NUMCALLS | (event.count == 0   ? LINEADDRESSSTATE_INUSEZERO
                                             : event.count == 1 ? LINEADDRESSSTATE_INUSEONE
                                                                : LINEADDRESSSTATE_INUSEMANY);
      break;
  }
  if ((what & line->line_states) != 0) tell(*line, LINE_LINEDEVSTATE, what, detail, count);
  if ((address & line->address_states) != 0)
    tell(*line, LINE_ADDRESSSTATE, 0, address & line->address_states, 0);
}

void App::on_lines_added(api::LineId device) {
  if (settings_.version >= kVersion14)
    tell(LINE_CREATE, device, 0, 0);
  else
    tell(LINE_LINEDEVSTATE, LINEDEVSTATE_REINIT, LINE_CREATE, device);
}

void App::on_completion(api::Completion completion) {
  const auto found = pending_.find(completion.request);
  if (found == pending_.end()) return;  // its line was closed, or below 2.0 its call let go of
  const Pending pending = found->second;
  pending_.erase(found);
  LONG result = completion.result ? 0 : lineerr(completion.result.error());
  HCALL made = 0;
  if (completion.result) {
    if (const auto* answer = std::get_if<api::MadeCall>(&*completion.result)) {
      const std::shared_ptr<Line> line = Process::get().lines.find(pending.line);
      const std::shared_ptr<Call> call = line ? adopt(answer->call, line, true) : nullptr;
      if (call) {
        call->site = pending.site;
        made = call->handle;
      } else {
        result = lineerr(LINEERR_RESOURCEUNAVAIL);
      }
    }
  }
  reply(completion.request, pending, result, made);
}

/// Nothing comes any more. Requests are answered, lines close, and the program is told to begin
/// anew; until it does, its handles answer that there is no service.
void App::on_lost(const Error& why) {
  const Error lost{Errc::disconnected, why.context};
  lost_ = lost;
  for (const auto& [number, pending] : pending_) reply(number, pending, lineerr(lost), 0);
  pending_.clear();
  for (const auto& [open, line] : lines_) tell(*line, LINE_CLOSE, 0, 0, 0);
  tell(LINE_LINEDEVSTATE, LINEDEVSTATE_REINIT, 0, 0);
}

// ---- the queue

void App::tell(const Call& call, DWORD message, DWORD_PTR p1, DWORD_PTR p2, DWORD_PTR p3) {
  if (!call.known) return;
  const Line& line = *call.line;
  push({.content = {call.handle, message, line.instance, p1, p2, p3},
        .line = line.handle,
        .call = call.handle});
}

void App::tell(const Line& line, DWORD message, DWORD_PTR p1, DWORD_PTR p2, DWORD_PTR p3) {
  push({.content = {line.handle, message, line.instance, p1, p2, p3}, .line = line.handle});
}

void App::tell(DWORD message, DWORD_PTR p1, DWORD_PTR p2, DWORD_PTR p3) {
  push({.content = {0, message, 0, p1, p2, p3}});
}

void App::reply(api::RequestId number, const Pending& pending, LONG result, HCALL made) {
  const std::shared_ptr<Line> line = Process::get().lines.find(pending.line);
  push(
      {.content = {0, LINE_REPLY, line ? line->instance : 0, number, static_cast<DWORD>(result), 0},
       .line = pending.line,
       .call = pending.call,
       .ret_call = result == 0 ? pending.ret_call : nullptr,
       .made = made});
}

void App::push(Message message) {
  if (messages_.size() >= std::max(thin_out_at_, limits::kEventsQueued)) thin_out();
  messages_.push_back(message);
  if (messages_.size() == 1) event_.set();
}

/// The program does not take its messages. Of each call the last state stays, and what it was
/// given with; replies and what concerns lines stay; the rest goes. What is left is bounded by
/// what the program holds.
void App::thin_out() {
  std::unordered_map<HCALL, Message*> last;
  for (auto at = messages_.rbegin(); at != messages_.rend(); ++at) {
    const DWORD kind = at->content.dwMessageID;
    bool unwanted = false;
    if (kind == LINE_CALLSTATE) {
      const auto [kept, first] = last.emplace(at->call, &*at);
      unwanted = !first;
      LINEMESSAGE& later = kept->second->content;
      if (unwanted && later.dwParam3 == 0) later.dwParam3 = at->content.dwParam3;
    } else if (kind == LINE_CALLINFO || kind == LINE_LINEDEVSTATE || kind == LINE_ADDRESSSTATE ||
               kind == LINE_MONITORDIGITS) {
      unwanted = at->content.hDevice != 0;
    }
    if (unwanted) at->content.dwMessageID = kUnwanted;
  }
  purge([](const Message& message) { return message.content.dwMessageID == kUnwanted; });
  thin_out_at_ = 2 * messages_.size();
}

bool App::take(LINEMESSAGE& ret_message) {
  if (messages_.empty()) return false;
  const Message message = messages_.front();
  messages_.pop_front();
  if (messages_.empty()) event_.reset();
  // Here, under the mutex, so that it cannot come after lineClose or lineShutdown.
  if (message.ret_call != nullptr) std::memcpy(message.ret_call, &message.made, sizeof(HCALL));
  ret_message = message.content;
  return true;
}

LONG App::get_message(LINEMESSAGE& ret_message, DWORD timeout_ms) {
  using std::chrono::steady_clock;
  if (settings_.callback != nullptr) return lineerr(LINEERR_OPERATIONUNAVAIL);
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  base::Lock lock(mutex_);
  while (true) {
    if (down_) return lineerr(LINEERR_INVALAPPHANDLE);
    if (take(ret_message)) return 0;
    if (timeout_ms == INFINITE) {
      arrived_.wait(mutex_);
    } else if (arrived_.wait_until(mutex_, deadline) == std::cv_status::timeout &&
               messages_.empty() && !down_) {
      return lineerr(LINEERR_OPERATIONFAILED);
    }
  }
}

void App::dispatch() {
  while (true) {
    LINEMESSAGE message{};
    {
      base::Lock lock(mutex_);
      while (messages_.empty() && !down_) arrived_.wait(mutex_);
      if (down_) return;
      take(message);
    }
    settings_.callback(message.hDevice, message.dwMessageID, message.dwCallbackInstance,
                       message.dwParam1, message.dwParam2, message.dwParam3);
  }
}

}  // namespace switchhook::tapi2
