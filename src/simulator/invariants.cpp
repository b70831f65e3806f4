// SPDX-License-Identifier: Apache-2.0
#include "simulator/invariants.hpp"

#include <algorithm>
#include <iterator>

namespace switchhook::simulator {
namespace {

struct Row {
  std::string_view name, words;
};

// In the order of the enumeration. docs/reliability.md says where each is checked.
constexpr Row kRows[] = {
    {"one-record",
     "Exactly one record is made for each session; it is final, and its timeline never leaves "
     "idle."},
    {"end-seen-once",
     "Each holder is told disconnected at most once and idle exactly once, unless it releases "
     "its identifier before."},
    {"end-has-a-reason", "Every end has an origin and a cause, in the event and in the record."},
    {"identifier-valid",
     "An identifier is valid until its holder releases it, closes its line or leaves, and answers "
     "as the last event said."},
    {"identifier-stale",
     "An identifier that was released, or never was this application's, is refused as stale."},
    {"identifier-unique", "No identifier is issued twice: none ever means another session."},
    {"completed-once",
     "Each request is completed exactly once, unless closing its line or shutting down suppresses "
     "it."},
    {"accepted-once", "Each request is accepted at most once, and before it is completed."},
    {"event-for-holder",
     "No event comes for an identifier that is not held, for a line that is not open, or to an "
     "application that is gone."},
    {"terminal", "No session leaves idle; disconnected is left only for idle."},
    {"idle-frozen", "The information of an idle session does not change any more."},
    {"provider-order",
     "A provider gets commands for a call only between its creation and its one CloseCall."},
    {"dropped-before-closed",
     "A call that lives at its provider is told to end before it is closed; only one that the "
     "engine never took is closed at once."},
    {"drop-ends", "A drop that the provider did not answer in time has still ended the call."},
    {"provider-returns",
     "What a provider holds for a call is returned in bounded time after its end, or named in the "
     "audit, session by session."},
    {"ledgers-real",
     "Every ledger agrees with a recount, at every audit; at the end all are zero."},
    {"owned-or-ending",
     "No session lives without an owner for longer than its ending may take by the limits."},
    {"memory-bounded",
     "A session is kept only while it is held or its provider has not returned it."},
    {"service-stops", "The service stops in bounded time, and no timer is left then."},
    {"wire-carries-all",
     "What one end of the protocol encodes the other end decodes, in order and whole."},
    {"both-ends-end",
     "When a call has ended at one end, it also ends at the other, in bounded time after the "
     "network works again; nothing is left at either."},
    {"acknowledged-without-faults",
     "Without losses, delays and deaths, no call ends because an answer was never acknowledged."},
    {"call-is-its-users",
     "A program of one user gets no identifier for a call that a program of another user placed."},
    {"refused-means-refused",
     "While calls are refused, no provider is told to make one, but an emergency call."},
    {"bounded-by-limits",
     "No program has a line open more often, or more emergency calls, than the limits allow, nor "
     "sees "
     "messages that it did not ask for."},
};
static_assert(std::size(kRows) == kInvariantCount);

}  // namespace

std::string_view name_of(Invariant invariant) {
  return kRows[static_cast<std::size_t>(invariant)].name;
}
std::string_view words_of(Invariant invariant) {
  return kRows[static_cast<std::size_t>(invariant)].words;
}

bool lives_unowned(const Record& record) {
  const auto owns = [](const HolderRecord& holder) {
    return holder.privilege == Privilege::owner && !holder.released;
  };
  return record.state != CallState::idle &&
         std::none_of(record.holders.begin(), record.holders.end(), owns);
}

std::string Finding::text() const {
  return std::string(name_of(invariant)) + ": " + what;
}

void Violations::given(std::uint64_t identifier, const std::string& to) {
  if (identifier == 0)
    report(Invariant::identifier_means_one_session, to + " was given an identifier of zero");
  if (!identifiers_.insert(identifier).second)
    report(Invariant::identifier_means_one_session,
           to + " was given " + std::to_string(identifier) + ", which was given out before");
}

void Violations::given_to_user(std::uint64_t session, std::uint32_t user, const std::string& to) {
  const auto known = placed_.find(session);
  if (known != placed_.end() && known->second != user)
    report(Invariant::call_is_its_users, to + " of user " + std::to_string(user) +
                                             " was given a call of user " +
                                             std::to_string(known->second));
}

}  // namespace switchhook::simulator
