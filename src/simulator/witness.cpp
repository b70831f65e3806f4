// SPDX-License-Identifier: Apache-2.0
#include "simulator/witness.hpp"

#include <utility>

#include "base/limits.hpp"
#include "simulator/words.hpp"

namespace switchhook::simulator {
namespace {

std::string describe(api::CallId call) {
  return "call " + std::to_string(call.value);
}

}  // namespace

void Witness::asked(api::RequestId request, const api::Command& command) {
  Asked asked{.command = command};
  std::visit(
      [&asked](const auto& c) {
        if constexpr (requires { c.call; }) asked.call = c.call;
        if constexpr (requires { c.open; }) asked.open = c.open;
        if constexpr (requires { c.with; }) asked.with = c.with;
      },
      command);
  const bool of_a_call = !std::holds_alternative<api::Reclaim>(command) && asked.call;
  if (of_a_call) {
    const auto found = held_.find(asked.call);
    asked.must_fail = found == held_.end();
    if (found != held_.end()) asked.open = found->second.open;
  }
  // A line's own closing is completed, whatever it suppresses.
  if (std::holds_alternative<api::CloseLine>(command)) asked.open = {};
  if (std::holds_alternative<api::ShutDown>(command)) {
    leaving_ = true;
    last_words_ = request;
    requests_.clear();  // suppressed by rule
    openings_.clear();
    held_.clear();
  }
  requests_.emplace(request, std::move(asked));
}

void Witness::vanished() {
  gone_ = leaving_ = true;
  requests_.clear();
  openings_.clear();
  held_.clear();
}

void Witness::hear(const api::Reply& reply) {
  if (gone_) return report(Invariant::event_is_for_a_holder, "a reply after it was gone");
  if (distant_ && leaving_ && reply.request < last_words_) return;  // it crossed the last words
  const auto found = requests_.find(reply.request);
  if (found == requests_.end())
    return report(Invariant::completed_once,
                  "a reply to request " + std::to_string(reply.request) +
                      ", which is not open (completed twice, or suppressed by rule)");
  if (reply.accepted_only) {
    if (std::exchange(found->second.accepted, true))
      report(Invariant::accepted_once, "a request accepted twice");
    if (found->second.must_fail)
      report(Invariant::identifier_stale_after_release, "a stale identifier was accepted");
    return;
  }
  const Asked asked = std::move(found->second);
  requests_.erase(found);
  if (asked.must_fail) {
    if (reply.result)
      report(Invariant::identifier_stale_after_release,
             "a command succeeded on an identifier that it does not hold");
    else if (asked.call && reply.result.error().code != Errc::stale_handle &&
             reply.result.error().code != Errc::reclaimed)
      report(Invariant::identifier_stale_after_release,
             "a stale identifier got: " + reply.result.error().text());
    return;
  }
  if (reply.result) return succeeded(reply.request, asked, *reply.result);
  if (const auto held = held_.find(asked.call);
      held != held_.end() && std::holds_alternative<api::DropCall>(asked.command) &&
      reply.result.error().code == Errc::timed_out)
    held->second.drop_unanswered = true;
  // A transfer may do without the other call, a swap may not.
  const bool alone = !asked.with && !std::holds_alternative<api::SwapHold>(asked.command);
  const bool both_held = alone || held_.contains(asked.with);
  if (asked.call && held_.contains(asked.call) && both_held &&
      (std::holds_alternative<api::GetCall>(asked.command) ||
       reply.result.error().code == Errc::stale_handle))
    report(Invariant::identifier_valid_until_release, "a held identifier does not answer " +
                                                          words_of(asked.command) + ": " +
                                                          reply.result.error().text());
}

void Witness::succeeded(api::RequestId request, const Asked& asked, const api::Value& value) {
  if (const auto* opened = std::get_if<api::OpenedLine>(&value)) {
    const api::OpenLine& how = std::get<api::OpenLine>(asked.command);
    openings_.emplace(opened->open, how.api_version);
    lines_.emplace(opened->open, how.line);
    std::size_t open = 0;
    for (const auto& each : openings_)
      if (lines_.at(each.first) == how.line) ++open;
    if (open > limits::kOpeningsOfLine)
      report(Invariant::bounded_by_limits, std::to_string(open) + " openings of one line");
  } else if (const auto* made = std::get_if<api::MadeCall>(&value)) {
    take_identifier(made->call, asked.open);
    if (user_) violations_.placed(made->session.value, *user_);
  } else if (const auto* list = std::get_if<api::CallList>(&value)) {
    for (const api::CallId call : list->calls) take_identifier(call, asked.open);
    for (const api::SessionId session : list->sessions) may_see(session);
  } else if (const auto* snapshot = std::get_if<api::CallSnapshot>(&value)) {
    check_snapshot(*snapshot);
  } else if (const auto* close = std::get_if<api::CloseLine>(&asked.command)) {
    becomes_void(request, [&](const Asked& each) { return each.open == close->open; });
    forget_opening(close->open);
  } else if (std::holds_alternative<api::ReleaseCall>(asked.command)) {
    held_.erase(asked.call);
    const bool suppresses = openings_[asked.open] < api::kApiVersion20;
    becomes_void(suppresses ? request : 0,
                 [&](const Asked& each) { return each.call == asked.call; });
  } else if (std::holds_alternative<api::ShutDown>(asked.command)) {
    gone_ = true;
  } else if (const auto* trace = std::get_if<api::Trace>(&asked.command)) {
    traces_ = *trace;
  }
}

void Witness::check_snapshot(const api::CallSnapshot& snapshot) {
  const auto held = held_.find(snapshot.call);
  if (held == held_.end())
    return report(Invariant::identifier_stale_after_release, "a snapshot of a call not held");
  const Record& record = snapshot.record;
  if (held->second.state_seen && record.state != held->second.state)
    report(Invariant::identifier_valid_until_release,
           describe(snapshot.call) + " is " + std::string(to_string(record.state)) +
               ", the last event said " + std::string(to_string(held->second.state)));
  if (held->second.drop_unanswered && record.state != CallState::idle)
    report(Invariant::drop_ends, describe(snapshot.call) + " lives on after its drop timed out");
  const bool ended = record.state == CallState::idle || record.state == CallState::disconnected;
  if (ended != record.end.has_value())
    report(Invariant::end_has_a_reason,
           describe(snapshot.call) + (ended ? " ended without an end" : " has an end and lives"));
}

void Witness::take_identifier(api::CallId call, api::OpenId open) {
  violations_.given(call.value, name_);
  held_.emplace(call, Held{.open = open});
  ever_held_.push_back(call);
}

void Witness::may_see(api::SessionId session) {
  if (user_) violations_.given_to_user(session.value, *user_, name_);
}

void Witness::forget_opening(api::OpenId open) {
  openings_.erase(open);
  std::erase_if(held_, [&](const auto& entry) { return entry.second.open == open; });
}

template <typename Of>
void Witness::becomes_void(api::RequestId by, Of of) {
  for (auto each = requests_.begin(); each != requests_.end();) {
    if (!of(each->second)) {
      ++each;
    } else if (each->first < by) {
      each = requests_.erase(each);
    } else {
      if (each->first > by && by != 0) each->second.must_fail = true;
      ++each;
    }
  }
}

void Witness::hear(const api::Event& event) {
  if (distant_ && leaving_ && !gone_) return;  // it crossed the last words
  if (leaving_)
    return report(
        Invariant::event_is_for_a_holder,
        words_of(event) + (gone_ ? " after it was gone" : " after it asked to shut down"));
  std::visit([this](const auto& e) { heard(e); }, event);
}

void Witness::heard(const api::CallAppeared& event) {
  if (!openings_.contains(event.open))
    report(Invariant::event_is_for_a_holder, "a call appeared on a line that is not open");
  take_identifier(event.call, event.open);
  may_see(event.session);
}

void Witness::heard(const api::CallStateChanged& event) {
  violations_.hear(event.call.value ^ static_cast<std::uint64_t>(event.at.monotonic.count()));
  violations_.hear(static_cast<std::uint64_t>(event.state));
  const auto found = held_.find(event.call);
  if (found == held_.end())
    return report(Invariant::event_is_for_a_holder, words_of(api::Event(event)) + ", not held");
  Held& held = found->second;
  const bool idle = event.state == CallState::idle;
  const bool disconnected = event.state == CallState::disconnected;
  if (held.idle_seen)
    report(idle ? Invariant::end_seen_once : Invariant::terminal_is_terminal,
           describe(event.call) + (idle ? " was idle twice" : " left idle"));
  if (disconnected && std::exchange(held.disconnected_seen, true))
    report(Invariant::end_seen_once, describe(event.call) + " was disconnected twice");
  if (held.disconnected_seen && !idle && !disconnected)
    report(Invariant::terminal_is_terminal,
           describe(event.call) + " left disconnected, to " + std::string(to_string(event.state)));
  if ((idle || disconnected) && (!event.cause || !event.origin))
    report(Invariant::end_has_a_reason, describe(event.call) + " ended without cause or origin");
  held.idle_seen = idle;
  held.state = event.state;
  held.state_seen = true;
}

void Witness::heard(const api::LineClosed& event) {
  if (!openings_.contains(event.open))
    report(Invariant::event_is_for_a_holder, "a line closed that was not open");
  for (auto& [request, asked] : requests_) {
    if (asked.open != event.open) continue;
    asked.must_fail = true;  // it crossed the closing, if that is possible here
    if (!distant_)
      report(Invariant::completed_once,
             "a line was closed by force and did not answer " + words_of(asked.command));
  }
  forget_opening(event.open);
}

void Witness::heard(const api::CallReclaimed& event) {
  if (held_.erase(event.call) == 0)
    report(Invariant::event_is_for_a_holder, "a call reclaimed that it did not hold");
}

void Witness::heard(const TracedMessage& event) {
  if (!traces_ || !traces_->on || user_ ||
      (!traces_->secrets && (event.secrets || event.text == "secret")) ||
      (traces_->session && event.session != traces_->session.value))
    report(Invariant::bounded_by_limits, "a message that it did not ask for");
}

void Witness::heard(const api::LineRemoved& event) {
  for (const auto& each : openings_)
    if (const auto line = lines_.find(each.first);
        line != lines_.end() && line->second == event.line)
      report(Invariant::event_is_for_a_holder, "a line is gone that it has open");
}

template <typename T>
void Witness::heard(const T& event) {
  if constexpr (requires { event.call; }) {
    const auto found = held_.find(event.call);
    if (found == held_.end())
      return report(Invariant::event_is_for_a_holder, words_of(api::Event(event)) + ", not held");
    if (std::is_same_v<T, api::CallInfoChanged> && found->second.idle_seen)
      report(Invariant::idle_is_frozen, describe(event.call) + " changed after idle");
  } else if constexpr (requires { event.open; }) {
    if (!openings_.contains(event.open))
      report(Invariant::event_is_for_a_holder, words_of(api::Event(event)) + ", line not open");
  }
}

std::string Witness::unanswered() const {
  std::string names;
  for (const auto& [request, asked] : requests_)
    names += " " + std::to_string(request) + " (" + words_of(asked.command) + ")";
  return names;
}

// ---- a provider

void ProviderWitness::told(const provider::Command& command) {
  if (const auto* make = std::get_if<provider::MakeCall>(&command)) {
    if (may_make_ && !may_make_(*make))
      violations_.report(Invariant::refused_means_refused, name_ + ": told to make a call");
    if (!calls_.emplace(make->call.value, Call{.taken = true}).second)
      report("a call number twice");
    return;
  }
  std::visit(
      [this](const auto& c) {
        if constexpr (requires { c.call; }) {
          const auto found = calls_.find(c.call.value);
          if (found == calls_.end()) return report(words_of(provider::Command(c)) + ", never born");
          if (found->second.closed) return report(words_of(provider::Command(c)) + ", closed");
          using Told = std::decay_t<decltype(c)>;
          if (std::is_same_v<Told, provider::CloseCall>) return closed(c.call.value, found->second);
          found->second.taken = true;
          if (std::is_same_v<Told, provider::Drop>) found->second.ending = true;
        }
        if constexpr (requires { c.with; }) {
          const auto other = calls_.find(c.with.value);
          if (c.with && (other == calls_.end() || other->second.closed))
            report(words_of(provider::Command(c)) + ", with one that is closed");
        }
      },
      command);
}

void ProviderWitness::closed(std::uint64_t number, Call& call) {
  if (call.taken && !call.ending)
    violations_.report(Invariant::dropped_before_closed,
                       name_ + ": a call that lives was closed without a drop");
  call.closed = true;
  if (call.ended) calls_.erase(number);
}

void ProviderWitness::tells(const provider::Event& event) {
  if (const auto* made = std::get_if<provider::NewCall>(&event)) {
    calls_.emplace(made->call.value, Call{});
  } else if (const auto* changed = std::get_if<provider::StateChanged>(&event)) {
    const auto found = calls_.find(changed->call.value);
    if (found != calls_.end() &&
        (changed->state == CallState::disconnected || changed->state == CallState::idle))
      found->second.ending = true;
  } else if (const auto* ended = std::get_if<provider::Ended>(&event)) {
    const auto found = calls_.find(ended->call.value);
    if (found == calls_.end()) return;
    found->second.ended = found->second.ending = true;
    if (found->second.closed) calls_.erase(found);
  }
}

}  // namespace switchhook::simulator
