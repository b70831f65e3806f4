// SPDX-License-Identifier: Apache-2.0
// Hearing and sending digits.
#include <algorithm>

#include "base/limits.hpp"
#include "bodies.hpp"

namespace switchhook::tapi2 {
namespace {

/// What of the text can be sent; the rest is ignored, as the page of lineGenerateDigits says. Where
/// nothing is left, a pause: empty digits would cancel, and the end is told all the same.
std::string sendable(std::string digits, DWORD mode) {
  const std::string_view known =
      mode == LINEDIGITMODE_PULSE ? std::string_view("0123456789,!") : "0123456789ABCDabcd*#,!";
  const bool cancels = digits.empty();
  std::erase_if(digits, [&](char c) { return known.find(c) == std::string_view::npos; });
  return digits.empty() && !cancels ? "," : digits;
}

/// The nearest that is offered; 0 is the provider's choice.
std::chrono::milliseconds offered_duration(DWORD ms) {
  using std::chrono::milliseconds;
  if (ms == 0) return milliseconds(0);
  return std::clamp(milliseconds(ms), limits::kDigitDurationLeast,
                    milliseconds(limits::kDigitDuration));
}

}  // namespace

LONG bodies::lineMonitorDigits(const Entry&, const std::shared_ptr<Call>& call, DWORD modes) {
  return done(call->line->app->ask(api::MonitorDigits{call->id, modes}), LINEERR_INVALDIGITMODE);
}

LONG bodies::lineGenerateDigits(const Entry&, const std::shared_ptr<Call>& call, DWORD mode,
                                std::optional<std::string> digits, DWORD duration_ms) {
  if (mode != LINEDIGITMODE_PULSE && mode != LINEDIGITMODE_DTMF)
    return lineerr(LINEERR_INVALDIGITMODE);
  std::string sent = sendable(std::move(digits).value_or(""), mode);
  if (sent.size() > limits::kDigits) return lineerr(LINEERR_RESOURCEUNAVAIL);
  return done(call->line->app->ask(api::SendDigits{.call = call->id,
                                                   .digits = std::move(sent),
                                                   .mode = mode,  // the same values
                                                   .duration = offered_duration(duration_ms)}),
              LINEERR_INVALDIGITMODE);
}

}  // namespace switchhook::tapi2
