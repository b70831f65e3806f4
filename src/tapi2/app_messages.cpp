// SPDX-License-Identifier: Apache-2.0
// The stream of the service, turned into messages; and how the program takes them.
#include <algorithm>
#include <cstring>

#include "base/cases.hpp"
#include "base/limits.hpp"
#include "tapi2/app.hpp"

namespace switchhook::tapi2 {
namespace {

constexpr DWORD kUnwanted = 0xffffffff;  // marks a message; none has this number

}  // namespace

// ---- the service's thread

void App::on_event(const api::Event& event) {
  const auto call_of = [&](api::CallId id) { return client_->find<Call>(id); };
  const auto ticks = [](const Call& call) {
    return call.line->version < kVersion20 ? 0 : tick_count();
  };
  base::Lock lock(mutex_);
  if (down_) return;
  const base::Cases cases{
      [&](const api::CallAppeared& appeared) SWITCHHOOK_REQUIRES(mutex_) { on_appeared(appeared); },
      [&](const api::CallStateChanged& state) SWITCHHOOK_REQUIRES(mutex_) { on_state(state); },
      [&](const api::CallInfoChanged& info) SWITCHHOOK_REQUIRES(mutex_) {
        const auto call = call_of(info.call);
        const DWORD changed = info_state_of(info.what);
        if (call && changed != 0) tell(*call, LINE_CALLINFO, changed, 0, 0);
      },
      [&](const api::DigitReceived& digit) SWITCHHOOK_REQUIRES(mutex_) {
        if (const auto call = call_of(digit.call))
          tell(*call, LINE_MONITORDIGITS, static_cast<unsigned char>(digit.digit), digit.mode,
               ticks(*call));
      },
      [&](const api::DigitsSent& sent) SWITCHHOOK_REQUIRES(mutex_) {
        if (const auto call = call_of(sent.call))
          tell(*call, LINE_GENERATE,
               sent.cancelled ? LINEGENERATETERM_CANCEL : LINEGENERATETERM_DONE, 0, ticks(*call));
      },
      [&](const api::CallReclaimed& reclaimed) SWITCHHOOK_REQUIRES(mutex_) {
        if (const auto call = call_of(reclaimed.call)) {
          Process::get().calls.reclaim(call->handle);
          forget(*call, false);
        }
      },
      [&](const api::LineClosed& closed) SWITCHHOOK_REQUIRES(mutex_) {
        if (const auto line = client_->find<Line>(closed.open)) {
          forget(*line, false);
          tell(*line, LINE_CLOSE, 0, 0, 0);
          closed_.push_back(line);
          if (closed_.size() > limits::kLineOpenings) closed_.pop_front();
        }
      },
      [&](const api::LineChanged& changed)
          SWITCHHOOK_REQUIRES(mutex_) { on_line_changed(changed); },
      [&](const api::LineAppeared& added)
          SWITCHHOOK_REQUIRES(mutex_) { on_lines_added(added.line); },
      [&](const api::LineRemoved& removed) SWITCHHOOK_REQUIRES(mutex_) {
        // Before 2.0 LINE_CLOSE, which came first, is all there is to say.
        if (settings_.version >= kVersion20) tell(LINE_REMOVE, removed.line, 0, 0);
      },
      // TAPI 2 has no message for it, and one that its programs do not know is not sent. The daemon's
      // log and lineShutdown's report of leaks say it (docs/decisions/0135).
      [](const api::LeakLimitReached&) {},
      [](const api::TracedMessage&) {},  // no program of TAPI can ask for them
      [&](const api::EventsLost&) SWITCHHOOK_REQUIRES(mutex_) {
        // A state that was lost is told by itself. What else a call may have told is to be read.
        for (const auto& call : client_->calls<Call>())
          tell(*call, LINE_CALLINFO, LINECALLINFOSTATE_OTHER, 0, 0);
      },
  };
  std::visit(cases, event);
}

void App::on_appeared(const api::CallAppeared& event) {
  const std::shared_ptr<Line> line = client_->find<Line>(event.open);
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
  const std::shared_ptr<Call> call = client_->find<Call>(event.call);
  if (call == nullptr) return;            // released a moment ago
  if (!call->known && event.privilege) {  // handed off to the program, before it asked again
    call->known = true;
    announce(*call, *event.privilege);
  }
  tell(*call, LINE_CALLSTATE, state_of(event.state),
       mode_of(event.state, event.detail, event.cause, call->line->version),
       event.privilege ? privilege_of(*event.privilege) : 0);
}

void App::on_line_changed(const api::LineChanged& event) {
  const std::shared_ptr<Line> line = client_->find<Line>(event.open);
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

void App::completed(api::RequestId number, const Pending& pending,
                    const Result<api::Value>& result) {
  base::Lock lock(mutex_);
  if (down_) return;
  LONG outcome = result ? 0 : lineerr(result.error());
  HCALL made = 0;
  if (const auto* answer = result ? std::get_if<api::MadeCall>(&*result) : nullptr) {
    const std::shared_ptr<Line> line = Process::get().lines.find(pending.line);
    const std::shared_ptr<Call> call =
        line ? adopt(answer->call, line, true, pending.site) : nullptr;
    if (call)
      made = call->handle;
    else
      outcome = lineerr(LINEERR_RESOURCEUNAVAIL);
  }
  push({.content = {0, LINE_REPLY, pending.instance, number, static_cast<DWORD>(outcome), 0},
        .line = pending.line,
        .call = pending.call,
        .ret_call = outcome == 0 ? pending.ret_call : nullptr,
        .made = made});
}

/// Nothing comes any more. Requests were answered; lines close, and the program is told to begin
/// again; until it does, its handles answer that there is no service, and can be closed: also those
/// of lines that a service closed before it stopped.
void App::on_lost(const Error&) {
  base::Lock lock(mutex_);
  if (down_) return;
  for (const auto& line : client_->lines<Line>()) tell(*line, LINE_CLOSE, 0, 0, 0);
  for (auto& line : closed_) Process::get().lines.restore(line->handle, line);
  closed_.clear();
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

void App::push(Message message) {
  if (messages_.size() >= std::max(thin_out_at_, limits::kEventsQueued)) thin_out();
  messages_.push_back(message);
  if (messages_.size() == 1) event_.set();
  arrived_.notify_all();
  schedule();
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

/// Once the program knows its handle.
void App::schedule() {
  if (settings_.callback == nullptr || handle_ == 0 || messages_.empty() || scheduled_) return;
  scheduled_ = client_->dispatcher().post([self = shared_from_this()] { self->deliver(); });
}

/// The dispatch thread. Takes what was there when it began, so that others get their turn.
void App::deliver() {
  std::size_t turns = 0;
  {
    base::Lock lock(mutex_);
    turns = messages_.size();
  }
  while (turns-- > 0) {
    LINEMESSAGE message{};
    {
      base::Lock lock(mutex_);
      if (down_ || !take(message)) break;
    }
    settings_.callback(message.hDevice, message.dwMessageID, message.dwCallbackInstance,
                       message.dwParam1, message.dwParam2, message.dwParam3);
  }
  base::Lock lock(mutex_);
  scheduled_ = false;
  if (!down_) schedule();
}

}  // namespace switchhook::tapi2
