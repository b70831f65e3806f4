// SPDX-License-Identifier: Apache-2.0
// Transferring calls.
#include "bodies.hpp"

namespace switchhook::tapi2 {

LONG bodies::lineBlindTransfer(const Entry&, const std::shared_ptr<Call>& call,
                               std::optional<std::string> address, DWORD) {
  if (!address) return lineerr(LINEERR_INVALPOINTER);
  return call->line->app->request(
      api::TransferCall{.call = call->id, .address = std::move(*address)}, *call->line,
      call->handle, nullptr, LINEERR_INVALADDRESS);
}

LONG bodies::lineCompleteTransfer(const Entry&, const std::shared_ptr<Call>& call,
                                  HCALL consultation_handle, HCALL*, DWORD mode) {
  if (mode == LINETRANSFERMODE_CONFERENCE) return lineerr(LINEERR_OPERATIONUNAVAIL);
  if (mode != LINETRANSFERMODE_TRANSFER) return lineerr(LINEERR_INVALTRANSFERMODE);
  const std::shared_ptr<Call> consultation = Process::get().calls.find(consultation_handle);
  const Line& line = *call->line;
  if (!consultation || consultation == call || consultation->line->app != line.app)
    return lineerr(LINEERR_INVALCONSULTCALLHANDLE);
  return line.app->request(api::TransferCall{.call = call->id, .with = consultation->id}, line,
                           call->handle, nullptr, LINEERR_INVALCONSULTCALLHANDLE);
}

}  // namespace switchhook::tapi2
