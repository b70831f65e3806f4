// SPDX-License-Identifier: Apache-2.0
// Transfer at the exchange: the two far ends are joined, whether lines or extensions; what is left
// of our own calls has nobody at its other end, and is dropped by the engine.
#include <algorithm>

#include "providers/exchange/exchange.hpp"

namespace switchhook::exchange {
namespace {

/// Why an extension cannot be the target; empty = it answers.
const char* obstacle(const Extension& extension) {
  switch (extension.behaviour) {
    case Behaviour::answers:
    case Behaviour::hangs_up:
    case Behaviour::echoes:
      return "";
    case Behaviour::rings:
      return "nobody answers";
    case Behaviour::busy:
      return "busy";
    case Behaviour::rejects:
      return "rejected";
    case Behaviour::out_of_order:
      return "out of order";
  }
  return "";
}

}  // namespace

void Exchange::carry_out(const provider::Transfer& command) {
  const auto fail = [&](Errc code, const std::string& words) {
    complete(command.call, command.request, Error{code, words});
  };
  Call* call = find(command.call);
  if (call == nullptr) return fail(Errc::stale_handle, {});
  if (!talking(*call)) return fail(Errc::invalid_state, "not connected");
  if (command.with) {
    Call* with = find(command.with);
    if (with == nullptr) return fail(Errc::stale_handle, {});
    if (with == call || command.with == call->peer || !talking(*with))
      return fail(Errc::invalid_state, "not two calls that are connected");
    complete(command.call, command.request);
    return join(far_end_of(command.call, *call), far_end_of(command.with, *with));
  }
  const std::string number = dialable(command.address);
  const auto extension = std::find_if(config_.extensions.begin(), config_.extensions.end(),
                                      [&](const Extension& e) { return e.number == number; });
  if (extension != config_.extensions.end()) {
    if (const std::string words = obstacle(*extension); !words.empty())
      return fail(Errc::failed, words);
    complete(command.call, command.request);
    return join(far_end_of(command.call, *call), {{}, &*extension});
  }
  const auto line = std::find(config_.lines.begin(), config_.lines.end(), number);
  if (line == config_.lines.end()) return fail(Errc::invalid_address, "no such number");
  if (!call->peer) return fail(Errc::unsupported, "an extension calls nobody");
  complete(command.call, command.request);
  const CallRef caller = far_end_of(command.call, *call).line;
  Call& calling = calls_.at(caller);
  calling.phase = Phase::calling;
  calling.held = false;
  state(caller, CallState::proceeding);
  call_line(caller, calling, static_cast<provider::LineNumber>(line - config_.lines.begin()), {});
}

bool Exchange::talking(const Call& call) {
  return call.phase == Phase::connected && (call.peer || call.extension != nullptr);
}

/// Whom a call of ours talks with. From now on it is alone.
Exchange::FarEnd Exchange::far_end_of(CallRef ref, Call& call) {
  stop_sending(ref, call);
  cancel(call.appointment);
  if (call.peer) calls_.at(call.peer).peer = {};
  return {std::exchange(call.peer, CallRef{}), std::exchange(call.extension, nullptr)};
}

void Exchange::join(FarEnd a, FarEnd b) {
  for (const auto& [one, other] : {std::pair{a, b}, std::pair{b, a}}) {
    if (!one.line) continue;
    Call& call = calls_.at(one.line);
    call.peer = other.line;
    call.extension = other.extension;
  }
  for (const FarEnd& each : {a, b}) {
    if (!each.line) continue;
    Call& call = calls_.at(each.line);
    call.held = false;
    connect(each.line, call);
    if (call.extension != nullptr && call.extension->behaviour == Behaviour::hangs_up)
      appoint(each.line, call, Due::hang_up, call.extension->delay);
  }
}

}  // namespace switchhook::exchange
