// SPDX-License-Identifier: Apache-2.0
// Hearing and sending digits.
#include "bodies.hpp"

namespace switchhook::tapi2 {

LONG bodies::lineMonitorDigits(const Entry&, const std::shared_ptr<Call>& call, DWORD modes) {
  return done(call->line->app->ask(api::MonitorDigits{call->id, modes}), LINEERR_INVALDIGITMODE);
}

LONG bodies::lineGenerateDigits(const Entry&, const std::shared_ptr<Call>& call, DWORD mode,
                                std::optional<std::string> digits, DWORD duration_ms) {
  if (mode != LINEDIGITMODE_PULSE && mode != LINEDIGITMODE_DTMF)
    return lineerr(LINEERR_INVALDIGITMODE);
  return done(
      call->line->app->ask(api::SendDigits{.call = call->id,
                                           .digits = std::move(digits).value_or(""),
                                           .mode = mode,  // the same values
                                           .duration = std::chrono::milliseconds(duration_ms)}));
}

}  // namespace switchhook::tapi2
