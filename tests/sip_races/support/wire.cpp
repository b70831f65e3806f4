// SPDX-License-Identifier: Apache-2.0
#include "tests/sip_races/support/wire.hpp"

#include <algorithm>
#include <cstdio>

namespace switchhook::sip::races {

std::string to_string(FaultKind kind) {
  switch (kind) {
    case FaultKind::lose:
      return "lost";
    case FaultKind::late:
      return "late";
    case FaultKind::very_late:
      return "very late";
    case FaultKind::twice:
      return "twice";
    case FaultKind::twice_late:
      return "again very late";
    case FaultKind::overtaken:
      return "overtaken";
    case FaultKind::reset:
      return "reset";
    case FaultKind::refused:
      return "refused";
    case FaultKind::black_hole:
      return "black hole";
  }
  return "?";
}

bool Wire::send(int from, const Message& message) {
  const std::size_t index = log_.size();
  log_.push_back({clock_.now(), from, message, {}, false});
  if (filter_ && filter_(log_.back())) return true;
  if (refused_) {
    log_.back().told = true;
    return false;
  }
  if (black_hole_) return true;

  const milliseconds late = 3 * t1_ + t1_ / 2, very_late = 55 * t1_;
  milliseconds when = clock_.now() + latency_;
  for (const Fault& fault : faults_) {
    if (fault.transmission != index) continue;
    switch (fault.kind) {
      case FaultKind::lose:
        return true;
      case FaultKind::late:
        when += late;
        break;
      case FaultKind::very_late:
        when += very_late;
        break;
      case FaultKind::twice:
        deliver(index, when);
        when += milliseconds(1);
        break;
      case FaultKind::twice_late:
        deliver(index, when);
        when += very_late;
        break;
      case FaultKind::overtaken:
        held_[from].push_back(index);
        clock_.after(t1_ / 2, [this, from, index] {
          if (std::erase(held_[from], index) != 0) deliver(index, clock_.now());
        });
        return true;
      case FaultKind::reset:
        log_.back().told = true;
        return false;
      case FaultKind::refused:
        refused_ = log_.back().told = true;
        return false;
      case FaultKind::black_hole:
        black_hole_ = true;
        return true;
    }
  }
  if (!weather_.fair()) {
    if (percent() < weather_.lose) return true;
    if (percent() < weather_.late) when += milliseconds(random_() % 4000);
    if (percent() < weather_.twice) deliver(index, when + milliseconds(random_() % 2000));
    if (percent() < weather_.overtaken) when += milliseconds(random_() % 60);
  }
  if (reliable()) when = last_arrival_[from] = std::max(when, last_arrival_[from]);
  deliver(index, when);
  for (std::size_t held : held_[from]) deliver(held, when + milliseconds(1));
  held_[from].clear();
  return true;
}

void Wire::deliver(std::size_t index, milliseconds when) {
  clock_.at(when, [this, index] {
    log_[index].arrived.push_back(clock_.now());
    const Message message = log_[index].message;
    if (const auto& receive = receive_[1 - log_[index].from]) receive(message);
  });
}

std::string Wire::ladder() const {
  std::string out;
  for (std::size_t i = 0; i < log_.size(); ++i) {
    const Transmission& t = log_[i];
    std::string arrived = t.arrived.empty() ? (t.told ? "refused" : "lost") : "";
    for (milliseconds when : t.arrived) arrived += " @" + std::to_string(when.count());
    char line[256];
    std::snprintf(line, sizeof line, "%4zu %8lld  %s %-16s %s  cseq %u from=%s to=%s %s%s\n", i,
                  static_cast<long long>(t.sent.count()), t.from == 0 ? "A" : " B",
                  name_of(t.message).c_str(), t.from == 0 ? "-->" : "<--", t.message.cseq,
                  t.message.from_tag.c_str(), t.message.to_tag.c_str(), t.message.branch.c_str(),
                  (" " + arrived).c_str());
    out += line;
  }
  return out;
}

}  // namespace switchhook::sip::races
