// SPDX-License-Identifier: Apache-2.0
// What an attachment holds: keeping it, letting go of it, asking for it again.
#include "api/leak_summary.hpp"
#include "base/clock.hpp"
#include "base/limits.hpp"
#include "client/attachment.hpp"

namespace switchhook::client {
namespace {

constexpr std::chrono::milliseconds kRetry{5};  ///< after the service said "overloaded"

}  // namespace

// ---- keeping

bool Attachment::keep(api::OpenId open, std::shared_ptr<Object> object) {
  if (process_.forked()) return false;
  base::Lock lock(mutex_);
  Opening* line = holdings_.find(open);
  if (down_ || line == nullptr || line->closing || line->gone) return false;
  line->object.swap(object);
  return true;
}

bool Attachment::keep(api::CallId call, std::shared_ptr<Object> object, const void* site) {
  if (process_.forked()) return false;
  base::Lock lock(mutex_);
  Identifier* held = holdings_.find(call);
  const Opening* line = held == nullptr ? nullptr : holdings_.find(held->open);
  if (down_ || held == nullptr || !held->held() || line == nullptr || line->closing || line->gone)
    return false;
  held->object.swap(object);
  if (held->site == nullptr) held->site = site;
  return true;
}

std::shared_ptr<Object> Attachment::object_of(api::CallId call) const {
  if (process_.forked()) return {};
  base::Lock lock(mutex_);
  const auto found = holdings_.calls().find(call);
  return found == holdings_.calls().end() ? nullptr : found->second.object;
}

std::shared_ptr<Object> Attachment::object_of(api::OpenId open) const {
  if (process_.forked()) return {};
  base::Lock lock(mutex_);
  const auto found = holdings_.lines().find(open);
  return found == holdings_.lines().end() ? nullptr : found->second.object;
}

Objects Attachment::call_objects(std::optional<api::OpenId> of) const {
  if (process_.forked()) return {};
  Objects found;
  base::Lock lock(mutex_);
  for (const auto& [call, held] : holdings_.calls())
    if (held.object && (!of || held.open == *of)) found.push_back(held.object);
  return found;
}

Objects Attachment::line_objects() const {
  if (process_.forked()) return {};
  Objects found;
  base::Lock lock(mutex_);
  for (const auto& [open, line] : holdings_.lines())
    if (line.object) found.push_back(line.object);
  return found;
}

std::size_t Attachment::held() const {
  if (process_.forked()) return 0;
  base::Lock lock(mutex_);
  std::size_t count = 0;
  for (const auto& [call, held] : holdings_.calls()) count += held.held() ? 1u : 0u;
  return count;
}

// ---- letting go

Result<void> Attachment::release(api::CallId call) {
  if (process_.forked()) return forked_error();
  Result<api::Value> released = this->call(api::ReleaseCall{call});
  if (released) return {};
  bool refusable = false;
  {
    base::Lock lock(mutex_);
    refusable = holdings_.release_suppresses(call);
  }
  if (released.error().code != Errc::overloaded || refusable) return std::move(released).error();
  let_go(call);
  return {};
}

Result<void> Attachment::close(api::OpenId open) {
  if (process_.forked()) return forked_error();
  Result<api::Value> closed = call(api::CloseLine{open});
  if (closed) return {};
  if (closed.error().code != Errc::overloaded) return std::move(closed).error();
  let_go(open);
  return {};
}

void Attachment::let_go(api::CallId call) {
  if (process_.forked()) return;
  std::shared_ptr<Object> object;  // destroyed without the lock
  {
    base::Lock lock(mutex_);
    Identifier* held = holdings_.find(call);
    if (held != nullptr) object = std::move(held->object);
    if (held != nullptr && held->gone) {
      holdings_.forget(call);
      return;
    }
    if (held != nullptr) held->releasing = true;
  }
  surely(api::ReleaseCall{call});
}

void Attachment::let_go(api::OpenId open) {
  if (process_.forked()) return;
  begin_to_close(open);
  bool gone = false;
  {
    base::Lock lock(mutex_);
    const Opening* line = holdings_.find(open);
    gone = line != nullptr && line->gone;
  }
  if (gone) return forget(open);
  surely(api::CloseLine{open});
}

void Attachment::begin_to_close(api::OpenId open) {
  if (process_.forked()) return;
  Requests::Numbered ended;  // destroyed without the lock
  base::Lock lock(mutex_);
  if (Opening* line = holdings_.find(open)) line->closing = true;
  ended = requests_.take_of(open);
  end_waits(ended, {Errc::stale_line, "the line was closed"});
}

void Attachment::forget(api::CallId call) {
  if (process_.forked()) return;
  Objects dropped;  // destroyed without the lock
  base::Lock lock(mutex_);
  holdings_.forget(call);
  dropped = holdings_.take_dropped();
}

void Attachment::forget(api::OpenId open) {
  if (process_.forked()) return;
  Requests::Numbered suppressed;  // destroyed without the lock, as these
  Objects dropped;
  base::Lock lock(mutex_);
  suppressed = requests_.take_of(open);
  end_waits(suppressed, {Errc::stale_line, "the line was closed"});
  holdings_.forget(open);
  dropped = holdings_.take_dropped();
}

/// Hands in what nobody waits for. Any error but "overloaded": the application is gone or lost, and
/// the service takes everything back.
void Attachment::surely(api::Command command) {
  {
    base::Lock lock(mutex_);
    if (!later_.empty()) {  // not before those that wait
      later_.push_back(std::move(command));
      return;
    }
  }
  const Result<void> posted = post(command, [this, command](api::RequestId, const auto& result) {
    if (!result && result.error().code == Errc::overloaded) later(command);
  });
  if (!posted && posted.error().code == Errc::overloaded) later(std::move(command));
}

void Attachment::later(api::Command command) {
  {
    base::Lock lock(mutex_);
    if (unusable_now()) return;
    later_.push_back(std::move(command));
    if (std::exchange(flushing_, true)) return;
  }
  // The thread ends before the attachment does.
  dispatcher_.post_after(kRetry, [this] { flush(); });
}

/// The dispatch thread.
void Attachment::flush() {
  std::deque<api::Command> commands;
  {
    base::Lock lock(mutex_);
    commands.swap(later_);
    flushing_ = false;
  }
  for (api::Command& command : commands) surely(std::move(command));
}

// ---- events

void Attachment::on_event(api::Event event) {
  Requests::Numbered ended;  // destroyed without the lock, as these
  Objects dropped;
  std::vector<api::Event> more;  // a line's change is told once, with one of its openings
  {
    base::Lock lock(mutex_);
    if (gone_ || down_) return;
    holdings_.told(event);
    if (const auto* changed = std::get_if<api::LineChanged>(&event))
      for (const api::OpenId beside : holdings_.openings_beside(changed->open))
        more.emplace_back(api::LineChanged{beside, changed->what, changed->count});
    dropped = holdings_.take_dropped();
    // What was outstanding there was completed before. Who still waits, waits for nothing.
    if (const auto* closed = std::get_if<api::LineClosed>(&event)) {
      ended = requests_.take_of(closed->open);
      end_waits(ended, {Errc::stale_line, "the service closed it: " + closed->why});
    }
  }
  const bool lost = std::holds_alternative<api::EventsLost>(event);
  if (listener_.event) {
    listener_.event(std::move(event));
    for (api::Event& each : more) listener_.event(std::move(each));
  }
  if (lost) ask_again();
}

/// Events were lost, among them perhaps an end. Asks for one call after the other what became of it,
/// so that it never adds to the overload.
void Attachment::ask_again() {
  {
    base::Lock lock(mutex_);
    to_ask_.clear();
    for (const auto& [call, held] : holdings_.calls())
      if (held.held()) to_ask_.push_back(call);
    if (std::exchange(asking_, true)) return;
  }
  ask_next();
}

void Attachment::ask_next() {
  api::CallId call;
  {
    base::Lock lock(mutex_);
    if (to_ask_.empty()) {
      asking_ = false;
      return;
    }
    call = to_ask_.back();
    to_ask_.pop_back();
  }
  const Result<void> posted =
      post(api::GetCall{call}, [this](api::RequestId, Result<api::Value> result) {
        const bool lost = !result && result.error().code == Errc::disconnected;
        const auto* now = result ? std::get_if<api::CallSnapshot>(&*result) : nullptr;
        if (now != nullptr) correct(*now);
        if (lost) stop_asking();
        ask_next();
      });
  if (posted) return;
  if (posted.error().code != Errc::overloaded) return;
  {
    base::Lock lock(mutex_);
    to_ask_.push_back(call);
  }
  dispatcher_.post_after(kRetry, [this] { ask_next(); });
}

/// The service died: what is restored is told anyway.
void Attachment::stop_asking() {
  base::Lock lock(mutex_);
  to_ask_.clear();
}

/// A state that the stream has not told is told now.
void Attachment::correct(const api::CallSnapshot& now) {
  {
    base::Lock lock(mutex_);
    const Identifier* held = holdings_.find(now.call);
    if (held == nullptr || !held->held() || held->state == now.record.state) return;
  }
  api::CallStateChanged changed{
      .call = now.call, .state = now.record.state, .detail = now.record.detail};
  if (!now.record.timeline.empty()) changed.at = now.record.timeline.back().at;
  if (now.record.end) {
    changed.cause = now.record.end->cause;
    changed.origin = now.record.end->origin;
  }
  on_event(std::move(changed));
}

// ---- the service died or was stopped

void Attachment::on_interrupted(const std::string& why) {
  Requests::Numbered open;
  std::vector<Result<api::Value>> answers;
  Objects dropped;
  {
    base::Lock lock(mutex_);
    interrupted_ = true;
    holdings_.interrupted(why);
    restoring_ = 0;
    while (handing_in_ != 0) handed_in_.wait(mutex_);  // they do not block
    open = requests_.take_all();
    std::erase_if(open,
                  [](const auto& each) { return each.second->kind == Request::Kind::restore; });
    for (const auto& [number, request] : open) {
      request->answering = true;
      answers.push_back(holdings_.give_up(std::move(request->asked), " before it answered"));
    }
    dropped = holdings_.take_dropped();
  }
  for (std::size_t i = 0; i < open.size(); ++i)
    if (!open[i].second->given_up) finish(open[i].first, open[i].second, std::move(answers[i]));
}

/// Asks the new service for what the old one had given. With the lock held, so that nothing of the
/// program's comes before it; submit() neither blocks nor calls back.
void Attachment::on_replaced() {
  if (begin_to_restore() && listener_.replaced) listener_.replaced();
}

bool Attachment::begin_to_restore() {
  base::Lock lock(mutex_);
  if (down_ || !service_) return false;
  for (api::Restore& part : holdings_.to_restore(limits::kRestoredAtOnce)) {
    auto request = std::make_shared<Request>();
    request->kind = Request::Kind::restore;
    request->told = [this](api::RequestId, const Result<api::Value>& result) { restored(result); };
    const api::RequestId number = requests_.add(request);
    if (!service_->submit(number, std::move(part)))
      requests_.take(number);
    else
      ++restoring_;
  }
  interrupted_ = false;
  return true;
}

/// What could not be restored is over for the application.
void Attachment::restored(const Result<api::Value>& result) {
  const auto* lost = result ? std::get_if<api::Restored>(&*result) : nullptr;
  std::vector<api::Event> events;
  std::string why;
  {
    base::Lock lock(mutex_);
    why = holdings_.interruption();
    if (lost != nullptr) events = holdings_.not_restored(*lost, base::SystemClock().now());
  }
  if (lost == nullptr)
    return on_disconnected(
        {Errc::disconnected, why + ", and the next one does not have its sessions"});
  for (api::Event& event : events) on_event(std::move(event));
  std::vector<api::DropCall> drops;
  {
    base::Lock lock(mutex_);
    if (restoring_ == 0 || --restoring_ != 0) return;
    drops = holdings_.unfinished_drops();
  }
  // Those that were taken up are to end all the same.
  for (api::DropCall& drop : drops) surely(std::move(drop));
}

// ---- where calls were acquired

std::string Attachment::acquired_at(api::CallId call, const void* here) {
  if (process_.forked()) return {};
  {
    base::Lock lock(mutex_);
    if (Identifier* held = holdings_.find(call)) {
      if (held->site == nullptr) held->site = here;
      here = held->site;
    }
  }
  return words_of(here);
}

void Attachment::report_leaks(const std::string& when) {
  if (process_.forked()) return;
  if (!api::leaks_wanted()) return;
  std::vector<std::pair<std::string, const void*>> found;
  {
    base::Lock lock(mutex_);
    for (const auto& [call, held] : holdings_.calls()) {
      const auto line = holdings_.lines().find(held.open);
      if (!down_ && held.held() && held.ended())
        found.emplace_back(line == holdings_.lines().end() ? "?" : line->second.name, held.site);
    }
  }
  std::vector<api::Unreleased> unreleased;
  for (auto& [line, site] : found) unreleased.push_back({std::move(line), words_of(site)});
  api::report_unreleased(when, unreleased);
}

}  // namespace switchhook::client
