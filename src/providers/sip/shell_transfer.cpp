// SPDX-License-Identifier: Apache-2.0
// Transfer: the far end is asked to call an address, or to take the place that we have in another
// call (RFC 5589). The transfer is complete when it says that this has come about, and not before:
// one that fails leaves the call as it was.
#include <utility>

#include "providers/sip/shell.hpp"

namespace switchhook::sip {

void Shell::on(const provider::Transfer& transfer) {
  const auto fail = [&](Error error) {
    complete(transfer.call, transfer.request, std::move(error));
  };
  const CallHandle handle = find_ref(transfer.call);
  Call* call = calls_.find(handle);
  if (call == nullptr || call->closed) return fail({Errc::stale_handle, "the call is gone"});
  const auto talking = [](const Call& each) {
    return each.usage && !each.disconnected && !each.idle && each.usage->refer_possible();
  };
  if (!talking(*call) || call->transfer_request != 0)
    return fail({Errc::invalid_state, "the call cannot be transferred now"});
  std::string to;
  if (transfer.with) {
    const Call* other = calls_.find(find_ref(transfer.with));
    if (other == nullptr || other == call || other->closed || !talking(*other))
      return fail({Errc::invalid_state, "nobody to transfer to in the other call"});
    to = other->usage->address_to_replace();
  } else {
    const Result<std::string> uri = resolve(*lines_[call->line], transfer.address);
    if (!uri) return fail(uri.error());
    to = "<" + *uri + ">";
  }
  call->transfer_request = transfer.request;
  run(handle, usage::Refer{std::move(to)});
}

void Shell::carry_out(CallHandle, Call& call, const usage::Referred& referred) {
  using What = usage::Referred::What;
  const provider::RequestNumber request = std::exchange(call.transfer_request, 0);
  if (request == 0) return;  // the call was ended meanwhile
  if (referred.what != What::succeeded) {
    std::string words = referred.what == What::refused  ? "the far end refused the transfer"
                        : referred.what == What::failed ? "the other one was not reached"
                                                        : "the transfer";
    if (referred.status != 0) words += ": " + std::to_string(referred.status);
    if (!referred.phrase.empty()) words += (referred.status != 0 ? " " : ": ") + referred.phrase;
    return complete(call.ref, request,
                    Error{referred.what == What::unknown ? Errc::timed_out : Errc::failed, words});
  }
  complete(call.ref, request);
}

}  // namespace switchhook::sip
