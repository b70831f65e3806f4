// SPDX-License-Identifier: Apache-2.0
// An App's own life, and what its program asks of it.
#include "tapi2/app.hpp"

#include "tapi2/connect.hpp"

namespace switchhook::tapi2 {
namespace {

constexpr std::chrono::seconds kAnswer{30};
constexpr std::chrono::seconds kShutDownAnswer{5};

Error shut_down_error() {
  return {Errc::stale_application, "the program shut it down"};
}

}  // namespace

Process& Process::get() {
  // Never destroyed: at the end of the program threads of the service may still look into it.
  static Process& process = *std::make_unique<Process>().release();
  return process;
}

// ---- beginning and end

LONG App::connect(DWORD& ret_lines) {
  auto connected = api::Client::connect(
      [this](api::ServiceSink& sink) { return connect_service(settings_.name, sink); },
      [weak = weak_from_this()](api::Notice notice) {
        if (const std::shared_ptr<App> app = weak.lock()) app->on_notice(std::move(notice));
      });
  if (!connected) return lineerr(connected.error());
  {
    base::Lock lock(mutex_);
    client_ = std::move(*connected);
  }
  const Result<api::LineList> list = ask_for<api::LineList>(api::ListLines{});
  if (!list) return lineerr(list.error());
  ret_lines = static_cast<DWORD>(list->lines.size());
  return 0;
}

LONG App::begin(HLINEAPP& ret_handle, HANDLE& ret_event) {
  base::Lock lock(mutex_);
  if (settings_.callback == nullptr && !event_.open()) return lineerr(LINEERR_RESOURCEUNAVAIL);
  handle_ = Process::get().apps.add(shared_from_this());
  if (handle_ == 0) return lineerr(LINEERR_RESOURCEUNAVAIL);
  ret_event = event_.handle();
  if (!messages_.empty()) event_.set();
  if (settings_.callback != nullptr)
    dispatcher_ = std::thread([self = shared_from_this()] { self->dispatch(); });
  ret_handle = handle_;
  return 0;
}

LONG App::shut_down() {
  std::shared_ptr<api::Client> client;
  std::thread dispatcher;
  std::vector<api::Unreleased> left;
  {
    base::Lock lock(mutex_);
    if (down_) return lineerr(LINEERR_INVALAPPHANDLE);
    down_ = true;
    if (api::leaks_wanted()) left = unreleased();
    Process::get().apps.remove(handle_);
    client = std::move(client_);
    dispatcher = std::move(dispatcher_);
    for (const auto& [id, call] : calls_) Process::get().calls.remove(call->handle);
    for (const auto& [open, line] : lines_) Process::get().lines.remove(line->handle);
    calls_.clear();
    lines_.clear();
    pending_.clear();
    messages_.clear();
    event_.close();
  }
  arrived_.notify_all();
  answered_.notify_all();
  api::report_unreleased("lineShutdown", left);
  if (client) {
    // A service that cannot be told finds out by itself; the program is rid of it either way.
    static_cast<void>(client->call(api::ShutDown{}, kShutDownAnswer));
    client->give_up(shut_down_error());
  }
  client.reset();
  if (!dispatcher.joinable()) return 0;
  if (dispatcher.get_id() == std::this_thread::get_id())
    dispatcher.detach();  // it shuts down in a callback, which is its last
  else
    dispatcher.join();
  return 0;
}

// ---- asking the service

std::shared_ptr<api::Client> App::client() const {
  base::Lock lock(mutex_);
  return client_;
}

Result<api::Value> App::ask(api::Command command) {
  const std::shared_ptr<api::Client> service = client();
  if (!service) return shut_down_error();
  Result<api::Value> value = service->call(std::move(command), kAnswer);
  if (value) return value;
  base::Lock lock(mutex_);
  if (lost_) return *lost_;
  return value;
}

Result<void> App::ask_and_book(api::Command command, std::shared_ptr<Line> line) {
  const std::shared_ptr<api::Client> service = client();
  if (!service) return shut_down_error();
  auto wait = std::make_shared<Wait>();
  Result<api::RequestId> posted = service->post(
      std::move(command),
      [weak = weak_from_this(), wait, line = std::move(line)](Result<api::Value> result) {
        if (const std::shared_ptr<App> app = weak.lock())
          app->answered(std::move(result), *wait, line);
      });
  const auto deadline = std::chrono::steady_clock::now() + kAnswer;
  base::Lock lock(mutex_);
  if (lost_) return *lost_;
  if (!posted) return posted.error();
  while (!wait->done) {
    if (down_) return shut_down_error();
    if (lost_) return *lost_;
    if (answered_.wait_until(mutex_, deadline) == std::cv_status::timeout && !wait->done) {
      wait->given_up = true;
      return Errc::timed_out;
    }
  }
  if (wait->error) return *wait->error;
  return {};
}

void App::answered(Done result, Wait& wait, const std::shared_ptr<Line>& line) {
  {
    base::Lock lock(mutex_);
    if (down_) return;  // the service takes back all that it gave
    wait.done = true;
    if (!result) {
      wait.error = std::move(result).error();
    } else if (const auto* opened = std::get_if<api::OpenedLine>(&*result)) {
      line->open = opened->open;
      line->handle = wait.given_up ? 0 : Process::get().lines.add(line);
      if (line->handle != 0) {
        lines_.emplace(line->open, line);
      } else {
        wait.error = Error{Errc::resource_unavailable, "too many lines open"};
        static_cast<void>(client_->post(api::CloseLine{line->open}, [](const auto&) {}));
      }
    } else if (const auto* list = std::get_if<api::CallList>(&*result)) {
      if (lines_.contains(line->open))
        for (const api::CallId id : list->calls) adopt(id, line, false);
    }
  }
  answered_.notify_all();
}

LONG App::request(api::Command command, const Line& line, HCALL call, HCALL* ret_call,
                  DWORD argument, const void* site) {
  const std::shared_ptr<api::Client> service = client();
  if (!service) return lineerr(LINEERR_INVALAPPHANDLE);
  api::RequestId booked = 0;
  const Pending pending{line.handle, call, ret_call, site};
  const Result<api::RequestId> number =
      service->start(std::move(command), kAnswer, [&](api::RequestId given) {
        base::Lock lock(mutex_);
        pending_.insert_or_assign(given, pending);
        booked = given;
      });
  if (number) return static_cast<LONG>(*number);
  base::Lock lock(mutex_);
  pending_.erase(booked);
  return lost_ ? lineerr(*lost_) : lineerr(number.error(), argument);
}

// ---- lines and calls

LONG App::open_line(const api::OpenLine& command, DWORD_PTR instance, HLINE& ret_line) {
  auto line = std::make_shared<Line>();
  line->app = shared_from_this();
  line->device = command.line;
  line->version = command.api_version;
  line->instance = instance;
  if (Result<void> opened = ask_and_book(command, line); !opened)
    return lineerr(opened.error(), LINEERR_INVALMEDIAMODE);
  ret_line = line->handle;
  return 0;
}

LONG App::close_line(const std::shared_ptr<Line>& line) {
  const Result<api::Value> closed = ask(api::CloseLine{line->open});
  if (!closed && closed.error().code != Errc::disconnected &&
      closed.error().code != Errc::stale_line)
    return lineerr(closed.error());
  base::Lock lock(mutex_);
  forget(*line, true);
  return closed || closed.error().code == Errc::disconnected ? 0 : lineerr(closed.error());
}

LONG App::release(const std::shared_ptr<Call>& call) {
  const Result<api::Value> released = ask(api::ReleaseCall{call->id});
  const Errc code = released ? Errc::failed : released.error().code;
  const bool gone =
      code == Errc::disconnected || code == Errc::stale_handle || code == Errc::reclaimed;
  if (!released && !gone) return lineerr(released.error());
  base::Lock lock(mutex_);
  forget(*call, call->line->version < kVersion20);
  return released || code == Errc::disconnected ? 0 : lineerr(released.error());
}

void App::want_states(Line& line, DWORD line_states, DWORD address_states) {
  base::Lock lock(mutex_);
  line.line_states = line_states;
  line.address_states = address_states;
}

LONG App::find_new_calls(const std::shared_ptr<Line>& line, const void* site) {
  const Result<void> found = ask_and_book(api::GetNewCalls{line->open, words_of(site)}, line);
  if (found) {
    base::Lock lock(mutex_);
    for (const auto& [id, call] : calls_)
      if (!call->known && call->site == nullptr) call->site = site;
  }
  return found ? 0 : lineerr(found.error());
}

std::string App::acquired_at(Call& call, const void* here) {
  const void* site = nullptr;
  {
    base::Lock lock(mutex_);
    if (call.site == nullptr) call.site = here;
    site = call.site;
  }
  return words_of(site);
}

std::vector<api::Unreleased> App::unreleased() {
  std::vector<api::Unreleased> list;
  for (const auto& [id, call] : calls_)
    if (call->over)
      list.push_back({"device " + std::to_string(call->line->device), words_of(call->site)});
  return list;
}

std::vector<HCALL> App::unknown_calls(const Line& line) const {
  std::vector<HCALL> handles;
  for (const auto& [id, call] : calls_)
    if (!call->known && call->line->handle == line.handle) handles.push_back(call->handle);
  return handles;
}

void App::make_known(const Line& line) {
  for (const auto& [id, call] : calls_)
    if (call->line->handle == line.handle) call->known = true;
}

std::shared_ptr<Call> App::adopt(api::CallId id, const std::shared_ptr<Line>& line, bool known) {
  auto call = std::make_shared<Call>();
  call->line = line;
  call->id = id;
  call->known = known;
  call->handle = Process::get().calls.add(call);
  if (call->handle == 0) {
    static_cast<void>(client_->post(api::ReleaseCall{id}, [](const auto&) {}));
    return nullptr;
  }
  calls_.insert_or_assign(id, call);
  return call;
}

Call* App::call_of(api::CallId id) {
  const auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : found->second.get();
}

std::shared_ptr<Line> App::line_of(api::OpenId open) const {
  const auto found = lines_.find(open);
  return found == lines_.end() ? nullptr : found->second;
}

void App::forget(const Call& call, bool replies_too) {
  const HCALL handle = call.handle;
  Process::get().calls.remove(handle);
  calls_.erase(call.id);
  if (replies_too)
    std::erase_if(pending_, [&](const auto& one) { return one.second.call == handle; });
  purge([&](const Message& message) {
    return message.call == handle && (replies_too || message.content.dwMessageID != LINE_REPLY);
  });
}

void App::forget(const Line& line, bool messages_too) {
  const HLINE handle = line.handle;
  Process::get().lines.remove(handle);
  lines_.erase(line.open);
  std::erase_if(calls_, [&](const auto& one) {
    if (one.second->line->handle != handle) return false;
    Process::get().calls.remove(one.second->handle);
    return true;
  });
  std::erase_if(pending_, [&](const auto& one) { return one.second.line == handle; });
  // Closed by the program: not a word more. Closed by the service: its calls' messages would speak
  // of handles that mean nothing any more, but replies were promised.
  purge([&](const Message& message) {
    return message.line == handle &&
           (messages_too || (message.call != 0 && message.content.dwMessageID != LINE_REPLY));
  });
}

}  // namespace switchhook::tapi2
