// SPDX-License-Identifier: Apache-2.0
#include "daemon/orphans.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace switchhook::daemon {
namespace {

constexpr auto* kWords = "the service died and was started again";

}  // namespace

Orphans::Orphans(core::EngineHost& host, Store& store, const base::Clock& clock)
    : host_(host), store_(store), clock_(clock) {
  host.on_orphan_ended([this](const provider::OrphanEnded& what) { ended(what); });
  std::vector<Store::Orphan> orphans = store_.take_orphans();
  found_ = orphans.size();
  if (found_ == 0) return;
  spdlog::warn("the service did not stop properly: {} calls are ended at their far ends", found_);
  std::uint64_t number = 0;
  for (Store::Orphan& orphan : orphans) {
    const bool over = orphan.record.end && orphan.record.end->confirmation != Confirmation::pending;
    bury(orphan.record);
    known_.emplace(orphan.record.session, orphan.record);
    // Without a word of its provider, nothing has gone to a far end.
    if (!over && !orphan.recovery.empty()) {
      waiting_.emplace(++number, std::move(orphan));
      continue;
    }
    if (!over) orphan.record.end->confirmation = Confirmation::not_applicable;
    record(orphan);
  }
}

std::vector<provider::EndOrphan> Orphans::of(const std::string& provider) {
  providers_.insert(provider);
  std::vector<provider::EndOrphan> out;
  for (const auto& [number, orphan] : waiting_)
    if (orphan.provider == provider)
      out.push_back({.number = number,
                     .line = orphan.record.line,
                     .recovery = orphan.recovery,
                     .why = kWords});
  return out;
}

void Orphans::begin() {
  std::vector<std::uint64_t> nobodys;
  for (const auto& [number, orphan] : waiting_)
    if (!providers_.contains(orphan.provider)) nobodys.push_back(number);
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
  if (what.confirmation == Confirmation::confirmed) ++confirmed_;
  if (what.confirmation == Confirmation::already_gone) ++gone_;
  End& end = *node.mapped().record.end;
  end.confirmation = what.confirmation;
  end.confirmed_after = what.confirmed_after;
  end.sent_times = static_cast<std::uint16_t>(end.sent_times + what.sent_times);
  record(node.mapped());
  if (waiting_.empty())
    spdlog::info("all of them are ended: {} confirmed, {} were gone already", confirmed_, gone_);
}

/// On the monotonic clock of the record, which began anew if the machine did.
Moment Orphans::now_for(const Record& record) const {
  Moment now = clock_.now();
  if (record.timeline.empty()) return now;
  const Moment& last = record.timeline.back().at;
  now.monotonic = last.monotonic + std::max(std::chrono::microseconds(0), now.wall - last.wall);
  return now;
}

/// The session is over from now on, unless it was before.
void Orphans::bury(Record& record) const {
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
