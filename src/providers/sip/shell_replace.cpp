// SPDX-License-Identifier: Apache-2.0
// A call that takes another one's place (RFC 3891): pick-up, and the target of an attended
// transfer. The new call is offered as any other; answering it ends the call that it replaces.
#include <utility>

#include "providers/sip/call/mapping.hpp"
#include "providers/sip/net/wire.hpp"
#include "providers/sip/shell.hpp"

namespace switchhook::sip {

/// What an INVITE replaces, if it says so; or, other than 0, the status that refuses it.
int Shell::find_replaced(const sip_s* sip, provider::LineNumber line, CallHandle& out) {
  const std::optional<wire::Replaces> wanted = wire::replaces_of(sip);
  if (!wanted) return 0;
  const CallHandle handle = find_tag(wanted->local_tag, wanted->call_id);
  const Call* call = calls_.find(handle);
  if (call == nullptr || call->orphan != 0)
    return tombstones_.knows(wanted->call_id, wanted->local_tag) ? 603 : 481;
  if (call->line != line || !call->usage->knows_peer(wanted->remote_tag)) return 481;
  if (call->closed || call->idle || call->disconnected) return 603;
  switch (call->usage->state()) {
    case usage::State::answered:
    case usage::State::confirmed:
      if (wanted->early_only) return 486;
      break;
    case usage::State::proceeding:
      break;  // our own call that rings there: picked up elsewhere
    case usage::State::offered:
    case usage::State::fresh:
    case usage::State::calling:
      return 481;  // section 3: an early dialog that we did not initiate is none to replace
    case usage::State::calling_dropped:
    case usage::State::cancelling:
    case usage::State::answered_dropped:
    case usage::State::rejected:
    case usage::State::ending:
    case usage::State::terminated:
      return 603;
  }
  out = handle;
  return 0;
}

/// The call that was replaced ends, if it still lives: BYE, or CANCEL where it was ringing.
void Shell::end_replaced(CallHandle handle) {
  Call* call = calls_.find(handle);
  if (call == nullptr || !call->usage || call->closed || call->idle || call->disconnected) return;
  fail_requests(*call, "the call ended");
  call->disconnected = true;
  call->drop_at = now();
  tell_state(*call, CallState::disconnected, 0,
             Cause{.mode = DisconnectMode::pickup, .words = "replaced by another call"});
  usage::Drop drop;
  drop.reason = mapping::format_reason({"SIP", 200, "Call completed elsewhere"});
  run(handle, std::move(drop));
  end_other(*call);
}

}  // namespace switchhook::sip
