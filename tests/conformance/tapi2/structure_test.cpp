// SPDX-License-Identifier: Apache-2.0
// Structures of variable size, those given and those taken; lines' capabilities and status; ids.
#include <cstddef>

#include "tests/conformance/tapi2/program.hpp"

namespace conformance {
namespace {

// ---- structures that are filled

using Structures = Conformance;

TEST_F(Structures, HaveTheFixedPartOfTheirVersion) {
  // Section 8: LINECALLSTATUS 36 bytes before 2.0, 56 from 2.0; LINECALLINFO 296, 324 and 344.
  struct Case {
    DWORD version, info, status;
  };
  Program a("a");
  for (const Case& one : {Case{0x00010003, 296, 36},
                          {0x00010004, 296, 36},
                          {0x00020000, 324, 56},
                          {0x00020002, 324, 56},
                          {0x00030001, 344, 56}}) {
    const HLINE line = a.open(kLine100, LINECALLPRIVILEGE_OWNER, one.version);
    const HCALL call = a.call(line, "201");
    Roomy<LINECALLINFO> info(one.info), small_info(one.info - 1);
    EXPECT_EQ(lineGetCallInfoA(call, small_info.get()), error(LINEERR_STRUCTURETOOSMALL));
    ASSERT_EQ(lineGetCallInfoA(call, info.get()), 0);
    EXPECT_EQ(info.copy().dwUsedSize, one.info);
    EXPECT_GT(info.copy().dwNeededSize, one.info);
    EXPECT_EQ(info.copy().dwCalledIDSize, 0u) << "what does not fit is left out";
    EXPECT_EQ(info.copy().dwCalledIDOffset, 0u);
    Roomy<LINECALLINFO> enough(info.copy().dwNeededSize);
    ASSERT_EQ(lineGetCallInfoA(call, enough.get()), 0);
    EXPECT_EQ(enough.copy().dwUsedSize, enough.copy().dwTotalSize);
    EXPECT_EQ(enough.text(enough.copy().dwCalledIDSize, enough.copy().dwCalledIDOffset), "201");
    EXPECT_GE(enough.copy().dwCalledIDOffset, one.info);
    Roomy<LINECALLSTATUS> status(one.status), small_status(one.status - 1);
    EXPECT_EQ(lineGetCallStatus(call, small_status.get()), error(LINEERR_STRUCTURETOOSMALL));
    ASSERT_EQ(lineGetCallStatus(call, status.get()), 0);
    EXPECT_EQ(status.copy().dwUsedSize, one.status);
    EXPECT_EQ(status.copy().dwNeededSize, one.status);
    EXPECT_EQ(lineClose(line), 0);
  }
}

TEST_F(Structures, AreNotWrittenBehindTheirEnd) {
  Program a("a");
  const HLINE line = a.open(kLine100);
  const HCALL call = a.call(line, "201");
  Roomy<LINECALLINFO> info;
  DWORD pretended = 324 + 8;  // room for one part, perhaps
  std::memcpy(info.get(), &pretended, sizeof pretended);
  ASSERT_EQ(lineGetCallInfoA(call, info.get()), 0);
  EXPECT_LE(info.copy().dwUsedSize, pretended);
  for (std::size_t i = pretended; i < 2048; ++i) ASSERT_EQ(info.at(i), '\xee') << i;
}

TEST_F(Structures, MayLieAnywhereInMemory) {
  Program a("a");
  const HLINE line = a.open(kLine100);
  const HCALL call = a.call(line, "201");
  std::vector<char> bytes(1025);
  const DWORD total = 1024;
  std::memcpy(bytes.data() + 1, &total, sizeof total);
  auto* odd = reinterpret_cast<LINECALLINFO*>(bytes.data() + 1);
  ASSERT_EQ(lineGetCallInfoA(call, odd), 0);
  EXPECT_EQ(lineGetCallInfoA(call, nullptr), error(LINEERR_INVALPOINTER));
  EXPECT_EQ(lineGetCallStatus(call, nullptr), error(LINEERR_INVALPOINTER));
}

// ---- LINECALLPARAMS, which may lie

using CallParams = Conformance;

struct Params {
  std::vector<char> bytes;
  explicit Params(std::size_t extra = 0) : bytes(sizeof(LINECALLPARAMS) + extra) {
    get()->dwTotalSize = static_cast<DWORD>(bytes.size());
  }
  LINECALLPARAMS* get() { return reinterpret_cast<LINECALLPARAMS*>(bytes.data()); }
  DWORD put(std::size_t at, const std::string& text) {
    const std::size_t offset = sizeof(LINECALLPARAMS) + at;
    std::memcpy(bytes.data() + offset, text.data(), text.size());
    return static_cast<DWORD>(offset);
  }
};

TEST_F(CallParams, SayWhatTheCallIsToBe) {
  Program a("a");
  const HLINE line = a.open(kScripted);
  Params params(64);
  LINECALLPARAMS& in = *params.get();
  in.dwBearerMode = LINEBEARERMODE_VOICE;
  in.dwMediaMode = LINEMEDIAMODE_G3FAX;
  in.dwAddressMode = LINEADDRESSMODE_ADDRESSID;
  in.dwCalledPartyOffset = params.put(0, std::string("Zo\xc3\xab\0", 5));
  in.dwCalledPartySize = 5;
  in.dwCommentOffset = params.put(8, "urgent");  // without a zero
  in.dwCommentSize = 6;
  in.dwCallingPartyIDOffset = params.put(16, std::string("77\0", 3));
  in.dwCallingPartyIDSize = 3;
  HCALL call = 0;
  ASSERT_GT(lineMakeCallA(line, &call, "1", 0, params.get()), 0);
  a.until(LINE_REPLY);
  Roomy<LINECALLINFO> info;
  ASSERT_EQ(lineGetCallInfoA(call, info.get()), 0);
  const LINECALLINFO out = info.copy();
  EXPECT_EQ(out.dwMediaMode, DWORD{LINEMEDIAMODE_G3FAX});
  EXPECT_EQ(info.text(out.dwCalledPartySize, out.dwCalledPartyOffset), "Zo\xc3\xab");
  EXPECT_EQ(info.text(out.dwCommentSize, out.dwCommentOffset), "urgent");
  EXPECT_EQ(info.text(out.dwCallerIDSize, out.dwCallerIDOffset), "77");
  EXPECT_EQ(out.dwOrigin, DWORD{LINECALLORIGIN_OUTBOUND});
}

TEST_F(CallParams, ThatLieAreRefused) {
  Program a("a");
  const HLINE line = a.open(kScripted);
  HCALL call = 0;
  const auto refused = [&](auto change, DWORD expected) {
    Params params(16);
    change(*params.get());
    EXPECT_EQ(lineMakeCallA(line, &call, "1", 0, params.get()), error(expected));
  };
  using P = LINECALLPARAMS;
  refused([](P& p) { p.dwTotalSize = 175; }, LINEERR_STRUCTURETOOSMALL);
  refused([](P& p) { p.dwTotalSize = 0; }, LINEERR_STRUCTURETOOSMALL);
  // Behind the end; before the end but too long; overflowing; within the fixed part.
  refused([](P& p) { p.dwCommentSize = 1, p.dwCommentOffset = 5000; }, LINEERR_INVALPOINTER);
  refused([](P& p) { p.dwCommentSize = 17, p.dwCommentOffset = 180; }, LINEERR_INVALPOINTER);
  refused([](P& p) { p.dwCommentSize = 0xfffffff0, p.dwCommentOffset = 0xf0; },
          LINEERR_INVALPOINTER);
  refused([](P& p) { p.dwCommentSize = 4, p.dwCommentOffset = 0; }, LINEERR_INVALPOINTER);
  refused([](P& p) { p.dwUserUserInfoSize = 4, p.dwUserUserInfoOffset = 0xffffffff; },
          LINEERR_INVALPOINTER);
  refused([](P& p) { p.dwCallDataSize = 4, p.dwCallDataOffset = 0xffffffff; },
          LINEERR_INVALPOINTER);
  refused([](P& p) { p.dwBearerMode = LINEBEARERMODE_DATA; }, LINEERR_BEARERMODEUNAVAIL);
  refused([](P& p) { p.dwMediaMode = LINEMEDIAMODE_VIDEO; }, LINEERR_INVALMEDIAMODE);
  refused([](P& p) { p.dwMediaMode = LINEMEDIAMODE_DATAMODEM; }, LINEERR_INVALMEDIAMODE);
  refused([](P& p) { p.dwMinRate = 2, p.dwMaxRate = 1; }, LINEERR_INVALRATE);
  refused([](P& p) { p.dwCallParamFlags = LINECALLPARAMFLAGS_SECURE; }, LINEERR_INVALCALLPARAMS);
  refused([](P& p) { p.dwAddressMode = LINEADDRESSMODE_ADDRESSID, p.dwAddressID = 1; },
          LINEERR_INVALADDRESSID);
  refused([](P& p) { p.dwAddressMode = 7; }, LINEERR_INVALADDRESSMODE);
  refused([](P& p) { p.dwNoAnswerTimeout = 0xffffffff; }, LINEERR_INVALCALLPARAMS);
  EXPECT_TRUE(a.nothing());
  EXPECT_EQ(call, 0u);
}

TEST_F(CallParams, UserInformationHasALimit) {
  // Section 6: LINEERR_USERUSERINFOTOOBIG; the limits stand in LINEDEVCAPS.
  Program a("a");
  const HLINE line = a.open(kScripted);
  Roomy<LINEDEVCAPS> caps;
  ASSERT_EQ(lineGetDevCapsA(a.app, kScripted, 0x00020002, 0, caps.get()), 0);
  EXPECT_EQ(caps.copy().dwUUIMakeCallSize, 128u);
  EXPECT_EQ(caps.copy().dwUUIDropSize, 128u);
  const HCALL call = a.call(line, "1");
  world.report(world.made_call(), LINECALLSTATE_CONNECTED);
  a.until_state(LINECALLSTATE_CONNECTED);
  const std::string big(2000, 'x');
  EXPECT_EQ(lineDrop(call, big.c_str(), 129), error(LINEERR_USERUSERINFOTOOBIG));
  EXPECT_EQ(lineDrop(call, big.c_str(), 2000), error(LINEERR_USERUSERINFOTOOBIG));
  EXPECT_EQ(a.reply_to(lineDrop(call, big.c_str(), 128)), 0);
  Params params(2000);
  params.get()->dwUserUserInfoSize = 129;
  params.get()->dwUserUserInfoOffset = sizeof(LINECALLPARAMS);
  HCALL other = 0;
  EXPECT_EQ(lineMakeCallA(line, &other, "1", 0, params.get()), error(LINEERR_USERUSERINFOTOOBIG));
}

// ---- lines

using Lines = Conformance;

TEST_F(Lines, SayWhatTheyCanDo) {
  Program a("a");
  Roomy<LINEDEVCAPS> caps;
  ASSERT_EQ(lineGetDevCapsA(a.app, kLine101, 0x00030001, 0, caps.get()), 0);
  const LINEDEVCAPS out = caps.copy();
  EXPECT_EQ(caps.text(out.dwLineNameSize, out.dwLineNameOffset), "101");
  EXPECT_EQ(caps.text(out.dwProviderInfoSize, out.dwProviderInfoOffset), "Switchhook exchange");
  EXPECT_EQ(out.dwNumAddresses, 1u);
  EXPECT_NE(out.dwMediaModes & LINEMEDIAMODE_INTERACTIVEVOICE, 0u);
  EXPECT_NE(out.dwDevCapFlags & LINEDEVCAPFLAGS_CLOSEDROP, 0u);
  EXPECT_EQ(out.dwLineFeatures, DWORD{LINEFEATURE_MAKECALL});
  EXPECT_EQ(caps.bytes(out.dwDeviceClassesSize, out.dwDeviceClassesOffset),
            std::string("tapi/line\0\0", 11));
  EXPECT_EQ(out.dwStringFormat, DWORD{STRINGFORMAT_ASCII});
  Roomy<LINEDEVCAPS> other;
  ASSERT_EQ(lineGetDevCapsW(a.app, kLine100, 0x00030001, 0, other.get()), 0);
  EXPECT_EQ(other.copy().dwStringFormat, DWORD{STRINGFORMAT_UNICODE});
  EXPECT_EQ(other.copy().dwLineNameSize, 8u);
  EXPECT_NE(other.copy().dwPermanentLineID, out.dwPermanentLineID);
  EXPECT_NE(std::memcmp(&other.get()->PermanentLineGuid, &caps.get()->PermanentLineGuid, 16), 0);
}

TEST_F(Lines, CapabilitiesHaveTheFixedPartOfTheirVersion) {
  Program a("a");
  struct Case {
    DWORD version, line, address;
  };
  for (const Case& one : {Case{0x00010003, 236, 176},
                          {0x00010004, 240, 180},
                          {0x00020000, 252, 228},
                          {0x00020002, 268, 228},
                          {0x00030000, 292, 228}}) {
    Roomy<LINEDEVCAPS> caps(one.line), small(one.line - 1);
    EXPECT_EQ(lineGetDevCapsA(a.app, 0, one.version, 0, small.get()),
              error(LINEERR_STRUCTURETOOSMALL));
    ASSERT_EQ(lineGetDevCapsA(a.app, 0, one.version, 0, caps.get()), 0);
    EXPECT_EQ(caps.copy().dwUsedSize, one.line);
    Roomy<LINEADDRESSCAPS> address(one.address), small_address(one.address - 1);
    EXPECT_EQ(lineGetAddressCapsA(a.app, 0, 0, one.version, 0, small_address.get()),
              error(LINEERR_STRUCTURETOOSMALL));
    ASSERT_EQ(lineGetAddressCapsA(a.app, 0, 0, one.version, 0, address.get()), 0);
    EXPECT_EQ(address.copy().dwUsedSize, one.address);
  }
}

TEST_F(Lines, AddressesSayWhatTheyCanDo) {
  Program a("a");
  Roomy<LINEADDRESSCAPS> caps;
  ASSERT_EQ(lineGetAddressCapsA(a.app, kLine100, 0, 0x00020002, 0, caps.get()), 0);
  const LINEADDRESSCAPS out = caps.copy();
  EXPECT_EQ(caps.text(out.dwAddressSize, out.dwAddressOffset), "100");
  EXPECT_NE(out.dwCallStates & LINECALLSTATE_IDLE, 0u);
  EXPECT_EQ(out.dwDisconnectModes, 0x000fffffu);
  EXPECT_NE(out.dwCallFeatures & LINECALLFEATURE_DROP, 0u);
  ASSERT_EQ(lineGetAddressCapsA(a.app, kLine100, 0, 0x00010003, 0, caps.get()), 0);
  EXPECT_EQ(caps.copy().dwDisconnectModes, 0x00000fffu) << "what an old program understands";
  EXPECT_EQ(lineGetAddressCapsA(a.app, kLine100, 1, 0x00020002, 0, caps.get()),
            error(LINEERR_INVALADDRESSID));
  EXPECT_EQ(lineGetAddressCapsA(a.app, 9, 0, 0x00020002, 0, caps.get()),
            error(LINEERR_BADDEVICEID));
  EXPECT_EQ(lineGetAddressCapsA(a.app, 0, 0, 0x00040000, 0, caps.get()),
            error(LINEERR_INCOMPATIBLEAPIVERSION));
  EXPECT_EQ(lineGetAddressCapsA(a.app, 0, 0, 0x00020002, 1, caps.get()),
            error(LINEERR_INCOMPATIBLEEXTVERSION));
  EXPECT_EQ(lineGetAddressCapsA(a.app, 0, 0, 0x00020002, 0, nullptr), error(LINEERR_INVALPOINTER));
}

TEST_F(Lines, OpeningChecksItsArguments) {
  Program a("a");
  HLINE line = 0;
  const auto open = [&](DWORD device, DWORD privileges, DWORD media, DWORD version = 0x00020002) {
    return lineOpenA(a.app, device, &line, version, 0, 0, privileges, media, nullptr);
  };
  const DWORD voice = LINEMEDIAMODE_INTERACTIVEVOICE;
  EXPECT_EQ(open(9, LINECALLPRIVILEGE_NONE, 0), error(LINEERR_BADDEVICEID));
  EXPECT_EQ(open(0, 0, 0), error(LINEERR_INVALPRIVSELECT));
  EXPECT_EQ(open(0, LINECALLPRIVILEGE_NONE | LINECALLPRIVILEGE_OWNER, voice),
            error(LINEERR_INVALPRIVSELECT));
  EXPECT_EQ(open(0, 8, 0), error(LINEERR_INVALPRIVSELECT));
  EXPECT_EQ(open(0, LINECALLPRIVILEGE_OWNER, 0), error(LINEERR_INVALMEDIAMODE));
  EXPECT_EQ(open(0, LINECALLPRIVILEGE_OWNER, LINEMEDIAMODE_VIDEO), error(LINEERR_INVALMEDIAMODE));
  EXPECT_EQ(open(0, LINECALLPRIVILEGE_OWNER, LINEMEDIAMODE_G3FAX), error(LINEERR_INVALMEDIAMODE))
      << "the line does not carry it";
  for (const DWORD modes :
       {DWORD{LINEMEDIAMODE_UNKNOWN}, LINEMEDIAMODE_UNKNOWN | voice,
        LINEMEDIAMODE_AUTOMATEDVOICE | voice, DWORD{LINEMEDIAMODE_AUTOMATEDVOICE}}) {
    EXPECT_EQ(open(0, LINECALLPRIVILEGE_OWNER, modes), 0) << modes;
    EXPECT_EQ(lineClose(line), 0);
  }
  line = 0;
  EXPECT_EQ(open(0, LINECALLPRIVILEGE_NONE, 0, 0x00010000), error(LINEERR_INCOMPATIBLEAPIVERSION));
  EXPECT_EQ(lineOpenA(a.app, 0, nullptr, 0x00020002, 0, 0, LINECALLPRIVILEGE_NONE, 0, nullptr),
            error(LINEERR_INVALPOINTER));
  EXPECT_EQ(line, 0u);
  EXPECT_EQ(open(0, LINECALLPRIVILEGE_OWNER | LINECALLPRIVILEGE_MONITOR, voice), 0);
  EXPECT_EQ(line >> 31, 0u);
}

/// The device that a line handle means.
DWORD device_of(HLINE line) {
  Roomy<VARSTRING> id;
  EXPECT_EQ(lineGetIDA(line, 0, 0, LINECALLSELECT_LINE, id.get(), "tapi/line"), 0);
  DWORD device = 0;
  std::memcpy(&device, id.bytes(id.copy().dwStringSize, id.copy().dwStringOffset).data(), 4);
  return device;
}

TEST_F(Lines, TheMapperFindsOneThatSuits) {
  Program a("a");
  HLINE line = 0;
  ASSERT_EQ(lineOpenA(a.app, LINEMAPPER, &line, 0x00020002, 0, 0, LINECALLPRIVILEGE_OWNER,
                      LINEMEDIAMODE_G3FAX, nullptr),
            0);
  EXPECT_EQ(device_of(line), kScripted) << "the only one for fax";
  EXPECT_EQ(lineOpenA(a.app, LINEMAPPER, &line, 0x00020002, 0, 0, LINECALLPRIVILEGE_OWNER,
                      LINEMEDIAMODE_DATAMODEM, nullptr),
            error(LINEERR_LINEMAPPERFAILED));
}

TEST_F(Lines, TheMapperObeysAnOriginatingAddress) {
  Program a("a");
  std::vector<char> bytes(sizeof(LINECALLPARAMS) + 8);
  auto* params = reinterpret_cast<LINECALLPARAMS*>(bytes.data());
  params->dwTotalSize = static_cast<DWORD>(bytes.size());
  params->dwMediaMode = LINEMEDIAMODE_INTERACTIVEVOICE;
  params->dwAddressMode = LINEADDRESSMODE_DIALABLEADDR;
  params->dwOrigAddressOffset = sizeof(LINECALLPARAMS);
  const auto open = [&](DWORD device, const std::string& address, DWORD options = 0) {
    params->dwOrigAddressSize = static_cast<DWORD>(address.size());
    std::memcpy(bytes.data() + sizeof(LINECALLPARAMS), address.data(), address.size());
    HLINE line = 0;
    const LONG result = lineOpenA(a.app, device, &line, 0x00020002, 0, 0,
                                  LINECALLPRIVILEGE_NONE | options, 0, params);
    return result == 0 ? static_cast<LONG>(device_of(line)) : result;
  };
  EXPECT_EQ(open(LINEMAPPER, "900"), static_cast<LONG>(kScripted));
  EXPECT_EQ(open(LINEMAPPER, "100"), static_cast<LONG>(kLine100));
  EXPECT_EQ(open(LINEMAPPER, ""), static_cast<LONG>(kLine100)) << "none is named";
  EXPECT_EQ(open(LINEMAPPER, "7777"), error(LINEERR_LINEMAPPERFAILED));
  EXPECT_EQ(open(kLine100, "100", LINEOPENOPTION_SINGLEADDRESS), static_cast<LONG>(kLine100));
  EXPECT_EQ(open(kLine100, "900", LINEOPENOPTION_SINGLEADDRESS), error(LINEERR_INVALADDRESSID));
  params->dwOrigAddressOffset = 5000;
  EXPECT_EQ(open(LINEMAPPER, "100"), error(LINEERR_INVALPOINTER));
}

TEST_F(Lines, TellTheirStatus) {
  Program a("a"), b("b");
  const HLINE line = a.open(kLine100);
  b.open(kLine100, LINECALLPRIVILEGE_NONE);
  const HCALL call = a.call_until(line, "200", LINECALLSTATE_CONNECTED);
  LINEDEVSTATUS status{};
  status.dwTotalSize = sizeof status;
  ASSERT_EQ(lineGetLineDevStatusA(line, &status), 0);
  EXPECT_EQ(status.dwNumOpens, 2u);
  EXPECT_EQ(status.dwNumActiveCalls, 1u);
  EXPECT_NE(status.dwDevStatusFlags & LINEDEVSTATUSFLAGS_INSERVICE, 0u);
  ASSERT_GT(lineHold(call), 0);
  a.until_state(LINECALLSTATE_ONHOLD);
  LINEADDRESSSTATUS address{};
  address.dwTotalSize = sizeof address;
  ASSERT_EQ(lineGetAddressStatusW(line, 0, &address), 0);
  EXPECT_EQ(address.dwNumInUse, 1u);
  EXPECT_EQ(address.dwNumActiveCalls, 0u);
  EXPECT_EQ(address.dwNumOnHoldCalls, 1u);
  EXPECT_EQ(lineGetAddressStatusA(line, 1, &address), error(LINEERR_INVALADDRESSID));
  status.dwTotalSize = 87;
  EXPECT_EQ(lineGetLineDevStatusA(line, &status), error(LINEERR_STRUCTURETOOSMALL));
}

TEST_F(Lines, StatusMessagesComeWhenWanted) {
  Program a("a"), b("b");
  const HLINE line = a.open(kScripted, LINECALLPRIVILEGE_NONE);
  b.open(kScripted);
  EXPECT_TRUE(a.nothing()) << "off by default";
  EXPECT_EQ(lineSetStatusMessages(line, 0x80000000, 0), error(LINEERR_INVALLINESTATE));
  EXPECT_EQ(lineSetStatusMessages(line, 0, 0x80000000), error(LINEERR_INVALADDRESSSTATE));
  ASSERT_EQ(lineSetStatusMessages(line, LINEDEVSTATE_RINGING | LINEDEVSTATE_NUMCALLS,
                                  LINEADDRESSSTATE_INUSEONE | LINEADDRESSSTATE_INUSEZERO),
            0);
  world.ring("1");
  a.until(LINE_LINEDEVSTATE, LINEDEVSTATE_NUMCALLS);
  const LINEMESSAGE used = a.next();
  EXPECT_EQ(used.dwMessageID, DWORD{LINE_ADDRESSSTATE});
  EXPECT_EQ(used.hDevice, line);
  EXPECT_EQ(used.dwParam1, 0u);
  EXPECT_EQ(used.dwParam2, DWORD_PTR{LINEADDRESSSTATE_INUSEONE});
  const LINEMESSAGE ringing = a.until(LINE_LINEDEVSTATE, LINEDEVSTATE_RINGING);
  EXPECT_EQ(ringing.dwParam2, 1u);
  EXPECT_EQ(ringing.dwParam3, 0u) << "counted from 0";
  b.drop_and_release(b.appeared());
  EXPECT_EQ(a.until(LINE_ADDRESSSTATE).dwParam2, DWORD_PTR{LINEADDRESSSTATE_INUSEZERO});
}

TEST_F(Lines, IdsAreOfTheLineOnly) {
  Program a("a");
  const HLINE line = a.open(kLine101);
  const HCALL call = a.call(line, "201");
  const auto id = [&](HLINE l, DWORD address, HCALL c, DWORD select, LPCSTR device_class) {
    Roomy<VARSTRING> out;
    const LONG result = lineGetIDA(l, address, c, select, out.get(), device_class);
    if (result != 0) return result;
    EXPECT_EQ(out.copy().dwStringFormat, DWORD{STRINGFORMAT_BINARY});
    DWORD device = 99;
    std::memcpy(&device, out.bytes(out.copy().dwStringSize, out.copy().dwStringOffset).data(), 4);
    return static_cast<LONG>(device);
  };
  EXPECT_EQ(id(line, 0, 0, LINECALLSELECT_LINE, "tapi/line"), static_cast<LONG>(kLine101));
  EXPECT_EQ(id(line, 0, 0, LINECALLSELECT_ADDRESS, "TAPI/Line"), static_cast<LONG>(kLine101));
  EXPECT_EQ(id(0, 0, call, LINECALLSELECT_CALL, "tapi/line"), static_cast<LONG>(kLine101));
  EXPECT_EQ(id(line, 0, 0, LINECALLSELECT_LINE, "wave/in"), error(LINEERR_NODEVICE));
  EXPECT_EQ(id(line, 1, 0, LINECALLSELECT_ADDRESS, "tapi/line"), error(LINEERR_INVALADDRESSID));
  EXPECT_EQ(id(line, 0, 0, 99, "tapi/line"), error(LINEERR_INVALCALLSELECT));
  EXPECT_EQ(id(0, 0, line, LINECALLSELECT_CALL, "tapi/line"), error(LINEERR_INVALCALLHANDLE));
  EXPECT_EQ(id(call, 0, 0, LINECALLSELECT_LINE, "tapi/line"), error(LINEERR_INVALLINEHANDLE));
  EXPECT_EQ(id(line, 0, 0, LINECALLSELECT_LINE, nullptr), error(LINEERR_INVALPOINTER));
  VARSTRING tight{};
  tight.dwTotalSize = sizeof tight;
  ASSERT_EQ(lineGetIDW(line, 0, 0, LINECALLSELECT_LINE, &tight, u"tapi/line"), 0);
  EXPECT_EQ(tight.dwStringSize, 0u);
  EXPECT_EQ(tight.dwNeededSize, sizeof tight + 4);
}

// ---- digits

using Digits = Conformance;

TEST_F(Digits, AreHeardAndSent) {
  Program a("a");
  const HLINE line = a.open(kLine100);
  const HCALL call = a.call_until(line, "207", LINECALLSTATE_CONNECTED);
  EXPECT_EQ(lineMonitorDigits(call, 0x80), error(LINEERR_INVALDIGITMODE));
  ASSERT_EQ(lineMonitorDigits(call, LINEDIGITMODE_DTMF), 0);
  ASSERT_EQ(lineGenerateDigitsA(call, LINEDIGITMODE_DTMF, "5#", 10), 0);
  std::string heard;
  bool sent = false;
  while (heard.size() < 2 || !sent) {
    const LINEMESSAGE message = a.next();
    EXPECT_EQ(message.hDevice, call);
    if (message.dwMessageID == LINE_MONITORDIGITS) {
      heard.push_back(static_cast<char>(message.dwParam1));
      EXPECT_EQ(message.dwParam2, DWORD_PTR{LINEDIGITMODE_DTMF});
    } else {
      ASSERT_EQ(message.dwMessageID, DWORD{LINE_GENERATE}) << words_of(message);
      EXPECT_EQ(message.dwParam1, DWORD_PTR{LINEGENERATETERM_DONE});
      sent = true;
    }
  }
  EXPECT_EQ(heard, "5#");
  ASSERT_EQ(lineMonitorDigits(call, 0), 0);
}

TEST_F(Digits, ASecondSendingCancelsTheFirst) {
  Program a("a");
  const HLINE line = a.open(kScripted);
  const HCALL call = a.call(line, "1");
  world.report(world.made_call(), LINECALLSTATE_CONNECTED);
  a.until_state(LINECALLSTATE_CONNECTED);
  world.hold_answers(true);
  ASSERT_EQ(lineGenerateDigitsW(call, LINEDIGITMODE_DTMF, u"123", 0), 0);
  ASSERT_EQ(lineGenerateDigitsA(call, LINEDIGITMODE_DTMF, nullptr, 0), 0) << "NULL cancels";
  const LINEMESSAGE cancelled = a.next();
  EXPECT_EQ(cancelled.dwMessageID, DWORD{LINE_GENERATE});
  EXPECT_EQ(cancelled.dwParam1, DWORD_PTR{LINEGENERATETERM_CANCEL});
  world.hold_answers(false);
  world.answer_all(true);
}

TEST_F(Digits, WhatIsNoDigitIsIgnoredAndDurationsAreTheNearestOffered) {
  Program a("a");
  const HCALL call = a.call(a.open(kScripted), "1");
  world.report(world.made_call(), LINECALLSTATE_CONNECTED);
  a.until_state(LINECALLSTATE_CONNECTED);
  const auto sent = [&](const char* digits, DWORD duration) {
    EXPECT_EQ(lineGenerateDigitsA(call, LINEDIGITMODE_DTMF, digits, duration), 0) << digits;
    const LINEMESSAGE told = a.next();
    EXPECT_EQ(told.dwMessageID, DWORD{LINE_GENERATE}) << digits;
    EXPECT_EQ(told.dwParam1, DWORD_PTR{LINEGENERATETERM_DONE}) << digits;
    return world.digits_sent();
  };
  EXPECT_EQ(sent("123", 0), "123 0");
  EXPECT_EQ(sent("1-800", 100), "1800 100");
  EXPECT_EQ(sent("1 2", 0xffffffff), "12 60000");
  EXPECT_EQ(sent("1!2", 1), "1!2 40");
  EXPECT_EQ(sent("12x", 0), "12 0");
  EXPECT_EQ(sent("1,2", 0), "1,2 0");
  EXPECT_EQ(sent("x", 0), ", 0") << "its end is told, and nothing is heard";
  EXPECT_EQ(lineGenerateDigitsA(call, LINEDIGITMODE_DTMF, std::string(257, '1').c_str(), 0),
            error(LINEERR_RESOURCEUNAVAIL));
  EXPECT_TRUE(a.nothing());
}

TEST_F(Digits, OfKindsThatTheLineDoesNotOfferAreRefused) {
  Program a("a");
  const HCALL call = a.call_until(a.open(kLine100), "200", LINECALLSTATE_CONNECTED);
  Roomy<LINEDEVCAPS> caps;
  ASSERT_EQ(lineGetDevCapsA(a.app, kLine100, 0x00020002, 0, caps.get()), 0);
  EXPECT_EQ(caps.copy().dwGenerateDigitModes, DWORD{LINEDIGITMODE_DTMF});
  EXPECT_EQ(caps.copy().dwMonitorDigitModes, DWORD{LINEDIGITMODE_DTMF});
  EXPECT_EQ(caps.copy().MinDialParams.dwDigitDuration, 40u);
  EXPECT_EQ(caps.copy().MaxDialParams.dwDigitDuration, 60000u);
  for (const DWORD mode : {1u, 4u, 0u, 3u, 8u})
    EXPECT_EQ(lineGenerateDigitsA(call, mode, "1", 0), error(LINEERR_INVALDIGITMODE)) << mode;
  for (const DWORD modes : {1u, 6u, 8u})
    EXPECT_EQ(lineMonitorDigits(call, modes), error(LINEERR_INVALDIGITMODE)) << modes;
  world.add_line(0);
  const DWORD silent = static_cast<DWORD>(a.until(LINE_CREATE).dwParam1);
  ASSERT_EQ(lineGetDevCapsA(a.app, silent, 0x00020002, 0, caps.get()), 0);
  EXPECT_EQ(caps.copy().dwGenerateDigitModes | caps.copy().dwMonitorDigitModes, 0u);
  const HCALL other = a.call(a.open(silent), "1");
  world.report(world.made_call(), LINECALLSTATE_CONNECTED);
  a.until_state(LINECALLSTATE_CONNECTED);
  EXPECT_EQ(lineGenerateDigitsA(other, LINEDIGITMODE_DTMF, "1", 0),
            error(LINEERR_OPERATIONUNAVAIL));
  EXPECT_EQ(lineMonitorDigits(other, LINEDIGITMODE_DTMF), error(LINEERR_OPERATIONUNAVAIL));
  EXPECT_EQ(status_of(other).dwCallFeatures &
                (LINECALLFEATURE_GENERATEDIGITS | LINECALLFEATURE_MONITORDIGITS),
            0u);
}

TEST_F(Digits, AProgramThatTakesNoMessagesLosesDigitsButNoStates) {
  Program a("a");
  const HLINE line = a.open(kScripted);
  const HCALL call = a.call(line, "1");
  const std::uint64_t far = world.made_call();
  world.report(far, LINECALLSTATE_CONNECTED);
  a.until_state(LINECALLSTATE_CONNECTED);
  ASSERT_EQ(lineMonitorDigits(call, LINEDIGITMODE_DTMF), 0);
  constexpr int kDigits = 70000;  // more than may wait
  for (int i = 0; i < kDigits; ++i) world.digit(far, '1');
  world.report(far, LINECALLSTATE_DISCONNECTED);
  while (status_of(call).dwCallState != LINECALLSTATE_DISCONNECTED) {
  }
  int heard = 0;
  for (;;) {
    const LINEMESSAGE message = a.next();
    if (message.dwMessageID != LINE_MONITORDIGITS) {
      EXPECT_EQ(message.dwMessageID, DWORD{LINE_CALLSTATE}) << words_of(message);
      EXPECT_EQ(message.dwParam1, DWORD_PTR{LINECALLSTATE_DISCONNECTED});
      break;
    }
    ++heard;
  }
  EXPECT_LT(heard, kDigits);
  a.drop_and_release(call);
}

// ---- handles

using Handles = Conformance;

TEST_F(Handles, OfAnotherKindAreCaught) {
  Program a("a");
  const HLINE line = a.open(kLine100);
  const HCALL call = a.call(line, "201");
  EXPECT_EQ(call >> 31, 0u);
  EXPECT_EQ(lineDrop(line, nullptr, 0), error(LINEERR_INVALCALLHANDLE));
  EXPECT_EQ(lineDrop(a.app, nullptr, 0), error(LINEERR_INVALCALLHANDLE));
  EXPECT_EQ(lineClose(call), error(LINEERR_INVALLINEHANDLE));
  EXPECT_EQ(lineClose(a.app), error(LINEERR_INVALLINEHANDLE));
  EXPECT_EQ(lineShutdown(line), error(LINEERR_INVALAPPHANDLE));
  for (const DWORD wrong : {0u, 1u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
    EXPECT_EQ(lineDeallocateCall(wrong), error(LINEERR_INVALCALLHANDLE));
    EXPECT_EQ(lineClose(wrong), error(LINEERR_INVALLINEHANDLE));
    EXPECT_EQ(lineShutdown(wrong), error(LINEERR_INVALAPPHANDLE));
  }
}

}  // namespace
}  // namespace conformance
