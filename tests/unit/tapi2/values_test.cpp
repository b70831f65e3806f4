// SPDX-License-Identifier: Apache-2.0
#include "tapi2/values.hpp"

#include <gtest/gtest.h>

#include <set>

namespace switchhook::tapi2 {
namespace {

TEST(TapiValues, EveryErrorHasANegativeValue) {
#define SWITCHHOOK_ERROR(name, number, exit_code, value, hresult, words) \
  EXPECT_EQ(lineerr(Error{Errc::name, {}}), static_cast<LONG>(value));   \
  EXPECT_LT(lineerr(Error{Errc::name, {}}), 0);
#include "switchhook/errors.def"
#undef SWITCHHOOK_ERROR
  EXPECT_LT(lineerr(Error{static_cast<Errc>(9999), {}}), 0) << "of a newer service, too";
}

TEST(TapiValues, EveryStateIsOneBitOfItsOwn) {
  std::set<DWORD> seen;
  for (std::size_t i = 0; i < kCallStateCount; ++i) {
    const DWORD state = state_of(static_cast<CallState>(i));
    EXPECT_EQ(state & (state - 1), 0u);
    EXPECT_TRUE(seen.insert(state).second) << i;
  }
}

TEST(TapiValues, EveryDisconnectModeIsTheOneOfItsName) {
  const DWORD modes[] = {LINEDISCONNECTMODE_NORMAL,       LINEDISCONNECTMODE_UNKNOWN,
                         LINEDISCONNECTMODE_REJECT,       LINEDISCONNECTMODE_PICKUP,
                         LINEDISCONNECTMODE_FORWARDED,    LINEDISCONNECTMODE_BUSY,
                         LINEDISCONNECTMODE_NOANSWER,     LINEDISCONNECTMODE_BADADDRESS,
                         LINEDISCONNECTMODE_UNREACHABLE,  LINEDISCONNECTMODE_CONGESTION,
                         LINEDISCONNECTMODE_INCOMPATIBLE, LINEDISCONNECTMODE_UNAVAIL,
                         LINEDISCONNECTMODE_NODIALTONE,   LINEDISCONNECTMODE_NUMBERCHANGED,
                         LINEDISCONNECTMODE_OUTOFORDER,   LINEDISCONNECTMODE_TEMPFAILURE,
                         LINEDISCONNECTMODE_QOSUNAVAIL,   LINEDISCONNECTMODE_BLOCKED,
                         LINEDISCONNECTMODE_DONOTDISTURB, LINEDISCONNECTMODE_CANCELLED};
  ASSERT_EQ(std::size(modes), kDisconnectModeCount);
  for (std::size_t i = 0; i < kDisconnectModeCount; ++i) {
    const auto mode = static_cast<DisconnectMode>(i);
    EXPECT_EQ(disconnect_mode_of(mode, kVersion20), modes[i]);
    // sip-mapping section 6.
    const DWORD old = disconnect_mode_of(mode, kVersion13);
    if (mode == DisconnectMode::cancelled)
      EXPECT_EQ(old, DWORD{LINEDISCONNECTMODE_NORMAL});
    else if (modes[i] >= LINEDISCONNECTMODE_NODIALTONE)
      EXPECT_EQ(old, DWORD{LINEDISCONNECTMODE_UNKNOWN});
    else
      EXPECT_EQ(old, modes[i]);
  }
}

TEST(TapiValues, MediaModesGoBothWays) {
  EXPECT_EQ(media_of(media::kVoice | media::kFaxG3),
            DWORD{LINEMEDIAMODE_INTERACTIVEVOICE | LINEMEDIAMODE_G3FAX});
  EXPECT_EQ(media_of(media::kUnknown | media::kAutomatedVoice | media::kDataModem),
            DWORD{LINEMEDIAMODE_UNKNOWN | LINEMEDIAMODE_AUTOMATEDVOICE | LINEMEDIAMODE_DATAMODEM});
  EXPECT_EQ(media_from(LINEMEDIAMODE_INTERACTIVEVOICE), media::kVoice);
  EXPECT_EQ(media_from(LINEMEDIAMODE_VIDEO), std::nullopt);
  EXPECT_EQ(media_from(1), std::nullopt) << "no mode has this bit";
}

TEST(TapiValues, DetailsOfStatesFollowTheVersion) {
  const auto mode = [](CallState state, auto detail, DWORD version) {
    return mode_of(state, static_cast<std::uint8_t>(detail), std::nullopt, version);
  };
  EXPECT_EQ(mode(CallState::connected, ConnectedMode::confirmed, kVersion20),
            DWORD{LINECONNECTEDMODE_CONFIRMED});
  EXPECT_EQ(mode(CallState::connected, ConnectedMode::confirmed, kVersion14),
            DWORD{LINECONNECTEDMODE_ACTIVE});
  EXPECT_EQ(mode(CallState::connected, ConnectedMode::inactive_held, kVersion14),
            DWORD{LINECONNECTEDMODE_INACTIVE});
  EXPECT_EQ(mode(CallState::connected, ConnectedMode::none, kVersion13), 0u);
  EXPECT_EQ(mode(CallState::busy, BusyMode::trunk, kVersion13), DWORD{LINEBUSYMODE_TRUNK});
  EXPECT_EQ(mode(CallState::busy, BusyMode::none, kVersion13), DWORD{LINEBUSYMODE_UNKNOWN});
  EXPECT_EQ(mode(CallState::special_info, SpecialInfo::reorder, kVersion13),
            DWORD{LINESPECIALINFO_REORDER});
  EXPECT_EQ(mode(CallState::idle, 0, kVersion20), 0u);
}

TEST(TapiValues, TimesAreUtc) {
  // 2024-02-29 23:59:58.123 was a Thursday.
  const SYSTEMTIME time = system_time_of(std::chrono::microseconds(1709251198123456));
  EXPECT_EQ(time.wYear, 2024);
  EXPECT_EQ(time.wMonth, 2);
  EXPECT_EQ(time.wDay, 29);
  EXPECT_EQ(time.wDayOfWeek, 4);
  EXPECT_EQ(time.wHour, 23);
  EXPECT_EQ(time.wMinute, 59);
  EXPECT_EQ(time.wSecond, 58);
  EXPECT_EQ(time.wMilliseconds, 123);
}

TEST(TapiValues, VersionsAgree) {
  EXPECT_EQ(highest_version(kVersion13, 0xffffffff), kVersion31);
  EXPECT_EQ(highest_version(kVersion20, kVersion22), kVersion22);
  EXPECT_EQ(highest_version(0x00015000, 0x00016000), 0u);
  EXPECT_EQ(highest_version(0, 0x00010002), 0u);
}

}  // namespace
}  // namespace switchhook::tapi2
