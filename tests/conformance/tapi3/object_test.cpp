// SPDX-License-Identifier: Apache-2.0
// The objects and their interfaces: identity, lists in both forms, capabilities, terminals and
// streams, late binding, what is not offered, and the ledger of leaks.
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/conformance/tapi3/world.hpp"

namespace tapi3_tests {
namespace {

// COM: one IUnknown for each object; QueryInterface is reflexive, symmetric and transitive.
// conformance: IUnknown::QueryInterface IUnknown::AddRef IUnknown::Release
template <std::size_t Count>
void expect_one_object(IUnknown* object, const IID* const (&iids)[Count]) {
  Ptr<IUnknown> identity = Ptr<IUnknown>(object).as<IUnknown>();
  for (const IID* from : iids) {
    Ptr<IUnknown> face;
    ASSERT_EQ(object->QueryInterface(*from, face.out_void()), S_OK);
    for (const IID* to : iids) {
      Ptr<IUnknown> other;
      EXPECT_EQ(face->QueryInterface(*to, other.out_void()), S_OK);
      EXPECT_EQ(other.as<IUnknown>().get(), identity.get());
    }
  }
  void* nothing = &nothing;
  EXPECT_EQ(object->QueryInterface(IID_IEnumBstr, &nothing), E_NOINTERFACE);
  EXPECT_EQ(nothing, nullptr);
  EXPECT_EQ(object->QueryInterface(IID_IUnknown, nullptr), E_POINTER);
}

TEST(Tapi3Object, HasOneIdentityAcrossItsInterfaces) {
  World world;
  Program program;
  Ptr<ITAddress> address = program.address("100");
  Ptr<ITBasicCallControl> call = program.create("100", "200");
  const IID* const of_tapi[] = {&IID_IUnknown, &IID_IDispatch, &IID_ITTAPI, &IID_ITTAPI2,
                                &IID_IConnectionPointContainer};
  expect_one_object(program.tapi.get(), of_tapi);
  const IID* const of_address[] = {&IID_IUnknown,         &IID_IDispatch,
                                   &IID_ITAddress,        &IID_ITAddress2,
                                   &IID_ITMediaSupport,   &IID_ITAddressCapabilities,
                                   &IID_ITTerminalSupport};
  expect_one_object(address.get(), of_address);
  const IID* const of_call[] = {
      &IID_IUnknown,           &IID_IDispatch,       &IID_ITCallInfo,         &IID_ITCallInfo2,
      &IID_ITBasicCallControl, &IID_ITStreamControl, &IID_ITBasicCallControl2};
  expect_one_object(call.get(), of_call);
}

TEST(Tapi3Object, CountsTheProgramsReferencesOverAllInterfaces) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.create("100", "200");
  EXPECT_EQ(call->AddRef(), 2u);
  Ptr<ITCallInfo> info = call.as<ITCallInfo>();
  EXPECT_EQ(info->AddRef(), 4u);
  EXPECT_EQ(info->Release(), 3u);
  EXPECT_EQ(call->Release(), 2u);
}

// What is not offered is not there: E_NOINTERFACE, never a pretended success.
TEST(Tapi3Object, HasNoInterfaceThatIsNotOffered) {
  World world;
  Program program;
  // Phones, call centre, address translation, legacy media, digits, forwarding, private events.
  const char* const others[] = {
      "{09D48DB4-10CC-4388-9DE7-A8465618975A}", "{5AFC3154-4BCC-11D1-BF80-00805FC147D3}",
      "{0C4D8F03-8DDB-11D1-A09E-00805FC147D3}", "{AB493640-4C0B-11D2-A046-00C04FB6809F}",
      "{D624582F-CC23-4436-B8A5-47C625C8045D}", "{57CA332D-7BC2-44F1-A60C-936FE8D7CE73}",
      "{449F659E-88A3-11D1-BB5D-00C04FB6809F}", "{207823EA-E252-11D2-B77E-0080C7135381}",
      "{F3EB39BC-1B1F-4E99-A0C0-56305C4DD591}", "{34621D6B-6CFF-11D1-AFF7-00C04FC31FEE}"};
  for (const char* text : others) {
    IID iid;
    ASSERT_EQ(IIDFromString(Text(text).get(), &iid), S_OK);
    const Ptr<IUnknown> objects[] = {Ptr<IUnknown>(program.tapi.get()),
                                     Ptr<IUnknown>(program.address("100").get()),
                                     Ptr<IUnknown>(program.create("100", "200").get())};
    for (const Ptr<IUnknown>& object : objects) {
      void* out = nullptr;
      EXPECT_EQ(object->QueryInterface(iid, &out), E_NOINTERFACE) << text;
    }
  }
}

// not offered: ITTAPI::EnumeratePrivateTAPIObjects ITTAPI::get_PrivateTAPIObjects
// not offered: ITTAPI::RegisterRequestRecipient ITTAPI::SetAssistedTelephonyPriority
// not offered: ITTAPI::SetApplicationPriority ITTAPI2::get_Phones ITTAPI2::EnumeratePhones
// not offered: ITAddress::CreateForwardInfoObject ITAddress::Forward
// not offered: ITAddress::get_CurrentForwardInfo ITAddress::put_MessageWaiting
// not offered: ITAddress::get_MessageWaiting ITAddress::put_DoNotDisturb
// not offered: ITAddress::get_DoNotDisturb ITAddress2::get_Phones ITAddress2::EnumeratePhones
// not offered: ITAddress2::GetPhoneFromTerminal ITAddress2::get_PreferredPhones
// not offered: ITAddress2::EnumeratePreferredPhones ITAddress2::DeviceSpecific
// not offered: ITAddress2::DeviceSpecificVariant ITAddress2::NegotiateExtVersion
// not offered: ITAddressCapabilities::get_CallTreatments
// not offered: ITAddressCapabilities::EnumerateCallTreatments
// not offered: ITAddressCapabilities::get_CompletionMessages
// not offered: ITAddressCapabilities::EnumerateCompletionMessages
// not offered: ITTerminalSupport::CreateTerminal ITBasicCallControl::Conference
// not offered: ITBasicCallControl::ParkDirect
// not offered: ITBasicCallControl::ParkIndirect ITBasicCallControl::Unpark
// not offered: ITBasicCallControl::SetQOS ITBasicCallControl::Pickup ITBasicCallControl::Dial
// not offered: ITBasicCallControl::RemoveFromConference
// not offered: ITBasicCallControl2::RequestTerminal ITStreamControl::CreateStream
// not offered: ITStreamControl::RemoveStream ITStream::StartStream ITStream::PauseStream
// not offered: ITStream::StopStream
TEST(Tapi3Object, MethodsThatAreNotOfferedSaySo) {
  World world;
  Program program;
  Ptr<ITAddress2> address = program.address("100").as<ITAddress2>();
  Ptr<ITBasicCallControl2> call = program.create("100", "200").as<ITBasicCallControl2>();
  Ptr<ITTAPI2> tapi = program.tapi.as<ITTAPI2>();
  Text text("1");
  VARIANT value;
  VARIANT_BOOL flag = VARIANT_FALSE;
  long number = 0;
  IEnumUnknown* unknowns = nullptr;
  IEnumPhone* phones = nullptr;
  ITPhone* phone = nullptr;
  ITForwardInformation* forward = nullptr;
  IEnumBstr* texts = nullptr;
  ITTerminal* terminal = nullptr;
  ITStream* stream = nullptr;
  const HRESULT all[] = {
      tapi->EnumeratePrivateTAPIObjects(&unknowns),
      tapi->get_PrivateTAPIObjects(&value),
      tapi->RegisterRequestRecipient(0, 1, VARIANT_TRUE),
      tapi->SetAssistedTelephonyPriority(text.get(), VARIANT_TRUE),
      tapi->SetApplicationPriority(text.get(), TAPIMEDIATYPE_AUDIO, VARIANT_TRUE),
      tapi->get_Phones(&value),
      tapi->EnumeratePhones(&phones),
      address->CreateForwardInfoObject(&forward),
      address->Forward(nullptr, nullptr),
      address->get_CurrentForwardInfo(&forward),
      address->put_MessageWaiting(VARIANT_TRUE),
      address->get_MessageWaiting(&flag),
      address->put_DoNotDisturb(VARIANT_TRUE),
      address->get_DoNotDisturb(&flag),
      address->get_Phones(&value),
      address->EnumeratePhones(&phones),
      address->GetPhoneFromTerminal(nullptr, &phone),
      address->get_PreferredPhones(&value),
      address->EnumeratePreferredPhones(&phones),
      address->DeviceSpecific(nullptr, nullptr, 0),
      address->DeviceSpecificVariant(nullptr, VARIANT{}),
      address->NegotiateExtVersion(0, 1, &number),
      address.as<ITAddressCapabilities>()->get_CallTreatments(&value),
      address.as<ITAddressCapabilities>()->EnumerateCallTreatments(&texts),
      address.as<ITAddressCapabilities>()->get_CompletionMessages(&value),
      address.as<ITAddressCapabilities>()->EnumerateCompletionMessages(&texts),
      address.as<ITTerminalSupport>()->CreateTerminal(text.get(), TAPIMEDIATYPE_AUDIO, TD_RENDER,
                                                      &terminal),
      call->Conference(nullptr, VARIANT_TRUE),
      call->ParkDirect(text.get()),
      call->ParkIndirect(text.out()),
      call->Unpark(),
      call->SetQOS(TAPIMEDIATYPE_AUDIO, QSL_NEEDED),
      call->Pickup(nullptr),
      call->Dial(nullptr),
      call->RemoveFromConference(),
      call->RequestTerminal(nullptr, TAPIMEDIATYPE_AUDIO, TD_RENDER, &terminal),
      call.as<ITStreamControl>()->CreateStream(TAPIMEDIATYPE_AUDIO, TD_RENDER, &stream),
      call.as<ITStreamControl>()->RemoveStream(nullptr),
  };
  for (std::size_t i = 0; i < std::size(all); ++i) EXPECT_EQ(all[i], TAPI_E_NOTSUPPORTED) << i;
  EXPECT_EQ(phones, nullptr);
  EXPECT_EQ(stream, nullptr);
}

// conformance: ITTAPI::get_Addresses ITCollection::get_Count ITCollection::get_Item
// conformance: ITCollection::get__NewEnum IEnumVARIANT::Next IEnumAddress::Next
// conformance: IEnumAddress::Skip IEnumAddress::Reset IEnumAddress::Clone IEnumVARIANT::Reset
TEST(Tapi3Object, ListsComeInBothForms) {
  World world;
  Program program;
  VARIANT value;
  ASSERT_EQ(program.tapi->get_Addresses(&value), S_OK);
  ASSERT_EQ(value.vt, VT_DISPATCH);
  Ptr<ITCollection> list = Ptr<IDispatch>(value.pdispVal).as<ITCollection>();
  EXPECT_EQ(VariantClear(&value), S_OK);
  long count = 0;
  EXPECT_EQ(list->get_Count(&count), S_OK);
  EXPECT_EQ(count, 3);
  EXPECT_EQ(list->get_Item(0, &value), E_INVALIDARG);
  EXPECT_EQ(list->get_Item(4, &value), E_INVALIDARG);
  EXPECT_EQ(list->get_Item(1, &value), S_OK);
  Ptr<ITAddress> first = Ptr<IDispatch>(value.pdispVal).as<ITAddress>();
  EXPECT_EQ(VariantClear(&value), S_OK);
  Ptr<IUnknown> unknown;
  EXPECT_EQ(list->get__NewEnum(unknown.out()), S_OK);
  Ptr<IEnumVARIANT> variants = unknown.as<IEnumVARIANT>();
  EXPECT_EQ(variants->Next(1, &value, nullptr), S_OK);
  EXPECT_EQ(Ptr<IDispatch>(value.pdispVal).as<ITAddress>().get(), first.get());
  EXPECT_EQ(VariantClear(&value), S_OK);
  EXPECT_EQ(variants->Reset(), S_OK);
  EXPECT_FALSE(list.as<ITCollection2>());  // not the program's to change

  Ptr<IEnumAddress> all;
  ASSERT_EQ(program.tapi->EnumerateAddresses(all.out()), S_OK);
  ITAddress* some[5] = {};
  ULONG fetched = 0;
  EXPECT_EQ(all->Next(5, some, &fetched), S_FALSE);
  EXPECT_EQ(fetched, 3u);
  EXPECT_EQ(some[0], first.get());
  for (ULONG i = 0; i < fetched; ++i) some[i]->Release();
  EXPECT_EQ(all->Reset(), S_OK);
  EXPECT_EQ(all->Skip(2), S_OK);
  Ptr<IEnumAddress> copy;
  EXPECT_EQ(all->Clone(copy.out()), S_OK);
  Ptr<ITAddress> last;
  EXPECT_EQ(copy->Next(1, last.out(), nullptr), S_OK);
  EXPECT_EQ(copy->Next(1, last.out(), nullptr), S_FALSE);
  EXPECT_EQ(all->Skip(2), S_FALSE);
  EXPECT_EQ(all->Next(2, some, nullptr), E_POINTER);
}

// conformance: ITTAPI2::CreateEmptyCollectionObject ITCollection2::Add ITCollection2::Remove
TEST(Tapi3Object, AProgramsOwnCollectionGrowsAndShrinks) {
  World world;
  Program program;
  Ptr<ITCollection2> list;
  ASSERT_EQ(program.tapi.as<ITTAPI2>()->CreateEmptyCollectionObject(list.out()), S_OK);
  VARIANT value;
  VariantInit(&value);
  value.vt = VT_I4;
  value.lVal = 7;
  EXPECT_EQ(list->Add(1, &value), S_OK);
  EXPECT_EQ(list->Add(3, &value), E_INVALIDARG);
  value.lVal = 8;
  EXPECT_EQ(list->Add(1, &value), S_OK);
  EXPECT_EQ(list->get_Item(1, &value), S_OK);
  EXPECT_EQ(value.lVal, 8);
  EXPECT_EQ(list->Remove(1), S_OK);
  EXPECT_EQ(list->Remove(2), E_INVALIDARG);
  long count = 0;
  EXPECT_EQ(list->get_Count(&count), S_OK);
  EXPECT_EQ(count, 1);
}

// conformance: ITAddress::get_State ITAddress::get_ServiceProviderName ITAddress::get_TAPIObject
// conformance: ITAddress::get_DialableAddress ITMediaSupport::get_MediaTypes
// conformance: ITMediaSupport::QueryMediaType ITAddressCapabilities::get_AddressCapability
// conformance: ITAddressCapabilities::get_AddressCapabilityString
// conformance: ITAddressCapabilities::get_DeviceClasses IEnumBstr::Next
// conformance: ITAddressCapabilities::EnumerateDeviceClasses
TEST(Tapi3Object, AnAddressTellsWhatItIsAndCan) {
  World world;
  Program program;
  Ptr<ITAddress> address = program.address("100");
  ADDRESS_STATE state = AS_OUTOFSERVICE;
  EXPECT_EQ(address->get_State(&state), S_OK);
  EXPECT_EQ(state, AS_INSERVICE);
  Text text;
  EXPECT_EQ(address->get_ServiceProviderName(text.out()), S_OK);
  EXPECT_EQ(text.ascii(), "exchange");
  EXPECT_EQ(address->get_DialableAddress(text.out()), S_OK);
  EXPECT_EQ(text.ascii(), "100");
  Ptr<ITTAPI> tapi;
  EXPECT_EQ(address->get_TAPIObject(tapi.out()), S_OK);
  EXPECT_EQ(tapi.get(), program.tapi.get());
  long media = 0;
  VARIANT_BOOL yes = VARIANT_FALSE;
  EXPECT_EQ(address.as<ITMediaSupport>()->get_MediaTypes(&media), S_OK);
  EXPECT_EQ(media, TAPIMEDIATYPE_AUDIO);
  EXPECT_EQ(address.as<ITMediaSupport>()->QueryMediaType(TAPIMEDIATYPE_AUDIO, &yes), S_OK);
  EXPECT_EQ(yes, VARIANT_TRUE);
  EXPECT_EQ(address.as<ITMediaSupport>()->QueryMediaType(TAPIMEDIATYPE_VIDEO, &yes), S_OK);
  EXPECT_EQ(yes, VARIANT_FALSE);
  Ptr<ITAddressCapabilities> can = address.as<ITAddressCapabilities>();
  for (int which = AC_ADDRESSTYPES; which <= AC_GENERATEDIGITDEFAULTDURATION; ++which) {
    long value = -1;
    EXPECT_EQ(can->get_AddressCapability(static_cast<ADDRESS_CAPABILITY>(which), &value), S_OK);
  }
  long value = 0;
  EXPECT_EQ(can->get_AddressCapability(AC_DEVCAPFLAGS, &value), S_OK);
  EXPECT_EQ(value, LINEDEVCAPFLAGS_CLOSEDROP);
  EXPECT_EQ(can->get_AddressCapability(AC_CALLFEATURES1, &value), S_OK);
  EXPECT_NE(value & LINECALLFEATURE_BLINDTRANSFER, 0);
  EXPECT_NE(value & LINECALLFEATURE_COMPLETETRANSF, 0);
  EXPECT_EQ(can->get_AddressCapability(static_cast<ADDRESS_CAPABILITY>(60), &value), E_INVALIDARG);
  EXPECT_EQ(can->get_AddressCapabilityString(ACS_PROVIDERSPECIFIC, text.out()), S_OK);
  EXPECT_EQ(can->get_AddressCapabilityString(ACS_SWITCHSPECIFIC, text.out()), TAPI_E_NOTSUPPORTED);
  Ptr<IEnumBstr> classes;
  EXPECT_EQ(can->EnumerateDeviceClasses(classes.out()), S_OK);
  EXPECT_EQ(classes->Next(1, text.out(), nullptr), S_OK);
  EXPECT_EQ(text.ascii(), "tapi/line");
  VARIANT list;
  EXPECT_EQ(can->get_DeviceClasses(&list), S_OK);
  EXPECT_EQ(VariantClear(&list), S_OK);
}

// The objects are real; the media comes later, and starting it says so.
// conformance: ITTerminalSupport::get_StaticTerminals ITTerminalSupport::EnumerateStaticTerminals
// conformance: ITTerminalSupport::GetDefaultStaticTerminal IEnumTerminal::Next
// conformance: ITTerminalSupport::get_DynamicTerminalClasses IEnumTerminalClass::Next
// conformance: ITTerminalSupport::EnumerateDynamicTerminalClasses ITTerminal::get_Name
// conformance: ITTerminal::get_State ITTerminal::get_TerminalType ITTerminal::get_TerminalClass
// conformance: ITTerminal::get_MediaType ITTerminal::get_Direction IEnumStream::Next
// conformance: ITStreamControl::EnumerateStreams ITStreamControl::get_Streams
// conformance: ITStream::get_MediaType ITStream::get_Direction ITStream::get_Name
// conformance: ITStream::SelectTerminal ITStream::UnselectTerminal ITStream::EnumerateTerminals
// conformance: ITStream::get_Terminals ITBasicCallControl2::SelectTerminalOnCall
// conformance: ITBasicCallControl2::UnselectTerminalOnCall
TEST(Tapi3Object, StreamsAndTerminalsRememberWhatIsSelected) {
  World world;
  Program program;
  Ptr<ITTerminalSupport> support = program.address("100").as<ITTerminalSupport>();
  Ptr<ITTerminal> microphone;
  Ptr<ITTerminal> speakers;
  ASSERT_EQ(support->GetDefaultStaticTerminal(TAPIMEDIATYPE_AUDIO, TD_CAPTURE, microphone.out()),
            S_OK);
  ASSERT_EQ(support->GetDefaultStaticTerminal(TAPIMEDIATYPE_AUDIO, TD_RENDER, speakers.out()),
            S_OK);
  Ptr<ITTerminal> none;
  EXPECT_EQ(support->GetDefaultStaticTerminal(TAPIMEDIATYPE_VIDEO, TD_RENDER, none.out()),
            TAPI_E_INVALIDMEDIATYPE);
  Text text;
  EXPECT_EQ(microphone->get_Name(text.out()), S_OK);
  EXPECT_EQ(microphone->get_TerminalClass(text.out()), S_OK);
  EXPECT_EQ(text.ascii(), "{AAF578EF-DC70-11D0-8ED3-00C04FB6809F}");
  TERMINAL_TYPE type = TT_DYNAMIC;
  EXPECT_EQ(microphone->get_TerminalType(&type), S_OK);
  EXPECT_EQ(type, TT_STATIC);
  long media = 0;
  EXPECT_EQ(microphone->get_MediaType(&media), S_OK);
  EXPECT_EQ(media, TAPIMEDIATYPE_AUDIO);
  Ptr<IEnumTerminalClass> classes;
  GUID guid;
  EXPECT_EQ(support->EnumerateDynamicTerminalClasses(classes.out()), S_OK);
  EXPECT_EQ(classes->Next(1, &guid, nullptr), S_FALSE);
  VARIANT list;
  EXPECT_EQ(support->get_DynamicTerminalClasses(&list), S_OK);
  EXPECT_EQ(VariantClear(&list), S_OK);
  EXPECT_EQ(support->get_StaticTerminals(&list), S_OK);
  EXPECT_EQ(VariantClear(&list), S_OK);
  Ptr<IEnumTerminal> terminals;
  EXPECT_EQ(support->EnumerateStaticTerminals(terminals.out()), S_OK);
  EXPECT_EQ(terminals->Next(1, none.out(), nullptr), S_OK);
  EXPECT_EQ(none.get(), microphone.get());

  Ptr<ITBasicCallControl2> call = program.dial("100", "200").as<ITBasicCallControl2>();
  Ptr<IEnumStream> streams;
  Ptr<ITStream> out;
  EXPECT_EQ(call.as<ITStreamControl>()->get_Streams(&list), S_OK);
  EXPECT_EQ(VariantClear(&list), S_OK);
  ASSERT_EQ(call.as<ITStreamControl>()->EnumerateStreams(streams.out()), S_OK);
  ASSERT_EQ(streams->Next(1, out.out(), nullptr), S_OK);
  TERMINAL_DIRECTION direction = TD_NONE;
  EXPECT_EQ(out->get_Direction(&direction), S_OK);
  EXPECT_EQ(direction, TD_CAPTURE);
  EXPECT_EQ(out->get_Name(text.out()), S_OK);
  EXPECT_EQ(out->get_MediaType(&media), S_OK);
  EXPECT_EQ(out->SelectTerminal(speakers.get()), TAPI_E_INVALIDDIRECTION);
  EXPECT_EQ(out->SelectTerminal(microphone.get()), S_OK);
  EXPECT_EQ(out->SelectTerminal(microphone.get()), TAPI_E_MAXTERMINALS);
  TERMINAL_STATE state = TS_NOTINUSE;
  EXPECT_EQ(microphone->get_State(&state), S_OK);
  EXPECT_EQ(state, TS_INUSE);
  EXPECT_EQ(out->EnumerateTerminals(terminals.out()), S_OK);
  EXPECT_EQ(terminals->Next(1, none.out(), nullptr), S_OK);
  EXPECT_EQ(out->get_Terminals(&list), S_OK);
  EXPECT_EQ(VariantClear(&list), S_OK);
  EXPECT_EQ(out->StartStream(), TAPI_E_NOTSUPPORTED);
  EXPECT_EQ(out->PauseStream(), TAPI_E_NOTSUPPORTED);
  EXPECT_EQ(out->StopStream(), TAPI_E_NOTSUPPORTED);
  EXPECT_EQ(out->UnselectTerminal(microphone.get()), S_OK);
  EXPECT_EQ(out->UnselectTerminal(microphone.get()), TAPI_E_INVALIDTERMINAL);
  EXPECT_EQ(call->SelectTerminalOnCall(speakers.get()), S_OK);
  EXPECT_EQ(call->UnselectTerminalOnCall(speakers.get()), S_OK);
  EXPECT_EQ(speakers->get_State(&state), S_OK);
  EXPECT_EQ(state, TS_NOTINUSE);
}

// A stream keeps its call: the call's identifier lives as long as the stream is held.
TEST(Tapi3Object, AStreamKeepsItsCall) {
  World world;
  Program program;
  program.sink->keep_calls(false);
  Ptr<ITStream> stream;
  {
    Ptr<ITBasicCallControl> call = program.dial("100", "200");
    Ptr<IEnumStream> streams;
    ASSERT_EQ(call.as<ITStreamControl>()->EnumerateStreams(streams.out()), S_OK);
    ASSERT_EQ(streams->Next(1, stream.out(), nullptr), S_OK);
    EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
  }
  EXPECT_TRUE(program.sink->wait_for(TE_CALLSTATE, CS_DISCONNECTED));
  EXPECT_EQ(world.leaks(), 1u);
  stream.reset();
  EXPECT_TRUE(eventually([&] { return world.leaks() == 0; }));
}

// ---- late binding

HRESULT invoke(IDispatch* object, const char* name, WORD flags, std::vector<VARIANT> arguments,
               VARIANT* result) {
  Text text(name);
  LPOLESTR names[] = {text.get()};
  DISPID id = DISPID_UNKNOWN;
  const HRESULT hr = object->GetIDsOfNames(GUID{}, names, 1, LOCALE_USER_DEFAULT, &id);
  if (FAILED(hr)) return hr;
  std::vector<VARIANT> reversed(arguments.rbegin(), arguments.rend());
  DISPID named = DISPID_PROPERTYPUT;
  const bool put = flags == DISPATCH_PROPERTYPUT;
  DISPPARAMS params{reversed.data(), put ? &named : nullptr, static_cast<UINT>(reversed.size()),
                    put ? 1u : 0u};
  return object->Invoke(id, GUID{}, LOCALE_USER_DEFAULT, flags, &params, result, nullptr, nullptr);
}

VARIANT number(LONG value) {
  VARIANT out;
  VariantInit(&out);
  out.vt = VT_I4;
  out.lVal = value;
  return out;
}

// conformance: IDispatch::GetIDsOfNames IDispatch::Invoke IDispatch::GetTypeInfoCount
// conformance: IDispatch::GetTypeInfo ITDispatchMapper::QueryDispatchInterface
TEST(Tapi3Object, IsCalledByNameOverAllItsInterfaces) {
  World world;
  Program program;
  Ptr<IDispatch> address = program.address("100").as<IDispatch>();
  UINT infos = 7;
  EXPECT_EQ(address->GetTypeInfoCount(&infos), S_OK);
  EXPECT_EQ(infos, 0u);
  ITypeInfo* info = nullptr;
  EXPECT_EQ(address->GetTypeInfo(0, 0, &info), E_NOTIMPL);
  VARIANT result;
  ASSERT_EQ(invoke(address.get(), "addressname", DISPATCH_PROPERTYGET, {}, &result), S_OK);
  EXPECT_EQ(result.vt, VT_BSTR);
  EXPECT_EQ(VariantClear(&result), S_OK);
  // ITMediaSupport, through the IDispatch of the address.
  ASSERT_EQ(invoke(address.get(), "QueryMediaType", DISPATCH_METHOD, {number(8)}, &result), S_OK);
  EXPECT_EQ(result.vt, VT_BOOL);
  EXPECT_EQ(result.boolVal, VARIANT_TRUE);
  Text to("200");
  VARIANT destination;
  VariantInit(&destination);
  destination.vt = VT_BSTR;
  destination.bstrVal = to.get();
  ASSERT_EQ(invoke(address.get(), "CreateCall", DISPATCH_METHOD,
                   {destination, number(1), number(8)}, &result),
            S_OK);
  Ptr<IDispatch> call(result.pdispVal);
  EXPECT_EQ(VariantClear(&result), S_OK);
  EXPECT_EQ(invoke(call.get(), "CallInfoLong", DISPATCH_PROPERTYPUT,
                   {number(CIL_APPSPECIFIC), number(77)}, nullptr),
            S_OK);
  ASSERT_EQ(
      invoke(call.get(), "CallInfoLong", DISPATCH_PROPERTYGET, {number(CIL_APPSPECIFIC)}, &result),
      S_OK);
  EXPECT_EQ(result.lVal, 77);
  VARIANT yes;
  VariantInit(&yes);
  yes.vt = VT_BOOL;
  yes.boolVal = VARIANT_TRUE;
  EXPECT_EQ(invoke(call.get(), "Connect", DISPATCH_METHOD, {yes}, nullptr), S_OK);
  ASSERT_EQ(invoke(call.get(), "CallState", DISPATCH_PROPERTYGET, {}, &result), S_OK);
  EXPECT_EQ(result.lVal, CS_CONNECTED);
  EXPECT_EQ(invoke(call.get(), "Disconnect", DISPATCH_METHOD, {number(DC_NORMAL)}, nullptr), S_OK);
  EXPECT_EQ(invoke(call.get(), "Disconnect", DISPATCH_METHOD, {}, nullptr), DISP_E_BADPARAMCOUNT);
  EXPECT_EQ(invoke(call.get(), "Nonsense", DISPATCH_METHOD, {}, nullptr), DISP_E_UNKNOWNNAME);
  EXPECT_EQ(invoke(call.get(), "Answer", DISPATCH_METHOD, {}, nullptr), TAPI_E_INVALCALLSTATE);
}

TEST(Tapi3Object, TheDispatchMapperFindsTheDispatchOfAnInterface) {
  World world;
  Program program;
  Ptr<ITDispatchMapper> mapper;
  ASSERT_EQ(CoCreateInstance(CLSID_DispatchMapper, nullptr, CLSCTX_INPROC_SERVER,
                             IID_ITDispatchMapper, mapper.out_void()),
            S_OK);
  Ptr<IDispatch> call = program.create("100", "200").as<IDispatch>();
  Ptr<IDispatch> found;
  EXPECT_EQ(mapper->QueryDispatchInterface(Text("{B1EFC389-9355-11D0-835C-00AA003CCABD}").get(),
                                           call.get(), found.out()),
            S_OK);
  EXPECT_EQ(invoke(found.get(), "Disconnect", DISPATCH_METHOD, {number(DC_NORMAL)}, nullptr),
            S_FALSE);
  EXPECT_EQ(mapper->QueryDispatchInterface(Text("{09D48DB4-10CC-4388-9DE7-A8465618975A}").get(),
                                           call.get(), found.out()),
            E_NOINTERFACE);
  EXPECT_EQ(mapper->QueryDispatchInterface(Text("no iid").get(), call.get(), found.out()),
            E_INVALIDARG);
}

// ---- connection points

/// A script's sink: only IDispatch.
class ScriptSink final : public IDispatch {
 public:
  std::atomic<int> events{0};
  STDMETHODIMP QueryInterface(REFIID riid, void** out) override {
    if (!IsEqualIID(riid, IID_IUnknown) && !IsEqualIID(riid, IID_IDispatch)) {
      *out = nullptr;
      return E_NOINTERFACE;
    }
    *out = this;
    return S_OK;
  }
  STDMETHODIMP_(ULONG) AddRef() override { return 2; }  // on the test's stack
  STDMETHODIMP_(ULONG) Release() override { return 1; }
  STDMETHODIMP GetTypeInfoCount(UINT*) override { return E_NOTIMPL; }
  STDMETHODIMP GetTypeInfo(UINT, LCID, ITypeInfo**) override { return E_NOTIMPL; }
  STDMETHODIMP GetIDsOfNames(REFIID, LPOLESTR*, UINT, LCID, DISPID*) override { return E_NOTIMPL; }
  STDMETHODIMP Invoke(DISPID id, REFIID, LCID, WORD, DISPPARAMS* params, VARIANT*, EXCEPINFO*,
                      UINT*) override {
    EXPECT_EQ(id, 1);
    EXPECT_EQ(params->cArgs, 2u);
    EXPECT_EQ(params->rgvarg[1].vt, VT_I4);
    EXPECT_EQ(params->rgvarg[0].vt, VT_DISPATCH);
    ++events;
    return S_OK;
  }
};

// conformance: IConnectionPointContainer::FindConnectionPoint
// conformance: IConnectionPointContainer::EnumConnectionPoints IEnumConnectionPoints::Next
// conformance: IConnectionPoint::GetConnectionInterface IConnectionPoint::Advise
// conformance: IConnectionPoint::GetConnectionPointContainer IConnectionPoint::Unadvise
// conformance: IConnectionPoint::EnumConnections IEnumConnections::Next
TEST(Tapi3Object, SinksAreConnectedByEitherInterface) {
  World world;
  Program program;
  Ptr<IConnectionPointContainer> points = program.tapi.as<IConnectionPointContainer>();
  Ptr<IConnectionPoint> point;
  EXPECT_EQ(points->FindConnectionPoint(IID_ITTAPI, point.out()), CONNECT_E_NOCONNECTION);
  ASSERT_EQ(points->FindConnectionPoint(DIID_ITTAPIDispatchEventNotification, point.out()), S_OK);
  IID iid;
  EXPECT_EQ(point->GetConnectionInterface(&iid), S_OK);
  EXPECT_TRUE(IsEqualIID(iid, DIID_ITTAPIDispatchEventNotification));
  Ptr<IConnectionPointContainer> same;
  EXPECT_EQ(point->GetConnectionPointContainer(same.out()), S_OK);
  EXPECT_EQ(same.get(), points.get());
  ScriptSink script;
  DWORD cookie = 0;
  EXPECT_EQ(point->Advise(program.address("100").get(), nullptr), E_POINTER);
  ASSERT_EQ(point->Advise(&script, &cookie), S_OK);
  Ptr<IEnumConnections> connections;
  EXPECT_EQ(point->EnumConnections(connections.out()), S_OK);
  CONNECTDATA data{};
  EXPECT_EQ(connections->Next(1, &data, nullptr), S_OK);
  EXPECT_EQ(data.dwCookie, cookie);
  data.pUnk->Release();
  Ptr<IEnumConnectionPoints> all;
  EXPECT_EQ(points->EnumConnectionPoints(all.out()), S_OK);
  Ptr<IConnectionPoint> one;
  EXPECT_EQ(all->Next(1, one.out(), nullptr), S_OK);
  Ptr<ITBasicCallControl> call = program.dial("100", "200");
  EXPECT_TRUE(eventually([&] { return script.events >= 2; }));
  EXPECT_EQ(point->Unadvise(cookie), S_OK);
  EXPECT_EQ(point->Unadvise(cookie), CONNECT_E_NOCONNECTION);
  ASSERT_EQ(points->FindConnectionPoint(IID_ITTAPIEventNotification, point.out()), S_OK);
  EXPECT_EQ(point->Advise(&script, &cookie), CONNECT_E_CANNOTCONNECT);
  EXPECT_EQ(program.tapi->Shutdown(), S_OK);  // no event runs any more when this returns
}

// conformance: ITAddressEvent::get_Address ITAddressEvent::get_Event ITAddressEvent::get_Terminal
TEST(Tapi3Object, AnAddressThatGoesOutOfServiceIsToldAndSaysSo) {
  World world;
  Program program;
  Ptr<ITAddressEvent> event;
  std::atomic<bool> told{false};
  program.sink->on_each([&](TAPI_EVENT kind, IDispatch* given) {
    if (kind != TE_ADDRESS || told) return;
    event = Ptr<IDispatch>(given).as<ITAddressEvent>();
    told = true;
  });
  program.listen("900", true, false);
  world.set_in_service(false);
  ASSERT_TRUE(eventually([&] { return told.load(); }));
  program.sink->on_each({});
  Ptr<ITAddress> address;
  ADDRESS_EVENT what = AE_RINGING;
  ITTerminal* terminal = nullptr;
  EXPECT_EQ(event->get_Address(address.out()), S_OK);
  EXPECT_EQ(event->get_Event(&what), S_OK);
  EXPECT_EQ(what, AE_STATE);
  EXPECT_EQ(event->get_Terminal(&terminal), TAPI_E_WRONGEVENT);
  ADDRESS_STATE state = AS_INSERVICE;
  EXPECT_EQ(address->get_State(&state), S_OK);
  EXPECT_EQ(state, AS_OUTOFSERVICE);
}

// conformance: ITTAPIObjectEvent::get_TAPIObject ITTAPIObjectEvent::get_Event
// conformance: ITTAPIObjectEvent::get_Address ITTAPIObjectEvent::get_CallbackInstance
// conformance: ITTAPIObjectEvent2::get_Phone
TEST(Tapi3Object, AClosedLineIsToldWithItsAddress) {
  World world;
  Program program;
  Ptr<ITTAPIObjectEvent> event;
  std::atomic<bool> told{false};
  program.sink->on_each([&](TAPI_EVENT kind, IDispatch* given) {
    if (kind != TE_TAPIOBJECT) return;
    event = Ptr<IDispatch>(given).as<ITTAPIObjectEvent>();
    told = true;
  });
  program.listen("900", true, false);
  world.close_line_900();
  ASSERT_TRUE(eventually([&] { return told.load(); }));
  program.sink->on_each({});
  Ptr<ITTAPI> tapi;
  Ptr<ITAddress> address;
  TAPIOBJECT_EVENT what = TE_REINIT;
  long instance = 1;
  EXPECT_EQ(event->get_TAPIObject(tapi.out()), S_OK);
  EXPECT_EQ(event->get_Address(address.out()), S_OK);
  EXPECT_EQ(address.get(), program.address("900").get());
  EXPECT_EQ(event->get_Event(&what), S_OK);
  EXPECT_EQ(what, TE_ADDRESSCLOSE);
  EXPECT_EQ(event->get_CallbackInstance(&instance), S_OK);
  Ptr<ITTAPIObjectEvent2> event2;
  EXPECT_EQ(event->QueryInterface(IID_ITTAPIObjectEvent2, event2.out_void()), S_OK);
  ITPhone* phone = nullptr;
  EXPECT_EQ(event2->get_Phone(&phone), TAPI_E_WRONGEVENT);
}

// ---- leaks

std::vector<std::string> leak_lines() {
  std::vector<std::string> lines;
  switchhook_tapi3_leaks(
      [](const SWITCHHOOK_TAPI3_LEAK* leak, void* context) {
        static_cast<std::vector<std::string>*>(context)->push_back(
            std::string(leak->interface_name) + " x" + std::to_string(leak->references) + " " +
            leak->object + " by " + leak->acquired_by);
      },
      &lines);
  return lines;
}

TEST(Tapi3Leak, IsReportedAtShutdownWithInterfaceCountAndWhoAcquiredIt) {
  World world;
  const std::string file = testing::TempDir() + "tapi3_leaks_" + std::to_string(getpid());
  ASSERT_EQ(setenv("SWITCHHOOK_TAPI3_LEAKS", file.c_str(), 1), 0);
  Ptr<ITBasicCallControl> leaked;
  {
    Program program;
    program.sink->keep_calls(false);
    leaked = program.dial("100", "200");
    leaked->AddRef();
    EXPECT_EQ(leaked->Disconnect(DC_NORMAL), S_OK);
    program.sink->on_each({});
    EXPECT_EQ(program.tapi->Shutdown(), S_OK);
  }
  ASSERT_EQ(unsetenv("SWITCHHOOK_TAPI3_LEAKS"), 0);
  std::ifstream in(file);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(std::remove(file.c_str()), 0);
  EXPECT_NE(text.find("still referenced at Shutdown: ITBasicCallControl2 of call"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("2 references, by thread "), std::string::npos) << text;
  EXPECT_NE(text.find("tapi3_conformance_test"), std::string::npos) << text;
  const std::vector<std::string> lines = leak_lines();
  ASSERT_FALSE(lines.empty());
  EXPECT_NE(lines[0].find("ITBasicCallControl2 x2 call"), std::string::npos) << lines[0];
  leaked->Release();
  leaked.reset();
  EXPECT_TRUE(leak_lines().empty());
  EXPECT_EQ(switchhook_tapi3_objects(), 0u);
}

TEST(Tapi3Leak, NamesTheMethodThroughWhichAReferenceWasTaken) {
  World world;
  Program program;
  Ptr<ITBasicCallControl> call = program.create("100", "200");
  bool found = false;
  for (const std::string& line : leak_lines())
    found = found || (line.find("ITBasicCallControl2 x1") != std::string::npos &&
                      line.find("through ITAddress::CreateCall at ") != std::string::npos);
  EXPECT_TRUE(found);
}

TEST(Tapi3Leak, IsNoneWhenEverythingWasReleased) {
  World world;
  {
    Program program;
    Ptr<ITBasicCallControl> call = program.dial("100", "200");
    EXPECT_EQ(call->Disconnect(DC_NORMAL), S_OK);
  }
  EXPECT_TRUE(leak_lines().empty());
  EXPECT_TRUE(eventually([] { return switchhook_tapi3_objects() == 0; }));
}

}  // namespace
}  // namespace tapi3_tests
