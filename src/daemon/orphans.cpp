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
    : store_(store), clock_(clock) {
  host.on_orphan_ended([this](const provider::OrphanEnded& what) { ended(what); });
  std::vector<Store::Orphan> orphans = store_.take_orphans();
  found_ = orphans.size();
  if (found_ == 0) return;
  spdlog::warn("the service did not stop properly: {} calls are ended at their far ends", found_);
  std::uint64_t number = 0;
  for (Store::Orphan& orphan : orphans) {
    const std::optional<End>& end = orphan.record.end;
    if (end && end->confirmation != Confirmation::pending) {
      record(orphan, end->confirmation, {});
      continue;
    }
    // Without a word of its provider, nothing has gone to a far end.
    if (orphan.recovery.empty()) {
      record(orphan, Confirmation::not_applicable, {});
      continue;
    }
    waiting_.emplace(++number, std::move(orphan));
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

void Orphans::ended(const provider::OrphanEnded& what) {
  auto node = waiting_.extract(what.number);
  if (node.empty()) return;
  if (what.confirmation == Confirmation::confirmed) ++confirmed_;
  if (what.confirmation == Confirmation::already_gone) ++gone_;
  record(node.mapped(), what.confirmation, what);
  if (waiting_.empty())
    spdlog::info("all of them are ended: {} confirmed, {} were gone already", confirmed_, gone_);
}

void Orphans::record(const Store::Orphan& orphan, Confirmation confirmation,
                     const provider::OrphanEnded& how) {
  Record record = orphan.record;
  // On the monotonic clock of the record, which began anew if the machine did.
  Moment now = clock_.now();
  if (!record.timeline.empty()) {
    const Moment& last = record.timeline.back().at;
    now.monotonic = last.monotonic + std::max(std::chrono::microseconds(0), now.wall - last.wall);
  }
  if (!record.end) {
    record.end.emplace();
    record.end->origin = EndOrigin::system;
    record.end->cause = {.mode = DisconnectMode::temporary_failure, .words = kWords};
    record.end->at = now;
  }
  record.end->confirmation = confirmation;
  if (how.number != 0) {
    record.end->confirmed_after = how.confirmed_after;
    record.end->sent_times = static_cast<std::uint16_t>(record.end->sent_times + how.sent_times);
  }
  if (record.state != CallState::idle) {
    record.state = CallState::idle;
    record.detail = 0;
    record.timeline.push_back({CallState::idle, 0, now});
  }
  for (HolderRecord& holder : record.holders)
    if (!holder.released) holder.released = now;
  store_.add(orphan, record);
}

}  // namespace switchhook::daemon
