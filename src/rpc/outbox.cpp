// SPDX-License-Identifier: Apache-2.0
#include "rpc/outbox.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"

namespace switchhook::rpc {
namespace {

constexpr std::uint64_t kLostKey = ~std::uint64_t{0};
/// From here on events that an application can do without are dropped.
constexpr std::size_t kDropFrom = limits::kEventsQueued / 2;

/// What a later event of the same key replaces or adds to. A handle's top bit is never set, and its
/// slots are far fewer than 2^28, so bits 28…31 and 63 are free to tell the kinds apart.
std::uint64_t key_of(const api::Event& event) {
  if (const auto* info = std::get_if<api::CallInfoChanged>(&event))
    return info->call.value | std::uint64_t{1} << 63;
  if (const auto* line = std::get_if<api::LineChanged>(&event))
    return line->open.value | (std::uint64_t{1} + static_cast<std::uint64_t>(line->what)) << 28;
  return 0;
}

/// Without these an application still knows the state of all it holds.
bool can_be_dropped(const api::Event& event) {
  return std::holds_alternative<api::CallInfoChanged>(event) ||
         std::holds_alternative<api::LineChanged>(event) ||
         std::holds_alternative<api::DigitReceived>(event);
}

std::size_t bytes_of(const api::Event& event) {
  std::size_t bytes = sizeof(api::Event) + 32;
  if (const auto* state = std::get_if<api::CallStateChanged>(&event); state && state->cause)
    bytes += state->cause->words.size();
  if (const auto* closed = std::get_if<api::LineClosed>(&event)) bytes += closed->why.size();
  if (const auto* traced = std::get_if<TracedMessage>(&event)) bytes += traced->text.size();
  return bytes;
}

}  // namespace

void Outbox::reply(api::Reply&& reply) {
  if (waiting_.empty()) {
    encoder_.append(reply, ready_);
  } else {
    push({std::move(reply)});
  }
}

void Outbox::event(api::Event&& event) {
  auto* traced = std::get_if<TracedMessage>(&event);
  if (traced != nullptr) {
    if (traces_ == limits::kTracesQueued || event_bytes_ > limits::kEventBytes / 2) {
      ++traces_missed_;
      ++dropped_;
      return;
    }
    traced->missed += std::exchange(traces_missed_, 0);
  }
  if (waiting_.empty() && pending().size() < limits::kOutputBytes) {
    encoder_.append(event, ready_);
    return;
  }
  const std::uint64_t key = key_of(event);
  if (key != 0 && merge(key, event)) return;
  if (events_ >= kDropFrom && can_be_dropped(event)) return count_as_lost();
  const std::size_t bytes = bytes_of(event);
  if (events_ >= limits::kEventsQueued || event_bytes_ + bytes > limits::kEventBytes) {
    overflown_ = true;
    return;
  }
  if (traced != nullptr) ++traces_;
  push({std::move(event), bytes, key});
}

bool Outbox::merge(std::uint64_t key, const api::Event& event) {
  const auto found = last_.find(key);
  if (found == last_.end()) return false;
  auto& before =
      std::get<api::Event>(waiting_[static_cast<std::size_t>(found->second - first_)].what);
  if (const auto* info = std::get_if<api::CallInfoChanged>(&event))
    std::get<api::CallInfoChanged>(before).what |= info->what;
  else
    before = event;
  return true;
}

/// One notice of loss is queued at a time; it counts all events lost until it is read.
void Outbox::count_as_lost() {
  ++dropped_;
  if (const auto found = last_.find(kLostKey); found != last_.end()) {
    auto& notice =
        std::get<api::Event>(waiting_[static_cast<std::size_t>(found->second - first_)].what);
    ++std::get<api::EventsLost>(notice).count;
    return;
  }
  push({api::Event{api::EventsLost{1}}, sizeof(api::Event), kLostKey});
}

void Outbox::push(Waiting&& waiting) {
  if (waiting.key != 0) last_[waiting.key] = first_ + waiting_.size();
  if (std::holds_alternative<api::Event>(waiting.what)) {
    ++events_;
    event_bytes_ += waiting.bytes;
  }
  waiting_.push_back(std::move(waiting));
}

void Outbox::encode_waiting(std::size_t until_bytes) {
  while (!waiting_.empty() && pending().size() < until_bytes) {
    Waiting& next = waiting_.front();
    if (next.key != 0) {
      const auto found = last_.find(next.key);
      if (found != last_.end() && found->second == first_) last_.erase(found);
    }
    if (const auto* event = std::get_if<api::Event>(&next.what)) {
      encoder_.append(*event, ready_);
      --events_;
      event_bytes_ -= next.bytes;
      if (std::holds_alternative<TracedMessage>(*event)) --traces_;
    } else {
      encoder_.append(std::get<api::Reply>(next.what), ready_);
    }
    waiting_.pop_front();
    ++first_;
  }
}

void Outbox::retain() {
  retaining_ = true;
  uncounted_ = pending().size();
}

void Outbox::stop_retaining() {
  retaining_ = false;
  uncounted_ = 0;
  retained_ = Retained();
}

void Outbox::resume(std::uint64_t received, const HelloAck& greeting) {
  Bytes again = retained_.take_from(received).value_or(Bytes());
  const View unsent = pending().subspan(uncounted_);  // an earlier greeting is not sent any more
  Bytes all;
  encoder_.append(greeting, all);
  uncounted_ = all.size();
  all.insert(all.end(), again.begin(), again.end());
  all.insert(all.end(), unsent.begin(), unsent.end());
  ready_ = std::move(all);
  sent_ = 0;
}

void Outbox::sent(std::size_t count) {
  if (retaining_) {
    const std::size_t greeting = std::min(count, uncounted_);
    uncounted_ -= greeting;
    retained_.add(View(ready_).subspan(sent_ + greeting, count - greeting));
  }
  sent_ += count;
  if (sent_ == ready_.size()) {
    // One large answer does not keep the memory of a connection large for ever.
    if (ready_.capacity() > 2 * limits::kOutputBytes)
      ready_ = Bytes();
    else
      ready_.clear();
    sent_ = 0;
  } else if (sent_ > limits::kOutputBytes) {
    ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(sent_));
    sent_ = 0;
  }
  encode_waiting(limits::kOutputBytes);
}

void Outbox::clear() {
  ready_ = Bytes();
  sent_ = 0;
  forget_waiting();
}

void Outbox::forget_waiting() {
  first_ += waiting_.size();
  waiting_.clear();
  last_.clear();
  events_ = event_bytes_ = traces_ = 0;
}

bool Outbox::congested() const {
  return !waiting_.empty() || pending().size() >= limits::kOutputBytes;
}

}  // namespace switchhook::rpc
