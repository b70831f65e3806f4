// SPDX-License-Identifier: Apache-2.0
// What lines and their addresses can do.
#include "base/limits.hpp"
#include "bodies.hpp"
#include "tapi2/variable.hpp"

namespace switchhook::tapi2 {
namespace {

constexpr DWORD kAnyCalls = 0xffff;
constexpr DWORD kLineStates = LINEDEVSTATE_RINGING | LINEDEVSTATE_INSERVICE |
                              LINEDEVSTATE_OUTOFSERVICE | LINEDEVSTATE_OPEN | LINEDEVSTATE_CLOSE |
                              LINEDEVSTATE_NUMCALLS | LINEDEVSTATE_REINIT | LINEDEVSTATE_REMOVED;
constexpr DWORD kAddressStates = LINEADDRESSSTATE_INUSEZERO | LINEADDRESSSTATE_INUSEONE |
                                 LINEADDRESSSTATE_INUSEMANY | LINEADDRESSSTATE_NUMCALLS;
constexpr DWORD kInfoStates = LINECALLINFOSTATE_OTHER | LINECALLINFOSTATE_MEDIAMODE |
                              LINECALLINFOSTATE_APPSPECIFIC | LINECALLINFOSTATE_NUMOWNERINCR |
                              LINECALLINFOSTATE_NUMOWNERDECR | LINECALLINFOSTATE_NUMMONITORS |
                              LINECALLINFOSTATE_CALLERID | LINECALLINFOSTATE_CALLEDID |
                              LINECALLINFOSTATE_CONNECTEDID | LINECALLINFOSTATE_REDIRECTIONID |
                              LINECALLINFOSTATE_REDIRECTINGID | LINECALLINFOSTATE_USERUSERINFO;
constexpr DWORD kPartyFlags =
    LINECALLPARTYID_NAME | LINECALLPARTYID_ADDRESS | LINECALLPARTYID_UNKNOWN;
constexpr DWORD kDigitFeatures = LINECALLFEATURE_GENERATEDIGITS | LINECALLFEATURE_MONITORDIGITS;
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

}  // namespace

LONG bodies::lineGetDevCaps(const Entry& entry, App& app, DWORD device, DWORD version,
                            DWORD extension, LINEDEVCAPS* caps) {
  if (!offered_version(version)) return lineerr(LINEERR_INCOMPATIBLEAPIVERSION);
  if (extension != 0) return lineerr(LINEERR_INCOMPATIBLEEXTVERSION);
  if (const LONG bad = check_variable(caps, fixed_dev_caps(version)); bad != 0) return bad;
  const Result<api::LineStatus> status = app.ask_for<api::LineStatus>(api::GetLineStatus{device});
  if (!status) return lineerr(status.error());
  const LineInfo& line = status->info;
  return fill_variable(
      caps, fixed_dev_caps(version), entry.kind, [&](LINEDEVCAPS& out, Parts& parts) {
        SWITCHHOOK_PART(out, dwProviderInfo, parts.text("Switchhook " + line.provider));
        SWITCHHOOK_PART(out, dwSwitchInfo, parts.text(line.status));
        out.dwPermanentLineID = static_cast<DWORD>(permanent_number(line) | 1);
        SWITCHHOOK_PART(out, dwLineName, parts.text(line.name));
        out.dwStringFormat = entry.kind == Text::wide ? STRINGFORMAT_UNICODE : STRINGFORMAT_ASCII;
        out.dwAddressModes = LINEADDRESSMODE_ADDRESSID;
        out.dwNumAddresses = 1;
        out.dwBearerModes = LINEBEARERMODE_VOICE;
        out.dwMaxRate = kVoiceRate;
        out.dwMediaModes = media_of(line.media_modes);
        // The same values; a digit's end is heard, not sent.
        out.dwGenerateDigitModes = line.digit_modes & (LINEDIGITMODE_PULSE | LINEDIGITMODE_DTMF);
        out.dwMonitorDigitModes = line.digit_modes;
        if (line.digit_modes != 0) {
          using std::chrono::milliseconds;
          out.MinDialParams.dwDigitDuration =
              static_cast<DWORD>(limits::kDigitDurationLeast.count());
          out.MaxDialParams.dwDigitDuration =
              static_cast<DWORD>(milliseconds(limits::kDigitDuration).count());
        }
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
}

LONG bodies::lineGetAddressCaps(const Entry& entry, App& app, DWORD device, DWORD address,
                                DWORD version, DWORD extension, LINEADDRESSCAPS* caps) {
  if (!offered_version(version)) return lineerr(LINEERR_INCOMPATIBLEAPIVERSION);
  if (extension != 0) return lineerr(LINEERR_INCOMPATIBLEEXTVERSION);
  const DWORD fixed = fixed_address_caps(version);
  if (const LONG bad = check_variable(caps, fixed); bad != 0) return bad;
  const Result<api::LineStatus> status = app.ask_for<api::LineStatus>(api::GetLineStatus{device});
  if (!status) return lineerr(status.error());
  if (address != 0) return lineerr(LINEERR_INVALADDRESSID);
  const LineInfo& line = status->info;
  return fill_variable(caps, fixed, entry.kind, [&](LINEADDRESSCAPS& out, Parts& parts) {
    out.dwLineDeviceID = device;
    SWITCHHOOK_PART(out, dwAddress, parts.text(line.address));
    out.dwAddressSharing = LINEADDRESSSHARING_PRIVATE;
    out.dwAddressStates = kAddressStates;
    out.dwCallInfoStates = kInfoStates;
    out.dwCallerIDFlags = out.dwCalledIDFlags = out.dwConnectedIDFlags = out.dwRedirectionIDFlags =
        out.dwRedirectingIDFlags = kPartyFlags;
    out.dwCallStates = kAllCallStates;
    out.dwDialToneModes = LINEDIALTONEMODE_UNKNOWN;
    out.dwBusyModes =
        LINEBUSYMODE_STATION | LINEBUSYMODE_TRUNK | LINEBUSYMODE_UNKNOWN | LINEBUSYMODE_UNAVAIL;
    out.dwSpecialInfo = LINESPECIALINFO_NOCIRCUIT | LINESPECIALINFO_CUSTIRREG |
                        LINESPECIALINFO_REORDER | LINESPECIALINFO_UNKNOWN | LINESPECIALINFO_UNAVAIL;
    out.dwDisconnectModes = all_disconnect_modes(version);
    out.dwMaxNumActiveCalls = out.dwMaxNumOnHoldCalls =
        line.calls_max == 0 ? kAnyCalls : line.calls_max;
    out.dwAddrCapFlags = LINEADDRCAPFLAGS_DIALED | LINEADDRCAPFLAGS_ORIGOFFHOOK |
                         LINEADDRCAPFLAGS_ACCEPTTOALERT | LINEADDRCAPFLAGS_TRANSFERHELD |
                         LINEADDRCAPFLAGS_TRANSFERMAKE;
    out.dwTransferModes = LINETRANSFERMODE_TRANSFER;
    out.dwCallFeatures = features_of(kAllFeatures);
    if (line.digit_modes == 0) out.dwCallFeatures &= ~kDigitFeatures;
    out.dwAddressFeatures = LINEADDRFEATURE_MAKECALL;
    SWITCHHOOK_PART(out, dwDeviceClasses,
                    version < kVersion20 ? Part{} : parts.texts({"tapi/line"}));
    out.dwMaxNoAnswerTimeout = static_cast<DWORD>(
        std::chrono::duration_cast<std::chrono::seconds>(limits::kRuleTime).count());
    out.dwConnectedModes = LINECONNECTEDMODE_ACTIVE | LINECONNECTEDMODE_CONFIRMED;
    out.dwOfferingModes = LINEOFFERINGMODE_ACTIVE;
    out.dwAvailableMediaModes = media_of(line.media_modes);
  });
}

}  // namespace switchhook::tapi2
