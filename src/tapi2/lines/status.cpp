// SPDX-License-Identifier: Apache-2.0
// How lines and addresses are used, what is told of that, and which device a line is.
#include <algorithm>

#include "bodies.hpp"
#include "tapi2/variable.hpp"

namespace switchhook::tapi2 {
namespace {

constexpr DWORD kAllLineStates = 0x01ffffff;
constexpr DWORD kAllAddressStates = 0x000001ff;

Result<api::LineStatus> status_of(const Line& line) {
  return line.app->ask_for<api::LineStatus>(api::GetLineStatus{line.device});
}

/// Device classes are ASCII, and their case does not matter.
bool is_class(const std::string& given, std::string_view known) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(given.begin(), given.end(), known.begin(), known.end(),
                    [&](char a, char b) { return lower(a) == b; });
}

}  // namespace

LONG bodies::lineSetStatusMessages(const Entry&, const std::shared_ptr<Line>& line,
                                   DWORD line_states, DWORD address_states) {
  if ((line_states & ~kAllLineStates) != 0) return lineerr(LINEERR_INVALLINESTATE);
  if ((address_states & ~kAllAddressStates) != 0) return lineerr(LINEERR_INVALADDRESSSTATE);
  line->app->want_states(*line, line_states, address_states);
  return 0;
}

LONG bodies::lineGetAddressStatus(const Entry& entry, const std::shared_ptr<Line>& line,
                                  DWORD address, LINEADDRESSSTATUS* target) {
  if (const LONG bad = check_variable(target, sizeof *target); bad != 0) return bad;
  if (address != 0) return lineerr(LINEERR_INVALADDRESSID);
  const Result<api::LineStatus> status = status_of(*line);
  if (!status) return lineerr(status.error());
  return fill_variable(target, sizeof *target, entry.kind, [&](LINEADDRESSSTATUS& out, Parts&) {
    const bool used = status->active_calls + status->held_calls + status->held_pending_calls != 0;
    out.dwNumInUse = used ? 1 : 0;
    out.dwNumActiveCalls = status->active_calls;
    out.dwNumOnHoldCalls = status->held_calls;
    out.dwNumOnHoldPendCalls = status->held_pending_calls;
    out.dwAddressFeatures = status->info.in_service ? LINEADDRFEATURE_MAKECALL : 0;
  });
}

LONG bodies::lineGetLineDevStatus(const Entry& entry, const std::shared_ptr<Line>& line,
                                  LINEDEVSTATUS* target) {
  const DWORD fixed = fixed_dev_status(line->version);
  if (const LONG bad = check_variable(target, fixed); bad != 0) return bad;
  const Result<api::LineStatus> status = status_of(*line);
  if (!status) return lineerr(status.error());
  return fill_variable(target, fixed, entry.kind, [&](LINEDEVSTATUS& out, Parts&) {
    const bool up = status->info.in_service;
    out.dwNumOpens = status->openings;
    out.dwNumActiveCalls = status->active_calls;
    out.dwNumOnHoldCalls = status->held_calls;
    out.dwNumOnHoldPendCalls = status->held_pending_calls;
    out.dwLineFeatures = up ? LINEFEATURE_MAKECALL : 0;
    out.dwRoamMode = LINEROAMMODE_UNAVAIL;
    out.dwDevStatusFlags = up ? LINEDEVSTATUSFLAGS_CONNECTED | LINEDEVSTATUSFLAGS_INSERVICE : 0;
    out.dwAvailableMediaModes = up ? media_of(status->info.media_modes) : 0;
  });
}

LONG bodies::lineGetID(const Entry&, const std::shared_ptr<Line>& line, VARSTRING* target,
                       std::optional<std::string> device_class) {
  if (!device_class) return lineerr(LINEERR_INVALPOINTER);
  if (const LONG bad = check_variable(target, sizeof *target); bad != 0) return bad;
  if (!is_class(*device_class, "tapi/line")) return lineerr(LINEERR_NODEVICE);
  return fill_variable(target, sizeof *target, Text::narrow, [&](VARSTRING& out, Parts& parts) {
    const DWORD device = line->device;
    out.dwStringFormat = STRINGFORMAT_BINARY;
    SWITCHHOOK_PART(out, dwString, parts.bytes(&device, sizeof device));
  });
}

}  // namespace switchhook::tapi2
