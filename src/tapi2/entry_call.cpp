// SPDX-License-Identifier: Apache-2.0
// Making, controlling, looking at and letting go of calls.
#include <strings.h>

#include "tapi2/call_info.hpp"
#include "tapi2/call_params.hpp"
#include "tapi2/entry.hpp"
#include "tapi2/variable.hpp"

namespace switchhook::tapi2 {
namespace {

LONG make_call(HLINE handle, HCALL* ret_call, std::string address, const LINECALLPARAMS* params,
               Text kind, const void* site) {
  return with_line(handle, [&](const std::shared_ptr<Line>& line) -> LONG {
    if (ret_call == nullptr) return lineerr(LINEERR_INVALPOINTER);
    api::MakeCall command;
    command.open = line->open;
    command.address = std::move(address);
    if (const LONG bad = read_call_params(params, line->version, kind, command); bad != 0)
      return bad;
    command.site = line->app->words_of(site);
    return line->app->request(std::move(command), *line, 0, ret_call, LINEERR_INVALCALLPARAMS,
                              site);
  });
}

/// A request that takes user-user information. `make(call, info, site)` is the command.
template <typename Make>
LONG request_with_info(HCALL handle, LPCSTR bytes, DWORD size, const void* site, Make make) {
  return with_call(handle, [&](const std::shared_ptr<Call>& call) -> LONG {
    std::optional<UserInfo> info = user_info_from(bytes, size);
    if (!info) return lineerr(LINEERR_USERUSERINFOTOOBIG);
    const Line& line = *call->line;
    std::string where = site == nullptr ? std::string() : line.app->acquired_at(*call, site);
    return line.app->request(make(call->id, std::move(*info), std::move(where)), line, handle,
                             nullptr, LINEERR_INVALPARAM);
  });
}

LONG done(const Result<api::Value>& result, DWORD argument = LINEERR_INVALPARAM) {
  return result ? 0 : lineerr(result.error(), argument);
}

LONG call_info(HCALL handle, LINECALLINFO* target, Text kind) {
  return with_call(handle, [&](const std::shared_ptr<Call>& call) -> LONG {
    const Line& line = *call->line;
    if (const LONG bad = check_variable(target, fixed_call_info(line.version)); bad != 0)
      return bad;
    const auto snapshot = line.app->ask_for<api::CallSnapshot>(api::GetCall{call->id});
    if (!snapshot) return lineerr(snapshot.error());
    return fill_call_info(target, *snapshot, line.handle, line.version, kind);
  });
}

LONG blind_transfer(HCALL handle, bool given, std::string address) {
  return with_call(handle, [&](const std::shared_ptr<Call>& call) -> LONG {
    if (!given) return lineerr(LINEERR_INVALPOINTER);
    const Line& line = *call->line;
    return line.app->request(api::TransferCall{.call = call->id, .address = std::move(address)},
                             line, handle, nullptr, LINEERR_INVALADDRESS);
  });
}

LONG hand_off(HCALL handle, bool named, std::string name, DWORD media_mode) {
  return with_call(handle, [&](const std::shared_ptr<Call>& call) -> LONG {
    api::HandOff command{.call = call->id, .application = {}, .media_mode = 0};
    if (named) {
      if (name.empty()) return lineerr(LINEERR_TARGETNOTFOUND);
      command.application = std::move(name);
    } else {
      const std::optional<std::uint32_t> mode = media_from(media_mode);
      if (!mode || *mode == 0) return lineerr(LINEERR_INVALMEDIAMODE);
      command.media_mode = *mode;
    }
    const DWORD argument = named ? LINEERR_TARGETNOTFOUND : LINEERR_INVALMEDIAMODE;
    return done(call->line->app->ask(std::move(command)), argument);
  });
}

LONG generate_digits(HCALL handle, DWORD mode, std::string digits, DWORD duration_ms) {
  return with_call(handle, [&](const std::shared_ptr<Call>& call) -> LONG {
    if (mode != LINEDIGITMODE_PULSE && mode != LINEDIGITMODE_DTMF)
      return lineerr(LINEERR_INVALDIGITMODE);
    return done(
        call->line->app->ask(api::SendDigits{.call = call->id,
                                             .digits = std::move(digits),
                                             .mode = mode,  // the same values
                                             .duration = std::chrono::milliseconds(duration_ms)}));
  });
}

/// The line that a selection means, or an error.
LONG select_line(HLINE line_handle, DWORD address, HCALL call_handle, DWORD select,
                 std::shared_ptr<Line>& ret_line) {
  if (select == LINECALLSELECT_CALL) {
    const std::shared_ptr<Call> call = Process::get().calls.find(call_handle);
    if (!call) return bad_call(call_handle);
    ret_line = call->line;
    return 0;
  }
  if (select != LINECALLSELECT_LINE && select != LINECALLSELECT_ADDRESS)
    return lineerr(LINEERR_INVALCALLSELECT);
  ret_line = Process::get().lines.find(line_handle);
  if (!ret_line) return bad_handle(LINEERR_INVALLINEHANDLE);
  if (select == LINECALLSELECT_ADDRESS && address != 0) return lineerr(LINEERR_INVALADDRESSID);
  return 0;
}

LONG get_id(HLINE line_handle, DWORD address, HCALL call_handle, DWORD select, VARSTRING* target,
            bool named, const std::string& device_class) {
  return boundary([&]() -> LONG {
    if (!named) return lineerr(LINEERR_INVALPOINTER);
    std::shared_ptr<Line> line;
    if (const LONG bad = select_line(line_handle, address, call_handle, select, line); bad != 0)
      return bad;
    if (const LONG bad = check_variable(target, sizeof *target); bad != 0) return bad;
    if (::strcasecmp(device_class.c_str(), "tapi/line") != 0) return lineerr(LINEERR_NODEVICE);
    return fill_variable(target, sizeof *target, Text::narrow, [&](VARSTRING& out, Parts& parts) {
      const DWORD device = line->device;
      out.dwStringFormat = STRINGFORMAT_BINARY;
      SWITCHHOOK_PART(out, dwString, parts.bytes(&device, sizeof device));
    });
  });
}

}  // namespace
}  // namespace switchhook::tapi2

using namespace switchhook;
using namespace switchhook::tapi2;

// The plain forms are exported beside the macros of tapi.h that name the A or W form.
#undef lineMakeCall
#undef lineGetCallInfo
#undef lineHandoff
#undef lineBlindTransfer
#undef lineGenerateDigits
#undef lineGetID

extern "C" {

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineMakeCallA(HLINE hLine, LPHCALL lphCall,
                                                  LPCSTR lpszDestAddress, DWORD,
                                                  LPLINECALLPARAMS const lpCallParams) {
  const void* site = SWITCHHOOK_CALLER;
  return boundary([&] {
    return make_call(hLine, lphCall, from(lpszDestAddress), lpCallParams, Text::narrow, site);
  });
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineMakeCallW(HLINE hLine, LPHCALL lphCall,
                                                  LPCWSTR lpszDestAddress, DWORD,
                                                  LPLINECALLPARAMS const lpCallParams) {
  const void* site = SWITCHHOOK_CALLER;
  return boundary([&] {
    return make_call(hLine, lphCall, from(lpszDestAddress), lpCallParams, Text::wide, site);
  });
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineMakeCall(HLINE hLine, LPHCALL lphCall,
                                                 LPCSTR lpszDestAddress, DWORD,
                                                 LPLINECALLPARAMS const lpCallParams) {
  const void* site = SWITCHHOOK_CALLER;
  return boundary([&] {
    return make_call(hLine, lphCall, from(lpszDestAddress), lpCallParams, Text::narrow, site);
  });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineAccept(HCALL hCall, LPCSTR lpsUserUserInfo, DWORD dwSize) {
  return request_with_info(hCall, lpsUserUserInfo, dwSize, SWITCHHOOK_CALLER,
                           [](api::CallId call, UserInfo info, std::string site) {
                             return api::AcceptCall{call, std::move(info), std::move(site)};
                           });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineAnswer(HCALL hCall, LPCSTR lpsUserUserInfo, DWORD dwSize) {
  return request_with_info(hCall, lpsUserUserInfo, dwSize, SWITCHHOOK_CALLER,
                           [](api::CallId call, UserInfo info, std::string site) {
                             return api::AnswerCall{call, std::move(info), std::move(site)};
                           });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineDrop(HCALL hCall, LPCSTR lpsUserUserInfo, DWORD dwSize) {
  return request_with_info(hCall, lpsUserUserInfo, dwSize, nullptr,
                           [](api::CallId call, UserInfo info, const std::string&) {
                             return api::DropCall{.call = call,
                                                  .reason = DropReason::normal,
                                                  .user_info = std::move(info)};
                           });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineHold(HCALL hCall) {
  return request_with_info(
      hCall, nullptr, 0, nullptr,
      [](api::CallId call, const UserInfo&, const std::string&) { return api::HoldCall{call}; });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineUnhold(HCALL hCall) {
  return request_with_info(
      hCall, nullptr, 0, nullptr,
      [](api::CallId call, const UserInfo&, const std::string&) { return api::UnholdCall{call}; });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineBlindTransferA(HCALL hCall, LPCSTR lpszDestAddress, DWORD) {
  return boundary(
      [&] { return blind_transfer(hCall, lpszDestAddress != nullptr, from(lpszDestAddress)); });
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineBlindTransferW(HCALL hCall, LPCWSTR lpszDestAddress,
                                                       DWORD) {
  return boundary(
      [&] { return blind_transfer(hCall, lpszDestAddress != nullptr, from(lpszDestAddress)); });
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineBlindTransfer(HCALL hCall, LPCSTR lpszDestAddress,
                                                      DWORD dwCountryCode) {
  return lineBlindTransferA(hCall, lpszDestAddress, dwCountryCode);
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineCompleteTransfer(HCALL hCall, HCALL hConsultCall, LPHCALL,
                                                         DWORD dwTransferMode) {
  return with_call(hCall, [&](const std::shared_ptr<Call>& call) -> LONG {
    if (dwTransferMode == LINETRANSFERMODE_CONFERENCE) return lineerr(LINEERR_OPERATIONUNAVAIL);
    if (dwTransferMode != LINETRANSFERMODE_TRANSFER) return lineerr(LINEERR_INVALTRANSFERMODE);
    std::shared_ptr<Call> consultation;
    static_cast<void>(with_call(hConsultCall, [&](const std::shared_ptr<Call>& found) -> LONG {
      consultation = found;
      return 0;
    }));
    const Line& line = *call->line;
    if (!consultation || consultation == call || consultation->line->app != line.app)
      return lineerr(LINEERR_INVALCONSULTCALLHANDLE);
    return line.app->request(api::TransferCall{.call = call->id, .with = consultation->id}, line,
                             hCall, nullptr, LINEERR_INVALCONSULTCALLHANDLE);
  });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineDeallocateCall(HCALL hCall) {
  return with_call(
      hCall, [](const std::shared_ptr<Call>& call) { return call->line->app->release(call); });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetCallInfoA(HCALL hCall, LPLINECALLINFO lpCallInfo) {
  return call_info(hCall, lpCallInfo, Text::narrow);
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetCallInfoW(HCALL hCall, LPLINECALLINFO lpCallInfo) {
  return call_info(hCall, lpCallInfo, Text::wide);
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetCallInfo(HCALL hCall, LPLINECALLINFO lpCallInfo) {
  return call_info(hCall, lpCallInfo, Text::narrow);
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetCallStatus(HCALL hCall, LPLINECALLSTATUS lpCallStatus) {
  return with_call(hCall, [&](const std::shared_ptr<Call>& call) -> LONG {
    const Line& line = *call->line;
    if (const LONG bad = check_variable(lpCallStatus, fixed_call_status(line.version)); bad != 0)
      return bad;
    const auto snapshot = line.app->ask_for<api::CallSnapshot>(api::GetCall{call->id});
    if (!snapshot) return lineerr(snapshot.error());
    return fill_call_status(lpCallStatus, *snapshot, line.version);
  });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetNewCalls(HLINE hLine, DWORD dwAddressID, DWORD dwSelect,
                                                    LPLINECALLLIST lpCallList) {
  const void* site = SWITCHHOOK_CALLER;
  return with_line(hLine, [&](const std::shared_ptr<Line>& line) -> LONG {
    if (dwSelect != LINECALLSELECT_LINE && dwSelect != LINECALLSELECT_ADDRESS)
      return lineerr(LINEERR_INVALCALLSELECT);
    if (dwSelect == LINECALLSELECT_ADDRESS && dwAddressID != 0)
      return lineerr(LINEERR_INVALADDRESSID);
    constexpr DWORD kFixed = sizeof(LINECALLLIST);
    if (const LONG bad = check_variable(lpCallList, kFixed); bad != 0) return bad;
    if (const LONG bad = line->app->find_new_calls(line, site); bad != 0) return bad;
    // Handles that do not fit are kept, unknown to the program, for its next attempt.
    return line->app->hand_out_new_calls(*line, [&](const std::vector<HCALL>& calls, bool& taken) {
      return fill_variable(lpCallList, kFixed, Text::narrow, [&](LINECALLLIST& out, Parts& parts) {
        SWITCHHOOK_PART(out, dwCalls, parts.bytes(calls.data(), calls.size() * sizeof(HCALL)));
        taken = out.dwCallsSize != 0;
        out.dwCallsNumEntries = taken ? static_cast<DWORD>(calls.size()) : 0;
      });
    });
  });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineSetCallPrivilege(HCALL hCall, DWORD dwCallPrivilege) {
  return with_call(hCall, [&](const std::shared_ptr<Call>& call) -> LONG {
    if (dwCallPrivilege != LINECALLPRIVILEGE_MONITOR && dwCallPrivilege != LINECALLPRIVILEGE_OWNER)
      return lineerr(LINEERR_INVALCALLPRIVILEGE);
    const Privilege wanted =
        dwCallPrivilege == LINECALLPRIVILEGE_OWNER ? Privilege::owner : Privilege::monitor;
    return done(call->line->app->ask(api::SetPrivilege{call->id, wanted}));
  });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineHandoffA(HCALL hCall, LPCSTR lpszFileName,
                                                 DWORD dwMediaMode) {
  return boundary(
      [&] { return hand_off(hCall, lpszFileName != nullptr, from(lpszFileName), dwMediaMode); });
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineHandoffW(HCALL hCall, LPCWSTR lpszFileName,
                                                 DWORD dwMediaMode) {
  return boundary(
      [&] { return hand_off(hCall, lpszFileName != nullptr, from(lpszFileName), dwMediaMode); });
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineHandoff(HCALL hCall, LPCSTR lpszFileName,
                                                DWORD dwMediaMode) {
  return lineHandoffA(hCall, lpszFileName, dwMediaMode);
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineSetAppSpecific(HCALL hCall, DWORD dwAppSpecific) {
  return with_call(hCall, [&](const std::shared_ptr<Call>& call) {
    return done(call->line->app->ask(api::SetAppSpecific{call->id, dwAppSpecific}));
  });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineMonitorDigits(HCALL hCall, DWORD dwDigitModes) {
  return with_call(hCall, [&](const std::shared_ptr<Call>& call) {
    return done(call->line->app->ask(api::MonitorDigits{call->id, dwDigitModes}),
                LINEERR_INVALDIGITMODE);
  });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGenerateDigitsA(HCALL hCall, DWORD dwDigitMode,
                                                        LPCSTR lpszDigits, DWORD dwDuration) {
  return boundary(
      [&] { return generate_digits(hCall, dwDigitMode, from(lpszDigits), dwDuration); });
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGenerateDigitsW(HCALL hCall, DWORD dwDigitMode,
                                                        LPCWSTR lpszDigits, DWORD dwDuration) {
  return boundary(
      [&] { return generate_digits(hCall, dwDigitMode, from(lpszDigits), dwDuration); });
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGenerateDigits(HCALL hCall, DWORD dwDigitMode,
                                                       LPCSTR lpszDigits, DWORD dwDuration) {
  return lineGenerateDigitsA(hCall, dwDigitMode, lpszDigits, dwDuration);
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetIDA(HLINE hLine, DWORD dwAddressID, HCALL hCall,
                                               DWORD dwSelect, LPVARSTRING lpDeviceID,
                                               LPCSTR lpszDeviceClass) {
  return boundary([&] {
    return get_id(hLine, dwAddressID, hCall, dwSelect, lpDeviceID, lpszDeviceClass != nullptr,
                  from(lpszDeviceClass));
  });
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetIDW(HLINE hLine, DWORD dwAddressID, HCALL hCall,
                                               DWORD dwSelect, LPVARSTRING lpDeviceID,
                                               LPCWSTR lpszDeviceClass) {
  return boundary([&] {
    return get_id(hLine, dwAddressID, hCall, dwSelect, lpDeviceID, lpszDeviceClass != nullptr,
                  from(lpszDeviceClass));
  });
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetID(HLINE hLine, DWORD dwAddressID, HCALL hCall,
                                              DWORD dwSelect, LPVARSTRING lpDeviceID,
                                              LPCSTR lpszDeviceClass) {
  return lineGetIDA(hLine, dwAddressID, hCall, dwSelect, lpDeviceID, lpszDeviceClass);
}

}  // extern "C"
