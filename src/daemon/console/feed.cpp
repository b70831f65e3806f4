// SPDX-License-Identifier: Apache-2.0
#include "daemon/console/feed.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <utility>
#include <variant>

#include "base/cases.hpp"
#include "switchhook/json.hpp"
#include "switchhook/text.hpp"

namespace switchhook::daemon {
namespace {

std::string hexadecimal(std::uint64_t number) {
  char text[20];
  std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(number));
  return text;
}

std::string event_text(const std::string& id, const char* event, const std::string& data) {
  return "id: " + id + "\nevent: " + event + "\ndata: " + data + "\n\n";
}

std::string short_end(const std::optional<End>& end) {
  if (!end) return "null";
  return JsonObject()
      .add("origin", to_string(end->origin))
      .add("mode", to_string(end->cause.mode))
      .add("text", to_text(end))
      .add("confirmation", to_string(end->confirmation))
      .text();
}

bool is_held(const Record& record) {
  return std::any_of(record.holders.begin(), record.holders.end(),
                     [](const HolderRecord& holder) { return !holder.released; });
}

}  // namespace

Feed::Feed(core::EngineHost& host, std::uint64_t epoch, std::string version, std::size_t messages)
    : host_(host),
      epoch_(hexadecimal(epoch)),
      version_(std::move(version)),
      messages_max_(messages) {}

void Feed::begin() {
  if (!keeps_messages()) return;
  app_ = host_.attach({.name = "switchhookd"}, ear_);
  host_.submit(*app_, 1, api::Trace{});
}

void Feed::end(const std::string& why) {
  tell("bye", JsonObject().add("why", why).text());
  if (app_) host_.detach(*std::exchange(app_, std::nullopt), why);
}

void Feed::refusing(const std::string& why) {
  if (why == refusing_) return;
  refusing_ = why;
  tell("service", JsonObject().add("refusing", why).text());
}

// ---- what is heard

void Feed::takes(const core::Occurrence& what) {
  if (const auto* provider = std::get_if<core::ProviderAttached>(&what))
    providers_[provider->provider] = provider->name;
  else if (const auto* event = std::get_if<core::ProviderEvent>(&what))
    tell_line(event->provider, event->event);
}

void Feed::says(const core::Output& what) {
  if (const auto* done = std::get_if<core::RecordDone>(&what)) {
    count(done->record);
    tell_session(done->record, true);
  } else if (const auto* amended = std::get_if<core::RecordAmended>(&what)) {
    tell_session(amended->record, true);
  }
}

void Feed::tell_session(const Record& record, bool over) {
  if (record.timeline.empty()) return;
  const TimelineEntry& last = record.timeline.back();
  tell("session", JsonObject()
                      .add("session", record.session)
                      .add("session_id", std::to_string(record.session))
                      .add("call_id", std::uint64_t{record.call_id})
                      .add("line", record.line)
                      .add("provider", record.provider)
                      .add("direction", to_string(record.direction))
                      .add("calling", record.parties.calling.address)
                      .add("called", record.parties.called.address)
                      .add("application", record.application)
                      .add("state", to_string(record.state))
                      .raw("at", to_json(last.at))
                      .raw("began", to_json(record.timeline.front().at))
                      .add("held", is_held(record))
                      .add("over", over)
                      .raw("end", short_end(record.end))
                      .text());
}

void Feed::tell_line(core::ProviderId provider, const provider::Event& event) {
  const auto told = [&](provider::LineNumber line, const char* change, bool in_service,
                        const std::string& status) {
    tell("line", JsonObject()
                     .add("line", lines_[{provider, line}])
                     .add("provider", providers_[provider])
                     .add("change", change)
                     .add("in_service", in_service)
                     .add("status", status)
                     .text());
  };
  if (const auto* added = std::get_if<provider::LineAdded>(&event)) {
    lines_[{provider, added->line}] = added->info.name;
    told(added->line, "added", added->info.in_service, added->info.status);
  } else if (const auto* gone = std::get_if<provider::LineGone>(&event)) {
    told(gone->line, "removed", false, gone->why);
    lines_.erase({provider, gone->line});
  } else if (const auto* now = std::get_if<provider::LineStatus>(&event)) {
    told(now->line, "status", now->in_service, now->status);
  }
}

void Feed::Ear::on_event(api::Event event) {
  if (auto* message = std::get_if<TracedMessage>(&event)) feed_.keep(std::move(*message));
}

void Feed::keep(TracedMessage message) {
  auto kept = std::make_shared<const TracedMessage>(std::move(message));
  base::Lock lock(mutex_);
  message_bytes_ += kept->text.size();
  messages_.push_back(std::move(kept));
  while (messages_.size() > messages_max_ || message_bytes_ > limits::kConsoleMessageBytes) {
    message_bytes_ -= messages_.front()->text.size();
    messages_.pop_front();
  }
}

void Feed::count(const Record& record) {
  if (!record.end) return;
  using std::chrono::seconds;
  const auto wall = std::chrono::duration_cast<seconds>(record.end->at.wall);
  const seconds at = wall - wall % seconds(limits::kConsoleSpan);
  base::Lock lock(mutex_);
  // A clock that was set back counts in the last span.
  if (spans_.empty() || at > spans_.back().at) spans_.push_back({at, {}, {}, 0});
  if (spans_.size() > limits::kConsoleSpans) spans_.pop_front();
  Span& span = spans_.back();
  ++span.ended[{record.end->origin, record.end->cause.mode}];
  if (record.end->confirmation == Confirmation::confirmed)
    span.acknowledged.add(record.end->confirmed_after);
  else if (record.end->confirmation == Confirmation::unconfirmed)
    ++span.unacknowledged;
}

// ---- what is read

std::string Feed::id_of(std::uint64_t number) const {
  return epoch_ + "." + std::to_string(number);
}

void Feed::tell(const char* event, const std::string& data) {
  {
    base::Lock lock(mutex_);
    events_.push_back(event_text(id_of(next_++), event, data));
    if (events_.size() > limits::kConsoleEvents) events_.pop_front();
  }
  if (news_) news_();
}

std::uint64_t Feed::resume(const std::string& after, std::string& first) const {
  std::uint64_t next = 0;
  const std::size_t dot = after.find('.');
  if (dot != std::string::npos && after.substr(0, dot) == epoch_) {
    const char* const end = after.data() + after.size();
    const auto read = std::from_chars(after.data() + dot + 1, end, next);
    if (read.ec != std::errc() || read.ptr != end)
      next = 0;
    else
      ++next;
  }
  base::Lock lock(mutex_);
  const std::string now = id_of(next_ - 1);
  first = event_text(next == 0 ? now : after, "hello",
                     JsonObject().add("version", version_).add("epoch", epoch_).text());
  if (next > next_ - events_.size() - 1 && next != 0 && next <= next_) return next;
  if (!after.empty())
    first += event_text(now, "reset", JsonObject().add("why", "events are missing").text());
  return next_;
}

void Feed::read(std::uint64_t& next, std::string& to, std::size_t bytes) const {
  base::Lock lock(mutex_);
  if (next + events_.size() < next_) {
    next = next_;
    to += event_text(id_of(next_ - 1), "reset",
                     JsonObject().add("why", "too many events at once").text());
  }
  while (next < next_ && to.size() < bytes)
    to += events_[events_.size() - static_cast<std::size_t>(next_ - next++)];
}

Feed::Messages Feed::messages() const {
  base::Lock lock(mutex_);
  return messages_;
}

std::vector<Feed::Span> Feed::spans() const {
  base::Lock lock(mutex_);
  return {spans_.begin(), spans_.end()};
}

}  // namespace switchhook::daemon
