// SPDX-License-Identifier: Apache-2.0
#include "daemon/orphans.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/counted.hpp"
#include "daemon/log.hpp"

namespace switchhook::daemon {
namespace {

constexpr auto* kWords = "the service died and was started again";

}  // namespace

Orphans::Orphans(core::EngineHost& host, Store& store, const base::Clock& clock, TakeUp take_up)
    : host_(host), store_(store), clock_(clock), take_up_(std::move(take_up)) {
  host.on_orphan_ended([this](const provider::OrphanEnded& what) { ended(what); });
  host.on_take_up_answered([this](const provider::TakeUpAnswered& what) { answered(what); });
  std::vector<Store::Orphan> orphans = store_.take_orphans();
  found_ = orphans.size();
  if (found_ == 0) return;
  log::of(log::Subject::service)
      .warn("the service was not stopped cleanly: {} left to end", base::counted(found_, "calls"));
  std::uint64_t number = 0;
  for (Store::Orphan& orphan : orphans) {
    if (goes_on(orphan)) {
      ++undecided_;
      waiting_.emplace(++number, Waiting{std::move(orphan), true});
      continue;
    }
    const bool over = orphan.record.end && orphan.record.end->confirmation != Confirmation::pending;
    mark_ended(orphan.record);
    known_.emplace(orphan.record.session, orphan.record);
    // Without a word of its provider, nothing has gone to a far end.
    if (!over && !orphan.recovery.empty()) {
      waiting_.emplace(++number, Waiting{std::move(orphan)});
      continue;
    }
    if (!over) orphan.record.end->confirmation = Confirmation::not_applicable;
    record(orphan);
  }
}

std::vector<provider::EndOrphan> Orphans::of(const std::string& provider) {
  providers_.insert(provider);
  std::vector<provider::EndOrphan> out;
  for (const auto& [number, waiting] : waiting_) {
    const Store::Orphan& orphan = waiting.orphan;
    if (orphan.provider != provider) continue;
    out.push_back({.number = number,
                   .line = orphan.record.line,
                   .recovery = orphan.recovery,
                   .why = kWords,
                   .take_up = {waiting.take_up ? orphan.record.session : 0},
                   .state = orphan.record.state,
                   .detail = orphan.record.detail});
  }
  return out;
}

/// Answered, and nobody wanted its end.
bool Orphans::goes_on(const Store::Orphan& orphan) const {
  const Record& record = orphan.record;
  const bool up = record.state == CallState::connected || record.state == CallState::on_hold;
  return up && !record.end && !orphan.recovery.empty() && take_up_.wanted &&
         take_up_.wanted(record);
}

void Orphans::when_decided(std::function<void()> then) {
  if (undecided_ == 0) return then();
  when_decided_.push_back(std::move(then));
}

void Orphans::decided() {
  if (--undecided_ != 0) return;
  for (const auto& then : std::exchange(when_decided_, {})) then();
}

void Orphans::answered(const provider::TakeUpAnswered& what) {
  const auto found = waiting_.find(what.number);
  if (found == waiting_.end() || !found->second.take_up) return;
  if (!what.taken_up) return give_up(found->second);
  const Store::Orphan orphan = std::move(found->second.orphan);
  waiting_.erase(found);
  const provider::CallRef call{orphan.record.session};
  // Under its new name first: should this process die in between, the store folds the two.
  store_.note(call, orphan.record);
  store_.forget(orphan);
  if (host_.take_up(orphan.record, take_up_.wait)) {
    ++taken_up_;
  } else {
    Record record = orphan.record;
    mark_ended(record);
    record.end->confirmation = Confirmation::unconfirmed;
    known_.emplace(record.session, record);
    store_.add(call, record);
  }
  if (waiting_.empty()) told_all();
  decided();
}

/// It is ended as all others.
void Orphans::give_up(Waiting& waiting) {
  waiting.take_up = false;
  mark_ended(waiting.orphan.record);
  known_.emplace(waiting.orphan.record.session, waiting.orphan.record);
  decided();
}

void Orphans::begin() {
  std::vector<std::uint64_t> nobodys;
  for (const auto& [number, waiting] : waiting_)
    if (!providers_.contains(waiting.orphan.provider)) nobodys.push_back(number);
  for (const std::uint64_t number : nobodys)
    ended({.number = number, .confirmation = Confirmation::unconfirmed});
}

std::vector<Record> Orphans::take_known(std::vector<std::uint64_t>& sessions) const {
  std::vector<Record> out;
  std::erase_if(sessions, [&](std::uint64_t session) {
    const auto known = known_.find(session);
    if (known == known_.end()) return false;
    out.push_back(known->second);
    return true;
  });
  return out;
}

void Orphans::ended(const provider::OrphanEnded& what) {
  auto node = waiting_.extract(what.number);
  if (node.empty()) return;
  Store::Orphan& orphan = node.mapped().orphan;
  if (node.mapped().take_up) give_up(node.mapped());
  if (what.confirmation == Confirmation::confirmed) ++confirmed_;
  if (what.confirmation == Confirmation::already_gone) ++gone_;
  End& end = *orphan.record.end;
  end.confirmation = what.confirmation;
  end.confirmed_after = what.confirmed_after;
  end.sent_times = static_cast<std::uint16_t>(end.sent_times + what.sent_times);
  record(orphan);
  if (waiting_.empty()) told_all();
}

void Orphans::told_all() const {
  log::of(log::Subject::service)
      .info("of them {} were taken up; of the others the end of {} is confirmed, {} were gone",
            taken_up_, confirmed_, gone_);
}

/// On the monotonic clock of the record, which began again if the machine did.
Moment Orphans::now_for(const Record& record) const {
  Moment now = clock_.now();
  if (record.timeline.empty()) return now;
  const Moment& last = record.timeline.back().at;
  now.monotonic = last.monotonic + std::max(std::chrono::microseconds(0), now.wall - last.wall);
  return now;
}

/// The session is over from now on, unless it was before.
void Orphans::mark_ended(Record& record) const {
  const Moment now = now_for(record);
  if (!record.end) {
    record.end.emplace();
    record.end->origin = EndOrigin::system;
    record.end->cause = {.mode = DisconnectMode::temporary_failure, .words = kWords};
    record.end->at = now;
    record.end->confirmation = Confirmation::pending;
  }
  if (record.state == CallState::idle) return;
  record.state = CallState::idle;
  record.detail = 0;
  record.timeline.push_back({CallState::idle, 0, now});
}

/// The one record. Who came back for the session still holds it, and is told how it ended; the
/// others have lost it.
void Orphans::record(const Store::Orphan& orphan) {
  const End& end = *orphan.record.end;
  if (const auto known = known_.find(orphan.record.session); known != known_.end())
    known->second.end = end;
  std::optional<Record> held = host_.orphan_ended(orphan.record.session, end);
  if (held) return store_.add(orphan, *held);
  Record record = orphan.record;
  for (HolderRecord& holder : record.holders)
    if (!holder.released) holder.released = now_for(record);
  store_.add(orphan, record);
}

}  // namespace switchhook::daemon
