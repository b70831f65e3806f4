// SPDX-License-Identifier: Apache-2.0
#include "simulator/bookkeeper.hpp"

namespace switchhook::simulator {

void Bookkeeper::recovery(const std::string& provider, const provider::Recovery& recovery) {
  calls_.try_emplace({boot_, provider, recovery.call.value}, 0);
  journal_->recovery(provider, recovery);
}

void Bookkeeper::expect(const Record& record) {
  may_.insert(record.session);
  if (!boots_.try_emplace(record.session, boot_).second && boots_[record.session] != boot_)
    violations_.report(Invariant::one_record,
                       "session " + std::to_string(record.session) +
                           " has the number of one before the daemon's death");
}

void Bookkeeper::noted(provider::CallRef call, const Record& record) {
  calls_[{boot_, record.provider, call.value}] = record.session;
  // Where calls are refused while the journal is not kept, those that began are in it.
  if (journal_->objection().empty()) must_.insert(record.session);
}

// What the journal was told when it returned is in it; should the process die meanwhile, it may be.

void Bookkeeper::changed(provider::CallRef call, const Record& record) {
  expect(record);
  journal_->changed(call, record);
  noted(call, record);
}

void Bookkeeper::done(provider::CallRef call, const Record& record) {
  expect(record);
  journal_->done(call, record);
  noted(call, record);
}

void Bookkeeper::make_failed(const std::string& provider, provider::CallRef call) {
  const auto found = calls_.find({boot_, provider, call.value});
  if (found != calls_.end()) {
    must_.erase(found->second);
    safe_.erase(found->second);
    if (batch_) batch_->erase(found->second);
  }
  journal_->make_failed(provider, call);
}

void Bookkeeper::died(bool lost) {
  if (lost) must_ = safe_;
  batch_.reset();
  safe_ = must_;
  // What the engine had said is lost, and maybe not what the provider had.
  for (auto& [key, session] : calls_)
    if (!must_.contains(session)) session = 0;
}

void Bookkeeper::check(const std::vector<Record>& records) const {
  const auto wrong = [&](std::uint64_t session, const char* what) {
    violations_.report(Invariant::one_record,
                       "in the store: session " + std::to_string(session) + ": " + what);
  };
  std::set<std::uint64_t> seen;
  std::size_t unknown = 0, unnamed = 0;
  for (const Record& record : records) {
    if (!seen.insert(record.session).second) wrong(record.session, "two records");
    if (!may_.contains(record.session)) ++unknown;
    if (!record.end || record.end->confirmation == Confirmation::pending)
      wrong(record.session, "a record that is not final");
    if (record.state != CallState::idle) wrong(record.session, "a record that is not idle");
    // Whoever held it when the daemon died has no time of release.
    const auto boot = boots_.find(record.session);
    if (boot == boots_.end() || boot->second != boot_) continue;
    for (const HolderRecord& holder : record.holders)
      if (!holder.released) wrong(record.session, "somebody holds it for ever");
  }
  for (const std::uint64_t session : must_)
    if (!seen.contains(session)) wrong(session, "no record");
  // Of calls of which only their provider had spoken when the daemon died.
  for (const auto& [key, session] : calls_)
    if (session == 0) ++unnamed;
  if (unknown > unnamed)
    violations_.report(Invariant::one_record, "in the store: " + std::to_string(unknown) +
                                                  " records of sessions that never were");
}

}  // namespace switchhook::simulator
