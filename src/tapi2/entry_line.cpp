// SPDX-License-Identifier: Apache-2.0
// What lines can do and how they are used; opening and closing them.
#include "tapi2/entry.hpp"
#include "tapi2/variable.hpp"

namespace switchhook::tapi2 {
namespace {

constexpr DWORD kAnyCalls = 0xffff;
constexpr DWORD kVoiceRate = 64000;  // bits per second
constexpr DWORD kLineStates = LINEDEVSTATE_RINGING | LINEDEVSTATE_INSERVICE |
                              LINEDEVSTATE_OUTOFSERVICE | LINEDEVSTATE_OPEN | LINEDEVSTATE_CLOSE |
                              LINEDEVSTATE_NUMCALLS | LINEDEVSTATE_REINIT | LINEDEVSTATE_REMOVED;
constexpr DWORD kAllLineStates = 0x01ffffff;
constexpr DWORD kAddressStates = LINEADDRESSSTATE_INUSEZERO | LINEADDRESSSTATE_INUSEONE |
                                 LINEADDRESSSTATE_INUSEMANY | LINEADDRESSSTATE_NUMCALLS;
constexpr DWORD kAllAddressStates = 0x000001ff;
constexpr DWORD kInfoStates = LINECALLINFOSTATE_OTHER | LINECALLINFOSTATE_MEDIAMODE |
                              LINECALLINFOSTATE_APPSPECIFIC | LINECALLINFOSTATE_NUMOWNERINCR |
                              LINECALLINFOSTATE_NUMOWNERDECR | LINECALLINFOSTATE_NUMMONITORS |
                              LINECALLINFOSTATE_CALLERID | LINECALLINFOSTATE_CALLEDID |
                              LINECALLINFOSTATE_CONNECTEDID | LINECALLINFOSTATE_REDIRECTIONID |
                              LINECALLINFOSTATE_REDIRECTINGID | LINECALLINFOSTATE_USERUSERINFO;
constexpr DWORD kPartyFlags =
    LINECALLPARTYID_NAME | LINECALLPARTYID_ADDRESS | LINECALLPARTYID_UNKNOWN;
constexpr DWORD kCallFeatures =
    LINECALLFEATURE_ACCEPT | LINECALLFEATURE_ANSWER | LINECALLFEATURE_DROP | LINECALLFEATURE_HOLD |
    LINECALLFEATURE_UNHOLD | LINECALLFEATURE_GENERATEDIGITS | LINECALLFEATURE_MONITORDIGITS |
    LINECALLFEATURE_BLINDTRANSFER | LINECALLFEATURE_COMPLETETRANSF;
constexpr DWORD kAddressTypes = LINEADDRESSTYPE_PHONENUMBER | LINEADDRESSTYPE_EMAILNAME;

/// A number that is the same in every run: of the line's provider and name.
std::uint64_t permanent_number(const LineInfo& info) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : info.provider + '/' + info.name)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

GUID permanent_guid(const LineInfo& info) {
  const std::uint64_t number = permanent_number(info);
  GUID guid{};
  guid.Data1 = 0x53574b48;  // "SWKH"
  guid.Data2 = 0x4c49;      // "LI"
  guid.Data3 = 0x8001;      // a version of our own making
  for (std::size_t i = 0; i < 8; ++i) guid.Data4[i] = static_cast<std::uint8_t>(number >> (8 * i));
  guid.Data4[0] = static_cast<std::uint8_t>((guid.Data4[0] & 0x3f) | 0x80);
  return guid;
}

Result<api::LineStatus> status_of(App& app, api::LineId device) {
  return app.ask_for<api::LineStatus>(api::GetLineStatus{device});
}

LONG dev_caps(HLINEAPP handle, DWORD device, DWORD version, DWORD extension, LINEDEVCAPS* caps,
              Text kind) {
  return with_app(handle, [&](App& app) -> LONG {
    if (!offered_version(version)) return lineerr(LINEERR_INCOMPATIBLEAPIVERSION);
    if (extension != 0) return lineerr(LINEERR_INCOMPATIBLEEXTVERSION);
    if (const LONG bad = check_variable(caps, fixed_dev_caps(version)); bad != 0) return bad;
    const Result<api::LineStatus> status = status_of(app, device);
    if (!status) return lineerr(status.error());
    const LineInfo& line = status->info;
    return fill_variable(caps, fixed_dev_caps(version), kind, [&](LINEDEVCAPS& out, Parts& parts) {
      SWITCHHOOK_PART(out, dwProviderInfo, parts.text("Switchhook " + line.provider));
      SWITCHHOOK_PART(out, dwSwitchInfo, parts.text(line.status));
      out.dwPermanentLineID = static_cast<DWORD>(permanent_number(line) | 1);
      SWITCHHOOK_PART(out, dwLineName, parts.text(line.name));
      out.dwStringFormat = kind == Text::wide ? STRINGFORMAT_UNICODE : STRINGFORMAT_ASCII;
      out.dwAddressModes = LINEADDRESSMODE_ADDRESSID;
      out.dwNumAddresses = 1;
      out.dwBearerModes = LINEBEARERMODE_VOICE;
      out.dwMaxRate = kVoiceRate;
      out.dwMediaModes = media_of(line.media_modes);
      out.dwGenerateDigitModes = LINEDIGITMODE_DTMF;
      out.dwMonitorDigitModes = LINEDIGITMODE_DTMF;
      out.dwDevCapFlags = LINEDEVCAPFLAGS_CLOSEDROP;
      out.dwMaxNumActiveCalls = line.calls_max == 0 ? kAnyCalls : line.calls_max;
      out.dwAnswerMode = LINEANSWERMODE_NONE;
      out.dwRingModes = 1;
      out.dwLineStates = kLineStates;
      out.dwUUIAcceptSize = out.dwUUIAnswerSize = out.dwUUIMakeCallSize = out.dwUUIDropSize =
          line.user_info_max;
      out.dwUUICallInfoSize = static_cast<DWORD>(limits::kUserInfoBytes);
      out.dwLineFeatures = LINEFEATURE_MAKECALL;
      SWITCHHOOK_PART(out, dwDeviceClasses,
                      version < kVersion20 ? Part{} : parts.texts({"tapi/line"}));
      out.PermanentLineGuid = permanent_guid(line);
      out.dwAddressTypes = kAddressTypes;
    });
  });
}

LONG address_caps(HLINEAPP handle, DWORD device, DWORD address, DWORD version, DWORD extension,
                  LINEADDRESSCAPS* caps, Text kind) {
  return with_app(handle, [&](App& app) -> LONG {
    if (!offered_version(version)) return lineerr(LINEERR_INCOMPATIBLEAPIVERSION);
    if (extension != 0) return lineerr(LINEERR_INCOMPATIBLEEXTVERSION);
    const DWORD fixed = fixed_address_caps(version);
    if (const LONG bad = check_variable(caps, fixed); bad != 0) return bad;
    const Result<api::LineStatus> status = status_of(app, device);
    if (!status) return lineerr(status.error());
    if (address != 0) return lineerr(LINEERR_INVALADDRESSID);
    const LineInfo& line = status->info;
    return fill_variable(caps, fixed, kind, [&](LINEADDRESSCAPS& out, Parts& parts) {
      out.dwLineDeviceID = device;
      SWITCHHOOK_PART(out, dwAddress, parts.text(line.address));
      out.dwAddressSharing = LINEADDRESSSHARING_PRIVATE;
      out.dwAddressStates = kAddressStates;
      out.dwCallInfoStates = kInfoStates;
      out.dwCallerIDFlags = out.dwCalledIDFlags = out.dwConnectedIDFlags =
          out.dwRedirectionIDFlags = out.dwRedirectingIDFlags = kPartyFlags;
      out.dwCallStates = kAllCallStates;
      out.dwDialToneModes = LINEDIALTONEMODE_UNKNOWN;
      out.dwBusyModes =
          LINEBUSYMODE_STATION | LINEBUSYMODE_TRUNK | LINEBUSYMODE_UNKNOWN | LINEBUSYMODE_UNAVAIL;
      out.dwSpecialInfo = LINESPECIALINFO_NOCIRCUIT | LINESPECIALINFO_CUSTIRREG |
                          LINESPECIALINFO_REORDER | LINESPECIALINFO_UNKNOWN |
                          LINESPECIALINFO_UNAVAIL;
      out.dwDisconnectModes = all_disconnect_modes(version);
      out.dwMaxNumActiveCalls = out.dwMaxNumOnHoldCalls =
          line.calls_max == 0 ? kAnyCalls : line.calls_max;
      out.dwAddrCapFlags = LINEADDRCAPFLAGS_DIALED | LINEADDRCAPFLAGS_ORIGOFFHOOK |
                           LINEADDRCAPFLAGS_ACCEPTTOALERT | LINEADDRCAPFLAGS_TRANSFERHELD |
                           LINEADDRCAPFLAGS_TRANSFERMAKE;
      out.dwTransferModes = LINETRANSFERMODE_TRANSFER;
      out.dwCallFeatures = kCallFeatures;
      out.dwAddressFeatures = LINEADDRFEATURE_MAKECALL;
      SWITCHHOOK_PART(out, dwDeviceClasses,
                      version < kVersion20 ? Part{} : parts.texts({"tapi/line"}));
      out.dwMaxNoAnswerTimeout = static_cast<DWORD>(
          std::chrono::duration_cast<std::chrono::seconds>(limits::kRuleTime).count());
      out.dwConnectedModes = LINECONNECTEDMODE_ACTIVE | LINECONNECTEDMODE_CONFIRMED;
      out.dwOfferingModes = LINEOFFERINGMODE_ACTIVE;
      out.dwAvailableMediaModes = media_of(line.media_modes);
    });
  });
}

/// The first line in service that carries the media mode; nothing when there is none.
Result<std::optional<api::LineId>> map_line(App& app, std::uint32_t media_modes) {
  const Result<api::LineList> list = app.ask_for<api::LineList>(api::ListLines{});
  if (!list) return list.error();
  for (const LineInfo& line : list->lines)
    if (!line.removed && line.in_service && (media_modes & ~line.media_modes) == 0)
      return std::optional<api::LineId>(line.id);
  return std::optional<api::LineId>();
}

LONG open(HLINEAPP handle, DWORD device, HLINE* ret_line, DWORD version, DWORD extension,
          DWORD_PTR instance, DWORD privileges, DWORD media_modes, const LINECALLPARAMS* params) {
  return with_app(handle, [&](App& app) -> LONG {
    if (ret_line == nullptr) return lineerr(LINEERR_INVALPOINTER);
    if (!offered_version(version)) return lineerr(LINEERR_INCOMPATIBLEAPIVERSION);
    if (extension != 0) return lineerr(LINEERR_INCOMPATIBLEEXTVERSION);
    if ((privileges & LINEOPENOPTION_PROXY) != 0) return lineerr(LINEERR_OPERATIONUNAVAIL);
    const DWORD bits = privileges & ~static_cast<DWORD>(LINEOPENOPTION_SINGLEADDRESS);
    constexpr DWORD kBoth = LINECALLPRIVILEGE_MONITOR | LINECALLPRIVILEGE_OWNER;
    if (bits != LINECALLPRIVILEGE_NONE && (bits == 0 || (bits & ~kBoth) != 0))
      return lineerr(LINEERR_INVALPRIVSELECT);
    LINECALLPARAMS wanted{};
    const bool single = bits != privileges;
    if (params != nullptr && (single || device == LINEMAPPER)) {
      const DWORD fixed = fixed_call_params(version);
      if (const LONG bad = check_variable(params, fixed); bad != 0) return bad;
      std::memcpy(static_cast<void*>(&wanted), params, fixed);
    } else if (single) {
      return lineerr(LINEERR_INVALPOINTER);
    }
    if (single && wanted.dwAddressID != 0) return lineerr(LINEERR_INVALADDRESSID);
    api::OpenLine command{.line = device,
                          .privileges = static_cast<std::uint8_t>(bits),
                          .media_modes = 0,
                          .api_version = version};
    if ((bits & LINECALLPRIVILEGE_OWNER) != 0) {
      const std::optional<std::uint32_t> modes = media_from(media_modes);
      if (!modes || *modes == 0) return lineerr(LINEERR_INVALMEDIAMODE);
      command.media_modes = *modes;
    }
    if (device == LINEMAPPER) {
      const std::optional<std::uint32_t> modes = media_from(wanted.dwMediaMode);
      if (!modes) return lineerr(LINEERR_LINEMAPPERFAILED);
      const auto mapped = map_line(app, *modes | command.media_modes);
      if (!mapped) return lineerr(mapped.error());
      if (!*mapped) return lineerr(LINEERR_LINEMAPPERFAILED);
      command.line = **mapped;
    }
    HLINE opened = 0;
    const LONG result = app.open_line(command, instance, opened);
    if (result == 0) std::memcpy(ret_line, &opened, sizeof opened);
    return result;
  });
}

LONG address_status(HLINE handle, DWORD address, LINEADDRESSSTATUS* target, Text kind) {
  return with_line(handle, [&](const std::shared_ptr<Line>& line) -> LONG {
    if (const LONG bad = check_variable(target, sizeof *target); bad != 0) return bad;
    if (address != 0) return lineerr(LINEERR_INVALADDRESSID);
    const Result<api::LineStatus> status = status_of(*line->app, line->device);
    if (!status) return lineerr(status.error());
    return fill_variable(target, sizeof *target, kind, [&](LINEADDRESSSTATUS& out, Parts&) {
      const bool used = status->active_calls + status->held_calls + status->held_pending_calls != 0;
      out.dwNumInUse = used ? 1 : 0;
      out.dwNumActiveCalls = status->active_calls;
      out.dwNumOnHoldCalls = status->held_calls;
      out.dwNumOnHoldPendCalls = status->held_pending_calls;
      out.dwAddressFeatures = status->info.in_service ? LINEADDRFEATURE_MAKECALL : 0;
    });
  });
}

LONG line_status(HLINE handle, LINEDEVSTATUS* target, Text kind) {
  return with_line(handle, [&](const std::shared_ptr<Line>& line) -> LONG {
    const DWORD fixed = fixed_dev_status(line->version);
    if (const LONG bad = check_variable(target, fixed); bad != 0) return bad;
    const Result<api::LineStatus> status = status_of(*line->app, line->device);
    if (!status) return lineerr(status.error());
    return fill_variable(target, fixed, kind, [&](LINEDEVSTATUS& out, Parts&) {
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
  });
}

}  // namespace
}  // namespace switchhook::tapi2

using namespace switchhook::tapi2;

// The plain forms are exported beside the macros of tapi.h that name the A or W form.
#undef lineGetDevCaps
#undef lineGetAddressCaps
#undef lineOpen
#undef lineGetAddressStatus
#undef lineGetLineDevStatus

extern "C" {

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetDevCapsA(HLINEAPP hLineApp, DWORD dwDeviceID,
                                                    DWORD dwAPIVersion, DWORD dwExtVersion,
                                                    LPLINEDEVCAPS lpLineDevCaps) {
  return dev_caps(hLineApp, dwDeviceID, dwAPIVersion, dwExtVersion, lpLineDevCaps, Text::narrow);
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetDevCapsW(HLINEAPP hLineApp, DWORD dwDeviceID,
                                                    DWORD dwAPIVersion, DWORD dwExtVersion,
                                                    LPLINEDEVCAPS lpLineDevCaps) {
  return dev_caps(hLineApp, dwDeviceID, dwAPIVersion, dwExtVersion, lpLineDevCaps, Text::wide);
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetDevCaps(HLINEAPP hLineApp, DWORD dwDeviceID,
                                                   DWORD dwAPIVersion, DWORD dwExtVersion,
                                                   LPLINEDEVCAPS lpLineDevCaps) {
  return lineGetDevCapsA(hLineApp, dwDeviceID, dwAPIVersion, dwExtVersion, lpLineDevCaps);
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetAddressCapsA(HLINEAPP hLineApp, DWORD dwDeviceID,
                                                        DWORD dwAddressID, DWORD dwAPIVersion,
                                                        DWORD dwExtVersion,
                                                        LPLINEADDRESSCAPS lpAddressCaps) {
  return address_caps(hLineApp, dwDeviceID, dwAddressID, dwAPIVersion, dwExtVersion, lpAddressCaps,
                      Text::narrow);
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetAddressCapsW(HLINEAPP hLineApp, DWORD dwDeviceID,
                                                        DWORD dwAddressID, DWORD dwAPIVersion,
                                                        DWORD dwExtVersion,
                                                        LPLINEADDRESSCAPS lpAddressCaps) {
  return address_caps(hLineApp, dwDeviceID, dwAddressID, dwAPIVersion, dwExtVersion, lpAddressCaps,
                      Text::wide);
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetAddressCaps(HLINEAPP hLineApp, DWORD dwDeviceID,
                                                       DWORD dwAddressID, DWORD dwAPIVersion,
                                                       DWORD dwExtVersion,
                                                       LPLINEADDRESSCAPS lpAddressCaps) {
  return lineGetAddressCapsA(hLineApp, dwDeviceID, dwAddressID, dwAPIVersion, dwExtVersion,
                             lpAddressCaps);
}

// Nothing in lineOpen's arguments is text, so its forms are one.
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineOpenA(HLINEAPP hLineApp, DWORD dwDeviceID, LPHLINE lphLine,
                                              DWORD dwAPIVersion, DWORD dwExtVersion,
                                              DWORD_PTR dwCallbackInstance, DWORD dwPrivileges,
                                              DWORD dwMediaModes,
                                              LPLINECALLPARAMS const lpCallParams) {
  return open(hLineApp, dwDeviceID, lphLine, dwAPIVersion, dwExtVersion, dwCallbackInstance,
              dwPrivileges, dwMediaModes, lpCallParams);
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineOpenW(HLINEAPP hLineApp, DWORD dwDeviceID, LPHLINE lphLine,
                                              DWORD dwAPIVersion, DWORD dwExtVersion,
                                              DWORD_PTR dwCallbackInstance, DWORD dwPrivileges,
                                              DWORD dwMediaModes,
                                              LPLINECALLPARAMS const lpCallParams) {
  return open(hLineApp, dwDeviceID, lphLine, dwAPIVersion, dwExtVersion, dwCallbackInstance,
              dwPrivileges, dwMediaModes, lpCallParams);
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineOpen(HLINEAPP hLineApp, DWORD dwDeviceID, LPHLINE lphLine,
                                             DWORD dwAPIVersion, DWORD dwExtVersion,
                                             DWORD_PTR dwCallbackInstance, DWORD dwPrivileges,
                                             DWORD dwMediaModes,
                                             LPLINECALLPARAMS const lpCallParams) {
  return open(hLineApp, dwDeviceID, lphLine, dwAPIVersion, dwExtVersion, dwCallbackInstance,
              dwPrivileges, dwMediaModes, lpCallParams);
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineClose(HLINE hLine) {
  return with_line(hLine,
                   [](const std::shared_ptr<Line>& line) { return line->app->close_line(line); });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineSetStatusMessages(HLINE hLine, DWORD dwLineStates,
                                                          DWORD dwAddressStates) {
  return with_line(hLine, [&](const std::shared_ptr<Line>& line) -> LONG {
    if ((dwLineStates & ~kAllLineStates) != 0) return lineerr(LINEERR_INVALLINESTATE);
    if ((dwAddressStates & ~kAllAddressStates) != 0) return lineerr(LINEERR_INVALADDRESSSTATE);
    line->app->want_states(*line, dwLineStates, dwAddressStates);
    return 0;
  });
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetAddressStatusA(HLINE hLine, DWORD dwAddressID,
                                                          LPLINEADDRESSSTATUS lpAddressStatus) {
  return address_status(hLine, dwAddressID, lpAddressStatus, Text::narrow);
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetAddressStatusW(HLINE hLine, DWORD dwAddressID,
                                                          LPLINEADDRESSSTATUS lpAddressStatus) {
  return address_status(hLine, dwAddressID, lpAddressStatus, Text::wide);
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetAddressStatus(HLINE hLine, DWORD dwAddressID,
                                                         LPLINEADDRESSSTATUS lpAddressStatus) {
  return address_status(hLine, dwAddressID, lpAddressStatus, Text::narrow);
}

SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetLineDevStatusA(HLINE hLine,
                                                          LPLINEDEVSTATUS lpLineDevStatus) {
  return line_status(hLine, lpLineDevStatus, Text::narrow);
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetLineDevStatusW(HLINE hLine,
                                                          LPLINEDEVSTATUS lpLineDevStatus) {
  return line_status(hLine, lpLineDevStatus, Text::wide);
}
SWITCHHOOK_TAPI2_EXPORT LONG WINAPI lineGetLineDevStatus(HLINE hLine,
                                                         LPLINEDEVSTATUS lpLineDevStatus) {
  return line_status(hLine, lpLineDevStatus, Text::narrow);
}

}  // extern "C"
