// SPDX-License-Identifier: Apache-2.0
// Swaps: the active call is held by a re-INVITE, then the held one is taken back by another. When
// the second is refused, or not answered in time, the first call is taken back again.
#include <utility>

#include "providers/sip/call/calls.hpp"

namespace switchhook::sip {

using provider::CallRef;
using provider::RequestNumber;

void Calls::on(const provider::Swap& swap) {
  const auto fail = [&](Error error) { complete(swap.call, swap.request, std::move(error)); };
  const Entry* active = find(swap.call);
  const Entry* held = find(swap.with);
  if (active == nullptr || active->call.closed() || held == nullptr || held->call.closed())
    return fail({Errc::stale_handle, "no such call"});
  if (active->line != held->line || active->call.held() || !held->call.held())
    return fail({Errc::invalid_state, "not an active call and a held one"});
  swaps_.emplace(swap.request, Swap{.active = swap.call, .held = swap.with});
  half(swap.call, swap.request, true);
}

void Calls::half(CallRef call, RequestNumber request, bool hold) {
  const Entry* entry = find(call);
  if (entry == nullptr || entry->call.closed())
    return half_done({call, request, Error{Errc::failed, "the call ended"}});
  apply(by_ref_.at(call.value), call::Half{request, hold});
}

void Calls::half_done(provider::Completed done) {
  const auto found = swaps_.find(done.request);
  if (found == swaps_.end()) return;
  Swap& swap = found->second;
  if (swap.step == Swap::Step::hold && !done.error) {
    swap.step = Swap::Step::resume;
    return half(swap.held, done.request, false);
  }
  if (swap.step == Swap::Step::resume && done.error) {
    swap.step = Swap::Step::undo;
    swap.why = std::move(done.error);
    return half(swap.active, done.request, false);
  }
  const Swap over = std::move(swap);
  swaps_.erase(found);
  if (over.answered) return;
  std::optional<Error> error = over.step == Swap::Step::undo ? over.why : std::move(done.error);
  tell(provider::Completed{over.active, done.request, std::move(error)});
}

/// The active call is over for the engine: its request is answered now, not when the other call's
/// re-INVITE is.
void Calls::give_up_swaps(CallRef call) {
  for (auto& [request, swap] : swaps_) {
    if (swap.active != call || std::exchange(swap.answered, true)) continue;
    complete(call, request, Error{Errc::failed, "the call ended"});
  }
}

}  // namespace switchhook::sip
