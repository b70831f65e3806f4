// SPDX-License-Identifier: Apache-2.0
#pragma once

// Connection points: where a program connects its event sinks, by ITTAPIEventNotification or, for
// scripts, by the dispinterface of the same events, and how all of them are called.
// Threads: any; sinks are called without a lock. Ownership: a sink is held until it is unadvised or
// the container goes.

#include <vector>

#include "base/mutex.hpp"
#include "tapi3/com/collections.hpp"

namespace switchhook::tapi3 {

/// A program's event sink, by one of the two interfaces.
struct Sink {
  DWORD cookie = 0;
  bool script = false;  ///< advised at the dispinterface
  Com<IUnknown> identity;
  Com<ITTAPIEventNotification> notification;
  Com<IDispatch> dispatch;
};

class Sinks {
 public:
  HRESULT advise(bool script, IUnknown* sink, DWORD* cookie);
  HRESULT unadvise(DWORD cookie);
  [[nodiscard]] std::vector<Sink> all() const;
  /// Lets go of all of them.
  void clear();
  /// On the TAPI thread: calls all of them. True when there was one.
  bool fire(TAPI_EVENT kind, IDispatch* event) const;

 private:
  mutable base::Mutex mutex_;
  std::vector<Sink> sinks_ SWITCHHOOK_GUARDED_BY(mutex_);
  DWORD last_cookie_ SWITCHHOOK_GUARDED_BY(mutex_) = 0;
};

/// For lists of connections: the sink and its cookie.
template <>
struct ItemOf<Sink> {
  using Out = CONNECTDATA;
  static HRESULT copy(const Sink& from, CONNECTDATA* to) {
    to->pUnk = from.identity.get();
    to->pUnk->AddRef();
    to->dwCookie = from.cookie;
    return S_OK;
  }
  static void undo(CONNECTDATA& item) {
    if (item.pUnk != nullptr) item.pUnk->Release();
    item = CONNECTDATA{};
  }
};

/// Where sinks are advised; `script` = for the dispinterface.
template <typename Container>
class ConnectionPoint final : public ComClass<ConnectionPoint<Container>, IConnectionPoint> {
 public:
  ConnectionPoint(Held<Container> container, bool script)
      : container_(std::move(container)), script_(script) {}
  HRESULT GetConnectionInterface(IID* piid) {
    *piid = script_ ? DIID_ITTAPIDispatchEventNotification : IID_ITTAPIEventNotification;
    return S_OK;
  }
  HRESULT GetConnectionPointContainer(IConnectionPointContainer** ppCPC) {
    return container_->give(ppCPC);
  }
  HRESULT Advise(IUnknown* pUnkSink, DWORD* pdwCookie) {
    return container_->sinks().advise(script_, pUnkSink, pdwCookie);
  }
  HRESULT Unadvise(DWORD dwCookie) { return container_->sinks().unadvise(dwCookie); }
  HRESULT EnumConnections(IEnumConnections** ppEnum) {
    std::vector<Sink> own = container_->sinks().all();
    std::erase_if(own, [this](const Sink& sink) { return sink.script != script_; });
    return give_enumerator(std::move(own), nullptr, ppEnum);
  }
  [[nodiscard]] std::string description() const override { return "connection point"; }

 private:
  const Held<Container> container_;
  const bool script_;
};

/// IConnectionPointContainer of the class `Container`: two points, one for each kind of sink.
template <typename Container>
class ConnectionPoints {
 public:
  HRESULT EnumConnectionPoints(IEnumConnectionPoints** ppEnum) {
    std::vector<Com<IConnectionPoint>> points;
    for (bool script : {false, true})
      points.emplace_back(point(script)->template face<IConnectionPoint>());
    return give_enumerator(std::move(points), static_cast<Container*>(this)->owner(), ppEnum);
  }
  HRESULT FindConnectionPoint(REFIID riid, IConnectionPoint** ppCP) {
    const bool script = IsEqualIID(riid, DIID_ITTAPIDispatchEventNotification);
    if (!script && !IsEqualIID(riid, IID_ITTAPIEventNotification)) return CONNECT_E_NOCONNECTION;
    return point(script)->give(ppCP);
  }
  [[nodiscard]] Sinks& sinks() { return sinks_; }

 private:
  Held<ConnectionPoint<Container>> point(bool script) {
    return make<ConnectionPoint<Container>>(Held<Container>(static_cast<Container*>(this)), script);
  }
  Sinks sinks_;
};

}  // namespace switchhook::tapi3
