// SPDX-License-Identifier: Apache-2.0
// What the Address object knows by name only: forwarding, lamps, phones, device-specific
// extensions, dynamic terminals. Each answers TAPI_E_NOTSUPPORTED and nulls its [out] pointer. And
// its table for late binding.
#include "tapi3/objects/address_object.hpp"

namespace switchhook::tapi3 {

namespace {

template <typename T>
HRESULT not_offered(T** out) {
  if (out == nullptr) return E_POINTER;
  *out = nullptr;
  return TAPI_E_NOTSUPPORTED;
}

HRESULT not_offered(VARIANT* out) {
  if (out == nullptr) return E_POINTER;
  VariantInit(out);
  return TAPI_E_NOTSUPPORTED;
}

}  // namespace

HRESULT AddressObject::CreateForwardInfoObject(ITForwardInformation** ppForwardInfo) {
  return not_offered(ppForwardInfo);
}
HRESULT AddressObject::Forward(ITForwardInformation*, ITBasicCallControl*) {
  return TAPI_E_NOTSUPPORTED;
}
HRESULT AddressObject::get_CurrentForwardInfo(ITForwardInformation** ppForwardInfo) {
  return not_offered(ppForwardInfo);
}
HRESULT AddressObject::put_MessageWaiting(VARIANT_BOOL) {
  return TAPI_E_NOTSUPPORTED;
}
HRESULT AddressObject::get_MessageWaiting(VARIANT_BOOL* pfMessageWaiting) {
  return pfMessageWaiting == nullptr ? E_POINTER : TAPI_E_NOTSUPPORTED;
}
HRESULT AddressObject::put_DoNotDisturb(VARIANT_BOOL) {
  return TAPI_E_NOTSUPPORTED;
}
HRESULT AddressObject::get_DoNotDisturb(VARIANT_BOOL* pfDoNotDisturb) {
  return pfDoNotDisturb == nullptr ? E_POINTER : TAPI_E_NOTSUPPORTED;
}
HRESULT AddressObject::get_Phones(VARIANT* pPhones) {
  return not_offered(pPhones);
}
HRESULT AddressObject::EnumeratePhones(IEnumPhone** ppEnumPhone) {
  return not_offered(ppEnumPhone);
}
HRESULT AddressObject::GetPhoneFromTerminal(ITTerminal*, ITPhone** ppPhone) {
  return not_offered(ppPhone);
}
HRESULT AddressObject::get_PreferredPhones(VARIANT* pPhones) {
  return not_offered(pPhones);
}
HRESULT AddressObject::EnumeratePreferredPhones(IEnumPhone** ppEnumPhone) {
  return not_offered(ppEnumPhone);
}
HRESULT AddressObject::DeviceSpecific(ITCallInfo*, BYTE*, DWORD) {
  return TAPI_E_NOTSUPPORTED;
}
HRESULT AddressObject::DeviceSpecificVariant(ITCallInfo*, VARIANT) {
  return TAPI_E_NOTSUPPORTED;
}
HRESULT AddressObject::NegotiateExtVersion(long, long, long* plExtVersion) {
  return plExtVersion == nullptr ? E_POINTER : TAPI_E_NOTSUPPORTED;
}
HRESULT AddressObject::get_CallTreatments(VARIANT* pVariant) {
  return not_offered(pVariant);
}
HRESULT AddressObject::EnumerateCallTreatments(IEnumBstr** ppEnumCallTreatment) {
  return not_offered(ppEnumCallTreatment);
}
HRESULT AddressObject::get_CompletionMessages(VARIANT* pVariant) {
  return not_offered(pVariant);
}
HRESULT AddressObject::EnumerateCompletionMessages(IEnumBstr** ppEnumCompletionMessage) {
  return not_offered(ppEnumCompletionMessage);
}
HRESULT AddressObject::CreateTerminal(BSTR, long, TERMINAL_DIRECTION, ITTerminal** ppTerminal) {
  return not_offered(ppTerminal);
}

std::span<const DispatchMember> AddressObject::members() {
  using namespace dispatch;
  using A = AddressObject;
  static constexpr DispatchMember kMembers[] = {
      member<A, &ITAddress::get_State>("State", kGet, IDISPADDRESS | 1),
      member<A, &ITAddress::get_AddressName>("AddressName", kGet, IDISPADDRESS | 2),
      member<A, &ITAddress::get_ServiceProviderName>("ServiceProviderName", kGet, IDISPADDRESS | 3),
      member<A, &ITAddress::get_TAPIObject>("TAPIObject", kGet, IDISPADDRESS | 4),
      member<A, &ITAddress::CreateCall>("CreateCall", kMethod, IDISPADDRESS | 5),
      member<A, &ITAddress::get_Calls>("Calls", kGet, IDISPADDRESS | 6),
      member<A, &ITAddress::get_DialableAddress>("DialableAddress", kGet, IDISPADDRESS | 8),
      member<A, &ITAddress2::get_EventFilter>("EventFilter", kGet, IDISPADDRESS | 21),
      member<A, &ITAddress2::put_EventFilter>("EventFilter", kPut, IDISPADDRESS | 21),
      member<A, &ITAddressCapabilities::get_AddressCapability>("AddressCapability", kGet,
                                                               IDISPADDRESSCAPABILITIES | 1),
      member<A, &ITAddressCapabilities::get_AddressCapabilityString>(
          "AddressCapabilityString", kGet, IDISPADDRESSCAPABILITIES | 2),
      member<A, &ITAddressCapabilities::get_DeviceClasses>("DeviceClasses", kGet,
                                                           IDISPADDRESSCAPABILITIES | 7),
      member<A, &ITMediaSupport::get_MediaTypes>("MediaTypes", kGet, IDISPMEDIASUPPORT | 1),
      member<A, &ITMediaSupport::QueryMediaType>("QueryMediaType", kMethod, IDISPMEDIASUPPORT | 2),
      member<A, &ITTerminalSupport::get_StaticTerminals>("StaticTerminals", kGet,
                                                         IDISPAGGREGATEDMSPADDRESSOBJ | 1),
      member<A, &ITTerminalSupport::get_DynamicTerminalClasses>("DynamicTerminalClasses", kGet,
                                                                IDISPAGGREGATEDMSPADDRESSOBJ | 3),
      member<A, &ITTerminalSupport::CreateTerminal>("CreateTerminal", kMethod,
                                                    IDISPAGGREGATEDMSPADDRESSOBJ | 5),
      member<A, &ITTerminalSupport::GetDefaultStaticTerminal>(
          "DefaultStaticTerminal", kGet | kMethod, IDISPAGGREGATEDMSPADDRESSOBJ | 6),
  };
  return kMembers;
}

}  // namespace switchhook::tapi3
