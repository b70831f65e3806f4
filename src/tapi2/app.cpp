// SPDX-License-Identifier: Apache-2.0
// An App's own life, and what its program asks of it.
#include "tapi2/app.hpp"

#include "tapi2/connect.hpp"

namespace switchhook::tapi2 {
Process& Process::get() {
  // Never destroyed: at the end of the program threads of the service may still look into it.
  static Process& process = *std::make_unique<Process>().release();
  return process;
}

// ---- beginning and end

LONG App::connect(DWORD& ret_lines) {
  const auto self = shared_from_this();
  const Result<void> attached = client_->attach(
      [this](api::ServiceSink& sink) { return connect_service(settings_.name, sink); },
      {.event = [self](const api::Event& event) { self->on_event(event); },
       .lost = [self](const Error& why) { self->on_lost(why); }});
  const Result<api::LineList> list =
      attached ? ask_for<api::LineList>(api::ListLines{}) : attached.error();
  if (!list) {
    static_cast<void>(shut_down());
    return lineerr(list.error());
  }
  ret_lines = static_cast<DWORD>(list->lines.size());
  return 0;
}

LONG App::begin(HLINEAPP& ret_handle, HANDLE& ret_event) {
  {
    base::Lock lock(mutex_);
    if (settings_.callback != nullptr || event_.open())
      handle_ = Process::get().apps.add(shared_from_this());
    if (handle_ != 0) {
      ret_event = event_.handle();
      if (!messages_.empty()) event_.set();
      schedule();
      ret_handle = handle_;
      return 0;
    }
  }
  static_cast<void>(shut_down());
  return lineerr(LINEERR_RESOURCEUNAVAIL);
}

LONG App::shut_down() {
  {
    base::Lock lock(mutex_);
    if (down_) return lineerr(LINEERR_INVALAPPHANDLE);
    down_ = true;
    Process::get().apps.remove(handle_);
    messages_.clear();
    closed_.clear();
    event_.close();
  }
  arrived_.notify_all();
  const auto mine = [this](const Line& line) { return line.app.get() == this; };
  Process::get().calls.remove_if([&](const Call& call) { return mine(*call.line); });
  Process::get().lines.remove_if(mine);
  client_->report_leaks("lineShutdown");
  // A service that cannot be told finds out by itself: for the program it is over.
  static_cast<void>(client_->shut_down());
  client_->stop();
  return 0;
}

// ---- asking the service

LONG App::request(api::Command command, const Line& line, HCALL call, HCALL* ret_call,
                  DWORD argument, const void* site) {
  const Result<api::RequestId> number = client_->start(
      std::move(command),
      [self = shared_from_this(),
       pending = Pending{line.handle, line.instance, call, ret_call, site}](
          api::RequestId given, const auto& result) { self->completed(given, pending, result); });
  return number ? static_cast<LONG>(*number) : lineerr(number.error(), argument);
}

// ---- lines and calls

LONG App::open_line(const api::OpenLine& command, DWORD_PTR instance, HLINE& ret_line) {
  auto line = std::make_shared<Line>();
  line->app = shared_from_this();
  line->device = command.line;
  line->version = command.api_version;
  line->instance = instance;
  const Result<api::OpenedLine> opened = client_->call_for<api::OpenedLine>(
      command, [self = shared_from_this(), line](const api::Value& value) {
        if (const auto* given = std::get_if<api::OpenedLine>(&value)) self->book(line, given->open);
      });
  if (!opened) return lineerr(opened.error(), LINEERR_INVALMEDIAMODE);
  if (line->handle == 0) return lineerr(LINEERR_RESOURCEUNAVAIL);
  ret_line = line->handle;
  return 0;
}

/// Before anything later in the stream can speak of it.
void App::book(const std::shared_ptr<Line>& line, api::OpenId open) {
  base::Lock lock(mutex_);
  if (down_) return;  // the service takes back all that it gave
  line->open = open;
  line->handle = Process::get().lines.add(line);
  if (line->handle != 0 && client_->keep(open, line)) return;
  Process::get().lines.remove(line->handle);
  line->handle = 0;
  client_->let_go(open);
}

LONG App::close_line(const std::shared_ptr<Line>& line) {
  const Result<void> closed = client_->close(line->open);
  const bool gone = !closed && closed.error().code == Errc::stale_line;
  const bool good = closed || closed.error().code == Errc::disconnected;
  if (good || gone) {
    base::Lock lock(mutex_);
    forget(*line, true);
  }
  return good ? 0 : lineerr(closed.error());
}

LONG App::release(const std::shared_ptr<Call>& call) {
  const Result<void> released = client_->release(call->id);
  const Errc code = released ? Errc::failed : released.error().code;
  const bool good = released || code == Errc::disconnected;
  if (good || code == Errc::stale_handle || code == Errc::reclaimed) {
    base::Lock lock(mutex_);
    forget(*call, call->line->version < kVersion20);
  }
  return good ? 0 : lineerr(released.error());
}

void App::want_states(Line& line, DWORD line_states, DWORD address_states) {
  base::Lock lock(mutex_);
  line.line_states = line_states;
  line.address_states = address_states;
}

LONG App::find_new_calls(const std::shared_ptr<Line>& line, const void* site) {
  const Result<api::CallList> found = client_->call_for<api::CallList>(
      api::GetNewCalls{line->open, words_of(site)},
      [self = shared_from_this(), line, site](const api::Value& value) {
        const auto* list = std::get_if<api::CallList>(&value);
        base::Lock lock(self->mutex_);
        if (list == nullptr || self->down_) return;
        for (const api::CallId id : list->calls)
          static_cast<void>(self->adopt(id, line, false, site));
      });
  return found ? 0 : lineerr(found.error());
}

std::vector<HCALL> App::unknown_calls(const Line& line) const {
  std::vector<HCALL> handles;
  for (const auto& call : client_->calls<Call>(line.open))
    if (!call->known) handles.push_back(call->handle);
  return handles;
}

void App::make_known(const Line& line) {
  for (const auto& call : client_->calls<Call>(line.open)) call->known = true;
}

/// Null when there are too many handles, or its line is closed, and it with it.
std::shared_ptr<Call> App::adopt(api::CallId id, const std::shared_ptr<Line>& line, bool known,
                                 const void* site) {
  auto call = std::make_shared<Call>();
  call->line = line;
  call->id = id;
  call->known = known;
  call->handle = Process::get().calls.add(call);
  if (call->handle != 0 && client_->keep(id, call, site)) return call;
  Process::get().calls.remove(call->handle);
  client_->let_go(id);
  return nullptr;
}

void App::forget(const Call& call, bool replies_too) {
  const HCALL handle = call.handle;
  Process::get().calls.remove(handle);
  client_->forget(call.id);
  purge([&](const Message& message) {
    return message.call == handle && (replies_too || message.content.dwMessageID != LINE_REPLY);
  });
}

void App::forget(const Line& line, bool messages_too) {
  const HLINE handle = line.handle;
  Process::get().lines.remove(handle);
  Process::get().calls.remove_if([&](const Call& call) { return call.line.get() == &line; });
  client_->forget(line.open);
  // Closed by the program: not a word more. Closed by the service: its calls' messages would speak
  // of handles that mean nothing any more, but replies were promised.
  purge([&](const Message& message) {
    return message.line == handle &&
           (messages_too || (message.call != 0 && message.content.dwMessageID != LINE_REPLY));
  });
}

}  // namespace switchhook::tapi2
