// SPDX-License-Identifier: Apache-2.0
// What a call answers: before it, during it, and after its end until the last release.
#include <cstring>

#include "tests/conformance/tapi3/world.hpp"

namespace tapi3_tests {
namespace {

using switchhook::CallState;
using switchhook::DisconnectMode;
using switchhook::UserInfo;

std::string text_of(const Ptr<ITCallInfo>& info, CALLINFO_STRING which, HRESULT expected = S_OK) {
  Text text;
  EXPECT_EQ(info->get_CallInfoString(which, text.out()), expected) << which;
  return text.ascii();
}

long number_of(const Ptr<ITCallInfo>& info, CALLINFO_LONG which, HRESULT expected = S_OK) {
  long value = -77;
  EXPECT_EQ(info->get_CallInfoLong(which, &value), expected) << which;
  return value;
}

UserInfo user_info_of(const Ptr<ITCallInfo>& info) {
  VARIANT value;
  VariantInit(&value);
  EXPECT_EQ(info->get_CallInfoBuffer(CIB_USERUSERINFO, &value), S_OK);
  EXPECT_EQ(value.vt, VT_ARRAY | VT_UI1);
  UserInfo bytes(value.parray->rgsabound[0].cElements);
  if (!bytes.empty()) std::memcpy(bytes.data(), value.parray->pvData, bytes.size());
  EXPECT_EQ(VariantClear(&value), S_OK);
  return bytes;
}

// conformance: ITCallInfo::put_CallInfoString ITCallInfo::put_CallInfoLong
// conformance: ITCallInfo::SetCallInfoBuffer ITCallInfo::put_CallInfoBuffer
TEST(Tapi3Info, IsWrittenBeforeConnectAndTravelsWithTheCall) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.create("100", "200");
  Ptr<ITCallInfo> info = call.as<ITCallInfo>();
  EXPECT_EQ(text_of(info, CIS_CALLEDIDNUMBER), "200");
  EXPECT_EQ(text_of(info, CIS_CALLERIDNUMBER, TAPI_E_INVALCALLSTATE), "");
  number_of(info, CIL_CALLID, TAPI_E_INVALCALLSTATE);
  EXPECT_EQ(info->put_CallInfoString(CIS_COMMENT, Text("a comment").get()), S_OK);
  EXPECT_EQ(info->put_CallInfoString(CIS_CALLEDPARTYFRIENDLYNAME, Text("Robot").get()), S_OK);
  EXPECT_EQ(info->put_CallInfoLong(CIL_APPSPECIFIC, 1234), S_OK);
  BYTE bytes[] = {4, 'h', 'i'};
  EXPECT_EQ(info->SetCallInfoBuffer(CIB_USERUSERINFO, 3, bytes), S_OK);
  EXPECT_EQ(user_info_of(info), (UserInfo{4, 'h', 'i'}));
  VARIANT array;
  VariantInit(&array);
  array.vt = VT_ARRAY | VT_UI1;
  array.parray = SafeArrayCreateVector(VT_UI1, 0, 2);
  std::memcpy(array.parray->pvData, "\4x", 2);
  EXPECT_EQ(info->put_CallInfoBuffer(CIB_USERUSERINFO, array), S_OK);
  EXPECT_EQ(VariantClear(&array), S_OK);
  EXPECT_EQ(call->Connect(VARIANT_TRUE), S_OK);
  EXPECT_EQ(text_of(info, CIS_COMMENT), "a comment");
  EXPECT_EQ(text_of(info, CIS_CALLEDPARTYFRIENDLYNAME), "Robot");
  EXPECT_EQ(number_of(info, CIL_APPSPECIFIC), 1234);
  EXPECT_EQ(info->put_CallInfoLong(CIL_APPSPECIFIC, 99), S_OK);
  EXPECT_EQ(number_of(info, CIL_APPSPECIFIC), 99);
  EXPECT_EQ(info->put_CallInfoString(CIS_COMMENT, Text("late").get()), TAPI_E_INVALCALLSTATE);
  EXPECT_EQ(info->SetCallInfoBuffer(CIB_USERUSERINFO, 3, bytes), TAPI_E_INVALCALLSTATE);
}

// put_CallInfoLong: what a call is to be is written before Connect, "TAPI_E_INVALCALLSTATE" later.
TEST(Tapi3Info, ThatACallIsPlacedWithIsWrittenBeforeConnect) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.create("100", "200");
  Ptr<ITCallInfo> info = call.as<ITCallInfo>();
  EXPECT_EQ(info->put_CallInfoLong(CIL_BEARERMODE, LINEBEARERMODE_VOICE), S_OK);
  EXPECT_EQ(info->put_CallInfoLong(CIL_BEARERMODE, LINEBEARERMODE_DATA), E_INVALIDARG);
  EXPECT_EQ(info->put_CallInfoLong(CIL_CALLPARAMSFLAGS, LINECALLPARAMFLAGS_IDLE), S_OK);
  EXPECT_EQ(info->put_CallInfoLong(CIL_CALLPARAMSFLAGS, LINECALLPARAMFLAGS_SECURE), E_INVALIDARG);
  EXPECT_EQ(info->put_CallInfoLong(CIL_MAXRATE, 64000), S_OK);
  EXPECT_EQ(info->put_CallInfoLong(CIL_MINRATE, 64001), E_INVALIDARG);
  EXPECT_EQ(info->put_CallInfoLong(CIL_MINRATE, 3100), S_OK);
  EXPECT_EQ(info->put_CallInfoLong(CIL_MAXRATE, 3000), E_INVALIDARG);
  EXPECT_EQ(call->Connect(VARIANT_TRUE), S_OK);
  EXPECT_EQ(info->put_CallInfoLong(CIL_MAXRATE, 64000), TAPI_E_INVALCALLSTATE);
  EXPECT_EQ(number_of(info, CIL_MINRATE), 3100);
  EXPECT_EQ(number_of(info, CIL_MAXRATE), 64000);
  EXPECT_EQ(number_of(info, CIL_CALLPARAMSFLAGS), LINECALLPARAMFLAGS_IDLE);
}

// A wide string that is no BSTR has no length before it: it ends with its zero.
TEST(Tapi3Info, IsTakenFromAWideStringThatIsNoBstr) {
  World world;
  Program program;
  struct {
    std::uint32_t before;
    OLECHAR text[12];
  } given{4, {'a', ' ', 'c', 'o', 'm', 'm', 'e', 'n', 't'}};
  Ptr<ITBasicCallControl> call;
  OLECHAR to[] = {'2', '0', '0', 0};
  ASSERT_EQ(program.address("100")->CreateCall(to, LINEADDRESSTYPE_PHONENUMBER, TAPIMEDIATYPE_AUDIO,
                                               call.out()),
            S_OK);
  Ptr<ITCallInfo> info = call.as<ITCallInfo>();
  EXPECT_EQ(text_of(info, CIS_CALLEDIDNUMBER), "200");
  EXPECT_EQ(info->put_CallInfoString(CIS_COMMENT, given.text), S_OK);
  EXPECT_EQ(text_of(info, CIS_COMMENT), "a comment");
  given.before = 4000;  // nor is anything read behind it
  EXPECT_EQ(info->put_CallInfoString(CIS_COMMENT, given.text), S_OK);
  EXPECT_EQ(text_of(info, CIS_COMMENT), "a comment");
}

TEST(Tapi3Info, ThatIsTooLongOrNotTheProgramsToWriteIsRefused) {
  World world;
  Program program;
  Ptr<ITCallInfo> info = program.create("100", "200").as<ITCallInfo>();
  EXPECT_EQ(info->put_CallInfoString(CIS_COMMENT, Text(std::string(5000, 'x')).get()),
            E_INVALIDARG);
  EXPECT_EQ(info->put_CallInfoString(CIS_CALLERIDNAME, Text("me").get()), E_INVALIDARG);
  std::vector<BYTE> bytes(129);
  EXPECT_EQ(info->SetCallInfoBuffer(CIB_USERUSERINFO, 129, bytes.data()),
            TAPI_E_USERUSERINFOTOOBIG);
  EXPECT_EQ(info->put_CallInfoLong(CIL_CALLID, 1), TAPI_E_NOTSUPPORTED);
  EXPECT_EQ(info->put_CallInfoLong(static_cast<CALLINFO_LONG>(30), 1), E_INVALIDARG);
  EXPECT_EQ(info->get_CallInfoString(CIS_COMMENT, nullptr), E_POINTER);
}

// Everything stays readable after the end, "until the application releases the session".
// conformance: ITCallInfo::get_CallInfoLong ITCallInfo::get_CallInfoString
// conformance: ITCallInfo::get_CallInfoBuffer ITCallInfo::GetCallInfoBuffer
// conformance: ITCallInfo::get_Address ITCallInfo::ReleaseUserUserInfo
TEST(Tapi3Info, IsCompleteAfterTheEndUntilTheLastRelease) {
  World world;
  Program program;
  program.listen("900", true, false);
  world.offer("555", UserInfo{4, 'a'});
  Ptr<ITBasicCallControl> call = program.offered();
  Ptr<ITCallInfo> info = call.as<ITCallInfo>();
  EXPECT_EQ(user_info_of(info), (UserInfo{4, 'a'}));
  EXPECT_EQ(info->ReleaseUserUserInfo(), S_OK);
  EXPECT_EQ(call->Answer(), S_OK);
  EXPECT_TRUE(reaches(call, CS_CONNECTED));
  const long call_id = number_of(info, CIL_CALLID);
  EXPECT_NE(call_id, 0);
  world.far_end(DisconnectMode::normal, UserInfo{4, 'b', 'y', 'e'});
  EXPECT_TRUE(reaches(call, CS_DISCONNECTED));
  const auto check = [&] {
    EXPECT_EQ(number_of(info, CIL_CALLID), call_id);
    EXPECT_EQ(number_of(info, CIL_ORIGIN), LINECALLORIGIN_INBOUND);
    EXPECT_EQ(number_of(info, CIL_REASON), LINECALLREASON_DIRECT);
    EXPECT_EQ(number_of(info, CIL_MEDIATYPESAVAILABLE), TAPIMEDIATYPE_AUDIO);
    EXPECT_EQ(number_of(info, CIL_BEARERMODE), LINEBEARERMODE_VOICE);
    EXPECT_EQ(number_of(info, CIL_NUMBEROFOWNERS), 1);
    EXPECT_EQ(number_of(info, CIL_NUMBEROFMONITORS), 0);
    EXPECT_EQ(number_of(info, CIL_CALLERIDADDRESSTYPE), LINEADDRESSTYPE_PHONENUMBER);
    EXPECT_EQ(text_of(info, CIS_CALLERIDNUMBER), "555");
    EXPECT_EQ(text_of(info, CIS_CALLEDIDNUMBER), "900");
    EXPECT_EQ(user_info_of(info), (UserInfo{4, 'b', 'y', 'e'}));
    DWORD size = 0;
    BYTE* bytes = nullptr;
    EXPECT_EQ(info->GetCallInfoBuffer(CIB_USERUSERINFO, &size, &bytes), S_OK);
    EXPECT_EQ(size, 4u);
    CoTaskMemFree(bytes);
    Ptr<ITAddress> address;
    EXPECT_EQ(info->get_Address(address.out()), S_OK);
    EXPECT_EQ(address.get(), program.address("900").get());
  };
  check();
  EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
  check();
}

TEST(Tapi3Info, EveryLongAndStringAnswersOrSaysThatItIsNotOffered) {
  World world;
  Program program;
  Ptr<ITCallInfo> info = program.dial("100", "200").as<ITCallInfo>();
  for (int which = CIL_MEDIATYPESAVAILABLE; which <= CIL_MONITORMEDIAMODES; ++which) {
    long value = 0;
    const HRESULT hr = info->get_CallInfoLong(static_cast<CALLINFO_LONG>(which), &value);
    const bool offered = which != CIL_CALLPARAMSFLAGS && which != CIL_CALLTREATMENT &&
                         which != CIL_MINRATE && which != CIL_MAXRATE && which != CIL_RATE &&
                         which != CIL_GENERATEDIGITDURATION;
    EXPECT_EQ(hr, offered ? S_OK : TAPI_E_NOTSUPPORTED) << which;
  }
  for (int which = CIS_CALLERIDNAME; which <= CIS_CALLINGPARTYID; ++which)
    text_of(info, static_cast<CALLINFO_STRING>(which));
  VARIANT value;
  for (int which = CIB_DEVSPECIFICBUFFER; which <= CIB_LOWLEVELCOMPATIBILITYBUFFER; ++which)
    EXPECT_EQ(info->get_CallInfoBuffer(static_cast<CALLINFO_BUFFER>(which), &value),
              TAPI_E_NOTSUPPORTED);
}

// conformance: ITCallInfoChangeEvent::get_Call ITCallInfoChangeEvent::get_Cause
// conformance: ITCallInfoChangeEvent::get_CallbackInstance
TEST(Tapi3Info, ThatAnotherProgramChangesIsAnEvent) {
  World world;
  Program owner;
  Program monitor;
  monitor.listen("100", false, true);
  Ptr<ITBasicCallControl> call = owner.dial("100", "200");
  EXPECT_TRUE(monitor.sink->wait_for(TE_CALLSTATE, CS_CONNECTED));
  EXPECT_EQ(call.as<ITCallInfo>()->put_CallInfoLong(CIL_APPSPECIFIC, 5), S_OK);
  EXPECT_TRUE(monitor.sink->wait_for(TE_CALLINFOCHANGE, CIC_APPSPECIFIC));
  EXPECT_EQ(number_of(monitor.sink->last_call(), CIL_APPSPECIFIC), 5);
}

// conformance: ITTAPI::put_EventFilter ITTAPI::get_EventFilter ITCallInfo2::put_EventFilter
// conformance: ITCallInfo2::get_EventFilter ITAddress2::put_EventFilter ITAddress2::get_EventFilter
TEST(Tapi3Info, OfStatesComesOnlyAsFarAsTheFiltersLetIt) {
  World world;
  Program program(TE_CALLSTATE);
  long mask = 0;
  EXPECT_EQ(program.tapi->get_EventFilter(&mask), S_OK);
  EXPECT_EQ(mask, TE_CALLSTATE);
  EXPECT_EQ(program.tapi->put_EventFilter(0x7FFFFFFF), E_INVALIDARG);
  EXPECT_EQ(program.tapi->put_EventFilter(-1), S_OK);  // all
  EXPECT_EQ(program.tapi->get_EventFilter(&mask), S_OK);
  EXPECT_EQ(mask, 0x3FFFFFF);
  EXPECT_EQ(program.tapi->put_EventFilter(TE_CALLSTATE), S_OK);
  Ptr<ITAddress2> address = program.address("100").as<ITAddress2>();
  EXPECT_EQ(address->put_EventFilter(TE_CALLSTATE, CS_INPROGRESS, VARIANT_FALSE), S_OK);
  VARIANT_BOOL on = VARIANT_TRUE;
  EXPECT_EQ(address->get_EventFilter(TE_CALLSTATE, CS_INPROGRESS, &on), S_OK);
  EXPECT_EQ(on, VARIANT_FALSE);
  Ptr<ITBasicCallControl> call = program.create("100", "200");
  Ptr<ITCallInfo2> info = call.as<ITCallInfo2>();
  EXPECT_EQ(info->get_EventFilter(TE_CALLSTATE, CS_CONNECTED, &on), S_OK);
  EXPECT_EQ(on, VARIANT_TRUE);
  EXPECT_EQ(info->put_EventFilter(TE_CALLSTATE, CS_CONNECTED, VARIANT_FALSE), S_OK);
  EXPECT_EQ(info->put_EventFilter(static_cast<TAPI_EVENT>(3), 0, VARIANT_TRUE), E_INVALIDARG);
  EXPECT_EQ(call->Connect(VARIANT_TRUE), S_OK);
  EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
  EXPECT_TRUE(program.sink->wait_for(TE_CALLSTATE, CS_DISCONNECTED));
  EXPECT_EQ(program.sink->states(), (std::vector<long>{CS_DISCONNECTED}));
}

// A hub is all views of one session: here the owner's and, in the same program, the monitor's.
// conformance: ITCallInfo::get_CallHub ITCallHub::EnumerateCalls ITCallHub::get_NumCalls
// conformance: ITCallHub::get_State ITCallHub::Clear ITTAPI::EnumerateCallHubs
// conformance: ITTAPI::SetCallHubTracking ITCallHubEvent::get_Event ITCallHubEvent::get_CallHub
// conformance: ITCallHubEvent::get_Call ITCallHub::get_Calls ITTAPI::get_CallHubs
// conformance: IEnumCallHub::Next
TEST(Tapi3Info, OfAHubTellsItsCallsAndClearEndsThem) {
  World world;
  Program program;
  VARIANT all;
  VariantInit(&all);
  EXPECT_EQ(program.tapi->SetCallHubTracking(all, VARIANT_TRUE), S_OK);
  Ptr<ITBasicCallControl> call = program.dial("100", "200");
  EXPECT_TRUE(program.sink->wait_for(TE_CALLHUB, CHE_CALLJOIN));
  EXPECT_EQ(program.sink->count(TE_CALLHUB, CHE_CALLHUBNEW), 1u);
  Ptr<ITCallHub> hub;
  EXPECT_EQ(call.as<ITCallInfo>()->get_CallHub(hub.out()), S_OK);
  long count = 0;
  EXPECT_EQ(hub->get_NumCalls(&count), S_OK);
  EXPECT_EQ(count, 1);
  Ptr<IEnumCall> calls;
  Ptr<ITCallInfo> one;
  EXPECT_EQ(hub->EnumerateCalls(calls.out()), S_OK);
  EXPECT_EQ(calls->Next(1, one.out(), nullptr), S_OK);
  EXPECT_EQ(one.as<IUnknown>().get(), call.as<IUnknown>().get());
  VARIANT list;
  EXPECT_EQ(hub->get_Calls(&list), S_OK);
  EXPECT_EQ(VariantClear(&list), S_OK);
  Ptr<IEnumCallHub> hubs;
  Ptr<ITCallHub> same;
  EXPECT_EQ(program.tapi->EnumerateCallHubs(hubs.out()), S_OK);
  EXPECT_EQ(hubs->Next(1, same.out(), nullptr), S_OK);
  EXPECT_EQ(same.get(), hub.get());
  EXPECT_EQ(program.tapi->get_CallHubs(&list), S_OK);
  EXPECT_EQ(VariantClear(&list), S_OK);
  CALLHUB_STATE state = CHS_IDLE;
  EXPECT_EQ(hub->get_State(&state), S_OK);
  EXPECT_EQ(state, CHS_ACTIVE);
  EXPECT_EQ(hub->Clear(), S_OK);
  EXPECT_TRUE(program.sink->wait_for(TE_CALLHUB, CHE_CALLHUBIDLE));
  EXPECT_EQ(program.sink->count(TE_CALLHUB, CHE_CALLLEAVE), 1u);
  EXPECT_EQ(program.sink->count(TE_CALLSTATE, CS_DISCONNECTED), 1u);
  EXPECT_EQ(hub->get_State(&state), S_OK);
  EXPECT_EQ(state, CHS_IDLE);
}

}  // namespace
}  // namespace tapi3_tests
