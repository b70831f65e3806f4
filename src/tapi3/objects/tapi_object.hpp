// SPDX-License-Identifier: Apache-2.0
#pragma once

// The TAPI object: the root of the object model, and the connection point of its events.
// Threads: any. Ownership: owns its Application between Initialize and Shutdown; the last release
// shuts down, too. It holds the program's sinks until they are unadvised or it goes itself.

#include "tapi3/com/connection_points.hpp"
#include "tapi3/objects/application.hpp"

namespace switchhook::tapi3 {

class TapiObject final : public ComClass<TapiObject, ITTAPI2, IConnectionPointContainer>,
                         public ConnectionPoints<TapiObject> {
 public:
  static constexpr GUID kImplementation = {
      0x5c3f1a02, 0x1d77, 0x4c55, {0x9a, 0x31, 0x53, 0x77, 0x69, 0x74, 0x63, 0x05}};

  // ITTAPI2
  HRESULT Initialize();
  HRESULT Shutdown();
  HRESULT get_Addresses(VARIANT* pVariant);
  HRESULT EnumerateAddresses(IEnumAddress** ppEnumAddress);
  HRESULT RegisterCallNotifications(ITAddress* pAddress, VARIANT_BOOL fMonitor, VARIANT_BOOL fOwner,
                                    long lMediaTypes, long lCallbackInstance, long* plRegister);
  HRESULT UnregisterNotifications(long lRegister);
  HRESULT get_CallHubs(VARIANT* pVariant);
  HRESULT EnumerateCallHubs(IEnumCallHub** ppEnumCallHub);
  HRESULT SetCallHubTracking(VARIANT pAddresses, VARIANT_BOOL bTracking);
  HRESULT put_EventFilter(long lFilterMask);
  HRESULT get_EventFilter(long* plFilterMask);
  HRESULT CreateEmptyCollectionObject(ITCollection2** ppCollection);

  [[nodiscard]] std::string description() const override { return "TAPI object"; }

 private:
  void on_last_reference() override;
  /// The present Application. TAPI_E_NOT_INITIALIZED.
  HRESULT application(std::shared_ptr<Application>& out) const;

  base::Mutex starting_;  ///< one Initialize at a time
  mutable base::Mutex mutex_;
  std::shared_ptr<Application> application_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool was_initialized_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
};

}  // namespace switchhook::tapi3
