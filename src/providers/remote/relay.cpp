// SPDX-License-Identifier: Apache-2.0
#include "providers/remote/relay.hpp"

#include <iterator>
#include <utility>

namespace switchhook::remote {
namespace {

using provider::CallRef;

/// A process numbers its calls below this; above it stands which process it was.
constexpr unsigned kInnerBits = 40;
constexpr std::uint64_t kInnerMask = (std::uint64_t{1} << kInnerBits) - 1;
constexpr std::uint64_t kIncarnationMask = (std::uint64_t{1} << (63 - kInnerBits)) - 1;
/// An orphan of ours has a number that the daemon gives to none of its own.
constexpr std::uint64_t kOwnOrphan = std::uint64_t{1} << 63;

constexpr auto* kAway = "the provider's process is being started again";
constexpr auto* kWhyOrphan = "the provider died and was started again";

Error broken(const char* what) {
  return {Errc::malformed, std::string("it breaks the rules of providers: ") + what};
}

template <typename T>
concept HasRequest = requires(T what) {
  what.request;
};

}  // namespace

// ---- calls, and who minted their names

CallRef Relay::outer(CallRef inner) const {
  if (!inner.minted_by_provider()) return inner;
  return CallRef{CallRef::kMintedByProvider | (incarnation_ & kIncarnationMask) << kInnerBits |
                 (inner.value & kInnerMask)};
}

/// Nothing for a call of another process than the present one.
std::optional<CallRef> Relay::inner(CallRef outer_ref) const {
  if (!outer_ref.minted_by_provider()) return outer_ref;
  const CallRef inner_ref{CallRef::kMintedByProvider | (outer_ref.value & kInnerMask)};
  if (outer(inner_ref) != outer_ref) return std::nullopt;
  return inner_ref;
}

// ---- the life of the process

std::vector<provider::EndOrphan> Relay::starts(Out& out) {
  starting_ = true;
  own_.clear();
  std::vector<provider::EndOrphan> first;
  for (auto each = calls_.begin(); each != calls_.end();) {
    Call& call = each->second;
    if (call.attempts == kAttemptsMax) {
      out.events.emplace_back(
          provider::Ended{.call = CallRef{each->first}, .confirmation = Confirmation::unconfirmed});
      each = calls_.erase(each);
      continue;
    }
    const std::uint64_t number = kOwnOrphan | ++last_number_;
    own_.emplace(number, each->first);
    first.push_back(
        {.number = number, .line = call.line, .recovery = call.recovery, .why = kWhyOrphan});
    ++each;
  }
  for (auto each = foreign_.begin(); each != foreign_.end();) {
    if (each->second.attempts == kAttemptsMax) {
      out.events.emplace_back(
          provider::OrphanEnded{.number = each->first, .confirmation = Confirmation::unconfirmed});
      each = foreign_.erase(each);
      continue;
    }
    first.push_back(each->second.command);
    ++each;
  }
  return first;
}

void Relay::serves(Out& out) {
  starting_ = false;
  serving_ = true;
  died_at_.reset();
  for (std::size_t i = 0; i < lines_.size(); ++i)
    if (lines_[i].open && !lines_[i].gone)
      out.commands.emplace_back(
          provider::OpenLine{static_cast<provider::LineNumber>(i), lines_[i].takes_calls});
  if (trace_.on) out.commands.emplace_back(trace_);
  if (stopping_) out.commands.emplace_back(provider::Stop{});
  replay_held(out);
}

void Relay::replay_held(Out& out) {
  for (provider::Command& each : std::exchange(held_, {})) command(std::move(each), out);
}

void Relay::died(const std::string& why, Time now, Out& out) {
  for (auto& [ref, call] : calls_) call.attempts += call.orphan ? 1 : 0;
  for (auto& [number, orphan] : foreign_) ++orphan.attempts;
  did_not_start(why, now, out);
}

void Relay::did_not_start(const std::string& why, Time now, Out& out) {
  // One that came no further than its start has changed nothing, unless it had a call already.
  bool served = std::exchange(serving_, false);
  for (const auto& [ref, call] : calls_) served = served || !call.orphan;
  starting_ = false;
  ++incarnation_;
  if (!died_at_) died_at_ = now;
  // Whoever hears that its line was closed finds it out of service.
  for (std::size_t i = 0; i < lines_.size(); ++i)
    if (!lines_[i].gone)
      out.events.emplace_back(
          provider::LineStatus{static_cast<provider::LineNumber>(i), false, why});
  if (served) lose_calls(why, out);
  for (const std::uint64_t token : std::exchange(reports_, {})) report(token, out);
  replay_held(out);
}

/// A call of which nothing went to a far end is over with its process; each other is one more
/// orphan. A call whose making has not been answered is a call as soon as something went out.
void Relay::lose_calls(const std::string& why, Out& out) {
  for (auto each = calls_.begin(); each != calls_.end();) {
    Call& call = each->second;
    const bool was = !call.recovery.empty();
    if (!call.announced) announce(each->first, call, out);
    if (!call.making) {
      ++each;
      continue;
    }
    provider::Completed done{CallRef{each->first}, *call.making, std::nullopt};
    if (!was) done.error = Error{Errc::failed, why};
    out.events.emplace_back(std::move(done));
    call.making.reset();
    each = was ? std::next(each) : calls_.erase(each);
  }
  for (std::size_t i = 0; i < lines_.size(); ++i)
    if (!lines_[i].gone)
      out.events.emplace_back(
          provider::LineForcedClosed{static_cast<provider::LineNumber>(i), why});
  for (auto each = calls_.begin(); each != calls_.end();) {
    const CallRef ref{each->first};
    Call& call = each->second;
    for (const provider::RequestNumber request : std::exchange(call.pending, {}))
      out.events.emplace_back(provider::Completed{ref, request, Error{Errc::failed, why}});
    call.orphan = true;
    if (!call.recovery.empty()) {
      ++each;
      continue;
    }
    if (call.announced)
      out.events.emplace_back(
          provider::Ended{.call = ref, .confirmation = Confirmation::not_applicable});
    each = calls_.erase(each);
  }
}

/// An incoming call of which only the journal knows: the engine has to, for the record.
void Relay::announce(std::uint64_t ref, Call& call, Out& out) const {
  for (std::size_t i = 0; i < announced_.size(); ++i)
    if (announced_[i].name == call.line && !lines_[i].gone && !call.announced) {
      call.announced = true;
      out.events.emplace_back(provider::NewCall{.call = CallRef{ref},
                                                .line = static_cast<provider::LineNumber>(i),
                                                .provider_call_id = call.provider_call_id});
    }
}

std::optional<Relay::Time> Relay::next_deadline() const {
  if (!died_at_ || (calls_.empty() && foreign_.empty())) return std::nullopt;
  return *died_at_ + kPatience;
}

/// Nobody is there to end them.
void Relay::tick(Time now, Out& out) {
  const auto deadline = next_deadline();
  if (!deadline || now < *deadline) return;
  for (const auto& [ref, call] : std::exchange(calls_, {}))
    out.events.emplace_back(
        provider::Ended{.call = CallRef{ref}, .confirmation = Confirmation::unconfirmed});
  for (const auto& [number, orphan] : std::exchange(foreign_, {}))
    out.events.emplace_back(
        provider::OrphanEnded{.number = number, .confirmation = Confirmation::unconfirmed});
}

// ---- what the engine says

void Relay::command(provider::Command&& command, Out& out) {
  if (starting_) return held_.push_back(std::move(command));
  std::visit([&](auto& what) { on(what, out); }, command);
}

void Relay::on(provider::OpenLine& what, Out& out) {
  if (what.line < lines_.size()) {
    lines_[what.line].open = true;
    lines_[what.line].takes_calls = what.takes_calls;
  }
  if (serving_) out.commands.emplace_back(what);
}

void Relay::on(provider::CloseLine& what, Out& out) {
  if (what.line < lines_.size()) lines_[what.line].open = false;
  if (serving_) out.commands.emplace_back(what);
}

void Relay::on(provider::MakeCall& what, Out& out) {
  if (!serving_) {
    out.events.emplace_back(
        provider::Completed{what.call, what.request, Error{Errc::line_unavailable, kAway}});
    return;
  }
  Call& call = calls_[what.call.value];
  call.announced = true;
  call.making = what.request;
  out.commands.emplace_back(std::move(what));
}

void Relay::on(provider::EndOrphan& what, Out& out) {
  foreign_.insert_or_assign(what.number, Orphan{what});
  if (what.take_up) taking_.insert_or_assign(what.take_up.value, what.number);
  if (serving_) out.commands.emplace_back(std::move(what));
}

void Relay::on(provider::ReportLedger& what, Out& out) {
  if (!serving_) return report(what.token, out);
  reports_.insert(what.token);
  out.commands.emplace_back(what);
}

void Relay::on(provider::AddLine& what, Out& out) {
  line_changes_.emplace_back(what);
  if (serving_) out.commands.emplace_back(std::move(what));
}

/// Without a process the line is gone at once; the next one says it once more, and is not passed on.
void Relay::on(provider::RemoveLine& what, Out& out) {
  line_changes_.emplace_back(what);
  if (serving_) return out.commands.emplace_back(std::move(what)), void();
  for (std::size_t i = 0; i < lines_.size(); ++i)
    if (announced_[i].name == what.line && !std::exchange(lines_[i].gone, true))
      out.events.emplace_back(
          provider::LineGone{static_cast<provider::LineNumber>(i), std::move(what.why)});
}

void Relay::on(provider::Stop& what, Out& out) {
  stopping_ = true;
  if (serving_)
    out.commands.emplace_back(what);
  else if (calls_.empty() && foreign_.empty())
    out.events.emplace_back(provider::Stopped{});
}

void Relay::on(provider::Trace& what, Out& out) {
  trace_ = what;
  if (serving_) out.commands.emplace_back(what);
}

template <typename OfCall>
void Relay::on(OfCall& what, Out& out) {
  bool possible = true;
  if constexpr (requires { what.with; }) {
    if (what.with) {
      const auto with = calls_.find(what.with.value);
      const std::optional<CallRef> name = inner(what.with);
      possible = name && with != calls_.end() && !with->second.orphan;
      if (possible) what.with = *name;
    }
  }
  const auto found = calls_.find(what.call.value);
  const bool orphan = found != calls_.end() && found->second.orphan;
  const std::optional<CallRef> name = inner(what.call);
  if (serving_ && possible && !orphan && name) {
    if constexpr (HasRequest<OfCall>)
      if (found != calls_.end()) found->second.pending.push_back(what.request);
    what.call = *name;
    out.commands.emplace_back(std::move(what));
    return;
  }
  if constexpr (HasRequest<OfCall>) {
    provider::Completed done{what.call, what.request, Error{Errc::stale_handle, kAway}};
    // It is over, as was wanted.
    if (orphan && std::is_same_v<OfCall, provider::Drop>) done.error.reset();
    out.events.emplace_back(std::move(done));
  }
}

std::int64_t Relay::orphans() const {
  std::int64_t count = 0;
  for (const auto& [ref, call] : calls_) count += call.orphan ? 1 : 0;
  return count;
}

/// While there is no process nothing else is held.
void Relay::report(std::uint64_t token, Out& out) const {
  provider::LedgerReport answer{.token = token};
  constexpr auto kCalls = static_cast<std::size_t>(Resource::provider_calls);
  answer.booked[kCalls] = answer.found[kCalls] = orphans();
  out.events.emplace_back(answer);
}

// ---- what the process says

Result<void> Relay::event(provider::Event&& event, Out& out) {
  return std::visit([&](auto& what) { return heard(what, out); }, event);
}

/// The lines of a process that was started again are the ones that were there.
Relay::Verdict Relay::heard(provider::LineAdded& what, Out& out) {
  if (what.line < lines_.size()) {
    if (announced_[what.line].name != what.info.name) return broken("a line is there twice");
    if (serving_) {  // configured again
      if (!lines_[what.line].gone) out.events.emplace_back(std::move(what));
      return {};
    }
    if (!lines_[what.line].gone)
      out.events.emplace_back(
          provider::LineStatus{what.line, what.info.in_service, std::move(what.info.status)});
    return {};
  }
  if (what.line != lines_.size()) return broken("a line was left out");
  lines_.emplace_back();
  announced_.push_back(what.info);
  out.events.emplace_back(std::move(what));
  return {};
}

Relay::Verdict Relay::heard(provider::LineGone& what, Out& out) {
  if (what.line >= lines_.size()) return broken("there is no such line");
  if (!std::exchange(lines_[what.line].gone, true)) out.events.emplace_back(std::move(what));
  return {};
}

Relay::Verdict Relay::heard(provider::LineForcedClosed& what, Out& out) {
  if (what.line >= lines_.size()) return broken("there is no such line");
  if (!lines_[what.line].gone) out.events.emplace_back(std::move(what));
  return {};
}

Relay::Verdict Relay::heard(provider::LineStatus& what, Out& out) {
  if (what.line >= lines_.size()) return broken("there is no such line");
  if (!lines_[what.line].gone) out.events.emplace_back(std::move(what));
  return {};
}

Relay::Verdict Relay::heard(provider::NewCall& what, Out& out) {
  if (!what.call.minted_by_provider() ||
      (what.call.value & ~(CallRef::kMintedByProvider | kInnerMask)) != 0)
    return broken("a call has an impossible name");
  if (what.line >= lines_.size()) return broken("there is no such line");
  what.call = outer(what.call);
  Call& call = calls_[what.call.value];
  if (std::exchange(call.announced, true)) return broken("a call is there twice");
  out.events.emplace_back(std::move(what));
  return {};
}

Relay::Verdict Relay::heard(provider::Completed& what, Out& out) {
  what.call = outer(what.call);
  if (const auto found = calls_.find(what.call.value); found != calls_.end()) {
    Call& call = found->second;
    if (call.orphan) return {};
    std::erase(call.pending, what.request);
    if (call.making == what.request) {
      call.making.reset();
      if (what.error) calls_.erase(found);
    }
  }
  out.events.emplace_back(std::move(what));
  return {};
}

Relay::Verdict Relay::heard(provider::Ended& what, Out& out) {
  what.call = outer(what.call);
  const auto found = calls_.find(what.call.value);
  if (found == calls_.end() || found->second.orphan) return {};
  calls_.erase(found);
  out.events.emplace_back(std::move(what));
  return {};
}

/// May come before the call is announced, and before the making of one is answered.
Relay::Verdict Relay::heard(provider::Recovery& what, Out& out) {
  what.call = outer(what.call);
  if (const auto taking = taking_.find(what.call.value); taking != taking_.end()) {
    const auto orphan = foreign_.find(taking->second);
    if (orphan == foreign_.end()) return {};
    orphan->second.command.recovery = what.recovery;
    out.events.emplace_back(std::move(what));
    return {};
  }
  if (!what.call.minted_by_provider() && !calls_.contains(what.call.value)) return {};
  Call& call = calls_[what.call.value];
  if (call.orphan) return {};
  call.line = what.line;
  call.recovery = what.recovery;
  call.provider_call_id = what.provider_call_id;
  out.events.emplace_back(std::move(what));
  return {};
}

Relay::Verdict Relay::heard(provider::OrphanEnded& what, Out& out) {
  if (const auto own = own_.find(what.number); own != own_.end()) {
    const std::uint64_t ref = own->second;
    own_.erase(own);
    if (calls_.erase(ref) != 0)
      out.events.emplace_back(provider::Ended{.call = CallRef{ref},
                                              .confirmation = what.confirmation,
                                              .confirmed_after = what.confirmed_after,
                                              .sent_times = what.sent_times});
    return {};
  }
  if (const auto foreign = foreign_.find(what.number); foreign != foreign_.end()) {
    taking_.erase(foreign->second.command.take_up.value);
    foreign_.erase(foreign);
    out.events.emplace_back(what);
  }
  return {};
}

Relay::Verdict Relay::heard(provider::TakeUpAnswered& what, Out& out) {
  const auto found = foreign_.find(what.number);
  if (found == foreign_.end() || taking_.erase(found->second.command.take_up.value) == 0) return {};
  provider::EndOrphan& orphan = found->second.command;
  if (what.taken_up) {
    Call& call = calls_[orphan.take_up.value];
    call.announced = true;
    call.line = orphan.line;
    call.recovery = orphan.recovery;
    foreign_.erase(found);
  } else {
    orphan.take_up = {};
  }
  out.events.emplace_back(what);
  return {};
}

/// The orphans are calls, too, until they are ended.
Relay::Verdict Relay::heard(provider::LedgerReport& what, Out& out) {
  if (reports_.erase(what.token) == 0) return {};
  constexpr auto kCalls = static_cast<std::size_t>(Resource::provider_calls);
  const std::int64_t ours = orphans();
  what.booked[kCalls] += ours;
  what.found[kCalls] += ours;
  out.events.emplace_back(what);
  return {};
}

Relay::Verdict Relay::heard(provider::Failed& what, Out&) {
  return Error{Errc::failed, what.why};
}

Relay::Verdict Relay::heard(provider::Stopped& what, Out& out) {
  if (!stopping_) return Error{Errc::failed, "it stopped"};
  out.events.emplace_back(what);
  return {};
}

/// It changes nothing: a message of a call that is not known is told all the same.
Relay::Verdict Relay::heard(provider::Traced& what, Out& out) {
  what.call = outer(what.call);
  out.events.emplace_back(std::move(what));
  return {};
}

/// Also of a call that has ended and was not closed yet: it is cleared then.
template <typename OfCall>
Relay::Verdict Relay::heard(OfCall& what, Out& out) {
  what.call = outer(what.call);
  const auto found = calls_.find(what.call.value);
  if (found == calls_.end() || !found->second.orphan) out.events.emplace_back(std::move(what));
  return {};
}

}  // namespace switchhook::remote
