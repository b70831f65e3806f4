// SPDX-License-Identifier: Apache-2.0
#include "tapi2/values.hpp"

#include <cstddef>

namespace switchhook::tapi2 {
namespace {

/// The n-th bit for the n-th word of an enumeration that begins with "none".
constexpr DWORD bit_of(std::uint8_t detail, DWORD none) {
  return detail == 0 ? none : DWORD{1} << (detail - 1);
}

}  // namespace

LONG lineerr(const Error& error) {
  switch (error.code) {
#define SWITCHHOOK_ERROR(name, number, exit_code, value, hresult, words) \
  case Errc::name:                                                       \
    return lineerr(DWORD{value});
#include "switchhook/errors.def"
#undef SWITCHHOOK_ERROR
  }
  return lineerr(LINEERR_OPERATIONFAILED);
}

LONG lineerr(const Error& error, DWORD argument) {
  return error.code == Errc::invalid_argument ? lineerr(argument) : lineerr(error);
}

DWORD highest_version(DWORD low, DWORD high) {
  for (const DWORD version :
       {kVersion31, kVersion30, kVersion22, DWORD{0x00020001}, kVersion20, kVersion14, kVersion13})
    if (version >= low && version <= high) return version;
  return 0;
}

DWORD state_of(CallState state) {
  switch (state) {
    case CallState::idle:
      return LINECALLSTATE_IDLE;
    case CallState::offering:
      return LINECALLSTATE_OFFERING;
    case CallState::accepted:
      return LINECALLSTATE_ACCEPTED;
    case CallState::dialtone:
      return LINECALLSTATE_DIALTONE;
    case CallState::dialing:
      return LINECALLSTATE_DIALING;
    case CallState::proceeding:
      return LINECALLSTATE_PROCEEDING;
    case CallState::ringback:
      return LINECALLSTATE_RINGBACK;
    case CallState::busy:
      return LINECALLSTATE_BUSY;
    case CallState::special_info:
      return LINECALLSTATE_SPECIALINFO;
    case CallState::connected:
      return LINECALLSTATE_CONNECTED;
    case CallState::on_hold:
      return LINECALLSTATE_ONHOLD;
    case CallState::conferenced:
      return LINECALLSTATE_CONFERENCED;
    case CallState::on_hold_pending_conference:
      return LINECALLSTATE_ONHOLDPENDCONF;
    case CallState::on_hold_pending_transfer:
      return LINECALLSTATE_ONHOLDPENDTRANSFER;
    case CallState::disconnected:
      return LINECALLSTATE_DISCONNECTED;
    case CallState::unknown:
      return LINECALLSTATE_UNKNOWN;
  }
  return LINECALLSTATE_UNKNOWN;
}

DWORD mode_of(CallState state, std::uint8_t detail, const std::optional<Cause>& cause,
              DWORD version) {
  switch (state) {
    case CallState::disconnected:
      return disconnect_mode_of(cause ? cause->mode : DisconnectMode::unknown, version);
    case CallState::busy:
      return bit_of(detail, LINEBUSYMODE_UNKNOWN);
    case CallState::special_info:
      return bit_of(detail, LINESPECIALINFO_UNKNOWN);
    case CallState::dialtone:
      return LINEDIALTONEMODE_UNKNOWN;
    case CallState::offering:
      return version < kVersion14 ? 0 : bit_of(detail, LINEOFFERINGMODE_ACTIVE);
    case CallState::connected: {
      const DWORD mode = bit_of(detail, LINECONNECTEDMODE_ACTIVE);
      if (version < kVersion14) return 0;
      if (version >= kVersion20 || mode <= LINECONNECTEDMODE_INACTIVE) return mode;
      return mode == LINECONNECTEDMODE_INACTIVEHELD ? LINECONNECTEDMODE_INACTIVE
                                                    : LINECONNECTEDMODE_ACTIVE;
    }
    default:
      return 0;
  }
}

DWORD disconnect_mode_of(DisconnectMode mode, DWORD version) {
  // The enumeration has TAPI's order, one bit each.
  const DWORD value = DWORD{1} << static_cast<DWORD>(mode);
  const DWORD since = value >= LINEDISCONNECTMODE_NUMBERCHANGED ? kVersion20
                      : value == LINEDISCONNECTMODE_NODIALTONE  ? kVersion14
                                                                : kVersion13;
  if (version >= since) return value;
  return mode == DisconnectMode::cancelled ? LINEDISCONNECTMODE_NORMAL : LINEDISCONNECTMODE_UNKNOWN;
}

DWORD all_disconnect_modes(DWORD version) {
  DWORD all = 0;
  for (std::size_t mode = 0; mode < kDisconnectModeCount; ++mode)
    all |= disconnect_mode_of(static_cast<DisconnectMode>(mode), version);
  return all;
}

DWORD features_of(std::uint32_t features) {
  DWORD out = 0;
  const auto map = [&](std::uint32_t from, DWORD to) {
    if ((features & from) != 0) out |= to;
  };
  map(api::feature::kAccept, LINECALLFEATURE_ACCEPT);
  map(api::feature::kAnswer, LINECALLFEATURE_ANSWER);
  map(api::feature::kDrop, LINECALLFEATURE_DROP);
  map(api::feature::kHold, LINECALLFEATURE_HOLD);
  map(api::feature::kUnhold, LINECALLFEATURE_UNHOLD);
  map(api::feature::kTransfer, LINECALLFEATURE_BLINDTRANSFER | LINECALLFEATURE_COMPLETETRANSF);
  map(api::feature::kSendDigits, LINECALLFEATURE_GENERATEDIGITS);
  map(api::feature::kMonitorDigits, LINECALLFEATURE_MONITORDIGITS);
  map(api::feature::kSwapHold, LINECALLFEATURE_SWAPHOLD);
  map(api::feature::kReleaseUserInfo, LINECALLFEATURE_RELEASEUSERUSERINFO);
  return out;
}

DWORD privilege_of(Privilege privilege) {
  return static_cast<DWORD>(privilege);  // the same values
}

DWORD info_state_of(std::uint32_t change) {
  DWORD out = 0;
  const auto map = [&](std::uint32_t from, DWORD to) {
    if ((change & from) != 0) out |= to;
  };
  map(api::change::kParties, LINECALLINFOSTATE_CALLERID | LINECALLINFOSTATE_CALLEDID |
                                 LINECALLINFOSTATE_CONNECTEDID | LINECALLINFOSTATE_REDIRECTIONID |
                                 LINECALLINFOSTATE_REDIRECTINGID);
  map(api::change::kUserInfo, LINECALLINFOSTATE_USERUSERINFO);
  map(api::change::kAppSpecific, LINECALLINFOSTATE_APPSPECIFIC);
  map(api::change::kOwnersUp, LINECALLINFOSTATE_NUMOWNERINCR);
  map(api::change::kOwnersDown, LINECALLINFOSTATE_NUMOWNERDECR);
  map(api::change::kMonitors, LINECALLINFOSTATE_NUMMONITORS);
  map(api::change::kMedia, LINECALLINFOSTATE_MEDIAMODE);
  map(api::change::kOther, LINECALLINFOSTATE_OTHER);
  return out;
}

namespace {

constexpr std::uint32_t kMediaKnown =
    media::kUnknown | media::kVoice | media::kAutomatedVoice | media::kDataModem | media::kFaxG3;

}  // namespace

// The port's bits have TAPI's order, one place lower.
DWORD media_of(std::uint32_t modes) {
  return (modes & kMediaKnown) << 1;
}

std::optional<std::uint32_t> media_from(DWORD modes) {
  if ((modes & ~(kMediaKnown << 1)) != 0) return std::nullopt;
  return modes >> 1;
}

DWORD address_type_of(const std::string& address) {
  return address.find('@') == std::string::npos ? LINEADDRESSTYPE_PHONENUMBER
                                                : LINEADDRESSTYPE_EMAILNAME;
}

SYSTEMTIME system_time_of(std::chrono::microseconds wall) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{floor<milliseconds>(wall)};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  SYSTEMTIME out{};
  out.wYear = static_cast<WORD>(int{date.year()});
  out.wMonth = static_cast<WORD>(unsigned{date.month()});
  out.wDay = static_cast<WORD>(unsigned{date.day()});
  out.wDayOfWeek = static_cast<WORD>(weekday{day}.c_encoding());
  out.wHour = static_cast<WORD>(clock.hours().count());
  out.wMinute = static_cast<WORD>(clock.minutes().count());
  out.wSecond = static_cast<WORD>(clock.seconds().count());
  out.wMilliseconds = static_cast<WORD>(clock.subseconds().count());
  return out;
}

// A structure grew at its end; an older version has it up to the first field that it does not know.
DWORD fixed_call_info(DWORD version) {
  if (version >= kVersion30) return sizeof(LINECALLINFO);
  return version >= kVersion20 ? offsetof(LINECALLINFO, dwCallerIDAddressType)
                               : offsetof(LINECALLINFO, dwCallTreatment);
}
DWORD fixed_call_status(DWORD version) {
  return version >= kVersion20 ? sizeof(LINECALLSTATUS) : offsetof(LINECALLSTATUS, dwCallFeatures2);
}
DWORD fixed_call_params(DWORD version) {
  if (version >= kVersion30) return sizeof(LINECALLPARAMS);
  return version >= kVersion20 ? offsetof(LINECALLPARAMS, dwAddressType)
                               : offsetof(LINECALLPARAMS, dwPredictiveAutoTransferStates);
}
DWORD fixed_dev_caps(DWORD version) {
  if (version >= kVersion30) return sizeof(LINEDEVCAPS);
  if (version >= kVersion22) return offsetof(LINEDEVCAPS, dwAddressTypes);
  if (version >= kVersion20) return offsetof(LINEDEVCAPS, PermanentLineGuid);
  return version >= kVersion14 ? offsetof(LINEDEVCAPS, dwSettableDevStatus)
                               : offsetof(LINEDEVCAPS, dwLineFeatures);
}
DWORD fixed_address_caps(DWORD version) {
  if (version >= kVersion20) return sizeof(LINEADDRESSCAPS);
  return version >= kVersion14 ? offsetof(LINEADDRESSCAPS, dwPredictiveAutoTransferStates)
                               : offsetof(LINEADDRESSCAPS, dwAddressFeatures);
}
DWORD fixed_dev_status(DWORD version) {
  return version >= kVersion20 ? sizeof(LINEDEVSTATUS)
                               : offsetof(LINEDEVSTATUS, dwAvailableMediaModes);
}

}  // namespace switchhook::tapi2
