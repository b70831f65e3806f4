// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/orphans/orphans.hpp"

#include <algorithm>
#include <utility>

#include "providers/sip/call/mapping.hpp"

namespace switchhook::sip {

namespace {

// So many at once, and then a pause: a far end that had all of them would not read them all.
constexpr std::size_t kOrphansAtOnce = 50;
constexpr std::chrono::milliseconds kOrphansPause{10};
constexpr std::chrono::seconds kOffersRemembered{32};  // RFC 3261: 64*T1, as callers wait

std::string key_of(const std::string& call_id, const std::string& tag) {
  return call_id + "\n" + tag;
}

}  // namespace

Orphans::Orphans(const Workshop& shop, Calls& calls) : shop_(shop), calls_(calls) {
  shop_.dialogs.serve(DialogId::Of::orphan, *this);
}

Dialog* Orphans::find(const DialogId& id) {
  const auto found = orphans_.find(id.owner);
  return found != orphans_.end() && id.index < found->second.dialogs.size()
             ? found->second.dialogs[id.index].get()
             : nullptr;
}

void Orphans::on(const provider::EndOrphan& orphan) {
  waiting_.push_back(orphan);
  // Their INVITE comes again until it is answered: it is not another call.
  for (const usage::Recovery& recovery : usage::recoveries_from(orphan.recovery))
    if (recovery.stage == usage::Recovery::Stage::offered)
      offers_.insert_or_assign(key_of(recovery.call_id, recovery.remote_tag),
                               shop_.timers.now() + kOffersRemembered);
  if (waiting_.size() == 1) end_some();
}

bool Orphans::was_offered_before(const std::string& call_id, const std::string& tag) {
  if (offers_.empty()) return false;
  std::erase_if(offers_,
                [at = shop_.timers.now()](const auto& offer) { return offer.second < at; });
  return offers_.contains(key_of(call_id, tag));
}

void Orphans::end_some() {
  pause_ = {};
  for (std::size_t i = 0; i < kOrphansAtOnce && !waiting_.empty(); ++i) {
    const provider::EndOrphan orphan = std::move(waiting_.front());
    waiting_.pop_front();
    end(orphan);
  }
  if (!waiting_.empty()) pause_ = shop_.timers.set(ProviderTimer::orphans, kOrphansPause);
}

void Orphans::end(const provider::EndOrphan& orphan) {
  const std::vector<usage::Recovery> dialogs = usage::recoveries_from(orphan.recovery);
  // One that is known already was told twice; one that cannot be read cannot be ended.
  if (dialogs.empty() || shop_.lines.empty() || orphans_.contains(orphan.number) ||
      shop_.dialogs.knows(dialogs.front().local_tag))
    return tell(
        provider::OrphanEnded{.number = orphan.number, .confirmation = Confirmation::unconfirmed});
  if (orphan.take_up) {
    if (dialogs.size() == 1 && calls_.take_up(orphan, dialogs.front())) return;
    tell(provider::TakeUpAnswered{orphan.number, false});
  }
  const provider::LineNumber number = shop_.lines.find(orphan.line).value_or(0);
  Line& line = shop_.lines[number];
  shop_.dialogs.in_turn([&] {
    Orphan& its = orphans_[orphan.number];
    its.dropped_at = shop_.timers.now();
    for (const usage::Recovery& recovery : dialogs) {
      const DialogId id{DialogId::Of::orphan, orphan.number,
                        static_cast<std::uint8_t>(its.dialogs.size())};
      its.dialogs.push_back(std::make_unique<Dialog>(
          id, Dialog::Parts{shop_.ledger, shop_.timers, line.calls},
          std::make_unique<usage::Usage>(line.settings, recovery, shop_.random.next()),
          shop_.network.make_link(id, number)));
      its.dialogs.back()->invite = recovery.invite;
      shop_.dialogs.know(recovery.local_tag, id);
      usage::Drop drop;
      drop.status = 480;
      drop.reason = mapping::format_reason({"Q.850", 41, orphan.why});
      shop_.dialogs.feed(id, std::move(drop));
    }
  });
}

void Orphans::finished(const DialogId& id, const usage::Finished& how) {
  Orphan& orphan = orphans_.at(id.owner);
  orphan.dialogs[id.index].reset();
  if (id.index == 0)
    orphan.over = {.number = id.owner,
                   .confirmation = how.confirmation,
                   .confirmed_after = std::chrono::duration_cast<std::chrono::microseconds>(
                       shop_.timers.now() - orphan.dropped_at),
                   .sent_times = how.sent_times};
  for (const std::unique_ptr<Dialog>& dialog : orphan.dialogs)
    if (dialog) return;
  tell(orphan.over);
  orphans_.erase(id.owner);
}

void Orphans::give_up() {
  std::vector<DialogId> left;
  for (const auto& [number, orphan] : orphans_)
    for (std::size_t i = 0; i < orphan.dialogs.size(); ++i)
      left.push_back({DialogId::Of::orphan, number, static_cast<std::uint8_t>(i)});
  for (const DialogId& id : left) shop_.dialogs.give_up(id);
}

void Orphans::count(std::array<std::int64_t, kResourceCount>& found) const {
  for (const auto& [number, orphan] : orphans_)
    for (const std::unique_ptr<Dialog>& dialog : orphan.dialogs) {
      if (!dialog) continue;
      found[static_cast<std::size_t>(Resource::dialogs)] += 1;
      found[static_cast<std::size_t>(Resource::transactions)] +=
          static_cast<std::int64_t>(dialog->link().transactions());
    }
}

}  // namespace switchhook::sip
