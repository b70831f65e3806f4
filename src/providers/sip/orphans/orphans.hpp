// SPDX-License-Identifier: Apache-2.0
#pragma once

// Calls of an earlier process that died: each is ended at its far end, or handed to the calls of
// this one where it is to be taken up. The engine does not know them: nothing but OrphanEnded is
// reported of them. Pure but for what it is given. Threads: the SIP thread. Ownership: owns their
// dialogs; what it refers to outlives it.

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "providers/sip/call/calls.hpp"

namespace switchhook::sip {

class Orphans final : public DialogOwner {
 public:
  Orphans(const Workshop& shop, Calls& calls);
  Orphans(const Orphans&) = delete;
  Orphans& operator=(const Orphans&) = delete;

  void on(const provider::EndOrphan& orphan);
  /// Whether an INVITE is one that an earlier process was offered, come again.
  [[nodiscard]] bool was_offered_before(const std::string& call_id, const std::string& tag);
  /// Ends the next of those that wait.
  void end_some();
  void give_up();
  void count(std::array<std::int64_t, kResourceCount>& found) const;

  // DialogOwner.
  [[nodiscard]] Dialog* find(const DialogId& id) override;
  void note(const DialogId&) override {}  // the journal has it
  void report(const DialogId&, usage::Output) override {}
  void settle(const DialogId&) override {}
  void finished(const DialogId& id, const usage::Finished& how) override;

 private:
  struct Orphan {
    std::vector<std::unique_ptr<Dialog>> dialogs;
    provider::OrphanEnded over;  // of the first one
    Timers::Time dropped_at{0};
  };

  void end(const provider::EndOrphan& orphan);
  void tell(provider::Event event) { shop_.sink.post(std::move(event)); }

  Workshop shop_;
  Calls& calls_;
  std::deque<provider::EndOrphan> waiting_;
  std::map<std::uint64_t, Orphan> orphans_;  // by number
  /// INVITEs that an earlier process was offered, by Call-ID and tag, until they come no more.
  std::unordered_map<std::string, Timers::Time> offers_;
  Timers::Alarm pause_;
};

}  // namespace switchhook::sip
