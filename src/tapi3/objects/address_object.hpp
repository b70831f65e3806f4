// SPDX-License-Identifier: Apache-2.0
#pragma once

// The Address object: a line, as TAPI 3 sees it, with its capabilities and its two static
// terminals. One for each line and Application; the same one each time it is asked for. Threads:
// any. Ownership: while the program (or a call) uses it, it holds the TAPI object; it keeps its
// terminals.

#include <array>

#include "api/messages.hpp"
#include "tapi3/com/dispatch.hpp"
#include "tapi3/events/event_filter.hpp"

#include "base/mutex.hpp"

namespace switchhook::tapi3 {

class Application;
class TapiObject;
class TerminalObject;

class AddressObject final : public ComClass<AddressObject, ITAddress2, ITAddressCapabilities,
                                            ITMediaSupport, ITTerminalSupport> {
 public:
  using Identity = ITAddress2;
  static constexpr GUID kImplementation = {
      0x5c3f1a02, 0x1d77, 0x4c55, {0x9a, 0x31, 0x53, 0x77, 0x69, 0x74, 0x63, 0x02}};

  AddressObject(const Keep<TapiObject>& tapi, std::shared_ptr<Application> application,
                const LineInfo& info, const EventFilter& filter);
  ~AddressObject() override;

  // ITAddress2
  STDMETHODIMP get_State(ADDRESS_STATE* pAddressState) override;
  STDMETHODIMP get_AddressName(BSTR* ppName) override;
  STDMETHODIMP get_ServiceProviderName(BSTR* ppName) override;
  STDMETHODIMP get_TAPIObject(ITTAPI** ppTapiObject) override;
  STDMETHODIMP CreateCall(BSTR pDestAddress, long lAddressType, long lMediaTypes,
                          ITBasicCallControl** ppCall) override;
  STDMETHODIMP get_Calls(VARIANT* pVariant) override;
  STDMETHODIMP EnumerateCalls(IEnumCall** ppCallEnum) override;
  STDMETHODIMP get_DialableAddress(BSTR* pDialableAddress) override;
  STDMETHODIMP CreateForwardInfoObject(ITForwardInformation** ppForwardInfo) override;
  STDMETHODIMP Forward(ITForwardInformation* pForwardInfo, ITBasicCallControl* pCall) override;
  STDMETHODIMP get_CurrentForwardInfo(ITForwardInformation** ppForwardInfo) override;
  STDMETHODIMP put_MessageWaiting(VARIANT_BOOL fMessageWaiting) override;
  STDMETHODIMP get_MessageWaiting(VARIANT_BOOL* pfMessageWaiting) override;
  STDMETHODIMP put_DoNotDisturb(VARIANT_BOOL fDoNotDisturb) override;
  STDMETHODIMP get_DoNotDisturb(VARIANT_BOOL* pfDoNotDisturb) override;
  STDMETHODIMP get_Phones(VARIANT* pPhones) override;
  STDMETHODIMP EnumeratePhones(IEnumPhone** ppEnumPhone) override;
  STDMETHODIMP GetPhoneFromTerminal(ITTerminal* pTerminal, ITPhone** ppPhone) override;
  STDMETHODIMP get_PreferredPhones(VARIANT* pPhones) override;
  STDMETHODIMP EnumeratePreferredPhones(IEnumPhone** ppEnumPhone) override;
  STDMETHODIMP get_EventFilter(TAPI_EVENT TapiEvent, long lSubEvent,
                               VARIANT_BOOL* pEnable) override;
  STDMETHODIMP put_EventFilter(TAPI_EVENT TapiEvent, long lSubEvent, VARIANT_BOOL bEnable) override;
  STDMETHODIMP DeviceSpecific(ITCallInfo* pCall, BYTE* pParams, DWORD dwSize) override;
  STDMETHODIMP DeviceSpecificVariant(ITCallInfo* pCall, VARIANT varDevSpecificByteArray) override;
  STDMETHODIMP NegotiateExtVersion(long lLowVersion, long lHighVersion,
                                   long* plExtVersion) override;

  // ITAddressCapabilities
  STDMETHODIMP get_AddressCapability(ADDRESS_CAPABILITY AddressCap, long* plCapability) override;
  STDMETHODIMP get_AddressCapabilityString(ADDRESS_CAPABILITY_STRING AddressCapString,
                                           BSTR* ppCapabilityString) override;
  STDMETHODIMP get_CallTreatments(VARIANT* pVariant) override;
  STDMETHODIMP EnumerateCallTreatments(IEnumBstr** ppEnumCallTreatment) override;
  STDMETHODIMP get_CompletionMessages(VARIANT* pVariant) override;
  STDMETHODIMP EnumerateCompletionMessages(IEnumBstr** ppEnumCompletionMessage) override;
  STDMETHODIMP get_DeviceClasses(VARIANT* pVariant) override;
  STDMETHODIMP EnumerateDeviceClasses(IEnumBstr** ppEnumDeviceClass) override;

  // ITMediaSupport
  STDMETHODIMP get_MediaTypes(long* plMediaTypes) override;
  STDMETHODIMP QueryMediaType(long lMediaType, VARIANT_BOOL* pfSupport) override;

  // ITTerminalSupport
  STDMETHODIMP get_StaticTerminals(VARIANT* pVariant) override;
  STDMETHODIMP EnumerateStaticTerminals(IEnumTerminal** ppTerminalEnumerator) override;
  STDMETHODIMP get_DynamicTerminalClasses(VARIANT* pVariant) override;
  STDMETHODIMP EnumerateDynamicTerminalClasses(
      IEnumTerminalClass** ppTerminalClassEnumerator) override;
  STDMETHODIMP CreateTerminal(BSTR pTerminalClass, long lMediaType, TERMINAL_DIRECTION Direction,
                              ITTerminal** ppTerminal) override;
  STDMETHODIMP GetDefaultStaticTerminal(long lMediaType, TERMINAL_DIRECTION Direction,
                                        ITTerminal** ppTerminal) override;

  // ---- for the other rooms of this face
  [[nodiscard]] api::LineId line() const { return line_; }
  [[nodiscard]] LineInfo info() const;
  [[nodiscard]] std::shared_ptr<Application> shared_application() const { return application_; }
  void update(const LineInfo& info);
  void set_in_service(bool in_service);
  [[nodiscard]] bool wants(std::uint32_t kind, long value) const;
  [[nodiscard]] EventFilter filter() const;
  void set_filter(const EventFilter& filter);
  void track_hubs(bool wanted);
  [[nodiscard]] bool tracks_hubs() const;

  static std::span<const DispatchMember> members();
  [[nodiscard]] std::string description() const override;
  [[nodiscard]] const void* owner() const override { return application_.get(); }

 private:
  void on_first_reference() override;
  void on_last_reference() override;
  std::vector<Com<ITTerminal>> terminals();

  const Keep<TapiObject> tapi_;
  const std::shared_ptr<Application> application_;
  const api::LineId line_;
  std::array<Keep<TerminalObject>, 2> terminals_;  ///< made once, constant
  mutable base::Mutex mutex_;
  LineInfo info_ SWITCHHOOK_GUARDED_BY(mutex_);
  EventFilter filter_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool tracks_hubs_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
};

}  // namespace switchhook::tapi3
