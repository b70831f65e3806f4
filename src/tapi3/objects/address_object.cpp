// SPDX-License-Identifier: Apache-2.0
#include "tapi3/objects/address_object.hpp"

#include "base/limits.hpp"
#include "tapi3/com/collections.hpp"
#include "tapi3/objects/application.hpp"
#include "tapi3/objects/call_object.hpp"
#include "tapi3/objects/media_objects.hpp"
#include "tapi3/objects/tapi_object.hpp"

namespace switchhook::tapi3 {

AddressObject::AddressObject(const Keep<TapiObject>& tapi, std::shared_ptr<Application> application,
                             const LineInfo& info, const EventFilter& filter)
    : tapi_(tapi),
      application_(std::move(application)),
      line_(info.id),
      info_(info),
      filter_(filter) {
  constexpr TERMINAL_DIRECTION kDirections[] = {TD_CAPTURE, TD_RENDER};
  for (std::size_t i = 0; i < terminals_.size(); ++i)
    terminals_[i] = Keep<TerminalObject>(make<TerminalObject>(application_, kDirections[i]).get());
}

AddressObject::~AddressObject() = default;

void AddressObject::on_first_reference() {
  tapi_->hold();
}

void AddressObject::on_last_reference() {
  tapi_->unhold();
}

std::string AddressObject::description() const {
  return "address " + info().name;
}

LineInfo AddressObject::info() const {
  base::Lock lock(mutex_);
  return info_;
}

void AddressObject::update(const LineInfo& info) {
  base::Lock lock(mutex_);
  info_ = info;
}

void AddressObject::set_in_service(bool in_service) {
  base::Lock lock(mutex_);
  info_.in_service = in_service;
}

bool AddressObject::wants(std::uint32_t kind, long value) const {
  base::Lock lock(mutex_);
  return filter_.wants(kind, value);
}

EventFilter AddressObject::filter() const {
  base::Lock lock(mutex_);
  return filter_;
}

void AddressObject::set_filter(const EventFilter& filter) {
  base::Lock lock(mutex_);
  filter_ = filter;
}

void AddressObject::track_hubs(bool wanted) {
  base::Lock lock(mutex_);
  tracks_hubs_ = wanted;
}

bool AddressObject::tracks_hubs() const {
  base::Lock lock(mutex_);
  return tracks_hubs_;
}

// ---- ITAddress

HRESULT AddressObject::usable() const {
  return application_->usable();
}

HRESULT AddressObject::get_State(ADDRESS_STATE* pAddressState) {
  Result<api::LineStatus> status =
      application_->perform_for<api::LineStatus>(api::GetLineStatus{line_});
  if (!status) return hresult_of(status);
  update(status->info);
  *pAddressState =
      status->info.in_service && !status->info.removed ? AS_INSERVICE : AS_OUTOFSERVICE;
  return S_OK;
}

HRESULT AddressObject::get_AddressName(BSTR* ppName) {
  return give_text(info().name, ppName);
}

HRESULT AddressObject::get_ServiceProviderName(BSTR* ppName) {
  return give_text(info().provider, ppName);
}

HRESULT AddressObject::get_TAPIObject(ITTAPI** ppTapiObject) {
  return tapi_->give(ppTapiObject);
}

HRESULT AddressObject::CreateCall(BSTR pDestAddress, long lAddressType, long lMediaTypes,
                                  ITBasicCallControl** ppCall) {
  constexpr long kTypes = LINEADDRESSTYPE_PHONENUMBER | LINEADDRESSTYPE_EMAILNAME |
                          LINEADDRESSTYPE_DOMAINNAME | LINEADDRESSTYPE_IPADDRESS;
  if (lAddressType != 0 && (lAddressType & ~kTypes) != 0) return TAPI_E_INVALADDRESSTYPE;
  const std::uint32_t modes = media_modes_of(lMediaTypes) & info().media_modes;
  if (lMediaTypes != 0 && modes == 0) return TAPI_E_INVALIDMEDIATYPE;
  std::string destination = utf8_of(pDestAddress);
  if (destination.size() > limits::kAddressBytes) return TAPI_E_INVALADDRESS;
  return make<CallObject>(Held<AddressObject>(this), std::move(destination),
                          modes != 0 ? modes : media::kVoice)
      ->give(ppCall);
}

HRESULT AddressObject::get_Calls(VARIANT* pVariant) {
  return give_collection(application_->show_calls(application_->calls(this)), owner(), pVariant);
}

HRESULT AddressObject::EnumerateCalls(IEnumCall** ppCallEnum) {
  return give_enumerator(application_->show_calls(application_->calls(this)), owner(), ppCallEnum);
}

HRESULT AddressObject::get_DialableAddress(BSTR* pDialableAddress) {
  return give_text(info().address, pDialableAddress);
}

HRESULT AddressObject::get_EventFilter(TAPI_EVENT TapiEvent, long lSubEvent,
                                       VARIANT_BOOL* pEnable) {
  if (!EventFilter::valid(TapiEvent, lSubEvent)) return E_INVALIDARG;
  *pEnable = wants(TapiEvent, lSubEvent) ? VARIANT_TRUE : VARIANT_FALSE;
  return S_OK;
}

HRESULT AddressObject::put_EventFilter(TAPI_EVENT TapiEvent, long lSubEvent, VARIANT_BOOL bEnable) {
  base::Lock lock(mutex_);
  return filter_.set(TapiEvent, lSubEvent, bEnable != VARIANT_FALSE) ? S_OK : E_INVALIDARG;
}

// ---- ITAddressCapabilities

HRESULT AddressObject::get_AddressCapability(ADDRESS_CAPABILITY AddressCap, long* plCapability) {
  if (AddressCap < AC_ADDRESSTYPES || AddressCap > AC_GENERATEDIGITDEFAULTDURATION)
    return E_INVALIDARG;
  const LineInfo line = info();
  const long calls = line.calls_max == 0 ? 0x7fffffff : static_cast<long>(line.calls_max);
  constexpr long kPartyIds =
      LINECALLPARTYID_NAME | LINECALLPARTYID_ADDRESS | LINECALLPARTYID_UNKNOWN;
  switch (AddressCap) {
    case AC_ADDRESSTYPES:
      *plCapability = LINEADDRESSTYPE_PHONENUMBER | LINEADDRESSTYPE_EMAILNAME |
                      LINEADDRESSTYPE_DOMAINNAME | LINEADDRESSTYPE_IPADDRESS;
      return S_OK;
    case AC_BEARERMODES:
      *plCapability = LINEBEARERMODE_VOICE;
      return S_OK;
    case AC_MAXACTIVECALLS:
    case AC_MAXONHOLDCALLS:
      *plCapability = calls;
      return S_OK;
    case AC_CALLERIDSUPPORT:
    case AC_CALLEDIDSUPPORT:
    case AC_CONNECTEDIDSUPPORT:
    case AC_REDIRECTIONIDSUPPORT:
    case AC_REDIRECTINGIDSUPPORT:
      *plCapability = kPartyIds;
      return S_OK;
    case AC_DEVCAPFLAGS:
      *plCapability = LINEDEVCAPFLAGS_CLOSEDROP;
      return S_OK;
    case AC_ANSWERMODES:
      *plCapability = LINEANSWERMODE_NONE;
      return S_OK;
    case AC_LINEFEATURES:
      *plCapability = LINEFEATURE_MAKECALL;
      return S_OK;
    case AC_ADDRESSFEATURES:
      *plCapability = LINEADDRFEATURE_MAKECALL;
      return S_OK;
    case AC_CALLFEATURES1:
      *plCapability = LINECALLFEATURE_ANSWER | LINECALLFEATURE_DROP | LINECALLFEATURE_HOLD |
                      LINECALLFEATURE_UNHOLD | LINECALLFEATURE_RELEASEUSERUSERINFO |
                      LINECALLFEATURE_BLINDTRANSFER | LINECALLFEATURE_COMPLETETRANSF |
                      LINECALLFEATURE_SWAPHOLD;
      return S_OK;
    case AC_LINEID:
    case AC_PERMANENTDEVICEID:
      *plCapability = static_cast<long>(line_);
      return S_OK;
    default:
      // The number or the set of something that is not offered: none.
      *plCapability = 0;
      return S_OK;
  }
}

HRESULT AddressObject::get_AddressCapabilityString(ADDRESS_CAPABILITY_STRING AddressCapString,
                                                   BSTR* ppCapabilityString) {
  switch (AddressCapString) {
    case ACS_PROTOCOL:
      *ppCapabilityString = SysAllocString(kTelephoneProtocol);
      return *ppCapabilityString == nullptr ? E_OUTOFMEMORY : S_OK;
    case ACS_PROVIDERSPECIFIC:
      return give_text(info().provider, ppCapabilityString);
    case ACS_ADDRESSDEVICESPECIFIC:
    case ACS_LINEDEVICESPECIFIC:
    case ACS_SWITCHSPECIFIC:
    case ACS_PERMANENTDEVICEGUID:
      return TAPI_E_NOTSUPPORTED;
  }
  return E_INVALIDARG;
}

HRESULT AddressObject::get_DeviceClasses(VARIANT* pVariant) {
  return give_collection(std::vector<std::string>{"tapi/line"}, owner(), pVariant);
}

HRESULT AddressObject::EnumerateDeviceClasses(IEnumBstr** ppEnumDeviceClass) {
  return give_enumerator(std::vector<std::string>{"tapi/line"}, owner(), ppEnumDeviceClass);
}

// ---- ITMediaSupport

HRESULT AddressObject::get_MediaTypes(long* plMediaTypes) {
  *plMediaTypes = media_types_of(info().media_modes);
  return S_OK;
}

HRESULT AddressObject::QueryMediaType(long lMediaType, VARIANT_BOOL* pfSupport) {
  const long offered = media_types_of(info().media_modes);
  *pfSupport = lMediaType != 0 && (lMediaType & ~offered) == 0 ? VARIANT_TRUE : VARIANT_FALSE;
  return S_OK;
}

// ---- ITTerminalSupport

std::vector<Com<ITTerminal>> AddressObject::terminals() {
  std::vector<Com<ITTerminal>> all;
  for (const Keep<TerminalObject>& terminal : terminals_)
    all.emplace_back(terminal->face<ITTerminal>());
  return all;
}

HRESULT AddressObject::get_StaticTerminals(VARIANT* pVariant) {
  return give_collection(terminals(), owner(), pVariant);
}

HRESULT AddressObject::EnumerateStaticTerminals(IEnumTerminal** ppTerminalEnumerator) {
  return give_enumerator(terminals(), owner(), ppTerminalEnumerator);
}

HRESULT AddressObject::get_DynamicTerminalClasses(VARIANT* pVariant) {
  return give_collection(std::vector<std::string>{}, owner(), pVariant);
}

HRESULT AddressObject::EnumerateDynamicTerminalClasses(
    IEnumTerminalClass** ppTerminalClassEnumerator) {
  return give_enumerator(std::vector<GUID>{}, owner(), ppTerminalClassEnumerator);
}

HRESULT AddressObject::GetDefaultStaticTerminal(long lMediaType, TERMINAL_DIRECTION Direction,
                                                ITTerminal** ppTerminal) {
  if (lMediaType != TAPIMEDIATYPE_AUDIO) return TAPI_E_INVALIDMEDIATYPE;
  for (const Keep<TerminalObject>& terminal : terminals_)
    if (terminal->direction() == Direction) return terminal->give(ppTerminal);
  return TAPI_E_INVALIDDIRECTION;
}

}  // namespace switchhook::tapi3
