// SPDX-License-Identifier: Apache-2.0
#pragma once

// The Address object: a line, as TAPI 3 sees it, with its capabilities and its two static
// terminals. One for each line and Application; the same one each time it is asked for. Threads:
// any. Ownership: while the program (or a call) uses it, it holds the TAPI object; it keeps its
// terminals.

#include <array>

#include "api/messages.hpp"
#include "tapi3/com/object.hpp"
#include "tapi3/events/event_filter.hpp"

#include "base/mutex.hpp"

namespace switchhook::tapi3 {

class Application;
class TapiObject;
class TerminalObject;

class AddressObject final : public ComClass<AddressObject, ITAddress2, ITAddressCapabilities,
                                            ITMediaSupport, ITTerminalSupport> {
 public:
  static constexpr GUID kImplementation = {
      0x5c3f1a02, 0x1d77, 0x4c55, {0x9a, 0x31, 0x53, 0x77, 0x69, 0x74, 0x63, 0x02}};

  AddressObject(const Keep<TapiObject>& tapi, std::shared_ptr<Application> application,
                const LineInfo& info, const EventFilter& filter);
  ~AddressObject() override;

  [[nodiscard]] HRESULT usable() const;

  // ITAddress2
  HRESULT get_State(ADDRESS_STATE* pAddressState);
  HRESULT get_AddressName(BSTR* ppName);
  HRESULT get_ServiceProviderName(BSTR* ppName);
  HRESULT get_TAPIObject(ITTAPI** ppTapiObject);
  HRESULT CreateCall(BSTR pDestAddress, long lAddressType, long lMediaTypes,
                     ITBasicCallControl** ppCall);
  HRESULT get_Calls(VARIANT* pVariant);
  HRESULT EnumerateCalls(IEnumCall** ppCallEnum);
  HRESULT get_DialableAddress(BSTR* pDialableAddress);
  HRESULT get_EventFilter(TAPI_EVENT TapiEvent, long lSubEvent, VARIANT_BOOL* pEnable);
  HRESULT put_EventFilter(TAPI_EVENT TapiEvent, long lSubEvent, VARIANT_BOOL bEnable);

  // ITAddressCapabilities
  HRESULT get_AddressCapability(ADDRESS_CAPABILITY AddressCap, long* plCapability);
  HRESULT get_AddressCapabilityString(ADDRESS_CAPABILITY_STRING AddressCapString,
                                      BSTR* ppCapabilityString);
  HRESULT get_DeviceClasses(VARIANT* pVariant);
  HRESULT EnumerateDeviceClasses(IEnumBstr** ppEnumDeviceClass);

  // ITMediaSupport
  HRESULT get_MediaTypes(long* plMediaTypes);
  HRESULT QueryMediaType(long lMediaType, VARIANT_BOOL* pfSupport);

  // ITTerminalSupport
  HRESULT get_StaticTerminals(VARIANT* pVariant);
  HRESULT EnumerateStaticTerminals(IEnumTerminal** ppTerminalEnumerator);
  HRESULT get_DynamicTerminalClasses(VARIANT* pVariant);
  HRESULT EnumerateDynamicTerminalClasses(IEnumTerminalClass** ppTerminalClassEnumerator);
  HRESULT GetDefaultStaticTerminal(long lMediaType, TERMINAL_DIRECTION Direction,
                                   ITTerminal** ppTerminal);

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
