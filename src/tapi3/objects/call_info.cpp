// SPDX-License-Identifier: Apache-2.0
// What a call answers, before, during and after: ITCallInfo, event filters, streams.
#include <cstring>

#include "base/limits.hpp"
#include "tapi3/com/collections.hpp"
#include "tapi3/objects/call_object.hpp"
#include "tapi3/objects/media_objects.hpp"

namespace switchhook::tapi3 {

namespace {

long address_type_of(const std::string& address) {
  return address.find('@') != std::string::npos ? LINEADDRESSTYPE_EMAILNAME
                                                : LINEADDRESSTYPE_PHONENUMBER;
}

}  // namespace

Result<api::CallSnapshot> CallObject::snapshot() {
  api::CallId call;
  {
    base::Lock lock(mutex_);
    if (!id_ || lost_) return Error{lost_.value_or(Errc::stale_handle), {}};
    call = id_;
  }
  return application_->perform_for<api::CallSnapshot>(api::GetCall{call});
}

HRESULT CallObject::get_Address(ITAddress** ppAddress) {
  return address_->give(ppAddress);
}

HRESULT CallObject::get_CallState(CALL_STATE* pCallState) {
  *pCallState = state();
  return S_OK;
}

HRESULT CallObject::get_Privilege(CALL_PRIVILEGE* pPrivilege) {
  *pPrivilege = privilege() == Privilege::owner ? CP_OWNER : CP_MONITOR;
  return S_OK;
}

HRESULT CallObject::get_CallHub(ITCallHub** ppCallHub) {
  const std::uint32_t call_id = this->call_id();
  if (call_id == 0) return TAPI_E_INVALCALLSTATE;
  return application_->hub(call_id)->give(ppCallHub);
}

// ---- long properties

HRESULT CallObject::get_CallInfoLong(CALLINFO_LONG CallInfoLong, long* plCallInfoLongVal) {
  if (CallInfoLong < CIL_MEDIATYPESAVAILABLE || CallInfoLong > CIL_MONITORMEDIAMODES)
    return E_INVALIDARG;
  {
    base::Lock lock(mutex_);
    if (const auto asked = asked_.find(CallInfoLong); asked != asked_.end()) {
      *plCallInfoLongVal = asked->second;
      return S_OK;
    }
    if (!id_) {
      switch (CallInfoLong) {
        case CIL_MEDIATYPESAVAILABLE:
          *plCallInfoLongVal = media_types_of(plan_.media_modes);
          return S_OK;
        case CIL_APPSPECIFIC:
          *plCallInfoLongVal = static_cast<std::int32_t>(plan_.app_specific);
          return S_OK;
        case CIL_BEARERMODE:
          *plCallInfoLongVal = LINEBEARERMODE_VOICE;
          return S_OK;
        default:
          return TAPI_E_INVALCALLSTATE;
      }
    }
  }
  Result<api::CallSnapshot> now = snapshot();
  if (!now) return hresult_of(now);
  const Record& record = now->record;
  const bool outgoing = record.direction == Direction::outgoing;
  long value = 0;
  switch (CallInfoLong) {
    case CIL_MEDIATYPESAVAILABLE:
      value = media_types_of(record.media_modes);
      break;
    case CIL_BEARERMODE:
      value = LINEBEARERMODE_VOICE;
      break;
    case CIL_CALLERIDADDRESSTYPE:
      value = address_type_of(record.parties.calling.address);
      break;
    case CIL_CALLEDIDADDRESSTYPE:
      value = address_type_of(record.parties.called.address);
      break;
    case CIL_CONNECTEDIDADDRESSTYPE:
      value = address_type_of(record.parties.connected.address);
      break;
    case CIL_REDIRECTIONIDADDRESSTYPE:
      value = address_type_of(record.parties.redirection.address);
      break;
    case CIL_REDIRECTINGIDADDRESSTYPE:
      value = address_type_of(record.parties.redirecting.address);
      break;
    case CIL_ORIGIN:
      value = outgoing ? LINECALLORIGIN_OUTBOUND : LINECALLORIGIN_INBOUND;
      break;
    case CIL_REASON:
      value = record.parties.redirecting.address.empty() ? LINECALLREASON_DIRECT
                                                         : LINECALLREASON_REDIRECT;
      break;
    case CIL_APPSPECIFIC:
      value = static_cast<std::int32_t>(record.app_specific);
      break;
    case CIL_CALLID:
      value = static_cast<std::int32_t>(record.call_id);
      break;
    case CIL_RELATEDCALLID:
      value = static_cast<std::int32_t>(record.related_call_id);
      break;
    case CIL_NUMBEROFOWNERS:
      value = static_cast<long>(now->owners);
      break;
    case CIL_NUMBEROFMONITORS:
      value = static_cast<long>(now->monitors);
      break;
    case CIL_TRUNK:
      value = -1;  // not known
      break;
    case CIL_MONITORDIGITMODES:
      value = static_cast<long>(now->monitored_digits);
      break;
    case CIL_COUNTRYCODE:
    case CIL_COMPLETIONID:
    case CIL_MONITORMEDIAMODES:
      value = 0;  // none
      break;
    case CIL_CALLPARAMSFLAGS:
    case CIL_CALLTREATMENT:
    case CIL_MINRATE:
    case CIL_MAXRATE:
    case CIL_RATE:
    case CIL_GENERATEDIGITDURATION:
      return TAPI_E_NOTSUPPORTED;
  }
  *plCallInfoLongVal = value;
  return S_OK;
}

/// What Connect will ask of the line, as LINECALLPARAMS has it in TAPI 2; E_INVALIDARG for what no
/// line gives.
HRESULT CallObject::ask_for(CALLINFO_LONG which, long value) {
  base::Lock lock(mutex_);
  const auto asked = [this](CALLINFO_LONG other) SWITCHHOOK_REQUIRES(mutex_) {
    const auto found = asked_.find(other);
    return found == asked_.end() ? 0 : found->second;
  };
  bool given = value >= 0;
  switch (which) {
    case CIL_BEARERMODE:
      given = value == LINEBEARERMODE_VOICE;
      break;
    case CIL_CALLPARAMSFLAGS:
      given = (value & ~(LINECALLPARAMFLAGS_IDLE | LINECALLPARAMFLAGS_ORIGOFFHOOK)) == 0;
      break;
    case CIL_MINRATE:
      given = given && (asked(CIL_MAXRATE) == 0 || value <= asked(CIL_MAXRATE));
      break;
    case CIL_MAXRATE:
      given = given && (value == 0 || asked(CIL_MINRATE) <= value);
      break;
    default:
      return TAPI_E_NOTSUPPORTED;
  }
  if (id_ || connecting_ || state_ != CS_IDLE) return TAPI_E_INVALCALLSTATE;
  if (!given) return E_INVALIDARG;
  asked_[which] = value;
  return S_OK;
}

HRESULT CallObject::put_CallInfoLong(CALLINFO_LONG CallInfoLong, long lCallInfoLongVal) {
  if (CallInfoLong < CIL_MEDIATYPESAVAILABLE || CallInfoLong > CIL_MONITORMEDIAMODES)
    return E_INVALIDARG;
  if (CallInfoLong != CIL_APPSPECIFIC) return ask_for(CallInfoLong, lCallInfoLongVal);
  const auto value = static_cast<std::uint32_t>(lCallInfoLongVal);
  api::CallId call;
  {
    base::Lock lock(mutex_);
    call = id_;
    if (!call) plan_.app_specific = value;
  }
  if (!call) return S_OK;
  return hresult_of(application_->perform(api::SetAppSpecific{call, value}));
}

// ---- text properties

Result<std::string> CallObject::text_of(CALLINFO_STRING which) {
  {
    base::Lock lock(mutex_);
    if (!id_) {
      switch (which) {
        case CIS_CALLEDIDNUMBER:
        case CIS_DISPLAYABLEADDRESS:
          return plan_.address;
        case CIS_CALLEDPARTYFRIENDLYNAME:
          return plan_.called_party;
        case CIS_COMMENT:
          return plan_.comment;
        case CIS_CALLINGPARTYID:
          return plan_.calling.address;
        default:
          return Errc::invalid_state;
      }
    }
  }
  Result<api::CallSnapshot> now = snapshot();
  if (!now) return std::move(now).error();
  const Parties& parties = now->record.parties;
  switch (which) {
    case CIS_CALLERIDNAME:
      return parties.calling.name;
    case CIS_CALLERIDNUMBER:
    case CIS_CALLINGPARTYID:
      return parties.calling.address;
    case CIS_CALLEDIDNAME:
    case CIS_CALLEDPARTYFRIENDLYNAME:
      return parties.called.name;
    case CIS_CALLEDIDNUMBER:
    case CIS_DISPLAYABLEADDRESS:
      return parties.called.address;
    case CIS_CONNECTEDIDNAME:
      return parties.connected.name;
    case CIS_CONNECTEDIDNUMBER:
      return parties.connected.address;
    case CIS_REDIRECTIONIDNAME:
      return parties.redirection.name;
    case CIS_REDIRECTIONIDNUMBER:
      return parties.redirection.address;
    case CIS_REDIRECTINGIDNAME:
      return parties.redirecting.name;
    case CIS_REDIRECTINGIDNUMBER:
      return parties.redirecting.address;
    case CIS_COMMENT:
      return now->record.comment;
  }
  return Errc::invalid_argument;
}

HRESULT CallObject::get_CallInfoString(CALLINFO_STRING CallInfoString, BSTR* ppCallInfoString) {
  if (CallInfoString < CIS_CALLERIDNAME || CallInfoString > CIS_CALLINGPARTYID) return E_INVALIDARG;
  Result<std::string> text = text_of(CallInfoString);
  return text ? give_text(*text, ppCallInfoString) : hresult_of(text);
}

HRESULT CallObject::put_CallInfoString(CALLINFO_STRING CallInfoString, BSTR pCallInfoString) {
  std::string text = utf8_of(pCallInfoString);
  base::Lock lock(mutex_);
  std::string* to = nullptr;
  std::size_t limit = limits::kNameBytes;
  switch (CallInfoString) {
    case CIS_CALLEDPARTYFRIENDLYNAME:
      to = &plan_.called_party;
      break;
    case CIS_COMMENT:
      to = &plan_.comment;
      limit = limits::kCommentBytes;
      break;
    case CIS_CALLINGPARTYID:
      to = &plan_.calling.address;
      limit = limits::kAddressBytes;
      break;
    case CIS_DISPLAYABLEADDRESS:
      return TAPI_E_NOTSUPPORTED;
    default:
      return E_INVALIDARG;  // told by the network, never by the program
  }
  if (id_ || connecting_ || state_ != CS_IDLE) return TAPI_E_INVALCALLSTATE;
  if (text.size() > limit) return E_INVALIDARG;
  *to = std::move(text);
  return S_OK;
}

// ---- buffers

Result<std::vector<std::uint8_t>> CallObject::bytes_of(CALLINFO_BUFFER which) {
  if (which != CIB_USERUSERINFO) return Errc::unsupported;
  {
    base::Lock lock(mutex_);
    if (!id_) return plan_.user_info;
  }
  Result<api::CallSnapshot> now = snapshot();
  if (!now) return std::move(now).error();
  return std::move(now->record.user_info_received);
}

HRESULT CallObject::put_bytes(CALLINFO_BUFFER which, const BYTE* bytes, std::size_t size) {
  if (HRESULT hr = usable(); FAILED(hr)) return hr;
  if (which != CIB_USERUSERINFO) return TAPI_E_NOTSUPPORTED;
  if (size > address_->info().user_info_max) return TAPI_E_USERUSERINFOTOOBIG;
  base::Lock lock(mutex_);
  if (id_ || connecting_ || state_ != CS_IDLE) return TAPI_E_INVALCALLSTATE;
  plan_.user_info.assign(bytes, bytes + size);
  return S_OK;
}

HRESULT CallObject::get_CallInfoBuffer(CALLINFO_BUFFER CallInfoBuffer, VARIANT* ppCallInfoBuffer) {
  Result<std::vector<std::uint8_t>> bytes = bytes_of(CallInfoBuffer);
  if (!bytes) return hresult_of(bytes);
  SAFEARRAY* array = SafeArrayCreateVector(VT_UI1, 0, static_cast<ULONG>(bytes->size()));
  if (array == nullptr) return E_OUTOFMEMORY;
  if (!bytes->empty()) std::memcpy(array->pvData, bytes->data(), bytes->size());
  ppCallInfoBuffer->vt = VT_ARRAY | VT_UI1;
  ppCallInfoBuffer->parray = array;
  return S_OK;
}

HRESULT CallObject::put_CallInfoBuffer(CALLINFO_BUFFER CallInfoBuffer, VARIANT pCallInfoBuffer) {
  if (pCallInfoBuffer.vt != (VT_ARRAY | VT_UI1) || pCallInfoBuffer.parray == nullptr ||
      SafeArrayGetDim(pCallInfoBuffer.parray) != 1)
    return E_INVALIDARG;
  void* bytes = nullptr;
  if (HRESULT hr = SafeArrayAccessData(pCallInfoBuffer.parray, &bytes); FAILED(hr)) return hr;
  const HRESULT hr = put_bytes(CallInfoBuffer, static_cast<const BYTE*>(bytes),
                               pCallInfoBuffer.parray->rgsabound[0].cElements);
  SafeArrayUnaccessData(pCallInfoBuffer.parray);
  return hr;
}

HRESULT CallObject::GetCallInfoBuffer(CALLINFO_BUFFER CallInfoBuffer, DWORD* pdwSize,
                                      BYTE** ppCallInfoBuffer) {
  *pdwSize = 0;
  Result<std::vector<std::uint8_t>> bytes = bytes_of(CallInfoBuffer);
  if (!bytes) return hresult_of(bytes);
  if (bytes->empty()) return S_OK;
  auto* copy = static_cast<BYTE*>(CoTaskMemAlloc(bytes->size()));
  if (copy == nullptr) return E_OUTOFMEMORY;
  std::memcpy(copy, bytes->data(), bytes->size());
  *pdwSize = static_cast<DWORD>(bytes->size());
  *ppCallInfoBuffer = copy;
  return S_OK;
}

HRESULT CallObject::SetCallInfoBuffer(CALLINFO_BUFFER CallInfoBuffer, DWORD dwSize,
                                      BYTE* pCallInfoBuffer) {
  if (pCallInfoBuffer == nullptr && dwSize != 0) return E_POINTER;
  return put_bytes(CallInfoBuffer, pCallInfoBuffer, dwSize);
}

HRESULT CallObject::ReleaseUserUserInfo() {
  const api::CallId call = id();
  if (!call) return TAPI_E_INVALCALLSTATE;
  return hresult_of(application_->perform(api::ReleaseUserInfo{call}));
}

// ---- event filter

HRESULT CallObject::get_EventFilter(TAPI_EVENT TapiEvent, long lSubEvent, VARIANT_BOOL* pEnable) {
  if (!EventFilter::valid(TapiEvent, lSubEvent)) return E_INVALIDARG;
  *pEnable = wants(TapiEvent, lSubEvent) ? VARIANT_TRUE : VARIANT_FALSE;
  return S_OK;
}

HRESULT CallObject::put_EventFilter(TAPI_EVENT TapiEvent, long lSubEvent, VARIANT_BOOL bEnable) {
  base::Lock lock(mutex_);
  return filter_.set(TapiEvent, lSubEvent, bEnable != VARIANT_FALSE) ? S_OK : E_INVALIDARG;
}

// ---- streams

namespace {

std::vector<Com<ITStream>> interfaces_of(const std::vector<Keep<StreamObject>>& streams) {
  std::vector<Com<ITStream>> all;
  for (const Keep<StreamObject>& stream : streams) all.emplace_back(stream->face<ITStream>());
  return all;
}

}  // namespace

HRESULT CallObject::EnumerateStreams(IEnumStream** ppEnumStream) {
  return give_enumerator(interfaces_of(streams_), owner(), ppEnumStream);
}

HRESULT CallObject::get_Streams(VARIANT* pVariant) {
  return give_collection(interfaces_of(streams_), owner(), pVariant);
}

}  // namespace switchhook::tapi3
