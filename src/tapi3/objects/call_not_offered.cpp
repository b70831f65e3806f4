// SPDX-License-Identifier: Apache-2.0
// What the Call object knows by name only: conference, park, pickup,
// quality of service, dialling afterwards, dynamic terminals. Each answers TAPI_E_NOTSUPPORTED and
// nulls its [out] pointer. And its table for late binding.
#include "tapi3/objects/call_object.hpp"

namespace switchhook::tapi3 {

HRESULT CallObject::Conference(ITBasicCallControl*, VARIANT_BOOL) {
  return TAPI_E_NOTSUPPORTED;
}
HRESULT CallObject::SwapHold(ITBasicCallControl*) {
  return TAPI_E_NOTSUPPORTED;
}
HRESULT CallObject::ParkDirect(BSTR) {
  return TAPI_E_NOTSUPPORTED;
}
HRESULT CallObject::ParkIndirect(BSTR* ppNonDirAddress) {
  if (ppNonDirAddress == nullptr) return E_POINTER;
  *ppNonDirAddress = nullptr;
  return TAPI_E_NOTSUPPORTED;
}
HRESULT CallObject::Unpark() {
  return TAPI_E_NOTSUPPORTED;
}
HRESULT CallObject::SetQOS(long, QOS_SERVICE_LEVEL) {
  return TAPI_E_NOTSUPPORTED;
}
HRESULT CallObject::Pickup(BSTR) {
  return TAPI_E_NOTSUPPORTED;
}
HRESULT CallObject::Dial(BSTR) {
  return TAPI_E_NOTSUPPORTED;
}
HRESULT CallObject::RemoveFromConference() {
  return TAPI_E_NOTSUPPORTED;
}
HRESULT CallObject::RequestTerminal(BSTR, long, TERMINAL_DIRECTION, ITTerminal** ppTerminal) {
  if (ppTerminal == nullptr) return E_POINTER;
  *ppTerminal = nullptr;
  return TAPI_E_NOTSUPPORTED;
}

std::span<const DispatchMember> CallObject::members() {
  using namespace dispatch;
  using C = CallObject;
  static constexpr DispatchMember kMembers[] = {
      member<C, &ITCallInfo::get_Address>("Address", kGet, IDISPCALLINFO | 1),
      member<C, &ITCallInfo::get_CallState>("CallState", kGet, IDISPCALLINFO | 2),
      member<C, &ITCallInfo::get_Privilege>("Privilege", kGet, IDISPCALLINFO | 3),
      member<C, &ITCallInfo::get_CallHub>("CallHub", kGet, IDISPCALLINFO | 4),
      member<C, &ITCallInfo::get_CallInfoLong>("CallInfoLong", kGet, IDISPCALLINFO | 5),
      member<C, &ITCallInfo::put_CallInfoLong>("CallInfoLong", kPut, IDISPCALLINFO | 5),
      member<C, &ITCallInfo::get_CallInfoString>("CallInfoString", kGet, IDISPCALLINFO | 6),
      member<C, &ITCallInfo::put_CallInfoString>("CallInfoString", kPut, IDISPCALLINFO | 6),
      member<C, &ITCallInfo::get_CallInfoBuffer>("CallInfoBuffer", kGet, IDISPCALLINFO | 7),
      member<C, &ITCallInfo::put_CallInfoBuffer>("CallInfoBuffer", kPut, IDISPCALLINFO | 7),
      member<C, &ITCallInfo::ReleaseUserUserInfo>("ReleaseUserUserInfo", kMethod,
                                                  IDISPCALLINFO | 10),
      member<C, &ITCallInfo2::get_EventFilter>("EventFilter", kGet, IDISPCALLINFO | 11),
      member<C, &ITCallInfo2::put_EventFilter>("EventFilter", kPut, IDISPCALLINFO | 11),
      member<C, &ITBasicCallControl::Connect>("Connect", kMethod, IDISPBASICCALLCONTROL | 1),
      member<C, &ITBasicCallControl::Answer>("Answer", kMethod, IDISPBASICCALLCONTROL | 2),
      member<C, &ITBasicCallControl::Disconnect>("Disconnect", kMethod, IDISPBASICCALLCONTROL | 3),
      member<C, &ITBasicCallControl::Hold>("Hold", kMethod, IDISPBASICCALLCONTROL | 4),
      member<C, &ITBasicCallControl::HandoffDirect>("HandoffDirect", kMethod,
                                                    IDISPBASICCALLCONTROL | 5),
      member<C, &ITBasicCallControl::HandoffIndirect>("HandoffIndirect", kMethod,
                                                      IDISPBASICCALLCONTROL | 6),
      member<C, &ITBasicCallControl::Transfer>("Transfer", kMethod, IDISPBASICCALLCONTROL | 8),
      member<C, &ITBasicCallControl::BlindTransfer>("BlindTransfer", kMethod,
                                                    IDISPBASICCALLCONTROL | 9),
      member<C, &ITBasicCallControl::Finish>("Finish", kMethod, IDISPBASICCALLCONTROL | 17),
      member<C, &ITBasicCallControl2::SelectTerminalOnCall>("SelectTerminalOnCall", kMethod,
                                                            IDISPBASICCALLCONTROL | 20),
      member<C, &ITBasicCallControl2::UnselectTerminalOnCall>("UnselectTerminalOnCall", kMethod,
                                                              IDISPBASICCALLCONTROL | 21),
      member<C, &ITStreamControl::get_Streams>("Streams", kGet, IDISPAGGREGATEDMSPCALLOBJ | 4),
  };
  return kMembers;
}

}  // namespace switchhook::tapi3
