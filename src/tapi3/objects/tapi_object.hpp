// SPDX-License-Identifier: Apache-2.0
#pragma once

// The TAPI object: the root of the object model, and the connection point of its events.
// Threads: any. Ownership: owns its Application between Initialize and Shutdown; the last release
// shuts down, too. It holds the program's sinks until they are unadvised or it goes itself.

#include "tapi3/com/object.hpp"
#include "tapi3/objects/application.hpp"

namespace switchhook::tapi3 {

class TapiObject final : public ComClass<TapiObject, ITTAPI2, IConnectionPointContainer> {
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

  // IConnectionPointContainer
  HRESULT EnumConnectionPoints(IEnumConnectionPoints** ppEnum);
  HRESULT FindConnectionPoint(REFIID riid, IConnectionPoint** ppCP);

  /// A program's event sink, by one of the two interfaces.
  struct Sink {
    DWORD cookie = 0;
    bool script = false;  ///< advised at the dispinterface
    Com<IUnknown> identity;
    Com<ITTAPIEventNotification> notification;
    Com<IDispatch> dispatch;
  };
  HRESULT advise(bool script, IUnknown* sink, DWORD* cookie);
  HRESULT unadvise(DWORD cookie);
  [[nodiscard]] std::vector<Sink> sinks() const;
  /// On the TAPI thread: calls all sinks, without a lock. True when there was one.
  bool fire(TAPI_EVENT kind, IDispatch* event);

  [[nodiscard]] std::string description() const override { return "TAPI object"; }

 private:
  void on_last_reference() override;
  /// The present Application. TAPI_E_NOT_INITIALIZED.
  HRESULT application(std::shared_ptr<Application>& out) const;

  base::Mutex starting_;  ///< one Initialize at a time
  mutable base::Mutex mutex_;
  std::shared_ptr<Application> application_ SWITCHHOOK_GUARDED_BY(mutex_);
  bool was_initialized_ SWITCHHOOK_GUARDED_BY(mutex_) = false;
  std::vector<Sink> sinks_ SWITCHHOOK_GUARDED_BY(mutex_);
  DWORD last_cookie_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
};

/// Where sinks are advised; `script` = for the dispinterface.
class ConnectionPoint final : public ComClass<ConnectionPoint, IConnectionPoint> {
 public:
  ConnectionPoint(Held<TapiObject> tapi, bool script) : tapi_(std::move(tapi)), script_(script) {}
  HRESULT GetConnectionInterface(IID* piid);
  HRESULT GetConnectionPointContainer(IConnectionPointContainer** ppCPC);
  HRESULT Advise(IUnknown* pUnkSink, DWORD* pdwCookie);
  HRESULT Unadvise(DWORD dwCookie);
  HRESULT EnumConnections(IEnumConnections** ppEnum);
  [[nodiscard]] std::string description() const override { return "connection point"; }

 private:
  const Held<TapiObject> tapi_;
  const bool script_;
};

}  // namespace switchhook::tapi3
